//! Checkups side by side: a row for each item, a column for each day, with unit and reference range. Judges no value.

use std::collections::BTreeMap;

use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};

use super::{Laid, facility};
use crate::sheet::{BODY, SMALL, Sheet};
use crate::table::{Cell, Column, Heads, Table};

/// Days that stand side by side; more of them follow in further tables.
const DAYS_ABREAST: usize = 4;

pub(super) fn lay(sheet: &mut Sheet<'_>, checkups: &[Checkup]) -> Laid {
    if checkups.is_empty() {
        return Laid::Nothing;
    }
    let mut newest_first: Vec<&Checkup> = checkups.iter().collect();
    newest_first.sort_by_key(|it| std::cmp::Reverse(it.day));
    for abreast in newest_first.chunks(DAYS_ABREAST) {
        side_by_side(sheet, abreast);
        sheet.skip(8.0);
    }
    Laid::Something
}

fn side_by_side(sheet: &mut Sheet<'_>, checkups: &[&Checkup]) {
    let places = checkups.iter().filter_map(|it| {
        let place = facility(&it.facility)?;
        Some(format!("{}：{place}", it.day))
    });
    let places: Vec<_> = places.collect();
    if !places.is_empty() {
        sheet.need(90.0);
        let text = format!("実施機関 Facility　{}", places.join("　"));
        sheet.paragraph(&text, SMALL);
        sheet.skip(2.0);
    }
    let mut columns = vec![
        Column::new("検査・質問項目", "Item, method, code", 158.0),
        Column::new("単位", "Unit", 48.0),
        Column::new("基準範囲", "Range", 57.0),
    ];
    let days = checkups.iter().map(|it| it.day.to_string());
    columns.extend(days.map(|day| Column::new(&day, "", 65.0)));
    let mut table = Table::begin(sheet, columns, Heads::Both);
    for (code, items) in by_item(checkups) {
        table.row(sheet, &cells(code, &items, checkups.len()));
    }
}

/// Each item with what was found on each day, in the order of the newest checkup that has it.
fn by_item<'a>(checkups: &[&'a Checkup]) -> Vec<(&'a ItemCode, Vec<(usize, &'a Item)>)> {
    let mut places: BTreeMap<&ItemCode, usize> = BTreeMap::new();
    let mut rows: Vec<(&ItemCode, Vec<(usize, &Item)>)> = Vec::new();
    for (at, checkup) in checkups.iter().enumerate() {
        for item in &checkup.items {
            let place = *places.entry(&item.code).or_insert(rows.len());
            match rows.get_mut(place) {
                Some((_, found)) => found.push((at, item)),
                None => rows.push((&item.code, vec![(at, item)])),
            }
        }
    }
    rows
}

fn cells(code: &ItemCode, items: &[(usize, &Item)], days: usize) -> Vec<Cell> {
    let newest = items.first().map(|(_, item)| *item);
    let name = newest.map_or("-", |it| it.name.as_str());
    let method = newest.and_then(|it| it.method.as_ref());
    let unit = newest.and_then(unit_of);
    let range = newest.map(|it| range(&it.range)).unwrap_or_default();
    let mut cells = vec![
        Cell::strong(name)
            .and_small(method.map(|it| it.as_str()))
            .and_small(Some(code.as_str())),
        Cell::of(unit.unwrap_or("-")),
        Cell::of(range.clone()),
    ];
    for at in 0..days {
        let mut cell = Cell::default();
        for (_, item) in items.iter().filter(|(day, _)| *day == at) {
            cell.0.push((value(item), BODY));
            // What differs from the row's head is said beside the value it belongs to.
            if unit_of(item) != unit && unit_of(item).is_some() {
                cell = cell.and_small(unit_of(item));
            }
            let own = self::range(&item.range);
            if own != range {
                cell = cell.and_small(Some(format!("基準 {own}")));
            }
        }
        if cell.0.is_empty() {
            cell = Cell::of("-");
        }
        cells.push(cell);
    }
    cells
}

fn value(item: &Item) -> String {
    match &item.value {
        Value::Measured { amount, .. } => amount.as_str().to_owned(),
        Value::Coded { code, name, .. } => match name {
            Some(name) => format!("{}（{}）", name.as_str(), code.as_str()),
            None => code.as_str().to_owned(),
        },
        Value::Words(words) => words.as_str().to_owned(),
    }
}

fn unit_of(item: &Item) -> Option<&str> {
    match &item.value {
        Value::Measured { unit, .. } => unit.as_ref().map(|it| it.as_str()),
        Value::Coded { .. } | Value::Words(_) => None,
    }
}

fn range(range: &ReferenceRange) -> String {
    let low = range.low.as_ref().map(|it| it.as_str());
    let high = range.high.as_ref().map(|it| it.as_str());
    match (low, high) {
        (None, None) => "-".to_owned(),
        (low, high) => format!("{}〜{}", low.unwrap_or_default(), high.unwrap_or_default()),
    }
}
