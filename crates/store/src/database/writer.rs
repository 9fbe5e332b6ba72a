//! The connection through which one thread writes: its transactions, and that it comes back when a server was away. Knows no table.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::audit::Chain;
use crate::database::Job;
use crate::database::file::FileWriter;
use crate::database::numbers::Numbers;
use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::sql::{self, Connection};

/// The one who writes.
pub(super) enum Writer {
    File(FileWriter),
    Server {
        pool: Arc<Pool>,
        /// The connection, unless it was lost.
        connection: Option<Connection>,
        numbers: Numbers,
    },
}

impl Writer {
    pub(super) fn server(pool: Arc<Pool>) -> Self {
        Self::Server {
            pool,
            connection: None,
            numbers: Numbers::default(),
        }
    }

    /// What numbers rows, where the database does not.
    pub(super) fn numbers(&self) -> Option<Numbers> {
        match self {
            Self::File(_) => None,
            Self::Server { numbers, .. } => Some(*numbers),
        }
    }

    /// Begins a transaction. Of a server: when no other process writes what this one reads.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        match self {
            Self::File(file) => run(file.connection(), "BEGIN IMMEDIATE"),
            Self::Server {
                pool, connection, ..
            } => {
                if let Some(known) = connection {
                    match pool.begin_writing(known) {
                        Ok(()) => return Ok(()),
                        // Nothing was done over it yet, so it is safe to try another one.
                        Err(_) if is_lost(known) => *connection = None,
                        Err(error) => return Err(error.into()),
                    }
                }
                let new = pool.connect()?;
                pool.begin_writing(&new)?;
                *connection = Some(new);
                Ok(())
            }
        }
    }

    /// The connection, while a transaction runs: without one every statement would commit by itself. Begun, it may still have ended:
    /// some failures of the disk make SQLite undo it at once, and a server may be gone.
    pub(super) fn within(&self) -> Option<&Connection> {
        let connection = match self {
            Self::File(file) => file.connection(),
            Self::Server { connection, .. } => connection.as_ref()?,
        };
        let is_within = match connection {
            Connection::Sqlite(it) => !it.is_autocommit(),
            Connection::Postgres(it) => it.is_within(),
        };
        is_within.then_some(connection)
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        match self.within() {
            Some(Connection::Postgres(server)) => Ok(server.end("COMMIT")?),
            Some(connection) => run(connection, "COMMIT"),
            None => Err(StoreError::Away("the connection was lost".into())),
        }
    }

    /// Undoes the transaction. Where its fate is not known the chain is found again in the table.
    pub(super) fn undo(&mut self, chain: &mut Chain) {
        match self {
            Self::File(file) => {
                let _ = file.connection().execute_batch("ROLLBACK");
            }
            Self::Server { connection, .. } => {
                chain.doubt();
                if let Some(Connection::Postgres(server)) = connection {
                    let undone = !server.is_within() || server.end("ROLLBACK").is_ok();
                    if server.is_lost() || !undone {
                        *connection = None;
                    }
                }
            }
        }
    }

    /// To be called after each transaction with its number of jobs, and with what its rows were numbered by.
    pub(super) fn after(&mut self, jobs: usize, used: Option<Numbers>) {
        match self {
            Self::File(file) => file.after(jobs),
            Self::Server { numbers, .. } => *numbers = used.unwrap_or(*numbers),
        }
    }

    /// The next job, or none when there will be none. What writes a file uses the time until there is one.
    pub(super) fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        if let Self::File(file) = self
            && let Some(time) = file.rests_after()
        {
            match jobs.recv_timeout(time) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Timeout) => file.rest(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        jobs.recv().ok()
    }

    /// Ends the writing for good.
    pub(super) fn close(self) {
        if let Self::File(file) = self {
            file.close();
        }
    }
}

fn is_lost(connection: &Connection) -> bool {
    match connection {
        Connection::Sqlite(_) => false,
        Connection::Postgres(server) => server.is_lost(),
    }
}

/// Runs a text without values.
pub(super) fn run(connection: &Connection, text: &str) -> Result<(), StoreError> {
    let ran: sql::Result<()> = match connection {
        Connection::Sqlite(_) => connection
            .prepare_cached(text)
            .and_then(|mut it| it.execute([]).map(|_| ())),
        Connection::Postgres(server) => server.batch(text),
    };
    Ok(ran?)
}
