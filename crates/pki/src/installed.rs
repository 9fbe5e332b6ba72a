//! Certificates installed on a PC: each with its key sealed in a file of a folder that the PC's parts share (contracts §2, §9). Tells
//! when another was put in a name's place; talks to nobody.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::identity::{Identity, InvalidIdentity};
use crate::sealed::{MachineKey, SealError, folder_of};
use crate::system;

/// Ending of a sealed certificate.
const ENDING: &str = ".sealed";

/// The folder of a PC's sealed certificates and of the key that seals them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    folder: PathBuf,
}

/// A part's certificate, as its settings name it (`onshi certificate import`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityName {
    /// The name.
    pub name: String,
    /// Data folder it is sealed in, where the parts of a PC share one (contracts §2); this part's own when left out.
    #[serde(default)]
    pub folder: Option<PathBuf>,
}

impl IdentityName {
    /// Where it is installed, for a part with this data folder.
    #[must_use]
    pub fn installed(&self, data_dir: &Path) -> Installed {
        Installed::of(self.folder.as_deref().unwrap_or(data_dir))
    }
}

/// A sealed certificate that waits for its place.
#[derive(Debug)]
pub struct Prepared {
    beside: PathBuf,
    file: PathBuf,
}

impl Prepared {
    /// Puts it into its place.
    ///
    /// # Errors
    /// [`InstallError::Seal`]; then what lay there lies there still.
    pub fn put(self) -> Result<(), InstallError> {
        let put = || {
            std::fs::rename(&self.beside, &self.file)?;
            std::fs::File::open(folder_of(&self.file))?.sync_all()
        };
        put().map_err(|source| {
            InstallError::Seal(SealError::File {
                what: "write",
                path: self.file.clone(),
                source,
            })
        })
    }

    /// Takes it away: it is not to be used.
    pub fn drop_it(self) {
        // A file that stays is replaced by the next one.
        let _ = std::fs::remove_file(self.beside);
    }
}

/// Why a certificate could not be installed or read. The texts name file and remedy.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is none of this name.
    #[error(
        "{0} はありません。電子証明書を取り込んでください。 / there is no {0}; install a certificate"
    )]
    None(PathBuf),
    /// The sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was sealed is no certificate with its key.
    #[error("{0}: {1}")]
    Identity(PathBuf, InvalidIdentity),
    /// The folder cannot be read.
    #[error(
        "{0} を読めません。権限を確かめてください。 / cannot read {0}: {1}; look at its rights"
    )]
    Folder(PathBuf, std::io::Error),
    /// A name that is no file's.
    #[error(
        "証明書の名前は英数字・ハイフン・下線の1〜64文字です。 / a certificate's name: 1 to 64 letters, digits, hyphens, underscores"
    )]
    Name,
}

/// What tells one sealed file from another without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    modified_nanos: i128,
    inode: u64,
    bytes: u64,
}

impl Installed {
    /// Those of a data folder: `identities` and `machine.key` below it.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.into(),
        }
    }

    /// The file a certificate is sealed into.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder
            .join("identities")
            .join(format!("{name}{ENDING}"))
    }

    /// All names, in order; none where the folder does not exist yet.
    ///
    /// # Errors
    /// [`InstallError::Folder`].
    pub fn names(&self) -> Result<Vec<String>, InstallError> {
        let folder = self.folder.join("identities");
        let failed = |error| InstallError::Folder(folder.clone(), error);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            names.extend(name.map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Seals a certificate with its key under a name, whole or not at all, in place of what lay there.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn install(&self, name: &str, identity: &Identity) -> Result<(), InstallError> {
        self.prepare(name, identity)?.put()
    }

    /// Seals a certificate with its key beside the place of a name, so that it is known to be on the disk before it is used.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn prepare(&self, name: &str, identity: &Identity) -> Result<Prepared, InstallError> {
        let fits = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !fits {
            return Err(InstallError::Name);
        }
        let machine = MachineKey::open(&self.folder.join("machine.key"))?;
        let (certificates, key) = identity.to_pem();
        let text = zeroize::Zeroizing::new(format!("{certificates}{key}"));
        let file = self.file(name);
        let beside = file.with_extension("next");
        machine.seal(&beside, text.as_bytes())?;
        Ok(Prepared { beside, file })
    }

    /// The certificate of a name.
    ///
    /// # Errors
    /// [`InstallError`].
    pub fn read(&self, name: &str) -> Result<Identity, InstallError> {
        let file = self.file(name);
        if !file.is_file() {
            return Err(InstallError::None(file));
        }
        let machine = MachineKey::open(&self.folder.join("machine.key"))?;
        let pem = machine.unseal(&file)?;
        Identity::from_pem(&pem, &pem).map_err(|error| InstallError::Identity(file, error))
    }

    /// Takes the certificate of a name away, with its key.
    ///
    /// # Errors
    /// [`InstallError::None`] where there is none; else those of the folder.
    pub fn remove(&self, name: &str) -> Result<(), InstallError> {
        let file = self.file(name);
        if !self.names()?.iter().any(|it| it == name) {
            return Err(InstallError::None(file));
        }
        let remove = || {
            std::fs::remove_file(&file)?;
            std::fs::File::open(folder_of(&file))?.sync_all()
        };
        remove().map_err(|source| {
            InstallError::Seal(SealError::File {
                what: "remove",
                path: file.clone(),
                source,
            })
        })
    }

    /// What lies under a name now; `None` when nothing does.
    #[must_use]
    pub fn mark(&self, name: &str) -> Option<Mark> {
        let found = std::fs::metadata(self.file(name)).ok()?;
        Some(Mark {
            modified_nanos: system::modified_nanos(&found),
            inode: system::inode(&found),
            bytes: found.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::civil_date::Instant;
    use domain::institution_code::InstitutionCode;

    use super::*;
    use crate::authority::{Authority, KeyKind};

    #[test]
    fn a_certificate_is_in_the_parts_own_folder_unless_another_is_named() {
        let own = Path::new("gateway");
        let mut identity = IdentityName {
            name: "clinic".into(),
            folder: None,
        };
        assert_eq!(identity.installed(own), Installed::of(own));
        identity.folder = Some("terminal".into());
        let shared = Installed::of(Path::new("terminal"));
        assert_eq!(identity.installed(own), shared);
    }

    #[test]
    fn what_is_installed_is_read_back_and_a_change_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let installed = Installed::of(&dir.path().join("pc"));
        assert_eq!(installed.names().unwrap(), Vec::<String>::new());
        assert!(matches!(
            installed.read("clinic"),
            Err(InstallError::None(_))
        ));
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let now = Instant::parse("2026-11-23T00:00:00Z").unwrap();
        let authority = Authority::open(dir.path(), &machine, now).unwrap();
        let facility = InstitutionCode::parse("1319999999").unwrap();
        let issue = || authority.issue_client(facility, "受付1", KeyKind::P256, now);
        let (first, second) = (issue().unwrap(), issue().unwrap());
        installed.install("clinic", &first.identity).unwrap();
        let mark = installed.mark("clinic");
        assert_eq!(
            installed.read("clinic").unwrap().fingerprint(),
            first.fingerprint
        );
        installed.install("clinic", &second.identity).unwrap();
        assert_ne!(installed.mark("clinic"), mark);
        assert_eq!(
            installed.read("clinic").unwrap().fingerprint(),
            second.fingerprint
        );
        assert_eq!(installed.names().unwrap(), ["clinic"]);
        installed.install("other", &first.identity).unwrap();
        installed.remove("other").unwrap();
        assert_eq!(installed.names().unwrap(), ["clinic"]);
        for name in ["other", "../identities/clinic"] {
            let refused = installed.remove(name);
            assert!(matches!(refused, Err(InstallError::None(_))), "{name}");
        }
        for name in ["", "../x", "a b", "あ"] {
            let refused = installed.install(name, &first.identity);
            assert!(matches!(refused, Err(InstallError::Name)), "{name}");
        }
    }
}
