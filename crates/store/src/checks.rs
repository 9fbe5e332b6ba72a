//! The check log: a record, its audit event and its idempotency key in one transaction. Answers nothing before the disk has it.

pub(crate) mod columns;
pub(crate) mod file;
pub(crate) mod lane;
mod named;
mod parts;
pub mod retention;
pub(crate) mod server;

use bytes::Bytes;
use domain::audit::{Actor, Deed, Event};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::feed::BatchNumber;
use domain::permit::{AskByNumber, Permit, ReadHistory, SignedIn};
use sha2::{Digest, Sha256};

use crate::audit::{Content, EventRow};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::recent::Recent;
use crate::sealing::{NewAnswer, Unsealed};
use crate::sql::{self, Connection};

/// Seconds an idempotency key is kept: 14 days (design §6).
const KEY_LIFE_S: i64 = 14 * 86_400;

/// Keys forgotten in one transaction, so that no check waits long for it.
const KEYS_AT_ONCE: u32 = 4_000;

/// Who used a key, and the key: facility, account, key.
type OfKey<'k> = (i64, &'k str, &'k str);

/// A check to record. Question and answer are kept byte by byte; the answer is as it goes, or to be sealed with others.
#[derive(Clone)]
pub struct NewCheck<A = Bytes> {
    /// Identifier: a UUIDv7, so that newer ones sort later.
    pub id: u128,
    /// When it was answered.
    pub at: Instant,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// Where it was asked.
    pub origin: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// Insurer number asked about.
    pub insurer: String,
    /// Name answered, for the history.
    pub name: Option<String>,
    /// Kana answered, for the history.
    pub kana: Option<String>,
    /// What was typed, as it came.
    pub question: Bytes,
    /// What was answered.
    pub answer: A,
    /// Idempotency key: the same key with the same question brings the same answer.
    pub key: Option<String>,
    /// The batches of insurers' feeds that the answer came from.
    pub sources: Vec<BatchNumber>,
}

impl<A> std::fmt::Debug for NewCheck<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewCheck({:032x}, …)", self.id)
    }
}

/// A check as it was answered.
pub(crate) struct Answer {
    /// The answer, byte by byte.
    pub(crate) answer: Vec<u8>,
    /// The name in it.
    pub(crate) name: Option<String>,
    /// Numbers of the batches it came from, with commas between.
    pub(crate) sources: Option<String>,
}

impl Answer {
    /// The columns of [`Answer::read`].
    const COLUMNS: &str = "answer, name, sources";

    fn read(row: &sql::Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            answer: row.get(0)?,
            name: row.get(1)?,
            sources: row.get(2)?,
        })
    }
}

/// What became of a check to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is on the disk with this answer.
    New(Bytes),
    /// The key was used for the same request before: this was answered then.
    Before(Vec<u8>),
    /// The key was used for another request.
    Conflict,
}

/// One line of the history.
#[derive(Clone)]
pub struct Line {
    /// Identifier.
    pub id: u128,
    /// When.
    pub at: Instant,
    /// Account that asked.
    pub account: String,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// Where it was asked.
    pub origin: String,
    /// The verdict's code, 1-6.
    pub verdict: u8,
    /// Insurer number asked about; of a check by card the one answered.
    pub insurer: String,
    /// Of a check by card: how the holder was identified.
    pub method: Option<String>,
    /// Name answered.
    pub name: Option<String>,
    /// The answer, byte by byte.
    pub answer: Vec<u8>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({:032x}, …)", self.id)
    }
}

/// What a search of the history asks for. `None` does not limit.
#[derive(Clone)]
pub struct Search {
    /// From this instant on.
    pub from: Instant,
    /// Before this instant.
    pub until: Instant,
    /// Part of name or kana, however it is typed.
    pub name: Option<String>,
    /// Verdict code.
    pub verdict: Option<u8>,
    /// Origin.
    pub origin: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Only checks older than this one.
    pub after: Option<u128>,
    /// Lines at most.
    pub limit: u32,
}

impl Search {
    /// Before the identifiers of all checks that may fit: what lies before it is not looked at.
    fn first_id(&self) -> Vec<u8> {
        parts::first_id(self.from.plus_seconds(-retention::NEAR_S))
    }
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Search(…)")
    }
}

impl Engine {
    /// Records a check with its audit event; done when both are on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered.
    pub async fn record_check<A: Into<NewAnswer>>(
        &self,
        permit: &Permit<AskByNumber>,
        check: NewCheck<A>,
    ) -> Result<Recorded, StoreError> {
        let mut record = Record::new(permit.holder(), check);
        if let Some(lanes) = self.lanes() {
            return lanes.checks.record(record).await;
        }
        // A part of a check fails only with the whole file, so none is undone alone.
        let unsealed = record.unsealed.take();
        self.seal_and_write(unsealed, move |connection, batch| {
            if let Some(known) = record.before(connection, batch)? {
                return Ok(known);
            }
            if let Some(sealed) = batch.sealed() {
                record.seal(sealed?);
            }
            let answer = record.row.answer.clone();
            record.append(connection, batch, "")?;
            Ok(Recorded::New(answer))
        })
        .await
    }

    /// What an idempotency key was answered, for a store that takes no writes but still knows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn answered(
        &self,
        holder: &SignedIn,
        key: &str,
        question: &[u8],
    ) -> Result<Option<Recorded>, StoreError> {
        let facility = holder.facility.as_u64().cast_signed();
        let of = (facility, holder.account.as_str(), key);
        self.read(|connection| known_key(connection, &self.held().recent, of, question))
    }

    /// Forgets idempotency keys older than 14 days, the next few thousand of them. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_old_keys(&self, now: Instant) -> Result<bool, StoreError> {
        let before = now.plus_seconds(-KEY_LIFE_S);
        self.held().recent.forget_keys_before(before.as_micros());
        self.write(move |connection, _| {
            let is_more = match connection {
                Connection::Sqlite(_) => file::forget_keys(connection, before)?,
                Connection::Postgres(_) => server::forget_keys(connection, before)?,
            };
            crate::kept_answers::forget(connection, before)?;
            Ok(is_more)
        })
        .await
    }

    /// One check of the permit's facility, as it was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check(
        &self,
        permit: &Permit<ReadHistory>,
        id: u128,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        let found = self.answer_of(facility, id)?;
        Ok(found.map(|it| it.answer))
    }

    /// A check of a facility, as it was answered.
    pub(crate) fn answer_of(&self, facility: i64, id: u128) -> Result<Option<Answer>, StoreError> {
        let id = id.to_be_bytes();
        let waiting = self.held().recent.of_id(facility, &id);
        self.read(|connection| match connection {
            Connection::Sqlite(_) => file::answer_of(connection, (facility, id), waiting),
            Connection::Postgres(_) => server::answer_of(connection, (facility, id)),
        })
    }

    /// The facility's checks that fit, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_checks(
        &self,
        permit: &Permit<ReadHistory>,
        search: &Search,
    ) -> Result<Vec<Line>, StoreError> {
        self.search_of(permit.facility().as_u64().cast_signed(), search)
    }

    /// The checks of a facility that fit, newest first.
    pub(crate) fn search_of(
        &self,
        facility: i64,
        search: &Search,
    ) -> Result<Vec<Line>, StoreError> {
        let waiting = self.held().recent.of_facility(facility);
        self.read_lately(|connection| {
            if let Some(part) = &search.name {
                return named::search(connection, facility, (search, part.as_str()), &waiting);
            }
            let mut lines = match connection {
                Connection::Sqlite(_) => file::search(
                    connection,
                    facility,
                    (search, waiting.as_slice()),
                    LINE,
                    line,
                )?,
                Connection::Postgres(_) => {
                    server::search(connection, facility, search, LINE, line)?
                }
            };
            lines.sort_by_key(|line| std::cmp::Reverse(line.id));
            lines.dedup_by_key(|line| line.id);
            lines.truncate(search.limit as usize);
            Ok(lines)
        })
    }
}

/// The columns of [`line`], of a check `c`.
const LINE: &str = "c.id, c.at, c.account, c.visit_date, c.origin, c.verdict, c.insurer, c.name, c.answer,
  (SELECT k.method FROM card_check k WHERE c.origin = 'card' AND k.facility = c.facility AND k.id = c.id)";

/// Which lines fit, but for the name, with the values from ?3 on as [`fitting`] has them.
const FITS: &str =
    "?3 <= c.at AND c.at < ?4 AND (c.verdict = ?5 OR ?5 IS NULL) AND (c.origin = ?6 OR ?6 IS NULL)
  AND (c.account = ?7 OR ?7 IS NULL)";

fn line(row: &sql::Row<'_>) -> sql::Result<Line> {
    Ok(Line {
        id: u128::from_be_bytes(row.get(0)?),
        at: Instant::from_micros(row.get(1)?),
        account: row.get(2)?,
        visit_date: CivilDate::from_epoch_days(row.get(3)?)
            .unwrap_or_else(|_| CivilDate::earliest()),
        origin: row.get(4)?,
        verdict: row.get(5)?,
        insurer: row.get(6)?,
        name: row.get(7)?,
        answer: row.get(8)?,
        method: row.get(9)?,
    })
}

/// What was answered under a key of (facility, account, key).
fn known_key(
    connection: &Connection,
    recent: &Recent,
    of: OfKey<'_>,
    question: &[u8],
) -> Result<Option<Recorded>, StoreError> {
    let known = |row: &sql::Row<'_>| known(row, question);
    match connection {
        Connection::Sqlite(_) => {
            let waiting = recent.of_key(of.0, of.1, of.2);
            file::known_key(connection, of, waiting, known)
        }
        Connection::Postgres(_) => server::known_key(connection, of, known),
    }
}

/// What a key comes to that was used for a question of that row; without a check in it the key came with a request of another kind.
fn known(row: &sql::Row<'_>, question: &[u8]) -> sql::Result<Recorded> {
    let asked: Option<Vec<u8>> = row.get(0)?;
    Ok(if asked.as_deref() == Some(question) {
        Recorded::Before(row.get(1)?)
    } else {
        Recorded::Conflict
    })
}

/// Forgets within the running transaction the keys of requests of other kinds that were answered before an instant.
pub(crate) fn forget_taken(connection: &Connection, before: Instant) -> Result<(), StoreError> {
    match connection {
        Connection::Sqlite(_) => file::forget_taken(connection, before),
        Connection::Postgres(_) => server::forget_taken(connection, before),
    }
}

/// Takes a key for a request of another kind within the running transaction, so that no check comes under it; false where one has.
pub(crate) fn take_key(
    connection: &Connection,
    recent: &Recent,
    of: OfKey<'_>,
    at: Instant,
) -> Result<bool, StoreError> {
    match connection {
        Connection::Sqlite(_) => {
            let is_waiting = recent.of_key(of.0, of.1, of.2).is_some();
            Ok(!is_waiting && file::take_key(connection, of)?)
        }
        Connection::Postgres(_) => server::take_key(connection, of, at),
    }
}

/// A check on its way into the log, with its event.
pub(crate) struct Record {
    pub(crate) row: Row,
    pub(crate) hash: [u8; 32],
    pub(crate) event: Event,
    /// The answer, while it waits for its seal: row and hash lack it so long.
    pub(crate) unsealed: Option<Unsealed>,
}

impl Record {
    /// Of a signed-in account. The hash is made here, off the writer's thread, where the answer is known.
    pub(crate) fn new<A: Into<NewAnswer>>(holder: &SignedIn, check: NewCheck<A>) -> Self {
        let (answer, unsealed) = match check.answer.into() {
            NewAnswer::Ready(answer) => (answer, None),
            NewAnswer::Unsealed(unsealed) => (Bytes::new(), Some(unsealed)),
        };
        let row = Row {
            facility: holder.facility.as_u64().cast_signed(),
            id: check.id.to_be_bytes(),
            at: check.at.as_micros(),
            account: holder.account.as_str().to_owned(),
            visit_date: check.visit_date.to_epoch_days(),
            origin: check.origin.to_owned(),
            verdict: check.verdict.code().parse().unwrap_or_default(),
            insurer: check.insurer,
            name: check.name,
            kana: check.kana,
            key: check.key,
            question: check.question,
            answer,
            sources: numbers(&check.sources),
        };
        let event = Event {
            at: check.at,
            actor: Actor::Account {
                facility: holder.facility,
                account: holder.account.clone(),
                certificate: holder.certificate,
            },
            deed: Deed::Check,
            subject: Some(check.id),
            detail: format!("verdict={}", row.verdict),
        };
        let mut record = Self {
            row,
            hash: [0; 32],
            event,
            unsealed,
        };
        if record.unsealed.is_none() {
            record.hash = record.row.content_hash();
        }
        record
    }

    /// Gives it its sealed answer.
    pub(crate) fn seal(&mut self, answer: Bytes) {
        self.row.answer = answer;
        self.hash = self.row.content_hash();
    }

    /// What its idempotency key was answered before, if it was.
    pub(crate) fn before(
        &self,
        connection: &Connection,
        batch: &Batch,
    ) -> Result<Option<Recorded>, StoreError> {
        let Some(key) = &self.row.key else {
            return Ok(None);
        };
        let of = (self.row.facility, self.row.account.as_str(), key.as_str());
        known_key(connection, &batch.held().recent, of, &self.row.question)
    }

    /// Appends record and event to the running transaction. `detail` is added to the event's.
    pub(crate) fn append(
        mut self,
        connection: &Connection,
        batch: &mut Batch,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.event.detail.push_str(detail);
        let record = match connection {
            Connection::Sqlite(_) => file::insert(connection, batch, &self.row)?,
            Connection::Postgres(_) => server::insert(connection, &self.row)?,
        };
        let content = Content {
            facility: self.row.facility,
            record,
            hash: self.hash,
        };
        batch.append(connection, &self.event, Some(content))
    }
}

fn numbers(sources: &[BatchNumber]) -> Option<String> {
    let numbers: Vec<String> = sources.iter().map(BatchNumber::to_string).collect();
    (!numbers.is_empty()).then(|| numbers.join(","))
}

pub(crate) struct Row {
    pub(crate) facility: i64,
    pub(crate) id: [u8; 16],
    at: i64,
    pub(crate) account: String,
    visit_date: i32,
    origin: String,
    verdict: u8,
    insurer: String,
    name: Option<String>,
    kana: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) question: Bytes,
    pub(crate) answer: Bytes,
    /// Numbers of batches, with commas between.
    sources: Option<String>,
}

/// The columns of a check, in the order of [`Row`].
const COLUMNS: &str = "facility, id, at, account, visit_date, origin, verdict, insurer, name, kana, key, question, answer, sources";

impl Row {
    /// SHA-256 over every column with its length: what the check's audit event vouches for.
    fn content_hash(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        let mut part = |bytes: Option<&[u8]>| {
            sha.update(
                bytes
                    .map_or(u64::MAX, |bytes| bytes.len() as u64)
                    .to_be_bytes(),
            );
            sha.update(bytes.unwrap_or_default());
        };
        part(Some(&self.facility.to_be_bytes()));
        part(Some(&self.id));
        part(Some(&self.at.to_be_bytes()));
        part(Some(self.account.as_bytes()));
        part(Some(&self.visit_date.to_be_bytes()));
        part(Some(self.origin.as_bytes()));
        part(Some(&[self.verdict]));
        part(Some(self.insurer.as_bytes()));
        part(self.name.as_deref().map(str::as_bytes));
        part(self.kana.as_deref().map(str::as_bytes));
        part(self.key.as_deref().map(str::as_bytes));
        part(Some(&self.question));
        part(Some(&self.answer));
        part(self.sources.as_deref().map(str::as_bytes));
        sha.finalize().into()
    }
}

/// The hash of a check's record as it lies in the table now: of the event's, which says that it is there.
pub(crate) fn content_hash(
    connection: &Connection,
    event: &EventRow,
    record: i64,
) -> Result<Option<[u8; 32]>, StoreError> {
    let row = match connection {
        Connection::Sqlite(_) => file::record(connection, record, read)?,
        Connection::Postgres(_) => server::record(connection, event, read)?,
    };
    Ok(row.map(|row| row.content_hash()))
}

fn read(row: &sql::Row<'_>) -> sql::Result<Row> {
    Ok(Row {
        facility: row.get(0)?,
        id: row.get(1)?,
        at: row.get(2)?,
        account: row.get(3)?,
        visit_date: row.get(4)?,
        origin: row.get(5)?,
        verdict: row.get(6)?,
        insurer: row.get(7)?,
        name: row.get(8)?,
        kana: row.get(9)?,
        key: row.get(10)?,
        question: row.get::<_, Vec<u8>>(11)?.into(),
        answer: row.get::<_, Vec<u8>>(12)?.into(),
        sources: row.get(13)?,
    })
}
