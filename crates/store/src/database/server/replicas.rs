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
    each: Arc<Vec<Replica>>,
    next: AtomicUsize,
    behind: Duration,
    /// Ends the thread that looks after them when it is dropped.
    _ends: mpsc::Sender<()>,
}

struct Replica {
    pool: Pool,
    /// What was written before this instant is in it.
    as_of: Mutex<Option<Instant>>,
}

impl Replicas {
    /// Follows how far they are behind the first server, of which this is a pool; `process` names the marks.
    pub(crate) fn follow(
        first: Arc<Pool>,
        pools: Vec<Pool>,
        behind: Duration,
        process: Vec<u8>,
    ) -> std::io::Result<Self> {
        let each = pools.into_iter().map(|pool| Replica {
            pool,
            as_of: Mutex::new(None),
        });
        let each: Arc<Vec<Replica>> = Arc::new(each.collect());
        let (sender, ends) = mpsc::channel();
        let theirs = Arc::clone(&each);
        std::thread::Builder::new()
            .name("store-replicas".into())
            .spawn(move || {
                let mut marks = Marks {
                    first,
                    process,
                    behind,
                    made: VecDeque::new(),
                };
                loop {
                    marks.look(&theirs);
                    let waited = ends.recv_timeout(behind / MARKS);
                    if waited != Err(mpsc::RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        Ok(Self {
            each,
            next: AtomicUsize::new(0),
            behind,
            _ends: sender,
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

/// The marks of this process at the first server.
struct Marks {
    first: Arc<Pool>,
    process: Vec<u8>,
    behind: Duration,
    /// Those within the time that counts, and the instant before each was made.
    made: VecDeque<(i64, Instant)>,
}

impl Marks {
    /// Makes the next mark, and looks which one each replica has. Where that fails nobody is fresh for long.
    fn look(&mut self, replicas: &[Replica]) {
        let at = Instant::now();
        self.made.retain(|(_, at)| at.elapsed() < self.behind);
        match self.make() {
            Ok(number) => self.made.push_back((number, at)),
            Err(error) => tracing::debug!(error = %error, "no mark for replicas was made"),
        }
        for replica in replicas {
            let seen = match self.seen(&replica.pool) {
                Ok(number) => self.made.iter().find(|(made, _)| Some(*made) == number),
                Err(error) => {
                    tracing::warn!(error = %error, "a replica of the database is not asked");
                    None
                }
            };
            if let Some((_, at)) = seen {
                let mut as_of = replica.as_of.lock().unwrap_or_else(PoisonError::into_inner);
                *as_of = Some(*at);
            }
        }
    }

    /// A number greater than the one that stands there, whoever of this name wrote it.
    fn make(&self) -> Result<i64, StoreError> {
        let process = &self.process;
        self.first.read(|connection| {
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
