//! The check log of a server lies in parts of a month, and is found as a whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::civil_date::Instant;
use domain::permit::{AskByNumber, ReadHistory};
use store::engine::StoreError;

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

/// Somebody who reads the part of no month, until the input is dropped.
fn long_reading(place: &Place) -> Child {
    let Place::Server { database } = place else {
        panic!("a file has no parts")
    };
    let mut reader = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["-U", "onshi", "-d", database, "-h"])
        .arg(shared().folder())
        .env("PGPORT", shared().port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let texts = "BEGIN; LOCK TABLE center.check_record_rest IN ACCESS SHARE MODE; SELECT 'held';\n";
    let input = reader.stdin.as_mut().unwrap();
    input.write_all(texts.as_bytes()).unwrap();
    let mut said = BufReader::new(reader.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "held");
    reader
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reading_at_the_turn_of_a_month_keeps_no_writer_waiting() {
    let place = Place::server();
    let engine = place.open();
    let last_moment = Instant::parse("2026-11-30T14:59:59.999Z").unwrap();
    let first_moment = last_moment.plus_seconds(1);
    engine.make_parts(last_moment).await.unwrap();
    let mut reader = long_reading(&place);
    let begun = std::time::Instant::now();
    let card = cards::visit_as(&engine, id(last_moment, 1), last_moment);
    let (made, ()) = tokio::join!(engine.make_parts(first_moment), card);
    // A lock is waited for 20 seconds otherwise.
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(matches!(made, Err(StoreError::Away(_))), "{made:?}");
    // The part of this month is there, and asked for without a turn.
    engine.make_part(first_moment).await.unwrap();
    drop(reader.stdin.take());
    reader.wait().unwrap();
    engine.make_parts(first_moment).await.unwrap();
    assert_eq!(place.run("SELECT count(*) FROM check_record_202702"), 0);
}
