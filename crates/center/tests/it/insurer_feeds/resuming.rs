//! A file that was cut off goes on where it stopped when it comes again, and comes to what it would have in one piece.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use center::control::{Call, Order, Reply};
use center::feeds::{FeedReport, NewFeed};
use domain::audit::Deed;
use domain::feed::FeedKind;
use domain::feed::insurer::InsurerKind;
use sha2::{Digest, Sha256};

use super::{coverage, feed, file, id, load, loss, order, person, remarks, send_file};
use crate::feeds::{batches, part};
use crate::world::World;

/// A feed that says what its file hashes to.
pub(crate) fn known(feed: NewFeed, bytes: &[u8]) -> NewFeed {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    NewFeed {
        sha256: Some(hex),
        ..feed
    }
}

/// Sends the beginning of a file and goes away; answers what became of the batch.
async fn cut(world: &World, feed: NewFeed, bytes: &[u8]) -> String {
    let mut call = Call::place(world.dir.path()).await.unwrap();
    call.announce(feed).await.unwrap();
    for piece in bytes.chunks(500) {
        let reply = call.send(&part(piece)).await.unwrap();
        assert!(matches!(reply, Reply::FeedProgress(_)), "{reply:?}");
    }
    drop(call);
    let end = async {
        loop {
            let state = batches(world).await[0].state.clone();
            if state != "receiving" {
                break state;
            }
            tokio::task::yield_now().await;
        }
    };
    crate::patience::in_time("the end of the batch", end).await
}

/// Coverages of which some are late, two are nobody's, and one does not read.
fn coverages(from: u32) -> Vec<u8> {
    let mut lines: Vec<String> = (from..from + 60).map(|at| coverage(at, "30")).collect();
    lines[3] = coverage(9_999, "30");
    lines[40] = coverage(9_998, "30");
    lines[20] = lines[20].replace(",30,,", ",three tenths,,");
    file(InsurerKind::Coverages, lines)
}

fn told(report: &FeedReport) -> (String, u64, u64, u64, u64) {
    let (lines, refused) = (report.lines, report.refused);
    let late = report.remarks.unwrap().late;
    (report.state.clone(), lines, refused, late, report.added)
}

async fn lines_told(world: &World, report: &FeedReport) -> Vec<(u64, String, String)> {
    let told = remarks(world, report).await.into_iter();
    told.map(|it| (it.line, it.what, it.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_at_every_tenth_goes_on_there_and_comes_to_the_same() {
    let world = World::start_set(|config| {
        config.insurer_feeds = toml::from_str("refused_per_mille = 100").unwrap();
    })
    .await;
    load(&world, InsurerKind::Persons, (0..660).map(person)).await;
    let whole = coverages(0);
    let whole = send_file(&world, feed(InsurerKind::Coverages), &whole).await;
    let whole = whole.unwrap();
    assert_eq!(whole.refused, 3);
    let expected = lines_told(&world, &whole).await;
    let refused = std::fs::read_to_string(whole.report.as_ref().unwrap()).unwrap();
    for tenth in 1..10 {
        let bytes = coverages(u32::try_from(tenth).unwrap() * 60);
        let feed = known(feed(InsurerKind::Coverages), &bytes);
        let state = cut(&world, feed.clone(), &bytes[..bytes.len() * tenth / 10]).await;
        assert_eq!(state, "interrupted", "{tenth}");
        let again = send_file(&world, feed, &bytes).await.unwrap();
        assert!(0 < again.behind && again.behind < 61, "{again:?}");
        assert_eq!(told(&again), told(&whole), "{tenth}");
        assert_eq!(lines_told(&world, &again).await, expected);
        let listed = std::fs::read_to_string(again.report.as_ref().unwrap()).unwrap();
        assert_eq!(listed.lines().count(), refused.lines().count());
    }
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 6);
    assert_eq!(store.count_deeds(Deed::FeedBegin).unwrap(), 2 + 9 * 2);
    assert_eq!(store.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_file_that_is_cut_again_and_again_is_one_batch_in_the_end() {
    let world = World::start().await;
    let persons = file(InsurerKind::Persons, (0..400).map(person));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(&persons).unwrap();
    let bytes = packed.finish().unwrap();
    let feed = known(feed(InsurerKind::Persons), &bytes);
    for tenth in 1..10 {
        let state = cut(&world, feed.clone(), &bytes[..bytes.len() * tenth / 10]).await;
        assert_eq!(state, "interrupted", "{tenth}");
    }
    let report = send_file(&world, feed, &bytes).await.unwrap();
    assert_eq!(
        (report.number, report.added, report.refused),
        (Some(1), 400, 0)
    );
    assert!(300 < report.behind, "{}", report.behind);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_medical_information_are_not_kept_twice_when_their_file_goes_on() {
    let world = World::start_with_cards().await;
    let whose = crate::feeds::whose();
    let line = |at: u32| {
        let of = ("R1".to_owned() + &(at / 5).to_string(), at % 5 + 1);
        crate::feeds::drug(&world, &whose, (&of.0, of.1), "試験錠")
    };
    let mut lines: Vec<String> = (0..100).map(line).collect();
    // One twice, and one of nobody.
    lines[10] = lines[9].clone();
    lines[20] = lines[20].replacen("01,", "77,", 1);
    let bytes = crate::feeds::file(FeedKind::Drugs, &lines);
    let feed = known(crate::feeds::feed(FeedKind::Drugs), &bytes);
    for tenth in 1..10 {
        let state = cut(&world, feed.clone(), &bytes[..bytes.len() * tenth / 10]).await;
        assert_eq!(state, "interrupted", "{tenth}");
    }
    let report = crate::feeds::load(&world, feed, &bytes).await.unwrap();
    let counts = (report.accepted, report.refused, report.added);
    assert_eq!((report.state.as_str(), counts), ("published", (98, 2, 98)));
    let reasons: Vec<&str> = report.reasons.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["no_one_person", "twice"]);
    assert!(80 < report.behind);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_a_file_that_was_cut_off_gives_it_up() {
    let world = World::start().await;
    load(&world, InsurerKind::Persons, (0..60).map(person)).await;
    let first = (0..60).map(|at| coverage(at, "30"));
    load(&world, InsurerKind::Coverages, first).await;
    let bytes = file(InsurerKind::Coverages, (0..60).map(|at| coverage(at, "20")));
    let known = known(feed(InsurerKind::Coverages), &bytes);
    let half = &bytes[..bytes.len() / 2];
    let state_of = async |number: u32| {
        let all = batches(&world).await;
        let it = all.into_iter().find(|it| it.number == number);
        it.unwrap().state
    };
    // Another file of the insurer: what was kept is of before it.
    assert_eq!(cut(&world, known.clone(), half).await, "interrupted");
    load(&world, InsurerKind::Losses, [loss(0, "2026-05-01")]).await;
    assert_eq!(state_of(3).await, "given_up");
    // Undoing one.
    assert_eq!(cut(&world, known.clone(), half).await, "interrupted");
    order(&world, Order::UndoFeed("4".into())).await.unwrap();
    assert_eq!(state_of(5).await, "given_up");
    // Another way to read it.
    assert_eq!(cut(&world, known.clone(), half).await, "interrupted");
    let otherwise = NewFeed {
        encoding: Some("utf-8".into()),
        ..known.clone()
    };
    assert_eq!(cut(&world, otherwise, half).await, "interrupted");
    assert_eq!(state_of(6).await, "given_up");
    // Other insurers' files, and trials, leave it alone; time does not.
    let tried = NewFeed {
        dry_run: true,
        ..known.clone()
    };
    send_file(&world, tried, &bytes).await.unwrap();
    let residents = format!("{},架空　員1,,,,1,1980-05-06,,", id(1));
    load(&world, InsurerKind::Residents, [residents]).await;
    assert_eq!(state_of(7).await, "interrupted");
    let four_days = 4 * 86_400 * 1_000_000;
    world.micros.fetch_add(four_days, Ordering::SeqCst);
    let again = send_file(&world, known, &bytes).await.unwrap();
    assert_eq!((again.behind, again.replaced), (0, 60));
    assert_eq!(state_of(7).await, "given_up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_sent_comes_to_nothing() {
    let world = World::start().await;
    let bytes = file(InsurerKind::Persons, (0..50).map(person));
    let known = known(feed(InsurerKind::Persons), &bytes);
    let mut changed = bytes.clone();
    let at = changed.len() - 20;
    changed[at] = b'9';
    let refused = send_file(&world, known.clone(), &changed).await;
    let refused = refused.unwrap_err();
    assert!(refused.contains("changed while it was sent"), "{refused}");
    let newest = batches(&world).await.remove(0);
    assert_eq!(
        (newest.state.as_str(), newest.changed),
        ("given_up", (0, 0, 0))
    );
    let unreadable = NewFeed {
        sha256: Some("00".into()),
        ..known.clone()
    };
    let refused = send_file(&world, unreadable, &bytes).await.unwrap_err();
    assert!(refused.contains("64 hexadecimal"), "{refused}");
    let whole = send_file(&world, known, &bytes).await.unwrap();
    assert_eq!((whole.added, whole.behind), (50, 0));
}
