//! Renewed cards at both engines: the card before is kept, read and, when the renewal is undone, the latest again.

use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::validity::covers;

use super::*;
use crate::on_both;

on_both!(
    a_renewal_keeps_the_card_before_and_is_undone,
    an_earlier_card_put_right_leaves_the_latest_its_batch,
    a_loss_numbers_the_coverage_and_leaves_its_card_the_batch_that_said_it,
    a_card_that_no_batch_said_gets_none_by_a_loss,
    a_full_file_that_names_an_earlier_card_alone_ends_nothing
);

fn date(year: i16, month: i8, day: i8) -> CivilDate {
    CivilDate::new(year, month, day).unwrap()
}

/// A member whose card is of the year that begins in an August.
fn with_card(year: i16, percent: u8) -> Registration {
    let mut it = members(0..1).remove(0);
    let coverage = &mut it.coverages[0];
    coverage.acquired = Some(date(2025, 4, 1));
    coverage.issued = Some(date(year, 7, 20));
    coverage.period = Period {
        start: Some(date(year, 8, 1)),
        end: Some(date(year + 1, 7, 31)),
    };
    coverage.ratio = Ratio::from_percent(percent);
    it
}

async fn a_renewal_keeps_the_card_before_and_is_undone(place: &Place) {
    let engine = place.open();
    let (old, new) = ([with_card(2025, 30)], [with_card(2026, 20)]);
    let file = |kind, id| (kind, Scope::Delta, id);
    load(&engine, file(InsurerKind::Persons, 1), persons(&old)).await;
    let coverage_file = |id| file(InsurerKind::Coverages, id);
    let (first, _) = load(&engine, coverage_file(2), coverages(&old)).await;
    let before = stored(&engine, &old);
    let (renewing, came) = load(&engine, coverage_file(3), coverages(&new)).await;
    assert_eq!((came.refused, came.changed.replaced), (0, 1));
    let after = stored(&engine, &old);
    let it = &after[0].as_ref().unwrap().coverages[0];
    assert_eq!(it.source, Some(renewing.number));
    let july = it.card_on(date(2026, 7, 30));
    assert!(covers(it, date(2026, 7, 30)) && covers(it, date(2026, 8, 1)));
    assert_eq!(july.source, Some(first.number));
    assert_eq!(
        (july.ratio, july.issued),
        (Ratio::from_percent(30), Some(date(2025, 7, 20)))
    );
    let august = it.card_on(date(2026, 8, 1));
    assert_eq!(
        (august.ratio, august.issued),
        (Ratio::from_percent(20), Some(date(2026, 7, 20)))
    );
    // Both lines once more, as in a file of everything.
    let mut both = coverages(&old);
    both.extend(coverages(&new));
    let (_, again) = load(&engine, coverage_file(4), both).await;
    assert_eq!(again.changed.replaced, 0);
    assert!(stored(&engine, &old) == after, "changed by the same lines");
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(renewing, of, now()).await;
    assert_eq!(undone.unwrap(), Undone::Done(1));
    assert!(stored(&engine, &old) == before, "not as before");
}

async fn an_earlier_card_put_right_leaves_the_latest_its_batch(place: &Place) {
    let engine = place.open();
    let (old, new) = ([with_card(2025, 30)], [with_card(2026, 20)]);
    let (right, next) = ([with_card(2025, 10)], [with_card(2027, 30)]);
    let file = |kind, id| (kind, Scope::Delta, id);
    load(&engine, file(InsurerKind::Persons, 1), persons(&old)).await;
    let coverage_file = |id| file(InsurerKind::Coverages, id);
    load(&engine, coverage_file(2), coverages(&old)).await;
    let (renewing, came) = load(&engine, coverage_file(3), coverages(&new)).await;
    let (righting, _) = load(&engine, coverage_file(4), coverages(&right)).await;
    let it = stored(&engine, &old).remove(0).unwrap().coverages.remove(0);
    assert_eq!(it.source, Some(renewing.number));
    // What stands in the way of undoing is named, also where it changed an earlier card alone.
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(renewing, of, now()).await;
    let in_the_way = Undone::InTheWay {
        people: 1,
        batches: vec![righting.number],
    };
    assert_eq!(undone.unwrap(), in_the_way);
    // An earlier one and the next in one file, as where both are told at once.
    let mut both = coverages(&right);
    both.extend(coverages(&next));
    let (last, _) = load(&engine, coverage_file(5), both).await;
    let it = stored(&engine, &old).remove(0).unwrap().coverages.remove(0);
    let sources = [2025, 2026, 2027].map(|year| it.card_on(date(year, 9, 1)).source);
    let numbers = [righting.number, renewing.number, last.number];
    assert_eq!(sources, numbers.map(Some));
}

async fn a_loss_numbers_the_coverage_and_leaves_its_card_the_batch_that_said_it(place: &Place) {
    let engine = place.open();
    let (old, new) = ([with_card(2025, 30)], [with_card(2026, 20)]);
    let file = |kind, id| (kind, Scope::Delta, id);
    load(&engine, file(InsurerKind::Persons, 1), persons(&old)).await;
    let (first, _) = load(&engine, file(InsurerKind::Coverages, 2), coverages(&old)).await;
    let before = stored(&engine, &old);
    let one = |engine: &Engine| stored(engine, &old).remove(0).unwrap().coverages.remove(0);
    let loss = |id| load(&engine, file(InsurerKind::Losses, id), losses(&old));
    let (losing, came) = loss(3).await;
    let it = one(&engine);
    let numbers = (Some(losing.number), Some(first.number));
    assert_eq!((it.source, it.card().source), numbers);
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(losing, of, now()).await;
    assert_eq!(undone.unwrap(), Undone::Done(1));
    assert!(stored(&engine, &old) == before, "not as before");
    // Once more, and the same again: the second changes nothing.
    let (losing, _) = loss(4).await;
    let (_, again) = loss(5).await;
    assert_eq!(again.changed.replaced, 0);
    let it = one(&engine);
    let numbers = (Some(losing.number), Some(first.number));
    assert_eq!((it.source, it.card().source), numbers);
    // The card before a renewal was said by its own batch, and not by that of the loss.
    let (renewing, _) = load(&engine, file(InsurerKind::Coverages, 6), coverages(&new)).await;
    let it = one(&engine);
    assert_eq!(it.card_on(date(2026, 7, 30)).source, Some(first.number));
    assert_eq!(it.card_on(date(2026, 8, 1)).source, Some(renewing.number));
}

async fn a_card_that_no_batch_said_gets_none_by_a_loss(place: &Place) {
    let engine = place.open();
    let (old, new) = ([with_card(2025, 30)], [with_card(2026, 20)]);
    engine.store_people(old.to_vec()).await.unwrap();
    let before = stored(&engine, &old);
    let one = |engine: &Engine| stored(engine, &old).remove(0).unwrap().coverages.remove(0);
    let file = |kind, id| (kind, Scope::Delta, id);
    let loss = |id| load(&engine, file(InsurerKind::Losses, id), losses(&old));
    let (losing, came) = loss(1).await;
    let it = one(&engine);
    assert_eq!((it.source, it.card().source), (Some(losing.number), None));
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(losing, of, now()).await;
    assert_eq!(undone.unwrap(), Undone::Done(1));
    assert!(stored(&engine, &old) == before, "not as before");
    // Once more; then the loss and the card again, of which neither changes anything.
    let (losing, _) = loss(2).await;
    let (_, again) = loss(3).await;
    assert_eq!(again.changed.replaced, 0);
    let (_, again) = load(&engine, file(InsurerKind::Coverages, 4), coverages(&old)).await;
    assert_eq!(again.changed.replaced, 0);
    let it = one(&engine);
    assert_eq!((it.source, it.card().source), (Some(losing.number), None));
    // Nor has it one as the card before a renewal.
    let (renewing, _) = load(&engine, file(InsurerKind::Coverages, 5), coverages(&new)).await;
    let it = one(&engine);
    assert_eq!(it.card_on(date(2026, 7, 30)).source, None);
    assert_eq!(it.card_on(date(2026, 8, 1)).source, Some(renewing.number));
}

async fn a_full_file_that_names_an_earlier_card_alone_ends_nothing(place: &Place) {
    let engine = place.open();
    let (old, new) = ([with_card(2025, 30)], [with_card(2026, 20)]);
    let file = |kind, id| (kind, Scope::Delta, id);
    load(&engine, file(InsurerKind::Persons, 1), persons(&old)).await;
    let coverage_file = |id| file(InsurerKind::Coverages, id);
    load(&engine, coverage_file(2), coverages(&old)).await;
    let (renewing, _) = load(&engine, coverage_file(3), coverages(&new)).await;
    // As it is known, and with another share.
    for (id, percent, replaced) in [(4, 30, 0), (5, 10, 1)] {
        let full = (InsurerKind::Coverages, Scope::Full, id);
        let (naming, came) = load(&engine, full, coverages(&[with_card(2025, percent)])).await;
        assert_eq!((came.refused, came.changed.replaced), (0, replaced));
        assert!(came.remarks.iter().all(|it| it.what != What::Unnamed));
        let it = stored(&engine, &old).remove(0).unwrap().coverages.remove(0);
        assert!(it.loss.is_none());
        assert_eq!(it.source, Some(renewing.number));
        let earlier = it.card_on(date(2026, 7, 30));
        assert_eq!(earlier.ratio, Ratio::from_percent(percent));
        assert_eq!(earlier.source == Some(naming.number), replaced == 1);
    }
}
