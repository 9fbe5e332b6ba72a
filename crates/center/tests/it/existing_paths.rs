//! The paths of existing clients (interface §4, R5, R6), by a client in Python and byte by byte; and every misuse of the second listener.

use std::net::SocketAddr;

use api::routes::{EXISTING_SEARCH, EXISTING_SIGN_IN};
use center::audit::AuditQuery;
use center::config::link::{Link, SearchListener, SignInKeys};
use center::control::{Order, Reply, send};
use pki::identity::Identity;
use serde_json::{Value, json};

use crate::link::{WEB_API_PASSWORD, register_web_api, single_check};
use crate::world::{Clinic, RawAnswer, World, exchange};

const JSON: &str = "content-type: application/json;charset=UTF-8";

/// A center whose second listener is on, a clinic with a Web API account, and where the listener is.
async fn searching() -> (World, Clinic, SocketAddr) {
    let settings = Link {
        search_listener: Some(SearchListener {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        }),
        ..Link::default()
    };
    let (world, search) = World::start_linked(settings).await;
    let clinic = clinic(&world).await;
    (world, clinic, search.unwrap())
}

async fn clinic(world: &World) -> Clinic {
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    register_web_api(&clinic, &staff.token).await;
    clinic
}

async fn sign_in(world: &World, clinic: &Clinic, account: &str, password: &str) -> RawAnswer {
    let line = format!("POST {EXISTING_SIGN_IN}");
    let body = json!({"userId": account, "password": password}).to_string();
    world
        .raw(&clinic.identity, &line, &[JSON], body.as_bytes())
        .await
}

async fn token(world: &World, clinic: &Clinic) -> String {
    let answer = sign_in(world, clinic, "karte", WEB_API_PASSWORD).await;
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    told["result"]["idToken"].as_str().unwrap().to_owned()
}

/// Asks about the samples' first person at a listener.
async fn search(
    world: &World,
    (from, at): ([u8; 4], SocketAddr),
    identity: Option<&Identity>,
    token: &str,
) -> RawAnswer {
    let stream = world.connect_from(from, at, identity).await;
    let authorization = format!("authorization: {token}");
    let body = single_check("４５６７").to_string();
    let headers = ["host: localhost", JSON, &authorization];
    exchange(
        stream,
        &format!("POST {EXISTING_SEARCH}"),
        &headers,
        body.as_bytes(),
    )
    .await
}

const HERE: [u8; 4] = [127, 0, 0, 1];

#[track_caller]
fn refused(answer: &RawAnswer, status: u16, code: &str) {
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (answer.status, told["code"].as_str()),
        (status, Some(code)),
        "{told}"
    );
    assert_eq!(told["status"], "NG");
    assert!(!told["msg"].as_str().unwrap().is_empty());
    assert_eq!(answer.header("connection"), Some("close"));
}

#[track_caller]
fn found(answer: &RawAnswer) {
    assert_eq!(answer.status, 200);
    let told: Value = serde_json::from_slice(&answer.body).unwrap();
    let verdict = told.pointer("/XmlMsg/MessageBody/QualificationValidity");
    assert_eq!(verdict.and_then(Value::as_str), Some("1"), "{told}");
}

/// How many audit events of a deed there are whose detail holds a text.
async fn on_record(world: &World, deed: &str, detail: &str) -> usize {
    let query = AuditQuery {
        deed: Some(deed.into()),
        ..AuditQuery::default()
    };
    let Reply::Audit(lines) = send(world.dir.path(), &Order::AuditSearch(query))
        .await
        .unwrap()
    else {
        panic!("the audit was not searched");
    };
    lines.iter().filter(|it| it.detail.contains(detail)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_client_signs_in_searches_with_every_padding_and_is_told_at_once_of_a_cut_body()
{
    let world = World::start().await;
    let clinic = clinic(&world).await;
    let (certificate, key) = clinic.identity.to_pem();
    let file = |name: &str, text: &str| {
        let path = world.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let client = file("client.py", include_str!("existing_client.py"));
    let (certificate, key) = (file("client.pem", &certificate), file("client.key", &key));
    let root = world.dir.path().join("root.pem");
    let (address, port) = (world.api.ip().to_string(), world.api.port().to_string());
    let run = move || {
        let mut python = std::process::Command::new("python3");
        python
            .arg(client)
            .args([address, port])
            .arg(root)
            .arg(certificate)
            .arg(key)
            .arg(WEB_API_PASSWORD);
        python.output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (
            told["status"].as_u64(),
            told["signed_in"]["status"].as_str()
        ),
        (Some(200), Some("OK"))
    );
    for member in ["accessToken", "refreshToken", "idToken", "linkSysCharCd"] {
        assert!(told["signed_in"]["result"][member].is_string(), "{member}");
    }
    let answers = told["found"].as_object().unwrap();
    assert!(3 <= answers.len());
    for (asked, answer) in answers {
        assert_eq!(answer[0], 200, "{asked}");
        let verdict = answer[1]
            .pointer("/XmlMsg/MessageBody/QualificationValidity")
            .unwrap();
        assert_eq!(verdict, "1", "{asked}");
    }
    for cut in ["cut", "cut_within"] {
        assert_eq!(told[cut][0], 400, "{cut}");
        assert_eq!(told[cut][1]["code"], "invalid_json", "{cut}");
    }
    assert_eq!(told["whole"][0], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_web_api_account_signs_in_there_and_the_members_names_are_a_setting() {
    let settings = Link {
        sign_in_keys: SignInKeys {
            user: "loginId".into(),
            password: "loginPw".into(),
        },
        ..Link::default()
    };
    let (world, _) = World::start_linked(settings).await;
    let clinic = clinic(&world).await;
    let line = format!("POST {EXISTING_SIGN_IN}");
    let post = async |body: Value| {
        world
            .raw(
                &clinic.identity,
                &line,
                &[JSON],
                body.to_string().as_bytes(),
            )
            .await
    };
    let right = post(json!({"loginId": "karte", "loginPw": WEB_API_PASSWORD, "further": 1})).await;
    assert_eq!(right.status, 200);
    let others = post(json!({"userId": "karte", "password": WEB_API_PASSWORD})).await;
    refused(&others, 400, "invalid_json");
    let wrong = post(json!({"loginId": "karte", "loginPw": "Karte-0000000000"})).await;
    refused(&wrong, 401, "wrong_credentials");
    let nobody = post(json!({"loginId": "nobody", "loginPw": WEB_API_PASSWORD})).await;
    refused(&nobody, 401, "wrong_credentials");
    let link_app =
        post(json!({"loginId": "link_app", "loginPw": clinic.password("link_app")})).await;
    refused(&link_app, 403, "not_permitted");
    assert_eq!(
        on_record(&world, "refused", "path=existing-sign-in").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_existing_path_is_served_where_the_setting_is_off() {
    let settings = Link {
        existing_paths: false,
        ..Link::default()
    };
    let (world, search) = World::start_linked(settings).await;
    let clinic = clinic(&world).await;
    assert_eq!(search, None, "nothing listens unless it is switched on");
    let answer = sign_in(&world, &clinic, "karte", WEB_API_PASSWORD).await;
    assert_eq!(
        (answer.status, answer.code()),
        (404, "not_found".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ordinary_listener_takes_no_search_without_a_certificate_and_no_other_accounts_token() {
    let (world, clinic, _) = searching().await;
    let good = token(&world, &clinic).await;
    found(&search(&world, (HERE, world.api), Some(&clinic.identity), &good).await);
    let link_app = clinic.sign_in("link_app").await.token;
    let answer = search(&world, (HERE, world.api), Some(&clinic.identity), &link_app).await;
    refused(&answer, 403, "not_permitted");
    let answer = search(
        &world,
        (HERE, world.api),
        Some(&clinic.identity),
        "nobody's",
    )
    .await;
    refused(&answer, 401, "not_signed_in");
    let bare = world.client_of(&format!("https://{}", world.api), None);
    let body = Some(single_check("４５６７").to_string().into_bytes());
    let refused = bare
        .call(http::Method::POST, EXISTING_SEARCH, Some(&good), None, body)
        .await;
    assert!(
        matches!(refused, Err(api::client::ClientError::Connection(_))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_without_a_certificate_is_answered_for_30_minutes_and_each_is_on_record_as_unbound()
 {
    let (world, clinic, at) = searching().await;
    let token = token(&world, &clinic).await;
    found(&search(&world, (HERE, at), None, &token).await);
    found(&search(&world, (HERE, at), None, &format!("Bearer {token}")).await);
    assert_eq!(
        on_record(&world, "unbound-search", "certificate=not-shown").await,
        2
    );
    assert_eq!(on_record(&world, "check", "verdict=1").await, 2);
    world.pass_seconds(30 * 60 - 1);
    found(&search(&world, (HERE, at), None, &token).await);
    world.pass_seconds(1);
    let late = search(&world, (HERE, at), None, &token).await;
    refused(&late, 401, "session_ended");
    assert_eq!(
        on_record(&world, "refused", "path=unbound-search why=over").await,
        1
    );
    // With the certificate the session goes on.
    found(&search(&world, (HERE, world.api), Some(&clinic.identity), &token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_from_another_address_nor_one_from_another_sign_in_or_account() {
    let (world, clinic, at) = searching().await;
    let good = token(&world, &clinic).await;
    let elsewhere = search(&world, ([127, 0, 0, 2], at), None, &good).await;
    refused(&elsewhere, 401, "not_signed_in");
    assert_eq!(
        on_record(&world, "refused", "path=unbound-search why=address").await,
        1
    );
    found(&search(&world, (HERE, at), None, &good).await);
    let ours = clinic
        .try_sign_in("karte", WEB_API_PASSWORD, true)
        .await
        .unwrap()
        .token;
    refused(
        &search(&world, (HERE, at), None, &ours).await,
        401,
        "not_signed_in",
    );
    refused(
        &search(&world, (HERE, at), None, &good).await,
        401,
        "not_signed_in",
    );
    for account in ["link_app", "reader"] {
        let other = clinic.sign_in(account).await.token;
        refused(
            &search(&world, (HERE, at), None, &other).await,
            401,
            "not_signed_in",
        );
    }
    assert_eq!(
        on_record(&world, "refused", "path=unbound-search why=kind").await,
        2
    );
    assert_eq!(on_record(&world, "unbound-search", "").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_after_its_session_ended_or_its_certificate_was_revoked() {
    let (world, clinic, at) = searching().await;
    let ended = token(&world, &clinic).await;
    clinic.client.sign_out(&ended).await.unwrap();
    refused(
        &search(&world, (HERE, at), None, &ended).await,
        401,
        "not_signed_in",
    );
    let revoked = token(&world, &clinic).await;
    found(&search(&world, (HERE, at), None, &revoked).await);
    let fingerprint = clinic.identity.fingerprint();
    let order = Order::Revoke(
        fingerprint
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    );
    send(world.dir.path(), &order).await.unwrap();
    refused(
        &search(&world, (HERE, at), None, &revoked).await,
        401,
        "not_signed_in",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_listener_serves_the_search_and_nothing_else() {
    let (world, clinic, at) = searching().await;
    let token = token(&world, &clinic).await;
    let authorization = format!("authorization: Bearer {token}");
    let headers = ["host: localhost", JSON, &authorization];
    for line in [
        format!("POST {EXISTING_SIGN_IN}"),
        "POST /v1/checks".to_owned(),
        "POST /v1/link/OQSsiquc01".to_owned(),
        "POST /v1/sessions".to_owned(),
        "GET /v1/settings".to_owned(),
        "GET /".to_owned(),
    ] {
        let stream = world.connect_to(at, None).await;
        let body = single_check("４５６７").to_string();
        let answer = exchange(stream, &line, &headers, body.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (404, "not_found".to_owned()),
            "{line}"
        );
    }
    let stream = world.connect_to(at, None).await;
    let answer = exchange(stream, &format!("GET {EXISTING_SEARCH}"), &headers, b"").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_tokens_there_waits() {
    let (world, clinic, at) = searching().await;
    let good = token(&world, &clinic).await;
    for _ in 0..30 {
        refused(
            &search(&world, (HERE, at), None, "guess").await,
            401,
            "not_signed_in",
        );
    }
    let waits = search(&world, (HERE, at), None, "guess").await;
    refused(&waits, 429, "too_many_requests");
    assert!(waits.header("retry-after").is_some());
    // Whoever has a good token is not held up by another at the same address.
    found(&search(&world, (HERE, at), None, &good).await);
}
