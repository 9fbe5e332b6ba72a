//! That the centers over one database have the same keys: what one seals, issues or signs the others open, believe and verify. The first writes
//! what its keys show; one with others does not start, and one whose signing key was retired elsewhere says so.

use std::sync::atomic::Ordering;

use pki::authority::Authority;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use sha2::{Digest, Sha256};
use store::engine::{Engine, StoreError};

use crate::app::Shared;
use crate::keyed_hash::KeyedHash;

/// The files, by which the keys are named.
const MACHINE: &str = "machine.key";
const AUTHORITY: &str = "ca";
const SIGNING: &str = "receipt.key";

/// What to do where the signing key was rotated at another center.
pub(crate) const OUTDATED: &str = "別のセンターで署名鍵が交換されています。このセンターを止め、交換したセンターの receipt.key と receipt-retired.keys をコピーしてから起動してください。 / \
    the signing key was rotated at another center: stop this one, copy receipt.key and receipt-retired.keys from there, and start it again (docs/operations/postgresql.md)";

/// The key that is not that of the other centers over the same database, if one is.
pub(crate) async fn another(
    engine: &Engine,
    machine: &MachineKey,
    authority: &Authority,
    signing: &ReceiptKeys,
) -> Result<Option<&'static str>, StoreError> {
    if !engine.is_shared() {
        return Ok(None);
    }
    let hash = KeyedHash::new(&machine.derive("shared-key"));
    let machine = hash.of(&[MACHINE.as_bytes()]).to_vec();
    let root = Sha256::digest(authority.root()).to_vec();
    for (name, shown) in [(MACHINE, machine), (AUTHORITY, root)] {
        if engine.share_key(name, shown.clone()).await? != shown {
            return Ok(Some(name));
        }
    }
    Ok(is_outdated(engine, signing).await?.then_some(SIGNING))
}

/// Whether another center signs with a key that this one does not know. Where this one's is the newer, as after a rotation, it is written down.
async fn is_outdated(engine: &Engine, keys: &ReceiptKeys) -> Result<bool, StoreError> {
    let own = keys.current.kid().as_bytes().to_vec();
    let written = match engine.shared_key(SIGNING)? {
        Some(written) => written,
        None => engine.share_key(SIGNING, own.clone()).await?,
    };
    if written == own {
        return Ok(false);
    }
    let mut retired = keys.retired.iter();
    if !retired.any(|key| key.kid.as_bytes() == written.as_slice()) {
        return Ok(true);
    }
    let is_written = engine.replace_shared_key(SIGNING, written, own).await?;
    Ok(!is_written)
}

/// Looks whether the signing key was retired at another center, and tells so once. Not to be called while this one rotates it.
pub(crate) async fn look(app: &Shared) -> Result<bool, StoreError> {
    if !app.engine.is_shared() {
        return Ok(false);
    }
    let keys = app.receipt_keys.load_full();
    let is_outdated = is_outdated(&app.engine, &keys).await?;
    let was = app.is_outdated.swap(is_outdated, Ordering::Relaxed);
    if is_outdated && !was {
        tracing::error!("{OUTDATED}");
    }
    Ok(is_outdated)
}
