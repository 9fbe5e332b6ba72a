//! Whole columns: what many rows have in one place, for texts that take them by `unnest` or `= ANY`. Knows no table.

use tokio_postgres::types::ToSql;

use super::Server;
use crate::sql::{Error, Row};

/// What each of many rows has in one column, in the order of the rows; or one value for all of them.
pub(crate) type Column<'r> = Box<dyn ToSql + Sync + 'r>;

/// A column of rows.
pub(crate) fn column<'r, R, T: ToSql + Sync + 'r>(
    rows: &'r [R],
    of: impl Fn(&'r R) -> T,
) -> Column<'r> {
    Box::new(rows.iter().map(of).collect::<Vec<T>>())
}

/// One value for all rows.
pub(crate) fn single<'r, T: ToSql + Sync + 'r>(value: T) -> Column<'r> {
    Box::new(value)
}

/// Columns as a statement takes them.
pub(crate) fn references<'c>(columns: &'c [Column<'_>]) -> Vec<&'c (dyn ToSql + Sync)> {
    columns
        .iter()
        .map(|it| &**it as &(dyn ToSql + Sync))
        .collect()
}

impl Server {
    /// The rows that a text finds for whole columns.
    pub(crate) fn find(
        &self,
        text: &str,
        columns: &[Column<'_>],
    ) -> Result<Vec<Row<'static>>, Error> {
        let rows = self.query_columns(&self.prepare(text)?, &references(columns))?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    /// Runs a text that writes whole columns; returns how many rows it changed.
    pub(crate) fn put(&self, text: &str, columns: &[Column<'_>]) -> Result<u64, Error> {
        let text = self.prepare(text)?;
        self.ask(self.client.execute(&text, &references(columns)))
    }
}
