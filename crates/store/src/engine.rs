//! One SQLite file: readers on the calling thread, one writer thread whose jobs share a transaction and an fsync. Knows no table.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use domain::audit::Event;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::audit::Chain;
use crate::sessions::{Remembered, TokenHash};

/// Jobs in one transaction at most, so that none waits long for the others.
const MOST_JOBS: usize = 1024;

/// Why the store did not do what it was asked. Carries no data of anybody.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file system takes no writes: full, read-only or broken. Nothing was acknowledged.
    #[error("the store takes no writes: {0}; check space and rights of its folder")]
    NoWrites(String),
    /// The database says something unexpected.
    #[error("the store failed: {0}")]
    Failed(String),
    /// A row does not read as this version wrote it.
    #[error("a row of {0} is not readable; run `onshi audit verify`")]
    Row(&'static str),
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(
                Code::DiskFull
                | Code::ReadOnly
                | Code::SystemIoFailure
                | Code::CannotOpen
                | Code::PermissionDenied,
            ) => Self::NoWrites(text),
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

/// What the writer did since the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Transactions, each with one sync.
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
}

/// What the jobs of one transaction share: the growing audit chain, and which sessions they change.
#[derive(Clone)]
pub(crate) struct Batch {
    chain: Chain,
    changed_sessions: Vec<TokenHash>,
}

impl Batch {
    /// Appends an event to this process's chain within the running transaction.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        event: &Event,
        content: Option<[u8; 32]>,
    ) -> Result<(), StoreError> {
        self.chain.append(connection, event, content)
    }

    /// Has a session forgotten before anybody is told that it changed.
    pub(crate) fn forget_session(&mut self, token: TokenHash) {
        self.changed_sessions.push(token);
    }
}

type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Job = Box<dyn FnOnce(Option<&Connection>, &mut Batch) -> Result<Finish, Finish> + Send>;

/// One database file.
#[derive(Clone)]
pub struct Engine {
    path: Arc<PathBuf>,
    readers: Arc<Mutex<Vec<Connection>>>,
    writer: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// What readers and the writer share.
#[derive(Default)]
struct Shared {
    remembered: Remembered,
    commits: AtomicU64,
    jobs: AtomicU64,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.path.display())
    }
}

/// A numbered step of the schema: its name and its text.
pub(crate) type Migration = (&'static str, &'static str);

impl Engine {
    /// Opens a file, applies what migrations it lacks and starts the writer.
    pub(crate) fn open(
        path: &Path,
        migrations: &[Migration],
        chain: [u8; 16],
    ) -> Result<Self, OpenError> {
        let failed = |error: rusqlite::Error| OpenError::File {
            path: path.into(),
            why: error.to_string(),
        };
        let connection = Connection::open(path).map_err(failed)?;
        configure(&connection).map_err(failed)?;
        migrate(&connection, path, migrations)?;
        let (writer, jobs) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_jobs(&connection, &jobs, Chain::new(chain), &theirs))
            .map_err(|error| OpenError::File {
                path: path.into(),
                why: error.to_string(),
            })?;
        Ok(Self {
            path: Arc::new(path.into()),
            readers: Arc::default(),
            writer,
            shared,
        })
    }

    /// What the writer did since the store was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        Written {
            commits: self.shared.commits.load(Ordering::Relaxed),
            jobs: self.shared.jobs.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn remembered(&self) -> &Remembered {
        &self.shared.remembered
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a consistent copy of the store to a file that does not exist yet, while the store goes on, and examines it.
    ///
    /// # Errors
    /// [`StoreError`]; a copy that is not whole is reported, never kept in silence.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let target = to.to_string_lossy().into_owned();
        self.read(|connection| {
            connection.execute("VACUUM INTO ?1", [target])?;
            Ok(())
        })?;
        examine(to)
    }

    /// Reads on the calling thread, with a connection that is kept for the next reader.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(self.path(), flags)?;
                connection.pragma_update(None, "cache_size", -65_536)?;
                connection.pragma_update(None, "mmap_size", 1_i64 << 32)?;
                connection.set_prepared_statement_cache_capacity(64);
                connection
            }
        };
        let result = work(&connection);
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        result
    }

    /// Writes; answers after the transaction that holds the work is on the disk, or with why it is not.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection, batch| {
            let done = connection.map_or(Err(StoreError::Closing), |it| work(it, batch));
            let failed = done.is_err();
            let finish: Finish = Box::new(move |committed| {
                // The one who asked may be gone; what is written stays written.
                let _ = sender.send(committed.and(done));
            });
            if failed { Err(finish) } else { Ok(finish) }
        });
        self.writer.send(job).map_err(|_| StoreError::Closing)?;
        receiver.await.map_err(|_| StoreError::Closing)?
    }
}

/// Examines a database file from end to end.
///
/// # Errors
/// [`StoreError::Failed`] when it is no database or not whole.
pub fn examine(file: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let migrations: i64 =
        connection.query_row("SELECT count(*) FROM migration", [], |row| row.get(0))?;
    if verdict == "ok" && 0 < migrations {
        Ok(())
    } else {
        Err(StoreError::Failed(format!(
            "{} is not whole: {verdict}",
            file.display()
        )))
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(
    connection: &Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::File {
        path: path.into(),
        why: error.to_string(),
    };
    let table = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, text TEXT NOT NULL)";
    connection.execute_batch(table).map_err(failed)?;
    let mut statement = connection
        .prepare("SELECT name, text FROM migration ORDER BY name")
        .map_err(failed)?;
    let applied = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    let applied: Vec<(String, String)> = applied.collect::<Result<_, _>>().map_err(failed)?;
    if migrations.len() < applied.len() {
        return Err(OpenError::Newer {
            path: path.into(),
            found: applied.len(),
            known: migrations.len(),
        });
    }
    for (done, known) in applied.iter().zip(migrations) {
        if (done.0.as_str(), done.1.as_str()) != *known {
            return Err(OpenError::Changed { path: path.into() });
        }
    }
    for (name, text) in migrations.iter().skip(applied.len()) {
        let step = || {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch(text)?;
            transaction.execute("INSERT INTO migration VALUES (?1, ?2)", (name, text))?;
            transaction.commit()
        };
        step().map_err(failed)?;
    }
    Ok(())
}

/// The writer's life: take every job that waits, run them in one transaction, sync once, then tell all.
fn write_jobs(
    connection: &Connection,
    jobs: &mpsc::Receiver<Job>,
    mut chain: Chain,
    shared: &Shared,
) {
    while let Ok(first) = jobs.recv() {
        let mut batch = Batch {
            chain: chain.clone(),
            changed_sessions: Vec::new(),
        };
        let mut finishes: Vec<Finish> = Vec::new();
        let outcome = run_batch(connection, first, jobs, &mut batch, &mut finishes);
        if outcome.is_ok() {
            chain = batch.chain;
            shared.commits.fetch_add(1, Ordering::Relaxed);
            shared
                .jobs
                .fetch_add(finishes.len() as u64, Ordering::Relaxed);
        } else {
            let _ = connection.execute_batch("ROLLBACK");
        }
        shared.remembered.forget(&batch.changed_sessions);
        for finish in finishes {
            finish(outcome.clone());
        }
    }
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn run_batch(
    connection: &Connection,
    first: Job,
    jobs: &mpsc::Receiver<Job>,
    batch: &mut Batch,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    let begun = connection
        .prepare_cached("BEGIN IMMEDIATE")
        .and_then(|mut it| it.execute([]).map(|_| ()));
    let mut next = Some(first);
    while let Some(job) = next {
        let earlier = batch.chain.clone();
        let save = |text: &str| {
            connection
                .prepare_cached(text)
                .and_then(|mut it| it.execute([]).map(|_| ()))
        };
        let saved = save("SAVEPOINT job");
        // Without a transaction nothing may run: every statement would commit by itself.
        match job(begun.is_ok().then_some(connection), batch) {
            Ok(finish) => finishes.push(finish),
            Err(finish) => {
                batch.chain = earlier;
                let _ = save("ROLLBACK TO job");
                finishes.push(finish);
            }
        }
        if saved.is_ok() {
            let _ = save("RELEASE job");
        }
        next = if finishes.len() < MOST_JOBS {
            jobs.try_recv().ok()
        } else {
            None
        };
    }
    begun?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
