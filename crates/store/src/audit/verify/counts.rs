//! How many rows a table has. A server ends statements that take long, so that there rows are counted some thousands at a time.

use crate::engine::StoreError;
use crate::sql::{self, Connection, OptionalExtension, Value, params_from_iter};

/// Rows counted at once at a server.
const PAGE: u64 = 5_000;

/// The rows of a table that has this primary key at a server.
pub(super) fn rows(connection: &Connection, table: &str, key: &[&str]) -> Result<u64, StoreError> {
    if let Connection::Sqlite(_) = connection {
        let text = format!("SELECT count(*) FROM {table}");
        return Ok(connection.query_row(&text, [], |row| row.get(0))?);
    }
    let columns = key.join(", ");
    let values: Vec<String> = (1..=key.len()).map(|it| format!("?{it}")).collect();
    let behind = format!(" WHERE ({columns}) > ({})", values.join(", "));
    let mut count = 0;
    let mut after: Vec<Value> = Vec::new();
    loop {
        let from = if after.is_empty() {
            ""
        } else {
            behind.as_str()
        };
        let from = format!("FROM {table}{from} ORDER BY {columns} LIMIT");
        let text = format!("SELECT {columns} {from} 1 OFFSET {}", PAGE - 1);
        let last = connection.prepare_cached(&text)?.query_row(
            params_from_iter(after.iter().cloned()),
            |row| {
                let values = (0..key.len()).map(|it| row.get::<_, Value>(it));
                values.collect::<sql::Result<Vec<Value>>>()
            },
        );
        let Some(last) = last.optional()? else {
            let text = format!("SELECT count(*) FROM (SELECT 1 {from} {PAGE}) AS rest");
            let mut statement = connection.prepare_cached(&text)?;
            let rest: u64 = statement.query_row(params_from_iter(after), |row| row.get(0))?;
            return Ok(count + rest);
        };
        count += PAGE;
        after = last;
    }
}
