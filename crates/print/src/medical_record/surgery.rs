//! Surgery by day (手術情報), the newest first. Knows no other kind.

use domain::medical_information::surgery::Surgery;

use super::{Laid, day, facility};
use crate::sheet::Sheet;
use crate::table::{Cell, Column, Heads, Table};

pub(super) fn lay(sheet: &mut Sheet<'_>, surgeries: &[Surgery]) -> Laid {
    if surgeries.is_empty() {
        return Laid::Nothing;
    }
    let mut newest_first: Vec<&Surgery> = surgeries.iter().collect();
    newest_first.sort_by_key(|it| std::cmp::Reverse(it.day));
    let columns = vec![
        Column::new("手術日", "Day", 60.0),
        Column::new("手術名・コード", "Surgery, code", 210.0),
        Column::new("医療機関", "Facility", 133.0),
        Column::new("備考", "Note", 120.0),
    ];
    let mut table = Table::begin(sheet, columns, Heads::Columns);
    for surgery in newest_first {
        let name = Cell::strong(surgery.name.as_str());
        let note = surgery.note.as_ref().map(|it| it.as_str());
        table.row(
            sheet,
            &[
                Cell::of(day(Some(surgery.day))),
                name.and_small(surgery.code.as_ref().map(|it| it.as_str())),
                Cell::of(facility(&surgery.facility).unwrap_or("-".to_owned())),
                Cell::of(note.unwrap_or("-")),
            ],
        );
    }
    Laid::Something
}
