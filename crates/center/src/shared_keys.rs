//! That the centers over one database have the same keys: what one seals or issues the others open and believe. The first writes what its
//! keys show; one with others does not start. Each may sign with a key of its own (`crates/center/src/public_keys.rs`).

use pki::authority::Authority;
use pki::sealed::MachineKey;
use sha2::{Digest, Sha256};
use store::engine::{Engine, StoreError};

use crate::keyed_hash::KeyedHash;

/// The files, by which the keys are named.
const MACHINE: &str = "machine.key";
const AUTHORITY: &str = "ca";

/// The key that is not that of the other centers over the same database, if one is.
pub(crate) async fn another(
    engine: &Engine,
    machine: &MachineKey,
    authority: &Authority,
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
    Ok(None)
}
