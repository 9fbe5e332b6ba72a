//! Feeds (取込): lines of a batch are matched to people and kept aside while they arrive, then published in one transaction, so that
//! readers see all of a batch or nothing. Judges no line's members; says of nobody whether they exist.

mod publishing;

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::coverage::Registration;
use domain::feed::statement::{FeedLine, Record};
use domain::feed::{BatchState, FeedKind};
use domain::insured::{Branch, InsuranceKey};
use domain::person::PersonId;

use crate::engine::{Engine, StoreError};
use crate::rows;
use crate::rows::medical_information::{
    pack_checkup, pack_month, pack_surgery, unpack_checkup, unpack_month, unpack_surgery,
};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A batch that begins.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its identifier.
    pub id: u128,
    /// What its lines are.
    pub kind: FeedKind,
    /// The file's name, without its folder.
    pub file_name: String,
    /// Which operator loads it.
    pub who: String,
    /// When it began.
    pub begun: Instant,
}

/// A batch as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its identifier.
    pub id: u128,
    /// What its lines are.
    pub kind: FeedKind,
    /// The file's name.
    pub file_name: String,
    /// Which operator loaded it.
    pub who: String,
    /// When it began.
    pub begun: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    /// What became of it.
    pub state: BatchState,
    /// Its lines.
    pub counted: Counted,
    /// What the accepted ones changed.
    pub changed: Changed,
}

/// The lines of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// All of them, without the header.
    pub lines: u64,
    /// Those that could be stored.
    pub accepted: u64,
    /// Those that could not.
    pub refused: u64,
}

/// What a published batch changed, in lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Lines that were not there.
    pub added: u64,
    /// Lines that were there with something else in them.
    pub replaced: u64,
    /// Lines that were there as they are.
    pub unchanged: u64,
}

/// Whom a line is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Whose {
    /// The matching form of insurer number, symbol and number.
    pub key: InsuranceKey,
    /// The branch, where it was given.
    pub branch: Option<Branch>,
    /// The date of birth.
    pub birth_date: CivilDate,
}

impl std::fmt::Debug for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Whose(…)")
    }
}

/// Why a line cannot be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// Its insurance and birth date lead to nobody, or to several.
    NoOnePerson,
    /// An earlier line of its statement is about another person, month, day or facility.
    OtherHead,
    /// Its statement has a line of this number already.
    Twice,
}

impl Engine {
    /// Begins a batch. One that was cut off before is given up first: nothing of it is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_feed(&self, new: NewBatch) -> Result<(), StoreError> {
        self.settle_feeds(new.begun).await?;
        self.record(Event {
            at: new.begun,
            actor: Actor::Operator(new.who.clone()),
            deed: Deed::FeedBegin,
            subject: Some(new.id),
            detail: format!("kind={}", new.kind.as_str()),
        })
        .await?;
        self.registry()
            .write(move |connection, _| {
                let text = "INSERT INTO feed_batch VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, 0, 0, 0, 0, 0, 0, 0)";
                connection.execute(
                    text,
                    params![
                        new.id.to_be_bytes(),
                        new.kind.as_str(),
                        new.file_name,
                        new.who,
                        new.begun.as_micros(),
                        BatchState::Receiving.as_str()
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Keeps lines of the arriving batch aside, each matched to its person; answers for each whether it was. One transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then none of these lines was kept.
    pub async fn keep_feed_lines(
        &self,
        lines: Vec<(Whose, FeedLine)>,
    ) -> Result<Vec<Result<(), NotKept>>, StoreError> {
        self.registry()
            .write(move |connection, _| keep_all(connection, &lines))
            .await
    }

    /// Publishes the arriving batch: from now on, and at once, its lines are what is stored.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it is stored, and it is still arriving.
    pub async fn publish_feed(
        &self,
        id: u128,
        counted: Counted,
        now: Instant,
    ) -> Result<Changed, StoreError> {
        let changed = self
            .registry()
            .write(move |connection, _| {
                let kind = arriving(connection, id)?;
                let changed = publishing::publish(connection, kind)?;
                end(
                    connection,
                    id,
                    (BatchState::Published, now),
                    counted,
                    changed,
                )?;
                Ok(changed)
            })
            .await?;
        self.tell_ended_feeds().await?;
        Ok(changed)
    }

    /// Ends the arriving batch without storing anything of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stop_feed(
        &self,
        id: u128,
        state: BatchState,
        counted: Counted,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| {
                arriving(connection, id)?;
                end(connection, id, (state, now), counted, Changed::default())
            })
            .await?;
        self.tell_ended_feeds().await
    }

    /// Lets go of lines that were only tried: no batch was begun for them, and nothing is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_feed_lines(&self) -> Result<(), StoreError> {
        self.registry()
            .write(|connection, _| forget(connection))
            .await
    }

    /// Gives up what was cut off by the end of a process, and puts into the audit chain what is missing there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_feeds(&self, now: Instant) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| {
                let text = "UPDATE feed_batch SET state = ?1, ended = ?2 WHERE state = ?3";
                let (given_up, receiving) = (BatchState::GivenUp, BatchState::Receiving);
                connection.execute(
                    text,
                    params![given_up.as_str(), now.as_micros(), receiving.as_str()],
                )?;
                forget(connection)
            })
            .await?;
        self.tell_ended_feeds().await
    }

    /// The newest batches, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_batches(&self, limit: u32) -> Result<Vec<Batch>, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT id, kind, file_name, who, begun, ended, state, lines, accepted, refused, added, replaced, unchanged
                FROM feed_batch ORDER BY begun DESC, id LIMIT ?1";
            batches(connection, text, limit)
        })
    }

    /// The end of a batch is on record in the registry first, and in the audit chain of the other file right after; what a crash kept
    /// apart is brought together here.
    async fn tell_ended_feeds(&self) -> Result<(), StoreError> {
        let untold = self.registry().read(|connection| {
            let text = "SELECT id, kind, file_name, who, begun, ended, state, lines, accepted, refused, added, replaced, unchanged
                FROM feed_batch WHERE told = 0 AND ended IS NOT NULL ORDER BY begun LIMIT ?1";
            batches(connection, text, u32::MAX)
        })?;
        for it in untold {
            let counted = it.counted;
            self.record(Event {
                at: it.ended.unwrap_or(it.begun),
                actor: Actor::Operator(it.who),
                deed: Deed::FeedEnd,
                subject: Some(it.id),
                detail: format!(
                    "kind={} state={} lines={} accepted={} refused={} added={} replaced={}",
                    it.kind.as_str(),
                    it.state.as_str(),
                    counted.lines,
                    counted.accepted,
                    counted.refused,
                    it.changed.added,
                    it.changed.replaced
                ),
            })
            .await?;
            let told = "UPDATE feed_batch SET told = 1 WHERE id = ?1";
            self.registry()
                .write(move |connection, _| {
                    connection.execute(told, [it.id.to_be_bytes()])?;
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}

fn batches(connection: &Connection, text: &str, limit: u32) -> Result<Vec<Batch>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([limit])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(batch(&row)?);
    }
    Ok(all)
}

fn batch(row: &Row<'_>) -> Result<Batch, StoreError> {
    const FAILED: StoreError = StoreError::Row("feeds");
    let (kind, state): (String, String) = (row.get(1)?, row.get(6)?);
    let ended: Option<i64> = row.get(5)?;
    Ok(Batch {
        id: u128::from_be_bytes(row.get(0)?),
        kind: FeedKind::parse(&kind).ok_or(FAILED)?,
        file_name: row.get(2)?,
        who: row.get(3)?,
        begun: Instant::from_micros(row.get(4)?),
        ended: ended.map(Instant::from_micros),
        state: BatchState::parse(&state).ok_or(FAILED)?,
        counted: Counted {
            lines: row.get(7)?,
            accepted: row.get(8)?,
            refused: row.get(9)?,
        },
        changed: Changed {
            added: row.get(10)?,
            replaced: row.get(11)?,
            unchanged: row.get(12)?,
        },
    })
}

/// The kind of the batch that is arriving; an error for any other.
fn arriving(connection: &Connection, id: u128) -> Result<FeedKind, StoreError> {
    let text = "SELECT kind FROM feed_batch WHERE id = ?1 AND state = ?2";
    let parameters = params![id.to_be_bytes(), BatchState::Receiving.as_str()];
    let kind: Option<String> = connection
        .query_row(text, parameters, |row| row.get(0))
        .optional()?;
    kind.and_then(|kind| FeedKind::parse(&kind))
        .ok_or_else(|| StoreError::Failed("the batch is not arriving".into()))
}

fn end(
    connection: &Connection,
    id: u128,
    (state, now): (BatchState, Instant),
    counted: Counted,
    changed: Changed,
) -> Result<(), StoreError> {
    let text = "UPDATE feed_batch SET state = ?2, ended = ?3, lines = ?4, accepted = ?5, refused = ?6, added = ?7, replaced = ?8,
        unchanged = ?9 WHERE id = ?1";
    connection.execute(
        text,
        params![
            id.to_be_bytes(),
            state.as_str(),
            now.as_micros(),
            counted.lines,
            counted.accepted,
            counted.refused,
            changed.added,
            changed.replaced,
            changed.unchanged
        ],
    )?;
    forget(connection)
}

fn forget(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM arriving_statement", [])?;
    connection.execute("DELETE FROM arriving_line", [])?;
    Ok(())
}

fn keep_all(
    connection: &Connection,
    lines: &[(Whose, FeedLine)],
) -> Result<Vec<Result<(), NotKept>>, StoreError> {
    let mut outcomes = Vec::with_capacity(lines.len());
    // Lines of one person follow each other in most files.
    let mut last: Option<(&Whose, Option<PersonId>)> = None;
    for (whose, line) in lines {
        let person = match last {
            Some((before, person)) if before == whose => person,
            Some(_) | None => one_person(connection, whose)?,
        };
        last = Some((whose, person));
        outcomes.push(match person {
            Some(person) => keep(connection, person, line)?,
            None => Err(NotKept::NoOnePerson),
        });
    }
    Ok(outcomes)
}

fn keep(
    connection: &Connection,
    person: PersonId,
    line: &FeedLine,
) -> Result<Result<(), NotKept>, StoreError> {
    let (statement, person) = (name(line), person.as_u128().to_be_bytes());
    let head = pack(&line.record.head())?;
    let known: Option<([u8; 16], Vec<u8>)> = connection
        .prepare_cached("SELECT person, head FROM arriving_statement WHERE statement = ?1")?
        .query_row([&statement], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        Some(known) if known == (person, head) => {}
        Some(_) => return Ok(Err(NotKept::OtherHead)),
        None => {
            connection
                .prepare_cached("INSERT INTO arriving_statement VALUES (?1, ?2, ?3)")?
                .execute(params![statement, person, pack(&line.record.head())?])?;
        }
    }
    let kept = connection
        .prepare_cached("INSERT INTO arriving_line VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![statement, line.number, pack(&line.record)?])?;
    Ok(if kept == 0 {
        Err(NotKept::Twice)
    } else {
        Ok(())
    })
}

/// The name a line's statement is kept under: an operation is a statement by itself.
fn name(line: &FeedLine) -> String {
    let statement = line.statement.as_str();
    match line.record {
        Record::Surgery(_) => format!("{statement}/{}", line.number),
        Record::Month(_) | Record::Checkup(_) => statement.to_owned(),
    }
}

/// The one person a line is about; `None` for nobody and for several.
fn one_person(connection: &Connection, whose: &Whose) -> Result<Option<PersonId>, StoreError> {
    let text = "SELECT person, record FROM insured WHERE key = ?1 ORDER BY person LIMIT 16";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([whose.key.as_str()])?;
    let mut one = None;
    while let Some(row) = rows.next()? {
        let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
        let record = row.get_ref(1)?.as_blob();
        let registration = rows::unpack(id, record.map_err(|_| StoreError::Row("person"))?)?;
        if !whose.fits(&registration) {
            continue;
        }
        if one.is_some() {
            return Ok(None);
        }
        one = Some(id);
    }
    Ok(one)
}

impl Whose {
    fn fits(&self, registration: &Registration) -> bool {
        registration.person.birth_date == self.birth_date
            && registration.coverages.iter().any(|coverage| {
                let branch = match (self.branch, coverage.branch) {
                    (Some(given), Some(registered)) => given == registered,
                    (None, _) | (_, None) => true,
                };
                branch && coverage.key() == self.key
            })
    }
}

fn pack(record: &Record) -> Result<Vec<u8>, StoreError> {
    match record {
        Record::Month(month) => pack_month(month),
        Record::Surgery(surgery) => pack_surgery(surgery),
        Record::Checkup(checkup) => pack_checkup(checkup),
    }
}

fn unpack(kind: FeedKind, bytes: &[u8]) -> Result<Record, StoreError> {
    match kind {
        FeedKind::Drugs | FeedKind::Prescriptions | FeedKind::Dispensings | FeedKind::Treatment => {
            unpack_month(bytes).map(Record::Month)
        }
        FeedKind::Surgery => unpack_surgery(bytes).map(Record::Surgery),
        FeedKind::Checkups => unpack_checkup(bytes).map(Record::Checkup),
    }
}
