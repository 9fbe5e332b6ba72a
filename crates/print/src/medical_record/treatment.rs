//! Treatment by day (診療情報), from the same months as the drugs. Shows no drug.

use domain::medical_information::drugs::{DrugDay, DrugMonth, Treatment};

use super::drugs::{head, newest_first, said};
use super::{Laid, day};
use crate::sheet::Sheet;
use crate::table::{Cell, Column, Heads, Table};

pub(super) fn lay(sheet: &mut Sheet<'_>, months: &[DrugMonth]) -> Laid {
    let mut with_treatment: Vec<&DrugMonth> = months
        .iter()
        .filter(|it| it.days.iter().any(|day| !day.treatments.is_empty()))
        .collect();
    if with_treatment.is_empty() {
        return Laid::Nothing;
    }
    with_treatment.sort_by_key(|it| std::cmp::Reverse(it.month));
    let columns = vec![
        Column::new("診療日", "Day", 60.0),
        Column::new("診療行為・コード", "Treatment, code", 300.0),
        Column::new("区分", "Class", 50.0),
        Column::new("数量", "Quantity", 70.0),
        Column::new("回数", "Times", 43.0),
    ];
    let mut table = Table::begin(sheet, columns, Heads::Columns);
    for record in with_treatment {
        table.group(sheet, &head(record));
        for of_day in newest_first(record) {
            for treatment in &of_day.treatments {
                table.row(sheet, &cells(of_day, treatment));
            }
        }
    }
    Laid::Something
}

fn cells(of_day: &DrugDay, treatment: &Treatment) -> Vec<Cell> {
    let name = Cell::strong(treatment.name.as_str());
    let quantity = [
        treatment.quantity.as_ref().map(|it| it.as_str()),
        treatment.unit.as_ref().map(|it| it.as_str()),
    ];
    vec![
        Cell::of(day(of_day.dispensed.or(of_day.prescribed))),
        name.and_small(treatment.code.as_ref().map(|it| it.as_str())),
        Cell::of(said([treatment.class.as_ref().map(|it| it.as_str())])),
        Cell::of(said(quantity)),
        Cell::of(treatment.times.map_or("-".to_owned(), |it| it.to_string())),
    ]
}
