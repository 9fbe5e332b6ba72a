//! Reads: conditional answers, the list of days, the receipt alone.

use std::sync::Arc;

use api::check::Answer;
use api::receipt::{NotProven, verify_signature};
use http::Method;

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_back_while_nothing_changed() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let bearer = format!("authorization: Bearer {}", session.token);
    let id = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let check_path = api::routes::CHECK.replace("{id}", &id);
    let receipt_path = api::routes::CHECK_RECEIPT.replace("{id}", &id);
    for path in [
        api::routes::ACCOUNTS,
        api::routes::CHECKS,
        api::routes::KEYS,
        api::routes::OPENAPI,
        &check_path,
        &receipt_path,
        &api::routes::ACCOUNT.replace("{id}", "reader"),
    ] {
        let line = format!("GET {path}");
        let first = world.raw(&clinic.identity, &line, &[&bearer], b"").await;
        assert_eq!(first.status, 200, "{path}");
        let tag = first.header("etag").unwrap();
        let at_hand = format!("if-none-match: \"other\", W/{tag}");
        let again = world
            .raw(&clinic.identity, &line, &[&bearer, &at_hand], b"")
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let other = world
            .raw(
                &clinic.identity,
                &line,
                &[&bearer, "if-none-match: \"other\""],
                b"",
            )
            .await;
        assert_eq!(other.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_of_some_days_are_listed_without_a_person_in_the_url() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let get = async |query: &str| {
        let path = format!("{}{query}", api::routes::CHECKS);
        let token = Some(&*session.token);
        let sent = clinic.client.send::<api::history::History>(
            Method::GET,
            &path,
            token,
            None,
            None::<&()>,
        );
        sent.await
    };
    assert_eq!(get("").await.unwrap().checks.len(), 1);
    let old = get("?from=2020-01-01&to=2020-01-02").await.unwrap();
    assert!(old.checks.is_empty());
    check(get("?name=x").await, "invalid_query");
    check(get("?from=2020-02-30").await, "invalid_input");
    check(get("?after=x").await, "invalid_input");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_alone_verifies_and_belongs_to_its_facility() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let (session, _) = one.administrator().await;
    let (foreign, _) = other.administrator().await;
    let id = one.ask(&session.token, "k1", "4567").await.unwrap();
    let alone = one.client.receipt(&session.token, &id).await.unwrap();
    let keys = one.client.keys().await.unwrap();
    assert_eq!(verify_signature(&alone.receipt, &keys).unwrap().jti, id);
    check(other.client.receipt(&foreign.token, &id).await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_of_one_moment_share_a_signature_and_each_is_proven_alone() {
    let world = World::start().await;
    let clinic = Arc::new(world.enrol("1319999999").await);
    let (session, _) = clinic.administrator().await;
    let mut answers = Vec::new();
    // Which of them share a transaction is up to the moment: it is asked until some do.
    for round in 0.. {
        assert!(
            round < 200,
            "no two of {} shared a signature",
            answers.len()
        );
        let mut asking = tokio::task::JoinSet::new();
        for it in 0..16 {
            let (clinic, token) = (Arc::clone(&clinic), session.token.clone());
            let key = format!("{round}-{it}");
            asking.spawn(async move { clinic.ask(&token, &key, "4567").await.unwrap() });
        }
        for id in asking.join_all().await {
            answers.push(clinic.client.past_check(&session.token, &id).await.unwrap());
        }
        let shared = answers.iter().filter(|it| is_shared(it)).count();
        if 2 <= shared {
            break;
        }
    }
    let keys = clinic.client.keys().await.unwrap();
    for answer in &answers {
        let saved = serde_json::to_value(answer).unwrap();
        let claims = api::receipt::verify(&saved, &keys).unwrap();
        assert_eq!(claims.jti, answer.check_id);
        let alone = clinic
            .client
            .receipt(&session.token, &answer.check_id)
            .await;
        assert_eq!(verify_signature(&alone.unwrap().receipt, &keys), Ok(claims));
    }
    // The receipt of one proves no other that it shares the signature with.
    let mut shared = answers.into_iter().filter(is_shared);
    let (mut one, other) = (shared.next().unwrap(), shared.next().unwrap());
    one.receipt = other.receipt;
    one.receipt_salt = other.receipt_salt;
    let wrong = api::receipt::verify(&serde_json::to_value(&one).unwrap(), &keys);
    assert_eq!(wrong, Err(NotProven::Answer("digest")));
}

fn is_shared(answer: &Answer) -> bool {
    answer.receipt.as_deref().is_some_and(|it| it.contains('~'))
}
