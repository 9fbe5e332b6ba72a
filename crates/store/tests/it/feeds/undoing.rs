//! Undoing batches at both engines: all of a batch goes back or nothing does.

use super::*;
use crate::on_both;

on_both!(
    a_batch_that_waits_is_listed_whatever_came_after_it,
    of_a_batch_that_is_forgotten_in_part_nothing_is_undone,
    whom_a_waiting_batch_of_another_insurer_rests_on_stands_in_the_way,
    a_line_about_somebody_who_was_taken_back_meanwhile_is_refused_and_told
);

async fn a_batch_that_waits_is_listed_whatever_came_after_it(place: &Place) {
    let engine = place.open();
    let delta = Scope::Delta;
    let held = begin(&engine, InsurerKind::Persons, delta, 1).await;
    let (counted, weighed) = (Counted::default(), Weighed::default());
    let hold = engine.hold_insurer_feed(held, counted, weighed, now());
    hold.await.unwrap();
    for id in 2..9 {
        begin(&engine, InsurerKind::Persons, delta, id).await;
    }
    let listed: Vec<u128> = engine
        .feed_batches(5)
        .unwrap()
        .iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(listed, [1, 8, 7, 6, 5, 4], "what waits comes first");
    // Once, where it is among the newest as well.
    assert_eq!(engine.feed_batches(50).unwrap().len(), 8);
}

async fn of_a_batch_that_is_forgotten_in_part_nothing_is_undone(place: &Place) {
    /// More than are forgotten at a time.
    const PEOPLE: u64 = 4_100;
    let engine = place.open();
    let all = members(0..PEOPLE);
    let file = (InsurerKind::Persons, Scope::Delta, 1);
    let (arriving, came) = load(&engine, file, persons(&all)).await;
    assert_eq!(came.changed.added, all.len() as u64);
    let before = stored(&engine, &all);
    let later = now().plus_seconds(1);
    assert!(engine.forget_undoing(later).await.unwrap(), "all went");
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(arriving, of, later).await;
    assert_eq!(undone.unwrap(), Undone::Forgotten);
    assert!(stored(&engine, &all) == before, "some of it was undone");
    let batch = engine.feed_batch(arriving.number).unwrap().unwrap();
    assert_eq!(batch.state, BatchState::Published);
}

/// Keeps one line of a batch aside.
async fn keep(engine: &Engine, arriving: Arriving, (person, change): (PersonId, Change)) {
    let line = NewLine {
        number: 2,
        person,
        change,
        happened: None,
        notified: None,
    };
    let lines = NewLines {
        said: vec![line],
        remarks: Vec::new(),
        name: why,
    };
    let taking = Taking {
        number: arriving.number,
        now: now(),
        last: 2,
        unread: 0,
    };
    let kept = engine.keep_insurer_lines(arriving, taking, lines, Deadlines::default());
    assert!(kept.await.unwrap().iter().all(Result::is_ok));
}

async fn whom_a_waiting_batch_of_another_insurer_rests_on_stands_in_the_way(place: &Place) {
    let engine = place.open();
    let all = members(0..3);
    let file = (InsurerKind::Persons, Scope::Delta, 1);
    let (brought, came) = load(&engine, file, persons(&all)).await;
    let other = InsurerNumber::parse("06139992").unwrap();
    let mut coverage = all[0].coverages[0].clone();
    coverage.insurer = other;
    let file = (InsurerKind::Coverages, Scope::Delta, 2);
    let waiting = begin_of(&engine, file, Some(other)).await;
    let change = Change::Coverage(Box::new(coverage));
    keep(&engine, waiting, (all[0].person.id, change)).await;
    let counted = Counted::default();
    let held = engine.hold_insurer_feed(waiting, counted, Weighed::default(), now());
    held.await.unwrap();
    let undo = || engine.undo_insurer_feed(brought, (counted, came.changed), now());
    let in_the_way = Undone::InTheWay {
        people: 1,
        batches: vec![waiting.number],
    };
    assert_eq!(undo().await.unwrap(), in_the_way);
    let rejected = engine.leave_insurer_feed(waiting, (BatchState::Rejected, now()), counted);
    rejected.await.unwrap();
    assert_eq!(undo().await.unwrap(), Undone::Done(3));
}

async fn a_line_about_somebody_who_was_taken_back_meanwhile_is_refused_and_told(place: &Place) {
    let engine = place.open();
    let all = members(0..1);
    let file = (InsurerKind::Persons, Scope::Delta, 1);
    let (brought, came) = load(&engine, file, persons(&all)).await;
    let waiting = begin(&engine, InsurerKind::Coverages, Scope::Delta, 2).await;
    keep(&engine, waiting, coverages(&all).remove(0)).await;
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(brought, of, now()).await;
    assert_eq!(undone.unwrap(), Undone::Done(1));
    let counted = Counted {
        lines: 1,
        accepted: 1,
        refused: 0,
    };
    let published = engine.publish_insurer_feed(waiting, counted, None, now());
    assert_eq!(published.await.unwrap(), Changed::default());
    let batch = engine.feed_batch(waiting.number).unwrap().unwrap();
    assert_eq!((batch.counted.accepted, batch.counted.refused), (0, 1));
    let remarks = engine.remarks(waiting.number, None, 10).unwrap();
    let told: Vec<_> = remarks
        .iter()
        .map(|it| (it.line, it.what, it.person, it.detail.as_str()))
        .collect();
    let person = Some(all[0].person.id);
    assert_eq!(told, [(2, What::Refused, person, "unknown_person")]);
}
