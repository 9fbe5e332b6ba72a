//! The check log of a server lies in parts of a month, and is found as a whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::civil_date::Instant;
use domain::permit::{AskByNumber, ReadHistory};
use store::checks::Search;
use store::engine::{Engine, StoreError};

use crate::server::shared;
use crate::{Place, cards, check, permit};

/// The identifier of a check of an instant, as the center makes them.
pub(crate) fn id(at: Instant, tail: u128) -> u128 {
    let milliseconds = u128::try_from(at.as_micros() / 1_000).unwrap();
    milliseconds << 80 | 7 << 76 | 2 << 62 | tail
}

#[tokio::test]
async fn checks_lie_in_the_part_of_their_month_and_those_before_it_was_made_move_there() {
    let place = Place::server();
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let last_moment = Instant::parse("2026-11-30T14:59:59.999Z").unwrap();
    let (before, after) = (id(last_moment, 1), id(last_moment.plus_seconds(1), 2));
    for id in [before, after, 3] {
        engine.record_check(&asker, check_of(id)).await.unwrap();
    }
    assert_eq!(place.run("SELECT count(*) FROM check_record_rest"), 3);
    for _ in 0..2 {
        engine.make_parts(last_moment).await.unwrap();
        let counts = ["202611", "202612", "202701", "rest"]
            .map(|part| place.run(&format!("SELECT count(*) FROM check_record_{part}")));
        assert_eq!(counts, [1, 1, 0, 1]);
    }
    let later = id(last_moment.plus_seconds(60), 4);
    engine.record_check(&asker, check_of(later)).await.unwrap();
    assert_eq!(place.run("SELECT count(*) FROM check_record_202612"), 2);
    let reader = permit::<ReadHistory>("1319999999");
    for id in [before, after, 3, later] {
        assert!(engine.check(&reader, id).unwrap().is_some());
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (4, vec![]));
}

fn check_of(id: u128) -> store::checks::NewCheck {
    let mut it = check(1);
    it.id = id;
    it
}

/// Somebody who holds a part, until the input is dropped.
fn holding(place: &Place, part: &str, mode: &str) -> Child {
    let Place::Server { database } = place else {
        panic!("a file has no parts")
    };
    let mut holder = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["-U", "onshi", "-d", database, "-h"])
        .arg(shared().folder())
        .env("PGPORT", shared().port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let texts =
        format!("BEGIN; LOCK TABLE center.check_record_{part} IN {mode} MODE; SELECT 'held';\n");
    let input = holder.stdin.as_mut().unwrap();
    input.write_all(texts.as_bytes()).unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "held");
    holder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reading_at_the_turn_of_a_month_keeps_no_writer_waiting() {
    let place = Place::server();
    let Place::Server { database } = &place else {
        panic!("a file has no parts")
    };
    let address = shared().address(database);
    let patient = address.with_patience(Duration::from_secs(600));
    let engine = Engine::open_server(&patient, [1; 16]).unwrap();
    let last_moment = Instant::parse("2026-11-30T14:59:59.999Z").unwrap();
    let first_moment = last_moment.plus_seconds(1);
    engine.make_parts(last_moment).await.unwrap();
    let mut reader = holding(&place, "rest", "ACCESS SHARE");
    let begun = std::time::Instant::now();
    let card = cards::visit_as(&engine, id(last_moment, 1), last_moment);
    let (made, ()) = tokio::join!(engine.make_parts(first_moment), card);
    // A lock is waited for 200 seconds otherwise.
    assert!(begun.elapsed() < Duration::from_secs(100));
    assert!(matches!(made, Err(StoreError::Away(_))), "{made:?}");
    // The part of this month is there, and asked for without a turn.
    engine.make_part(first_moment).await.unwrap();
    drop(reader.stdin.take());
    reader.wait().unwrap();
    engine.make_parts(first_moment).await.unwrap();
    assert_eq!(place.run("SELECT count(*) FROM check_record_202702"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_asks_no_part_of_before_its_days() {
    let place = Place::server();
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let at = |text: &str| Instant::parse(text).unwrap();
    let (old, new) = (at("2026-09-10T03:00:00Z"), at("2026-11-10T03:00:00Z"));
    engine.make_parts(old).await.unwrap();
    for (tail, at) in [(1, old), (2, new)] {
        let mut check = check_of(id(at, tail));
        check.at = at;
        engine.record_check(&asker, check).await.unwrap();
    }
    let reader = permit::<ReadHistory>("1319999999");
    let found = |from: &str, name: Option<&str>| {
        let search = Search {
            from: at(from),
            until: new.plus_seconds(1),
            name: name.map(str::to_owned),
            verdict: None,
            origin: None,
            account: None,
            after: None,
            limit: 100,
        };
        let lines = engine.search_checks(&reader, &search).unwrap();
        lines.iter().map(|line| line.id).collect::<Vec<_>>()
    };
    // Whoever asks that part now waits.
    let mut holder = holding(&place, "202609", "ACCESS EXCLUSIVE");
    for name in [None, Some("太郎")] {
        assert_eq!(found("2026-11-01T00:00:00Z", name), [id(new, 2)]);
    }
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let all = found("2026-09-01T00:00:00Z", None);
    assert_eq!(all, [id(new, 2), id(old, 1)]);
}
