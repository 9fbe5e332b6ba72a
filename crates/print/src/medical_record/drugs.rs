//! The drugs, by month, source and who prescribed and dispensed. Adds up nothing.

use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source};

use super::{Laid, day, facility, month};
use crate::sheet::Sheet;
use crate::table::{Cell, Column, Heads, Table};

pub(super) fn lay(sheet: &mut Sheet<'_>, months: &[DrugMonth]) -> Laid {
    let mut with_drugs: Vec<&DrugMonth> = months
        .iter()
        .filter(|it| it.days.iter().any(|day| !day.drugs.is_empty()))
        .collect();
    if with_drugs.is_empty() {
        return Laid::Nothing;
    }
    with_drugs.sort_by_key(|it| std::cmp::Reverse(it.month));
    let columns = vec![
        Column::new("調剤日", "Dispensed", 52.0),
        Column::new("処方日", "Prescribed", 52.0),
        Column::new("医薬品名・成分・コード", "Drug, ingredient, code", 186.0),
        Column::new("数量", "Quantity", 54.0),
        Column::new("用法・指示", "Usage, instruction", 132.0),
        Column::new("日数・回数", "Times", 47.0),
    ];
    let mut table = Table::begin(sheet, columns, Heads::Columns);
    for record in with_drugs {
        table.group(sheet, &head(record));
        for of_day in newest_first(record) {
            for drug in &of_day.drugs {
                table.row(sheet, &cells(of_day, drug));
            }
        }
    }
    Laid::Something
}

/// A record's days, the newest first.
pub(super) fn newest_first(record: &DrugMonth) -> Vec<&DrugDay> {
    let mut days: Vec<&DrugDay> = record.days.iter().collect();
    days.sort_by_key(|it| std::cmp::Reverse(it.dispensed.or(it.prescribed)));
    days
}

/// What is alike for all rows of a record.
pub(super) fn head(record: &DrugMonth) -> String {
    let mut head = format!("{}　{}", month(record.month), source(record.source));
    if let Some(prescriber) = facility(&record.prescriber) {
        head.push_str(&format!("　処方：{prescriber}"));
    }
    if let Some(dispenser) = facility(&record.dispenser) {
        head.push_str(&format!("　調剤：{dispenser}"));
    }
    if let Some(code) = &record.in_or_out {
        head.push_str(&format!("　入外区分 {}", code.as_str()));
    }
    if let Some(code) = &record.origin {
        head.push_str(&format!("　データ区分 {}", code.as_str()));
    }
    head
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Claims => "【レセプト】",
        Source::Dispensing => "【調剤情報】",
        Source::Prescription => "【処方情報】",
    }
}

fn cells(of_day: &DrugDay, drug: &Drug) -> Vec<Cell> {
    let below = [
        drug.ingredient.as_ref().map(|it| it.as_str()),
        drug.code.as_ref().map(|it| it.as_str()),
    ];
    let below = known(below, "　");
    let name = Cell::strong(drug.name.as_str()).and_small(below);
    let quantity = [
        drug.quantity.as_ref().map(|it| it.as_str()),
        drug.unit.as_ref().map(|it| it.as_str()),
    ];
    let usage = drug.usage.as_ref().map(|it| it.as_str());
    let usage = Cell::of(usage.unwrap_or("-"));
    let usage = usage.and_small(drug.instruction.as_ref().map(|it| it.as_str()));
    let class = drug.usage_class.as_ref();
    vec![
        Cell::of(day(of_day.dispensed)),
        Cell::of(day(of_day.prescribed)),
        name,
        Cell::of(said(quantity)),
        usage.and_small(class.map(|it| format!("用法区分 {}", it.as_str()))),
        Cell::of(drug.times.map_or("-".to_owned(), |it| it.to_string())),
    ]
}

/// What is known, one after the other; "-" where nothing is.
pub(super) fn said<const N: usize>(parts: [Option<&str>; N]) -> String {
    known(parts, " ").unwrap_or("-".to_owned())
}

fn known<const N: usize>(parts: [Option<&str>; N], between: &str) -> Option<String> {
    let known: Vec<_> = parts.into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(between))
}
