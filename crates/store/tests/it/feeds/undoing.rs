//! Undoing batches at both engines: all of a batch goes back or nothing does.

use super::*;
use crate::on_both;

on_both!(of_a_batch_that_is_forgotten_in_part_nothing_is_undone);

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
