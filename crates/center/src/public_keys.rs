//! The public keys of receipts and checkpoints in the store: each process over it announces its own before it signs with one, and publishes and
//! believes those of all. Private keys stay in each process's folder (`docs/decisions/0113-receipt-keys.md`).

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

/// Opens the keys of a data folder and announces them. Where the key that signs was retired elsewhere, a new one takes its place.
pub(crate) async fn open(
    engine: &Engine,
    dir: &Path,
    machine: &MachineKey,
    now: Instant,
) -> Result<ReceiptKeys, StartError> {
    let keys = ReceiptKeys::open(dir, machine)?;
    announce(engine, machine, &keys, now, None).await?;
    if !is_retired(&announced(engine, machine)?, &keys) {
        return Ok(keys);
    }
    let rotated = keys.rotate(dir, machine, now)?;
    let told = exchange(now, Actor::Center, &rotated);
    announce(engine, machine, &rotated, now, Some(told)).await?;
    Ok(rotated)
}

/// Whether the key that signs was retired.
pub(crate) fn is_retired(announced: &[PublicKey], keys: &ReceiptKeys) -> bool {
    let own = keys.current.kid();
    announced
        .iter()
        .any(|key| key.kid == own && key.retired.is_some())
}
