//! Messages of self-update (G38): what the publisher signed, as the center passes it on. The center adds nothing and vouches for nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::update::Version;
use pki::publisher::{KeyChange, Publisher, PublisherKey, Statement};
use serde::{Deserialize, Serialize};

/// The largest piece of a package that one answer carries, in bytes.
pub const PIECE_BYTES: u64 = 1 << 20;

/// Answer of `GET /v1/updates`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Updates {
    /// Changes of the publisher's key, oldest first.
    pub key_changes: Vec<SignedKeyChange>,
    /// Releases, oldest first.
    pub releases: Vec<Release>,
}

/// A release as the publisher signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Release {
    /// The text of the manifest, byte by byte as it was signed.
    pub manifest: String,
    /// Ed25519 signature over the manifest, base64.
    pub signature: String,
}

/// A change of the publisher's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignedKeyChange {
    /// The key from then on, 64 hexadecimal digits.
    pub new: String,
    /// The key that signed.
    pub old: String,
    /// The old key's signature, base64.
    pub signature: String,
}

/// What a release's manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// When it was made, RFC 3339.
    pub made: String,
    /// The packages, one for each name and architecture.
    pub packages: Vec<PackageFile>,
    /// Version of all of them.
    pub version: String,
}

/// A package of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// Architecture as Debian names it.
    pub architecture: String,
    /// Name of the file in the folder of releases.
    pub file: String,
    /// Name of the package.
    pub name: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
}

/// Why a release is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefused {
    /// Not by the publisher's key that counts here.
    #[error(
        "発行者の署名が合いません。センターの運用者に知らせてください。 / the publisher's signature does not fit; tell the center's operator"
    )]
    Signature,
    /// The manifest is none this version understands.
    #[error(
        "更新の内容を読めません。センターの運用者に知らせてください。 / the release is not understood; tell the center's operator"
    )]
    Manifest,
}

impl Release {
    /// Signs a manifest.
    ///
    /// # Errors
    /// The JSON writer's.
    pub fn sign(manifest: &Manifest, publisher: &Publisher) -> serde_json::Result<Self> {
        let manifest = serde_json::to_string(manifest)?;
        let signature = publisher.sign(Statement::Release(manifest.as_bytes()));
        Ok(Self {
            signature: STANDARD.encode(signature),
            manifest,
        })
    }

    /// What a release says, if the publisher's key signed it. Nothing is read before that.
    ///
    /// # Errors
    /// [`ReleaseRefused`].
    pub fn open(&self, key: PublisherKey) -> Result<Manifest, ReleaseRefused> {
        let signature = STANDARD.decode(&self.signature);
        let signature = signature.map_err(|_| ReleaseRefused::Signature)?;
        if !key.signed(Statement::Release(self.manifest.as_bytes()), &signature) {
            return Err(ReleaseRefused::Signature);
        }
        self.unverified().ok_or(ReleaseRefused::Manifest)
    }

    /// What a release says, whoever made it: for whoever passes it on.
    #[must_use]
    pub fn unverified(&self) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_str(&self.manifest).ok()?;
        let plain = manifest.packages.iter().all(PackageFile::is_plain);
        (plain && manifest.version().is_some()).then_some(manifest)
    }
}

impl Manifest {
    /// The version, in order.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        Version::parse(&self.version).ok()
    }

    /// The package of a name for an architecture.
    #[must_use]
    pub fn package(&self, name: &str, architecture: &str) -> Option<&PackageFile> {
        let fits = |it: &&PackageFile| it.name == name && it.architecture == architecture;
        self.packages.iter().find(fits)
    }
}

impl PackageFile {
    /// Whether the file is a plain name and the hash a hash: both become paths.
    fn is_plain(&self) -> bool {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~-".contains(&byte);
        let hash = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        !self.file.is_empty()
            && !self.file.starts_with('.')
            && self.file.ends_with(".deb")
            && self.file.len() <= 120
            && self.file.bytes().all(letters)
            && self.sha256.len() == 64
            && self.sha256.bytes().all(hash)
    }
}

impl From<&KeyChange> for SignedKeyChange {
    fn from(change: &KeyChange) -> Self {
        Self {
            new: change.new.to_string(),
            old: change.old.to_string(),
            signature: STANDARD.encode(&change.signature),
        }
    }
}

impl SignedKeyChange {
    /// The change; `None` for one that is not written as one.
    #[must_use]
    pub fn read(&self) -> Option<KeyChange> {
        Some(KeyChange {
            old: PublisherKey::parse(&self.old).ok()?,
            new: PublisherKey::parse(&self.new).ok()?,
            signature: STANDARD.decode(&self.signature).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(file: &str, sha256: &str) -> Manifest {
        Manifest {
            made: "2026-11-26T00:00:00Z".into(),
            packages: vec![PackageFile {
                architecture: "amd64".into(),
                file: file.into(),
                name: "onshi".into(),
                sha256: sha256.into(),
                size_bytes: 3,
            }],
            version: "0.2.0-1".into(),
        }
    }

    #[test]
    fn a_release_is_read_under_its_publishers_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let make =
            |name: &str| Publisher::make(&dir.path().join(name), "a long passphrase").unwrap();
        let (ours, other) = (make("ours"), make("other"));
        let manifest = manifest("onshi_0.2.0-1_amd64.deb", &"0".repeat(64));
        let release = Release::sign(&manifest, &ours).unwrap();
        assert_eq!(release.open(ours.key()), Ok(manifest.clone()));
        assert_eq!(release.open(other.key()), Err(ReleaseRefused::Signature));
        let mut changed = release.clone();
        changed.manifest = changed.manifest.replace("0.2.0-1", "0.3.0-1");
        assert_eq!(changed.open(ours.key()), Err(ReleaseRefused::Signature));
        assert_eq!(manifest.package("onshi", "amd64").unwrap().size_bytes, 3);
        assert!(manifest.package("onshi-pcsc", "amd64").is_none());
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_manifest() {
        let hash = "0".repeat(64);
        for (file, sha256) in [
            ("../onshi.deb", &*hash),
            ("/etc/passwd.deb", &hash),
            (".hidden.deb", &hash),
            ("onshi.exe", &hash),
            ("onshi.deb", "00"),
            ("onshi.deb", &"G".repeat(64)),
        ] {
            let manifest = serde_json::to_string(&manifest(file, sha256)).unwrap();
            let release = Release {
                manifest,
                signature: String::new(),
            };
            assert_eq!(release.unverified(), None, "{file} {sha256}");
        }
    }
}
