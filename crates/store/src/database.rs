//! One database, a file or the schema of a server: readers on the calling thread, one writer thread whose jobs share a transaction and an
//! fsync. Knows no table.

mod file;
pub(crate) mod migrations;
pub(crate) mod numbers;
pub mod server;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::audit::Event;
use tokio::sync::oneshot;

use self::file::File;
use self::numbers::Numbers;
use self::server::pool::Pool;
use self::server::replicas::Replicas;
use self::writer::Writer;
use crate::audit::{Chain, Content};
use crate::engine::{OpenError, Pace, StoreError, Written};
use crate::recent::Recent;
use crate::sealing::{self, Unsealed};
use crate::sessions::Remembered;
use crate::sql::{self, Connection, Row};

/// Jobs in one transaction at most, so that none waits long for the others.
const MOST_JOBS: usize = 1024;

/// While several write at once, transactions begin this far apart at least, so that more of them share a sync. Whoever writes
/// alone waits for nobody.
const APART: Duration = Duration::from_millis(1);

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
    numbers: Option<Numbers>,
    held: Arc<Held>,
    consequences: Vec<Consequence>,
    /// What the running job had to be sealed.
    sealed: Option<Result<Bytes, StoreError>>,
}

impl Batch {
    /// What the running job handed over to be sealed, or why it is not; `None` where it handed over nothing.
    pub(crate) fn sealed(&mut self) -> Option<Result<Bytes, StoreError>> {
        self.sealed.take()
    }

    /// Appends an event to this process's chain within the running transaction.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        event: &Event,
        content: Option<Content>,
    ) -> Result<(), StoreError> {
        self.chain.append(connection, event, content)
    }

    /// This process's chain, to be appended to within the running transaction.
    pub(crate) fn chain(&mut self) -> &mut Chain {
        &mut self.chain
    }

    /// The number of a row that is about to be inserted; `None` where the database numbers rows by itself.
    pub(crate) fn number(&mut self, at: domain::civil_date::Instant) -> Option<i64> {
        self.numbers.as_mut().map(|it| it.next(at))
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
    unsealed: Option<Unsealed>,
    work: Work,
}

/// A job that failed, and why.
struct Failed {
    finish: Finish,
    why: StoreError,
}

/// Where the tables lie.
#[derive(Clone)]
enum Place {
    File(Arc<File>),
    Server(Arc<Pool>, Option<Arc<Replicas>>),
}

/// One database.
#[derive(Clone)]
pub(crate) struct Database {
    place: Place,
    writer: mpsc::Sender<Job>,
    counts: Arc<Counts>,
    /// Jobs that may wait for the writer.
    most_waiting: u64,
    held: Arc<Held>,
    /// The writer's thread, until somebody waits for its end.
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What the writer did.
#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    jobs: AtomicU64,
    /// Handed over, and not begun yet.
    waiting: AtomicU64,
    /// A job asked the writer to end after its transaction.
    is_ending: AtomicBool,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::File(file) => write!(f, "Database({})", file.path().display()),
            Place::Server(pool, _) => write!(f, "Database({pool})"),
        }
    }
}

/// A numbered step of the schema: its name and its text.
pub(crate) type Migration = (&'static str, &'static str);

impl Database {
    /// Opens a file, applies what migrations it lacks and starts the writer. Readers see another one as well, under a name: what
    /// one query joins is judged in one query.
    pub(crate) fn open(
        path: &Path,
        beside: Option<(&'static str, &Path)>,
        migrations: &[Migration],
        reading: Reading,
        chain: [u8; 16],
        hold: impl FnOnce(&Connection) -> Result<Held, StoreError>,
    ) -> Result<Self, OpenError> {
        let failed = |error: StoreError| OpenError::of_file(path, error);
        let file = File::new(path, reading, beside);
        let writer = file.writer().map_err(sql::Error::from);
        let writer = writer.map_err(|error| failed(error.into()))?;
        migrations::apply(writer.connection(), path, migrations)?;
        let held = hold(writer.connection()).map_err(failed)?;
        let place = Place::File(Arc::new(file));
        Self::start(place, Writer::File(writer), held, Chain::new(chain))
            .map_err(|error| failed(StoreError::Failed(error.to_string())))
    }

    /// Opens a schema of a server, applies what migrations it lacks and starts the writer. Nothing is held of it: others write it too.
    pub(crate) fn join(
        pool: &Arc<Pool>,
        migrations: &[Migration],
        chain: [u8; 16],
    ) -> Result<Self, OpenError> {
        pool.migrate(migrations)?;
        let writer = Writer::server(Arc::clone(pool));
        let place = Place::Server(Arc::clone(pool), None);
        Self::start(place, writer, Held::default(), Chain::new(chain))
            .map_err(|error| pool.not_opened(error.to_string()))
    }

    /// Asks the servers that follow for what may be a little old.
    pub(crate) fn with_replicas(mut self, replicas: Option<Replicas>) -> Self {
        if let Place::Server(_, asked) = &mut self.place {
            *asked = replicas.map(Arc::new);
        }
        self
    }

    fn start(place: Place, writer: Writer, held: Held, chain: Chain) -> std::io::Result<Self> {
        let held = Arc::new(held);
        let (sender, jobs) = mpsc::channel();
        let counts = Arc::new(Counts::default());
        let theirs = (Arc::clone(&counts), Arc::clone(&held));
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_jobs(writer, &jobs, chain, &theirs.0, &theirs.1))?;
        Ok(Self {
            place,
            writer: sender,
            counts,
            most_waiting: u64::MAX,
            held,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Ends reading and writing of a file and waits for it: what was handed over before is written, what comes later fails as
    /// [`StoreError::Closing`]. The file is whole in itself then, without its log. At a server nothing is left to do. Never to be called from
    /// the writer.
    pub(crate) fn close(&self) {
        let Place::File(file) = &self.place else {
            return;
        };
        // First: a reader that outlived the writer would keep the log in its place.
        file.end_reading();
        let counts = Arc::clone(&self.counts);
        // Nobody waits for the answer, and when the writer has ended already there is nothing to end.
        let _ = self.queue(Failure::Alone, None, move |_, _| {
            counts.is_ending.store(true, Ordering::Relaxed);
            Ok(())
        });
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A writer that panicked has ended as well.
            let _ = thread.join();
        }
    }

    /// Whether other processes write it as well.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.place, Place::Server(..))
    }

    /// Lets so many jobs wait for the writer at most.
    pub(crate) fn with_waiting(mut self, most: u64) -> Self {
        self.most_waiting = most;
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

    /// The file; `None` where there is none.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(file) => Some(file.path()),
            Place::Server(..) => None,
        }
    }

    /// Writes a consistent copy to a file of the same name in a folder, while the store goes on.
    pub(crate) fn copy(&self, folder: &Path) -> Result<(), StoreError> {
        match &self.place {
            Place::File(file) => file.copy(folder),
            Place::Server(..) => Err(StoreError::Failed(
                "a server's database is copied by the server's own means (docs/operations/postgresql.md)".into(),
            )),
        }
    }

    /// Reads a file from its beginning, so many bytes at most, as long as `goes_on`; returns how many were read. Of a server none are.
    pub(crate) fn read_through(
        &self,
        most: u64,
        goes_on: impl FnMut() -> bool,
    ) -> Result<u64, StoreError> {
        match &self.place {
            Place::File(file) => file.read_through(most, goes_on),
            Place::Server(..) => Ok(0),
        }
    }

    /// Reads on the calling thread, with a connection that is kept for the next reader.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.place {
            Place::File(file) => file.read(work),
            Place::Server(pool, _) => pool.read(work),
        }
    }

    /// Reads what may be a little old: from a server that follows, where one is not too far behind.
    pub(crate) fn read_lately<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Place::Server(pool, replicas) = &self.place else {
            return self.read(work);
        };
        let fresh = replicas.as_ref().and_then(|it| it.fresh());
        match fresh.map(|it| it.read(&work)) {
            None => pool.read(work),
            // It is gone, or ended the reading for what it had to follow. What takes too long there takes too long at the first server as well.
            Some(Err(StoreError::Away(why))) if !sql::is_time_up(&why) => pool.read(work),
            Some(read) => read,
        }
    }

    /// The rows of a text that looks single rows up by their keys, where a server has them; `None` where a file does.
    pub(crate) async fn ask(
        &self,
        text: &str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Option<Result<Vec<Row<'static>>, StoreError>> {
        match &self.place {
            Place::File(_) => None,
            Place::Server(pool, _) => Some(pool.ask(text, values).await),
        }
    }

    /// Writes; answers after the transaction that holds the work is on the disk, or with why it is not.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(Failure::Alone, None, work).await
    }

    /// Writes work that cannot be undone alone: when it fails, everything of its transaction fails with it.
    pub(crate) async fn write_or_fail_all<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(Failure::All, None, work).await
    }

    /// The same; what is unsealed is sealed before, together with that of the others in the transaction ([`Batch::sealed`]).
    pub(crate) async fn seal_and_write<T: Send + 'static>(
        &self,
        unsealed: Option<Unsealed>,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.hand_over(Failure::All, unsealed, work).await
    }

    /// Writes as [`Self::write`] does, and blocks until it is known. Never to be called from asynchronous code.
    pub(crate) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let receiver = self.send(Failure::Alone, None, work)?;
        receiver.blocking_recv().map_err(|_| StoreError::Closing)?
    }

    async fn hand_over<T: Send + 'static>(
        &self,
        failure: Failure,
        unsealed: Option<Unsealed>,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let receiver = self.send(failure, unsealed, work)?;
        receiver.await.map_err(|_| StoreError::Closing)?
    }

    fn send<T: Send + 'static>(
        &self,
        failure: Failure,
        unsealed: Option<Unsealed>,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        // A few more may slip in between: the bound is of memory, not of a number.
        if self.most_waiting <= self.counts.waiting.load(Ordering::Relaxed) {
            return Err(StoreError::Crowded);
        }
        self.queue(failure, unsealed, work)
    }

    fn queue<T: Send + 'static>(
        &self,
        failure: Failure,
        unsealed: Option<Unsealed>,
        work: impl FnOnce(&Connection, &mut Batch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let counts = Arc::clone(&self.counts);
        let handed = traces::handed_over();
        let work: Work = Box::new(move |connection, batch| {
            counts.waiting.fetch_sub(1, Ordering::Relaxed);
            let in_work = handed.begun();
            let lost = || StoreError::Away("the connection was lost".into());
            let done = connection.ok_or_else(lost).and_then(|it| work(it, batch));
            let why = done.as_ref().err().cloned();
            let finish: Finish = Box::new(move |committed| {
                in_work.ended();
                // The one who asked may be gone; what is written stays written.
                let _ = sender.send(committed.and(done));
            });
            match why {
                None => Ok(finish),
                Some(why) => Err(Failed { finish, why }),
            }
        });
        let job = Job {
            failure,
            unsealed,
            work,
        };
        // Counted first: the writer may begin at once.
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        self.writer.send(job).map_err(|_| StoreError::Closing)?;
        Ok(receiver)
    }
}

/// The writer's life: take every job that waits, run them in one transaction, sync once, then tell all.
fn write_jobs(
    mut writer: Writer,
    jobs: &mpsc::Receiver<Job>,
    mut chain: Chain,
    counts: &Counts,
    held: &Arc<Held>,
) {
    let (mut begun, mut is_busy) = (Instant::now(), false);
    while !counts.is_ending.load(Ordering::Relaxed)
        && let Some(first) = writer.next(jobs)
    {
        if is_busy {
            pause_until(begun + APART);
        }
        begun = Instant::now();
        let mut batch = Batch {
            chain: chain.clone(),
            numbers: writer.numbers(),
            held: Arc::clone(held),
            consequences: Vec::new(),
            sealed: None,
        };
        let mut finishes: Vec<Finish> = Vec::new();
        let outcome = run_batch(&mut writer, first, jobs, &mut batch, &mut finishes);
        let numbers = batch.numbers;
        let fate = if outcome.is_ok() {
            chain = batch.chain;
            counts.commits.fetch_add(1, Ordering::Relaxed);
            counts
                .jobs
                .fetch_add(finishes.len() as u64, Ordering::Relaxed);
            Fate::Written
        } else {
            writer.undo(&mut chain);
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
        writer.after(count, numbers);
    }
    writer.close();
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
    writer: &mut Writer,
    first: Job,
    jobs: &mpsc::Receiver<Job>,
    batch: &mut Batch,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    let mut outcome = writer.begin();
    let mut round = vec![first];
    // Whoever comes while a round is run has one of its own in the same transaction.
    while !round.is_empty() {
        let room = MOST_JOBS.saturating_sub(finishes.len() + round.len());
        round.extend(std::iter::from_fn(|| jobs.try_recv().ok()).take(room));
        let unsealed: Vec<&Unsealed> = round.iter().filter_map(|it| it.unsealed.as_ref()).collect();
        let mut sealed = sealing::seal(&unsealed).into_iter();
        for job in round.drain(..) {
            batch.sealed = job.unsealed.as_ref().and_then(|_| sealed.next());
            match run_job(writer.within(), job, batch) {
                Ok(finish) => finishes.push(finish),
                Err(failed) => {
                    finishes.push(failed.finish);
                    outcome = outcome.and(Err(failed.why));
                }
            }
        }
        if finishes.len() < MOST_JOBS {
            round.extend(jobs.try_recv().ok());
        }
    }
    outcome?;
    writer.commit()
}

/// Runs one job; an error is one that undoes the whole transaction.
fn run_job(within: Option<&Connection>, job: Job, batch: &mut Batch) -> Result<Finish, Failed> {
    let (Some(connection), Failure::Alone) = (within, job.failure) else {
        return (job.work)(within, batch);
    };
    let earlier = batch.chain.clone();
    if let Err(why) = writer::run(connection, "SAVEPOINT job") {
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
            if let Err(why) = writer::run(connection, "ROLLBACK TO job") {
                // A full disk ends the whole transaction by itself: there is no savepoint then, and the job says why.
                let why = match why {
                    StoreError::Failed(_) => failed.why,
                    why => why,
                };
                return Err(Failed {
                    finish: failed.finish,
                    why,
                });
            }
            failed.finish
        }
    };
    match writer::run(connection, "RELEASE job") {
        Ok(()) => Ok(finish),
        Err(why) => Err(Failed { finish, why }),
    }
}

#[cfg(test)]
mod tests;
