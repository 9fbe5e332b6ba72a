//! Which packages are believed: signed by the publisher's key that was pinned at installation or follows from it, whole to the last byte,
//! of the right name and version. Everything here is done twice: by who fetches, to tell early, and by who installs, to be sure.

use std::io::Read;
use std::path::Path;

use api::update::{Manifest, PackageFile, Release, SignedKeyChange};
use domain::update::Version;
use pki::publisher::{PublisherKey, follow};
use sha2::{Digest, Sha256};

use crate::config::Updates;
use crate::update::UpdateFault;
use crate::update::record::{Followed, Record};

/// The keys that count here: as pinned, and as followed so far.
pub(crate) fn pinned(settings: &Updates, record: &Record) -> Result<Followed, UpdateFault> {
    let Some(file) = &settings.publisher else {
        return Err(UpdateFault::NotSetUp);
    };
    let text = std::fs::read_to_string(file).map_err(UpdateFault::file(file))?;
    let key = PublisherKey::parse(&text).map_err(|_| UpdateFault::Pin(file.clone()))?;
    let pinned = key.to_string();
    // Another key in the file was put there by whoever may: it begins anew.
    let followed = record.publisher.clone().filter(|it| it.pinned == pinned);
    Ok(followed.unwrap_or_else(|| Followed {
        current: pinned.clone(),
        pinned,
    }))
}

/// The key after these changes.
pub(crate) fn after(
    followed: &Followed,
    changes: &[SignedKeyChange],
) -> Result<PublisherKey, UpdateFault> {
    let key = PublisherKey::parse(&followed.current);
    let key = key.map_err(|_| UpdateFault::Release(api::update::ReleaseRefused::Signature))?;
    let changes: Vec<_> = changes.iter().filter_map(SignedKeyChange::read).collect();
    follow(key, &changes).map_err(|_| UpdateFault::KeyChange)
}

/// A verified release with the package of it that fits here.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) release: Release,
    pub(crate) version: Version,
    pub(crate) package: PackageFile,
}

impl Offer {
    /// Reads a release under a key; `None` for one that has no package for this machine.
    pub(crate) fn of(
        release: &Release,
        key: PublisherKey,
        name: &str,
    ) -> Result<Option<Self>, UpdateFault> {
        let manifest: Manifest = release.open(key).map_err(UpdateFault::Release)?;
        let package = manifest.package(name, architecture()).cloned();
        let both = manifest.version().zip(package);
        Ok(both.map(|(version, package)| Self {
            release: release.clone(),
            version,
            package,
        }))
    }

    /// Whether a file is the package, byte by byte.
    pub(crate) fn fits(&self, file: &Path) -> Result<bool, UpdateFault> {
        Ok(hash(file)? == (self.package.sha256.clone(), self.package.size_bytes))
    }
}

/// Hash and size of a file.
///
/// # Errors
/// [`UpdateFault::File`].
pub fn hash(file: &Path) -> Result<(String, u64), UpdateFault> {
    let failed = UpdateFault::file(file);
    let mut opened = std::fs::File::open(file).map_err(&failed)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size_bytes = 0;
    loop {
        let read = opened.read(&mut buffer).map_err(&failed)?;
        let Some(bytes) = buffer.get(..read).filter(|it| !it.is_empty()) else {
            break;
        };
        digest.update(bytes);
        size_bytes += u64::try_from(read).unwrap_or(0);
    }
    let digest = digest.finalize();
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((hex, size_bytes))
}

/// The architecture of this build as Debian names it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
