//! Statements, their values and their rows, as the store's modules use them. Knows no table and no file.

use rusqlite::types::FromSqlError;

mod values;

pub(crate) use rusqlite::params;
pub(crate) use rusqlite::types::{Value, ValueRef};

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
    /// A value is not of the kind that is asked for.
    #[error(transparent)]
    Value(#[from] FromSqlError),
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
pub(crate) struct Connection(rusqlite::Connection);

impl From<rusqlite::Connection> for Connection {
    fn from(connection: rusqlite::Connection) -> Self {
        Self(connection)
    }
}

impl Connection {
    /// The connection to a SQLite file, for what no other database does.
    pub(crate) fn sqlite(&self) -> &rusqlite::Connection {
        &self.0
    }

    /// A statement, kept prepared for the next time.
    pub(crate) fn prepare_cached(&self, text: &str) -> Result<Statement<'_>> {
        Ok(Statement(self.0.prepare_cached(text)?))
    }

    /// Runs a statement; returns how many rows it changed.
    pub(crate) fn execute(&self, text: &str, params: impl Params) -> Result<usize> {
        params.bind(|values| Ok(self.0.execute(text, values)?))
    }

    /// Runs several statements without values.
    pub(crate) fn execute_batch(&self, texts: &str) -> Result<()> {
        Ok(self.0.execute_batch(texts)?)
    }

    /// The first row of a statement.
    pub(crate) fn query_row<T>(
        &self,
        text: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut statement = self.0.prepare(text)?;
        params.bind(|values| first(statement.query(values)?, read))
    }

    /// The number SQLite gave the row that was inserted last.
    pub(crate) fn last_insert_rowid(&self) -> i64 {
        self.0.last_insert_rowid()
    }

    /// Whether no transaction runs.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.0.is_autocommit()
    }

    /// Begins a transaction that sees the database as it is now until it is dropped, and writes nothing.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>> {
        Ok(Snapshot(self.0.unchecked_transaction()?))
    }
}

/// A transaction that only reads. Ends when it is dropped.
pub(crate) struct Snapshot<'c>(
    #[expect(dead_code, reason = "held until it is dropped")] rusqlite::Transaction<'c>,
);

/// A prepared statement.
pub(crate) struct Statement<'c>(rusqlite::CachedStatement<'c>);

impl Statement<'_> {
    /// Runs the statement; returns how many rows it changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize> {
        params.bind(|values| Ok(self.0.execute(values)?))
    }

    /// The rows of the statement, one after the other.
    pub(crate) fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        params.bind(|values| Ok(Rows(self.0.query(values)?)))
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
        params.bind(|values| first(self.0.query(values)?, read))
    }

    /// Whether there is a row.
    pub(crate) fn exists(&mut self, params: impl Params) -> Result<bool> {
        params.bind(|values| Ok(self.0.exists(values)?))
    }

    /// How many columns a row has.
    pub(crate) fn column_count(&self) -> usize {
        self.0.column_count()
    }
}

fn first<T>(mut rows: rusqlite::Rows<'_>, read: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<T> {
    read(&Row(rows.next()?.ok_or(Error::NoRow)?))
}

/// The rows of a statement.
pub(crate) struct Rows<'s>(rusqlite::Rows<'s>);

impl Rows<'_> {
    /// The next row; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(self.0.next()?.map(Row))
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
pub(crate) struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    /// The value of a column.
    pub(crate) fn get<C: Column, T: rusqlite::types::FromSql>(&self, column: C) -> Result<T> {
        Ok(self.0.get(column)?)
    }

    /// The value of a column, where it lies.
    pub(crate) fn get_ref<C: Column>(&self, column: C) -> Result<ValueRef<'_>> {
        Ok(self.0.get_ref(column)?)
    }
}
