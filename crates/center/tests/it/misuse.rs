//! Bad input, line by line: each has its clear answer, in one table where that fits.

use api::client::ClientError;
use center::control::{Order, Reply, send};
use domain::institution_code::InstitutionCode;
use pki::authority::{Authority, KeyKind};
use pki::client::Refusal;
use pki::sealed::MachineKey;
use serde_json::{Value, json};

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_member_of_a_check_is_named() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let right = json!({"insurer_number": "06139992", "symbol": "123", "number": "4567", "birth_date": "1970-01-02"});
    for (member, value, code) in [
        ("insurer_number", json!(""), "required"),
        ("insurer_number", json!("061399920"), "length"),
        ("insurer_number", json!("0613999X"), "not_a_digit"),
        ("symbol", json!("1".repeat(21)), "too_long"),
        ("symbol", json!("1\u{0}"), "control_character"),
        ("number", json!("\u{85}1"), "control_character"),
        ("number", json!("4".repeat(60_000)), "too_long"),
        ("branch", json!("123"), "form"),
        ("birth_date", json!("1970-02-30"), "no_such_day"),
        ("birth_date", json!("1970-1-2"), "form"),
        ("birth_date", json!("0001-01-01"), "out_of_range"),
        ("birth_date", json!("99999-01-01"), "form"),
        ("visit_date", json!("2023-02-29"), "no_such_day"),
        ("visit_date", json!("1960-01-01"), "before_birth"),
        ("origin", json!("fax"), "unknown"),
    ] {
        let mut body = right.clone();
        body[member] = value;
        let sent = clinic
            .call(http::Method::POST, api::routes::CHECKS, &token, &body)
            .await;
        let Err(ClientError::Problem(problem)) = sent else {
            panic!("{member} {code}: not refused");
        };
        assert_eq!(problem.code, "invalid_input");
        let told: Vec<_> = problem
            .errors
            .iter()
            .map(|it| (&*it.member, &*it.code))
            .collect();
        assert_eq!(told, [(member, code)]);
        let text = &problem.errors[0].text;
        assert!(!text.ja.is_ascii() && text.en.is_ascii(), "{member} {code}");
    }
    let mut typed_wrong = right;
    typed_wrong["insurer_number"] = "06139991".into();
    let answer = clinic
        .call(
            http::Method::POST,
            api::routes::CHECKS,
            &token,
            &typed_wrong,
        )
        .await
        .unwrap();
    assert_eq!(answer["messages"][0]["code"], "insurer_check_digit");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_the_wrong_form_are_refused_by_code() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let bearer = format!("authorization: Bearer {token}");
    let json_type = "content-type: application/json";
    let deep = format!("{{\"number\":{}", "[".repeat(30_000));
    let nested = "{\"a\":".repeat(10_000);
    let long = format!("{{\"number\":\"{}\"}}", "1".repeat(70_000));
    const RIGHT: &str =
        r#"{"insurer_number":"06139992","symbol":"123","number":"4567","birth_date":"1970-01-02"}"#;
    let checks = format!("POST {}", api::routes::CHECKS);
    for (line, headers, body, status, code) in [
        (
            &*checks,
            &[&*bearer, json_type][..],
            "{",
            400,
            "invalid_json",
        ),
        (&checks, &[&bearer, json_type], "", 400, "invalid_json"),
        (&checks, &[&bearer, json_type], "null", 400, "invalid_json"),
        (&checks, &[&bearer, json_type], "[]", 400, "invalid_json"),
        (&checks, &[&bearer, json_type], &deep, 400, "invalid_json"),
        (&checks, &[&bearer, json_type], &nested, 400, "invalid_json"),
        (
            &checks,
            &[&bearer, json_type],
            "{\"number\":1}",
            400,
            "invalid_json",
        ),
        (
            &checks,
            &[&bearer, json_type],
            "{\"x\":1}",
            400,
            "invalid_json",
        ),
        (&checks, &[&bearer, json_type], &long, 413, "body_too_large"),
        (&checks, &[&bearer], "{}", 415, "media_type"),
        (
            &checks,
            &[&bearer, "content-type: text/xml"],
            "<a/>",
            415,
            "media_type",
        ),
        (&checks, &[json_type], "{}", 401, "not_signed_in"),
        (
            &checks,
            &["authorization: Basic eDp5", json_type],
            "{}",
            401,
            "not_signed_in",
        ),
        (
            &checks,
            &["authorization: Bearer", json_type],
            "{}",
            401,
            "not_signed_in",
        ),
        (
            &checks,
            &[&bearer, json_type, "idempotency-key: "],
            RIGHT,
            400,
            "idempotency_key",
        ),
        (
            &checks,
            &[&bearer, json_type, "idempotency-key: a b"],
            RIGHT,
            400,
            "idempotency_key",
        ),
        ("PUT /v1/checks", &[&bearer], "", 405, "method_not_allowed"),
        ("DELETE /v1/keys", &[&bearer], "", 405, "method_not_allowed"),
        ("GET /v1/checks/../keys", &[&bearer], "", 404, "not_found"),
        ("GET /v2/checks", &[&bearer], "", 404, "not_found"),
        ("GET /", &[], "", 404, "not_found"),
        ("GET /healthz", &[], "", 404, "not_found"),
        ("GET /certificates/download", &[], "", 404, "not_found"),
    ] {
        let answer = world
            .raw(&clinic.identity, line, headers, body.as_bytes())
            .await;
        let told = (answer.status, answer.code());
        assert_eq!(told, (status, code.to_owned()), "{line} {headers:?}");
        // What was typed never comes back.
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains(&token), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_facilitys_id_is_not_found_on_any_route() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let (own, _) = one.administrator().await;
    let (foreign, _) = other.administrator().await;
    let id = one.ask(&own.token, "k1", "4567").await.unwrap();
    let body = json!({"id": "uketsuke", "kind": "general", "display_name": "受付", "password": "Staff-1234567"});
    one.call(http::Method::POST, api::routes::ACCOUNTS, &own.token, &body)
        .await
        .unwrap();
    let rename = json!({"display_name": "x"});
    for (method, route, id, body) in [
        (http::Method::GET, api::routes::CHECK, &*id, None),
        (http::Method::GET, api::routes::CHECK_RECEIPT, &id, None),
        (http::Method::GET, api::routes::ACCOUNT, "uketsuke", None),
        (
            http::Method::PATCH,
            api::routes::ACCOUNT,
            "uketsuke",
            Some(&rename),
        ),
    ] {
        let path = route.replace("{id}", id);
        let token = Some(&*foreign.token);
        let sent = other
            .client
            .send::<Value>(method, &path, token, None, body)
            .await;
        check(sent, "not_found");
    }
    // The same key of another facility is another key.
    let theirs = other.ask(&foreign.token, "k1", "4567").await.unwrap();
    assert_ne!(theirs, id);
    // The account's password opens nothing with another facility's certificate.
    check(
        other.try_sign_in("uketsuke", "Staff-1234567", true).await,
        "wrong_credentials",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_good_certificate_of_ours_opens_a_connection() {
    let world = World::start().await;
    let refused = async |client: api::client::Client| match client.keys().await {
        Err(ClientError::Connection(Refusal::Certificate)) => {}
        other => panic!("not refused: {other:?}"),
    };
    refused(world.client(None)).await;
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
    let now = domain::civil_date::Instant::from_micros(
        world.micros.load(std::sync::atomic::Ordering::SeqCst),
    );
    let stranger = Authority::open(&dir.path().join("ca"), &machine, now).unwrap();
    let code = InstitutionCode::parse("1319999999").unwrap();
    let issued = stranger
        .issue_client(code, "受付1", KeyKind::P256, now)
        .unwrap();
    refused(world.client(Some(&issued.identity))).await;
    let revoked = world.enrol("3410712362").await;
    let fingerprint = revoked.identity.fingerprint();
    let hex: String = fingerprint.iter().map(|b| format!("{b:02x}")).collect();
    let reply = send(world.dir.path(), &Order::Revoke(hex)).await.unwrap();
    assert!(matches!(reply, Reply::Done));
    refused(world.client(Some(&revoked.identity))).await;
    let expired = world.enrol("1319999999").await;
    expired.client.keys().await.unwrap();
    // Forty months later, on a connection of its own.
    world.pass_seconds(40 * 31 * 86_400);
    refused(world.client(Some(&expired.identity))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_tells_a_foreign_center_and_a_wrong_clock_from_a_bad_line() {
    let (world, elsewhere) = (World::start().await, World::start().await);
    let clinic = world.enrol("1319999999").await;
    let base = format!("https://{}", world.api);
    let why = async |client: api::client::Client| match client.keys().await {
        Err(ClientError::Connection(why)) => why,
        other => panic!("connected: {other:?}"),
    };
    let mistaken = elsewhere.client_of(&base, Some(&clinic.identity));
    // The same clock, another root.
    assert_eq!(why(mistaken).await, Refusal::Server);
    let clock = |years: i64| -> pki::clock::Clock {
        let micros = std::sync::Arc::clone(&world.micros);
        std::sync::Arc::new(move || {
            let now = micros.load(std::sync::atomic::Ordering::SeqCst);
            domain::civil_date::Instant::from_micros(now).plus_seconds(years * 365 * 86_400)
        })
    };
    for years in [-5, 5] {
        let (root, identity) = (world.root(), Some(&clinic.identity));
        let off = api::client::Client::by(clock(years), &base, &root, identity).unwrap();
        assert_eq!(why(off).await, Refusal::Clock, "{years} years");
    }
    let silent = {
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        socket.local_addr().unwrap()
    };
    let nobody = world.client_of(&format!("https://{silent}"), Some(&clinic.identity));
    assert_eq!(why(nobody).await, Refusal::Line);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_opens_nothing_again() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let machine = clinic.sign_in("link_app").await;
    world.pass_seconds(12 * 3600 - 1);
    clinic.ask(&machine.token, "k1", "4567").await.unwrap();
    world.pass_seconds(1);
    check(
        clinic.ask(&machine.token, "k2", "4567").await,
        "session_ended",
    );
    check(
        clinic.ask(&machine.token, "k3", "4567").await,
        "not_signed_in",
    );
    check(
        clinic.client.sign_out(&machine.token).await,
        "not_signed_in",
    );
}
