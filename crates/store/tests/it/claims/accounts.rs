//! Claims accounts and their sessions as they are kept, on both engines alike.

use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::Deed;
use domain::claims::entry::Holder;
use domain::institution_code::InstitutionCode;
use domain::lockout::{self, Settled, Try};
use domain::password::Length;
use domain::permit::SignedIn;
use store::accounts::{Edited, PasswordRow};
use store::claims::Key;
use store::claims::accounts::{ClaimsAccount, Made};
use store::claims::sessions::ClaimsSession;
use store::engine::Engine;
use store::kept_answers::{Earlier, KeptAnswer};
use store::sessions::{NotOpened, Shown};

use super::{OTHER, event, federation, fund, holder, own};
use crate::cards::{FACILITY, now};
use crate::{Place, on_both};

fn password(number: i64) -> PasswordRow {
    PasswordRow {
        hash: format!("${number}"),
        prefix: [u8::try_from(number).unwrap(); 32],
        length: Length::Long,
        set_at: now().plus_seconds(number),
        change_needed: number == 0,
    }
}

fn account(holder: &Holder) -> ClaimsAccount {
    ClaimsAccount {
        key: Key::of(holder),
        state: AccountState::Active,
        display_name: "請求係".into(),
        password: password(0),
        lockout: lockout::State::default(),
    }
}

async fn has_account(engine: &Engine, holder: &Holder) {
    let made = engine.make_claims_account(account(holder), event(Deed::ClaimsAccount));
    assert_eq!(made.await.unwrap(), Made::Done);
}

/// What comes of a sign-in whose password was held against the slow hash of this number.
async fn opens(engine: &Engine, token: u8, hash: i64, agreed: bool) -> Result<(), NotOpened> {
    let session = ClaimsSession {
        who: own(),
        opened: now(),
        active: now(),
        change_needed: true,
    };
    let shown = Shown {
        hash: password(hash).hash,
        agreed,
    };
    let event = event(Deed::ClaimsSignIn);
    let opened = engine.open_claims_session([token; 32], session, shown, event);
    opened.await.unwrap()
}

/// What comes of a new password in place of the one of a slow hash, where one was shown.
async fn sets(engine: &Engine, shown: Option<i64>, new: i64, keep: Option<[u8; 32]>) -> bool {
    let shown = shown.map(|number| password(number).hash);
    let event = event(Deed::ClaimsAccount);
    let set = engine.set_claims_password(Key::of(&own()), shown, password(new), keep, event, None);
    set.await.unwrap() == Edited::Done
}

async fn is_now(engine: &Engine, state: AccountState) {
    let event = event(Deed::ClaimsAccount);
    let set = engine.set_claims_account_state(Key::of(&own()), state, event);
    assert!(set.await.unwrap());
}

fn session(engine: &Engine, token: u8) -> Option<ClaimsSession> {
    engine.claims_session(&[token; 32]).unwrap()
}

async fn an_identifier_is_an_account_of_its_own_at_each_review_body(place: &Place) {
    let engine = place.open();
    let at_federation = holder(federation(), FACILITY);
    has_account(&engine, &own()).await;
    has_account(&engine, &at_federation).await;
    let again = engine.make_claims_account(account(&own()), event(Deed::ClaimsAccount));
    assert_eq!(again.await.unwrap(), Made::Taken);
    let disabled = engine.set_claims_account_state(
        Key::of(&own()),
        AccountState::Disabled,
        event(Deed::ClaimsAccount),
    );
    assert!(disabled.await.unwrap());
    let state = |holder: &Holder| {
        let found = engine.claims_account(&Key::of(holder)).unwrap();
        found.unwrap().state
    };
    assert_eq!(state(&own()), AccountState::Disabled);
    assert_eq!(state(&at_federation), AccountState::Active);
    assert_eq!(engine.claims_accounts(None).unwrap().len(), 2);
    let elsewhere = InstitutionCode::parse(OTHER).unwrap();
    assert!(engine.claims_accounts(Some(elsewhere)).unwrap().is_empty());
    let nobody = Key::of(&holder(fund(), OTHER));
    let event = event(Deed::ClaimsAccount);
    let unknown = engine.set_claims_account_state(nobody, AccountState::Active, event);
    assert!(!unknown.await.unwrap());
}

async fn a_new_password_ends_all_sessions_but_one_and_five_are_kept(place: &Place) {
    let engine = place.open();
    has_account(&engine, &own()).await;
    assert_eq!(opens(&engine, 1, 0, true).await, Ok(()));
    assert_eq!(opens(&engine, 2, 0, true).await, Ok(()));
    assert_eq!(session(&engine, 1), None, "a second sign-in ends the first");
    for number in 1..=6 {
        assert!(sets(&engine, Some(number - 1), number, Some([2; 32])).await);
    }
    assert!(!session(&engine, 2).unwrap().change_needed);
    let kept = engine.claims_generations(&Key::of(&own())).unwrap();
    let kept: Vec<_> = kept.into_iter().map(|(hash, _)| hash).collect();
    assert_eq!(kept, ["$6", "$5", "$4", "$3", "$2"]);
    assert!(sets(&engine, None, 7, None).await, "an operator did");
    assert_eq!(session(&engine, 2), None);
}

async fn a_new_password_under_a_key_is_set_once(place: &Place) {
    let engine = place.open();
    has_account(&engine, &own()).await;
    let kept = |request| KeptAnswer {
        key: "k".into(),
        holder: SignedIn {
            facility: own().facility,
            account: own().account,
            kind: AccountKind::General,
            certificate: own().certificate,
        },
        request: [request; 32],
        answer: b"null".to_vec(),
        at: now(),
    };
    let set = async |new, request| {
        let event = event(Deed::ClaimsAccount);
        let kept = Some(kept(request));
        let key = Key::of(&own());
        let set = engine.set_claims_password(key, None, password(new), None, event, kept);
        set.await.unwrap()
    };
    assert_eq!(set(1, 1).await, Edited::Done);
    let same = Edited::Earlier(Earlier::Same(b"null".to_vec()));
    assert_eq!(set(2, 1).await, same);
    assert_eq!(set(3, 2).await, Edited::Earlier(Earlier::Other));
    let account = engine.claims_account(&Key::of(&own())).unwrap().unwrap();
    assert_eq!(account.password.hash, "$1");
}

async fn what_comes_between_a_look_at_a_password_and_its_use_counts(place: &Place) {
    let engine = place.open();
    has_account(&engine, &own()).await;
    assert_eq!(opens(&engine, 1, 0, false).await, Ok(()));
    let asked = opens(&engine, 2, 0, false).await;
    assert_eq!(asked, Err(NotOpened::Asks));
    assert!(session(&engine, 1).is_some() && session(&engine, 2).is_none());
    is_now(&engine, AccountState::Disabled).await;
    let disabled = opens(&engine, 3, 0, true).await;
    assert_eq!(disabled, Err(NotOpened::Changed));
    assert!(!sets(&engine, Some(0), 1, None).await);
    is_now(&engine, AccountState::Active).await;
    assert!(sets(&engine, None, 2, None).await, "an operator's reset");
    assert_eq!(opens(&engine, 4, 0, true).await, Err(NotOpened::Changed));
    assert!(!sets(&engine, Some(0), 1, None).await);
    assert!(session(&engine, 3).is_none() && session(&engine, 4).is_none());
    let kept = engine.claims_account(&Key::of(&own())).unwrap().unwrap();
    assert_eq!(kept.password.hash, "$2");
    assert_eq!(opens(&engine, 5, 2, true).await, Ok(()));
}

async fn failures_lock_an_account_and_an_unknown_one_alike(place: &Place) {
    let engine = place.open();
    has_account(&engine, &own()).await;
    let policy = lockout::Policy::default();
    let unknown = Key {
        id: AccountId::parse("nobody1").unwrap(),
        ..Key::of(&own())
    };
    for key in [Key::of(&own()), unknown.clone()] {
        let tried = async |outcome| {
            let failure = event(Deed::ClaimsRefused);
            let settled = engine.settle_claims_try(key.clone(), outcome, policy, failure);
            settled.await.unwrap()
        };
        for _ in 1..policy.failures {
            assert_eq!(tried(Try::Wrong).await, Settled::Wrong);
        }
        let locked = Settled::Locked(policy.first_lock_s);
        assert_eq!(tried(Try::Wrong).await, locked);
        assert_eq!(tried(Try::Right).await, locked, "not even the right one");
    }
    // The same identifier at the other review body was not tried.
    let elsewhere = Key {
        tenant: federation(),
        ..unknown
    };
    let untried = engine.unknown_claims_lockout(&elsewhere).unwrap();
    assert_eq!(untried, lockout::State::default());
}

on_both!(
    an_identifier_is_an_account_of_its_own_at_each_review_body,
    a_new_password_ends_all_sessions_but_one_and_five_are_kept,
    a_new_password_under_a_key_is_set_once,
    what_comes_between_a_look_at_a_password_and_its_use_counts,
    failures_lock_an_account_and_an_unknown_one_alike,
);
