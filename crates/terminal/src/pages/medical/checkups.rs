//! The checkups of a patient's page: a small chart for each item with numbers, and the table of items by date. Marks what lies outside the range
//! that stands beside it; says nothing of what that means.

use domain::civil_date::CivilDate;
use domain::medical_information::chart::search::Words as Sought;
use domain::medical_information::chart::trend::{Point, Series, Standing, series};
use domain::medical_information::checkup::{Checkup, ReferenceRange, Value};
use ui::language::Words;

use super::drugs::facility;
use crate::charts::trend::trend;

/// A chart of one item.
pub(in crate::pages) struct TrendFigure {
    pub(in crate::pages) name: String,
    pub(in crate::pages) newest: String,
    pub(in crate::pages) unit: String,
    pub(in crate::pages) mark: Option<String>,
    pub(in crate::pages) range: String,
    pub(in crate::pages) svg: String,
}

/// The table: one column for each checkup, the newest first.
pub(in crate::pages) struct CheckupTable {
    pub(in crate::pages) heads: Vec<String>,
    pub(in crate::pages) rows: Vec<ItemRow>,
}

/// One item.
pub(in crate::pages) struct ItemRow {
    pub(in crate::pages) name: String,
    pub(in crate::pages) unit: String,
    pub(in crate::pages) range: String,
    pub(in crate::pages) method: String,
    pub(in crate::pages) cells: Vec<Cell>,
}

/// A result; empty where the checkup has none.
#[derive(Default)]
pub(in crate::pages) struct Cell {
    pub(in crate::pages) value: String,
    pub(in crate::pages) mark: Option<String>,
}

/// The charts: items with numbers on two days, those outside their range first.
pub(super) fn figures(all: &[Series], words: &Words) -> Vec<TrendFigure> {
    let mut drawn: Vec<&Series> = all.iter().filter(|it| it.is_drawn()).collect();
    drawn.sort_by_key(|it| !is_outside(it));
    drawn.into_iter().map(|it| figure(it, words)).collect()
}

/// How many items lie outside their range at the newest checkup.
pub(super) fn outside(all: &[Series]) -> usize {
    all.iter().filter(|it| is_outside(it)).count()
}

fn is_outside(series: &Series) -> bool {
    let newest = series.newest().map(|it| it.standing);
    matches!(newest, Some(Standing::Above | Standing::Below))
}

fn figure(series: &Series, words: &Words) -> TrendFigure {
    let unit = unit(series);
    let newest = series.newest();
    let told: Vec<String> = series
        .points
        .iter()
        .map(|it| {
            let mark = mark(it.standing, words).unwrap_or_default();
            format!("{} {}{mark}", it.day, value(&it.value))
        })
        .collect();
    let values = [
        ("name", series.name.as_str().to_owned()),
        ("unit", unit.clone()),
        ("results", told.join(words.choose("、", ", "))),
    ];
    let label = words.say_with("medical-trend-label", &values);
    TrendFigure {
        name: series.name.as_str().to_owned(),
        newest: newest.map_or_else(String::new, |it| value(&it.value)),
        unit,
        mark: newest.and_then(|it| mark(it.standing, words)),
        range: newest.map_or_else(String::new, |it| range(&it.range)),
        svg: trend(series, &label),
    }
}

/// The items by date, of those that hold the words searched for.
pub(super) fn table(checkups: &[Checkup], all: &[Series], words: &Words) -> CheckupTable {
    let mut newest_first: Vec<&Checkup> = checkups.iter().collect();
    newest_first.sort_by_key(|it| std::cmp::Reverse(it.day));
    let days: Vec<CivilDate> = newest_first.iter().map(|it| it.day).collect();
    let head = |it: &&Checkup| {
        let known = it.facility.name.is_some() || it.facility.code.is_some();
        let at = if known {
            facility(&it.facility, words)
        } else {
            String::new()
        };
        format!("{} {at}", it.day).trim().to_owned()
    };
    CheckupTable {
        heads: newest_first.iter().map(head).collect(),
        rows: all.iter().map(|it| row(it, &days, words)).collect(),
    }
}

/// The items that hold the words searched for.
pub(super) fn found(checkups: &[Checkup], sought: &Sought) -> Vec<Series> {
    let mut all = series(checkups);
    all.retain(|it| sought.are_in([it.name.as_str(), it.code.as_str()]));
    all
}

fn row(series: &Series, days: &[CivilDate], words: &Words) -> ItemRow {
    let newest = series.newest();
    let cell = |day: &CivilDate| {
        let point = series.points.iter().rev().find(|it| it.day == *day);
        point.map_or_else(Cell::default, |it| cell(it, newest, words))
    };
    let method = newest.and_then(|it| it.method.as_ref());
    ItemRow {
        name: series.name.as_str().to_owned(),
        unit: unit(series),
        range: newest.map_or_else(String::new, |it| range(&it.range)),
        method: method.map_or_else(String::new, |it| it.as_str().to_owned()),
        cells: days.iter().map(cell).collect(),
    }
}

/// A result; with its own range, where that is not the newest one's.
fn cell(point: &Point, newest: Option<&Point>, words: &Words) -> Cell {
    let mut value = value(&point.value);
    if newest.is_some_and(|it| it.range != point.range) {
        let own = range(&point.range);
        if !own.is_empty() {
            value = words.say_with("medical-own-range", &[("value", value), ("range", own)]);
        }
    }
    Cell {
        value,
        mark: mark(point.standing, words),
    }
}

fn unit(series: &Series) -> String {
    let unit = series.unit.as_ref();
    unit.map_or_else(String::new, |it| it.as_str().to_owned())
}

/// A result in words.
fn value(it: &Value) -> String {
    match it {
        Value::Measured { amount, .. } => amount.as_str().to_owned(),
        Value::Coded { code, name, .. } => name.as_ref().unwrap_or(code).as_str().to_owned(),
        Value::Words(words) => words.as_str().to_owned(),
    }
}

/// A range in signs: `30–149`, `≤ 149`, `≥ 40`.
fn range(it: &ReferenceRange) -> String {
    match (&it.low, &it.high) {
        (Some(low), Some(high)) => format!("{}–{}", low.as_str(), high.as_str()),
        (Some(low), None) => format!("≥ {}", low.as_str()),
        (None, Some(high)) => format!("≤ {}", high.as_str()),
        (None, None) => String::new(),
    }
}

fn mark(standing: Standing, words: &Words) -> Option<String> {
    match standing {
        Standing::Above => Some(words.say("medical-above")),
        Standing::Below => Some(words.say("medical-below")),
        Standing::Within | Standing::Unknown => None,
    }
}
