//! A connection to PostgreSQL behind the interface of [`crate::sql`]: the calling thread waits, a thread of the store's own speaks with
//! the server. Knows no table.
//!
//! Texts are those SQLite is given, but for how values are numbered; values take the types PostgreSQL says they have. So a text that
//! both understand needs no casts. All rows of an answer are read before the first is looked at: a text bounds how many there are.

pub(crate) mod answer;
pub(crate) mod columns;
pub(crate) mod text;
pub(crate) mod waiting;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use rusqlite::types::ToSql;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, Statement};

use self::answer::Bound;
use self::waiting::wait;
use crate::sql::Error;

/// Statements a connection keeps prepared; beyond that it begins anew.
const MOST_PREPARED: usize = 512;

/// A connection to a server, of one thread at a time.
pub(crate) struct Server {
    client: Client,
    /// How long a single answer may take; after that the connection is given up.
    patience: Duration,
    prepared: RefCell<HashMap<Box<str>, Statement>>,
    is_within: Cell<bool>,
    is_given_up: Cell<bool>,
}

impl Server {
    pub(crate) fn new(client: Client, patience: Duration) -> Self {
        Self {
            client,
            patience,
            prepared: RefCell::default(),
            is_within: Cell::new(false),
            is_given_up: Cell::new(false),
        }
    }

    /// Whether nothing can be asked over it any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_given_up.get() || self.client.is_closed()
    }

    /// Whether a transaction runs.
    pub(crate) fn is_within(&self) -> bool {
        self.is_within.get() && !self.is_lost()
    }

    /// Runs texts without values, all of them in one message.
    pub(crate) fn batch(&self, texts: &str) -> Result<(), Error> {
        self.ask(self.client.batch_execute(texts))
    }

    /// Begins a transaction with these texts.
    pub(crate) fn begin(&self, texts: &str) -> Result<(), Error> {
        let begun = self.batch(texts);
        match &begun {
            Ok(()) => self.is_within.set(true),
            // The server may have begun one before it refused what follows.
            Err(_) => self.end("ROLLBACK").unwrap_or_default(),
        }
        begun
    }

    /// Ends the running transaction, as `COMMIT` or `ROLLBACK` says.
    pub(crate) fn end(&self, text: &str) -> Result<(), Error> {
        self.is_within.set(false);
        let ended = self.batch(text);
        if ended.is_err() {
            // Whether a transaction still runs is not known.
            self.is_given_up.set(true);
        }
        ended
    }

    pub(crate) fn prepare(&self, text: &str) -> Result<Statement, Error> {
        if let Some(known) = self.prepared.borrow().get(text) {
            return Ok(known.clone());
        }
        let translated = text::numbered(text);
        let prepared = self.ask(self.client.prepare(&translated))?;
        let mut all = self.prepared.borrow_mut();
        if MOST_PREPARED <= all.len() {
            all.clear();
        }
        all.insert(text.into(), prepared.clone());
        Ok(prepared)
    }

    pub(crate) fn execute(&self, text: &Statement, values: &[&dyn ToSql]) -> Result<usize, Error> {
        let values = Bound::all(values)?;
        let changed = self.ask(self.client.execute_raw(text, &values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(crate) fn query(&self, text: &Statement, values: &[&dyn ToSql]) -> Result<Vec<Row>, Error> {
        let values = Bound::all(values)?;
        let values: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
            values.iter().map(|it| it as _).collect();
        self.ask(self.client.query(text, &values))
    }

    /// The rows of a text that is given whole columns.
    pub(crate) fn query_columns(
        &self,
        text: &Statement,
        columns: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        self.ask(self.client.query(text, columns))
    }

    /// Copies rows into a table, as `COPY … FROM STDIN BINARY` says it.
    pub(crate) fn copy<'v, const N: usize>(
        &self,
        text: &str,
        kinds: &[Type; N],
        rows: impl Iterator<Item = [&'v (dyn tokio_postgres::types::ToSql + Sync); N]>,
    ) -> Result<(), Error> {
        let text = self.prepare(text)?;
        self.ask(async {
            let sink = self.client.copy_in(&text).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, kinds));
            for row in rows {
                writer.as_mut().write(&row).await?;
            }
            writer.finish().await
        })?;
        Ok(())
    }

    /// Runs texts one after the other without waiting between them; the first error is what comes of it. `is_last` says that the running
    /// transaction ends with them.
    pub(crate) fn run_together(&self, steps: &[Step<'_>], is_last: bool) -> Result<(), Error> {
        self.is_within.set(true);
        let asked = steps
            .iter()
            .map(|(text, values)| self.client.execute(*text, values));
        self.ask(together(asked.collect()))?;
        if is_last {
            self.is_within.set(false);
        }
        Ok(())
    }

    /// The rows of texts that are asked one after the other without waiting between them.
    pub(crate) fn find_together(&self, steps: &[Step<'_>]) -> Result<Vec<Vec<Row>>, Error> {
        let asked = steps
            .iter()
            .map(|(text, values)| self.client.query(*text, values));
        self.ask(together(asked.collect()))
    }

    fn ask<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        if self.is_given_up.get() {
            return Err(Error::NoAnswer);
        }
        match wait(asked, self.patience) {
            Some(answer) => answer.map_err(Error::Postgres),
            None => {
                self.is_given_up.set(true);
                Err(Error::NoAnswer)
            }
        }
    }
}

/// A text with its values.
pub(crate) type Step<'s> = (
    &'s Statement,
    &'s [&'s (dyn tokio_postgres::types::ToSql + Sync)],
);

/// Asks everything at once, in this order, and waits for all answers, which come in the same order. The first error is what comes of it.
async fn together<T>(
    asked: Vec<impl Future<Output = Result<T, tokio_postgres::Error>>>,
) -> Result<Vec<T>, tokio_postgres::Error> {
    let mut asked: Vec<_> = asked.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<Result<T, tokio_postgres::Error>>> = Vec::new();
    answers.resize_with(asked.len(), || None);
    // What is sent is sent by the first poll.
    std::future::poll_fn(|context| {
        for (future, answer) in asked.iter_mut().zip(&mut answers) {
            if let Poll::Ready(it) = future.as_mut().poll(context) {
                *answer = Some(it);
            }
        }
        Poll::Ready(())
    })
    .await;
    let mut all = Ok(Vec::with_capacity(asked.len()));
    for (future, answer) in asked.into_iter().zip(answers) {
        let answer = match answer {
            Some(answer) => answer,
            None => future.await,
        };
        all = all.and_then(|mut all: Vec<T>| {
            all.push(answer?);
            Ok(all)
        });
    }
    all
}

/// Whether an error says that a row of a table is there already. A part of a divided table bears a name that begins with the table's.
pub(crate) fn is_taken(error: &tokio_postgres::Error, table: &str) -> bool {
    error.as_db_error().is_some_and(|it| {
        *it.code() == SqlState::UNIQUE_VIOLATION
            && it.table().is_some_and(|it| it.starts_with(table))
    })
}

/// Whether an error says that the database cannot be reached or takes nothing now, as opposed to what was asked being wrong.
pub(crate) fn is_away(error: &tokio_postgres::Error) -> bool {
    let Some(state) = error.code() else {
        return true;
    };
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(state)
        // Connection exceptions, insufficient resources, and errors of the system below (appendix A of PostgreSQL's manual).
        || ["08", "53", "58"].iter().any(|class| state.code().starts_with(class))
}
