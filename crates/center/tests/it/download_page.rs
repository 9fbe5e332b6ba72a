//! The page on which a facility downloads its certificate, and the revocation list beside it.

use center::control::{Order, Reply, send};
use pki::identity::Identity;

use crate::world::{P12, RawAnswer, World, check};

/// What the form sends, with the members given in place of the right ones.
fn form(enrolled: &center::enroll::Enrolled, changed: &[(&str, &str)]) -> String {
    let right = [
        ("request_id", &*enrolled.request_id),
        ("reference_id", &enrolled.reference_id),
        ("password", P12),
        ("password_again", P12),
        ("windows", "new"),
        ("key", "p256"),
    ];
    let members = right.map(|(name, value)| {
        let other = changed.iter().find(|(changed, _)| *changed == name);
        format!("{name}={}", other.map_or(value, |(_, value)| value))
    });
    members.join("&")
}

impl World {
    pub(crate) fn enroll_host(&self) -> String {
        format!("host: localhost:{}", self.enroll.port())
    }

    async fn page(&self) -> RawAnswer {
        let host = self.enroll_host();
        self.raw_enroll("GET /?lang=en", &[&host], b"").await
    }

    async fn send_form(&self, body: &str) -> RawAnswer {
        let headers = [
            &*self.enroll_host(),
            "sec-fetch-site: same-origin",
            "content-type: application/x-www-form-urlencoded",
        ];
        self.raw_enroll("POST /?lang=en", &headers, body.as_bytes())
            .await
    }
}

fn shows(answer: &RawAnswer, status: u16, codes: &[&str]) {
    let html = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status, status, "{html}");
    let mut found: Vec<&str> = html
        .split("data-code=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    found.dedup();
    assert_eq!(found, codes, "{html}");
    assert!(!html.contains(P12), "a password was repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_gives_the_file_in_both_formats_and_kinds_of_key() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let page = world.page().await;
    shows(&page, 200, &[]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(!html.contains("<script") && !html.contains(" style="));
    for choice in [
        &[][..],
        &[("windows", "old")],
        &[("key", "rsa"), ("windows", "old")],
    ] {
        let answer = world.send_form(&form(&clinic.enrolled, choice)).await;
        assert_eq!(answer.status, 200, "{choice:?}");
        assert_eq!(
            answer.header("content-disposition"),
            Some("attachment; filename=\"onshi.p12\"")
        );
        let identity = Identity::from_pkcs12(&answer.body, P12).unwrap();
        assert_eq!(
            identity.holder().unwrap().facility.to_string(),
            "1319999999"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_entry_is_named_at_its_field_and_five_freeze_the_notice() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let send =
        async |changed: &[(&str, &str)]| world.send_form(&form(&one.enrolled, changed)).await;
    shows(&send(&[("request_id", "x")]).await, 422, &["form"]);
    shows(
        &send(&[("password", "short"), ("password_again", "short")]).await,
        422,
        &["too_short", "no_digit", "no_upper_case", "no_special"],
    );
    shows(
        &send(&[("password_again", "x")]).await,
        422,
        &["not_the_same"],
    );
    let stranger = other.enrolled.reference_id.clone();
    for _ in 0..5 {
        shows(&send(&[("reference_id", &stranger)]).await, 422, &["wrong"]);
    }
    shows(&send(&[]).await, 422, &["frozen"]);
    world.pass_seconds(181 * 86_400);
    let late = world.send_form(&form(&other.enrolled, &[])).await;
    shows(&late, 422, &["deadline"]);
    let host = world.enroll_host();
    let broken = world
        .raw_enroll(
            "POST /",
            &[&host, "sec-fetch-site: same-origin"],
            b"request_id=1",
        )
        .await;
    shows(&broken, 422, &["invalid_input"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hosts_and_foreign_pages_are_refused() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let body = form(&clinic.enrolled, &[]);
    let own = world.enroll_host();
    let kind = "content-type: application/x-www-form-urlencoded";
    for (line, headers, status) in [
        ("GET /", &["host: evil.example"][..], 421),
        ("POST /", &[&own, kind], 403),
        ("POST /", &[&own, kind, "origin: https://evil.example"], 403),
        ("POST /", &[&own, kind, "sec-fetch-site: cross-site"], 403),
        ("PUT /", &[&own], 405),
        ("GET /v1/keys", &[&own], 404),
        ("GET /assets/nothing.css", &[&own], 404),
    ] {
        let answer = world.raw_enroll(line, headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{line} {headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_sends_too_much_waits() {
    let world = World::start().await;
    let mut waits = None;
    for _ in 0..40 {
        let answer = world.page().await;
        if answer.status == 429 {
            waits = answer.header("retry-after").map(str::to_owned);
            assert_eq!(answer.code(), "too_many_requests");
            break;
        }
    }
    assert_eq!(waits.as_deref(), Some("2"));
    world.pass_seconds(2);
    assert_eq!(world.page().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_revocation_list_tells_of_a_revocation_at_once() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let list = async || world.raw_enroll("GET /crl", &["host: any"], b"").await;
    let before = list().await;
    assert_eq!(before.header("content-type"), Some("application/pkix-crl"));
    assert_eq!(list().await.body, before.body);
    let fingerprint = clinic.identity.fingerprint();
    let hex: String = fingerprint.iter().map(|b| format!("{b:02x}")).collect();
    let reply = send(world.dir.path(), &Order::Revoke(hex)).await.unwrap();
    assert!(matches!(reply, Reply::Done));
    let after = list().await;
    assert!(before.body.len() < after.body.len());
    world.pass_seconds(3_600);
    assert_ne!(list().await.body, after.body);
    check(
        world
            .download(&clinic.enrolled, "AAAA-AAAA-AAAA-AAAA-AAAA")
            .await,
        "invalid_input",
    );
}
