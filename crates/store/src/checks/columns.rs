//! Many checks inserted into PostgreSQL at once, and their keys. Decides nothing about them.

use super::Record;
use crate::sql::postgres::columns::{Column, column};

/// Inserts what [`checks`] holds.
pub(crate) const CHECKS: &str = "INSERT INTO check_record SELECT * FROM unnest(?1::bigint[], ?2::bytea[], ?3::bigint[], ?4::text[], ?5::bigint[],
    ?6::text[], ?7::bigint[], ?8::text[], ?9::text[], ?10::text[], ?11::text[], ?12::bytea[], ?13::bytea[], ?14::text[])";

/// Inserts what [`keys`] holds.
pub(crate) const KEYS: &str = "INSERT INTO idempotency SELECT * FROM unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bytea[], ?5::bigint[])";

/// Checks.
pub(crate) fn checks<'r>(records: &'r [&'r Record]) -> Vec<Column<'r>> {
    vec![
        column(records, |it| it.row.facility),
        column(records, |it| &it.row.id[..]),
        column(records, |it| it.row.at),
        column(records, |it| it.row.account.as_str()),
        column(records, |it| i64::from(it.row.visit_date)),
        column(records, |it| it.row.origin.as_str()),
        column(records, |it| i64::from(it.row.verdict)),
        column(records, |it| it.row.insurer.as_str()),
        column(records, |it| it.row.name.as_deref()),
        column(records, |it| it.row.kana.as_deref()),
        column(records, |it| it.row.key.as_deref()),
        column(records, |it| &it.row.question[..]),
        column(records, |it| &it.row.answer[..]),
        column(records, |it| it.row.sources.as_deref()),
    ]
}

/// Keys of checks that have one, in the one order in which whoever takes several takes them: no two processes wait for each other.
pub(crate) fn keys<'r>(records: &[&'r Record]) -> Vec<Column<'r>> {
    let keyed = records.iter().filter_map(|it| {
        let row = &it.row;
        let key = row.key.as_deref()?;
        Some((row.facility, row.account.as_str(), key, &row.id[..], row.at))
    });
    let mut keyed: Vec<(i64, &'r str, &'r str, &'r [u8], i64)> = keyed.collect();
    keyed.sort_by_key(|it| (it.0, it.1, it.2));
    vec![
        Box::new(keyed.iter().map(|it| it.0).collect::<Vec<_>>()),
        Box::new(keyed.iter().map(|it| it.1).collect::<Vec<_>>()),
        Box::new(keyed.iter().map(|it| it.2).collect::<Vec<_>>()),
        Box::new(keyed.iter().map(|it| it.3).collect::<Vec<_>>()),
        Box::new(keyed.iter().map(|it| it.4).collect::<Vec<_>>()),
    ]
}
