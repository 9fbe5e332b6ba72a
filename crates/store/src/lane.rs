//! Ways of their own into PostgreSQL: everything of one kind that waits shares a transaction of few statements, written by one thread and
//! audited in a chain of the way's own. Knows no table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::audit::Chain;
use crate::database::server::pool::Pool;
use crate::engine::{StoreError, Written};
use crate::sql::Connection;

/// Records in one transaction at most.
const MOST: usize = 512;

/// While several come at once, transactions begin this far apart at least, so that more of them share a sync.
const APART: Duration = Duration::from_millis(1);

/// Makes the records of a group ready together; where that fails none of them is written.
pub(crate) type Prepare<R> = fn(&mut [R]) -> Result<(), StoreError>;

/// Begins a transaction, writes all of a group in it and commits; says of each what became of it.
pub(crate) type Write<R, A> =
    fn(&Pool, &Connection, &mut Chain, &[R]) -> Result<Vec<A>, StoreError>;

/// Where records of one kind are handed over.
pub(crate) struct Lane<R, A> {
    sender: mpsc::Sender<Waiting<R, A>>,
    counts: Arc<Counts>,
}

impl<R, A> Clone for Lane<R, A> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            counts: Arc::clone(&self.counts),
        }
    }
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    records: AtomicU64,
    waiting: AtomicU64,
}

/// A record that waits for its transaction, and who is told of it.
struct Waiting<R, A> {
    record: R,
    told: oneshot::Sender<Result<A, StoreError>>,
    handed: traces::HandedOver,
}

impl<R: Send + 'static, A: Send + 'static> Lane<R, A> {
    /// Starts the thread that writes. `chain` is the process's; the lane's own is made of it and of the lane's name.
    pub(crate) fn start(
        name: &'static str,
        pool: Arc<Pool>,
        chain: [u8; 16],
        (prepare, write): (Prepare<R>, Write<R, A>),
    ) -> std::io::Result<Self> {
        let (sender, waiting) = mpsc::channel();
        let counts = Arc::new(Counts::default());
        let mut writer = LaneWriter {
            pool,
            connection: None,
            chain: Chain::new(own(name, chain)),
            is_unsure: false,
            counts: Arc::clone(&counts),
            prepare,
            write,
        };
        std::thread::Builder::new()
            .name(format!("store-{name}"))
            .spawn(move || writer.serve(&waiting))?;
        Ok(Self { sender, counts })
    }

    /// Records; answers after it is on the disk, or with why it is not.
    pub(crate) async fn record(&self, record: R) -> Result<A, StoreError> {
        let (told, answer) = oneshot::channel();
        // Counted first: the writer may begin at once.
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        let handed = traces::handed_over();
        let sent = self.sender.send(Waiting {
            record,
            told,
            handed,
        });
        sent.map_err(|_| StoreError::Closing)?;
        answer.await.map_err(|_| StoreError::Closing)?
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> Written {
        Written {
            commits: self.counts.commits.load(Ordering::Relaxed),
            jobs: self.counts.records.load(Ordering::Relaxed),
            waiting: self.counts.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Two threads of a process never append to one chain.
fn own(name: &str, chain: [u8; 16]) -> [u8; 16] {
    let hash = Sha256::new().chain_update(name).chain_update(chain);
    let hash: [u8; 32] = hash.finalize().into();
    let mut own = [0; 16];
    for (place, byte) in own.iter_mut().zip(hash) {
        *place = byte;
    }
    own
}

struct LaneWriter<R, A> {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    chain: Chain,
    /// Whether the last transaction may still be written: the server did not say.
    is_unsure: bool,
    counts: Arc<Counts>,
    prepare: Prepare<R>,
    write: Write<R, A>,
}

impl<R, A> LaneWriter<R, A> {
    fn serve(&mut self, waiting: &mpsc::Receiver<Waiting<R, A>>) {
        let (mut begun, mut is_busy) = (Instant::now(), false);
        while let Ok(first) = waiting.recv() {
            while is_busy && begun.elapsed() < APART {
                std::thread::park_timeout(APART.saturating_sub(begun.elapsed()));
            }
            begun = Instant::now();
            let others = std::iter::from_fn(|| waiting.try_recv().ok());
            let group = std::iter::once(first).chain(others.take(MOST - 1));
            let group = group.map(|it| (it.record, (it.told, it.handed.begun())));
            let (mut records, told): (Vec<R>, Vec<_>) = group.unzip();
            is_busy = 1 < records.len();
            let count = records.len() as u64;
            self.counts.waiting.fetch_sub(count, Ordering::Relaxed);
            let outcomes = match (self.prepare)(&mut records) {
                Ok(()) => self.write_all(&records),
                Err(why) => records.iter().map(|_| Err(why.clone())).collect(),
            };
            for ((told, in_work), outcome) in told.into_iter().zip(outcomes) {
                in_work.ended();
                // Whoever asked may be gone; what is written stays written.
                let _ = told.send(outcome);
            }
        }
    }

    /// Writes a group in one transaction; where the server refuses what is in it, each half in one of its own, down to single records.
    fn write_all(&mut self, records: &[R]) -> Vec<Result<A, StoreError>> {
        let was_unsure = self.is_unsure;
        let written = match self.write_together(records) {
            // What was under way at the server has taken the next place in the chain. By now it is written, and read.
            Err(StoreError::Failed(_)) if was_unsure => self.write_together(records),
            // Another way took a key after it was looked for here. By now it is written what for, and the group is judged by that.
            Err(StoreError::KeyUsed) => self.write_together(records),
            written => written,
        };
        match written {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(StoreError::Failed(_) | StoreError::Row(_) | StoreError::KeyUsed)
                if 1 < records.len() =>
            {
                let halves = records.chunks(records.len().div_ceil(2));
                halves.flat_map(|half| self.write_all(half)).collect()
            }
            Err(why) => records.iter().map(|_| Err(why.clone())).collect(),
        }
    }

    /// Writes all of them or none; says of each what became of it.
    fn write_together(&mut self, records: &[R]) -> Result<Vec<A>, StoreError> {
        let lost = |it: &Connection| matches!(it, Connection::Postgres(server) if server.is_lost());
        let connection = match self.connection.take().filter(|it| !lost(it)) {
            Some(connection) => connection,
            None => self.pool.connect()?,
        };
        let mut chain = self.chain.clone();
        let written = (self.write)(&self.pool, &connection, &mut chain, records);
        match &written {
            Ok(_) => {
                (self.chain, self.is_unsure) = (chain, false);
                self.counts.commits.fetch_add(1, Ordering::Relaxed);
                let count = records.len() as u64;
                self.counts.records.fetch_add(count, Ordering::Relaxed);
            }
            Err(error) => {
                self.chain.doubt();
                self.is_unsure = matches!(error, StoreError::Away(_));
                if let Connection::Postgres(server) = &connection {
                    // Where that fails as well the connection is given up.
                    let _ = server.end("ROLLBACK");
                }
            }
        }
        self.connection = Some(connection).filter(|it| !lost(it));
        written
    }
}
