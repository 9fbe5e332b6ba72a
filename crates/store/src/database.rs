//! One SQLite file: readers on the calling thread, one writer thread whose jobs share a transaction and an fsync. Knows no table.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use domain::audit::Event;
use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};
use tokio::sync::oneshot;

use crate::audit::{Chain, Content};
use crate::engine::{OpenError, Pace, StoreError, Written};
use crate::recent::Recent;
use crate::sessions::Remembered;
use crate::sql::{self, Connection};
use crate::writeback::Writeback;

/// Jobs in one transaction at most, so that none waits long for the others.
const MOST_JOBS: usize = 1024;

/// While several write at once, transactions begin this far apart at least, so that more of them share a sync. Whoever writes
/// alone waits for nobody.
const APART: Duration = Duration::from_millis(1);

/// Bytes of a still file that readers map at most; what lies beyond is read.
const MAP_BYTES: i64 = 1 << 38;

/// Memory of the writer for pages, in KiB.
const WRITER_CACHE_KIB: i64 = 16_384;

/// Whether a transaction is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is.
    Written,
    /// Nothing of it is.
    Undone,
}

/// What is held in memory of a file, for readers and the writer. Without it everything is found in the file.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) remembered: Remembered,
    pub(crate) recent: Recent,
}

type Consequence = Box<dyn FnOnce(Fate) + Send>;

/// What the jobs of one transaction share: the growing audit chain, and what follows from its fate.
pub(crate) struct Batch {
    chain: Chain,
    held: Arc<Held>,
    consequences: Vec<Consequence>,
}

impl Batch {
    /// Appends an event to this process's chain within the running transaction.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        event: &Event,
        content: Option<Content>,
    ) -> Result<(), StoreError> {
        self.chain.append(connection, event, content)
    }

    /// What readers hold in memory.
    pub(crate) fn held(&self) -> &Arc<Held> {
        &self.held
    }

    /// Has something done when the fate of the transaction is known, before anybody is told. A job that is undone alone leaves
    /// its consequences behind: they must do no harm then.
    pub(crate) fn afterwards(&mut self, consequence: impl FnOnce(Fate) + Send + 'static) {
        self.consequences.push(Box::new(consequence));
    }
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is written all the time: readers hold few pages, and map none, since a map is made anew whenever the file grows.
    Growing(Pace),
    /// It seldom changes: readers map it.
    Still,
}

/// What becomes of a transaction when one of its jobs fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The job alone is undone; that costs a savepoint each.
    Alone,
    /// Everything is undone.
    All,
}

type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Work = Box<dyn FnOnce(Option<&Connection>, &mut Batch) -> Result<Finish, Failed> + Send>;

struct Job {
    failure: Failure,
    work: Work,
}

/// A job that failed, and why.
struct Failed {
    finish: Finish,
    why: StoreError,
}

/// One database file.
#[derive(Clone)]
pub(crate) struct Database {
    path: Arc<PathBuf>,
    reading: Reading,
    /// Another file that readers of this one see as well, under a name.
    beside: Option<(&'static str, Arc<PathBuf>)>,
    readers: Arc<Mutex<Vec<Connection>>>,
    writer: mpsc::Sender<Job>,
    counts: Arc<Counts>,
    held: Arc<Held>,
}

/// What the writer did.
#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    jobs: AtomicU64,
    /// Handed over, and not begun yet.
    waiting: AtomicU64,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.path.display())
    }
}

/// A numbered step of the schema: its name and its text.
pub(crate) type Migration = (&'static str, &'static str);

impl Database {
    /// Opens a file, applies what migrations it lacks and starts the writer.
    pub(crate) fn open(
        path: &Path,
        migrations: &[Migration],
        reading: Reading,
        chain: [u8; 16],
        hold: impl FnOnce(&Connection) -> Result<Held, StoreError>,
    ) -> Result<Self, OpenError> {
        let failed = |error: rusqlite::Error| OpenError::File {
            path: path.into(),
            why: error.to_string(),
        };
        let connection = rusqlite::Connection::open(path).map_err(failed)?;
        configure(&connection, reading).map_err(failed)?;
        let connection = Connection::from(connection);
        migrate(&connection, path, migrations)?;
        let held = hold(&connection).map_err(|error| OpenError::File {
            path: path.into(),
            why: error.to_string(),
        })?;
        let held = Arc::new(held);
        let writeback = match reading {
            Reading::Growing(pace) => Some(Writeback::start(path, pace).map_err(failed)?),
            Reading::Still => None,
        };
        let (writer, jobs) = mpsc::channel();
        let counts = Arc::new(Counts::default());
        let theirs = (Arc::clone(&counts), Arc::clone(&held));
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                write_jobs(
                    &connection,
                    &jobs,
                    Chain::new(chain),
                    &theirs.0,
                    &theirs.1,
                    writeback,
                );
            })
            .map_err(|error| OpenError::File {
                path: path.into(),
                why: error.to_string(),
            })?;
        Ok(Self {
            path: Arc::new(path.into()),
            reading,
            beside: None,
            readers: Arc::default(),
            writer,
            counts,
            held,
        })
    }

    /// Lets readers of this file see another one as well, under a name: what one query joins is judged in one query.
    pub(crate) fn beside(mut self, name: &'static str, other: &Self) -> Self {
        self.beside = Some((name, Arc::clone(&other.path)));
        self
    }

    /// What the writer did since the file was opened.
    pub(crate) fn written(&self) -> Written {
        Written {
            commits: self.counts.commits.load(Ordering::Relaxed),
            jobs: self.counts.jobs.load(Ordering::Relaxed),
            waiting: self.counts.waiting.load(Ordering::Relaxed),
        }
    }

    /// What readers hold in memory.
    pub(crate) fn held(&self) -> &Held {
        &self.held
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a consistent copy to a file that does not exist yet, while the store goes on. Pages keep their places, so that what
    /// keeps the copies of many days finds the same bytes again.
    pub(crate) fn copy(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |error: rusqlite::Error| StoreError::from(sql::Error::from(error));
        let mut target = rusqlite::Connection::open(to).map_err(failed)?;
        self.read(|connection| {
            let backup = Backup::new(connection.sqlite(), &mut target).map_err(failed)?;
            // In one step: a copy in several would begin anew whenever somebody wrote between them.
            match backup.step(-1).map_err(failed)? {
                StepResult::Done => Ok(()),
                step => Err(StoreError::Failed(format!(
                    "the copy did not end: {step:?}"
                ))),
            }
        })?;
        // The copied header says that there is a log; a copy is one file, which may lie where nothing can be written.
        let mode = target.pragma_update(None, "journal_mode", "DELETE");
        mode.map_err(failed)
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
            None => self.open_reader().map_err(sql::Error::from)?.into(),
        };
        let result = work(&connection);
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        result
    }

    fn open_reader(&self) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(self.path(), flags)?;
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

    /// Writes; answers after the transaction that holds the work is on the disk, or with why it is not.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(Failure::Alone, work).await
    }

    /// Writes work that cannot be undone alone: when it fails, everything of its transaction fails with it.
    pub(crate) async fn write_or_fail_all<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(Failure::All, work).await
    }

    /// Writes as [`Self::write`] does, and blocks until it is known. Never to be called from asynchronous code.
    pub(crate) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let receiver = self.send(Failure::Alone, work)?;
        receiver.blocking_recv().map_err(|_| StoreError::Closing)?
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        failure: Failure,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let receiver = self.send(failure, work)?;
        receiver.await.map_err(|_| StoreError::Closing)?
    }

    fn send<T: Send + 'static>(
        &self,
        failure: Failure,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let counts = Arc::clone(&self.counts);
        let work: Work = Box::new(move |connection, batch| {
            counts.waiting.fetch_sub(1, Ordering::Relaxed);
            let done = connection.map_or(Err(StoreError::Closing), |it| work(it, batch));
            let why = done.as_ref().err().cloned();
            let finish: Finish = Box::new(move |committed| {
                // The one who asked may be gone; what is written stays written.
                let _ = sender.send(committed.and(done));
            });
            match why {
                None => Ok(finish),
                Some(why) => Err(Failed { finish, why }),
            }
        });
        let job = Job { failure, work };
        // Counted first: the writer may begin at once.
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        self.writer.send(job).map_err(|_| StoreError::Closing)?;
        Ok(receiver)
    }
}

fn configure(connection: &rusqlite::Connection, reading: Reading) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    if let Reading::Growing(pace) = reading {
        connection.pragma_update(None, "wal_autocheckpoint", pace.log_pages)?;
    }
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(
    connection: &Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let failed = |error: sql::Error| OpenError::File {
        path: path.into(),
        why: error.to_string(),
    };
    let table = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, text TEXT NOT NULL)";
    connection.execute_batch(table).map_err(failed)?;
    let mut statement = connection
        .prepare_cached("SELECT name, text FROM migration ORDER BY name")
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
            connection.execute_batch("BEGIN IMMEDIATE")?;
            connection.execute_batch(text)?;
            connection.execute("INSERT INTO migration VALUES (?1, ?2)", (name, text))?;
            connection.execute_batch("COMMIT")
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
    counts: &Counts,
    held: &Arc<Held>,
    mut writeback: Option<Writeback>,
) {
    let (mut begun, mut is_busy) = (Instant::now(), false);
    while let Ok(first) = jobs.recv() {
        if is_busy {
            pause_until(begun + APART);
        }
        begun = Instant::now();
        let mut batch = Batch {
            chain: chain.clone(),
            held: Arc::clone(held),
            consequences: Vec::new(),
        };
        let mut finishes: Vec<Finish> = Vec::new();
        let outcome = run_batch(connection, first, jobs, &mut batch, &mut finishes);
        let fate = if outcome.is_ok() {
            chain = batch.chain;
            counts.commits.fetch_add(1, Ordering::Relaxed);
            counts
                .jobs
                .fetch_add(finishes.len() as u64, Ordering::Relaxed);
            Fate::Written
        } else {
            let _ = connection.execute_batch("ROLLBACK");
            Fate::Undone
        };
        is_busy = 1 < finishes.len();
        for consequence in batch.consequences {
            consequence(fate);
        }
        let count = finishes.len();
        for finish in finishes {
            finish(outcome.clone());
        }
        if let Some(writeback) = &mut writeback {
            writeback.after(count, connection.sqlite());
        }
    }
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Lets jobs gather. Each is sent without waking this thread, which costs less than one wake for each.
fn pause_until(end: Instant) {
    while let Some(rest) = end.checked_duration_since(Instant::now())
        && !rest.is_zero()
    {
        std::thread::park_timeout(rest);
    }
}

fn run_batch(
    connection: &Connection,
    first: Job,
    jobs: &mpsc::Receiver<Job>,
    batch: &mut Batch,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    let begun = execute(connection, "BEGIN IMMEDIATE");
    let mut outcome = begun;
    let mut next = Some(first);
    while let Some(job) = next {
        // Without a transaction nothing may run: every statement would commit by itself. Begun, it may still have ended: some
        // failures of the disk make SQLite undo it at once.
        let within = (!connection.is_autocommit()).then_some(connection);
        match run_job(within, job, batch) {
            Ok(finish) => finishes.push(finish),
            Err(failed) => {
                finishes.push(failed.finish);
                outcome = outcome.and(Err(failed.why));
            }
        }
        next = if finishes.len() < MOST_JOBS {
            jobs.try_recv().ok()
        } else {
            None
        };
    }
    outcome?;
    execute(connection, "COMMIT")
}

/// Runs one job; an error is one that undoes the whole transaction.
fn run_job(within: Option<&Connection>, job: Job, batch: &mut Batch) -> Result<Finish, Failed> {
    let (Some(connection), Failure::Alone) = (within, job.failure) else {
        return (job.work)(within, batch);
    };
    let earlier = batch.chain.clone();
    if let Err(why) = execute(connection, "SAVEPOINT job") {
        let failed = (job.work)(None, batch);
        return Err(Failed {
            finish: failed.unwrap_or_else(|it| it.finish),
            why,
        });
    }
    let finish = match (job.work)(within, batch) {
        Ok(finish) => finish,
        Err(failed) => {
            batch.chain = earlier;
            if let Err(why) = execute(connection, "ROLLBACK TO job") {
                return Err(Failed {
                    finish: failed.finish,
                    why,
                });
            }
            failed.finish
        }
    };
    match execute(connection, "RELEASE job") {
        Ok(()) => Ok(finish),
        Err(why) => Err(Failed { finish, why }),
    }
}

fn execute(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.prepare_cached(text)?.execute([])?;
    Ok(())
}
