//! Checks and their history: whose they are, what a request may look like.

use api::check::CheckRequest;
use http::Method;

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_reads_its_own_checks_only() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let id = one
        .ask(&one.sign_in("link_app").await.token, "k1", "4567")
        .await
        .unwrap();
    let (own, _) = one.administrator().await;
    let (foreign, _) = other.administrator().await;
    assert_eq!(
        one.client
            .past_check(&own.token, &id)
            .await
            .unwrap()
            .verdict,
        1
    );
    check(
        other.client.past_check(&foreign.token, &id).await,
        "not_found",
    );
    check(
        one.client.past_check(&own.token, "not-a-uuid").await,
        "not_found",
    );
    assert!(
        other
            .client
            .search(&foreign.token, &Default::default())
            .await
            .unwrap()
            .checks
            .is_empty()
    );
    assert_eq!(
        one.client
            .search(&own.token, &Default::default())
            .await
            .unwrap()
            .checks
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_check_and_another_body_is_refused() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    let first = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    assert_eq!(
        clinic.ask(&session.token, "k1", "4567").await.unwrap(),
        first
    );
    check(
        clinic.ask(&session.token, "k1", "4568").await,
        "idempotency_conflict",
    );
    check(
        clinic.ask(&session.token, &"k".repeat(65), "4567").await,
        "idempotency_key",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_the_wrong_form_or_size_are_refused() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let post = async |body: String| {
        clinic
            .client
            .call(
                Method::POST,
                api::routes::CHECKS,
                Some(&token),
                None,
                Some(body.into_bytes()),
            )
            .await
    };
    check(post("{".into()).await, "invalid_json");
    check(post("{\"birthdate\": \"x\"}".into()).await, "invalid_json");
    check(
        post(format!("{{\"number\": \"{}\"}}", "1".repeat(70_000))).await,
        "body_too_large",
    );
    check(
        clinic
            .client
            .call(Method::POST, api::routes::CHECKS, Some(&token), None, None)
            .await,
        "media_type",
    );
    check(
        clinic
            .client
            .call(Method::GET, "/v1/nothing", Some(&token), None, None)
            .await,
        "not_found",
    );
    check(
        clinic
            .client
            .call(Method::PUT, api::routes::CHECKS, Some(&token), None, None)
            .await,
        "method_not_allowed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_medical_aid_comes_to_its_facility_alone_and_no_specified_disease_by_number() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let request = CheckRequest {
        birth_date: "1975-07-07".into(),
        insurer_number: "12139995".into(),
        number: "1000004".into(),
        visit_date: Some("2026-11-23".into()),
        ceiling_consent: true,
        ..CheckRequest::default()
    };
    for (clinic, verdict, tickets) in [(&one, 1, 1), (&other, 6, 0)] {
        let token = clinic.sign_in("link_app").await.token;
        let (answer, bytes) = clinic.client.check(&token, "k", &request).await.unwrap();
        assert_eq!(answer.verdict, verdict);
        assert_eq!(answer.results[0].tickets.len(), tickets);
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains("disease"), "{text}");
    }
}
