//! Home care misused: old addresses, codes used twice or guessed, keys of others, proofs shown again, devices that may not.

use std::num::NonZeroU32;

use api::client::cards::Cause;
use api::home_care::NewActivationCode;
use api::home_care::device::HomeChallengeRequest;
use api::home_care::proof::HEADER;
use api::home_care::{CheckAgain, HomeWithdrawal};
use api::routes;
use api::session::PasswordChange;
use center::config::home::Home;
use center::config::network::Network;
use center::control::{Order, Reply};
use domain::audit::Deed;
use http::Method;
use serde_json::json;
use synthetic::card::case::Case;
use tokio::io::AsyncWriteExt;

use crate::capacity::until;
use crate::home_care::{Device, address, code, station};
use crate::world::{World, check, exchange};

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_replaced_leads_nowhere() {
    let at = station(false).await;
    let new = address(&at.clinic, &at.token, "home_visit").await;
    assert_ne!(new, at.address);
    check(
        at.tablet.client.home_facility(&at.address).await,
        "home_address_unknown",
    );
    let mut phone = Device::new(&at.world, at.home);
    check(
        phone.register(&at.world, &at.address, None).await,
        "home_address_unknown",
    );
    let laid = (Case::Everything, "pin");
    check(
        at.tablet.lay(&at.world, &at.address, laid).await,
        "home_address_unknown",
    );
    at.tablet.lay(&at.world, &new, laid).await.unwrap();
    let unknown = at.tablet.client.home_facility("00000000000000000000000000");
    check(unknown.await, "home_address_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_named_proxy_each_caller_is_bounded_on_its_own() {
    let proxies = vec![Network::try_from("127.0.0.1".to_owned()).unwrap()];
    let settings = Home {
        proxies,
        ..Home::default()
    };
    let (world, home) = World::start_at_home(settings).await;
    let status = async |caller: &str| {
        let stream = world.connect_to(home, None).await;
        let caller = format!("x-forwarded-for: 203.0.113.1, {caller}");
        let headers = ["host: localhost", &caller];
        exchange(stream, "GET /nothing", &headers, b"").await.status
    };
    let mut waits = false;
    for _ in 0..40 {
        waits = status("192.0.2.7").await == 429;
        if waits {
            break;
        }
    }
    assert!(waits);
    assert_eq!(status("192.0.2.8").await, 404);
    assert_eq!(status("192.0.2.7").await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_the_device_that_used_it_is_answered_again() {
    let mut at = station(false).await;
    let used = code(&at.clinic, &at.token, false).await;
    let mut second = Device::new(&at.world, at.home);
    let shown = Some(("administrator", used.as_str()));
    let bound = second
        .register(&at.world, &at.address, shown)
        .await
        .unwrap();
    // Its answer was lost on the line: the same again.
    let same = second
        .register(&at.world, &at.address, shown)
        .await
        .unwrap();
    assert_eq!(bound, same);
    let mut third = Device::new(&at.world, at.home);
    let again = third.register(&at.world, &at.address, shown).await;
    check(again, "home_activation_refused");
    // A key that is bound is bound no second time.
    let fresh = code(&at.clinic, &at.token, true).await;
    let again = at
        .tablet
        .register(&at.world, &at.address, Some(("administrator", &fresh)));
    check(again.await, "home_activation_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_end_a_code_and_the_right_one_comes_too_late() {
    let at = station(false).await;
    let right = code(&at.clinic, &at.token, false).await;
    let wrong = if right == "000000000000" {
        "000000000001"
    } else {
        "000000000000"
    };
    let mut device = Device::new(&at.world, at.home);
    for _ in 0..5 {
        let tried = device.register(&at.world, &at.address, Some(("administrator", wrong)));
        check(tried.await, "home_activation_refused");
    }
    let sixth = device.register(&at.world, &at.address, Some(("administrator", &right)));
    check(sixth.await, "home_activation_refused");
    let codes = at
        .clinic
        .client
        .activation_codes(&at.token)
        .await
        .unwrap()
        .codes;
    assert_eq!((codes[0].state.as_str(), codes[0].tries), ("locked", 5));
    // What is no code at all is told so and counts nothing.
    let short = device.register(&at.world, &at.address, Some(("administrator", "123")));
    check(short.await, "invalid_input");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_after_a_day_by_another_one_and_by_staff() {
    let at = station(false).await;
    let expired = code(&at.clinic, &at.token, false).await;
    at.world.pass_seconds(86_400);
    let token = at
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true)
        .await;
    let token = token.unwrap().token;
    let mut device = Device::new(&at.world, at.home);
    let late = device.register(&at.world, &at.address, Some(("administrator", &expired)));
    check(late.await, "home_activation_refused");
    let replaced = code(&at.clinic, &token, false).await;
    let invalidated = code(&at.clinic, &token, false).await;
    let old = device.register(&at.world, &at.address, Some(("administrator", &replaced)));
    check(old.await, "home_activation_refused");
    let codes = at
        .clinic
        .client
        .activation_codes(&token)
        .await
        .unwrap()
        .codes;
    let states: Vec<&str> = codes.iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, ["open", "replaced", "replaced", "used"]);
    let ended = at
        .clinic
        .client
        .invalidate_activation_code(&token, &codes[0].id);
    ended.await.unwrap();
    let gone = device.register(
        &at.world,
        &at.address,
        Some(("administrator", &invalidated)),
    );
    check(gone.await, "home_activation_refused");
    let again = at
        .clinic
        .client
        .invalidate_activation_code(&token, &codes[0].id);
    check(again.await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_shown_once_and_only_for_people_who_care() {
    let at = station(false).await;
    let mut body = NewActivationCode {
        account: "administrator".into(),
        label: "タブレット2".into(),
        visual: false,
    };
    let first = at
        .clinic
        .client
        .issue_activation_code(&at.token, "key", &body);
    let first = first.await.unwrap();
    let again = at
        .clinic
        .client
        .issue_activation_code(&at.token, "key", &body);
    let again = again.await.unwrap();
    assert_eq!((again.code, again.listed), (None, first.listed));
    for account in ["master", "link_app", "nobody"] {
        body.account = account.into();
        let key = format!("key-{account}");
        let refused = at
            .clinic
            .client
            .issue_activation_code(&at.token, &key, &body);
        check(refused.await, "invalid_input");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_removed_and_a_key_of_another_are_refused() {
    let at = station(false).await;
    let mut other = Device::new(&at.world, at.home);
    // The name of one device with the key of another.
    other.id.clone_from(&at.tablet.id);
    let challenge = other
        .client
        .home_challenge(&other.prover(&at.world), &at.address)
        .await;
    check(challenge, "home_proof_refused");
    let removed = at
        .clinic
        .client
        .remove_home_device(&at.token, &at.tablet.id);
    removed.await.unwrap();
    let laid = (Case::Everything, "pin");
    check(
        at.tablet.lay(&at.world, &at.address, laid).await,
        "home_proof_refused",
    );
    let again = at
        .clinic
        .client
        .remove_home_device(&at.token, &at.tablet.id);
    check(again.await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_the_former_owners_people_stays_ended_after_a_succession() {
    let at = station(false).await;
    let challenge = async || {
        let by = at.tablet.prover(&at.world);
        at.tablet.client.home_challenge(&by, &at.address).await
    };
    challenge().await.unwrap();
    let order = Order::Succeed("1369999998".into(), "新しい訪問看護".into());
    let Reply::MasterReset(given) = at.world.order(order).await else {
        panic!("not passed on");
    };
    check(challenge().await, "home_proof_refused");
    let master = at.clinic.try_sign_in("master", &given.password, true).await;
    let master = master.unwrap().token;
    let change = PasswordChange {
        new_password: "Atarashii-2026".into(),
        old_password: given.password.clone(),
    };
    let changed = at.clinic.client.change_password(&master, &change).await;
    changed.unwrap();
    let path = routes::ACCOUNT.replace("{id}", "administrator");
    let enabled = json!({"state": "active", "password": "Tsugi-no-2026"});
    let enabled = at
        .clinic
        .call(Method::PATCH, &path, &master, &enabled)
        .await;
    enabled.unwrap();
    check(challenge().await, "home_proof_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_one_device_is_no_other_devices() {
    let at = station(false).await;
    let body = at
        .tablet
        .signed(&at.world, &at.address, (Case::Everything, "pin"))
        .await;
    let body = body.unwrap();
    let mut phone = Device::new(&at.world, at.home);
    phone.register(&at.world, &at.address, None).await.unwrap();
    let stolen = phone
        .client
        .check_card_at_home(&phone.prover(&at.world), "stolen", &body)
        .await;
    check(stolen, "card_challenge_foreign");
    let own = at
        .tablet
        .client
        .check_card_at_home(&at.tablet.prover(&at.world), "own", &body)
        .await;
    own.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_counts_once_for_its_own_request_and_for_two_minutes() {
    let at = station(false).await;
    let path = api::routes::HOME_CHALLENGES;
    let body = HomeChallengeRequest {
        address: at.address.clone(),
    };
    let body = serde_json::to_vec(&body).unwrap();
    let proof = at
        .tablet
        .prover(&at.world)
        .proof(&Method::POST, path, &body)
        .unwrap();
    let send = async |proof: &str, path: &str, body: &[u8]| {
        let stream = at.world.connect_to(at.home, None).await;
        let proof = format!("{HEADER}: {proof}");
        let headers = ["host: localhost", "content-type: application/json", &proof];
        exchange(stream, &format!("POST {path}"), &headers, body).await
    };
    assert_eq!(send(&proof, path, &body).await.status, 201);
    let again = send(&proof, path, &body).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (401, "home_proof_refused")
    );
    let fresh = at
        .tablet
        .prover(&at.world)
        .proof(&Method::POST, path, &body)
        .unwrap();
    let other = body.iter().copied().chain(*b" ").collect::<Vec<u8>>();
    assert_eq!(send(&fresh, path, &other).await.status, 401, "another body");
    assert_eq!(
        send(&fresh, api::routes::HOME_CARD_CHECKS, &body)
            .await
            .status,
        401
    );
    assert_eq!(
        send(&fresh, path, &body).await.status,
        201,
        "none of that used it up"
    );
    let old = at
        .tablet
        .prover(&at.world)
        .proof(&Method::POST, path, &body)
        .unwrap();
    at.world.pass_seconds(121);
    let late = send(&old, path, &body).await;
    assert_eq!((late.status, late.code().as_str()), (401, "home_clock"));
    assert!(
        late.header("onshi-time").is_some(),
        "it says what time it is"
    );
    assert_eq!(send("nonsense", path, &body).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_confirms_by_eye_at_a_device_that_was_not_activated_for_it() {
    let at = station(false).await;
    let laid = (Case::Everything, "visual");
    check(
        at.tablet.lay(&at.world, &at.address, laid).await,
        "card_method_not_allowed",
    );
    let mut phone = Device::new(&at.world, at.home);
    phone.register(&at.world, &at.address, None).await.unwrap();
    check(
        phone.lay(&at.world, &at.address, laid).await,
        "card_method_not_allowed",
    );
    let face = (Case::Everything, "face");
    check(
        phone.lay(&at.world, &at.address, face).await,
        "card_method_not_allowed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_facility_has_no_use_of_address_device_or_consent() {
    let at = station(false).await;
    let laid = (Case::Everything, "pin");
    let done = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    at.tablet
        .answer(&at.world, &done, (Some("yes"), &[]))
        .await
        .unwrap();
    let other = at.world.enrol("1319999999").await;
    let (staff, _) = other.administrator().await;
    let foreign = address(&other, &staff.token, "home_visit").await;
    check(
        at.tablet.lay(&at.world, &foreign, laid).await,
        "home_address_unknown",
    );
    let again = CheckAgain::default();
    let asked = other
        .client
        .check_again(&staff.token, "key", (&done.id, &again));
    check(asked.await, "home_not_agreed");
    let body = HomeWithdrawal {
        reason: "facility".into(),
    };
    let ended = other
        .client
        .withdraw_home_consent(&staff.token, "key-2", (&done.id, &body));
    check(ended.await, "home_not_agreed");
    check(
        other
            .client
            .remove_home_device(&staff.token, &at.tablet.id)
            .await,
        "not_found",
    );
    let list = other
        .client
        .home_consents(&staff.token, Cause::Person)
        .await;
    assert!(list.unwrap().consents.is_empty());
    let own = at
        .clinic
        .client
        .home_consents(&at.token, Cause::Person)
        .await;
    assert_eq!(own.unwrap().consents.len(), 1, "nothing of it was touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_sent_twice_over_a_poor_line_is_one_check_and_its_answers_stand_once() {
    let at = station(false).await;
    let body = at
        .tablet
        .signed(&at.world, &at.address, (Case::Everything, "pin"))
        .await;
    let body = body.unwrap();
    let send = || async {
        at.tablet
            .client
            .check_card_at_home(&at.tablet.prover(&at.world), "key", &body)
            .await
            .unwrap()
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(first, second);
    for _ in 0..2 {
        let given = at.tablet.answer(&at.world, &first, (Some("yes"), &[]));
        given.await.unwrap();
    }
    let other = at.tablet.answer(&at.world, &first, (Some("no"), &[]));
    check(other.await, "card_answers_differ");
    let third = at
        .tablet
        .client
        .check_card_at_home(&at.tablet.prover(&at.world), "another-key", &body)
        .await;
    check(third, "card_challenge_used");
    let history = at
        .clinic
        .client
        .search(&at.token, &Default::default())
        .await;
    assert_eq!(history.unwrap().checks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_without_the_card_that_was_recorded_is_answered_again_whatever_became_of_the_consent()
 {
    let at = station(false).await;
    let again = CheckAgain::default();
    let agree = async || {
        let laid = (Case::Everything, "pin");
        let done = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
        let given = at.tablet.answer(&at.world, &done, (Some("yes"), &[]));
        given.await.unwrap();
        at.world.pass_seconds(1);
        done.id
    };
    let send = async |key: &'static str, id: &str| {
        let sent = at.clinic.client.check_again(&at.token, key, (id, &again));
        sent.await
    };
    let old = agree().await;
    let first = send("poor-line", &old).await.unwrap();
    // The answer was lost on its way. Then the patient agreed anew, with the card.
    let new = agree().await;
    assert_eq!(send("poor-line", &old).await.unwrap(), first);
    let second = send("key-2", &new).await.unwrap();
    check(send("poor-line", &new).await, "idempotency_conflict");
    let body = HomeWithdrawal {
        reason: "patient".into(),
    };
    let ended = at
        .clinic
        .client
        .withdraw_home_consent(&at.token, "key-3", (&new, &body));
    ended.await.unwrap();
    assert_eq!(send("key-2", &new).await.unwrap(), second);
    let engine = crate::places::store(&at.world.dir.path().join("center.db"), 9);
    assert_eq!(engine.count_deeds(Deed::HomeRefused).unwrap(), 0);
    // Under a key of its own it is a new check, of somebody with whom nothing is agreed.
    check(send("key-4", &new).await, "home_not_agreed");
    assert_eq!(engine.count_deeds(Deed::HomeRefused).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_may_ask_only_so_often() {
    let (world, home) = World::start_at_home(Default::default()).await;
    let client = world.client_of(&format!("https://localhost:{}", home.port()), None);
    let mut last = String::new();
    for _ in 0..31 {
        let asked = client.home_facility("00000000000000000000000000").await;
        let Err(api::client::ClientError::Problem(problem)) = asked else {
            panic!("nobody has this address");
        };
        last = problem.code;
    }
    assert_eq!(last, "too_many_requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_proved_takes_no_place_of_a_check_by_card() {
    let (world, home) = World::start_at_home_set(|config| {
        config.limits.body_ms = NonZeroU32::new(600_000).unwrap();
        config.capacity.in_progress = NonZeroU32::new(4).unwrap();
    })
    .await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let mut held = Vec::new();
    for (path, kind) in [
        (routes::HOME_DEVICES, json),
        (routes::HOME_CHALLENGES, json),
        ("/f/x", form),
        ("/visit", form),
    ] {
        let mut stream = world.connect_to(home, None).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{}\r\nsec-fetch-site: same-origin\r\ncontent-type: {kind}\r\ncontent-length: 100\r\n\r\n{{",
            home.port()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    until(&world, "onshi_requests_in_progress{class=\"home\"}", 4.0).await;
    clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
}
