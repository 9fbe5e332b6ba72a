//! Ambulance mode: facility, account and second factor, each by itself; what is opened is the account's own.

use api::access::{FactorConfirmation, FactorProof, NewSecondFactor};
use api::emergency::AmbulanceSearch;
use domain::civil_date::Instant;
use domain::second_factor::STEP_S;
use synthetic::card::case::Case;

use super::*;
use crate::access::bytes;
use crate::world::check;

#[tokio::test(flavor = "multi_thread")]
async fn each_condition_is_asked_for_and_the_card_of_the_day_opens_to_one_account() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
    let by_card = AmbulanceSearch {
        card_check: Some(laid.check.check_id.clone()),
        person: None,
    };
    check(
        client.search_in_ambulance(&staff, &by_card).await,
        "not_permitted",
    );
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    check(
        client.search_in_ambulance(&viewer, &by_card).await,
        "ambulance_not_here",
    );
    let cause = api::client::cards::Cause::Person;
    let mut settings = client.settings(&staff, cause).await.unwrap();
    settings.ambulance = "on".into();
    let version = settings.version.clone();
    client
        .change_settings(&staff, version.as_deref(), &settings)
        .await
        .unwrap();
    assert!(client.emergency_state().await.unwrap().ambulance);
    check(
        client.search_in_ambulance(&viewer, &by_card).await,
        "ambulance_right_missing",
    );
    let right = api::account::AccountChange {
        ambulance: Some(true),
        ..Default::default()
    };
    client
        .edit_account(&staff, "ishi", None, &right)
        .await
        .unwrap();
    check(
        client.search_in_ambulance(&viewer, &by_card).await,
        "ambulance_factor_needed",
    );
    let asked = NewSecondFactor {
        kind: "totp".into(),
        name: "スマホ".into(),
        origin: None,
        password: "Tsugi-1234567".into(),
    };
    let begun = client.begin_second_factor(&viewer, &asked).await.unwrap();
    let secret = bytes(&begun.secret.unwrap());
    let confirmation = FactorConfirmation {
        code: Some(world.code(&secret)),
        credential: None,
    };
    client
        .confirm_second_factor(&viewer, &begun.id, &confirmation)
        .await
        .unwrap();
    check(
        client.search_in_ambulance(&viewer, &by_card).await,
        "ambulance_factor_needed",
    );
    world.pass_seconds(STEP_S);
    let proof = |code: String| FactorProof {
        code: Some(code),
        credential: None,
        recovery_code: None,
    };
    let wrong = client
        .prove_second_factor(&viewer, &proof("000000".into()))
        .await;
    check(wrong, "second_factor_wrong");
    client
        .prove_second_factor(&viewer, &proof(world.code(&secret)))
        .await
        .unwrap();
    let access = client.ambulance_access(&viewer).await.unwrap();
    assert_eq!(
        (access.missing, access.proved_by.as_deref()),
        (None, Some("totp"))
    );
    let outcome = client.search_in_ambulance(&viewer, &by_card).await.unwrap();
    let opened = client
        .open_in_ambulance(&viewer, &opening(&outcome, "unobtainable"))
        .await
        .unwrap();
    client
        .look_at_medical_information(&viewer, &opened.id, &page())
        .await
        .unwrap();
    let told = &world.told("emergency-opening").await[0].detail;
    assert!(told.contains("code=3 factor=3 method=02"), "{told}");
    // It is open to nobody else of the facility.
    check(
        client
            .look_at_medical_information(&staff, &opened.id, &page())
            .await,
        "unknown_patient",
    );
    assert!(
        client
            .medical_patients(&staff)
            .await
            .unwrap()
            .patients
            .is_empty()
    );
    world.pass_seconds(86_400);
    let later = clinic
        .try_sign_in("ishi", "Tsugi-1234567", true)
        .await
        .unwrap()
        .token;
    client
        .prove_second_factor(&later, &proof(world.code(&secret)))
        .await
        .unwrap();
    check(
        client
            .look_at_medical_information(&later, &opened.id, &page())
            .await,
        "unknown_patient",
    );
    check(
        client.search_in_ambulance(&later, &by_card).await,
        "ambulance_card_needed",
    );
    for person in [Some(search("双子花", None)), None] {
        let without = AmbulanceSearch {
            card_check: None,
            person,
        };
        check(
            client.search_in_ambulance(&later, &without).await,
            "ambulance_card_needed",
        );
    }
    let guess = AmbulanceSearch {
        card_check: Some("019aae5e-0000-7000-8000-000000000001".into()),
        person: None,
    };
    check(
        client.search_in_ambulance(&later, &guess).await,
        "ambulance_card_needed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_is_a_medical_viewers_alone() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    account(&clinic, &staff, "ippan", "general", false).await;
    let right = api::account::AccountChange {
        ambulance: Some(true),
        ..Default::default()
    };
    let given = clinic
        .client
        .edit_account(&staff, "ippan", None, &right)
        .await;
    check(given, "invalid_input");
}

/// A session of a new medical viewer with the right, who proved a second factor in it.
async fn proven(world: &World, clinic: &Clinic, staff: &str, id: &str) -> String {
    let client = &clinic.client;
    let viewer = account(clinic, staff, id, "medical_viewer", true).await;
    let asked = NewSecondFactor {
        kind: "totp".into(),
        name: "スマホ".into(),
        origin: None,
        password: "Tsugi-1234567".into(),
    };
    let begun = client.begin_second_factor(&viewer, &asked).await.unwrap();
    let secret = bytes(&begun.secret.unwrap());
    let confirmation = FactorConfirmation {
        code: Some(world.code(&secret)),
        credential: None,
    };
    let confirmed = client.confirm_second_factor(&viewer, &begun.id, &confirmation);
    confirmed.await.unwrap();
    world.pass_seconds(STEP_S);
    let proof = FactorProof {
        code: Some(world.code(&secret)),
        credential: None,
        recovery_code: None,
    };
    client.prove_second_factor(&viewer, &proof).await.unwrap();
    viewer
}

async fn set_ambulance(clinic: &Clinic, staff: &str, to: &str) {
    let cause = api::client::cards::Cause::Person;
    let mut settings = clinic.client.settings(staff, cause).await.unwrap();
    settings.ambulance = to.into();
    let version = settings.version.clone();
    let changed = clinic
        .client
        .change_settings(staff, version.as_deref(), &settings);
    changed.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ambulance_opened_is_each_openers_own_while_account_and_facility_have_the_right() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    set_ambulance(&clinic, &staff, "on").await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
    let by_card = AmbulanceSearch {
        card_check: Some(laid.check.check_id.clone()),
        person: None,
    };
    let mut doctors = Vec::new();
    for id in ["ishi1", "ishi2"] {
        let viewer = proven(&world, &clinic, &staff, id).await;
        let outcome = client.search_in_ambulance(&viewer, &by_card).await.unwrap();
        let wish = opening(&outcome, "unobtainable");
        let opened = client.open_in_ambulance(&viewer, &wish).await.unwrap();
        doctors.push((viewer, opened.id));
    }
    // Who opened first goes on, and the look rests on the opener's own opening.
    let look = page();
    for (viewer, id) in &doctors {
        let seen = client.look_at_medical_information(viewer, id, &look).await;
        assert!(
            seen.unwrap()
                .opened
                .iter()
                .all(|it| it.basis == "ambulance")
        );
        let listed = client.medical_patients(viewer).await.unwrap().patients;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, *id);
    }
    let (first, second) = (&doctors[0], &doctors[1]);
    set_ambulance(&clinic, &staff, "off").await;
    for (viewer, id) in &doctors {
        let seen = client.look_at_medical_information(viewer, id, &look).await;
        check(seen, "unknown_patient");
    }
    set_ambulance(&clinic, &staff, "on").await;
    let taken = api::account::AccountChange {
        ambulance: Some(false),
        ..Default::default()
    };
    let taken = client.edit_account(&staff, "ishi1", None, &taken).await;
    taken.unwrap();
    let seen = client.look_at_medical_information(&first.0, &first.1, &look);
    check(seen.await, "unknown_patient");
    let listed = client.medical_patients(&first.0).await.unwrap();
    assert!(listed.patients.is_empty());
    let seen = client.look_at_medical_information(&second.0, &second.1, &look);
    seen.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_checked_before_midnight_counts_after_it() {
    let world = world().await;
    let midnight = Instant::start_of_day_in_japan(world.now().date_in_japan().plus_days(2));
    world.pass_seconds(world.now().seconds_until(midnight) - 600);
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    set_ambulance(&clinic, &staff, "on").await;
    let viewer = proven(&world, &clinic, &staff, "ishi").await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
    assert!(world.now() < midnight);
    world.pass_seconds(world.now().seconds_until(midnight) + 60);
    let by_card = AmbulanceSearch {
        card_check: Some(laid.check.check_id.clone()),
        person: None,
    };
    let found = clinic.client.search_in_ambulance(&viewer, &by_card).await;
    assert_eq!(found.unwrap().outcome, "one");
}
