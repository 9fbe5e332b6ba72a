//! Which coverage counts when several cover a day (G23). Never picks one of two that are equal.

use core::cmp::{Ordering, Reverse};

use crate::civil_date::CivilDate;
use crate::coverage::Coverage;

/// What the rule finds among coverages that all cover the day.
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::select::{Selection, select}};
/// let day = CivilDate::new(2026, 11, 23).unwrap();
/// assert_eq!(select(&[], day), Selection::None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection<'a> {
    /// There was none to choose from.
    None,
    /// This one counts.
    One(&'a Coverage),
    /// These are equal in every respect of the rule: a person must decide.
    Several(Vec<&'a Coverage>),
}

/// Chooses by G23: latest issue; then latest start of validity not after the visit day; then anything but municipal
/// National Health Insurance; then latest end of validity, no end being the latest. A missing issue date or start counts
/// as the earliest.
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::select::{Selection, select}};
/// let visit = CivilDate::new(2026, 11, 23).unwrap();
/// assert_eq!(select(&[], visit), Selection::None);
/// ```
#[must_use]
pub fn select<'a>(covering: &[&'a Coverage], visit: CivilDate) -> Selection<'a> {
    let mut best: Vec<&'a Coverage> = Vec::new();
    for &candidate in covering {
        let order = best.first().map_or(Ordering::Greater, |champion| {
            rank(candidate, visit).cmp(&rank(champion, visit))
        });
        match order {
            Ordering::Greater => best = vec![candidate],
            Ordering::Equal => best.push(candidate),
            Ordering::Less => {}
        }
    }
    match best.as_slice() {
        [] => Selection::None,
        [one] => Selection::One(one),
        [..] => Selection::Several(best),
    }
}

/// The greater, the sooner chosen.
type Rank = (
    Option<CivilDate>,
    Option<CivilDate>,
    Reverse<bool>,
    (bool, Option<CivilDate>),
);

fn rank(coverage: &Coverage, visit: CivilDate) -> Rank {
    let card = coverage.card_on(visit);
    let start = card.period.start.filter(|start| *start <= visit);
    (
        card.issued,
        start,
        Reverse(coverage.insurer.is_municipal()),
        (card.period.end.is_none(), card.period.end),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::coverage::CardClassification;
    use crate::coverage::InsurerName;
    use crate::insured::InsuredNumber;
    use crate::insurer_number::InsurerNumber;
    use proptest::prelude::*;

    const MUNICIPAL: &str = "138016";
    const EMPLOYER: &str = "06139992";

    fn day(month: i8, d: i8) -> CivilDate {
        CivilDate::new(2026, month, d).unwrap()
    }

    fn coverage(insurer: &str, issued: Option<CivilDate>, start: Option<CivilDate>) -> Coverage {
        let mut coverage = Coverage::new(
            CardClassification::from_code("01").unwrap(),
            InsurerNumber::parse(insurer).unwrap(),
            InsurerName::parse("架空").unwrap(),
            InsuredNumber::parse("1").unwrap(),
        );
        coverage.issued = issued;
        coverage.period.start = start;
        coverage
    }

    fn check(candidates: &[&Coverage], expected: usize) {
        let mut turned = candidates.to_vec();
        turned.reverse();
        for order in [candidates.to_vec(), turned] {
            assert_eq!(
                select(&order, day(11, 23)),
                Selection::One(candidates[expected])
            );
        }
    }

    #[test]
    fn the_later_start_outranks_the_kind_of_insurance() {
        let issued = Some(day(4, 1));
        let municipal = coverage(MUNICIPAL, issued, Some(day(4, 1)));
        let employer = coverage(EMPLOYER, issued, Some(day(3, 15)));
        check(&[&employer, &municipal], 1);
    }

    #[test]
    fn at_equal_starts_municipal_insurance_comes_last() {
        let issued = Some(day(4, 1));
        let municipal = coverage(MUNICIPAL, issued, Some(day(4, 1)));
        let association = coverage("133033", issued, Some(day(4, 1)));
        let elderly = coverage("39131008", issued, Some(day(4, 1)));
        check(&[&municipal, &association], 1);
        check(&[&elderly, &municipal], 0);
    }

    #[test]
    fn a_newer_issue_beats_everything() {
        let municipal = coverage(MUNICIPAL, Some(day(5, 1)), Some(day(1, 1)));
        let employer = coverage(EMPLOYER, Some(day(4, 30)), Some(day(4, 30)));
        check(&[&employer, &municipal], 1);
    }

    #[test]
    fn a_card_that_begins_after_the_visit_outranks_nothing() {
        let employer = coverage(EMPLOYER, Some(day(4, 1)), Some(day(4, 1)));
        let mut municipal = coverage(MUNICIPAL, Some(day(3, 1)), Some(day(3, 1)));
        municipal.earlier.push(municipal.card());
        municipal.issued = Some(day(11, 20));
        municipal.period.start = Some(day(12, 1));
        check(&[&employer, &municipal], 0);
    }

    #[test]
    fn no_end_is_the_latest_end() {
        let open = coverage(EMPLOYER, None, None);
        let mut ended = coverage(EMPLOYER, None, None);
        ended.period.end = Some(day(12, 31));
        check(&[&ended, &open], 1);
    }

    #[test]
    fn a_missing_issue_or_start_counts_as_the_earliest() {
        let known = coverage(MUNICIPAL, Some(day(1, 1)), None);
        let unknown = coverage(EMPLOYER, None, Some(day(11, 1)));
        check(&[&unknown, &known], 1);
        let started = coverage(MUNICIPAL, None, Some(day(1, 1)));
        let unstarted = coverage(EMPLOYER, None, None);
        check(&[&started, &unstarted], 0);
    }

    #[test]
    fn a_full_tie_is_never_broken() {
        let one = coverage(EMPLOYER, Some(day(1, 1)), Some(day(1, 1)));
        let other = one.clone();
        let Selection::Several(equal) = select(&[&one, &other], day(11, 23)) else {
            panic!("one of two equal coverages was chosen");
        };
        assert_eq!(equal.len(), 2);
    }

    prop_compose! {
        fn any_coverage()(
            insurer in prop::sample::select(vec![MUNICIPAL, EMPLOYER, "133033"]),
            issued in prop::option::of(1_i8..4),
            start in prop::option::of(1_i8..4),
            end in prop::option::of(1_i8..4),
        ) -> Coverage {
            let mut it = coverage(insurer, issued.map(|m| day(m, 1)), start.map(|m| day(m, 1)));
            it.period.end = end.map(|m| day(m + 8, 30));
            it
        }
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_never_matters(
            coverages in prop::collection::vec(any_coverage(), 0..6),
            by in 0_usize..6,
        ) {
            let straight: Vec<&Coverage> = coverages.iter().collect();
            let mut turned = straight.clone();
            turned.rotate_left(by.min(straight.len()));
            turned.reverse();
            let same = match (select(&straight, day(11, 23)), select(&turned, day(11, 23))) {
                (Selection::None, Selection::None) => coverages.is_empty(),
                (Selection::One(a), Selection::One(b)) => std::ptr::eq(a, b),
                (Selection::Several(a), Selection::Several(b)) => {
                    a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| std::ptr::eq(*x, *y)))
                }
                _ => false,
            };
            prop_assert!(same);
        }

        #[test]
        fn what_is_chosen_is_outranked_by_none(coverages in prop::collection::vec(any_coverage(), 1..6)) {
            let all: Vec<&Coverage> = coverages.iter().collect();
            if let Selection::One(chosen) = select(&all, day(11, 23)) {
                for other in all.into_iter().filter(|other| !std::ptr::eq(*other, chosen)) {
                    let both = select(&[chosen, other], day(11, 23));
                    prop_assert_eq!(both, Selection::One(chosen));
                }
            }
        }
    }
}
