//! Looks and withdrawals as they are kept: whoever changes, deletes or adds one behind the store's back is found.

use domain::account::{AccountId, AccountKind};
use domain::codes::person::Sex;
use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::{InformationKind, Purpose, Way};
use domain::medical_information::look::Months;
use domain::medical_information::withdrawal::Reason;
use domain::permit::{Permission, Permit, SignedIn, ViewMedicalPages, WithdrawConsent};
use domain::person::{Person, PersonId, PersonName};
use store::audit::verify::{Fault, Report};
use store::engine::Engine;
use store::sight::Looking;
use store::withdrawals::{Withdrawing, Withdrawn};

use crate::cards::{FACILITY, now, visit};
use crate::{Place, check, on_both};

/// A permit of an administrator.
fn permit<A: Permission>(facility: &str) -> Permit<A> {
    Permit::grant(SignedIn {
        facility: InstitutionCode::parse(facility).unwrap(),
        account: AccountId::parse("kanri").unwrap(),
        kind: AccountKind::Administrator,
        certificate: [9; 32],
    })
    .unwrap()
}

/// The person whose card `visit` reads.
pub(crate) fn patient() -> Registration {
    Registration {
        person: Person {
            id: PersonId::from_u128(7),
            name: PersonName::parse("資格　太郎").unwrap(),
            name_of_other: None,
            kana: None,
            kana_of_other: None,
            sex: Sex::Male,
            shown_sex: None,
            birth_date: check(1).visit_date,
            address: None,
            postal_code: None,
        },
        coverages: Vec::new(),
    }
}

/// The patient agreed to drugs at check 1, was looked at under look 2, and withdrew by withdrawal 3.
async fn looked_at_and_withdrawn(engine: &Engine) {
    engine.store_people(vec![patient()]).await.unwrap();
    look_and_withdraw(engine).await;
}

pub(crate) async fn look_and_withdraw(engine: &Engine) {
    visit(engine, 1).await;
    let viewer = permit::<ViewMedicalPages>(FACILITY);
    let sight = engine.sight(&viewer, 1, now()).unwrap().unwrap();
    let looking = Looking {
        id: 2,
        kinds: None,
        months: Months::default(),
        way: Way::Page,
        purpose: Purpose::Treatment,
    };
    let seen = engine.look(&viewer, &sight, looking, now()).await.unwrap();
    assert_eq!(seen.unwrap().look.under.len(), 1);
    let withdrawing = Withdrawing {
        id: 3,
        kinds: None,
        reason: Reason::Facility,
        note: None,
    };
    let administrator = permit::<WithdrawConsent>(FACILITY);
    let ended =
        engine.withdraw_consent(&administrator, 1, withdrawing, now(), None, |_| Vec::new());
    let ended = ended.await.unwrap();
    assert_eq!(ended, Withdrawn::Done(vec![InformationKind::Drugs]));
    assert!(engine.sight(&viewer, 1, now()).unwrap().is_none());
}

fn verify(engine: &Engine) -> Report {
    engine.verify_audit(&[], |_, _, _| true).unwrap()
}

async fn is_found(place: &Place, damage: &str, expected: fn(&Fault) -> bool) {
    let place = place.another();
    let engine = place.open();
    looked_at_and_withdrawn(&engine).await;
    let whole = verify(&engine);
    assert_eq!(
        (whole.faults, whole.looks, whole.withdrawals),
        (Vec::new(), 1, 1)
    );
    assert_ne!(place.run(damage), 0, "{damage}");
    let faults = verify(&engine).faults;
    assert!(faults.iter().any(expected), "{damage}: {faults:?}");
}

fn is_record(fault: &Fault) -> bool {
    matches!(fault, Fault::Record { .. })
}

async fn a_changed_look_is_found(place: &Place) {
    for damage in [
        "UPDATE look SET account = 'another'",
        "UPDATE look SET person = x'00000000000000000000000000000008'",
        "UPDATE look SET at = at + 1",
        "UPDATE look SET way = 'own'",
        "UPDATE look SET under = x'00'",
        "UPDATE look SET month_until = 1",
    ] {
        is_found(place, damage, is_record).await;
    }
}

async fn a_deleted_look_is_found(place: &Place) {
    is_found(place, "DELETE FROM look", is_record).await;
}

async fn an_inserted_look_is_found(place: &Place) {
    let insert = "INSERT INTO look SELECT 99, facility, x'00000000000000000000000000000099', at, account, account_kind, person, under,
        way, purpose, month_from, month_until, emergency FROM look";
    is_found(place, insert, |it| {
        matches!(it, Fault::UnvouchedLooks { count: 1 })
    })
    .await;
}

async fn a_withdrawal_is_neither_changed_nor_deleted_nor_added_unseen(place: &Place) {
    is_found(
        place,
        "UPDATE consent_withdrawal SET reason = 'patient'",
        is_record,
    )
    .await;
    is_found(place, "DELETE FROM consent_withdrawal", is_record).await;
    let insert = "INSERT INTO consent_withdrawal SELECT 99, facility, x'00000000000000000000000000000099', at, person, ended, reason,
        note, by_facility, account, account_kind FROM consent_withdrawal";
    let added = |it: &Fault| matches!(it, Fault::UnvouchedWithdrawals { count: 1 });
    is_found(place, insert, added).await;
}

on_both!(
    a_changed_look_is_found,
    a_deleted_look_is_found,
    an_inserted_look_is_found,
    a_withdrawal_is_neither_changed_nor_deleted_nor_added_unseen,
);
