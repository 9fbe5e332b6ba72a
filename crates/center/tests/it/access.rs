//! Who gets in: second factors and sign-ins, and what becomes of those who try it otherwise.

mod passkeys;
mod recovery;
mod rotations;
mod without_asking;

use api::access::{FactorConfirmation, FactorProof, NewSecondFactor, Recovery};
use api::client::ClientError;
use api::rotation::NextSecret;
use api::session::{PasswordChange, Session};
use center::control::{Order, Reply, send};
use domain::civil_date::Instant;
use domain::second_factor::STEP_S;
use http::Method;
use serde_json::json;

use crate::world::{Clinic, World, check};

const CODE: &str = "1319999999";

impl World {
    pub(crate) async fn order(&self, order: Order) -> Reply {
        send(self.dir.path(), &order).await.unwrap()
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_micros(self.micros.load(std::sync::atomic::Ordering::SeqCst))
    }

    /// The code of a clock now.
    pub(crate) fn code(&self, secret: &[u8]) -> String {
        let step = self.now().as_micros().div_euclid(STEP_S * 1_000_000);
        pki::totp::code(secret, step).to_string()
    }
}

fn by_code(code: &str) -> FactorProof {
    FactorProof {
        code: Some(code.into()),
        ..FactorProof::default()
    }
}

fn by_recovery_code(code: &str) -> FactorProof {
    FactorProof {
        recovery_code: Some(code.into()),
        ..FactorProof::default()
    }
}

/// The bytes of base32.
pub(crate) fn bytes(base32: &str) -> Vec<u8> {
    let bits: String = base32
        .bytes()
        .map(|c| {
            let value = if c.is_ascii_digit() {
                c - b'2' + 26
            } else {
                c - b'A'
            };
            format!("{value:05b}")
        })
        .collect();
    let whole = bits.as_bytes().chunks_exact(8);
    whole
        .map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 2).unwrap())
        .collect()
}

impl Clinic {
    /// Adds a clock to whoever is signed in; returns its secret.
    async fn add_clock(&self, world: &World, session: &Session, password: &str) -> Vec<u8> {
        let new = NewSecondFactor {
            kind: "totp".into(),
            name: "スマートフォン".into(),
            origin: None,
            password: password.into(),
        };
        let token = &session.token;
        let begun = self.client.begin_second_factor(token, &new).await.unwrap();
        let secret = bytes(&begun.secret.unwrap());
        assert!(
            begun
                .uri
                .unwrap()
                .starts_with("otpauth://totp/onshi:1319999999-")
        );
        let confirm = async |code: String| {
            let body = FactorConfirmation {
                code: Some(code),
                credential: None,
            };
            self.client
                .confirm_second_factor(token, &begun.id, &body)
                .await
        };
        check(confirm("000000".into()).await, "second_factor_wrong");
        confirm(world.code(&secret)).await.unwrap();
        check(confirm(world.code(&secret)).await, "not_found");
        world.pass_seconds(STEP_S);
        secret
    }

    async fn recover(&self, account: &str, code: &str, password: &str) -> Result<(), ClientError> {
        let body = Recovery {
            account: account.into(),
            code: code.into(),
            new_password: password.into(),
        };
        self.client.recover(&body).await
    }

    async fn require_second_factor(&self, token: &str) {
        self.set_second_factor(token, "required").await;
    }

    async fn set_second_factor(&self, token: &str, policy: &str) {
        let shown = self
            .client
            .settings(token, api::client::cards::Cause::Person);
        let settings = api::settings::Settings {
            second_factor: policy.into(),
            ..shown.await.unwrap()
        };
        let changed = self.client.change_settings(token, None, &settings);
        changed.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clocks_code_opens_the_session_once_and_until_then_nothing() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let secret = clinic.add_clock(&world, &session, &password).await;
    let waiting = clinic.try_sign_in("administrator", &password, true).await;
    let waiting = waiting.unwrap();
    assert_eq!(waiting.entry, "prove");
    // The password alone ended nobody's session and opens nothing.
    clinic.client.accounts(&session.token).await.unwrap();
    check(
        clinic.client.accounts(&waiting.token).await,
        "second_factor_needed",
    );
    check(
        clinic.client.own_account(&waiting.token).await,
        "second_factor_needed",
    );
    let code = world.code(&secret);
    let prove = async |token: &str, proof: FactorProof| {
        clinic.client.prove_second_factor(token, &proof).await
    };
    check(
        prove(&waiting.token, by_code("123")).await,
        "second_factor_wrong",
    );
    prove(&waiting.token, by_code(&code)).await.unwrap();
    clinic.client.accounts(&waiting.token).await.unwrap();
    check(
        clinic.client.accounts(&session.token).await,
        "not_signed_in",
    );
    check(
        prove(&waiting.token, by_code(&code)).await,
        "no_second_factor_asked",
    );
    // The same code a second time, by whoever looked over the shoulder.
    let other = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    check(
        prove(&other.token, by_code(&code)).await,
        "second_factor_wrong",
    );
    world.pass_seconds(STEP_S);
    prove(&other.token, by_code(&world.code(&secret)))
        .await
        .unwrap();
    let signed_in = clinic
        .client
        .own_sign_ins(&other.token)
        .await
        .unwrap()
        .sign_ins;
    let told: Vec<(&str, &str)> = signed_in
        .iter()
        .take(4)
        .map(|it| (it.outcome.as_str(), it.proved_by.as_str()))
        .collect();
    let (opened, refused) = (("opened", "totp"), ("refused", "totp"));
    assert_eq!(told, [opened, refused, opened, refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_locks_the_account_though_the_password_is_right_each_time() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let secret = clinic.add_clock(&world, &session, &password).await;
    for _ in 0..4 {
        let waiting = clinic
            .try_sign_in("administrator", &password, true)
            .await
            .unwrap();
        let proof = by_code("000000");
        let wrong = clinic.client.prove_second_factor(&waiting.token, &proof);
        check(wrong.await, "second_factor_wrong");
    }
    let waiting = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    let prove = async |proof: FactorProof| {
        clinic
            .client
            .prove_second_factor(&waiting.token, &proof)
            .await
    };
    check(prove(by_code("000000")).await, "account_locked");
    check(prove(by_code(&world.code(&secret))).await, "account_locked");
    check(
        clinic.try_sign_in("administrator", &password, true).await,
        "account_locked",
    );
    // After five minutes the half-open session is over, too.
    world.pass_seconds(15 * 60);
    check(prove(by_code(&world.code(&secret))).await, "session_ended");
    let waiting = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    let right = by_code(&world.code(&secret));
    clinic
        .client
        .prove_second_factor(&waiting.token, &right)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_show_the_same_code_at_once_open_one_session() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let secret = clinic.add_clock(&world, &session, &password).await;
    let waiting = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    let proof = by_code(&world.code(&secret));
    let tries = (0..6).map(|_| clinic.client.prove_second_factor(&waiting.token, &proof));
    let mut set = Vec::new();
    for it in tries {
        set.push(it);
    }
    let mut opened = 0;
    for outcome in futures_of(set).await {
        opened += usize::from(outcome.is_ok());
    }
    assert_eq!(opened, 1);
}

/// Runs all at once.
async fn futures_of<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.into_iter().map(|it| (Box::pin(it), None)).collect();
    std::future::poll_fn(move |context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(it) = future.as_mut().poll(context)
            {
                *output = Some(it);
            }
        }
        if waiting.iter().any(|(_, output)| output.is_none()) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(waiting.iter_mut().filter_map(|it| it.1.take()).collect())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_factor_is_required_nothing_else_comes_first_and_the_last_one_stays() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    clinic.require_second_factor(&session.token).await;
    let bare = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    assert_eq!(bare.entry, "enrol");
    check(
        clinic.client.accounts(&bare.token).await,
        "second_factor_missing",
    );
    let secret = clinic.add_clock(&world, &bare, &password).await;
    clinic.client.accounts(&bare.token).await.unwrap();
    let own = clinic.client.own_account(&bare.token).await.unwrap();
    let only = &own.second_factors[0].id;
    let remove = |password: String| {
        let client = &clinic.client;
        let token = &bare.token;
        async move { client.remove_second_factor(token, only, &password).await }
    };
    check(remove(password.clone()).await, "second_factor_last");
    // Whoever finds the page open does not know it.
    check(remove("Chigau-Chigau-1".into()).await, "invalid_input");
    let again = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    assert_eq!(again.entry, "prove");
    let right = by_code(&world.code(&secret));
    clinic
        .client
        .prove_second_factor(&again.token, &right)
        .await
        .unwrap();
    // A machine is never asked.
    assert_eq!(clinic.sign_in("link_app").await.entry, "full");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_second_factor_is_replaced_by_a_recovery_code_once_or_by_whoever_manages_the_account()
 {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let wrong = clinic
        .client
        .print_recovery_codes(&session.token, "Chigau-123456")
        .await;
    check(wrong, "invalid_input");
    let codes = clinic
        .client
        .print_recovery_codes(&session.token, &password)
        .await;
    let codes = codes.unwrap().codes;
    assert_eq!(codes.len(), 8);
    clinic.add_clock(&world, &session, &password).await;
    let waits = async || {
        let again = clinic.try_sign_in("administrator", &password, true).await;
        again.unwrap().token
    };
    let token = waits().await;
    let proof = by_recovery_code(&codes[0].to_lowercase());
    clinic
        .client
        .prove_second_factor(&token, &proof)
        .await
        .unwrap();
    let state = clinic.client.own_account(&token).await.unwrap().recovery;
    assert_eq!((state.left, state.standing.as_str()), (7, "good"));
    let token = waits().await;
    let used = clinic.client.prove_second_factor(&token, &proof).await;
    check(used, "second_factor_wrong");
    // The master resets the administrator's.
    let master = clinic.sign_in("master").await;
    let body = api::session::PasswordChange {
        new_password: "Masuta-7654321".into(),
        old_password: clinic.password("master"),
    };
    clinic
        .client
        .change_password(&master.token, &body)
        .await
        .unwrap();
    let reset = clinic
        .client
        .reset_second_factors(&master.token, "administrator");
    reset.await.unwrap();
    let session = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    assert_eq!(session.entry, "full");
    let own = clinic
        .client
        .reset_second_factors(&session.token, "administrator")
        .await;
    check(own, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_pc_and_a_strange_hour_are_pointed_out_until_they_were_shown() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let second = world.enrol_terminal(CODE, "受付2").await;
    // Noon in Japan of the next day.
    let now = world.now().as_micros();
    let day = 86_400_000_000;
    let noon = (now / day + 1) * day + 3 * 3_600_000_000;
    world
        .micros
        .store(noon, std::sync::atomic::Ordering::SeqCst);
    let (session, password) = clinic.administrator().await;
    let own = clinic.client.own_account(&session.token).await.unwrap();
    assert_eq!(own.unusual_sign_ins, [], "the first is no surprise");
    let elsewhere = second
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    let own = second.client.own_account(&elsewhere.token).await.unwrap();
    assert_eq!(own.unusual_sign_ins.len(), 1);
    assert_eq!(own.unusual_sign_ins[0].unusual, ["new_certificate"]);
    let seen = second
        .client
        .sign_ins_seen(&elsewhere.token, own.unusual_sign_ins[0].number);
    seen.await.unwrap();
    // Midnight in Japan.
    world.pass_seconds(12 * 3_600);
    let night = second
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    let own = second.client.own_account(&night.token).await.unwrap();
    assert_eq!(own.unusual_sign_ins.len(), 1, "what was shown is no news");
    assert_eq!(own.unusual_sign_ins[0].unusual, ["hour"]);
    // Whoever manages the account is told of both; of whom they do not manage, of nothing.
    let master = clinic.sign_in("master").await;
    let password = clinic.password("master");
    let change = PasswordChange {
        new_password: "Masuta-7654321".into(),
        old_password: password,
    };
    let changed = clinic.client.change_password(&master.token, &change);
    changed.await.unwrap();
    let told = clinic.client.accounts(&master.token).await.unwrap();
    let told = told.unusual_sign_ins;
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.account.as_str(), it.unusual.join(" ")))
        .collect();
    assert_eq!(
        told,
        [
            ("administrator", "hour".to_owned()),
            ("administrator", "new_certificate".to_owned()),
        ]
    );
    let told = second.client.accounts(&night.token).await.unwrap();
    assert_eq!(told.unusual_sign_ins, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_by_the_audit_chain() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let codes = clinic
        .client
        .print_recovery_codes(&session.token, &password)
        .await;
    let codes = codes.unwrap().codes;
    clinic.add_clock(&world, &session, &password).await;
    // Somebody knows the password and has no factor.
    let stolen = api::session::SignIn {
        account: "administrator".into(),
        force: true,
        password: password.clone(),
    };
    let half = clinic.client.sign_in(&stolen).await.unwrap();
    assert_eq!(half.entry, "prove");
    clinic
        .client
        .ask_rotation(&session.token, "reader")
        .await
        .unwrap();
    clinic
        .client
        .withdraw_rotation(&session.token, "reader")
        .await
        .unwrap();
    clinic
        .recover("administrator", &codes[0], "Atarashii-2026")
        .await
        .unwrap();
    world.order(Order::SecretNumber(CODE.into())).await;
    let query = center::audit::AuditQuery::default();
    let Reply::Audit(lines) = world.order(Order::AuditSearch(query)).await else {
        panic!("no audit");
    };
    let deeds: Vec<&str> = lines.iter().map(|it| it.deed.as_str()).collect();
    for deed in [
        "recovery-codes",
        "factor-add",
        "factor-asked",
        "rotation-ask",
        "rotation-withdraw",
        "recovery-use",
        "secret-number",
    ] {
        assert!(deeds.contains(&deed), "{deed} is not in {deeds:?}");
    }
}
