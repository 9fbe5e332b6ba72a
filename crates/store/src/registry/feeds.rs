//! Feeds (取込): lines of a batch are matched to people and kept aside while they arrive, then published in one transaction, so that
//! readers see all of a batch or nothing. Judges no line's members; says of nobody whether they exist.

pub mod batches;
pub mod beginning;
mod publishing;

use domain::civil_date::{CivilDate, Instant};
use domain::coverage::Registration;
use domain::feed::statement::{FeedLine, Record};
use domain::feed::{BatchKind, BatchNumber, BatchState, FeedKind};
use domain::insured::{Branch, InsuranceKey};
use domain::person::PersonId;

use crate::engine::{Engine, StoreError};
use crate::registry::feeds::batches::{Changed, Counted, end};
use crate::registry::feeds::beginning::Taking;
use crate::registry::households;
use crate::registry::insurer_feeds::remarks::{NewRemark, Noted};
use crate::rows::medical_information::{
    pack_checkup, pack_month, pack_surgery, unpack_checkup, unpack_month, unpack_surgery,
};
use crate::sql::{Connection, OptionalExtension, params};

const FAILED: StoreError = StoreError::Row("feeds");

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
    /// Keeps lines of an arriving batch aside, each with its number and matched to its person; answers for each whether it was. What was
    /// not is remarked under a name. One transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then none of these lines was kept.
    pub async fn keep_feed_lines(
        &self,
        taking: Taking,
        lines: Vec<(u64, Whose, FeedLine)>,
        name: fn(NotKept) -> &'static str,
    ) -> Result<Vec<Result<(), NotKept>>, StoreError> {
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                let outcomes = keep_all(connection, taking.number, &lines)?;
                let (mut refused, mut noted) = (0, Noted::of(taking.number));
                for (outcome, (line, _, _)) in outcomes.iter().zip(&lines) {
                    if let Err(why) = outcome {
                        refused += 1;
                        noted.note(NewRemark::refused(*line, name(*why)));
                    }
                }
                noted.write(connection)?;
                let counts = (outcomes.len() as u64 - refused, refused);
                beginning::count(connection, turn, &taking, counts)?;
                Ok(outcomes)
            })
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
        let turn = self.feed_turn();
        let changed = self
            .registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                let (kind, number) = arriving(connection, id)?;
                let changed = publishing::publish(connection, kind, number)?;
                end(
                    connection,
                    id,
                    (BatchState::Published, now),
                    counted,
                    changed,
                )?;
                forget(connection)?;
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
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                arriving(connection, id)?;
                end(connection, id, (state, now), counted, Changed::default())?;
                forget(connection)
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
}

/// Kind and number of a batch that is arriving; an error for any other.
fn arriving(connection: &Connection, id: u128) -> Result<(FeedKind, u32), StoreError> {
    match batches::of(connection, id)? {
        Some((BatchKind::Medical(kind), BatchState::Receiving, number)) => Ok((kind, number)),
        Some(_) | None => Err(StoreError::Failed("the batch is not arriving".into())),
    }
}

/// Lets go of lines whose batch neither arrives nor can go on, and of what was remarked for going on.
fn forget(connection: &Connection) -> Result<(), StoreError> {
    let kept = "SELECT number FROM feed_batch WHERE state IN ('receiving', 'interrupted')";
    for table in ["arriving_statement", "arriving_line"] {
        let text = format!("DELETE FROM {table} WHERE batch NOT IN ({kept})");
        connection.execute(&text, [])?;
    }
    let text = "DELETE FROM feed_remark WHERE batch IN (SELECT number FROM feed_batch WHERE state NOT IN ('receiving', 'interrupted')
        AND kind IN ('drugs', 'prescriptions', 'dispensings', 'treatment', 'surgery', 'checkups'))
        OR batch = ?1";
    connection.execute(text, [beginning::tried()?.as_u32()])?;
    Ok(())
}

fn keep_all(
    connection: &Connection,
    batch: BatchNumber,
    lines: &[(u64, Whose, FeedLine)],
) -> Result<Vec<Result<(), NotKept>>, StoreError> {
    let mut outcomes = Vec::with_capacity(lines.len());
    // Lines of one person follow each other in most files.
    let mut last: Option<(&Whose, Option<PersonId>)> = None;
    for (_, whose, line) in lines {
        let person = match last {
            Some((before, person)) if before == whose => person,
            Some(_) | None => one_person(connection, whose)?,
        };
        last = Some((whose, person));
        outcomes.push(match person {
            Some(person) => keep(connection, (batch, person), line)?,
            None => Err(NotKept::NoOnePerson),
        });
    }
    Ok(outcomes)
}

fn keep(
    connection: &Connection,
    (batch, person): (BatchNumber, PersonId),
    line: &FeedLine,
) -> Result<Result<(), NotKept>, StoreError> {
    let batch = batch.as_u32();
    let (statement, person) = (name(line), person.as_u128().to_be_bytes());
    let head = pack(&line.record.head())?;
    let known: Option<([u8; 16], Vec<u8>)> = connection
        .prepare_cached(
            "SELECT person, head FROM arriving_statement WHERE batch = ?1 AND statement = ?2",
        )?
        .query_row(params![batch, statement], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match known {
        Some(known) if known == (person, head) => {}
        Some(_) => return Ok(Err(NotKept::OtherHead)),
        None => {
            connection
                .prepare_cached("INSERT INTO arriving_statement VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![
                    batch,
                    statement,
                    person,
                    pack(&line.record.head())?
                ])?;
        }
    }
    let kept = connection
        .prepare_cached("INSERT INTO arriving_line VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![batch, statement, line.number, pack(&line.record)?])?;
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
    let found = households::led_to(connection, whose.key.as_str(), Some(whose.birth_date))?;
    let mut fitting = found.iter().filter(|it| whose.fits(it));
    Ok(match (fitting.next(), fitting.next()) {
        (Some(one), None) => Some(one.person.id),
        (Some(_), Some(_)) | (None, _) => None,
    })
}

impl Whose {
    fn fits(&self, registration: &Registration) -> bool {
        let mut coverages = registration.coverages.iter();
        registration.person.birth_date == self.birth_date
            && coverages.any(|coverage| coverage.goes_by(&self.key, self.branch))
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
