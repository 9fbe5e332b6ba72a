//! Insurers' feeds (operations §4.4): what the lines of a batch make of its insurer's part of people is kept aside while they arrive,
//! weighed, and put in place in one transaction. Touches nothing any other insurer said, and deletes nothing that a file merely left out.

mod parts;
pub mod publishing;
pub mod remarks;
pub mod source;
mod staging;
pub mod undo;

use domain::civil_date::{CivilDate, Instant};
use domain::feed::insurer::{Change, InsurerKind, Scope, Unnamed};
use domain::feed::part::NotApplied;
use domain::feed::review::{Deadlines, Weighed};
use domain::feed::{BatchNumber, BatchState};
use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use crate::engine::{Engine, StoreError};
use crate::registry::feeds::batches::{Batch, Changed, Counted, end, pack_weighed};
use crate::registry::feeds::beginning::{self, Taking};
use crate::registry::insurer_feeds::remarks::{NewRemark, Noted};
use crate::sql::{Connection, OptionalExtension, params};

const FAILED: StoreError = StoreError::Row("feeds");

/// A batch of an insurer, or of the register, that is being worked on.
#[derive(Debug, Clone, Copy)]
pub struct Arriving {
    /// Its identifier.
    pub id: u128,
    /// Its number.
    pub number: BatchNumber,
    /// What its lines are.
    pub kind: InsurerKind,
    /// Whose; of the register none.
    pub insurer: Option<InsurerNumber>,
    /// How much of the insurer it holds.
    pub scope: Scope,
    /// The day it came.
    pub day: CivilDate,
    /// What becomes of what a full file does not name.
    pub unnamed: Unnamed,
}

/// A line that reads well.
#[derive(Clone)]
pub struct NewLine {
    /// Its number in the file.
    pub number: u64,
    /// Of whom.
    pub person: PersonId,
    /// What it asks for.
    pub change: Change,
    /// The day a coverage began or ended, where it is about that.
    pub happened: Option<CivilDate>,
    /// The day the insurer was notified of it.
    pub notified: Option<CivilDate>,
}

impl std::fmt::Debug for NewLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewLine({}, …)", self.number)
    }
}

/// The lines of a piece of a file.
pub struct NewLines {
    /// Those that read well.
    pub said: Vec<NewLine>,
    /// What is told of those that do not.
    pub remarks: Vec<NewRemark>,
    /// How a reason is named in what is told.
    pub name: fn(NotApplied) -> &'static str,
}

impl std::fmt::Debug for NewLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewLines({})", self.said.len())
    }
}

impl Engine {
    /// The batch of an insurer, or of the register, that must be released or rejected before another one comes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_feed(
        &self,
        insurer: Option<InsurerNumber>,
    ) -> Result<Option<BatchNumber>, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT min(number) FROM feed_batch WHERE state = ?1 AND coalesce(insurer, 0) = ?2
                AND kind IN ('persons', 'coverages', 'certificates', 'losses', 'corrections', 'residents')";
            let of = insurer.map_or(0, InsurerNumber::as_u32);
            let mut statement = connection.prepare_cached(text)?;
            let number: Option<u32> =
                statement.query_row(params![BatchState::Held.as_str(), of], |row| row.get(0))?;
            Ok(number.and_then(BatchNumber::new))
        })
    }

    /// Keeps lines aside, each made part of what its insurer says of its person; answers for each whether it could be. What could not, and
    /// what did not read well, is remarked. One transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then none of these lines was kept.
    pub async fn keep_insurer_lines(
        &self,
        arriving: Arriving,
        taking: Taking,
        lines: NewLines,
        deadlines: Deadlines,
    ) -> Result<Vec<Result<(), NotApplied>>, StoreError> {
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                let said = &lines.said;
                let mut noted = Noted::of(taking.number);
                let kept = (said.as_slice(), lines.remarks.as_slice());
                let outcomes = staging::keep(connection, &arriving, (kept, deadlines), &mut noted)?;
                for remark in lines.remarks {
                    noted.note(remark);
                }
                let mut refused = 0;
                for (outcome, line) in outcomes.iter().zip(said) {
                    if let Err(why) = outcome {
                        refused += 1;
                        noted.note(NewRemark {
                            person: Some(line.person),
                            ..NewRemark::refused(line.number, (lines.name)(*why))
                        });
                    }
                }
                noted.write(connection)?;
                let counts = (outcomes.len() as u64 - refused, refused);
                beginning::count(connection, turn, &taking, counts)?;
                Ok(outcomes)
            })
            .await
    }

    /// What an arrived batch would change of its insurer's figures. Writes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn weigh_insurer_feed(&self, arriving: &Arriving) -> Result<Weighed, StoreError> {
        self.registry().read(|connection| {
            let _snapshot = connection.snapshot()?;
            publishing::weigh(connection, arriving)
        })
    }

    /// Keeps an arrived batch for an operator to release or reject.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_insurer_feed(
        &self,
        arriving: Arriving,
        counted: Counted,
        weighed: Weighed,
        now: Instant,
    ) -> Result<(), StoreError> {
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                is_in(connection, arriving.id, &[BatchState::Receiving])?;
                note_weighed(connection, arriving.id, &weighed)?;
                let state = (BatchState::Held, now);
                end(connection, arriving.id, state, counted, Changed::default())
            })
            .await?;
        self.tell_ended_feeds().await
    }

    /// Publishes an arrived or held batch: from now on, and at once, what it says is what is stored.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it is stored.
    pub async fn publish_insurer_feed(
        &self,
        arriving: Arriving,
        counted: Counted,
        weighed: Option<Weighed>,
        now: Instant,
    ) -> Result<Changed, StoreError> {
        let turn = self.feed_turn();
        let changed = self
            .registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                let states = [BatchState::Receiving, BatchState::Held];
                is_in(connection, arriving.id, &states)?;
                if let Some(weighed) = weighed {
                    note_weighed(connection, arriving.id, &weighed)?;
                }
                let put = publishing::publish(connection, &arriving, now)?;
                let state = (BatchState::Published, now);
                end(
                    connection,
                    arriving.id,
                    state,
                    counted.without(put.gone),
                    put.changed,
                )?;
                let_go(connection, arriving.number)?;
                Ok(put.changed)
            })
            .await?;
        self.tell_ended_feeds().await?;
        Ok(changed)
    }

    /// Ends an arriving or held batch without storing anything of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leave_insurer_feed(
        &self,
        arriving: Arriving,
        (state, now): (BatchState, Instant),
        counted: Counted,
    ) -> Result<(), StoreError> {
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                let states = [BatchState::Receiving, BatchState::Held];
                is_in(connection, arriving.id, &states)?;
                let_go(connection, arriving.number)?;
                end(
                    connection,
                    arriving.id,
                    (state, now),
                    counted,
                    Changed::default(),
                )
            })
            .await?;
        self.tell_ended_feeds().await
    }

    /// Lets go of a batch that was only tried: it leaves no record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_tried_feed(&self, number: BatchNumber) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| {
                let_go(connection, number)?;
                connection.execute(
                    "DELETE FROM feed_remark WHERE batch = ?1",
                    [number.as_u32()],
                )?;
                Ok(())
            })
            .await
    }
}

impl Arriving {
    /// A batch on record, as it came; `None` for one of medical information.
    #[must_use]
    pub fn of(batch: &Batch, unnamed: Unnamed) -> Option<Self> {
        match batch.kind {
            domain::feed::BatchKind::Insurer(kind) => Some(Self {
                id: batch.id,
                number: batch.number,
                kind,
                insurer: batch.insurer,
                scope: batch.scope,
                day: batch.begun.date_in_japan(),
                unnamed,
            }),
            domain::feed::BatchKind::Medical(_) => None,
        }
    }
}

/// Lets go of parts whose batch was given up.
pub(crate) fn forget(connection: &Connection) -> Result<(), StoreError> {
    let text = "DELETE FROM arriving_part WHERE batch NOT IN
        (SELECT number FROM feed_batch WHERE state IN ('receiving', 'interrupted', 'held'))";
    connection.execute(text, [])?;
    // Of a file that was only tried when the process ended.
    let text = "DELETE FROM feed_remark WHERE batch NOT IN (SELECT number FROM feed_batch)";
    connection.execute(text, [])?;
    Ok(())
}

fn let_go(connection: &Connection, number: BatchNumber) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM arriving_part WHERE batch = ?1",
        [number.as_u32()],
    )?;
    Ok(())
}

fn is_in(connection: &Connection, id: u128, states: &[BatchState]) -> Result<(), StoreError> {
    let text = "SELECT state FROM feed_batch WHERE id = ?1";
    let state: Option<String> = connection
        .query_row(text, [id.to_be_bytes()], |row| row.get(0))
        .optional()?;
    let state = state.and_then(|it| BatchState::parse(&it));
    if state.is_some_and(|it| states.contains(&it)) {
        Ok(())
    } else {
        Err(StoreError::Failed("the batch is not waiting".into()))
    }
}

fn note_weighed(connection: &Connection, id: u128, weighed: &Weighed) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE feed_batch SET weighed = ?2 WHERE id = ?1",
        params![id.to_be_bytes(), pack_weighed(weighed)?],
    )?;
    Ok(())
}
