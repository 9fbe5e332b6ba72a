//! What lines of an insurer's feed make of its part of a person.

use super::*;
use crate::codes::ceiling::{Category, CertificateKind};
use crate::codes::coverage::CardClassification;
use crate::codes::person::Sex;
use crate::coverage::InsurerName;
use crate::coverage::card::MOST_EARLIER;
use crate::coverage::certificate::CeilingCertificate;
use crate::coverage::ratio::Ratio;
use crate::coverage::validity::covers;
use crate::feed::part::correction::CoverageItem;
use crate::insured::InsuredNumber;
use crate::person::{PersonId, PersonName};

fn day(month: i8, day: i8) -> CivilDate {
    CivilDate::new(2026, month, day).unwrap()
}

fn insurer() -> InsurerNumber {
    InsurerNumber::parse("06139992").unwrap()
}

fn coverage(number: &str, acquired: CivilDate) -> Coverage {
    let mut it = Coverage::new(
        CardClassification::General,
        insurer(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse(number).unwrap(),
    );
    it.acquired = Some(acquired);
    it.ratio = Ratio::from_percent(30);
    it
}

fn person(name: &str) -> Person {
    Person {
        id: PersonId::from_u128(9),
        name: PersonName::parse(name).unwrap(),
        name_of_other: None,
        kana: None,
        kana_of_other: None,
        sex: Sex::Male,
        shown_sex: None,
        birth_date: CivilDate::new(1970, 1, 2).unwrap(),
        address: None,
        postal_code: None,
    }
}

fn which(number: &str) -> Which {
    Which {
        symbol: None,
        number: InsuredNumber::parse(number).unwrap(),
        acquired: None,
    }
}

fn lose(number: &str, date: CivilDate) -> Change {
    Change::Loss(which(number), Loss { date, reason: None })
}

fn put(number: &str, acquired: CivilDate) -> Change {
    Change::Coverage(Box::new(coverage(number, acquired)))
}

fn member() -> Part {
    let mut part = Part::of(insurer(), None);
    let known = Change::Person(Box::new(person("資格　太郎")));
    part.apply(&known, None).unwrap();
    part.apply(&put("1", day(4, 1)), None).unwrap();
    part
}

#[test]
fn nobody_is_covered_whom_neither_store_nor_feed_knows() {
    let mut part = Part::of(insurer(), None);
    let refused = part.apply(&put("1", day(4, 1)), None);
    assert_eq!(refused, Err(NotApplied::UnknownPerson));
    assert!(part.coverages.is_empty());
}

#[test]
fn a_coverage_that_comes_again_keeps_its_certificates_and_loss() {
    let mut part = member();
    part.apply(&lose("1", day(9, 1)), None).unwrap();
    let ceiling = CeilingCertificate {
        kind: CertificateKind::Ceiling,
        category: Some(Category::A03),
        issued: None,
        period: Period::default(),
        long_term_since: None,
    };
    let change = Change::Certificate(which("1"), Certificate::Ceiling(ceiling));
    part.apply(&change, None).unwrap();
    let before = part.clone();
    assert_eq!(part.apply(&put("1", day(4, 1)), None), Ok(Applied::Other));
    assert_eq!(part, before);
}

#[test]
fn two_coverages_of_one_insurer_never_hold_on_one_day() {
    let mut part = member();
    let second = put("2", day(9, 1));
    assert_eq!(part.apply(&second, None), Err(NotApplied::Overlaps));
    part.apply(&lose("1", day(9, 1)), None).unwrap();
    assert_eq!(part.apply(&second, None), Ok(Applied::Began));
    // Nor by another line of the loss, which may bring it forward.
    let before = part.clone();
    let late = part.apply(&lose("1", day(12, 1)), None);
    assert_eq!((late, &part), (Err(NotApplied::Overlaps), &before));
    let sooner = part.apply(&lose("1", day(8, 1)), None);
    assert_eq!(sooner, Ok(Applied::Other));
    // Nor by a correction of the loss.
    let back = Correction::Coverage(CoverageItem::LossDate, None);
    let back = Change::Correction(Some(which("1")), back);
    assert_eq!(part.apply(&back, None), Err(NotApplied::Overlaps));
}

#[test]
fn what_a_full_file_has_not_named_is_not_in_the_way_of_what_it_names() {
    let batch = crate::feed::BatchNumber::new(7);
    let named = |number, acquired| Coverage {
        source: batch,
        ..coverage(number, acquired)
    };
    let mut part = member();
    let applied = part.put_in_full(&named("2", day(9, 1)));
    assert_eq!(applied, Ok(Applied::Began));
    let way = full::gives_way(&part.coverages[0], &part.coverages[1..]);
    assert_eq!(way, Some(day(9, 1)));
    // Two that it names are, and so is one whose loss the insurer sent.
    let third = part.put_in_full(&named("3", day(10, 1)));
    assert_eq!(third, Err(NotApplied::Overlaps));
    let mut part = member();
    part.apply(&lose("1", day(9, 2)), None).unwrap();
    let refused = part.put_in_full(&named("2", day(9, 1)));
    assert_eq!(refused, Err(NotApplied::Overlaps));
    let mut nobody = Part::of(insurer(), None);
    let refused = nobody.put_in_full(&named("2", day(9, 1)));
    assert_eq!(refused, Err(NotApplied::UnknownPerson));
}

#[test]
fn what_a_full_file_brings_anew_gives_way_to_what_was_there_and_is_named_by_a_later_line() {
    let batch = crate::feed::BatchNumber::new(7);
    let named = |number, acquired| Coverage {
        source: batch,
        ..coverage(number, acquired)
    };
    let mut part = member();
    let stored = part.coverages.clone();
    let (old, new) = (named("1", day(4, 1)), named("2", day(9, 1)));
    part.put_in_full(&new).unwrap();
    assert_eq!(part.put_in_full(&old), Err(NotApplied::Overlaps));
    let mut other = part.clone();
    let taken_out = part.put_stored_in_full(&old, &stored).unwrap();
    assert!(taken_out == [new.clone()] && part.coverages == [old.clone()]);
    // Of two that were both there neither is taken out, nor one for another that was not.
    let before = other.clone();
    for stored in [&[old.clone(), new][..], &[]] {
        let refused = other.put_stored_in_full(&old, stored);
        assert!(refused == Err(NotApplied::Overlaps) && other == before);
    }
}

#[test]
fn a_loss_before_the_acquisition_is_refused() {
    let mut part = member();
    let early = part.apply(&lose("1", day(3, 31)), None);
    assert_eq!(early, Err(NotApplied::LossBeforeAcquisition));
    assert_eq!(part.apply(&lose("1", day(4, 1)), None), Ok(Applied::Began));
    assert_eq!(part.apply(&lose("1", day(4, 2)), None), Ok(Applied::Other));
    let nobody = part.apply(&lose("7", day(5, 1)), None);
    assert_eq!(nobody, Err(NotApplied::NoSuchCoverage));
}

#[test]
fn a_line_that_fits_two_coverages_changes_neither() {
    let mut part = member();
    part.apply(&lose("1", day(5, 1)), None).unwrap();
    part.apply(&put("1", day(6, 1)), None).unwrap();
    let before = part.clone();
    let refused = part.apply(&lose("1", day(7, 1)), None);
    assert_eq!(refused, Err(NotApplied::SeveralCoverages));
    assert_eq!(part, before);
    let mut named = which("1");
    named.acquired = Some(day(6, 1));
    let loss = Loss {
        date: day(7, 1),
        reason: None,
    };
    part.apply(&Change::Loss(named, loss), None).unwrap();
    assert_eq!(part.coverages.last().unwrap().loss, Some(loss));
}

#[test]
fn single_items_are_put_right_and_a_wrong_link_is_taken_away() {
    let mut part = member();
    let correct =
        |which, item, value| Change::Correction(which, Correction::parse(item, value).unwrap());
    let ratio = correct(Some(which("1")), "ratio", "020");
    part.apply(&ratio, None).unwrap();
    let name = correct(None, "name", "資格　次郎");
    part.apply(&name, None).unwrap();
    assert_eq!(part.coverages[0].ratio, Ratio::from_percent(20));
    assert_eq!(part.person.as_ref().unwrap().name.as_str(), "資格　次郎");
    let gone = correct(Some(which("1")), "coverage", "withdrawn");
    part.apply(&gone, None).unwrap();
    assert!(part.coverages.is_empty());
}

#[test]
fn a_correction_of_a_person_starts_from_who_is_stored() {
    let mut part = member();
    part.person = None;
    let kana = Correction::parse("kana", "ｼｶｸ ﾀﾛｳ").unwrap();
    let kana = Change::Correction(None, kana);
    assert_eq!(part.apply(&kana, None), Err(NotApplied::UnknownPerson));
    part.apply(&kana, Some(&person("資格　太郎"))).unwrap();
    assert_eq!(part.person.unwrap().kana.unwrap().as_str(), "ｼｶｸ ﾀﾛｳ");
}

/// A line with a yearly card: issued some days before it begins, with a share of the cost.
fn card(year: i16, percent: u8) -> Coverage {
    let mut it = coverage("1", day(4, 1));
    it.acquired = CivilDate::new(2025, 4, 1).ok();
    it.issued = CivilDate::new(year, 7, 20).ok();
    it.period = Period {
        start: CivilDate::new(year, 8, 1).ok(),
        end: CivilDate::new(year + 1, 7, 31).ok(),
    };
    it.ratio = Ratio::from_percent(percent);
    it
}

fn line(it: &Coverage) -> Change {
    Change::Coverage(Box::new(it.clone()))
}

/// Somebody with the card of August 2025 and its renewal.
fn renewed() -> Part {
    let mut part = Part::of(insurer(), None);
    let known = Change::Person(Box::new(person("資格　太郎")));
    let lines = [known, line(&card(2025, 30)), line(&card(2026, 20))];
    for it in lines {
        part.apply(&it, None).unwrap();
    }
    part
}

#[test]
fn a_renewed_card_leaves_the_days_of_the_one_before_as_they_were() {
    let part = renewed();
    let [it] = &part.coverages[..] else {
        panic!("a renewal is no other coverage");
    };
    let last_days = [day(7, 30), day(7, 31)];
    for (days, year, percent) in [(last_days, 2025, 30), ([day(8, 1), day(8, 2)], 2026, 20)] {
        for day in days {
            let counts = it.card_on(day);
            assert!(covers(it, day));
            assert_eq!(counts.ratio, Ratio::from_percent(percent));
            assert_eq!(counts.issued, CivilDate::new(year, 7, 20).ok());
        }
    }
    assert!(!covers(it, CivilDate::new(2025, 7, 31).unwrap()));
    assert!(!covers(it, CivilDate::new(2027, 8, 1).unwrap()));
    // Before the first begins it is told of, and not the one after.
    let early = it.card_on(CivilDate::new(2025, 5, 1).unwrap());
    assert_eq!(early.ratio, Ratio::from_percent(30));
}

#[test]
fn the_same_lines_again_leave_the_same_cards_in_either_order() {
    // With the end of each, and of neither.
    for is_open in [false, true] {
        let card = |(year, percent): (i16, u8)| {
            let mut it = card(year, percent);
            it.period.end = it.period.end.filter(|_| !is_open);
            line(&it)
        };
        let mut once = renewed();
        once.coverages.clear();
        let mut other = once.clone();
        let (old, new) = ((2025, 30), (2026, 20));
        for (it, of_other) in [(old, new), (new, old)] {
            once.apply(&card(it), None).unwrap();
            other.apply(&card(of_other), None).unwrap();
        }
        assert_eq!(once.coverages[0].earlier.len(), 1);
        assert_eq!(other, once);
        let mut again = once.clone();
        for it in [old, new, old] {
            assert_eq!(again.apply(&card(it), None), Ok(Applied::Other));
            assert_eq!(again, once);
        }
    }
    // Also where a card begins on a day of the one before.
    let mut long = card(2025, 30);
    long.period.end = card(2026, 20).period.end;
    let mut part = renewed();
    part.coverages.clear();
    for it in [&long, &card(2026, 20)] {
        part.apply(&line(it), None).unwrap();
    }
    let before = part.clone();
    part.apply(&line(&long), None).unwrap();
    assert_eq!(part, before);
}

#[test]
fn a_line_without_an_end_reaches_to_the_next_known_card() {
    let ratios = |part: &Part, days: [CivilDate; 3]| {
        days.map(|on| part.coverages[0].card_on(on).ratio.unwrap().as_percent())
    };
    let mut part = renewed();
    let mut right = card(2025, 10);
    right.period.end = None;
    part.apply(&line(&right), None).unwrap();
    let days = [day(3, 31), day(7, 31), day(8, 1)];
    assert_eq!(ratios(&part, days), [10, 10, 20]);
    // One between them.
    let mut between = card(2026, 30);
    between.period = Period {
        start: Some(day(4, 1)),
        end: None,
    };
    part.apply(&line(&between), None).unwrap();
    assert_eq!(ratios(&part, days), [10, 30, 20]);
    // The first has no day at all, neither at first nor when it is put right.
    let mut part = member();
    let mut next = coverage("1", day(4, 1));
    next.ratio = Ratio::from_percent(20);
    next.period.start = Some(day(8, 1));
    part.apply(&line(&next), None).unwrap();
    let mut right = coverage("1", day(4, 1));
    right.ratio = Ratio::from_percent(10);
    part.apply(&line(&right), None).unwrap();
    assert_eq!(ratios(&part, days), [10, 10, 20]);
}

#[test]
fn a_line_puts_right_the_cards_that_begin_in_its_days() {
    // The same start, with another end and share.
    let mut part = renewed();
    let mut right = card(2025, 10);
    right.period.end = CivilDate::new(2026, 6, 30).ok();
    part.apply(&line(&right), None).unwrap();
    let it = &part.coverages[0];
    assert_eq!(it.card_on(day(6, 30)).ratio, Ratio::from_percent(10));
    assert!(covers(it, day(6, 30)) && !covers(it, day(7, 1)) && covers(it, day(8, 1)));
    assert_eq!(it.card().ratio, Ratio::from_percent(20));
    // The latest one began sooner than was said.
    let mut sooner = card(2026, 20);
    sooner.period.start = Some(day(7, 1));
    part.apply(&line(&sooner), None).unwrap();
    let it = &part.coverages[0];
    assert!(it.earlier.len() == 1 && covers(it, day(7, 1)));
    // One without days is all there is, as where an insurer gives none.
    let mut plain = card(2026, 30);
    plain.period = Period::default();
    part.apply(&line(&plain), None).unwrap();
    assert!(part.coverages[0].earlier.is_empty() && covers(&part.coverages[0], day(7, 1)));
}

#[test]
fn a_card_counts_until_the_next_begins_whatever_it_says_of_its_end() {
    let mut part = renewed();
    let mut short = card(2026, 10);
    short.period = Period {
        start: Some(day(10, 1)),
        end: Some(day(10, 31)),
    };
    part.apply(&line(&short), None).unwrap();
    let it = &part.coverages[0];
    assert_eq!(it.card_on(day(9, 30)).ratio, Ratio::from_percent(20));
    assert_eq!(it.card_on(day(10, 1)).ratio, Ratio::from_percent(10));
    assert!(covers(it, day(10, 31)) && !covers(it, day(11, 1)));
}

#[test]
fn a_card_that_is_corrected_to_begin_before_another_takes_its_place() {
    let mut part = renewed();
    let mut correct = |value| {
        let correction = Correction::parse("valid_from", value).unwrap();
        let change = Change::Correction(Some(which("1")), correction);
        part.apply(&change, None).unwrap();
        part.coverages[0].earlier.len()
    };
    assert_eq!(correct("2026-07-01"), 1);
    assert_eq!(correct("2025-08-01"), 0);
    assert_eq!(
        part.coverages[0].card_on(day(6, 30)).ratio,
        Ratio::from_percent(20)
    );
}

#[test]
fn a_card_that_comes_back_after_another_leaves_the_days_of_the_first_in_any_order() {
    let first = card(2026, 20);
    let mut between = first.clone();
    between.classification = CardClassification::ShortTerm;
    between.period.start = Some(day(12, 1));
    let mut back = first.clone();
    back.period.start = CivilDate::new(2027, 2, 1).ok();
    let by_start = [0, 1, 2];
    let others = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for end in [CivilDate::new(2027, 1, 31).ok(), first.period.end] {
        between.period.end = end;
        let lines = [&first, &between, &back].map(line);
        for order in others.into_iter().chain([by_start]) {
            let mut part = renewed();
            part.coverages.clear();
            // The three lines, four times.
            for round in 0..4 {
                let before = part.clone();
                for at in order {
                    part.apply(&lines[at], None).unwrap();
                }
                let it = &part.coverages[0];
                assert!(covers(it, day(8, 1)) && covers(it, day(11, 30)));
                assert_eq!(it.card_on(day(11, 30)).period.start, first.period.start);
                // By their starts once is enough, and otherwise as many times as there are cards.
                if round == 3 || (order == by_start && 0 < round) {
                    assert_eq!(part, before, "{order:?}");
                }
            }
            assert_eq!(part.coverages[0].earlier.len(), 2, "{order:?}");
        }
    }
}

#[test]
fn a_line_with_a_later_start_alone_is_the_next_card_which_two_corrections_move() {
    let mut part = renewed();
    let mut later = card(2026, 20);
    later.period.start = Some(day(9, 1));
    part.apply(&line(&later), None).unwrap();
    let it = &part.coverages[0];
    assert!(it.earlier.len() == 2 && covers(it, day(8, 31)));
    for value in ["2026-08-01", "2026-09-01"] {
        let correction = Correction::parse("valid_from", value).unwrap();
        let change = Change::Correction(Some(which("1")), correction);
        part.apply(&change, None).unwrap();
    }
    let it = &part.coverages[0];
    assert!(it.earlier.len() == 1 && covers(it, day(7, 31)));
    assert!(!covers(it, day(8, 31)) && covers(it, day(9, 1)));
}

#[test]
fn the_newest_cards_are_kept_and_an_earlier_one_that_can_never_count_is_not() {
    let mut part = renewed();
    for year in 2027..2047 {
        part.apply(&line(&card(year, 30)), None).unwrap();
    }
    let earlier = &part.coverages[0].earlier;
    assert_eq!(earlier.len(), MOST_EARLIER);
    let last = earlier.last().unwrap().period.start;
    assert_eq!(last, CivilDate::new(2045, 8, 1).ok());
    // A card said without a start, then with the day of acquisition.
    let mut part = member();
    let mut named = coverage("1", day(4, 1));
    named.period.start = named.acquired;
    part.apply(&line(&named), None).unwrap();
    assert!(part.coverages[0] == named);
}
