//! The check log of a server lies in parts of a month, and is found as a whole.

use domain::civil_date::Instant;
use domain::permit::{AskByNumber, ReadHistory};

use crate::{Place, check, permit};

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
