//! Insurers' files as nobody should send them, and as somebody will.

use std::io::Write as _;

use center::control::Call;
use center::feeds::{FeedPart, NewFeed};
use domain::feed::insurer::InsurerKind;

use super::{Desk, INSURER, coverage, feed, file, id, load, loss, members, person, send_file};
use crate::feeds::part;
use crate::world::World;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_file_reads_as_it_does_unpacked_and_a_cut_or_bloated_one_is_refused() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    let persons = gzip(&file(InsurerKind::Persons, (0..50).map(person)));
    let loaded = send_file(&world, feed(InsurerKind::Persons), &persons).await;
    assert_eq!(loaded.unwrap().added, 50);
    let coverages = (0..50).map(|at| coverage(at, "30"));
    let packed = gzip(&file(InsurerKind::Coverages, coverages));
    for length in [1, 2, 9, packed.len() / 2, packed.len() - 1] {
        let cut = send_file(&world, feed(InsurerKind::Coverages), &packed[..length]).await;
        assert!(cut.is_err(), "{length}");
        assert_eq!(desk.verdict(0).await, 4);
    }
    let loaded = send_file(&world, feed(InsurerKind::Coverages), &packed).await;
    assert_eq!((loaded.unwrap().added, desk.verdict(0).await), (50, 1));
    let mut bomb = file(InsurerKind::Coverages, []);
    bomb.resize(64 << 20, b'0');
    let refused = send_file(&world, feed(InsurerKind::Coverages), &gzip(&bomb)).await;
    let refused = refused.unwrap_err();
    assert!(refused.contains("200 times"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_at_every_tenth_leaves_nothing_and_comes_again_whole() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    load(&world, InsurerKind::Persons, (0..40).map(person)).await;
    let bytes = file(InsurerKind::Coverages, (0..40).map(|at| coverage(at, "30")));
    for tenth in 0..10 {
        let mut call = Call::place(world.dir.path()).await.unwrap();
        call.announce(feed(InsurerKind::Coverages)).await.unwrap();
        let cut = &bytes[..bytes.len() * tenth / 10];
        // An empty part is one, too.
        call.send(&part(cut)).await.unwrap();
        drop(call);
        // Whoever comes next finds the center free again.
        let free = async {
            loop {
                let none = send_file(&world, feed(InsurerKind::Losses), b"")
                    .await
                    .unwrap_err();
                if !none.contains("another feed") {
                    break none;
                }
                tokio::task::yield_now().await;
            }
        };
        let none = crate::patience::in_time("the end of the cut feed", free).await;
        assert!(none.contains("header"), "{none}");
        assert_eq!(desk.verdict(0).await, 4);
    }
    let whole = send_file(&world, feed(InsurerKind::Coverages), &bytes).await;
    assert_eq!((whole.unwrap().added, desk.verdict(39).await), (40, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_feeds_at_once_are_one_after_the_other() {
    let world = World::start().await;
    let mut first = Call::place(world.dir.path()).await.unwrap();
    first.announce(feed(InsurerKind::Persons)).await.unwrap();
    let bytes = file(InsurerKind::Persons, [person(0)]);
    first.send(&part(&bytes)).await.unwrap();
    let refused = send_file(&world, feed(InsurerKind::Persons), &bytes).await;
    assert!(refused.unwrap_err().contains("another feed"));
    first.send(&FeedPart::End).await.unwrap();
    let again = send_file(&world, feed(InsurerKind::Persons), &bytes).await;
    assert_eq!(again.unwrap().unchanged, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_cannot_be_are_refused_by_reason_and_the_others_taken() {
    let world = World::start().await;
    members(&world, 60).await;
    let (foreign, nobody) = (
        loss(0, "2026-05-01").replacen(INSURER, "06139992", 1),
        loss(99, "2026-05-01"),
    );
    let lines = [foreign, nobody, loss(1, "2026-03-31")];
    let ahead = world.now().date_in_japan().plus_days(30).to_string();
    let good = (2..58).map(|at| loss(at, &ahead));
    let bytes = file(InsurerKind::Losses, lines.into_iter().chain(good));
    let tried = NewFeed {
        dry_run: true,
        ..feed(InsurerKind::Losses)
    };
    let report = send_file(&world, tried, &bytes).await.unwrap();
    assert_eq!(
        (report.state.as_str(), report.refused, report.accepted),
        ("tried", 3, 56)
    );
    assert_eq!(report.would.as_deref(), Some("stopped"));
    let reasons: Vec<&str> = report.reasons.keys().map(String::as_str).collect();
    let expected = ["loss_before_acquisition", "other_insurer", "unknown_person"];
    assert_eq!(reasons, expected);
    let mut overlapping: Vec<String> = (3..60).map(|at| coverage(at, "30")).collect();
    let second = format!(
        "{INSURER},{},01,架空組合,７８,1,01,1,,2026-08-01,,,,30,,",
        id(2)
    );
    overlapping.push(second);
    let report = load(&world, InsurerKind::Coverages, overlapping).await;
    assert_eq!((report.state.as_str(), report.refused), ("published", 1));
    assert!(report.reasons.contains_key("overlaps"));
    // More than a twentieth refused: none is taken.
    let report = load(
        &world,
        InsurerKind::Losses,
        [loss(98, "2026-05-01"), loss(5, "2026-05-01")],
    );
    assert_eq!(report.await.state, "stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_of_one_number_are_two_people() {
    let world = World::start().await;
    load(&world, InsurerKind::Persons, [person(1), person(2)]).await;
    let twin = |at: u32, branch: &str| {
        coverage(at, "30").replacen(&format!(",{at},01,1,"), &format!(",5,{branch},2,"), 1)
    };
    let report = load(
        &world,
        InsurerKind::Coverages,
        [twin(1, "01"), twin(2, "02")],
    )
    .await;
    assert_eq!((report.added, report.refused), (2, 0));
    let desk = Desk::of(&world).await;
    // By number and birth date alone both are meant, so nobody's data are shown.
    let answer = desk.ask(5).await;
    assert_eq!((answer.verdict, answer.results.len()), (5, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_insurers_file_is_refused_before_anything_is_kept() {
    let world = World::start().await;
    let check = async |feed: NewFeed, bytes: &[u8], expected: &str| {
        let refused = send_file(&world, feed, bytes).await.unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    };
    let bytes = file(InsurerKind::Losses, [loss(0, "2026-05-01")]);
    let nobodys = NewFeed {
        insurer: None,
        ..feed(InsurerKind::Losses)
    };
    check(nobodys, &bytes, "name the insurer").await;
    let full = NewFeed {
        full: true,
        ..feed(InsurerKind::Losses)
    };
    check(full, &bytes, "--full goes with").await;
    let registers = NewFeed {
        insurer: Some(INSURER.into()),
        ..feed(InsurerKind::Residents)
    };
    check(registers, &bytes, "of no insurer").await;
    check(feed(InsurerKind::Coverages), &bytes, "column 3").await;
    let medical = NewFeed {
        kind: "drugs".into(),
        ..feed(InsurerKind::Losses)
    };
    check(medical, &bytes, "neither --insurer").await;
}
