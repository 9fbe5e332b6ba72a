//! Accounts and their sessions as they are kept: what comes between the look at a password and what it was to open counts, on both engines
//! alike.

use domain::account::grounds::{Grounds, Profession};
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::codes::setting::Right;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::password::Length;
use domain::permit::{ManageOwnAccess, SignedIn};
use domain::second_factor::{Entry, FactorKind};
use domain::session::PERSON_ENDS_S;
use domain::sign_in_notice::ProvedBy;
use store::access::{Beginning, Earlier, Facility, Notice};
use store::accounts::{Account, Edited, PasswordRow, PasswordShown};
use store::certificates::{Certificate, Which};
use store::engine::Engine;
use store::second_factors::{Factor, Removed};
use store::sessions::{NotOpened, Opened, Session, Shown};
use store::sign_ins::Attempt;

use crate::cards::{FACILITY, now};
use crate::{Place, on_both, permit};

const CERTIFICATE: [u8; 32] = [9; 32];

fn facility() -> InstitutionCode {
    InstitutionCode::parse(FACILITY).unwrap()
}

fn id() -> AccountId {
    AccountId::parse("uketsuke").unwrap()
}

/// The password whose slow hash ends with this number.
fn password(number: u8) -> PasswordRow {
    PasswordRow {
        hash: format!("${number}"),
        prefix: [number; 32],
        length: Length::Long,
        set_at: now().plus_seconds(number.into()),
        change_needed: false,
    }
}

fn new_account() -> Account {
    Account {
        facility: facility(),
        id: id(),
        kind: AccountKind::General,
        state: AccountState::Active,
        display_name: "受付".into(),
        grounds: Default::default(),
        ambulance: Right::NotGiven,
        password: password(1),
        lockout: Default::default(),
    }
}

fn event(deed: Deed) -> Event {
    Event {
        at: now(),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

async fn with_account(place: &Place) -> Engine {
    let engine = place.open();
    let made = engine.create_accounts(vec![new_account()], Vec::new(), None);
    made.await.unwrap();
    engine
}

fn account(engine: &Engine) -> Account {
    engine.account(facility(), &id()).unwrap().unwrap()
}

/// Disables or enables the account, or gives it a password, as a manager does.
async fn edit(engine: &Engine, state: AccountState, password: Option<PasswordRow>) {
    let seen = account(engine);
    let changed = Account {
        state,
        ..seen.clone()
    };
    let edited = engine.change_account(changed, password, seen, Vec::new(), None);
    assert_eq!(edited.await.unwrap(), Edited::Done);
}

/// What comes of a sign-in whose password was held against the slow hash of this number.
async fn opens(engine: &Engine, token: u8, hash: u8, agreed: bool, at: Instant) -> Opened {
    let who = SignedIn {
        facility: facility(),
        account: id(),
        kind: AccountKind::General,
        certificate: CERTIFICATE,
    };
    let attempt = Attempt {
        facility: facility(),
        account: id(),
        kind: AccountKind::General,
        at,
        certificate: CERTIFICATE,
        terminal: "受付1".into(),
        proved_by: ProvedBy::Password,
    };
    let session = Session {
        who,
        opened: at,
        active: at,
        change_needed: false,
        entry: Entry::Full,
        address: None,
    };
    let shown = Shown {
        hash: password(hash).hash,
        agreed,
    };
    let opened = engine.open_session([token; 32], session, shown, attempt, None);
    opened.await.unwrap()
}

fn is_open(engine: &Engine, token: u8) -> bool {
    engine.session(&[token; 32]).unwrap().is_some()
}

async fn a_sign_in_under_way_opens_nothing_of_an_account_disabled_or_reset_meanwhile(
    place: &Place,
) {
    const CHANGED: Opened = Opened::Not(NotOpened::Changed);
    let engine = with_account(place).await;
    assert_eq!(opens(&engine, 1, 1, true, now()).await, Opened::Done);
    edit(&engine, AccountState::Disabled, None).await;
    assert_eq!(opens(&engine, 2, 1, true, now()).await, CHANGED);
    assert!(!is_open(&engine, 1) && !is_open(&engine, 2));
    edit(&engine, AccountState::Active, Some(password(2))).await;
    assert_eq!(opens(&engine, 3, 1, true, now()).await, CHANGED);
    assert!(!is_open(&engine, 3));
    assert_eq!(opens(&engine, 4, 2, true, now()).await, Opened::Done);
    assert!(is_open(&engine, 4));
}

async fn a_password_change_under_way_does_not_undo_a_reset(place: &Place) {
    let engine = with_account(place).await;
    let set = async |shown: u8, new: u8| {
        let shown = password(shown).hash;
        let set = engine.set_password(facility(), id(), shown, password(new), None, None);
        set.await.unwrap()
    };
    let first = PasswordRow {
        change_needed: true,
        ..password(2)
    };
    edit(&engine, AccountState::Active, Some(first)).await;
    assert_eq!(set(1, 3).await, Edited::ChangedBefore);
    let kept = account(&engine).password;
    assert_eq!((kept.hash.as_str(), kept.change_needed), ("$2", true));
    edit(&engine, AccountState::Disabled, None).await;
    assert_eq!(set(2, 3).await, Edited::ChangedBefore);
    edit(&engine, AccountState::Active, None).await;
    assert_eq!(set(2, 3).await, Edited::Done);
    assert_eq!(account(&engine).password.hash, "$3");
}

async fn an_edit_of_an_account_seen_before_another_gives_nothing_back(place: &Place) {
    let engine = with_account(place).await;
    let seen = account(&engine);
    edit(&engine, AccountState::Disabled, None).await;
    let renamed = Account {
        display_name: "会計".into(),
        ..seen.clone()
    };
    let edited = engine.change_account(renamed, None, seen, Vec::new(), None);
    assert_eq!(edited.await.unwrap(), Edited::ChangedBefore);
    let kept = account(&engine);
    let kept = (kept.state, kept.display_name.as_str());
    assert_eq!(kept, (AccountState::Disabled, "受付"));
}

async fn a_medical_viewers_grounds_are_kept_and_what_was_typed_before_stays(place: &Place) {
    let engine = with_account(place).await;
    let text = "UPDATE account SET designation = '看護師、院長が選定' WHERE id = 'uketsuke'";
    assert_eq!(place.run(text), 1);
    let seen = account(&engine);
    let typed = Grounds {
        designation: Some("看護師、院長が選定".into()),
        ..Grounds::default()
    };
    assert_eq!(seen.grounds, typed);
    let designated = Grounds {
        profession: Some(Profession::Designated),
        designation: Some("看護師".into()),
        designated_by: Some("院長 見本一郎".into()),
    };
    let changed = Account {
        grounds: designated.clone(),
        ..seen.clone()
    };
    let edited = engine.change_account(changed, None, seen.clone(), Vec::new(), None);
    assert_eq!(edited.await.unwrap(), Edited::Done);
    assert_eq!(account(&engine).grounds, designated);
    // Whoever saw the account before that does not write over it.
    let edited = engine.change_account(seen.clone(), None, seen, Vec::new(), None);
    assert_eq!(edited.await.unwrap(), Edited::ChangedBefore);
    let made = Account {
        id: AccountId::parse("kango").unwrap(),
        grounds: designated.clone(),
        ..new_account()
    };
    let id = made.id.clone();
    let made = engine.create_accounts(vec![made], Vec::new(), None);
    made.await.unwrap();
    let kept = engine.account(facility(), &id).unwrap().unwrap();
    assert_eq!(kept.grounds, designated);
}

async fn of_two_sign_ins_at_once_the_second_asks_and_ends_nothing(place: &Place) {
    let engine = with_account(place).await;
    assert_eq!(opens(&engine, 1, 1, false, now()).await, Opened::Done);
    let asks = Opened::Not(NotOpened::Asks);
    assert_eq!(opens(&engine, 2, 1, false, now()).await, asks);
    assert!(is_open(&engine, 1) && !is_open(&engine, 2));
    assert_eq!(opens(&engine, 3, 1, true, now()).await, Opened::Done);
    assert!(!is_open(&engine, 1) && is_open(&engine, 3));
    let later = now().plus_seconds(PERSON_ENDS_S);
    assert_eq!(opens(&engine, 4, 1, false, later).await, Opened::Done);
}

async fn a_revoked_certificate_opens_no_session(place: &Place) {
    let engine = with_account(place).await;
    let certificate = Certificate {
        fingerprint: CERTIFICATE,
        serial: [1; 16],
        facility: facility(),
        terminal: "受付1".into(),
        notice: "T1".into(),
        issued: now(),
        not_before: now(),
        not_after: now().plus_seconds(86_400),
        renews: None,
    };
    let stored = engine.store_certificate(certificate, event(Deed::CertificateIssue));
    assert!(stored.await.unwrap());
    assert_eq!(opens(&engine, 1, 1, true, now()).await, Opened::Done);
    let which = Which::Line(CERTIFICATE);
    let revoked = engine.revoke_certificates(which, "asked", event(Deed::CertificateRevoke));
    assert_eq!(revoked.await.unwrap(), Some(vec![CERTIFICATE]));
    let refused = Opened::Not(NotOpened::Revoked);
    assert_eq!(opens(&engine, 2, 1, true, now()).await, refused);
    assert!(!is_open(&engine, 1) && !is_open(&engine, 2));
}

async fn what_a_password_was_shown_for_is_not_done_once_it_was_reset(place: &Place) {
    let engine = with_account(place).await;
    let permit = permit::<ManageOwnAccess>(FACILITY);
    let shown = |number| PasswordShown(password(number).hash);
    let factor = |id| Factor {
        id,
        kind: FactorKind::Totp,
        name: "受付".into(),
        secret: vec![1],
        made: now(),
        confirmed: None,
        used: None,
        last_step: None,
    };
    let begun = engine.begin_factor(&permit, shown(1), factor(1));
    assert!(begun.await.unwrap());
    let printed =
        engine.replace_recovery_codes(&permit, shown(1), vec![[1; 32]], event(Deed::RecoveryCodes));
    assert!(printed.await.unwrap());
    edit(&engine, AccountState::Active, Some(password(2))).await;
    let before = engine.recovery_codes(facility(), &id()).unwrap();
    let printed = engine.replace_recovery_codes(
        &permit,
        shown(1),
        vec![[2; 32], [3; 32]],
        event(Deed::RecoveryCodes),
    );
    assert!(!printed.await.unwrap());
    assert_eq!(engine.recovery_codes(facility(), &id()).unwrap(), before);
    let begun = engine.begin_factor(&permit, shown(1), factor(2));
    assert!(!begun.await.unwrap());
    let removed = engine.remove_factor(&permit, shown(1), (1, false), event(Deed::FactorRemove));
    assert_eq!(removed.await.unwrap(), Removed::ShownNoMore);
    let factors = engine.factors(facility(), &id()).unwrap();
    assert!(factors.iter().all(|it| it.id == 1), "{factors:?}");
    // The new password does it all.
    assert!(
        engine
            .begin_factor(&permit, shown(2), factor(3))
            .await
            .unwrap()
    );
    let removed = engine.remove_factor(&permit, shown(2), (3, false), event(Deed::FactorRemove));
    assert_eq!(removed.await.unwrap(), Removed::Done);
    edit(&engine, AccountState::Disabled, None).await;
    let begun = engine.begin_factor(&permit, shown(2), factor(4));
    assert!(!begun.await.unwrap());
}

async fn a_facility_begins_with_all_it_has_or_not_at_all(place: &Place) {
    let engine = place.open();
    let beginning = |name: &str, request: &str, secret: u8| Beginning {
        facility: Facility {
            code: facility(),
            kind: FacilityKind::Medical,
            name: name.into(),
        },
        accounts: vec![new_account()],
        secret_number: [secret; 32],
        notice: Notice {
            request_id: request.into(),
            reference_hash: [1; 32],
            facility: facility(),
            terminal: "受付1".into(),
            issued: now(),
            deadline: now().date_in_japan().plus_days(180),
            wrong_tries: 0,
            earlier: Earlier::Stay,
            closed: false,
        },
        events: vec![event(Deed::FacilityEnroll), event(Deed::NoticeIssue)],
    };
    // What is in the way of one part leaves nothing of the others.
    let notice = beginning("さくら", "T1", 1).notice;
    let stored = engine.store_notice(notice, event(Deed::NoticeIssue));
    stored.await.unwrap();
    let begun = engine.begin_facility(beginning("さくら", "T1", 1));
    assert!(begun.await.is_err());
    assert_eq!(engine.facility(facility()).unwrap(), None);
    assert!(engine.account(facility(), &id()).unwrap().is_none());
    let begun = engine.begin_facility(beginning("さくら", "T2", 1));
    assert!(begun.await.unwrap());
    assert_eq!(account(&engine).display_name, "受付");
    // Of two at once the second finds the first.
    let begun = engine.begin_facility(beginning("つばき", "T3", 2));
    assert!(!begun.await.unwrap());
    let known = engine.facility(facility()).unwrap().unwrap();
    assert_eq!(known.name, "さくら");
    assert!(engine.notice("T3").unwrap().is_none());
}

on_both!(
    a_facility_begins_with_all_it_has_or_not_at_all,
    what_a_password_was_shown_for_is_not_done_once_it_was_reset,
    a_sign_in_under_way_opens_nothing_of_an_account_disabled_or_reset_meanwhile,
    a_password_change_under_way_does_not_undo_a_reset,
    an_edit_of_an_account_seen_before_another_gives_nothing_back,
    a_medical_viewers_grounds_are_kept_and_what_was_typed_before_stays,
    of_two_sign_ins_at_once_the_second_asks_and_ends_nothing,
    a_revoked_certificate_opens_no_session,
);
