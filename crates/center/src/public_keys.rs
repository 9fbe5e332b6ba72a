//! The public keys of receipts and checkpoints in the store: each process over it announces its own before it signs with one, and publishes and
//! believes those of all. Private keys stay in each process's folder (`docs/decisions/0113-receipt-keys.md`).

use std::collections::BTreeSet;
use std::path::Path;

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use pki::receipt_key::{PublicKey, ReceiptKeys};
use pki::sealed::MachineKey;
use store::engine::{Engine, StoreError};
use store::receipt_keys::AnnouncedKey;

use crate::serve::StartError;
use crate::sessions::event;

/// The keys that processes with this machine key announced. What others wrote into the store is none.
///
/// # Errors
/// [`StoreError`].
pub fn announced(engine: &Engine, machine: &MachineKey) -> Result<Vec<PublicKey>, StoreError> {
    let all = engine.announced_keys()?.into_iter();
    Ok(all.filter_map(|it| proven(it, machine)).collect())
}

fn proven(it: AnnouncedKey, machine: &MachineKey) -> Option<PublicKey> {
    let key = PublicKey {
        kid: it.kid,
        x: it.x,
        y: it.y,
        retired: it.retired,
    };
    key.is_proven(machine, &it.proof).then_some(key)
}

/// The keys a verification of the audit chain believes: those of a data folder, and the announced ones, read again for one that is not among
/// them. A key may be announced while the verification runs.
pub struct BelievedKeys<'a> {
    engine: &'a Engine,
    machine: &'a MachineKey,
    own: &'a ReceiptKeys,
    announced: Vec<PublicKey>,
    /// What names no key. Nothing was signed with one before it was announced, so none of them becomes one later.
    strangers: BTreeSet<String>,
}

impl<'a> BelievedKeys<'a> {
    /// Those of a folder and a store.
    #[must_use]
    pub fn new(engine: &'a Engine, machine: &'a MachineKey, own: &'a ReceiptKeys) -> Self {
        Self {
            engine,
            machine,
            own,
            announced: Vec::new(),
            strangers: BTreeSet::new(),
        }
    }

    /// Whether a signature is of one of the keys. It was read before: whatever signed it is announced by now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn verifies(
        &mut self,
        kid: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, StoreError> {
        if self.own.verifies(kid, message, signature) {
            return Ok(true);
        }
        if !self.knows(kid) && !self.strangers.contains(kid) {
            self.announced = announced(self.engine, self.machine)?;
            if !self.knows(kid) {
                self.strangers.insert(kid.to_owned());
            }
        }
        let mut all = self.announced.iter();
        Ok(all.any(|key| key.verifies(kid, message, signature)))
    }

    fn knows(&self, kid: &str) -> bool {
        self.announced.iter().any(|key| key.kid == kid)
    }
}

/// Announces the keys of a data folder, with the event of an exchange. Nothing is signed with a key before.
pub(crate) async fn announce(
    engine: &Engine,
    machine: &MachineKey,
    keys: &ReceiptKeys,
    now: Instant,
    exchanged: Option<Event>,
) -> Result<(), StoreError> {
    let all = keys.public().into_iter().map(|key| AnnouncedKey {
        proof: key.proof(machine),
        kid: key.kid,
        x: key.x,
        y: key.y,
        announced: now,
        retired: key.retired,
    });
    engine.announce_keys(all.collect(), exchanged).await
}

/// The event of an exchange.
pub(crate) fn exchange(now: Instant, by: Actor, keys: &ReceiptKeys) -> Event {
    let mut told = event(now, by, Deed::KeyRotate);
    told.detail = format!("kid={}", keys.current.kid());
    told
}

/// Opens the keys of a data folder and announces them, with the event of an exchange that ended before its announcement. Where the key that signs was
/// retired elsewhere, a new one takes its place.
pub(crate) async fn open(
    engine: &Engine,
    dir: &Path,
    machine: &MachineKey,
    now: Instant,
) -> Result<ReceiptKeys, StartError> {
    let keys = ReceiptKeys::open(dir, machine)?;
    let untold =
        is_exchange_untold(&announced(engine, machine)?, &keys) && !is_told(engine, &keys)?;
    let told = untold.then(|| exchange(now, Actor::Center, &keys));
    announce(engine, machine, &keys, now, told).await?;
    if !is_retired(&announced(engine, machine)?, &keys) {
        return Ok(keys);
    }
    let rotated = keys.rotate(dir, machine, now)?;
    let told = exchange(now, Actor::Center, &rotated);
    announce(engine, machine, &rotated, now, Some(told)).await?;
    Ok(rotated)
}

/// Whether the event of the folder's last exchange is there: versions that announced no keys recorded it all the same, and another process of the
/// store may have announced the key before it by now.
fn is_told(engine: &Engine, keys: &ReceiptKeys) -> Result<bool, StoreError> {
    let Some(last) = keys.retired.last() else {
        return Ok(false);
    };
    // Recorded as of the instant at which the key before was retired.
    let event = exchange(last.retired, Actor::Center, keys);
    engine.is_recorded(event.at, event.deed, &event.detail)
}

/// Whether the folder's key took the place of another in the store, which knows nothing of that: the exchange ended between its files and its
/// announcement. The other may have been retired elsewhere before, by which this exchange came about.
fn is_exchange_untold(announced: &[PublicKey], keys: &ReceiptKeys) -> bool {
    let mut good = announced.iter().filter(|key| key.retired.is_none());
    let is_known = |kid: &str| announced.iter().any(|key| key.kid == kid);
    let took_place = keys.retired.last().is_some_and(|it| is_known(&it.kid));
    good.any(|key| keys.retired.iter().any(|it| it.kid == key.kid))
        || (took_place && !is_known(keys.current.kid()))
}

/// Whether the key that signs was retired.
pub(crate) fn is_retired(announced: &[PublicKey], keys: &ReceiptKeys) -> bool {
    let own = keys.current.kid();
    announced
        .iter()
        .any(|key| key.kid == own && key.retired.is_some())
}

#[cfg(test)]
mod tests {
    use store::audit::heads::to_bytes;
    use store::audit::verify::Fault;
    use store::audit::{Checkpoint, checkpoint_message};

    use super::*;

    fn signed(engine: &Engine, keys: &ReceiptKeys, at: i64) -> Checkpoint {
        let at = Instant::from_micros(at);
        let heads = to_bytes(&engine.heads().unwrap()).unwrap();
        let signature = keys.current.sign(&checkpoint_message(at, &heads));
        Checkpoint {
            at,
            heads,
            kid: keys.current.kid().to_owned(),
            signature: signature.unwrap(),
        }
    }

    #[tokio::test]
    async fn a_verification_believes_a_key_that_is_announced_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        let now = Instant::from_micros(5);
        let keys = open(&engine, dir, &machine, now).await.unwrap();
        let start = event(now, Actor::Center, Deed::Start);
        engine.record(start).await.unwrap();
        let first = signed(&engine, &keys, 6);
        engine.keep_checkpoint(first).await.unwrap();
        let mut believed = BelievedKeys::new(&engine, &machine, &keys);
        // Whatever is not known is looked for in the store.
        assert!(!believed.verifies("no key", b"text", b"none").unwrap());
        let rotated = keys.rotate(dir, &machine, now).unwrap();
        let told = exchange(now, Actor::Center, &rotated);
        announce(&engine, &machine, &rotated, now, Some(told))
            .await
            .unwrap();
        let second = signed(&engine, &rotated, 7);
        engine.keep_checkpoint(second).await.unwrap();
        // One that nobody announced is none.
        let other = tempfile::tempdir().unwrap();
        let foreign = ReceiptKeys::open(other.path(), &machine).unwrap();
        let forged = [signed(&engine, &foreign, 8)];
        let report = engine.verify_audit_watched(
            forged.map(Ok),
            |kid, message, signature| believed.verifies(kid, message, signature),
            |_| {},
        );
        let report = report.unwrap();
        let at = Instant::from_micros(8);
        assert_eq!(report.faults, [Fault::Checkpoint { at }]);
        assert_eq!(report.checkpoints, 2);
    }
}
