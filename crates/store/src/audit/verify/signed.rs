//! Holds the heads that checkpoints signed against the chains, some at a time: there are more of them with every minute of every process, and
//! they stay for ever. Looks at no signature.

use domain::civil_date::Instant;

use super::{Fault, hex};
use crate::audit::{Head, end};
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// Heads held against the chains together.
const AT_ONCE: usize = 5_000;

/// Heads that were signed, and what is wrong with them so far.
pub(super) struct SignedHeads<'a> {
    engine: &'a Engine,
    waiting: Vec<(Instant, Head)>,
    faults: Vec<Fault>,
}

impl<'a> SignedHeads<'a> {
    pub(super) fn of(engine: &'a Engine) -> Self {
        Self {
            engine,
            waiting: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Takes the heads of a checkpoint that was read before: what it saw is in the store by now, or gone from it.
    pub(super) fn add(&mut self, at: Instant, heads: Vec<Head>) -> Result<(), StoreError> {
        self.waiting.extend(heads.into_iter().map(|it| (at, it)));
        if self.waiting.len() < AT_ONCE {
            return Ok(());
        }
        self.hold_against_the_chains()
    }

    /// What is wrong, in the order the heads came.
    pub(super) fn faults(mut self) -> Result<Vec<Fault>, StoreError> {
        self.hold_against_the_chains()?;
        Ok(self.faults)
    }

    fn hold_against_the_chains(&mut self) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let found = self.engine.read(|connection| {
            let _snapshot = connection.snapshot()?;
            let mut found = Vec::new();
            for (at, head) in &waiting {
                found.extend(fault(connection, *at, head)?);
            }
            Ok(found)
        })?;
        self.faults.extend(found);
        Ok(())
    }
}

fn fault(connection: &Connection, at: Instant, head: &Head) -> Result<Option<Fault>, StoreError> {
    let text = "SELECT hash FROM audit_event WHERE chain = ?1 AND seq = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(params![head.chain, head.seq], |row| row.get(0));
    let found: Option<[u8; 32]> = found.optional()?;
    if let Some(hash) = found {
        return Ok((hash != head.hash).then(|| Fault::Fork {
            chain: hex(&head.chain),
            seq: head.seq,
            at,
        }));
    }
    let seq = end(connection, head.chain)?.map_or(0, |(seq, _)| seq);
    // A gap before the end is found where the chain itself is read.
    Ok((seq < head.seq).then(|| Fault::Cut {
        chain: hex(&head.chain),
        seq,
        seen: head.seq,
        at,
    }))
}

#[cfg(test)]
mod tests {
    use domain::audit::{Actor, Deed, Event};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn however_many_heads_were_signed_few_are_held_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open_center(&dir.path().join("center.db"), [1; 16]).unwrap();
        let start = Event {
            at: Instant::from_micros(1),
            actor: Actor::Center,
            deed: Deed::Start,
            subject: None,
            detail: String::new(),
        };
        engine.record(start).await.unwrap();
        let head = engine.heads().unwrap().remove(0);
        let mut signed = SignedHeads::of(&engine);
        for at in 0..30_000 {
            let at = Instant::from_micros(at);
            signed.add(at, vec![head.clone()]).unwrap();
            assert!(signed.waiting.len() < AT_ONCE);
        }
        // Those that came last are held against the chains as well.
        let seen = Head { seq: 9, ..head };
        signed.add(Instant::from_micros(5), vec![seen]).unwrap();
        let faults = signed.faults().unwrap();
        let is_cut = |it: &Fault| {
            matches!(
                it,
                Fault::Cut {
                    seq: 1,
                    seen: 9,
                    ..
                }
            )
        };
        assert!(faults.len() == 1 && faults.iter().all(is_cut), "{faults:?}");
    }
}
