//! That the centers over one database have the same keys: what one seals or issues the others open and believe. The first writes what its
//! keys show; one with others does not start. Each may sign with a key of its own (`crates/center/src/public_keys.rs`).

use std::path::Path;

use domain::civil_date::Instant;
use pki::authority::{Authority, Held};
use pki::sealed::MachineKey;
use sha2::{Digest, Sha256};
use store::engine::Engine;

use crate::keyed_hash::KeyedHash;
use crate::serve::StartError;

/// The files, by which the keys are named.
const MACHINE: &str = "machine.key";
const AUTHORITY: &str = "ca";

/// Opens the authority, where its keys and the machine key are those of the other centers over the same database. One is made where there
/// is none; not where somebody may hold a certificate of one that is missing.
pub(crate) async fn open_authority(
    engine: &Engine,
    machine: &MachineKey,
    data_dir: &Path,
    now: Instant,
) -> Result<Authority, StartError> {
    let folder = data_dir.join(AUTHORITY);
    let hash = KeyedHash::new(&machine.derive("shared-key"));
    same(engine, MACHINE, &hash.of(&[MACHINE.as_bytes()])).await?;
    let held = Authority::held_in(&folder);
    // Looked at before one is made: it would lie there and be taken for the right one.
    if held != Held::One && engine.is_shared() && engine.is_key_shared(AUTHORITY)? {
        return Err(StartError::OtherKey(AUTHORITY));
    }
    if held == Held::Nothing && engine.knows_certificates()? {
        return Err(StartError::NoAuthority(folder));
    }
    let authority = Authority::open(&folder, machine, now)?;
    let root: [u8; 32] = Sha256::digest(authority.root()).into();
    same(engine, AUTHORITY, &root).await?;
    Ok(authority)
}

/// Refuses a key that is not that of the other centers over the same database.
async fn same(engine: &Engine, name: &'static str, shown: &[u8; 32]) -> Result<(), StartError> {
    if !engine.is_shared() || engine.share_key(name, shown.to_vec()).await? == shown {
        return Ok(());
    }
    Err(StartError::OtherKey(name))
}
