//! Servers that follow the first one, for readings that may be a little old. None is asked that is further behind than may be: each shows
//! by a mark of this process, written to the first at intervals, how far it came. Writes nothing else.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::sql::{OptionalExtension, params};

/// Marks within the time a replica may be behind.
const MARKS: u32 = 4;

/// The replicas of one schema.
pub(crate) struct Replicas {
    each: Vec<Arc<Replica>>,
    next: AtomicUsize,
    behind: Duration,
    /// End the threads that look after them when they are dropped.
    _ends: Vec<mpsc::Sender<()>>,
}

struct Replica {
    pool: Pool,
    /// What was written before this instant is in it.
    as_of: Mutex<Option<Instant>>,
}

impl Replicas {
    /// Follows how far they are behind the first server, of which this is a pool; `process` names the marks. Each replica has a thread of its
    /// own: one that does not answer keeps no other from being looked at.
    pub(crate) fn follow(
        first: Arc<Pool>,
        pools: Vec<Pool>,
        behind: Duration,
        process: Vec<u8>,
    ) -> std::io::Result<Self> {
        let marks = Arc::new(Marks {
            process,
            behind,
            made: Mutex::default(),
        });
        let pause = behind / MARKS;
        let making = Arc::clone(&marks);
        let mut ends = vec![at_intervals("store-marks", pause, move || {
            making.make(&first);
        })?];
        let mut each = Vec::new();
        for pool in pools {
            let replica = Arc::new(Replica {
                pool,
                as_of: Mutex::new(None),
            });
            let (looking, theirs) = (Arc::clone(&marks), Arc::clone(&replica));
            ends.push(at_intervals("store-replica", pause, move || {
                looking.look(&theirs);
            })?);
            each.push(replica);
        }
        Ok(Self {
            each,
            next: AtomicUsize::new(0),
            behind,
            _ends: ends,
        })
    }

    /// One that is not too far behind, each in its turn.
    pub(in crate::database) fn fresh(&self) -> Option<&Pool> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let turns = (0..self.each.len()).map(|it| (first + it) % self.each.len());
        let mut fresh = turns.filter_map(|it| self.each.get(it));
        let found = fresh.find(|it| {
            let as_of = *it.as_of.lock().unwrap_or_else(PoisonError::into_inner);
            as_of.is_some_and(|it| it.elapsed() < self.behind)
        });
        found.map(|it| &it.pool)
    }
}

/// Does work on a thread of its own with a pause after each time, until what is returned is dropped.
fn at_intervals(
    name: &str,
    pause: Duration,
    work: impl Fn() + Send + 'static,
) -> std::io::Result<mpsc::Sender<()>> {
    let (sender, ends) = mpsc::channel();
    let thread = std::thread::Builder::new().name(name.into());
    thread.spawn(move || {
        loop {
            work();
            let waited = ends.recv_timeout(pause);
            if waited != Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
        }
    })?;
    Ok(sender)
}

/// The marks of this process at the first server.
struct Marks {
    process: Vec<u8>,
    behind: Duration,
    /// Those within the time that counts, and the instant before each was made.
    made: Mutex<VecDeque<(i64, Instant)>>,
}

impl Marks {
    /// Makes the next mark. Where that fails nobody is fresh for long.
    fn make(&self, first: &Pool) {
        let at = Instant::now();
        let next = self.next(first);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|(_, at)| at.elapsed() < self.behind);
        match next {
            Ok(number) => made.push_back((number, at)),
            Err(error) => tracing::debug!(error = %error, "no mark for replicas was made"),
        }
    }

    /// Looks which mark a replica has.
    fn look(&self, replica: &Replica) {
        let seen = match self.seen(&replica.pool) {
            Ok(seen) => seen,
            Err(error) => {
                tracing::warn!(error = %error, "a replica of the database is not asked");
                return;
            }
        };
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, at)) = made.iter().find(|(made, _)| Some(*made) == seen) {
            let mut as_of = replica.as_of.lock().unwrap_or_else(PoisonError::into_inner);
            *as_of = Some(*at);
        }
    }

    /// A number greater than the one that stands there, whoever of this name wrote it.
    fn next(&self, first: &Pool) -> Result<i64, StoreError> {
        let process = &self.process;
        first.read(|connection| {
            let text = "INSERT INTO replica_mark VALUES (?1, 1) ON CONFLICT (process)
                DO UPDATE SET number = replica_mark.number + 1 RETURNING number";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row(params![process], |row| row.get(0))?)
        })
    }

    fn seen(&self, replica: &Pool) -> Result<Option<i64>, StoreError> {
        let process = &self.process;
        replica.read(|connection| {
            let text = "SELECT number FROM replica_mark WHERE process = ?1";
            let mut statement = connection.prepare_cached(text)?;
            let seen = statement.query_row(params![process], |row| row.get(0));
            Ok(seen.optional()?)
        })
    }
}
