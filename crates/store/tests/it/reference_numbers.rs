//! Reference numbers: one per person and facility, kept through every change of coverage, audited with the change.

use domain::audit::Deed;
use domain::codes::coverage::CardClassification;
use domain::codes::person::Sex;
use domain::coverage::{Coverage, InsurerName, Registration};
use domain::institution_code::InstitutionCode;
use domain::insured::InsuredNumber;
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::{Ticket, TreatmentMonth};
use domain::permit::{AskByNumber, AskInBulk};
use domain::person::{Person, PersonId, PersonName};
use domain::reference_number::{Assignment, ReferenceNumber};
use store::engine::Engine;
use store::kept_answers::{Earlier, KeptAnswer};
use store::reference_numbers::{Registered, Removed};

use crate::{Place, check, on_both, permit};

const OWN: &str = "1319999999";
const OTHER: &str = "3410712362";

fn person(id: u128, numbers: &[&str]) -> Registration {
    let coverage = |number: &&str| {
        Coverage::new(
            CardClassification::General,
            InsurerNumber::parse("06139992").unwrap(),
            InsurerName::parse("架空健康保険組合").unwrap(),
            InsuredNumber::parse(number).unwrap(),
        )
    };
    Registration {
        person: Person {
            id: PersonId::from_u128(id),
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
        coverages: numbers.iter().map(coverage).collect(),
    }
}

fn number(text: &str) -> ReferenceNumber {
    ReferenceNumber::parse(text).unwrap()
}

async fn register(engine: &Engine, facility: &str, text: &str, id: u128) -> Registered {
    let (permit, wanted) = (
        permit::<AskInBulk>(facility),
        (number(text), PersonId::from_u128(id)),
    );
    let at = check(1).at;
    engine
        .register_reference_number(&permit, wanted, at, None, |_| Vec::new())
        .await
        .unwrap()
}

/// The number that comes back with a check of an insured number.
async fn answered(engine: &Engine, facility: &str, insured: &str) -> Option<String> {
    let asked = person(0, &[insured]);
    let key = asked.coverages[0].key();
    let permit = permit::<AskByNumber>(facility);
    let found = engine
        .look_up(&permit, &key, asked.person.birth_date)
        .await
        .unwrap();
    let number = |it: &Registration| engine.reference_number(permit.facility(), it.person.id);
    found.first().and_then(|it| number(it).unwrap())
}

async fn a_number_comes_back_with_every_coverage_of_its_person_old_and_new(place: &Place) {
    let engine = place.open();
    engine
        .store_people(vec![person(1, &["4567"])])
        .await
        .unwrap();
    assert_eq!(
        register(&engine, OWN, "000123", 1).await,
        Registered::Done(Assignment::New)
    );
    assert_eq!(
        answered(&engine, OWN, "4567").await.as_deref(),
        Some("000123")
    );
    assert_eq!(
        answered(&engine, OTHER, "4567").await,
        None,
        "another facility's number"
    );
    // The person changes the employer: another coverage, the same number.
    engine
        .store_people(vec![person(1, &["4567", "99"])])
        .await
        .unwrap();
    assert_eq!(
        answered(&engine, OWN, "99").await.as_deref(),
        Some("000123")
    );
    engine.store_people(vec![person(1, &["99"])]).await.unwrap();
    assert_eq!(
        answered(&engine, OWN, "99").await.as_deref(),
        Some("000123")
    );
}

async fn a_number_of_another_patient_is_refused_and_one_of_the_same_is_changed_or_left(
    place: &Place,
) {
    let engine = place.open();
    register(&engine, OWN, "1", 1).await;
    assert_eq!(
        register(&engine, OWN, "1", 1).await,
        Registered::Done(Assignment::Same)
    );
    assert_eq!(register(&engine, OWN, "1", 2).await, Registered::Taken);
    assert_eq!(
        register(&engine, OTHER, "1", 2).await,
        Registered::Done(Assignment::New)
    );
    let changed = Registered::Done(Assignment::Changed { was: number("1") });
    assert_eq!(register(&engine, OWN, "2", 1).await, changed);
    assert_eq!(
        register(&engine, OWN, "1", 2).await,
        Registered::Done(Assignment::New),
        "it is free"
    );
    let own = permit::<AskInBulk>(OWN);
    assert_eq!(
        engine.bearer_of(&own, &number("1")).unwrap(),
        Some(PersonId::from_u128(2))
    );
    assert_eq!(
        engine.count_deeds(Deed::ReferenceNumber).unwrap(),
        6,
        "tries included"
    );
}

async fn a_number_removed_is_free_and_removing_nobodys_does_nothing(place: &Place) {
    let engine = place.open();
    register(&engine, OWN, "1", 1).await;
    let (own, other, at) = (
        permit::<AskInBulk>(OWN),
        permit::<AskInBulk>(OTHER),
        check(1).at,
    );
    assert_eq!(
        engine
            .remove_reference_number(&other, number("1"), at, None)
            .await
            .unwrap(),
        Removed::Unknown
    );
    let gone = Removed::Done(PersonId::from_u128(1));
    assert_eq!(
        engine
            .remove_reference_number(&own, number("1"), at, None)
            .await
            .unwrap(),
        gone
    );
    assert_eq!(
        engine
            .remove_reference_number(&own, number("1"), at, None)
            .await
            .unwrap(),
        Removed::Unknown
    );
    assert_eq!(
        register(&engine, OWN, "1", 2).await,
        Registered::Done(Assignment::New)
    );
    assert_eq!(engine.count_deeds(Deed::ReferenceNumberRemove).unwrap(), 1);
}

async fn a_registration_repeated_under_its_key_is_answered_as_the_first_time(place: &Place) {
    let engine = place.open();
    let own = permit::<AskInBulk>(OWN);
    let at = check(1).at;
    let kept = || KeptAnswer {
        key: "k".into(),
        holder: own.holder().clone(),
        request: [1; 32],
        answer: Vec::new(),
        at,
    };
    for turn in 0..2 {
        let wanted = (number("1"), PersonId::from_u128(1));
        let told = engine
            .register_reference_number(&own, wanted, at, Some(kept()), |done| {
                format!("{done:?}").into_bytes()
            })
            .await
            .unwrap();
        let expected = match turn {
            0 => Registered::Done(Assignment::New),
            _ => Registered::Before(Earlier::Same(b"Ok(New)".to_vec())),
        };
        assert_eq!(told, expected);
    }
}

async fn a_removal_is_kept_under_its_key_and_that_of_nobodys_number_is_not(place: &Place) {
    let engine = place.open();
    let own = permit::<AskInBulk>(OWN);
    let at = check(1).at;
    let remove = async || {
        let kept = KeptAnswer {
            key: "k".into(),
            holder: own.holder().clone(),
            request: [1; 32],
            answer: b"gone".to_vec(),
            at,
        };
        let removed = engine.remove_reference_number(&own, number("1"), at, Some(kept));
        removed.await.unwrap()
    };
    for _ in 0..2 {
        assert_eq!(remove().await, Removed::Unknown);
        let kept = engine.earlier(own.holder(), "k", &[1; 32]).unwrap();
        assert_eq!(kept, None);
    }
    register(&engine, OWN, "1", 1).await;
    let gone = Removed::Done(PersonId::from_u128(1));
    assert_eq!(remove().await, gone);
    let before = Removed::Before(Earlier::Same(b"gone".to_vec()));
    assert_eq!(remove().await, before);
}

async fn who_has_a_ticket_is_found_by_facility_and_month_and_changes_with_the_person(
    place: &Place,
) {
    let engine = place.open();
    let month = TreatmentMonth::parse_iso("2026-11").unwrap();
    let mut aided = person(1, &["7"]);
    aided.coverages[0].tickets = vec![Ticket::new(InstitutionCode::parse(OWN).unwrap(), month)];
    engine
        .store_people(vec![aided, person(2, &["8"])])
        .await
        .unwrap();
    let holders = |facility| {
        engine
            .ticket_holders(&permit::<AskInBulk>(facility), month, 10)
            .unwrap()
    };
    assert_eq!(holders(OWN), [PersonId::from_u128(1)]);
    assert_eq!(holders(OTHER), []);
    let next = TreatmentMonth::parse_iso("2026-12").unwrap();
    assert_eq!(
        engine
            .ticket_holders(&permit::<AskInBulk>(OWN), next, 10)
            .unwrap(),
        []
    );
    engine.store_people(vec![person(1, &["7"])]).await.unwrap();
    assert_eq!(holders(OWN), []);
}

on_both!(
    a_number_comes_back_with_every_coverage_of_its_person_old_and_new,
    a_number_of_another_patient_is_refused_and_one_of_the_same_is_changed_or_left,
    a_number_removed_is_free_and_removing_nobodys_does_nothing,
    a_registration_repeated_under_its_key_is_answered_as_the_first_time,
    a_removal_is_kept_under_its_key_and_that_of_nobodys_number_is_not,
    who_has_a_ticket_is_found_by_facility_and_month_and_changes_with_the_person,
);
