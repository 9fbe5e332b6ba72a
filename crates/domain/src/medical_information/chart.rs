//! What a doctor reads from a person's drugs and checkups (G27): courses of a drug, what changed, what needs a look, trends of values.
//! Says what the records say and no more: claims lag a month or more, and a prescription need not have been dispensed
//! (`docs/decisions/0065-reading-a-record.md`). Looks nothing up, judges nobody's health, and reads no clock.

pub mod bar;
pub mod course;
pub mod decimal;
pub mod dose;
pub mod flag;
pub mod interaction;
pub mod search;
pub mod supply;
pub mod trend;

use std::collections::BTreeMap;

use crate::civil_date::CivilDate;
use crate::medical_information::chart::course::Course;
use crate::medical_information::drugs::{DrugMonth, Source};

/// The drugs of a person as they are read on a day.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::chart::Chart;
/// let chart = Chart::of(&[], CivilDate::new(2026, 11, 26).unwrap());
/// assert!(chart.courses.is_empty() && chart.newest.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The day it is read on.
    pub today: CivilDate,
    /// One course for each ingredient, what is taken now first.
    pub courses: Vec<Course>,
    /// The newest day each source knows of: how old what is read here may be.
    pub newest: BTreeMap<Source, CivilDate>,
}

impl Chart {
    /// Reads the records of a person. Their order does not matter.
    #[must_use]
    pub fn of(months: &[DrugMonth], today: CivilDate) -> Self {
        Self {
            today,
            courses: course::courses(supply::supplies(months), today),
            newest: newest(months),
        }
    }
}

fn newest(months: &[DrugMonth]) -> BTreeMap<Source, CivilDate> {
    let mut newest = BTreeMap::new();
    for month in months {
        for day in &month.days {
            if day.drugs.is_empty() {
                continue;
            }
            let known = day.dispensed.or(day.prescribed);
            let known = known.unwrap_or_else(|| month.month.first_day());
            let latest = newest.entry(month.source).or_insert(known);
            *latest = known.max(*latest);
        }
    }
    newest
}

#[cfg(test)]
mod tests;
