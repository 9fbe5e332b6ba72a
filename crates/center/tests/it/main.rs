//! The center as its clients see it, with a clock that the test turns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::check::CheckRequest;
use api::client::{Client, ClientError};
use api::session::{PasswordChange, Session, SignIn};
use center::config::{Config, Listen};
use center::control::{Order, Reply, send};
use center::enroll::{Enrolled, Enrolment};
use center::serve::Center;
use domain::civil_date::Instant;
use http::Method;
use pki::identity::Identity;
use serde_json::{Value, json};

const P12: &str = "Tegami-12345678";

struct World {
    center: Center,
    dir: tempfile::TempDir,
    micros: Arc<AtomicI64>,
}

struct Clinic {
    client: Client,
    identity: Identity,
    enrolled: Enrolled,
}

impl World {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let micros = Arc::new(AtomicI64::new(i64::try_from(since.as_micros()).unwrap()));
        let free = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            data_dir: dir.path().into(),
            name: "test".into(),
            host_names: Vec::new(),
            tls12: false,
            checkpoint_dir: None,
            listen: Listen {
                api: free,
                enroll: free,
                metrics: free,
            },
            lockout: Default::default(),
        };
        let now = Arc::clone(&micros);
        let clock = Arc::new(move || Instant::from_micros(now.load(Ordering::SeqCst)));
        let center = Center::start(&config, clock).await.unwrap();
        let engine =
            store::engine::Engine::open_center(&dir.path().join("center.db"), [7; 16]).unwrap();
        engine
            .store_people(synthetic::samples::people())
            .await
            .unwrap();
        Self {
            center,
            dir,
            micros,
        }
    }

    fn pass_seconds(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    async fn enrol(&self, code: &str) -> Clinic {
        let enrolment = Enrolment {
            code: code.into(),
            kind: None,
            name: "見本".into(),
            terminal: "受付1".into(),
        };
        let Reply::Enrolled(enrolled) = send(self.dir.path(), &Order::Enroll(enrolment))
            .await
            .unwrap()
        else {
            panic!("the center refused to enrol");
        };
        let file = self
            .download(&enrolled, &enrolled.reference_id)
            .await
            .unwrap();
        let identity = Identity::from_pkcs12(&file, P12).unwrap();
        let client = Client::new(
            &format!("https://{}", self.center.api),
            &self.root(),
            Some(&identity),
        )
        .unwrap();
        Clinic {
            client,
            identity,
            enrolled: *enrolled,
        }
    }

    fn root(&self) -> rustls_pki_types::CertificateDer<'static> {
        pki::identity::first_certificate(&std::fs::read(self.dir.path().join("root.pem")).unwrap())
            .unwrap()
    }

    async fn download(&self, enrolled: &Enrolled, reference: &str) -> Result<Vec<u8>, ClientError> {
        let client = Client::new(
            &format!("https://{}", self.center.enroll),
            &self.root(),
            None,
        )
        .unwrap();
        let body =
            json!({"request_id": enrolled.request_id, "reference_id": reference, "password": P12});
        let path = api::routes::CERTIFICATE_DOWNLOAD;
        Ok(client
            .call(
                Method::POST,
                path,
                None,
                None,
                Some(body.to_string().into_bytes()),
            )
            .await?
            .to_vec())
    }
}

impl Clinic {
    fn password(&self, id: &str) -> String {
        self.enrolled
            .accounts
            .iter()
            .find(|account| account.id == id)
            .unwrap()
            .password
            .clone()
    }

    async fn try_sign_in(
        &self,
        id: &str,
        password: &str,
        force: bool,
    ) -> Result<Session, ClientError> {
        self.client
            .sign_in(&SignIn {
                account: id.into(),
                force,
                password: password.into(),
            })
            .await
    }

    async fn sign_in(&self, id: &str) -> Session {
        self.try_sign_in(id, &self.password(id), true)
            .await
            .unwrap()
    }

    async fn ask(&self, token: &str, key: &str, number: &str) -> Result<String, ClientError> {
        let request = CheckRequest {
            birth_date: "1970-01-02".into(),
            insurer_number: "06139992".into(),
            number: number.into(),
            symbol: Some("123".into()),
            ..CheckRequest::default()
        };
        Ok(self.client.check(token, key, &request).await?.0.check_id)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        self.client
            .send(method, path, Some(token), None, Some(body))
            .await
    }

    /// The administrator with a password of their own.
    async fn administrator(&self) -> (Session, String) {
        let session = self.sign_in("administrator").await;
        let change = PasswordChange {
            new_password: "Kanri-7654321".into(),
            old_password: self.password("administrator"),
        };
        self.client
            .change_password(&session.token, &change)
            .await
            .unwrap();
        (session, change.new_password)
    }
}

fn check<T: std::fmt::Debug>(outcome: Result<T, ClientError>, expected: &str) {
    match outcome {
        Err(ClientError::Problem(problem)) => assert_eq!(problem.code, expected),
        other => panic!("expected {expected}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_with_another_certificate_or_after_sign_out() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let session = one.sign_in("link_app").await;
    one.ask(&session.token, "k1", "4567").await.unwrap();
    check(
        other.ask(&session.token, "k1", "4567").await,
        "not_signed_in",
    );
    check(one.ask("made-up", "k2", "4567").await, "not_signed_in");
    one.client.sign_out(&session.token).await.unwrap();
    check(one.ask(&session.token, "k3", "4567").await, "not_signed_in");
    check(
        other
            .try_sign_in("link_app", &one.password("link_app"), true)
            .await,
        "wrong_credentials",
    );
}

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
async fn five_wrong_passwords_lock_an_account_whether_it_exists_or_not() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    for id in ["link_app", "nobody"] {
        for _ in 0..4 {
            check(
                clinic.try_sign_in(id, "Chigau-123", true).await,
                "wrong_credentials",
            );
        }
        check(
            clinic.try_sign_in(id, "Chigau-123", true).await,
            "account_locked",
        );
        check(
            clinic
                .try_sign_in(id, &clinic.password("link_app"), true)
                .await,
            "account_locked",
        );
    }
    world.pass_seconds(15 * 60);
    assert!(
        clinic
            .try_sign_in("link_app", &clinic.password("link_app"), true)
            .await
            .is_ok()
    );
    check(
        clinic.try_sign_in("nobody", "Chigau-123", true).await,
        "wrong_credentials",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sign_in_asks_and_an_idle_session_ends() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (first, password) = clinic.administrator().await;
    check(
        clinic.try_sign_in("administrator", &password, false).await,
        "already_signed_in",
    );
    let second = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    check(
        clinic.ask(&first.token, "k1", "4567").await,
        "not_signed_in",
    );
    world.pass_seconds(29 * 60);
    clinic.ask(&second.token, "k2", "4567").await.unwrap();
    world.pass_seconds(29 * 60);
    clinic.ask(&second.token, "k3", "4567").await.unwrap();
    world.pass_seconds(30 * 60);
    check(
        clinic.ask(&second.token, "k4", "4567").await,
        "session_ended",
    );
    assert!(
        clinic
            .try_sign_in("administrator", &password, false)
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_must_be_changed_by_the_rule_before_anything_else() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("administrator").await;
    check(
        clinic.ask(&session.token, "k1", "4567").await,
        "password_change_needed",
    );
    let change = |new: &str| PasswordChange {
        new_password: new.into(),
        old_password: clinic.password("administrator"),
    };
    check(
        clinic
            .client
            .change_password(&session.token, &change("short"))
            .await,
        "password_rule",
    );
    clinic
        .client
        .change_password(&session.token, &change("Kanri-123"))
        .await
        .unwrap();
    clinic.ask(&session.token, "k2", "4567").await.unwrap();
    let again = PasswordChange {
        new_password: "Kanri-456".into(),
        old_password: "Kanri-123".into(),
    };
    check(
        clinic.client.change_password(&session.token, &again).await,
        "password_rule",
    );
    world.pass_seconds(62 * 86_400);
    let expired = clinic
        .try_sign_in("administrator", "Kanri-123", true)
        .await
        .unwrap();
    assert!(expired.password.change_needed);
    check(
        clinic.ask(&expired.token, "k3", "4567").await,
        "password_change_needed",
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
async fn accounts_are_managed_by_those_who_may() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let new = |id: &str, kind: &str, password: &str| json!({"id": id, "kind": kind, "display_name": "受付", "password": password});
    let register = async |body: Value| {
        clinic
            .call(
                Method::POST,
                api::routes::ACCOUNTS,
                &administrator.token,
                &body,
            )
            .await
    };
    register(new("uketsuke", "general", "Staff-1234567"))
        .await
        .unwrap();
    check(
        register(new("uketsuke", "general", "Staff-1234567")).await,
        "account_exists",
    );
    check(
        register(new("kanri2", "administrator", "Staff-1234567")).await,
        "invalid_input",
    );
    check(
        register(new("x", "wizard", "Staff-1234567")).await,
        "invalid_input",
    );
    check(
        register(new("karte", "web_api", "Staff-123456")).await,
        "password_rule",
    );
    let edit = async |id: &str, body: Value| {
        let path = api::routes::ACCOUNT.replace("{id}", id);
        clinic
            .call(Method::PATCH, &path, &administrator.token, &body)
            .await
    };
    check(
        edit("link_app", json!({"state": "disabled"})).await,
        "system_account",
    );
    check(
        edit("master", json!({"state": "disabled"})).await,
        "not_found",
    );
    edit("uketsuke", json!({"state": "disabled"}))
        .await
        .unwrap();
    check(
        clinic.try_sign_in("uketsuke", "Staff-1234567", true).await,
        "wrong_credentials",
    );
    let link = clinic.sign_in("link_app").await;
    check(
        clinic
            .call(Method::GET, api::routes::ACCOUNTS, &link.token, &json!({}))
            .await,
        "not_permitted",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_reference_ids_freeze_a_notice_and_the_deadline_ends_it() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    world
        .download(&one.enrolled, &one.enrolled.reference_id)
        .await
        .unwrap();
    for _ in 0..5 {
        check(
            world
                .download(&one.enrolled, &other.enrolled.reference_id)
                .await,
            "invalid_input",
        );
    }
    check(
        world
            .download(&one.enrolled, &one.enrolled.reference_id)
            .await,
        "invalid_input",
    );
    world.pass_seconds(180 * 86_400);
    world
        .download(&other.enrolled, &other.enrolled.reference_id)
        .await
        .unwrap();
    world.pass_seconds(86_400);
    check(
        world
            .download(&other.enrolled, &other.enrolled.reference_id)
            .await,
        "invalid_input",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_ends_its_sessions_at_once() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let fingerprint: String = clinic
        .identity
        .fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let reply = send(world.dir.path(), &Order::Revoke(fingerprint))
        .await
        .unwrap();
    assert!(matches!(reply, Reply::Done));
    assert!(clinic.ask(&session.token, "k2", "4567").await.is_err());
}
