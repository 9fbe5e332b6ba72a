//! The way of checks by number into PostgreSQL: all that wait share a transaction of few statements. Needs no other writer's turn: its keys
//! decide between processes, and its events are in a chain of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio_postgres::types::ToSql;

use crate::audit::{Chain, Content, EventRow};
use crate::checks::{Record, Recorded, known, server};
use crate::database::server::pool::Pool;
use crate::engine::{StoreError, Written};
use crate::sql::Connection;
use crate::sql::postgres::Server;

/// Checks in one transaction at most.
const MOST: usize = 512;

/// While several come at once, transactions begin this far apart at least, so that more of them share a sync.
const APART: Duration = Duration::from_millis(1);

/// Where checks are handed over.
#[derive(Clone)]
pub(crate) struct Lane {
    sender: mpsc::Sender<Waiting>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    commits: AtomicU64,
    checks: AtomicU64,
    waiting: AtomicU64,
}

/// A check that waits for its transaction, and who is told of it.
struct Waiting {
    record: Record,
    told: oneshot::Sender<Result<Recorded, StoreError>>,
}

impl Lane {
    /// Starts the thread that writes. `chain` is the process's; the lane's own is made of it.
    pub(crate) fn start(pool: Arc<Pool>, chain: [u8; 16]) -> std::io::Result<Self> {
        let (sender, waiting) = mpsc::channel();
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        let mut writer = LaneWriter {
            pool,
            connection: None,
            chain: Chain::new(own(chain)),
        };
        std::thread::Builder::new()
            .name("store-checks".into())
            .spawn(move || writer.serve(&waiting, &theirs))?;
        Ok(Self { sender, counts })
    }

    /// Records a check; answers after it is on the disk, or with why it is not.
    pub(crate) async fn record(&self, record: Record) -> Result<Recorded, StoreError> {
        let (told, answer) = oneshot::channel();
        // Counted first: the writer may begin at once.
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.sender.send(Waiting { record, told });
        sent.map_err(|_| StoreError::Closing)?;
        answer.await.map_err(|_| StoreError::Closing)?
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> Written {
        Written {
            commits: self.counts.commits.load(Ordering::Relaxed),
            jobs: self.counts.checks.load(Ordering::Relaxed),
            waiting: self.counts.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Two threads of a process never append to one chain.
fn own(chain: [u8; 16]) -> [u8; 16] {
    let hash = Sha256::new().chain_update(b"checks").chain_update(chain);
    let hash: [u8; 32] = hash.finalize().into();
    let mut own = [0; 16];
    for (place, byte) in own.iter_mut().zip(hash) {
        *place = byte;
    }
    own
}

struct LaneWriter {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    chain: Chain,
}

impl LaneWriter {
    fn serve(&mut self, waiting: &mpsc::Receiver<Waiting>, counts: &Counts) {
        let (mut begun, mut is_busy) = (Instant::now(), false);
        while let Ok(first) = waiting.recv() {
            while is_busy && begun.elapsed() < APART {
                std::thread::park_timeout(APART.saturating_sub(begun.elapsed()));
            }
            begun = Instant::now();
            let others = std::iter::from_fn(|| waiting.try_recv().ok());
            let group: Vec<Waiting> = std::iter::once(first)
                .chain(others.take(MOST - 1))
                .collect();
            is_busy = 1 < group.len();
            counts
                .waiting
                .fetch_sub(group.len() as u64, Ordering::Relaxed);
            let (records, told): (Vec<Record>, Vec<_>) =
                group.into_iter().map(|it| (it.record, it.told)).unzip();
            let outcome = self.write(&records);
            if outcome.is_ok() {
                counts.commits.fetch_add(1, Ordering::Relaxed);
                counts
                    .checks
                    .fetch_add(records.len() as u64, Ordering::Relaxed);
            }
            // Whoever asked may be gone; what is written stays written.
            match outcome {
                Ok(outcomes) => {
                    for (told, recorded) in told.into_iter().zip(outcomes) {
                        let _ = told.send(Ok(recorded));
                    }
                }
                Err(why) => {
                    for told in told {
                        let _ = told.send(Err(why.clone()));
                    }
                }
            }
        }
    }

    /// Writes all of them or none; says of each what became of it.
    fn write(&mut self, records: &[Record]) -> Result<Vec<Recorded>, StoreError> {
        let lost = |it: &Connection| matches!(it, Connection::Postgres(server) if server.is_lost());
        let connection = match self.connection.take().filter(|it| !lost(it)) {
            Some(connection) => connection,
            None => self.pool.connect()?,
        };
        let mut chain = self.chain.clone();
        let written = write(&connection, &mut chain, records);
        match &written {
            Ok(_) => self.chain = chain,
            Err(_) => {
                self.chain.doubt();
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

fn write(
    connection: &Connection,
    chain: &mut Chain,
    records: &[Record],
) -> Result<Vec<Recorded>, StoreError> {
    let Connection::Postgres(server) = connection else {
        return Err(StoreError::Closing);
    };
    chain.be_sure(connection)?;
    let is_keyed = records.iter().any(|it| it.row.key.is_some());
    let taken = if is_keyed {
        server.begin("BEGIN")?;
        take_keys(server, records)?
    } else {
        Vec::new()
    };
    let is_new = |record: &Record| record.row.key.is_none() || taken.contains(&record.row.id);
    let new: Vec<&Record> = records.iter().filter(|it| is_new(it)).collect();
    let events: Vec<(EventRow, [u8; 32])> = new
        .iter()
        .map(|record| {
            let hash = record.hash;
            let content = Content {
                facility: record.row.facility,
                record: 0,
                hash,
            };
            chain.next(&record.event, Some(content))
        })
        .collect();
    insert(server, &new, &events, new.len() == records.len(), is_keyed)?;
    if new.len() == records.len() {
        return Ok(records.iter().map(|_| Recorded::New).collect());
    }
    // Some keys were used before, by this group or by another process: what was answered then stands in the table by now.
    let outcomes = records.iter().map(|record| match &record.row.key {
        Some(key) if !is_new(record) => {
            let of = (
                record.row.facility,
                record.row.account.as_str(),
                key.as_str(),
            );
            let found = server::known_key(connection, of, |row| known(row, &record.row.question))?;
            found.ok_or(StoreError::Row("idempotency"))
        }
        Some(_) | None => Ok(Recorded::New),
    });
    let outcomes: Result<Vec<Recorded>, StoreError> = outcomes.collect();
    let outcomes = outcomes?;
    server.end("COMMIT")?;
    Ok(outcomes)
}

/// Takes the keys of checks; returns the identifiers of the checks that have theirs. Whoever takes several takes them in one order, so that
/// no two processes wait for each other.
fn take_keys(server: &Server, records: &[Record]) -> Result<Vec<[u8; 16]>, StoreError> {
    let mut keyed: Vec<(i64, &str, &str, &[u8], i64)> = records
        .iter()
        .filter_map(|it| {
            let row = &it.row;
            let key = row.key.as_deref()?;
            Some((row.facility, row.account.as_str(), key, &row.id[..], row.at))
        })
        .collect();
    keyed.sort_by_key(|it| (it.0, it.1, it.2));
    let facilities: Vec<i64> = keyed.iter().map(|it| it.0).collect();
    let accounts: Vec<&str> = keyed.iter().map(|it| it.1).collect();
    let keys: Vec<&str> = keyed.iter().map(|it| it.2).collect();
    let ids: Vec<&[u8]> = keyed.iter().map(|it| it.3).collect();
    let at: Vec<i64> = keyed.iter().map(|it| it.4).collect();
    let text = server.prepare(
        "INSERT INTO idempotency SELECT * FROM unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bytea[], ?5::bigint[])
         ON CONFLICT DO NOTHING RETURNING id",
    )?;
    let rows = server.query_columns(&text, &[&facilities, &accounts, &keys, &ids, &at])?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in &rows {
        let id: &[u8] = row.try_get(0).map_err(crate::sql::Error::Postgres)?;
        taken.push(id.try_into().map_err(|_| StoreError::Row("idempotency"))?);
    }
    Ok(taken)
}

/// Inserts checks and their events, and ends the transaction with them where nothing is left to do in it: all in one message.
fn insert(
    server: &Server,
    records: &[&Record],
    events: &[(EventRow, [u8; 32])],
    is_last: bool,
    is_begun: bool,
) -> Result<(), StoreError> {
    let (begin, commit) = (server.prepare("BEGIN")?, server.prepare("COMMIT")?);
    let checks = server.prepare(
        "INSERT INTO check_record SELECT * FROM unnest(?1::bigint[], ?2::bytea[], ?3::bigint[], ?4::text[], ?5::bigint[], ?6::text[],
           ?7::bigint[], ?8::text[], ?9::text[], ?10::text[], ?11::text[], ?12::bytea[], ?13::bytea[], ?14::text[])",
    )?;
    let chain = server.prepare(
        "INSERT INTO audit_event SELECT * FROM unnest(?1::bytea[], ?2::bigint[], ?3::bytea[], ?4::bytea[], ?5::bigint[], ?6::text[],
           ?7::bigint[], ?8::bytea[], ?9::text[], ?10::bytea[], ?11::text[], ?12::bytea[], ?13::bigint[], ?14::bigint[])",
    )?;
    let of_checks = columns_of_checks(records);
    let of_events = columns_of_events(events);
    let of_checks = references(&of_checks);
    let of_events = references(&of_events);
    let mut steps: Vec<(&tokio_postgres::Statement, &[&(dyn ToSql + Sync)])> = Vec::new();
    if !is_begun {
        steps.push((&begin, &[]));
    }
    if !records.is_empty() {
        steps.push((&checks, &of_checks));
        steps.push((&chain, &of_events));
    }
    if is_last {
        steps.push((&commit, &[]));
    }
    Ok(server.run_together(&steps, is_last)?)
}

type Column<'r> = Box<dyn ToSql + Sync + 'r>;

fn references<'c>(columns: &'c [Column<'_>]) -> Vec<&'c (dyn ToSql + Sync)> {
    columns
        .iter()
        .map(|it| &**it as &(dyn ToSql + Sync))
        .collect()
}

fn column<'r, R, T: ToSql + Sync + 'r>(rows: &'r [R], of: impl Fn(&'r R) -> T) -> Column<'r> {
    Box::new(rows.iter().map(of).collect::<Vec<T>>())
}

fn columns_of_checks<'r>(records: &'r [&'r Record]) -> Vec<Column<'r>> {
    vec![
        column(records, |it| it.row.facility),
        column(records, |it| &it.row.id[..]),
        column(records, |it| it.row.at),
        column(records, |it| it.row.account.as_str()),
        column(records, |it| i64::from(it.row.visit_date)),
        column(records, |it| it.row.origin.as_str()),
        column(records, |it| i64::from(it.row.verdict)),
        column(records, |it| it.row.insurer.as_str()),
        column(records, |it| it.row.name.as_deref()),
        column(records, |it| it.row.kana.as_deref()),
        column(records, |it| it.row.key.as_deref()),
        column(records, |it| &it.row.question[..]),
        column(records, |it| &it.row.answer[..]),
        column(records, |it| it.row.sources.as_deref()),
    ]
}

fn columns_of_events(events: &[(EventRow, [u8; 32])]) -> Vec<Column<'_>> {
    vec![
        column(events, |(it, _)| &it.chain[..]),
        column(events, |(it, _)| it.seq),
        column(events, |(it, _)| &it.prev[..]),
        column(events, |(_, hash)| &hash[..]),
        column(events, |(it, _)| it.at),
        column(events, |(it, _)| it.actor.as_str()),
        column(events, |(it, _)| it.facility),
        column(events, |(it, _)| it.certificate.as_deref()),
        column(events, |(it, _)| it.deed.as_str()),
        column(events, |(it, _)| it.subject.as_deref()),
        column(events, |(it, _)| it.detail.as_str()),
        column(events, |(it, _)| it.content.as_deref()),
        column(events, |_| Some(0_i64)),
        column(events, |_| None::<i64>),
    ]
}
