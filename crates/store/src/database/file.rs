//! A SQLite file: how it is opened, read and copied. Knows no table.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use crate::database::Reading;
use crate::engine::StoreError;
use crate::sql::{self, Connection};
use crate::system;
use crate::writeback::Writeback;

/// Bytes of a still file that readers map at most; what lies beyond is read.
const MAP_BYTES: i64 = 1 << 38;

/// Memory of the writer for pages, in KiB: of the center's own file, and of people, who are loaded many at a time and all over the file.
const CENTER_CACHE_KIB: i64 = 16_384;
const PEOPLE_CACHE_KIB: i64 = 32_768;

/// Pages of the log of people before it is brought into their file while more of them come: what is changed again meanwhile is brought in once.
const PEOPLE_LOG_PAGES: u32 = 16_384;

/// How long nobody is written before the log of people is brought into their file: readers map the file, not the log.
const PEOPLE_REST: Duration = Duration::from_millis(200);

/// Bytes of a file that are read through at once.
const PIECE: usize = 1 << 20;

/// How long the end of a file waits for those who read it; their connections keep its log in its place.
const READING_LIMIT: Duration = Duration::from_secs(5);

/// A file with the connections that read it.
pub(super) struct File {
    path: PathBuf,
    reading: Reading,
    /// Another file that readers of this one see as well, under a name.
    beside: Option<(&'static str, PathBuf)>,
    readers: Mutex<Readers>,
    /// Told when the last reader of a closed file has ended.
    ended: Condvar,
}

/// The connections of readers.
#[derive(Default)]
struct Readers {
    /// Those that nobody reads with.
    kept: Vec<Connection>,
    /// How many somebody reads with.
    in_use: usize,
    is_closed: bool,
}

/// A connection that somebody reads with.
struct Lent<'a> {
    file: &'a File,
    connection: Option<Connection>,
}

/// The connection of the writer, and what brings the log into the file beside it.
pub(super) struct FileWriter {
    connection: Connection,
    writeback: Option<Writeback>,
    /// Whether the log may hold pages that the file has not.
    is_ahead: bool,
}

impl File {
    pub(super) fn new(
        path: &Path,
        reading: Reading,
        beside: Option<(&'static str, &Path)>,
    ) -> Self {
        Self {
            path: path.into(),
            reading,
            beside: beside.map(|(name, path)| (name, path.into())),
            readers: Mutex::default(),
            ended: Condvar::new(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file for the one that writes it, making it where there is none, for its user alone.
    pub(super) fn writer(&self) -> rusqlite::Result<FileWriter> {
        // SQLite would let others read what it makes; the files beside it get the rights of this one. What else is wrong SQLite says.
        let _ = system::make_private_file(&self.path);
        let connection = rusqlite::Connection::open(&self.path)?;
        configure(&connection, self.reading)?;
        let writeback = match self.reading {
            Reading::Growing(pace) => Some(Writeback::start(&self.path, pace)?),
            Reading::Still => None,
        };
        Ok(FileWriter {
            connection: Connection::Sqlite(connection),
            writeback,
            is_ahead: false,
        })
    }

    /// Reads the file from its beginning, so many bytes at most, until it ends or `goes_on` says no; returns how many were read. Opens
    /// it beside SQLite, and leaves it open until the process ends: closing a file drops all locks of its process on it (fcntl), by which other
    /// processes know that the database is in use.
    pub(super) fn read_through(
        &self,
        most: u64,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        let failed = |error: std::io::Error| StoreError::NoWrites(error.to_string());
        let file = std::fs::File::open(&self.path).map_err(failed)?;
        let never_closed: &std::fs::File = Box::leak(Box::new(file));
        let mut file = never_closed.take(most);
        let mut piece = vec![0; PIECE];
        let mut bytes = 0;
        while goes_on() {
            match file.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => bytes += read as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(bytes)
    }

    /// Writes a consistent copy, while the store goes on. Pages keep their places, so that what keeps the copies of many days finds
    /// the same bytes again.
    pub(super) fn copy(&self, folder: &Path) -> Result<(), StoreError> {
        let failed = |error: rusqlite::Error| StoreError::from(sql::Error::from(error));
        let to = folder.join(self.path.file_name().unwrap_or_default());
        system::make_private_file(&to).map_err(|error| StoreError::NoWrites(error.to_string()))?;
        let mut target = rusqlite::Connection::open(to).map_err(failed)?;
        let source = self.reader().map_err(failed)?;
        let backup = Backup::new(&source, &mut target).map_err(failed)?;
        // In one step: a copy in several would begin anew whenever somebody wrote between them.
        let step = backup.step(-1).map_err(failed)?;
        drop(backup);
        if step != StepResult::Done {
            let text = format!("the copy did not end: {step:?}");
            return Err(StoreError::Failed(text));
        }
        // The copied header says that there is a log; a copy is one file, which may lie where nothing can be written.
        let mode = target.pragma_update(None, "journal_mode", "DELETE");
        mode.map_err(failed)
    }

    /// Ends the reading: who reads has ended, or [`READING_LIMIT`] has passed; who comes later is refused.
    pub(super) fn end_reading(&self) {
        let mut readers = self.lock();
        readers.is_closed = true;
        readers.kept.clear();
        let ended = self
            .ended
            .wait_timeout_while(readers, READING_LIMIT, |it| 0 < it.in_use);
        drop(ended);
    }

    /// Reads with a connection that is kept for the next reader.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = {
            let mut readers = self.lock();
            if readers.is_closed {
                return Err(StoreError::Closing);
            }
            readers.in_use += 1;
            Lent {
                file: self,
                connection: readers.kept.pop(),
            }
        };
        let connection = match lent.connection.take() {
            Some(connection) => connection,
            None => Connection::Sqlite(self.reader().map_err(sql::Error::from)?),
        };
        work(lent.connection.insert(connection))
    }

    fn lock(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        if self.reading == Reading::Still {
            connection.pragma_update(None, "mmap_size", MAP_BYTES)?;
        }
        if let Some((name, path)) = &self.beside {
            let text = format!("ATTACH ?1 AS {name}");
            connection.execute(&text, [path.to_string_lossy()])?;
            // It may be one that grows: a map of it would be made anew at every turn.
            connection.pragma_update(Some(*name), "mmap_size", 0)?;
        }
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut readers = self.file.lock();
        readers.in_use -= 1;
        if readers.is_closed {
            // Closed before the last one is told of.
            self.connection = None;
            self.file.ended.notify_all();
        } else if !std::thread::panicking() {
            readers.kept.extend(self.connection.take());
        }
    }
}

fn configure(connection: &rusqlite::Connection, reading: Reading) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let (cache_kib, log_pages) = match reading {
        Reading::Growing(pace) => (CENTER_CACHE_KIB, pace.log_pages),
        Reading::Still => (PEOPLE_CACHE_KIB, PEOPLE_LOG_PAGES),
    };
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update(None, "wal_autocheckpoint", log_pages)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

impl FileWriter {
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How long to wait for more to write before [`Self::rest`].
    pub(super) fn rests_after(&self) -> Option<Duration> {
        (self.is_ahead && self.writeback.is_none()).then_some(PEOPLE_REST)
    }

    /// Brings the log into the file as far as no reader needs it. What it does not reach stays for the next time.
    pub(super) fn rest(&mut self) {
        self.is_ahead = false;
        let _ = self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// Closes its connections. SQLite brings the log into the file and removes it when nobody has the file open any more; asking for it
    /// would keep another process, which has, from writing meanwhile.
    pub(super) fn close(self) {
        if let Some(writeback) = self.writeback {
            writeback.end();
        }
        drop(self.connection);
    }

    /// To be called after each transaction with its number of jobs.
    pub(super) fn after(&mut self, jobs: usize) {
        self.is_ahead = true;
        if let (Some(writeback), Connection::Sqlite(connection)) =
            (&mut self.writeback, &self.connection)
        {
            writeback.after(jobs, connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Pace;

    #[test]
    fn a_still_file_is_mapped_beyond_what_sqlite_stops_at_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("registry.db");
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        let mapped = |reading| {
            let reader = File::new(&path, reading, None).reader().unwrap();
            let mapped = reader.query_row("PRAGMA mmap_size", [], |row| row.get::<_, i64>(0));
            mapped.unwrap()
        };
        // 120 million people take 30 GB; without SQLITE_MAX_MMAP_SIZE (.cargo/config.toml) this is 2 GiB.
        assert_eq!(mapped(Reading::Still), MAP_BYTES);
        assert_eq!(mapped(Reading::Growing(Pace::default())), 0);
    }
}
