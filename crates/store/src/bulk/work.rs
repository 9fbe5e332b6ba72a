//! Working off bulk orders, part by part: a part's results, its checks or numbers, their events and the order's counts are one
//! transaction, made only while the part is still to be done. Whatever dies when, nothing is lost and nothing done twice.

use domain::audit::{Actor, Deed, Event};
use domain::bulk::{BulkFailure, BulkState, Days};
use domain::civil_date::{CivilDate, Instant};
use domain::home_care::Care;
use domain::medical_information::kind::InformationKind;
use domain::permit::{AskInBulk, Permit};
use domain::person::PersonId;
use domain::reference_number::{Assignment, ReferenceNumber, TakenByAnother};

use super::{Order, find, insert_parts, read};
use crate::access::number;
use crate::cards::questions::{Consent, consents};
use crate::checks::{NewCheck, Record};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::reference_numbers::{Author, register};
use crate::sql::{Connection, OptionalExtension, params};
use crate::withdrawals::withdrawn_since;
use crate::work_turns::{self, FREE};

/// Orders looked at for one with a part that is left.
const LOOKED_AT: u32 = 16;

/// What is to be done next.
#[derive(Debug, Clone)]
pub enum Task {
    /// To find the people of a list.
    List(Order),
    /// To work off a part of an order.
    Part(Order, Part),
}

impl Task {
    /// The order it is of.
    #[must_use]
    pub fn order(&self) -> &Order {
        match self {
            Self::List(order) | Self::Part(order, _) => order,
        }
    }
}

/// Some lines of an order, still to be done.
#[derive(Clone)]
pub struct Part {
    /// What was asked, in the form it was accepted in.
    pub content: Vec<u8>,
    seq: i64,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({}, …)", self.seq)
    }
}

/// What a part came to.
#[derive(Clone)]
pub struct Answers {
    /// The results, in the caller's own form.
    pub content: Vec<u8>,
    /// How many lines it has.
    pub lines: u32,
    /// How many of them have a result that is no error.
    pub normal: u32,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answers({} of {})", self.normal, self.lines)
    }
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// It is on the disk.
    Part,
    /// So is the order's end.
    Last,
    /// Somebody did it before: nothing was done.
    Before,
}

/// A patient of a consented list, with what they answered at their last check by card in the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consented {
    /// The patient.
    pub person: PersonId,
    /// When the check was made.
    pub checked: Instant,
    /// What was answered, in the order of the questions.
    pub consents: Vec<Consent>,
    /// The kinds of medical information whose consent was withdrawn since.
    pub withdrawn: Vec<InformationKind>,
}

impl Engine {
    /// The next thing to be done: of the order whose lines were worked off longest ago, so that no facility waits for another's
    /// ten thousand lines. None of an order that another process works on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_task(&self, now: Instant) -> Result<Option<Task>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "SELECT * FROM bulk_order s WHERE finished IS NULL AND {FREE} ORDER BY worked LIMIT ?3"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![self.process(), now.as_micros(), LOOKED_AT])?;
            while let Some(row) = rows.next()? {
                // Another process may have done its last part since it was read.
                if let Some(task) = task_of(connection, read(&row)?)? {
                    return Ok(Some(task));
                }
            }
            Ok(None)
        })
    }

    /// Takes the order of a task, so that no other process works on it for a minute, and says what is to be done of it now: nothing where
    /// another one was quicker.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_task(&self, task: Task, now: Instant) -> Result<Option<Task>, StoreError> {
        if !self.is_shared() {
            return Ok(Some(task));
        }
        let (process, order) = (self.process(), task.order().clone());
        self.write(move |connection, _| {
            let facility = number(order.holder.facility);
            let order = find(connection, facility, &order.reception)?;
            let Some(order) = order.filter(|it| it.finished.is_none()) else {
                return Ok(None);
            };
            if !work_turns::take(connection, process, order.id, now)? {
                return Ok(None);
            }
            task_of(connection, order)
        })
        .await
    }

    /// Puts an order behind all others: something went wrong with it, and it is tried again in its turn, by whichever process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn postpone(&self, order: &Order, at: Instant) -> Result<(), StoreError> {
        let (facility, reception) = (number(order.holder.facility), order.reception.clone());
        let id = order.id;
        self.write(move |connection, _| {
            let text = "UPDATE bulk_order SET worked = ?3 WHERE facility = ?1 AND reception = ?2";
            let parameters = params![facility, reception.as_str(), at.as_micros()];
            connection.prepare_cached(text)?.execute(parameters)?;
            work_turns::leave(connection, id)
        })
        .await
    }

    /// Records the checks of a part with its results.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded.
    pub async fn finish_checks(
        &self,
        order: &Order,
        part: &Part,
        checks: Vec<NewCheck>,
        answers: Answers,
        at: Instant,
    ) -> Result<Worked, StoreError> {
        let order = order.clone();
        let part = (number(order.holder.facility), part.seq);
        let records: Vec<Record> = checks
            .into_iter()
            .map(|check| Record::new(&order.holder, check))
            .collect();
        // As with single checks nothing is undone alone: a part fails only with the whole file.
        self.write_or_fail_all(move |connection, batch| {
            if !claim(connection, part, &answers.content)? {
                return Ok(Worked::Before);
            }
            let detail = format!(" bulk={}", order.reception);
            for record in records {
                record.append(connection, batch, &detail)?;
            }
            count(connection, batch, &order, &answers, at)
        })
        .await
    }

    /// Registers the numbers of a part, in the order of its lines, and keeps what `answers` makes of the outcomes.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was registered.
    pub async fn finish_numbers(
        &self,
        order: &Order,
        part: &Part,
        wanted: Vec<(ReferenceNumber, PersonId)>,
        at: Instant,
        answers: impl FnOnce(Vec<Result<Assignment, TakenByAnother>>) -> Answers + Send + 'static,
    ) -> Result<Worked, StoreError> {
        let order = order.clone();
        let part = (number(order.holder.facility), part.seq);
        self.write(move |connection, batch| {
            if is_done(connection, part)? {
                return Ok(Worked::Before);
            }
            let by = Author::Account(&order.holder);
            let mut outcomes = Vec::with_capacity(wanted.len());
            for it in &wanted {
                outcomes.push(register(connection, batch, &by, it, at)?);
            }
            let answers = answers(outcomes);
            claim(connection, part, &answers.content)?;
            count(connection, batch, &order, &answers, at)
        })
        .await
    }

    /// Gives a list its lines: the people it is about. A list of nobody is done with that.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn fill_list(
        &self,
        order: &Order,
        lines: u32,
        parts: Vec<Vec<u8>>,
        at: Instant,
    ) -> Result<Worked, StoreError> {
        let order = order.clone();
        self.write(move |connection, batch| {
            let text = "UPDATE bulk_order SET state = 'open', lines = ?3, worked = ?4
                WHERE facility = ?1 AND reception = ?2 AND state = 'listing'";
            let (facility, reception) = (number(order.holder.facility), order.reception.as_str());
            let changed = connection.prepare_cached(text)?.execute(params![
                facility,
                reception,
                lines,
                at.as_micros()
            ])?;
            if changed == 0 {
                return Ok(Worked::Before);
            }
            insert_parts(connection, batch, (facility, &order.reception), &parts, at)?;
            if lines == 0 {
                end(connection, batch, &order, (BulkState::Done, None), at)?;
                return Ok(Worked::Last);
            }
            Ok(Worked::Part)
        })
        .await
    }

    /// Ends an order that came to nothing as a whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail_order(
        &self,
        order: &Order,
        failure: BulkFailure,
        at: Instant,
    ) -> Result<(), StoreError> {
        let order = order.clone();
        self.write(move |connection, batch| {
            end(
                connection,
                batch,
                &order,
                (BulkState::Failed, Some(failure)),
                at,
            )
        })
        .await
    }

    /// With whom care is agreed at the permit's facility, by the days in which they agreed, or in which they were checked by card for it or at a
    /// later visit, at most so many people. Whoever withdrew is none of them; whose consent is over is, and told so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn consented(
        &self,
        permit: &Permit<AskInBulk>,
        (care, by, days): (Care, ListedBy, Days),
        limit: usize,
    ) -> Result<Vec<Consented>, StoreError> {
        let facility = number(permit.facility());
        let (from, until) = (start_of(days.from()), start_of(days.to().plus_days(1)));
        let range = match by {
            ListedBy::Consent => "?2 <= given AND given < ?3",
            ListedBy::Examination => {
                "((?2 <= given AND given < ?3) OR (?2 <= checked AND checked < ?3))"
            }
        };
        self.read(|connection| {
            let text = format!(
                "SELECT person, check_id, given FROM home_consent
                 WHERE facility = ?1 AND care = ?4 AND ended IS NULL AND {range} ORDER BY person LIMIT ?5"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let parameters = params![facility, from, until, care.as_str(), limit as i64];
            let mut rows = statement.query(parameters)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id: [u8; 16] = row.get(1)?;
                let person = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let given = Instant::from_micros(row.get(2)?);
                found.push(Consented {
                    person,
                    withdrawn: withdrawn_since(connection, (facility, person), given)?,
                    checked: given,
                    consents: consents(connection, facility, u128::from_be_bytes(id))?,
                });
            }
            Ok(found)
        })
    }
}

/// By which day a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedBy {
    /// When they agreed.
    Consent,
    /// When they were checked.
    Examination,
}

fn start_of(day: CivilDate) -> i64 {
    Instant::start_of_day_in_japan(day).as_micros()
}

/// What is to be done of an order, if anything is left.
fn task_of(connection: &Connection, order: Order) -> Result<Option<Task>, StoreError> {
    if order.state == BulkState::Listing {
        return Ok(Some(Task::List(order)));
    }
    let part = next_part(connection, &order)?;
    Ok(part.map(|part| Task::Part(order, part)))
}

/// The part of an order that is next to be done, if any is left.
fn next_part(connection: &Connection, order: &Order) -> Result<Option<Part>, StoreError> {
    let text = "SELECT seq, content FROM bulk_part
        WHERE facility = ?1 AND reception = ?2 AND is_done = 0 ORDER BY place LIMIT 1";
    let of = params![number(order.holder.facility), order.reception.as_str()];
    let part = connection.prepare_cached(text)?.query_row(of, |row| {
        Ok(Part {
            seq: row.get(0)?,
            content: row.get(1)?,
        })
    });
    Ok(part.optional()?)
}

fn is_done(connection: &Connection, part: (i64, i64)) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM bulk_part WHERE facility = ?1 AND seq = ?2 AND is_done = 0";
    Ok(!connection
        .prepare_cached(text)?
        .exists(params![part.0, part.1])?)
}

/// Puts a part's results in the place of its lines, unless they are there.
fn claim(connection: &Connection, part: (i64, i64), content: &[u8]) -> Result<bool, StoreError> {
    let text = "UPDATE bulk_part SET content = ?3, is_done = 1 WHERE facility = ?1 AND seq = ?2 AND is_done = 0";
    let changed = connection
        .prepare_cached(text)?
        .execute(params![part.0, part.1, content])?;
    Ok(changed == 1)
}

/// Adds a part to the order's counts, and ends the order with its last one.
fn count(
    connection: &Connection,
    batch: &mut Batch,
    order: &Order,
    answers: &Answers,
    at: Instant,
) -> Result<Worked, StoreError> {
    let text = "UPDATE bulk_order SET done = done + ?3, normal = normal + ?4, worked = ?5
        WHERE facility = ?1 AND reception = ?2 RETURNING done, lines, normal";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![
        number(order.holder.facility),
        order.reception.as_str(),
        answers.lines,
        answers.normal,
        at.as_micros()
    ];
    let (done, lines, normal): (u32, u32, u32) =
        statement.query_row(of, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if done < lines {
        return Ok(Worked::Part);
    }
    let mut ended = order.clone();
    (ended.progress.done, ended.progress.normal) = (done, normal);
    end(connection, batch, &ended, (BulkState::Done, None), at)?;
    Ok(Worked::Last)
}

fn end(
    connection: &Connection,
    batch: &mut Batch,
    order: &Order,
    (state, failure): (BulkState, Option<BulkFailure>),
    at: Instant,
) -> Result<(), StoreError> {
    let text = "UPDATE bulk_order SET state = ?3, failure = ?4, finished = ?5
        WHERE facility = ?1 AND reception = ?2 AND finished IS NULL";
    let changed = connection.prepare_cached(text)?.execute(params![
        number(order.holder.facility),
        order.reception.as_str(),
        state.as_str(),
        failure.map(BulkFailure::as_str),
        at.as_micros()
    ])?;
    if changed == 0 {
        return Ok(());
    }
    work_turns::leave(connection, order.id)?;
    let event = Event {
        at,
        actor: Actor::Center,
        deed: Deed::BulkEnd,
        subject: Some(order.id),
        detail: format!(
            "reception={} state={} lines={} normal={} facility={}",
            order.reception,
            state.as_str(),
            order.progress.done,
            order.progress.normal,
            order.holder.facility
        ),
    };
    batch.append(connection, &event, None)
}
