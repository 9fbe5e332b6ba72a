//! The gateway's journal (contracts §11): what became of every file taken and of every reader's result. Reads no file.

pub mod deliveries;
pub mod tally;

use std::path::Path;

use domain::civil_date::Instant;

use crate::database::{Database, Held, Migration, Reading};
use crate::engine::{OpenError, Pace, StoreError, Written};
use crate::sql::{Connection, OptionalExtension, Row, params};

const MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.journal.sql"),
)];

/// How far a reader's result has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Noted; not written yet.
    Claimed,
    /// It lies finished in the work folder, or is published already.
    Ready,
    /// It was published.
    Done,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => CLAIMED,
            Self::Ready => READY,
            Self::Done => DONE,
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Claimed, Self::Ready, Self::Done];
        let state = all.into_iter().find(|state| state.as_str() == text);
        state.ok_or(StoreError::Row("delivery"))
    }
}

const CLAIMED: &str = "claimed";
const READY: &str = "ready";
const DONE: &str = "done";

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a result.
    Answered,
    /// With an `.err`.
    Rejected,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Rejected => "rejected",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Answered, Self::Rejected];
        let ending = all.into_iter().find(|ending| ending.as_str() == text);
        ending.ok_or(StoreError::Row("file"))
    }
}

/// How far a request file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Taken out of the request folder; not answered yet.
    Claimed,
    /// Its end lies finished in the work folder, or is published already, under this name in the result folder.
    Ready(Ending, String),
    /// Its end was published under this name.
    Done(Ending, String),
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A receipt computer, by a file in its request folder.
    Folder,
    /// The link app by itself: the results of a bulk order (`poll_bulk`).
    Own,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Own => "own",
        }
    }

    fn read(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Folder, Self::Own];
        let origin = all.into_iter().find(|origin| origin.as_str() == text);
        origin.ok_or(StoreError::Row("file"))
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
    /// Who asks.
    pub origin: Origin,
    /// How far it has come.
    pub progress: Progress,
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
        let growing = Reading::Growing(Pace::default());
        let hold = |_: &Connection| Ok(Held::default());
        let database = Database::open(path, None, MIGRATIONS, growing, [0; 16], hold);
        database.map(Self).map_err(|error| match error {
            OpenError::Damaged { path, why } => OpenError::DamagedJournal { path, why },
            error => error,
        })
    }

    /// What was written since the journal was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        self.0.written()
    }

    /// Writes how far files have come, all of them in one transaction; done when it is on the disk. Blocks, so it may not be
    /// called from asynchronous code. A file that is known keeps its place in the order; noted as claimed again it stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it is written.
    pub fn keep(&self, entries: Vec<Entry>, now: Instant) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.0.write_blocking(move |connection, _| {
            for entry in &entries {
                keep(connection, entry, now)?;
            }
            Ok(())
        })
    }

    /// How far one file has come; `None` for one that is not in the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entry(&self, id: u128) -> Result<Option<Entry>, StoreError> {
        self.0.read(|connection| {
            let text = format!("SELECT {COLUMNS} FROM file WHERE id = ?1");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([id.to_be_bytes()])?;
            rows.next()?.map(|row| read(&row)).transpose()
        })
    }

    /// True when a file of this name in the result folder is ours: a result, an `.err`, or a request that was given back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn published(&self, folder: &str, name: &str) -> Result<bool, StoreError> {
        self.0.read(|connection| {
            let result = "SELECT 1 FROM file WHERE folder = ?1 AND result = ?2 AND state = 'done'";
            let given_back =
                "SELECT 1 FROM file WHERE folder = ?1 AND name = ?2 AND state = 'done' AND outcome = 'rejected'";
            for text in [result, given_back] {
                if connection.prepare_cached(text)?.exists([folder, name])? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Remembers longer what was put into a folder under this name and still lies there: what was done before `old` counts as done at
    /// `done_at`. Blocks, so it may not be called from asynchronous code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn still_lies(
        &self,
        folder: &str,
        name: &str,
        old: Instant,
        done_at: Instant,
    ) -> Result<(), StoreError> {
        // Mostly none is, and nothing is written.
        let is_old = self.0.read(|connection| {
            for (table, which) in STILL_LYING {
                let text = format!("SELECT 1 FROM {table} WHERE {which} AND at < ?3");
                let mut statement = connection.prepare_cached(&text)?;
                if statement.exists(params![folder, name, old.as_micros()])? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if !is_old {
            return Ok(());
        }
        let (folder, name) = (folder.to_owned(), name.to_owned());
        self.0.write_blocking(move |connection, _| {
            for (table, which) in STILL_LYING {
                let text = format!("UPDATE {table} SET at = ?4 WHERE {which} AND at < ?3");
                connection.prepare_cached(&text)?.execute(params![
                    folder,
                    name,
                    old.as_micros(),
                    done_at.as_micros()
                ])?;
            }
            Ok(())
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

    /// Every file that is not done, in the order they were taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unfinished(&self) -> Result<Vec<Entry>, StoreError> {
        self.0.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM file WHERE state IN ('claimed', 'ready') ORDER BY number"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(read(&row)?);
            }
            Ok(entries)
        })
    }
}

/// Rows of what lies in a folder under a name: of results, of requests that were given back, of readers' results.
const STILL_LYING: [(&str, &str); 3] = [
    ("file", "folder = ?1 AND result = ?2 AND state = 'done'"),
    (
        "file",
        "folder = ?1 AND name = ?2 AND state = 'done' AND outcome = 'rejected'",
    ),
    ("delivery", "folder = ?1 AND name = ?2 AND state = 'done'"),
];

const COLUMNS: &str = "id, folder, name, origin, state, outcome, result";

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    let ending = || -> Result<(Ending, String), StoreError> {
        let broken = || StoreError::Row("file");
        let outcome: Option<String> = row.get(5)?;
        let result: Option<String> = row.get(6)?;
        let ending = Ending::read(&outcome.ok_or_else(broken)?)?;
        Ok((ending, result.ok_or_else(broken)?))
    };
    let progress = match row.get::<_, String>(4)?.as_str() {
        CLAIMED => Progress::Claimed,
        READY => ending().map(|(it, name)| Progress::Ready(it, name))?,
        DONE => ending().map(|(it, name)| Progress::Done(it, name))?,
        _ => return Err(StoreError::Row("file")),
    };
    Ok(Entry {
        id: u128::from_be_bytes(row.get(0)?),
        folder: row.get(1)?,
        name: row.get(2)?,
        origin: Origin::read(&row.get::<_, String>(3)?)?,
        progress,
    })
}

fn keep(connection: &Connection, entry: &Entry, now: Instant) -> Result<(), StoreError> {
    let (state, ending) = match &entry.progress {
        Progress::Claimed => (CLAIMED, None),
        Progress::Ready(ending, name) => (READY, Some((ending.as_str(), name))),
        Progress::Done(ending, name) => (DONE, Some((ending.as_str(), name))),
    };
    let (outcome, result) = ending.unzip();
    let id = entry.id.to_be_bytes();
    let known = connection
        .prepare_cached("SELECT number FROM file WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, i64>(0))
        .optional()?;
    match (known, &entry.progress) {
        (Some(_), Progress::Claimed) => {}
        (Some(number), Progress::Ready(..) | Progress::Done(..)) => {
            let text =
                "UPDATE file SET state = ?2, outcome = ?3, result = ?4, at = ?5 WHERE number = ?1";
            connection.prepare_cached(text)?.execute(params![
                number,
                state,
                outcome,
                result,
                now.as_micros()
            ])?;
        }
        (None, _) => {
            let text = "INSERT INTO file (id, folder, name, origin, state, outcome, result, taken_at, at) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)";
            connection.prepare_cached(text)?.execute(params![
                id,
                entry.folder,
                entry.name,
                entry.origin.as_str(),
                state,
                outcome,
                result,
                now.as_micros()
            ])?;
        }
    }
    Ok(())
}
