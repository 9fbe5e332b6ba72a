//! The center's store: the file of all that is written while patients wait, and the registry's beside it. Knows no table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::medical_information::look_back::LookBack;
use rusqlite::OpenFlags;

use crate::access::{MIGRATIONS, SERVER_MIGRATIONS};
use crate::cards::lane::CardsLane;
use crate::checks::lane::ChecksLane;
use crate::copies::Unfinished;
use crate::database::server::Address;
use crate::database::server::pool::Pool;
use crate::database::server::replicas::Replicas;
use crate::database::server::speaker::Speaker;
use crate::database::{Batch, Database, Held, Reading};
use crate::lane::Lane;
use crate::recent::Recent;
use crate::registry;
use crate::sealing::Unsealed;
use crate::sql::postgres::is_away;
use crate::sql::{self, Connection};
use crate::{cards, checks, restoring};

/// The name under which queries of the registry see the center's tables.
const CENTER: &str = "center";

/// The file of the registry, beside the center's.
const REGISTRY: &str = "registry.db";

/// Why the store did not do what it was asked. Carries no data of anybody.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file system takes no writes: full, read-only or broken. Nothing was acknowledged.
    #[error("the store takes no writes: {0}; check space and rights of its folder")]
    NoWrites(String),
    /// The database says something unexpected.
    #[error("the store failed: {0}")]
    Failed(String),
    /// A file is no database any more, or not a whole one.
    #[error(
        "a database file is damaged: {0}; `onshi restore` puts a copy of a center's store back (docs/operations/restore.md)"
    )]
    Damaged(String),
    /// The server that holds the database cannot be reached, or is busy with something else; or another process writes the file for longer
    /// than is waited. Nothing was acknowledged; what was asked of a server last may have been written all the same.
    #[error("the database does not answer: {0}; it is tried again with the next request")]
    Away(String),
    /// A row does not read as this version wrote it.
    #[error("a row of {0} is not readable; run `onshi audit verify`")]
    Row(&'static str),
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
    /// As many writes wait as may. Nothing of this one was done.
    #[error("too many writes wait for the store")]
    Crowded,
    /// The idempotency key came with a request of another kind before. Nothing of this one was done.
    #[error("the idempotency key was used for another request")]
    KeyUsed,
    /// Another process makes a copy of this name. Nothing of it was touched.
    #[error("another process is writing the copy {}", .0.display())]
    CopyBeingWritten(PathBuf),
}

impl From<sql::Error> for StoreError {
    fn from(error: sql::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        let error = match error {
            sql::Error::Sqlite(error) => error,
            sql::Error::NoAnswer => return Self::Away(text),
            sql::Error::Postgres(error) if is_away(&error) => return Self::Away(text),
            sql::Error::Postgres(_) | sql::Error::NoRow | sql::Error::Value(_) => {
                return Self::Failed(text);
            }
        };
        match error.sqlite_error_code() {
            Some(
                Code::DiskFull
                | Code::ReadOnly
                | Code::SystemIoFailure
                | Code::CannotOpen
                | Code::PermissionDenied,
            ) => Self::NoWrites(text),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged(text),
            Some(Code::DatabaseBusy) => Self::Away(text),
            Some(_) | None => Self::Failed(text),
        }
    }
}

/// Why a database could not be opened. The texts name the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder.
    #[error("cannot open {path}: {why}; the folder must exist and be writable for this user")]
    File {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// What lies there is no database, or not a whole one.
    #[error(
        "{path} is damaged: {why}; put a copy back with `onshi restore`, which keeps what is there (docs/operations/restore.md)"
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The same of a link app's journal, of which there are no copies.
    #[error(
        "{path} is damaged: {why}; move it and its logs away and start again, then put in again what was not answered"
    )]
    DamagedJournal {
        /// The journal.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// A copy was on its way to the store's place.
    #[error("a restore into {path} was cut off; run `onshi restore` again")]
    HalfRestored {
        /// The folder.
        path: PathBuf,
    },
    /// The server, or what it holds.
    #[error(
        "cannot use {place}: {why}; see docs/operations/postgresql.md for what the database needs"
    )]
    Server {
        /// Where it is.
        place: String,
        /// Why not.
        why: String,
    },
    /// A connection to the server did not get what it asked for.
    #[error(
        "cannot use {place}: {setting} is not what the connection asked for; a pooler in between drops the startup parameter options (PgBouncer with ignore_startup_parameters); connect to the server itself or through a TCP balancer, as docs/operations/postgresql.md says"
    )]
    SettingLost {
        /// Where it is.
        place: String,
        /// Which setting.
        setting: &'static str,
    },
    /// An older version wrote it, and it is opened without changing it.
    #[error(
        "{path} is of an older version (schema {found}, this version has {known}); start the center of this version once, or run that version; where a server brought it back to an earlier point, run onshi audit restored before the center starts"
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// A newer version wrote it.
    #[error(
        "{path} was written by a newer version (schema {found}, this version knows {known}); run that version"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// A migration was changed after it was applied.
    #[error(
        "{path} does not hold the schema this version expects; it was changed by hand or by a broken build"
    )]
    Changed {
        /// The database.
        path: PathBuf,
    },
}

impl OpenError {
    /// Why a file was not opened.
    pub(crate) fn of_file(path: &Path, error: impl Into<StoreError>) -> Self {
        let path = path.into();
        match error.into() {
            StoreError::Damaged(why) => Self::Damaged { path, why },
            StoreError::NoWrites(why) | StoreError::Failed(why) | StoreError::Away(why) => {
                Self::File { path, why }
            }
            other => Self::File {
                path,
                why: other.to_string(),
            },
        }
    }
}

/// What the writer did since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Transactions, each with one sync.
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
    /// Jobs that wait for their transaction now.
    pub waiting: u64,
}

/// How often the log of the center's file is brought into the file itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Pages of the log, 4 KiB each, after which it is done.
    pub log_pages: u32,
}

impl Default for Pace {
    /// 32 MiB: large enough that pages which change often are written to the file seldom.
    fn default() -> Self {
        Self { log_pages: 8_192 }
    }
}

/// The center's store. The registry lies in a file of its own, since every commit to a file makes its readers drop the pages
/// they hold: checks are written thousands of times a second, people are not.
#[derive(Clone)]
pub struct Engine {
    center: Database,
    registry: Database,
    /// How checks are written, where they go other ways than the rest.
    lanes: Option<Lanes>,
    look_back: LookBack,
    /// This process, among those that write the same store: its audit chain.
    process: [u8; 16],
}

/// The ways of checks into a server.
#[derive(Clone)]
pub(crate) struct Lanes {
    pub(crate) checks: ChecksLane,
    pub(crate) cards: CardsLane,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({:?})", self.center)
    }
}

impl Engine {
    /// Opens the center's database and the registry beside it, making what is missing. `chain` is 16 random bytes: this
    /// process's audit chain.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open_center(path: &Path, chain: [u8; 16]) -> Result<Self, OpenError> {
        Self::open_center_at(Pace::default(), path, chain)
    }

    /// Opens as [`Engine::open_center`] does, at a pace of its own.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open_center_at(pace: Pace, path: &Path, chain: [u8; 16]) -> Result<Self, OpenError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        if restoring::is_cut_off(dir) {
            return Err(OpenError::HalfRestored { path: dir.into() });
        }
        let registry = path.with_file_name(REGISTRY);
        let (growing, still) = (Reading::Growing(pace), Reading::Still);
        let center = Database::open(path, None, MIGRATIONS, growing, chain, |connection| {
            Ok(Held {
                recent: Recent::read(connection)?,
                ..Held::default()
            })
        })?;
        // Whether medical information may be seen is written in the center's file, and asked in the query that reads it.
        let beside = Some((CENTER, path));
        let steps = registry::MIGRATIONS;
        let registry = Database::open(&registry, beside, steps, still, [0; 16], |_| {
            Ok(Held::default())
        })?;
        Ok(Self {
            center,
            registry,
            lanes: None,
            look_back: LookBack::default(),
            process: chain,
        })
    }

    /// Opens both as schemas of one database of a PostgreSQL server, making what is missing. Other processes may do the same: each has
    /// a chain of its own.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open_server(address: &Address, chain: [u8; 16]) -> Result<Self, OpenError> {
        let failed = |error: std::io::Error| OpenError::Server {
            place: address.to_string(),
            why: error.to_string(),
        };
        let speaker = Speaker::start().map_err(failed)?;
        let pool = Pool::new(speaker.clone(), address, (CENTER, 1), CENTER);
        let center_pool = Arc::new(pool);
        let center = Database::join(&center_pool, SERVER_MIGRATIONS, chain)?;
        let registry = Pool::new(speaker, address, ("registry", 2), CENTER);
        let registry_pool = Arc::new(registry);
        let registry = Database::join(&registry_pool, registry::SERVER_MIGRATIONS, [0; 16])?;
        let follow = |pool: &Arc<Pool>, name: &[u8]| {
            let (replicas, behind) = pool.replicas(CENTER);
            let process = [&chain[..], name].concat();
            let is_any = !replicas.is_empty();
            is_any
                .then(|| Replicas::follow(Arc::clone(pool), replicas, behind, process))
                .transpose()
                .map_err(failed)
        };
        let of_center = follow(&center_pool, b"center")?;
        let of_registry = follow(&registry_pool, b"registry")?;
        let pool = Arc::clone(&center_pool);
        let checks = Lane::start(
            "checks",
            pool,
            chain,
            (checks::lane::seal, checks::lane::write),
        )
        .map_err(failed)?;
        let cards = Lane::start(
            "cards",
            center_pool,
            chain,
            (|_| Ok(()), cards::lane::write),
        )
        .map_err(failed)?;
        Ok(Self {
            center: center.with_replicas(of_center),
            registry: registry.with_replicas(of_registry),
            lanes: Some(Lanes { checks, cards }),
            look_back: LookBack::default(),
            process: chain,
        })
    }

    /// Whether other processes write the same store.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.center.is_shared()
    }

    /// Shows medical information as far back as this says.
    #[must_use]
    pub fn looking_back(mut self, look_back: LookBack) -> Self {
        self.look_back = look_back;
        self
    }

    /// Lets so many writes wait for the center's file at most; more are refused as [`StoreError::Crowded`].
    #[must_use]
    pub fn with_waiting_writes(mut self, most: u64) -> Self {
        self.center = self.center.with_waiting(most);
        self
    }

    /// How far back medical information is shown.
    #[must_use]
    pub fn look_back(&self) -> &LookBack {
        &self.look_back
    }

    /// The center's file; `None` where a server holds the store.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.center.path()
    }

    /// What was written to the center's file since it was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        let rest = self.center.written();
        let lanes = self.lanes.iter();
        let lanes = lanes.flat_map(|it| [it.checks.written(), it.cards.written()]);
        lanes.fold(rest, |all, lane| Written {
            commits: all.commits + lane.commits,
            jobs: all.jobs + lane.jobs,
            waiting: all.waiting + lane.waiting,
        })
    }

    /// This process, among those that write the same store.
    pub(crate) fn process(&self) -> [u8; 16] {
        self.process
    }

    pub(crate) fn lanes(&self) -> Option<&Lanes> {
        self.lanes.as_ref()
    }

    /// Whether both files answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn probe(&self) -> Result<(), StoreError> {
        for database in [&self.center, &self.registry] {
            database.read(|connection| {
                Ok(connection.query_row("SELECT count(*) FROM migration", [], |_| Ok(()))?)
            })?;
        }
        Ok(())
    }

    /// Ends reading and writing of files, of every clone, and waits for it: what was handed over before is written, what comes later fails as
    /// [`StoreError::Closing`]. The files hold all of the store then, without logs beside them, unless another process has them open.
    /// Blocks for as long as it takes to bring the logs in, up to about 100 MB. Of a store at a server nothing ends.
    pub fn close(&self) {
        // The registry's readers see the center's file, so that they go first.
        self.registry.close();
        self.center.close();
    }

    /// Writes a consistent copy of each file into a folder that does not exist yet, while the store goes on, and examines it. This user alone
    /// may enter the folder and read the files. Until the copy is whole it lies in another folder ([`crate::copies::unfinished`]).
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the copy is left.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        // Half a copy must not be taken for a whole one, nor stand in the way of the next try.
        let copy = Unfinished::begin(to)?;
        let mut databases = [&self.center, &self.registry].into_iter();
        databases.try_for_each(|it| it.copy(copy.folder()))?;
        examine(copy.folder())?;
        copy.finish()
    }

    pub(crate) fn registry(&self) -> &Database {
        &self.registry
    }

    /// What readers of the center's file hold in memory.
    pub(crate) fn held(&self) -> &Held {
        self.center.held()
    }

    /// Reads the center's file on the calling thread.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.center.read(work)
    }

    /// The rows of a text that looks single rows up, where a server has them.
    pub(crate) async fn ask(
        &self,
        text: &str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Option<Result<Vec<sql::Row<'static>>, StoreError>> {
        self.center.ask(text, values).await
    }

    /// Reads what may be a little old.
    pub(crate) fn read_lately<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.center.read_lately(work)
    }

    /// Writes the center's file; answers after the transaction that holds the work is on the disk, or with why it is not.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.center.write(work).await
    }

    /// Writes work that cannot be undone alone: when it fails, everything of its transaction fails with it.
    pub(crate) async fn write_or_fail_all<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.center.write_or_fail_all(work).await
    }

    /// The same; what is unsealed is sealed before, together with that of the others in the transaction (`Batch::sealed`).
    pub(crate) async fn seal_and_write<T: Send + 'static>(
        &self,
        unsealed: Option<Unsealed>,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.center.seal_and_write(unsealed, work).await
    }
}

/// The files of a store or of a copy of one, by folder.
#[must_use]
pub fn files(dir: &Path) -> [PathBuf; 2] {
    [dir.join("center.db"), dir.join(REGISTRY)]
}

/// Examines a folder's database files from end to end.
///
/// # Errors
/// [`StoreError::Failed`] when one is no database or not whole.
pub fn examine(dir: &Path) -> Result<(), StoreError> {
    for file in files(dir) {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = rusqlite::Connection::open_with_flags(&file, flags);
        let connection = Connection::Sqlite(connection.map_err(sql::Error::from)?);
        let verdict: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let migrations: i64 =
            connection.query_row("SELECT count(*) FROM migration", [], |row| row.get(0))?;
        if verdict != "ok" || migrations <= 0 {
            return Err(StoreError::Failed(format!(
                "{} is not whole: {verdict}",
                file.display()
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_file_that_another_process_writes_is_away_and_not_broken() {
        let dir = tempfile::tempdir().unwrap();
        let open = || rusqlite::Connection::open(dir.path().join("center.db")).unwrap();
        let (one, other) = (open(), open());
        other.busy_timeout(Duration::ZERO).unwrap();
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = other.execute_batch("BEGIN IMMEDIATE").unwrap_err();
        let refused = StoreError::from(sql::Error::from(refused));
        assert!(matches!(refused, StoreError::Away(_)), "{refused}");
    }
}
