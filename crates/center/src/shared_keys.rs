//! That a store is used with the keys it was kept under: what a center sealed or issued it, and the others over the same database, open and believe.
//! The first start writes what the keys show; one with others does not start. Each may sign with a key of its own (`crates/center/src/public_keys.rs`).

use std::path::Path;

use domain::audit::Actor;
use domain::civil_date::Instant;
use pki::authority::{Authority, Held};
use pki::sealed::{MachineKey, SealError};
use sha2::{Digest, Sha256};
use store::engine::{Engine, StoreError};

use crate::issuing::{self, Standing};
use crate::keyed_hash::KeyedHash;
use crate::public_keys::announced;
use crate::serve::StartError;

/// The files, by which the keys are named.
const MACHINE: &str = "machine.key";
pub(crate) const AUTHORITY: &str = "ca";

/// The file by which whoever runs a center says that its machine key is lost for good.
const LOST: &str = "machine.key.lost";

/// Opens the machine key, where it is the one the store was kept under. One is made where there is none; not where it is missing: what is sealed and
/// signed with another would have to be believed as well, and the audit chain would not be whole any more.
pub(crate) async fn open_machine(
    engine: &Engine,
    data_dir: &Path,
) -> Result<MachineKey, StartError> {
    if !engine.is_shared() && data_dir.join(LOST).is_file() {
        return replace_machine(engine, data_dir).await;
    }
    let file = data_dir.join(MACHINE);
    let is_written = engine.is_key_shared(MACHINE)?;
    // Of one that cannot be looked for, opening says why.
    if !file.try_exists().unwrap_or(true) {
        if engine.is_shared() && is_written {
            return Err(StartError::OtherKey(MACHINE));
        }
        if !engine.is_shared() && (is_written || had_keys(engine)?) {
            return Err(StartError::NoMachineKey(file));
        }
    }
    let machine = MachineKey::open(&file)?;
    // Files that an earlier version wrote: it announced its keys under the machine key alone.
    let is_other = !engine.is_shared()
        && !is_written
        && !engine.announced_keys()?.is_empty()
        && announced(engine, &machine)?.is_empty();
    if !is_other && is_same(engine, MACHINE, &shown(&machine)).await? {
        return Ok(machine);
    }
    Err(if engine.is_shared() {
        StartError::OtherKey(MACHINE)
    } else {
        StartError::OtherMachineKey(file)
    })
}

/// Uses the store with another machine key from now on, where the one before is lost for good. Of a start that was cut off in the middle the key that
/// it made is taken.
async fn replace_machine(engine: &Engine, data_dir: &Path) -> Result<MachineKey, StartError> {
    let machine = MachineKey::open(&data_dir.join(MACHINE))?;
    engine
        .replace_keys([(MACHINE, shown(&machine).to_vec())], None)
        .await?;
    let lost = data_dir.join(LOST);
    std::fs::remove_file(&lost).map_err(|source| SealError::File {
        what: "remove",
        path: lost,
        source,
    })?;
    tracing::warn!(
        "machine.key.lost lay in data_dir: the store is used with another machine.key from now on; what the one before sealed cannot be opened, and what it vouched for is not believed (docs/operations/certificate-and-key-ceremony.md)"
    );
    Ok(machine)
}

/// What a machine key shows of itself.
fn shown(machine: &MachineKey) -> [u8; 32] {
    KeyedHash::new(&machine.derive("shared-key")).of(&[MACHINE.as_bytes()])
}

/// Whether a center issued or signed anything in this store.
fn had_keys(engine: &Engine) -> Result<bool, StoreError> {
    Ok(engine.knows_certificates()?
        || !engine.announced_keys()?.is_empty()
        || engine.upkeep()?.checkpoint.is_some())
}

/// Opens the authority, where its keys are those of the other centers over the same database. One is made where there
/// is none; not where somebody may hold a certificate of one that is missing.
pub(crate) async fn open_authority(
    engine: &Engine,
    machine: &MachineKey,
    data_dir: &Path,
    now: Instant,
) -> Result<Authority, StartError> {
    let folder = data_dir.join(AUTHORITY);
    let held = Authority::held_in(&folder);
    // Looked at before one is made: it would lie there and be taken for the right one.
    if held != Held::One && engine.is_shared() && engine.is_key_shared(AUTHORITY)? {
        return Err(match held {
            Held::Beginnings => StartError::AuthorityStands(folder),
            Held::Nothing | Held::One => StartError::OtherKey(AUTHORITY),
        });
    }
    if held == Held::Nothing && engine.knows_certificates()? {
        return Err(StartError::NoAuthority(folder));
    }
    let authority = Authority::open(&folder, machine, now)?;
    let root: [u8; 32] = Sha256::digest(authority.root()).into();
    // With files another takes its place where theirs is lost for good, sealed with the same machine key.
    if engine.is_shared() && !is_same(engine, AUTHORITY, &root).await? {
        return Err(StartError::OtherKey(AUTHORITY));
    }
    match issuing::standing(engine, &authority)? {
        // A store of an earlier version knows no root yet.
        Standing::Same => {
            engine.share_key(AUTHORITY, root.to_vec()).await?;
        }
        Standing::Untold => issuing::tell(engine, &authority, Actor::Center, now).await?,
        Standing::Other | Standing::Anew if engine.is_shared() => {
            return Err(StartError::OtherKey(AUTHORITY));
        }
        Standing::Anew => {
            issuing::begin_anew(engine, &authority).await?;
            tracing::warn!(
                "ca in data_dir holds another authority than this store was used with before: it counts from now on, and certificates of the one before do not; where that one is not lost, stop the center and bring ca/ back from its newest copy (docs/operations/certificate-and-key-ceremony.md)"
            );
        }
        Standing::Other if held == Held::One => tracing::warn!(
            "ca in data_dir lacks the issuing CA that this store was used with last, as an older copy does: certificates are signed with an earlier one; bring ca/ back from its newest copy and start again (docs/operations/certificate-and-key-ceremony.md)"
        ),
        Standing::Other => issuing::begin_anew(engine, &authority).await?,
    }
    Ok(authority)
}

/// Whether a key is the one that is written; the first one is.
async fn is_same(
    engine: &Engine,
    name: &'static str,
    shown: &[u8; 32],
) -> Result<bool, StoreError> {
    Ok(engine.share_key(name, shown.to_vec()).await? == shown)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::public_keys;

    /// A store that a center of an earlier version used with the keys of a folder: nothing is written of them but that they were announced.
    async fn used_before(dir: &Path) -> Engine {
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        let machine = MachineKey::open(&dir.join(MACHINE)).unwrap();
        let now = Instant::from_micros(5);
        public_keys::open(&engine, dir, &machine, now)
            .await
            .unwrap();
        assert!(!engine.is_key_shared(MACHINE).unwrap());
        engine
    }

    /// Puts another machine key in the place of the one there is, and that one aside.
    fn exchange(dir: &Path) -> PathBuf {
        let (file, aside) = (dir.join(MACHINE), dir.join("aside"));
        std::fs::rename(&file, &aside).unwrap();
        MachineKey::open(&file).unwrap();
        aside
    }

    #[tokio::test]
    async fn files_that_were_used_before_open_with_their_own_machine_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = used_before(dir).await;
        open_machine(&engine, dir).await.unwrap();
        assert!(engine.is_key_shared(MACHINE).unwrap());
        let own = exchange(dir);
        let refused = open_machine(&engine, dir).await.unwrap_err();
        assert!(
            matches!(refused, StartError::OtherMachineKey(_)),
            "{refused}"
        );
        std::fs::rename(own, dir.join(MACHINE)).unwrap();
        open_machine(&engine, dir).await.unwrap();
    }

    #[tokio::test]
    async fn another_machine_key_is_not_taken_for_that_of_files_of_an_earlier_version() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = used_before(dir).await;
        let own = exchange(dir);
        let refused = open_machine(&engine, dir).await.unwrap_err();
        assert!(
            matches!(refused, StartError::OtherMachineKey(_)),
            "{refused}"
        );
        std::fs::remove_file(dir.join(MACHINE)).unwrap();
        let refused = open_machine(&engine, dir).await.unwrap_err();
        assert!(matches!(refused, StartError::NoMachineKey(_)), "{refused}");
        assert!(!dir.join(MACHINE).exists(), "another was made");
        std::fs::rename(own, dir.join(MACHINE)).unwrap();
        open_machine(&engine, dir).await.unwrap();
    }

    #[tokio::test]
    async fn a_machine_key_that_is_lost_for_good_is_replaced_when_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = used_before(dir).await;
        let lost = dir.join(LOST);
        // Used by an earlier version, and by this one.
        for _ in 0..2 {
            std::fs::remove_file(dir.join(MACHINE)).unwrap();
            let refused = open_machine(&engine, dir).await.unwrap_err();
            assert!(matches!(refused, StartError::NoMachineKey(_)), "{refused}");
            assert!(refused.to_string().contains(LOST), "{refused}");
            std::fs::write(&lost, "").unwrap();
            let made = open_machine(&engine, dir).await.unwrap();
            assert!(!lost.exists());
            let opened = open_machine(&engine, dir).await.unwrap();
            assert_eq!(shown(&opened), shown(&made));
        }
        // Another is refused as before.
        exchange(dir);
        let refused = open_machine(&engine, dir).await.unwrap_err();
        assert!(
            matches!(refused, StartError::OtherMachineKey(_)),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn a_replacement_that_was_cut_off_goes_on_with_the_key_it_made() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = used_before(dir).await;
        std::fs::write(dir.join(LOST), "").unwrap();
        exchange(dir);
        let made = MachineKey::open(&dir.join(MACHINE)).unwrap();
        let opened = open_machine(&engine, dir).await.unwrap();
        assert_eq!(shown(&opened), shown(&made));
        assert!(!dir.join(LOST).exists());
        open_machine(&engine, dir).await.unwrap();
    }

    #[tokio::test]
    async fn a_store_that_no_center_used_gets_a_machine_key() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        open_machine(&engine, dir).await.unwrap();
        assert!(dir.join(MACHINE).is_file());
    }
}
