//! Looks at medical information by people: what a consent opens, when it ends, and what is on record.

use api::medical::LookRequest;
use synthetic::card::case::Case;

use crate::world::{World, check};

fn page() -> LookRequest {
    LookRequest {
        way: "page".into(),
        ..LookRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_who_agreed_is_seen_for_a_day_and_not_a_moment_longer() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let before = clinic.client.medical_patients(&staff.token).await.unwrap();
    assert!(before.patients.is_empty());
    let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
    let answers = [("drugs", "yes"), ("checkups", "no")];
    clinic.answer(&reader, &laid, &answers).await.unwrap();
    let listed = clinic.client.medical_patients(&staff.token).await.unwrap();
    let patient = listed.patients.first().unwrap();
    let kinds: Vec<_> = patient.kinds.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["drugs"]);
    let look = || async {
        let client = &clinic.client;
        client
            .look_at_medical_information(&staff.token, &patient.id, &page())
            .await
    };
    let record = look().await.unwrap();
    assert!(!record.months.is_empty());
    assert!(record.checkups.is_empty(), "to checkups they said no");
    let treated = record.months.iter().flat_map(|it| &it.days);
    assert!(treated.into_iter().all(|day| day.treatments.is_empty()));
    // The reader's own session outlives a person's, so the administrator signs in anew at the end of the day.
    world.pass_seconds(24 * 60 * 60 - 60);
    let (again, asked) = (clinic.sign_in_again(&staff).await, page());
    let client = &clinic.client;
    let still = client.look_at_medical_information(&again, &patient.id, &asked);
    assert!(still.await.is_ok());
    world.pass_seconds(60);
    let ended = client.look_at_medical_information(&again, &patient.id, &asked);
    check(ended.await, "unknown_patient");
    let listed = client.medical_patients(&again).await.unwrap();
    assert!(listed.patients.is_empty());
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(report.looks, 2, "each look that was answered, and no other");
}
