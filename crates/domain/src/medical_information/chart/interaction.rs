//! Pairs of a list that a person's courses hold (相互作用): what the list says and whose say it is. Knows no pair by itself; where the list has
//! none, nothing is said of two drugs, which is no word that they go together.

use std::collections::{BTreeMap, BTreeSet};

use crate::medical_information::chart::Chart;
use crate::medical_information::chart::course::Course;
use crate::medical_information::chart::search::folded;
use crate::medical_information::interactions::{Pair, Pairs};

/// A pair that two courses hold which may both be taken on the day the chart is read.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::{chart::{Chart, interaction::found}, interactions::Pairs}};
/// let chart = Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap());
/// assert!(found(&chart, &Pairs::default()).is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interaction<'a> {
    /// Place of one course in the chart.
    pub one: usize,
    /// Place of the other.
    pub other: usize,
    /// What the list says.
    pub pair: &'a Pair,
}

/// The pairs of a list among what may be taken on the day the chart is read, in the order of the list. A course is known by its ingredient and
/// by the codes of its products.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::{chart::{Chart, interaction::found}, interactions::Pairs}};
/// let pairs = Pairs::parse("a\tb\tnote_ja\tnote_en\tsource\nx\ty\t例\texample\tmade up\n").unwrap();
/// assert_eq!(found(&Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap()), &pairs), []);
/// ```
#[must_use]
pub fn found<'a>(chart: &Chart, pairs: &'a Pairs) -> Vec<Interaction<'a>> {
    let mut places: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (place, course) in chart.courses.iter().enumerate() {
        if course.state.may_be_taken() {
            for name in names(course) {
                places.entry(name).or_default().insert(place);
            }
        }
    }
    let of = |name: &str| places.get(&folded(name)).into_iter().flatten().copied();
    let mut all = Vec::new();
    for pair in pairs.all() {
        for one in of(&pair.a) {
            let others = of(&pair.b).filter(|other| *other != one);
            all.extend(others.map(|other| Interaction { one, other, pair }));
        }
    }
    all
}

fn names(course: &Course) -> BTreeSet<String> {
    let codes = course
        .supplies
        .iter()
        .filter_map(|it| it.drug.code.as_ref());
    let codes = codes.map(|it| folded(it.as_str()));
    codes.chain([folded(course.name.as_str())]).collect()
}
