//! The bars of a course in a timeline: which days its supplies last, side by side where they overlap. Draws nothing.

use crate::civil_date::CivilDate;
use crate::medical_information::chart::course::{Course, EARLY_DAYS};
use crate::medical_information::chart::supply::{Days, Supply, are_two};
use crate::medical_information::drugs::Source;

/// What a bar rests on: the best record of its supplies.
///
/// ```
/// use domain::medical_information::chart::bar::Evidence;
/// assert!(Evidence::Dispensed < Evidence::Prescribed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// An electronic record of dispensing.
    Dispensed,
    /// A claim.
    Claimed,
    /// A prescription alone: it may not have been dispensed.
    Prescribed,
}

impl Evidence {
    /// What a supply rests on.
    ///
    /// ```
    /// use domain::medical_information::chart::{bar::Evidence, supply::supplies};
    /// assert!(supplies(&[]).iter().all(|it| Evidence::of(it) == Evidence::Claimed));
    /// ```
    #[must_use]
    pub fn of(supply: &Supply) -> Self {
        if supply.sources.contains(&Source::Dispensing) {
            Self::Dispensed
        } else if supply.is_only_prescribed() {
            Self::Prescribed
        } else {
            Self::Claimed
        }
    }
}

/// Days covered without a break by supplies that rest on the same.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::{bar::{Bar, Evidence}, supply::Days}};
/// let day = CivilDate::new(2026, 11, 1).unwrap();
/// let bar = Bar { days: Days { first: day, last: day }, evidence: Evidence::Claimed, begins: vec![day] };
/// assert_eq!(bar.begins.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The days.
    pub days: Days,
    /// What they rest on.
    pub evidence: Evidence,
    /// The days on which its supplies begin.
    pub begins: Vec<CivilDate>,
}

/// The bars of a course, in as many lanes as supplies last at the same time. What a person comes early for is cut off the bar before: it
/// is no second lane.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::{Chart, bar::lanes}};
/// let chart = Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap());
/// assert!(chart.courses.iter().all(|it| lanes(it).is_empty()));
/// ```
#[must_use]
pub fn lanes(course: &Course) -> Vec<Vec<Bar>> {
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    for supply in &course.supplies {
        let Some(days) = supply.days() else {
            continue;
        };
        let fits = |it: &&mut Lane<'_>| it.takes(supply, days);
        match lanes.iter_mut().find(fits) {
            Some(lane) => lane.put(supply, days),
            None => lanes.push(Lane {
                last: supply,
                bars: vec![bar(supply, days)],
            }),
        }
    }
    lanes.into_iter().map(|it| it.bars).collect()
}

struct Lane<'a> {
    last: &'a Supply,
    bars: Vec<Bar>,
}

impl<'a> Lane<'a> {
    /// Whether a supply goes on where the lane ends: after it, a few days early by the same prescriber, or taken together with it.
    fn takes(&self, supply: &Supply, days: Days) -> bool {
        let Some(end) = self.bars.last().map(|it| it.days.last) else {
            return true;
        };
        let early = days.first.days_until(end) + 1;
        let same = !are_two(&self.last.prescriber, &supply.prescriber);
        let together = self.last.start() == supply.start();
        early <= 0 || (same && (early <= EARLY_DAYS || together))
    }

    fn put(&mut self, supply: &'a Supply, days: Days) {
        let evidence = Evidence::of(supply);
        let together = self.last.start() == supply.start();
        self.last = supply;
        let Some(end) = self.bars.last_mut() else {
            return;
        };
        let goes_on = days.first <= end.days.last.plus_days(1);
        if goes_on && (together || end.evidence == evidence) {
            // What is left of the supply before is not counted on top: nobody knows whether it was taken.
            let until = if together { end.days.last } else { days.last };
            end.days.last = days.last.max(until);
            end.evidence = end.evidence.min(evidence);
            if end.begins.last() != Some(&days.first) {
                end.begins.push(days.first);
            }
            return;
        }
        if goes_on {
            end.days.last = days.first.plus_days(-1);
        }
        self.bars.push(bar(supply, days));
    }
}

fn bar(supply: &Supply, days: Days) -> Bar {
    Bar {
        days,
        evidence: Evidence::of(supply),
        begins: vec![days.first],
    }
}
