//! How a batch begins, goes on where it was cut off, or is given up, and whose turn it is: one feed is loaded at a time, whichever process
//! of a center hears of it. Reads no line.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::feed::{BatchKind, BatchNumber, BatchState};
use domain::insurer_number::InsurerNumber;

use super::FAILED;
use super::batches::NewBatch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// A process that said nothing of its feed for so long has lost its turn: it ended, or was cut off from the database.
const TURN_S: i64 = 120;

/// What a batch that was cut off has kept is let go of after so long.
const RESUMABLE_S: i64 = 3 * 86_400;

/// The number lines are kept under that are only tried: no batch ever has it.
const TRIED: u32 = i32::MAX.unsigned_abs();

/// A batch that has begun, or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Its identifier.
    pub id: u128,
    /// Its number.
    pub number: BatchNumber,
    /// When it began first.
    pub at: Instant,
    /// The last line that is kept already; 0 for none.
    pub taken: u64,
}

/// Lines of a piece of a file, as they are counted where they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// The number their batch is kept under.
    pub number: BatchNumber,
    /// When.
    pub now: Instant,
    /// The number of the last line.
    pub last: u64,
    /// How many did not read well.
    pub unread: u64,
}

/// The number lines are kept under that are only tried.
///
/// # Errors
/// None in truth: the number is one.
pub fn tried() -> Result<BatchNumber, StoreError> {
    BatchNumber::new(TRIED).ok_or(FAILED)
}

impl Engine {
    /// Takes the turn to load a feed, unless another process has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_feed_turn(&self, now: Instant) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        let process = self.process();
        self.registry()
            .write(move |connection, _| {
                let text = "INSERT INTO feed_turn (one, holder, touched) VALUES (1, ?1, ?2)
                    ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, touched = excluded.touched
                    WHERE feed_turn.holder = excluded.holder OR feed_turn.touched < ?3";
                let lost = now.plus_seconds(-TURN_S);
                let of = params![process, now.as_micros(), lost.as_micros()];
                Ok(connection.execute(text, of)? == 1)
            })
            .await
    }

    /// Says that the turn is still in use, while a feed is worked on and nothing of it is written.
    ///
    /// # Errors
    /// [`StoreError`], also where another process has the turn by now.
    pub async fn touch_feed_turn(&self, now: Instant) -> Result<(), StoreError> {
        let Some(holder) = self.feed_turn() else {
            return Ok(());
        };
        self.registry()
            .write(move |connection, _| touch(connection, Some(holder), now))
            .await
    }

    /// Leaves the turn to others.
    ///
    /// # Errors
    /// [`StoreError`]; then others get it after some time.
    pub async fn leave_feed_turn(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let process = self.process();
        self.registry()
            .write(move |connection, _| {
                connection.execute("DELETE FROM feed_turn WHERE holder = ?1", [process])?;
                Ok(())
            })
            .await
    }

    /// Who has the turn, for jobs that may come when it was lost meanwhile; none where no other process writes.
    pub(crate) fn feed_turn(&self) -> Option<[u8; 16]> {
        self.is_shared().then(|| self.process())
    }

    /// Begins a batch, or goes on with the one of the same file that was cut off. Others that were cut off and that it would mix with are
    /// given up: nothing of them is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_feed(&self, new: NewBatch) -> Result<Begun, StoreError> {
        self.settle_feeds(new.begun).await?;
        let before = self.interrupted(&new)?;
        let mut detail = format!("kind={}", new.kind.as_str());
        if let Some(insurer) = new.insurer {
            detail = format!("{detail} insurer={insurer} scope={}", new.scope.as_str());
        }
        if let Some(before) = before {
            detail = format!("{detail} behind_line={}", before.taken);
        }
        self.record(Event {
            at: new.begun,
            actor: Actor::Operator(new.who.clone()),
            deed: Deed::FeedBegin,
            subject: Some(before.map_or(new.id, |it| it.id)),
            detail,
        })
        .await?;
        let (begun, now) = (new.begun, new.begun.as_micros());
        let begun = self
            .registry()
            .write(move |connection, _| {
                if let Some(before) = before {
                    go_on(connection, before.id)?;
                    return Ok(before);
                }
                give_up_those_it_would_mix_with(connection, new.kind, new.insurer, now)?;
                Ok(Begun {
                    id: new.id,
                    number: insert(connection, &new)?,
                    at: begun,
                    taken: 0,
                })
            })
            .await?;
        self.tell_ended_feeds().await?;
        Ok(begun)
    }

    /// The batch of the same file that was cut off.
    fn interrupted(&self, new: &NewBatch) -> Result<Option<Begun>, StoreError> {
        let Some(fingerprint) = new.fingerprint else {
            return Ok(None);
        };
        self.registry().read(|connection| {
            let text = "SELECT id, number, begun, taken FROM feed_batch
                WHERE state = ?1 AND kind = ?2 AND coalesce(insurer, 0) = ?3 AND scope = ?4 AND fingerprint = ?5";
            let of = params![
                BatchState::Interrupted.as_str(),
                new.kind.as_str(),
                number_of(new.insurer),
                new.scope.as_str(),
                fingerprint
            ];
            let mut statement = connection.prepare_cached(text)?;
            let found = statement.query_row(of, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            });
            let found: Option<([u8; 16], u32, i64, u64)> = found.optional()?;
            let Some((id, number, at, taken)) = found else {
                return Ok(None);
            };
            Ok(Some(Begun {
                id: u128::from_be_bytes(id),
                number: BatchNumber::new(number).ok_or(FAILED)?,
                at: Instant::from_micros(at),
                taken,
            }))
        })
    }

    /// Ends what was cut off, by its caller or by the end of a process: what can go on later is kept, the rest is given up. Puts into the
    /// audit chain what is missing there. For whoever has the turn.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_feeds(&self, now: Instant) -> Result<(), StoreError> {
        let turn = self.feed_turn();
        self.registry()
            .write(move |connection, _| {
                touch(connection, turn, now)?;
                let text = "UPDATE feed_batch SET ended = ?3, told = 0,
                    state = CASE WHEN fingerprint IS NOT NULL AND 0 < taken THEN ?1 ELSE ?2 END WHERE state = ?4";
                let states = [
                    BatchState::Interrupted,
                    BatchState::GivenUp,
                    BatchState::Receiving,
                ];
                let [interrupted, given_up, receiving] = states.map(BatchState::as_str);
                connection.execute(
                    text,
                    params![interrupted, given_up, now.as_micros(), receiving],
                )?;
                let text = "UPDATE feed_batch SET ended = ?1, told = 0, state = ?2 WHERE state = ?3 AND ended < ?4";
                let old = now.plus_seconds(-RESUMABLE_S).as_micros();
                connection.execute(text, params![now.as_micros(), given_up, interrupted, old])?;
                forget(connection)
            })
            .await?;
        self.tell_ended_feeds().await
    }
}

/// Gives up what was cut off and rests on what is about to change: files of the same insurer, and all of medical information.
pub(crate) fn give_up_those_it_would_mix_with(
    connection: &Connection,
    kind: BatchKind,
    insurer: Option<InsurerNumber>,
    now: i64,
) -> Result<(), StoreError> {
    let (given_up, interrupted) = (BatchState::GivenUp, BatchState::Interrupted);
    let states = (given_up.as_str(), interrupted.as_str());
    let medical =
        "kind IN ('drugs', 'prescriptions', 'dispensings', 'treatment', 'surgery', 'checkups')";
    match kind {
        BatchKind::Medical(_) => {
            let text = format!(
                "UPDATE feed_batch SET state = ?1, ended = ?2, told = 0 WHERE state = ?3 AND {medical}"
            );
            connection.execute(&text, params![states.0, now, states.1])?;
        }
        BatchKind::Insurer(_) => {
            let text = format!(
                "UPDATE feed_batch SET state = ?1, ended = ?2, told = 0
                 WHERE state = ?3 AND coalesce(insurer, 0) = ?4 AND NOT {medical}"
            );
            connection.execute(&text, params![states.0, now, states.1, number_of(insurer)])?;
        }
    }
    forget(connection)
}

/// Counts the lines of a piece in the transaction that keeps them; fails where their batch is not arriving any more.
pub(crate) fn count(
    connection: &Connection,
    turn: Option<[u8; 16]>,
    it: &Taking,
    (accepted, refused): (u64, u64),
) -> Result<(), StoreError> {
    touch(connection, turn, it.now)?;
    if it.number.as_u32() == TRIED {
        return Ok(());
    }
    let text = "UPDATE feed_batch SET taken = ?2, lines = lines + ?3, accepted = accepted + ?4, refused = refused + ?5
        WHERE number = ?1 AND state = ?6";
    let refused = refused + it.unread;
    let counted = connection.prepare_cached(text)?.execute(params![
        it.number.as_u32(),
        it.last,
        accepted + refused,
        accepted,
        refused,
        BatchState::Receiving.as_str()
    ])?;
    if counted == 1 {
        Ok(())
    } else {
        Err(StoreError::Failed("the batch is not arriving".into()))
    }
}

/// Says that the turn is still in use, and keeps it until the transaction ends.
pub(crate) fn touch(
    connection: &Connection,
    turn: Option<[u8; 16]>,
    now: Instant,
) -> Result<(), StoreError> {
    let Some(holder) = turn else {
        return Ok(());
    };
    let text = "UPDATE feed_turn SET touched = ?2 WHERE holder = ?1";
    let touched = connection
        .prepare_cached(text)?
        .execute(params![holder, now.as_micros()])?;
    if touched == 1 {
        Ok(())
    } else {
        let why = "another process of this center loads a feed by now";
        Err(StoreError::Failed(why.into()))
    }
}

fn go_on(connection: &Connection, id: u128) -> Result<(), StoreError> {
    let text =
        "UPDATE feed_batch SET state = ?2, ended = NULL, told = 0 WHERE id = ?1 AND state = ?3";
    let (receiving, interrupted) = (BatchState::Receiving, BatchState::Interrupted);
    let of = params![id.to_be_bytes(), receiving.as_str(), interrupted.as_str()];
    if connection.execute(text, of)? == 1 {
        Ok(())
    } else {
        Err(StoreError::Failed("the batch is not waiting".into()))
    }
}

fn insert(connection: &Connection, new: &NewBatch) -> Result<BatchNumber, StoreError> {
    let text = "SELECT coalesce(max(number), 0) + 1 FROM feed_batch";
    let number: u32 = connection.query_row(text, [], |row| row.get(0))?;
    let text = "INSERT INTO feed_batch (id, number, kind, insurer, scope, file_name, who, begun, ended, state,
        lines, accepted, refused, added, replaced, unchanged, told, weighed, fingerprint, taken)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, ?9, 0, 0, 0, 0, 0, 0, 0, NULL, ?10, 0)";
    connection.execute(
        text,
        params![
            new.id.to_be_bytes(),
            number,
            new.kind.as_str(),
            new.insurer.map(InsurerNumber::as_u32),
            new.scope.as_str(),
            new.file_name,
            new.who,
            new.begun.as_micros(),
            BatchState::Receiving.as_str(),
            new.fingerprint
        ],
    )?;
    BatchNumber::new(number).ok_or(FAILED)
}

/// Lets go of lines whose batch ended.
fn forget(connection: &Connection) -> Result<(), StoreError> {
    super::forget(connection)?;
    crate::registry::insurer_feeds::forget(connection)
}

fn number_of(insurer: Option<InsurerNumber>) -> u32 {
    insurer.map_or(0, InsurerNumber::as_u32)
}
