//! Statements, their values and their rows, as the store's modules use them, whichever database holds the tables. Knows no table.
//!
//! A text is written once, in what SQLite and PostgreSQL both understand (`docs/decisions/0081-two-engines.md`).

use rusqlite::types::{FromSql, FromSqlError};
use tokio_postgres::error::SqlState;

pub(crate) mod postgres;
mod values;

pub(crate) use rusqlite::params;
pub(crate) use rusqlite::types::{Value, ValueRef};

use self::postgres::{Server, answer};
pub(crate) use self::values::{Column, Params, params_from_iter};

/// What a statement comes to.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a statement did not do what it says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// One row was asked for, and there is none.
    #[error("no row")]
    NoRow,
    /// What SQLite says.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// What PostgreSQL says, or why it says nothing.
    #[error("{}", said(.0))]
    Postgres(#[source] tokio_postgres::Error),
    /// PostgreSQL was asked, and no answer came.
    #[error("no answer came in time")]
    NoAnswer,
    /// A value is not of the kind that is asked for.
    #[error(transparent)]
    Value(#[from] FromSqlError),
}

/// The server's own words without the values it may add to them, or what keeps it from speaking.
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(it) => format!("{} ({})", it.message(), it.code().code()),
        None => {
            let source = std::error::Error::source(error);
            source.map_or_else(|| error.to_string(), |it| format!("{error}: {it}"))
        }
    }
}

/// Whether these are a server's words about a statement that it ended because it took too long.
pub(crate) fn is_time_up(said: &str) -> bool {
    said.ends_with(&format!("({})", SqlState::QUERY_CANCELED.code()))
}

/// Makes of a row that need not be there an `Option`.
pub(crate) trait OptionalExtension<T> {
    /// `None` where there is no row.
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(it) => Ok(Some(it)),
            Err(Error::NoRow) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A connection to a database.
pub(crate) enum Connection {
    /// To a file.
    Sqlite(rusqlite::Connection),
    /// To a server.
    Postgres(Server),
}

impl Connection {
    /// A statement, kept prepared for the next time.
    pub(crate) fn prepare_cached(&self, text: &str) -> Result<Statement<'_>> {
        Ok(match self {
            Self::Sqlite(it) => Statement::Sqlite(it.prepare_cached(text)?),
            Self::Postgres(it) => Statement::Postgres(it, it.prepare(text)?),
        })
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn execute(&self, text: &str, params: impl Params) -> Result<usize> {
        match self {
            Self::Sqlite(it) => params.bind(|values| Ok(it.execute(text, values)?)),
            Self::Postgres(_) => self.prepare_cached(text)?.execute(params),
        }
    }

    /// Runs several statements without values.
    pub(crate) fn execute_batch(&self, texts: &str) -> Result<()> {
        match self {
            Self::Sqlite(it) => Ok(it.execute_batch(texts)?),
            Self::Postgres(it) => it.batch(texts),
        }
    }

    /// The first row of a statement.
    pub(crate) fn query_row<T>(
        &self,
        text: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        match self {
            Self::Sqlite(it) => {
                let mut statement = it.prepare(text)?;
                params.bind(|values| first(statement.query(values)?, read))
            }
            Self::Postgres(_) => self.prepare_cached(text)?.query_row(params, read),
        }
    }

    /// Where the row lies that was inserted last: under the number it was given, or under the one SQLite found for it.
    pub(crate) fn placed(&self, given: Option<i64>) -> i64 {
        match self {
            Self::Sqlite(it) => given.unwrap_or_else(|| it.last_insert_rowid()),
            Self::Postgres(_) => given.unwrap_or_default(),
        }
    }

    /// Begins a transaction that sees the database as it is now until it is dropped, and writes nothing.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>> {
        Ok(match self {
            Self::Sqlite(it) => Snapshot::Sqlite(it.unchecked_transaction()?),
            Self::Postgres(it) => {
                it.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
                Snapshot::Postgres(it)
            }
        })
    }
}

/// A transaction that only reads. Ends when it is dropped.
pub(crate) enum Snapshot<'c> {
    /// Of a file.
    Sqlite(#[expect(dead_code, reason = "held until it is dropped")] rusqlite::Transaction<'c>),
    /// Of a server.
    Postgres(&'c Server),
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        if let Self::Postgres(server) = self {
            // Where that fails the connection is used no more.
            let _ = server.end("COMMIT");
        }
    }
}

/// A prepared statement.
pub(crate) enum Statement<'c> {
    /// Of a file.
    Sqlite(rusqlite::CachedStatement<'c>),
    /// Of a server.
    Postgres(&'c Server, tokio_postgres::Statement),
}

impl Statement<'_> {
    /// Runs the statement; returns how many rows it changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize> {
        params.bind(|values| match self {
            Self::Sqlite(it) => Ok(it.execute(values)?),
            Self::Postgres(server, it) => server.execute(it, values),
        })
    }

    /// The rows of the statement, one after the other.
    pub(crate) fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        params.bind(|values| match self {
            Self::Sqlite(it) => Ok(Rows::Sqlite(it.query(values)?)),
            Self::Postgres(server, it) => Ok(Rows::Postgres(server.query(it, values)?.into_iter())),
        })
    }

    /// What is read of each row.
    pub(crate) fn query_map<T, F: FnMut(&Row<'_>) -> Result<T>>(
        &mut self,
        params: impl Params,
        read: F,
    ) -> Result<MappedRows<'_, F>> {
        let rows = self.query(params)?;
        Ok(MappedRows { rows, read })
    }

    /// The first row.
    pub(crate) fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut rows = self.query(params)?;
        read(&rows.next()?.ok_or(Error::NoRow)?)
    }

    /// Whether there is a row.
    pub(crate) fn exists(&mut self, params: impl Params) -> Result<bool> {
        Ok(self.query(params)?.next()?.is_some())
    }

    /// How many columns a row has.
    pub(crate) fn column_count(&self) -> usize {
        match self {
            Self::Sqlite(it) => it.column_count(),
            Self::Postgres(_, it) => it.columns().len(),
        }
    }
}

fn first<T>(mut rows: rusqlite::Rows<'_>, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
    read(&Row::Sqlite(rows.next()?.ok_or(Error::NoRow)?))
}

/// The rows of a statement.
pub(crate) enum Rows<'s> {
    /// Read from a file one by one.
    Sqlite(rusqlite::Rows<'s>),
    /// All there.
    Postgres(std::vec::IntoIter<tokio_postgres::Row>),
}

impl Rows<'_> {
    /// The next row; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(match self {
            Self::Sqlite(it) => it.next()?.map(Row::Sqlite),
            Self::Postgres(it) => it.next().map(Row::Postgres),
        })
    }
}

/// What is read of each row of a statement.
pub(crate) struct MappedRows<'s, F> {
    rows: Rows<'s>,
    read: F,
}

impl<T, F: FnMut(&Row<'_>) -> Result<T>> Iterator for MappedRows<'_, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        match self.rows.next() {
            Ok(Some(row)) => Some((self.read)(&row)),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// A row. Columns are counted from 0, or named.
pub(crate) enum Row<'r> {
    /// Where SQLite has it.
    Sqlite(&'r rusqlite::Row<'r>),
    /// As it came.
    Postgres(tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column.
    pub(crate) fn get<C: Column, T: FromSql>(&self, column: C) -> Result<T> {
        match self {
            Self::Sqlite(it) => Ok(it.get(column)?),
            Self::Postgres(it) => Ok(T::column_result(answer::value(it, column)?)?),
        }
    }

    /// The value of a column, where it lies.
    pub(crate) fn get_ref<C: Column>(&self, column: C) -> Result<ValueRef<'_>> {
        match self {
            Self::Sqlite(it) => Ok(it.get_ref(column)?),
            Self::Postgres(it) => answer::value(it, column),
        }
    }
}
