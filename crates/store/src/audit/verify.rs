//! Verifies a store's audit chain from its first event to its last. Changes nothing.

mod counts;
mod letting_go;
mod signed;
mod unvouched;
mod walk;

use domain::civil_date::Instant;

use crate::audit::verify::signed::SignedHeads;
use crate::audit::verify::walk::Walk;
use crate::audit::{Checkpoint, checkpoint_message, heads};
use crate::checks::retention::LogMonth;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// Events read at once.
const PAGE: u32 = 5_000;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events read.
    pub events: u64,
    /// Chains found.
    pub chains: u64,
    /// Checks whose record was compared with its event.
    pub checks: u64,
    /// Closed questions of checks by card whose consents were compared with their event.
    pub consents: u64,
    /// Looks at medical information whose record was compared with its event.
    pub looks: u64,
    /// Withdrawals of consents whose record was compared with its event.
    pub withdrawals: u64,
    /// Checks and consents whose record was let go with their month, as an event says.
    pub let_go: u64,
    /// Checkpoints whose signature was verified.
    pub checkpoints: u64,
    /// What is wrong and where; empty when all is well.
    pub faults: Vec<Fault>,
}

/// One thing that is wrong. `chain` is in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The event was changed after it was written.
    #[error("chain {chain}, event {seq}: changed after it was written")]
    Changed {
        /// The chain.
        chain: String,
        /// The event.
        seq: i64,
    },
    /// Events before this one are missing.
    #[error("chain {chain}: events are missing before event {seq}")]
    Missing {
        /// The chain.
        chain: String,
        /// The first event after the gap.
        seq: i64,
    },
    /// The event does not follow the one before it: something was inserted or exchanged, or the chain forks.
    #[error("chain {chain}, event {seq}: does not follow the event before it")]
    Inserted {
        /// The chain.
        chain: String,
        /// The event.
        seq: i64,
    },
    /// A checkpoint saw more of the chain than there is.
    #[error("chain {chain}: cut after event {seq}; the checkpoint of {at} saw event {seen}")]
    Cut {
        /// The chain.
        chain: String,
        /// The last event there is.
        seq: i64,
        /// The last event the checkpoint saw.
        seen: i64,
        /// The checkpoint.
        at: Instant,
    },
    /// The event a checkpoint saw is another one now: the chain was written anew.
    #[error("chain {chain}, event {seq}: not the one the checkpoint of {at} saw")]
    Fork {
        /// The chain.
        chain: String,
        /// The event.
        seq: i64,
        /// The checkpoint.
        at: Instant,
    },
    /// A line of the checkpoints kept outside is none. It says nothing of the chain.
    #[error(
        "line {line} of the checkpoints kept outside is no checkpoint: it was cut off in the middle, or changed; all other lines were used"
    )]
    Outside {
        /// The line, counted from 1.
        line: usize,
    },
    /// A checkpoint's signature is not of our key.
    #[error("checkpoint of {at}: its signature does not verify")]
    Checkpoint {
        /// The checkpoint.
        at: Instant,
    },
    /// The record of a check, of its consents, of a look or of a withdrawal is gone, or not the one its event vouches for.
    #[error(
        "chain {chain}, event {seq}: the record of its check, consents, look or withdrawal is missing or was changed"
    )]
    Record {
        /// The chain.
        chain: String,
        /// The event.
        seq: i64,
    },
    /// An event says that a month was let go with another number of checks than there are events of checks of it.
    #[error("{count} checks of {month} have an event, and {told} were let go")]
    LetGo {
        /// The month.
        month: LogMonth,
        /// How many checks were let go with it.
        told: u64,
        /// How many have an event.
        count: u64,
    },
    /// A look's record that no event vouches for.
    #[error("{count} looks at medical information are in no event of the chain")]
    UnvouchedLooks {
        /// How many.
        count: u64,
    },
    /// A withdrawal's record that no event vouches for.
    #[error("{count} withdrawals of consents are in no event of the chain")]
    UnvouchedWithdrawals {
        /// How many.
        count: u64,
    },
    /// A check by card whose questions were closed, and no event vouches for that.
    #[error("{count} checks by card with closed questions are in no event of the chain")]
    UnvouchedCards {
        /// How many.
        count: u64,
    },
    /// A patient's answer that no event vouches for.
    #[error("{count} answers of patients to questions are in no event of the chain")]
    UnvouchedAnswers {
        /// How many.
        count: u64,
    },
    /// Medical information is open that no consent and no opening in an emergency gave which an event vouches for.
    #[error(
        "{count} kinds of medical information of somebody are open at a facility without a consent or an emergency in the chain"
    )]
    UnvouchedOpenings {
        /// How many.
        count: u64,
    },
    /// A check's record that no event vouches for.
    #[error("{count} checks are in no event of the chain")]
    Unvouched {
        /// How many.
        count: u64,
    },
}

impl Report {
    /// Whether nothing is wrong with the chain itself, whatever the checkpoints kept outside look like.
    #[must_use]
    pub fn is_chain_whole(&self) -> bool {
        let mut faults = self.faults.iter();
        faults.all(|it| matches!(it, Fault::Outside { .. }))
    }
}

impl Engine {
    /// Verifies everything. `verifies` says whether a signature of key `kid` over a message is good. `outside` are
    /// checkpoints kept elsewhere, beyond the reach of whoever changed the store.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read; what is wrong with the chain stands in the report.
    pub fn verify_audit(
        &self,
        outside: &[Checkpoint],
        verifies: impl Fn(&str, &[u8], &[u8]) -> bool,
    ) -> Result<Report, StoreError> {
        let verifies =
            |kid: &str, message: &[u8], signature: &[u8]| Ok(verifies(kid, message, signature));
        let outside = outside.iter().cloned().map(Ok);
        self.verify_audit_watched(outside, verifies, |_| {})
    }

    /// As [`Engine::verify_audit`], with checkpoints that are read one after the other; `watch` is told now and then how many events were read. `verifies` is asked after the checkpoint was read, and
    /// may read the store itself: keys are announced before they sign.
    ///
    /// # Errors
    /// As [`Engine::verify_audit`], those of `verifies`, and where `outside` cannot be read on.
    pub fn verify_audit_watched(
        &self,
        outside: impl IntoIterator<Item = std::io::Result<Checkpoint>>,
        mut verifies: impl FnMut(&str, &[u8], &[u8]) -> Result<bool, StoreError>,
        watch: impl FnMut(u64),
    ) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let mut signed = SignedHeads::of(self);
        let mut take = |checkpoint: &Checkpoint| -> Result<(), StoreError> {
            let message = checkpoint_message(checkpoint.at, &checkpoint.heads);
            let is_good = verifies(&checkpoint.kid, &message, &checkpoint.signature)?;
            match heads::from_bytes(&checkpoint.heads).filter(|_| is_good) {
                Some(heads) => {
                    report.checkpoints += 1;
                    signed.add(checkpoint.at, heads)?;
                }
                None => report.faults.push(Fault::Checkpoint { at: checkpoint.at }),
            }
            Ok(())
        };
        self.read_checkpoints(&mut take)?;
        for checkpoint in outside {
            let failed = |error: std::io::Error| {
                StoreError::Failed(format!("checkpoints kept outside cannot be read: {error}"))
            };
            take(&checkpoint.map_err(failed)?)?;
        }
        let faults = signed.faults()?;
        self.walk(&mut report, watch)?;
        report.faults.extend(faults);
        report.faults.dedup();
        Ok(report)
    }

    /// Some at a time: there is one for each minute of each process. `take` may read the store as well, so no connection is held meanwhile.
    fn read_checkpoints(
        &self,
        mut take: impl FnMut(&Checkpoint) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let page = self.read(|connection| checkpoints_after(connection, after))?;
            page.iter().try_for_each(&mut take)?;
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = last.at.as_micros(),
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Events in all chains, by the number of each chain's last one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events(&self) -> Result<u64, StoreError> {
        let heads = self.heads()?;
        let numbers = heads.iter().map(|it| it.seq.max(0).cast_unsigned());
        Ok(numbers.fold(0, u64::saturating_add))
    }

    fn walk(&self, report: &mut Report, watch: impl FnMut(u64)) -> Result<(), StoreError> {
        self.read(|connection| {
            // One snapshot, so that a running center's new checks count on both sides or on neither.
            let _snapshot = connection.snapshot()?;
            Walk::begin(connection, report)?.finish(watch)
        })
    }
}

fn checkpoints_after(connection: &Connection, after: i64) -> Result<Vec<Checkpoint>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, heads, kid, signature FROM checkpoint WHERE ?1 < at ORDER BY at LIMIT ?2",
    )?;
    let rows = statement.query_map(params![after, PAGE], |row| {
        Ok(Checkpoint {
            at: Instant::from_micros(row.get(0)?),
            heads: row.get(1)?,
            kid: row.get(2)?,
            signature: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
