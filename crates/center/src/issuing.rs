//! Which issuing CA of its authority a store was used with last: another one is made while the center is stopped (`onshi ca renew`), stands in the audit
//! chain once, however often it was cut off, and an older copy of the authority's folder is told from it. Signs nothing.

use std::path::{Path, PathBuf};

use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use pki::authority::{Authority, AuthorityError, Held};
use rustls_pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use store::engine::{Engine, StoreError};

use crate::serve::StartError;
use crate::sessions::event;
use crate::shared_keys::{AUTHORITY, open_machine};

/// Under this name its fingerprint is written.
const ISSUING: &str = "issuing";

/// How the newest issuing CA of a folder stands to the store.
pub(crate) enum Standing {
    /// The store knows it, or it is the first and only one.
    Same,
    /// It took the place of another, and the store does not know that yet.
    Untold,
    /// The store knows one that is not in the folder.
    Other,
    /// It stands below another root than the store knows: another authority took the place of one that is lost.
    Anew,
}

/// What a store was used with last and a data folder does not hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Lacking {
    /// The issuing CA with this SHA-256, as in an older copy of the authority.
    Issuing(String),
    /// The authority whose root has this SHA-256: another one lies in its place.
    Authority(String),
}

/// An issuing CA that signs from the next start on.
#[derive(Debug)]
pub struct Renewed {
    /// Which one it is, counted from 1.
    pub number: u32,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Its last instant.
    pub ends: Instant,
    /// Whether it ends with the root, before its 15 years are over: no further one would be good for longer.
    pub ends_with_root: bool,
    /// Whether it was made before, by a renewal that was cut off, and is only recorded now.
    pub is_taken_up: bool,
}

/// Why there is no other issuing CA.
#[derive(Debug, thiserror::Error)]
pub enum NotRenewed {
    /// The folder holds no authority.
    #[error("{0} holds no authority; bring it back from its backup (docs/operations/restore.md)")]
    NoAuthority(PathBuf),
    /// The root's key is not there.
    #[error("{0}, the root's key, is missing; name the place where it is kept with --root-key")]
    NoRootKey(PathBuf),
    /// The keys do not belong to the store.
    #[error(transparent)]
    Keys(#[from] StartError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The store. The next start of a center, or the next renewal, records what was made.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes another issuing CA in a data folder that no center uses meanwhile, below the same root, and records it. One that a renewal before made and
/// could not record is recorded, and no further one is made.
///
/// # Errors
/// [`NotRenewed`].
pub async fn renew(
    engine: &Engine,
    data_dir: &Path,
    root_key: Option<&Path>,
    by: Actor,
    now: Instant,
) -> Result<Renewed, NotRenewed> {
    let folder = data_dir.join(AUTHORITY);
    // Looked at before anything is opened: opening makes what is missing.
    if Authority::held_in(&folder) != Held::One {
        return Err(NotRenewed::NoAuthority(folder));
    }
    let machine = open_machine(engine, data_dir).await?;
    let present = Authority::open(&folder, &machine, now)?;
    match standing(engine, &present)? {
        Standing::Other | Standing::Anew if engine.is_shared() => {
            Err(StartError::OtherKey(AUTHORITY).into())
        }
        Standing::Untold => {
            tell(engine, &present, by, now).await?;
            Ok(Renewed::of(&present, true))
        }
        Standing::Same | Standing::Other | Standing::Anew => {
            // Before somebody fetches the root's key out of a safe for nothing.
            present.may_be_followed(now)?;
            let root_key = root_key.map_or_else(|| folder.join("root.key"), Path::to_path_buf);
            if !root_key.try_exists().unwrap_or(true) {
                return Err(NotRenewed::NoRootKey(root_key));
            }
            let made = Authority::renew(&folder, &root_key, &machine, now)?;
            tell(engine, &made, by, now).await?;
            Ok(Renewed::of(&made, false))
        }
    }
}

impl Renewed {
    fn of(authority: &Authority, is_taken_up: bool) -> Self {
        Self {
            number: authority.number(),
            fingerprint: fingerprint(authority.issuing()),
            ends: authority.ends(),
            ends_with_root: authority.ends_with_root(),
            is_taken_up,
        }
    }
}

/// How the newest issuing CA stands to the store.
pub(crate) fn standing(engine: &Engine, authority: &Authority) -> Result<Standing, StoreError> {
    let root = engine.shared_key(AUTHORITY)?;
    if root.is_some_and(|it| it != fingerprint(authority.root())) {
        return Ok(Standing::Anew);
    }
    let written = engine.shared_key(ISSUING)?;
    let is_written = |it: &CertificateDer<'_>| written.as_deref() == Some(&fingerprint(it)[..]);
    Ok(if is_written(authority.issuing()) {
        Standing::Same
    } else if authority.formers().any(is_written) {
        Standing::Untold
    } else if written.is_some() {
        Standing::Other
    } else if authority.number() == 1 {
        Standing::Same
    } else {
        Standing::Untold
    })
}

/// What a store was used with last, where it is not in a data folder. Of another authority no issuing CA is asked for: it may have been made since.
///
/// # Errors
/// [`StoreError`].
pub fn lacking(engine: &Engine, data_dir: &Path) -> Result<Option<Lacking>, StoreError> {
    let folder = data_dir.join(AUTHORITY);
    if let (Some(known), Some(root)) = (engine.shared_key(AUTHORITY)?, Authority::root_in(&folder))
        && known != fingerprint(&root)
    {
        return Ok(Some(Lacking::Authority(hex(&known))));
    }
    let Some(written) = engine.shared_key(ISSUING)? else {
        return Ok(None);
    };
    let is_there = Authority::issuing_in(&folder).any(|it| written == fingerprint(&it));
    Ok((!is_there).then(|| Lacking::Issuing(hex(&written))))
}

/// Has the store know the newest issuing CA, and its audit chain tell of it.
pub(crate) async fn tell(
    engine: &Engine,
    authority: &Authority,
    by: Actor,
    now: Instant,
) -> Result<(), StoreError> {
    let mut told = event(now, by, Deed::AuthorityRenew);
    told.detail = format!(
        "number={} issuing={} ends={}",
        authority.number(),
        hex(&fingerprint(authority.issuing())),
        authority.ends()
    );
    engine.replace_keys(shown(authority), Some(told)).await
}

/// Has the store know the issuing CA of an authority that was made in place of one that is lost.
pub(crate) async fn begin_anew(engine: &Engine, authority: &Authority) -> Result<(), StoreError> {
    engine.replace_keys(shown(authority), None).await
}

/// What is written of an authority: a folder with another root is one that was made anew, even where the start that made it was cut off.
fn shown(authority: &Authority) -> [(&'static str, Vec<u8>); 2] {
    [
        (AUTHORITY, fingerprint(authority.root()).to_vec()),
        (ISSUING, fingerprint(authority.issuing()).to_vec()),
    ]
}

fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use pki::sealed::MachineKey;

    use super::*;
    use crate::shared_keys::open_authority;

    fn now() -> Instant {
        Instant::parse("2026-11-23T00:00:00Z").unwrap()
    }

    fn by() -> Actor {
        Actor::Operator("local".into())
    }

    /// A store that a center used, with its keys in a folder.
    async fn used(dir: &Path) -> (Engine, MachineKey) {
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        let machine = open_machine(&engine, dir).await.unwrap();
        open_authority(&engine, &machine, dir, now()).await.unwrap();
        (engine, machine)
    }

    fn told(engine: &Engine) -> u64 {
        engine.count_deeds(Deed::AuthorityRenew).unwrap()
    }

    #[tokio::test]
    async fn each_renewal_stands_in_the_chain_once_and_starts_add_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (engine, machine) = used(dir).await;
        for number in [2, 3] {
            let renewed = renew(&engine, dir, None, by(), now()).await.unwrap();
            assert_eq!((renewed.number, renewed.is_taken_up), (number, false));
            for _ in 0..2 {
                let opened = open_authority(&engine, &machine, dir, now()).await.unwrap();
                assert_eq!(fingerprint(opened.issuing()), renewed.fingerprint);
            }
            assert_eq!(told(&engine), u64::from(number) - 1);
        }
    }

    #[tokio::test]
    async fn one_that_was_made_and_not_recorded_is_recorded_and_no_further_one_is_made() {
        for starts in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path();
            let (engine, machine) = used(dir).await;
            let ca = dir.join(AUTHORITY);
            // As when the power fails before the store was written.
            Authority::renew(&ca, &ca.join("root.key"), &machine, now()).unwrap();
            if starts {
                let opened = open_authority(&engine, &machine, dir, now()).await.unwrap();
                assert_eq!(opened.number(), 2);
            } else {
                let renewed = renew(&engine, dir, None, by(), now()).await.unwrap();
                assert_eq!((renewed.number, renewed.is_taken_up), (2, true));
            }
            assert_eq!(told(&engine), 1);
        }
    }

    #[tokio::test]
    async fn the_roots_key_may_lie_elsewhere_and_no_other_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (engine, machine) = used(dir).await;
        let (place, elsewhere) = (dir.join("ca/root.key"), dir.join("safe.key"));
        std::fs::rename(&place, &elsewhere).unwrap();
        let refused = renew(&engine, dir, None, by(), now()).await.unwrap_err();
        assert!(matches!(refused, NotRenewed::NoRootKey(_)), "{refused}");
        let other = dir.join("other");
        Authority::open(&other, &machine, now()).unwrap();
        let foreign = other.join("root.key");
        let refused = renew(&engine, dir, Some(&foreign), by(), now()).await;
        assert!(
            matches!(
                refused,
                Err(NotRenewed::Authority(AuthorityError::OtherRootKey(_)))
            ),
            "{refused:?}"
        );
        assert_eq!(told(&engine), 0);
        let renewed = renew(&engine, dir, Some(&elsewhere), by(), now()).await;
        assert_eq!(renewed.unwrap().number, 2);
        assert!(!place.exists());
    }

    #[tokio::test]
    async fn one_that_ends_with_the_root_is_told_and_is_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (engine, _) = used(dir).await;
        let years = |number: i64| now().plus_seconds(number * 365 * 86_400);
        for (at, number, ends_with_root) in [(years(3), 2, false), (years(12), 3, true)] {
            let renewed = renew(&engine, dir, None, by(), at).await.unwrap();
            let made = (renewed.number, renewed.ends_with_root);
            assert_eq!(made, (number, ends_with_root));
        }
        // The root's key is in a safe: nobody is sent there.
        std::fs::remove_file(dir.join("ca/root.key")).unwrap();
        let refused = renew(&engine, dir, None, by(), years(19)).await;
        assert!(
            matches!(
                refused,
                Err(NotRenewed::Authority(AuthorityError::EndsWithRoot(_)))
            ),
            "{refused:?}"
        );
        assert!(!dir.join("ca/issuing-4").exists());
        assert_eq!(told(&engine), 2);
    }

    #[tokio::test]
    async fn a_folder_without_an_authority_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        let refused = renew(&engine, dir, None, by(), now()).await.unwrap_err();
        assert!(matches!(refused, NotRenewed::NoAuthority(_)), "{refused}");
        assert!(!dir.join(AUTHORITY).exists() && !dir.join("machine.key").exists());
    }

    #[tokio::test]
    async fn an_older_copy_of_the_folder_is_told_from_the_newest_and_another_authority_begins_anew()
    {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (engine, machine) = used(dir).await;
        renew(&engine, dir, None, by(), now()).await.unwrap();
        let newest = dir.join("ca/issuing-2");
        std::fs::rename(&newest, dir.join("aside")).unwrap();
        let older = open_authority(&engine, &machine, dir, now()).await.unwrap();
        assert!(matches!(
            standing(&engine, &older).unwrap(),
            Standing::Other
        ));
        lose(dir);
        let anew = open_authority(&engine, &machine, dir, now()).await.unwrap();
        assert!(matches!(standing(&engine, &anew).unwrap(), Standing::Same));
        assert_eq!(told(&engine), 1);
    }

    /// As an operator leaves the folder of an authority that is lost for good.
    fn lose(dir: &Path) {
        let ca = dir.join(AUTHORITY);
        std::fs::remove_dir_all(&ca).unwrap();
        std::fs::create_dir(&ca).unwrap();
        std::fs::write(ca.join("unfinished"), "").unwrap();
    }

    #[tokio::test]
    async fn another_authority_whose_first_start_was_cut_off_begins_anew_at_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let (engine, machine) = used(dir).await;
        renew(&engine, dir, None, by(), now()).await.unwrap();
        let known = hex(&engine.shared_key(AUTHORITY).unwrap().unwrap());
        lose(dir);
        // As when the power fails before the store was written.
        let made = Authority::open(&dir.join(AUTHORITY), &machine, now()).unwrap();
        assert!(matches!(standing(&engine, &made).unwrap(), Standing::Anew));
        let lacks = lacking(&engine, dir).unwrap();
        assert_eq!(lacks, Some(Lacking::Authority(known)));
        for _ in 0..2 {
            let opened = open_authority(&engine, &machine, dir, now()).await.unwrap();
            assert_eq!(opened.issuing(), made.issuing());
            assert!(matches!(
                standing(&engine, &opened).unwrap(),
                Standing::Same
            ));
        }
        assert_eq!(lacking(&engine, dir).unwrap(), None);
        assert_eq!(told(&engine), 1);
    }

    #[tokio::test]
    async fn a_store_that_knows_no_root_goes_on_and_learns_that_of_its_own_issuing_ca() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        let machine = open_machine(&engine, dir).await.unwrap();
        let own = Authority::open(&dir.join(AUTHORITY), &machine, now()).unwrap();
        let issuing = fingerprint(own.issuing()).to_vec();
        // As an earlier version wrote it: of a newer folder, then of this one.
        for (written, is_own) in [(vec![9; 32], false), (issuing, true)] {
            engine
                .replace_keys([(ISSUING, written)], None)
                .await
                .unwrap();
            open_authority(&engine, &machine, dir, now()).await.unwrap();
            let root = engine.shared_key(AUTHORITY).unwrap();
            let own = fingerprint(own.root()).to_vec();
            assert_eq!(root, is_own.then_some(own));
        }
        assert!(matches!(standing(&engine, &own).unwrap(), Standing::Same));
    }
}
