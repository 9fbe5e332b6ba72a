//! Accounts and their sessions as they are kept: what comes between the look at a password and what it was to open counts, on both engines
//! alike.

use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::codes::setting::Right;
use domain::institution_code::InstitutionCode;
use domain::password::Length;
use domain::permit::SignedIn;
use domain::second_factor::Entry;
use domain::session::PERSON_IDLE_S;
use domain::sign_in_notice::ProvedBy;
use store::accounts::{Account, Edited, PasswordRow};
use store::certificates::{Certificate, Which};
use store::engine::Engine;
use store::sessions::{NotOpened, Opened, Session, Shown};
use store::sign_ins::Attempt;

use crate::cards::{FACILITY, now};
use crate::{Place, on_both};

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

async fn with_account(place: &Place) -> Engine {
    let engine = place.open();
    let account = Account {
        facility: facility(),
        id: id(),
        kind: AccountKind::General,
        state: AccountState::Active,
        display_name: "受付".into(),
        designation: None,
        ambulance: Right::NotGiven,
        password: password(1),
        lockout: Default::default(),
    };
    let made = engine.create_accounts(vec![account], Vec::new(), None);
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

async fn of_two_sign_ins_at_once_the_second_asks_and_ends_nothing(place: &Place) {
    let engine = with_account(place).await;
    assert_eq!(opens(&engine, 1, 1, false, now()).await, Opened::Done);
    let asks = Opened::Not(NotOpened::Asks);
    assert_eq!(opens(&engine, 2, 1, false, now()).await, asks);
    assert!(is_open(&engine, 1) && !is_open(&engine, 2));
    assert_eq!(opens(&engine, 3, 1, true, now()).await, Opened::Done);
    assert!(!is_open(&engine, 1) && is_open(&engine, 3));
    let later = now().plus_seconds(PERSON_IDLE_S);
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
    let event = |deed| Event {
        at: now(),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
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

on_both!(
    a_sign_in_under_way_opens_nothing_of_an_account_disabled_or_reset_meanwhile,
    a_password_change_under_way_does_not_undo_a_reset,
    an_edit_of_an_account_seen_before_another_gives_nothing_back,
    of_two_sign_ins_at_once_the_second_asks_and_ends_nothing,
    a_revoked_certificate_opens_no_session,
);
