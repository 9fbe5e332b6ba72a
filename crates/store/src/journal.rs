//! The gateway's journal (contracts §11): what became of every file taken and of every reader's result. Reads no file.

pub mod deliveries;

use std::path::Path;

use domain::civil_date::Instant;
use rusqlite::{OptionalExtension, params};

use crate::database::{Database, Held, Migration, Reading};
use crate::engine::{OpenError, Pace, StoreError};

const MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.journal.sql"),
)];

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Taken out of the request folder; not answered yet.
    Claimed,
    /// Its answer lies finished beside it, or is published already.
    Ready,
    /// Its answer was published.
    Done,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Ready => "ready",
            Self::Done => "done",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Claimed, Self::Ready, Self::Done];
        let state = all.into_iter().find(|state| state.as_str() == text);
        state.ok_or(StoreError::Row("file"))
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its UUID: the idempotency key towards the center and its name in the work folder.
    pub id: u128,
    /// The folder pair's name.
    pub folder: String,
    /// Its name in the request folder.
    pub name: String,
    /// How far it has come.
    pub state: State,
}

/// The journal.
#[derive(Debug, Clone)]
pub struct Journal(Database);

impl Journal {
    /// Opens the journal, making it when there is none.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self(Database::open(
            path,
            MIGRATIONS,
            Reading::Growing(Pace::default()),
            [0; 16],
            |_| Ok(Held::default()),
        )?))
    }

    /// Writes how far a file has come; done when it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write(&self, entry: Entry, now: Instant) -> Result<(), StoreError> {
        self.0
            .write(move |connection, _| {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![
                        entry.id.to_be_bytes(),
                        entry.folder,
                        entry.name,
                        entry.state.as_str(),
                        now.as_micros()
                    ])?;
                Ok(())
            })
            .await
    }

    /// How far one file has come; `None` for one that is not in the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn state(&self, id: u128) -> Result<Option<State>, StoreError> {
        self.0.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT state FROM file WHERE id = ?1")?;
            let state = statement.query_row([id.to_be_bytes()], |row| row.get::<_, String>(0));
            state
                .optional()?
                .map(|state| State::read(&state))
                .transpose()
        })
    }

    /// True when a request of this name in this folder was answered: its result in the result folder is ours.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn published(&self, folder: &str, name: &str) -> Result<bool, StoreError> {
        self.0.read(|connection| {
            let text = "SELECT 1 FROM file WHERE folder = ?1 AND name = ?2 AND state = 'done'";
            Ok(connection.prepare_cached(text)?.exists([folder, name])?)
        })
    }

    /// Forgets files and deliveries that were done before an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_done(&self, before: Instant) -> Result<(), StoreError> {
        self.0
            .write(move |connection, _| {
                for text in [
                    "DELETE FROM file WHERE state = 'done' AND at < ?1",
                    "DELETE FROM delivery WHERE state = 'done' AND at < ?1",
                ] {
                    connection
                        .prepare_cached(text)?
                        .execute([before.as_micros()])?;
                }
                Ok(())
            })
            .await
    }

    /// Every file that is not done, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unfinished(&self) -> Result<Vec<Entry>, StoreError> {
        self.0.read(|connection| {
            let text = "SELECT id, folder, name, state FROM file WHERE state IN ('claimed', 'ready') ORDER BY at, id";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(Entry {
                    id: u128::from_be_bytes(row.get(0)?),
                    folder: row.get(1)?,
                    name: row.get(2)?,
                    state: State::read(&row.get::<_, String>(3)?)?,
                });
            }
            Ok(entries)
        })
    }
}
