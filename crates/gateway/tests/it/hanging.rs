//! A share that hangs holds up its own folder pair alone.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use api::link_state::{Kind, LinkState};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

use crate::faces::one_heard;
use crate::link::{Link, request, wait_until};

/// Whoever opens this file hangs until this value is gone.
struct Hanging {
    at: PathBuf,
    away: PathBuf,
}

impl Hanging {
    fn new(at: PathBuf, away: PathBuf) -> Self {
        mkfifoat(CWD, &at, Mode::from_raw_mode(0o600)).unwrap();
        Self { at, away }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        // Nobody else hangs at it; who reads and writes frees whoever does.
        std::fs::rename(&self.at, &self.away).unwrap();
        let both = OFlags::RDWR | OFlags::NONBLOCK;
        rustix::fs::open(&self.away, both, Mode::empty()).unwrap();
    }
}

/// Whether the link app tells that this is in the way of this pair.
fn is_told(link: &Link, pair: usize, kind: Kind) -> bool {
    let state = LinkState::read(&link.path(""));
    let trouble = state.and_then(|it| it.folders.get(pair)?.last_trouble.clone());
    trouble.is_some_and(|it| it.kind == kind && it.lasts)
}

/// Whether the link app tells that a folder of this pair does not answer.
fn does_not_answer(link: &Link, pair: usize) -> bool {
    is_told(link, pair, Kind::NoAnswer)
}

/// Waits until it is told of the first pair alone.
async fn wait_until_told(link: &Link) {
    wait_until(|| {
        link.later(1);
        does_not_answer(link, 0)
    })
    .await;
    wait_until(|| does_not_answer(link, 0) && !does_not_answer(link, 1)).await;
}

/// Once nothing hangs any more, what waited is answered and the trouble is over.
async fn goes_on(link: &Link, hanging: Hanging, answer: &str) {
    drop(hanging);
    wait_until(|| link.path(answer).is_file()).await;
    wait_until(|| !does_not_answer(link, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_hangs_holds_up_readers_results_of_its_own_pair_alone() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let deliveries = link.journal.undelivered().unwrap();
    let hung = deliveries.iter().find(|it| it.folder == "receipt").unwrap();
    let part = link.path(&format!("work/{:032x}.face", hung.id));
    let hanging = Hanging::new(part, link.path("away"));
    let running = link.run();
    wait_until(|| link.names("face2").len() == 1).await;
    assert!(link.names("face").is_empty());
    wait_until_told(&link).await;
    drop(hanging);
    wait_until(|| link.names("face").len() == 1).await;
    wait_until(|| !does_not_answer(&link, 0)).await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_hangs_holds_up_requests_of_its_own_pair_alone_and_is_told_of() {
    let link = Link::start().await;
    // As a request that was taken before a crash: it is synced before it is noted.
    let taken = link.path(&format!("work/{:032x}.OQSsiquc01req_1.xml", 1));
    let hanging = Hanging::new(taken, link.path("away"));
    link.put("req/OQSsiquc01req_2.xml", request());
    link.put("req2/OQSsiquc01req_3.xml", request());
    let running = link.run();
    wait_until(|| link.path("res2/OQSsiquc01res_3.xml").is_file()).await;
    wait_until_told(&link).await;
    assert_eq!(link.names("req"), ["OQSsiquc01req_2.xml"]);
    goes_on(&link, hanging, "res/OQSsiquc01res_2.xml").await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_hangs_at_the_start_keeps_no_other_pair_from_being_served() {
    let link = Link::start().await;
    let lock = link.path("work/onshi-gateway.lock");
    let hanging = Hanging::new(lock, link.path("away"));
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req2/OQSsiquc01req_2.xml", request());
    let running = link.run();
    wait_until(|| link.path("res2/OQSsiquc01res_2.xml").is_file()).await;
    wait_until_told(&link).await;
    assert_eq!(link.names("req"), ["OQSsiquc01req_1.xml"]);
    goes_on(&link, hanging, "res/OQSsiquc01res_1.xml").await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_hangs_when_its_folders_are_tried_again_is_told_of_as_one_that_hangs() {
    let link = Link::start().await;
    let (work, next, hung) = (link.path("work"), link.path("next"), link.path("hung"));
    std::fs::create_dir(&hung).unwrap();
    let hanging = Hanging::new(hung.join("onshi-gateway.lock"), link.path("away"));
    std::fs::rename(&work, link.path("work_before")).unwrap();
    link.put("file", "no folder");
    symlink(link.path("file"), &work).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    let running = link.run();
    wait_until(|| is_told(&link, 0, Kind::File)).await;
    // In one step: a try in between would make the folder.
    symlink(&hung, &next).unwrap();
    std::fs::rename(&next, &work).unwrap();
    wait_until_told(&link).await;
    assert_eq!(link.names("req"), ["OQSsiquc01req_1.xml"]);
    goes_on(&link, hanging, "res/OQSsiquc01res_1.xml").await;
    running.abort();
}
