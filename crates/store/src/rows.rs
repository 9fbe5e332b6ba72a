//! How people and medical information lie in rows of the registry. Rows, not the domain: they may change only together with a migration.

pub(crate) mod household;
pub(crate) mod medical_information;
mod packing;
pub(crate) mod part;
mod person;
mod tickets;

use domain::civil_date::CivilDate;
use domain::coverage::period::Period;

pub(crate) use person::{pack, unpack};

/// Days since 1970-01-01.
type Day = i32;
type Span = (Option<Day>, Option<Day>);

fn day(date: Option<CivilDate>) -> Option<Day> {
    date.map(CivilDate::to_epoch_days)
}

fn span(period: Period) -> Span {
    (day(period.start), day(period.end))
}

/// `None` inside for an absent value, outside for one that does not read.
fn maybe<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        Some(text) => parse(text).map(Some),
        None => Some(None),
    }
}

fn date(day: Option<Day>) -> Option<Option<CivilDate>> {
    match day {
        Some(day) => CivilDate::from_epoch_days(day).ok().map(Some),
        None => Some(None),
    }
}

fn period((start, end): Span) -> Option<Period> {
    Some(Period {
        start: date(start)?,
        end: date(end)?,
    })
}
