//! A sign-in or a password change sent twice under one key, and what of it lies in the store.

use api::client::ClientError;
use api::routes;
use api::session::{PasswordChange, Session};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Clinic, World, check};

fn sign_in(clinic: &Clinic, id: &str, force: bool) -> Value {
    json!({"account": id, "password": clinic.password(id), "force": force})
}

async fn send(
    clinic: &Clinic,
    method: Method,
    path: &str,
    token: Option<&str>,
    key: &str,
    body: &Value,
) -> Result<Vec<u8>, ClientError> {
    let body = Some(body.to_string().into_bytes());
    let answer = clinic
        .client
        .call(method, path, token, Some(key), body)
        .await?;
    Ok(answer.to_vec())
}

async fn open(clinic: &Clinic, key: &str, body: &Value) -> Result<Session, ClientError> {
    let bytes = send(clinic, Method::POST, routes::SESSIONS, None, key, body).await?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_sent_twice_opens_one_session() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let body = sign_in(&clinic, "administrator", false);
    let first = open(&clinic, "k", &body).await.unwrap();
    let again = open(&clinic, "k", &body).await.unwrap();
    assert_eq!(first.token, again.token);
    // Without the key it would be a second sign-in, which asks; with another body the key was used for something else.
    check(open(&clinic, "l", &body).await, "already_signed_in");
    let forced = sign_in(&clinic, "administrator", true);
    check(open(&clinic, "k", &forced).await, "idempotency_conflict");
    let other = open(&clinic, "l", &forced).await.unwrap();
    assert_ne!(first.token, other.token);
    check(clinic.client.sign_out(&first.token).await, "not_signed_in");
    // The first answer comes again, its session ended or not.
    assert_eq!(open(&clinic, "k", &body).await.unwrap().token, first.token);
    clinic.client.sign_out(&other.token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_sign_in_is_for_nobody_without_password_and_certificate() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let body = sign_in(&clinic, "link_app", false);
    let first = open(&clinic, "k", &body).await.unwrap();
    let wrong = json!({"account": "link_app", "password": "Chigau-123", "force": false});
    check(open(&clinic, "k", &wrong).await, "wrong_credentials");
    // Another certificate of the same facility: another PC, another request.
    let other = world.enrol_terminal("1319999999", "受付2").await;
    check(open(&other, "k", &body).await, "idempotency_conflict");
    let forbidden = [
        first.token.as_bytes(),
        clinic.password("link_app").as_bytes(),
    ]
    .map(<[u8]>::to_vec);
    for file in ["center.db", "center.db-wal"] {
        let kept = std::fs::read(world.dir.path().join(file)).unwrap();
        for secret in &forbidden {
            assert!(!kept.windows(secret.len()).any(|it| it == secret), "{file}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_sent_twice_is_done_once_and_acknowledged_twice() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("administrator").await;
    let token = Some(session.token.as_str());
    let (path, old) = (routes::OWN_PASSWORD, clinic.password("administrator"));
    let body = json!({"old_password": old, "new_password": "Kanri-7654321"});
    for _ in 0..2 {
        let sent = send(&clinic, Method::PUT, path, token, "k", &body);
        sent.await.unwrap();
    }
    let other = json!({"old_password": old, "new_password": "Kanri-7654322"});
    let sent = send(&clinic, Method::PUT, path, token, "k", &other);
    check(sent.await, "idempotency_conflict");
    // Without the key it is a change by a password that is no longer right.
    let change = PasswordChange {
        new_password: "Kanri-7654321".into(),
        old_password: old,
    };
    let refused = clinic.client.change_password(&session.token, &change);
    check(refused.await, "password_rule");
    let signed_in = clinic.try_sign_in("administrator", "Kanri-7654321", true);
    signed_in.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_check_is_refused_to_a_sign_in_and_the_other_way_round() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let body = sign_in(&clinic, "link_app", false);
    let session = open(&clinic, "k", &body).await.unwrap();
    let ask = async |key: &str| clinic.ask(&session.token, key, "4567").await;
    check(ask("k").await, "idempotency_conflict");
    ask("l").await.unwrap();
    check(open(&clinic, "l", &body).await, "idempotency_conflict");
    // What was refused did nothing: a second sign-in would have ended the session.
    ask("m").await.unwrap();
}
