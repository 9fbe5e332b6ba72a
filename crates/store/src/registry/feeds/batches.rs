//! The record of batches (取込単位), of medical information and of insurers alike: every one, also those that were not published. Reads no
//! line.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::feed::insurer::Scope;
use domain::feed::review::{Figures, Weighed};
use domain::feed::{BatchKind, BatchNumber, BatchState};
use domain::insurer_number::InsurerNumber;

use super::FAILED;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A batch that begins.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its identifier.
    pub id: u128,
    /// What its lines are.
    pub kind: BatchKind,
    /// Whose members they are about, of an insurer's feed.
    pub insurer: Option<InsurerNumber>,
    /// How much of an insurer it holds.
    pub scope: Scope,
    /// The file's name, without its folder.
    pub file_name: String,
    /// Which operator loads it.
    pub who: String,
    /// When it began.
    pub begun: Instant,
    /// Of the whole file, and how it is read: the same file goes on where it was cut off.
    pub fingerprint: Option<[u8; 32]>,
}

/// A batch as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its identifier.
    pub id: u128,
    /// Its number, counted up at this center.
    pub number: BatchNumber,
    /// What its lines are.
    pub kind: BatchKind,
    /// Whose members they are about, of an insurer's feed.
    pub insurer: Option<InsurerNumber>,
    /// How much of an insurer it holds.
    pub scope: Scope,
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
    /// What it changes of an insurer's figures, where that was weighed.
    pub weighed: Option<Weighed>,
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

impl Counted {
    /// The same, where so many accepted lines came to nothing when they were published.
    pub(crate) fn without(self, gone: u64) -> Self {
        let gone = gone.min(self.accepted);
        Self {
            accepted: self.accepted - gone,
            refused: self.refused + gone,
            ..self
        }
    }
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

impl Engine {
    /// The batches that wait for somebody, however old they are, and before the newest, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_batches(&self, limit: u32) -> Result<Vec<Batch>, StoreError> {
        self.registry().read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM feed_batch WHERE state IN ('held', 'interrupted')
                    OR number IN (SELECT number FROM feed_batch ORDER BY begun DESC, number DESC LIMIT ?1)
                    ORDER BY CASE WHEN state IN ('held', 'interrupted') THEN 0 ELSE 1 END, begun DESC, number DESC"
            );
            batches(connection, &text, limit)
        })
    }

    /// A batch by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_batch(&self, number: BatchNumber) -> Result<Option<Batch>, StoreError> {
        let found = self.registry().read(|connection| {
            let text = format!("SELECT {COLUMNS} FROM feed_batch WHERE number = ?1");
            batches(connection, &text, number.as_u32())
        })?;
        Ok(found.into_iter().next())
    }

    /// A batch by its identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn feed_batch_of(&self, id: u128) -> Result<Option<Batch>, StoreError> {
        self.registry().read(|connection| {
            let text = format!("SELECT {COLUMNS} FROM feed_batch WHERE id = ?1");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([id.to_be_bytes()])?;
            rows.next()?.map(|row| batch(&row)).transpose()
        })
    }

    /// The end of a batch is on record in the registry first, and in the audit chain of the other file right after; what a crash kept
    /// apart is brought together here.
    pub(crate) async fn tell_ended_feeds(&self) -> Result<(), StoreError> {
        let untold = self.registry().read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM feed_batch WHERE told = 0 AND ended IS NOT NULL ORDER BY begun LIMIT ?1"
            );
            batches(connection, &text, i32::MAX.unsigned_abs())
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
            let told = "UPDATE feed_batch SET told = 1 WHERE id = ?1 AND state = ?2";
            self.registry()
                .write(move |connection, _| {
                    connection.execute(told, params![it.id.to_be_bytes(), it.state.as_str()])?;
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}

/// The columns of a batch, in the order [`batch`] takes them.
const COLUMNS: &str = "id, number, kind, insurer, scope, file_name, who, begun, ended, state, lines, accepted, refused, added, replaced,
    unchanged, weighed";

fn batches(connection: &Connection, text: &str, parameter: u32) -> Result<Vec<Batch>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([parameter])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(batch(&row)?);
    }
    Ok(all)
}

fn batch(row: &Row<'_>) -> Result<Batch, StoreError> {
    let (kind, scope, state): (String, String, String) = (row.get(2)?, row.get(4)?, row.get(9)?);
    let ended: Option<i64> = row.get(8)?;
    let insurer: Option<u32> = row.get(3)?;
    let weighed: Option<Vec<u8>> = row.get(16)?;
    Ok(Batch {
        id: u128::from_be_bytes(row.get(0)?),
        number: BatchNumber::new(row.get(1)?).ok_or(FAILED)?,
        kind: BatchKind::parse(&kind).ok_or(FAILED)?,
        insurer: insurer
            .map(InsurerNumber::from_u32)
            .transpose()
            .map_err(|_| FAILED)?,
        scope: Scope::parse(&scope).ok_or(FAILED)?,
        file_name: row.get(5)?,
        who: row.get(6)?,
        begun: Instant::from_micros(row.get(7)?),
        ended: ended.map(Instant::from_micros),
        state: BatchState::parse(&state).ok_or(FAILED)?,
        counted: Counted {
            lines: row.get(10)?,
            accepted: row.get(11)?,
            refused: row.get(12)?,
        },
        changed: Changed {
            added: row.get(13)?,
            replaced: row.get(14)?,
            unchanged: row.get(15)?,
        },
        weighed: weighed.map(|bytes| unpack_weighed(&bytes)).transpose()?,
    })
}

/// Kind, state and number of a batch, where there is one of this identifier.
pub(super) fn of(
    connection: &Connection,
    id: u128,
) -> Result<Option<(BatchKind, BatchState, u32)>, StoreError> {
    let text = "SELECT kind, state, number FROM feed_batch WHERE id = ?1";
    let found: Option<(String, String, u32)> = connection
        .query_row(text, [id.to_be_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((kind, state, number)) = found else {
        return Ok(None);
    };
    let kind = BatchKind::parse(&kind).ok_or(FAILED)?;
    let state = BatchState::parse(&state).ok_or(FAILED)?;
    Ok(Some((kind, state, number)))
}

/// Puts what became of a batch on record, to be told in the audit chain.
pub(crate) fn end(
    connection: &Connection,
    id: u128,
    (state, now): (BatchState, Instant),
    counted: Counted,
    changed: Changed,
) -> Result<(), StoreError> {
    let text = "UPDATE feed_batch SET state = ?2, ended = ?3, lines = ?4, accepted = ?5, refused = ?6, added = ?7, replaced = ?8,
        unchanged = ?9, told = 0 WHERE id = ?1";
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
    Ok(())
}

type FiguresRow = (u64, u64, u64, u64);

fn figures(it: Figures) -> FiguresRow {
    (it.members, it.with_ratio, it.with_ceiling, it.lost)
}

/// Packs what was weighed.
pub(crate) fn pack_weighed(it: &Weighed) -> Result<Vec<u8>, StoreError> {
    let gone = (it.ratio_gone, it.ceiling_gone, it.members_gone);
    let row = (figures(it.before), figures(it.after), gone);
    postcard::to_stdvec(&row).map_err(|_| FAILED)
}

fn unpack_weighed(bytes: &[u8]) -> Result<Weighed, StoreError> {
    type WeighedRow = (FiguresRow, FiguresRow, (u64, u64, u64));
    let figures = |(members, with_ratio, with_ceiling, lost): FiguresRow| Figures {
        members,
        with_ratio,
        with_ceiling,
        lost,
    };
    let row: WeighedRow = postcard::from_bytes(bytes).map_err(|_| FAILED)?;
    let (before, after, (ratio_gone, ceiling_gone, members_gone)) = row;
    Ok(Weighed {
        before: figures(before),
        after: figures(after),
        ratio_gone,
        ceiling_gone,
        members_gone,
    })
}
