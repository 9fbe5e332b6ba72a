//! How the link app tells it stands: counts of the journal, what waits, and the last trouble of center and folders.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use api::link_state::{Kind, LinkState, Trouble};
use domain::civil_date::Instant;
use gateway::config::Shared;
use gateway::pickup::RoundError;
use pki::sealed::MachineKey;
use store::journal::State;
use store::journal::deliveries::{Delivery, Heard};

use crate::faces::one_heard;
use crate::link::{Link, request, wait_until};

#[tokio::test]
async fn counts_and_troubles_are_told_for_each_folder_pair() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", "%PDF");
    link.put("req2/OQSsiquc01req_3.xml", request());
    link.round().await.unwrap();
    let state = link.state();
    assert_eq!(state.folders.len(), 2);
    let (first, second) = (&state.folders[0], &state.folders[1]);
    assert_eq!((first.answered_today, first.rejected_today), (1, 1));
    assert_eq!((second.answered_today, second.rejected_today), (1, 0));
    assert_eq!((first.waiting, &first.oldest_taken_at), (0, &None));
    assert!(state.center.answered_at.is_some() && state.center.trouble.is_none());
    assert!(0 < state.syncs && 0 < state.transactions);
    // Tomorrow is another day.
    link.later(86_400);
    link.round().await.unwrap();
    assert_eq!(link.state().folders[0].answered_today, 0);
}

#[tokio::test]
async fn a_center_that_is_away_is_told_of_and_everything_is_answered_in_order_when_it_is_back() {
    let mut link = Link::start().await;
    link.restart_without_center();
    for number in 0..150 {
        link.put(&format!("req/OQSsiquc01req_{number:03}.xml"), request());
    }
    assert!(link.round().await.is_err(), "the center is not there");
    assert!(
        link.names("req").is_empty(),
        "requests are taken all the same"
    );
    let state = link.state();
    assert_eq!(state.folders[0].waiting, 150);
    assert!(state.folders[0].oldest_taken_at.is_some());
    assert_eq!(
        link.round().await.unwrap(),
        0,
        "it is not asked again at once"
    );
    link.later(3_600);
    assert!(link.round().await.is_err(), "it is tried again");
    link.restart();
    assert_eq!(link.round().await.unwrap(), 150);
    let state = link.state();
    assert_eq!(state.folders[0].answered_today, 150);
    assert!(state.center.trouble.is_none_or(|it| !it.lasts));
}

#[tokio::test]
async fn what_cannot_be_read_is_rejected_while_the_center_is_away_and_is_no_answer_of_it() {
    let mut link = Link::start().await;
    link.restart_without_center();
    for number in 1..=2 {
        link.put(&format!("req/OQSsiquc01req_{number}.xml"), request());
    }
    link.put("req/OQSsiquc01req_3.xml", "%PDF");
    assert!(link.round().await.is_err(), "the center is not there");
    assert!(link.path("res/OQSsiquc01req_3.err").is_file());
    // Within the pause after that.
    link.put("req/OQSsiquc01req_4.xml", "%PDF");
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(link.path("res/OQSsiquc01req_4.err").is_file());
    let center = link.state().center;
    assert!(center.answered_at.is_none() && center.trouble.is_some_and(|it| it.lasts));
    assert_eq!(link.state().folders[0].waiting, 2);
    link.restart();
    assert_eq!(link.round().await.unwrap(), 2);
}

#[tokio::test]
async fn after_a_refused_sign_in_a_clock_set_back_keeps_nobody_signed_out() {
    let mut link = Link::start().await;
    let secret = link.path("link_app.sealed");
    let right = std::fs::read(&secret).unwrap();
    let machine = MachineKey::open(&link.path("machine.key")).unwrap();
    machine.seal(&secret, b"Chigau-1234567").unwrap();
    link.later(7_200);
    link.put("req/OQSsiquc01req_1.xml", request());
    assert!(link.round().await.is_err(), "another password");
    std::fs::write(&secret, right).unwrap();
    link.later(60);
    assert!(link.round().await.is_err(), "it tries again later");
    link.later(-3_600);
    assert_eq!(link.round().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_result_that_comes_through_ends_the_trouble_of_one_that_did_not() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let secret = link.path("link_app.sealed");
    let right = std::fs::read(&secret).unwrap();
    let machine = MachineKey::open(&link.path("machine.key")).unwrap();
    machine.seal(&secret, b"Chigau-1234567").unwrap();
    // Its session is another; no receipt computer asks anything.
    link.restart();
    assert!(link.round().await.is_err(), "another password");
    let center = link.state().center;
    assert!(center.answered_at.is_none() && center.trouble.is_some_and(|it| it.lasts));
    std::fs::write(&secret, right).unwrap();
    link.later(600);
    assert_eq!(link.round().await.unwrap(), 2);
    let center = link.state().center;
    assert!(center.answered_at.is_some() && center.trouble.is_some_and(|it| !it.lasts));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_folder_that_is_back_is_not_told_of_beside_a_result_the_center_does_not_give() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let lasting = |link: &Link| {
        let trouble = link.state().folders[0].last_trouble.clone();
        trouble.filter(|it| it.lasts).map(|it| it.kind)
    };
    std::fs::rename(link.path("face"), link.path("away")).unwrap();
    link.round().await.unwrap_err();
    assert_eq!(lasting(&link), Some(Kind::Missing));
    // The center knows no such check.
    let unknown = Delivery {
        check_id: 1,
        folder: "receipt".into(),
        id: 1,
        name: None,
        state: State::Claimed,
    };
    let heard = Heard {
        event: None,
        deliveries: vec![unknown],
    };
    let now = Instant::from_micros(0);
    link.journal.hear(heard, now).await.unwrap();
    let error = link.round().await.unwrap_err();
    assert!(matches!(error, RoundError::Center(_)), "{error}");
    assert_eq!(lasting(&link), Some(Kind::Missing));
    std::fs::rename(link.path("away"), link.path("face")).unwrap();
    link.later(10);
    link.round().await.unwrap_err();
    assert_eq!(link.names("face").len(), 1);
    link.later(1);
    assert_eq!(link.round().await.unwrap(), 0);
    assert_eq!(link.journal.undelivered().unwrap().len(), 1);
    assert_eq!(lasting(&link), None, "it is over");
}

#[tokio::test]
async fn a_result_folder_that_is_not_there_is_told_of_until_it_is_back() {
    let mut link = Link::start().await;
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    let error = link.round().await.unwrap_err();
    assert!(error.to_string().starts_with("folder receipt"), "{error}");
    let trouble = link.state().folders[0].last_trouble.clone();
    assert!(trouble.is_some_and(|it| it.kind == Kind::Missing && it.lasts));
    std::fs::rename(link.path("away"), link.path("res")).unwrap();
    link.round().await.unwrap();
    let trouble = link.state().folders[0].last_trouble.clone();
    assert!(trouble.is_some_and(|it| !it.lasts), "it is over");
}

#[tokio::test]
async fn a_folder_that_lets_those_whom_shared_names_not_through_is_told_of_until_it_does() {
    let mut link = Link::start_set(|pair| pair.shared = Shared::Group).await;
    let req = std::fs::canonicalize(link.path("req")).unwrap();
    std::fs::set_permissions(&req, Permissions::from_mode(0o700)).unwrap();
    link.round().await.unwrap();
    let told = |link: &Link| {
        let trouble = link.state().folders[0].last_trouble.clone();
        let here = |it: &str| req == Path::new(it);
        trouble.is_some_and(|it| it.kind == Kind::Closed && it.lasts && here(&it.detail))
    };
    assert!(told(&link));
    std::fs::set_permissions(&req, Permissions::from_mode(0o770)).unwrap();
    link.later(60);
    link.round().await.unwrap();
    assert!(!told(&link), "it is over");
}

/// The last trouble of the first pair in the file of a link app that runs, and when the file was written.
fn told(link: &Link) -> Option<(String, Trouble)> {
    let state = LinkState::read(&link.path(""))?;
    let trouble = state.folders.first()?.last_trouble.clone()?;
    Some((state.at, trouble))
}

/// Waits until a trouble is told of, and sees that it lasts since then, look after look.
async fn lasts(link: &Link, kind: Kind) {
    wait_until(|| told(link).is_some_and(|(_, it)| it.kind == kind && it.lasts)).await;
    let (mut at, first) = told(link).unwrap();
    for _ in 0..3 {
        link.later(6);
        // A piece of work that outlasts two steps is told of as one that hangs until it comes back.
        wait_until(|| told(link).is_some_and(|(now, it)| now != at && it.kind == kind)).await;
        let (now, trouble) = told(link).unwrap();
        assert_eq!(trouble, first, "at {now}");
        at = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_folder_that_is_not_there_is_told_of_since_then_until_it_is_back() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    // A start makes what is missing.
    let doors = link.open().await;
    std::fs::rename(link.path("face"), link.path("away")).unwrap();
    let running = link.run_behind(doors);
    lasts(&link, Kind::Missing).await;
    std::fs::rename(link.path("away"), link.path("face")).unwrap();
    wait_until(|| {
        link.later(1);
        link.names("face").len() == 1
    })
    .await;
    wait_until(|| {
        link.later(1);
        told(&link).is_some_and(|(_, it)| !it.lasts)
    })
    .await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_pair_that_left_the_settings_is_told_of_since_then() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let running = link.run_without("receipt2");
    lasts(&link, Kind::NoFolder).await;
    running.abort();
}
