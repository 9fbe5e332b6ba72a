//! What needs a look (確認が必要な点): the same ingredient from two prescribers at the same time, periods that overlap, records that differ.
//! Computed from the records alone; a flag is a question to the patient, no judgement.

use crate::civil_date::CivilDate;
use crate::medical_information::chart::Chart;
use crate::medical_information::chart::course::{Course, EARLY_DAYS};
use crate::medical_information::chart::supply::{Days, Supply, are_two};

/// Why two supplies of an ingredient need a look.
///
/// ```
/// use domain::medical_information::chart::flag::Concern;
/// assert_ne!(Concern::TwoPrescribers, Concern::Overlap);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// Two prescribers supplied it for the same days (同一成分の重複).
    TwoPrescribers,
    /// The same prescriber's supplies share more days than people come early (投与期間の重なり): drugs may be left.
    Overlap,
    /// A claim and an electronic record of the same day, prescriber and place do not say the same (記録の食い違い).
    RecordsDiffer,
}

/// Two supplies that need a look.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::{flag::Pair, supply::Days}};
/// let day = CivilDate::new(2026, 11, 1).unwrap();
/// let pair = Pair { first: 0, second: 1, days: Some(Days { first: day, last: day }) };
/// assert_eq!(pair.days.unwrap().count(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Place of the earlier one in its course.
    pub first: usize,
    /// Place of the later one.
    pub second: usize,
    /// The days they share, where the records say.
    pub days: Option<Days>,
}

/// All pairs of a course that need a look for the same reason.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::{Chart, flag::flags}};
/// let chart = Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap());
/// assert!(flags(&chart).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Place of the course in the chart.
    pub course: usize,
    /// Why.
    pub concern: Concern,
    /// The pairs, the newest first; never empty.
    pub pairs: Vec<Pair>,
    /// Whether the newest of them concerns the day the chart is read on, or days after it.
    pub is_now: bool,
}

/// What needs a look in a chart: what concerns the day it is read on first.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::{Chart, flag::flags}};
/// assert_eq!(flags(&Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap())), []);
/// ```
#[must_use]
pub fn flags(chart: &Chart) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    for (place, course) in chart.courses.iter().enumerate() {
        let mut pairs = pairs(course);
        pairs.sort_by_key(|(concern, pair)| (*concern, core::cmp::Reverse(newest(pair))));
        for (concern, pair) in pairs {
            match flags.last_mut() {
                Some(flag) if flag.course == place && flag.concern == concern => {
                    flag.pairs.push(pair);
                }
                _ => flags.push(Flag {
                    course: place,
                    concern,
                    is_now: pair.days.is_some_and(|it| chart.today <= it.last),
                    pairs: vec![pair],
                }),
            }
        }
    }
    flags.sort_by_key(|it| (!it.is_now, it.concern));
    flags
}

fn newest(pair: &Pair) -> (Option<CivilDate>, usize, usize) {
    (pair.days.map(|it| it.last), pair.second, pair.first)
}

fn pairs(course: &Course) -> Vec<(Concern, Pair)> {
    let mut found = Vec::new();
    let dated: Vec<(usize, &Supply, CivilDate)> = course
        .supplies
        .iter()
        .enumerate()
        .filter_map(|(place, it)| Some((place, it, it.start()?)))
        .collect();
    for (at, (second, later, start)) in dated.iter().enumerate() {
        let before = dated.get(..at).unwrap_or_default();
        for (first, earlier, began) in before {
            let days = earlier.days().zip(later.days());
            let days = days.and_then(|(a, b)| a.shared(b));
            let pair = Pair {
                first: *first,
                second: *second,
                days,
            };
            if began == start && are_of_one_visit(earlier, later) {
                if earlier.sources.is_disjoint(&later.sources) {
                    found.push((Concern::RecordsDiffer, pair));
                }
            } else if let Some(days) = days {
                found.extend(concern(earlier, later, days).map(|it| (it, pair)));
            }
        }
    }
    found
}

/// Whether two lines of one day may be of one visit, such as a morning's and an evening's dose: they are taken together, where one record
/// holds both.
fn are_of_one_visit(a: &Supply, b: &Supply) -> bool {
    !are_two(&a.prescriber, &b.prescriber) && !are_two(&a.dispenser, &b.dispenser)
}

fn concern(earlier: &Supply, later: &Supply, days: Days) -> Option<Concern> {
    if are_two(&earlier.prescriber, &later.prescriber) {
        return Some(Concern::TwoPrescribers);
    }
    (EARLY_DAYS < days.count()).then_some(Concern::Overlap)
}
