//! Sign-in, sessions, passwords and the lock-out, against misuse.

use std::num::NonZeroU32;

use api::client::ClientError;
use api::session::PasswordChange;
use center::config::Limits;

use crate::world::{World, check};

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
async fn counts_of_an_account_and_of_an_id_that_does_not_exist_are_forgotten_alike() {
    const TWO_DAYS: i64 = 2 * 86_400;
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let locks_for_s = async |id: &str| loop {
        match clinic.try_sign_in(id, "Chigau-123", true).await {
            Err(ClientError::Problem(problem)) if problem.code == "account_locked" => {
                break problem.retry_after_s;
            }
            tried => check(tried, "wrong_credentials"),
        }
    };
    for (passes_s, expected) in [
        (0, 900),
        // Just before its two days are over a count stays, and the next lock lasts longer.
        (900 + TWO_DAYS - 60, 1800),
        (1800 + TWO_DAYS, 900),
    ] {
        world.pass_seconds(passes_s);
        for id in ["link_app", "nobody"] {
            assert_eq!(
                locks_for_s(id).await,
                Some(expected),
                "{id} after {passes_s}"
            );
        }
    }
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
    world.pass_seconds(31 * 60);
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
async fn no_session_ends_before_thirty_minutes_without_a_request() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    // The clock stands still in between: the request 59 seconds later is not written down.
    world.pass_seconds(59);
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    world.pass_seconds(30 * 60 - 29);
    clinic.ask(&session.token, "k2", "4567").await.unwrap();
    world.pass_seconds(59);
    clinic.ask(&session.token, "k3", "4567").await.unwrap();
    world.pass_seconds(30 * 60 + 1);
    check(
        clinic.ask(&session.token, "k4", "4567").await,
        "session_ended",
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
async fn wrong_passwords_sent_at_the_same_moment_are_each_counted() {
    // Twenty handshakes at once may be slow on a busy machine; how long the center waits for them is not what is tested here.
    let patient = NonZeroU32::new(600_000).unwrap();
    let world = World::start_set(|config| {
        config.limits = Limits {
            handshake_ms: patient,
            head_ms: patient,
            body_ms: patient,
            ..Limits::default()
        };
        // Nor how long a password waits behind others of the same facility.
        config.capacity.wait_ms = patient;
    })
    .await;
    let clinic = std::sync::Arc::new(world.enrol("1319999999").await);
    for id in ["link_app", "nobody"] {
        let tries = (0..20).map(|_| {
            let clinic = std::sync::Arc::clone(&clinic);
            tokio::spawn(async move { clinic.try_sign_in(id, "Chigau-123", true).await })
        });
        let mut refusals = std::collections::BTreeMap::new();
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Err(api::client::ClientError::Problem(problem)) => {
                    *refusals.entry(problem.code).or_insert(0) += 1;
                }
                other => panic!("not refused: {other:?}"),
            }
        }
        assert_eq!(refusals["wrong_credentials"], 4, "{id}");
        assert_eq!(refusals["account_locked"], 16, "{id}");
        // One lock, not sixteen: the second would last longer.
        world.pass_seconds(15 * 60);
        check(
            clinic.try_sign_in(id, "Chigau-123", true).await,
            "wrong_credentials",
        );
    }
    assert!(
        clinic
            .try_sign_in("link_app", &clinic.password("link_app"), true)
            .await
            .is_ok()
    );
}
