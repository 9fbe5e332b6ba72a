//! What the installing part keeps of updates: the pin as far as it was followed, the packages of the way back, what failed, what is under
//! way. Root writes it, everybody reads it; no secret stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use api::problem::Text;
use domain::update::Version;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::days;
use crate::running;
use crate::system;
use crate::update::{UpdateFault, trust};

/// File of the record in the state folder.
const RECORD: &str = "state.json";

/// File of what is under way. Its name is in a unit, too: after a power cut it is what makes the machine go back.
const JOURNAL: &str = "journal.json";

/// File that whoever installs or goes back holds the lock of.
const LOCK: &str = "lock";

/// File of the update that was put off. Beside the record: an older version, gone back to, reads no record with members it does not know.
const PUT_OFF: &str = "put-off.json";

/// File of what the installing part last failed with, beside the record for the same reason.
const REFUSAL: &str = "refusal.json";

/// An update that was cut off, or that dpkg could not install, so often is not tried again.
const MOST_CUTS: u32 = 3;

/// The record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Record {
    /// The publisher's key.
    pub(crate) publisher: Option<Followed>,
    /// The package of the version installed: the way back of the next update.
    pub(crate) current: Option<Kept>,
    /// The package of the version before.
    pub(crate) kept: Option<Kept>,
    /// Versions that failed here.
    pub(crate) failed: BTreeSet<String>,
    /// How often the installation of a version was cut off or failed in dpkg.
    pub(crate) cuts: BTreeMap<String, u32>,
    /// How the last update ended.
    pub(crate) last: Option<LastUpdate>,
}

/// The pinned key and the one that follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Followed {
    /// As pinned at installation.
    pub(crate) pinned: String,
    /// The one that counts now.
    pub(crate) current: String,
}

/// A package that lies in the state folder, verified when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// Name of the package.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its hash.
    pub(crate) sha256: String,
}

/// How an update ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastUpdate {
    /// When it began, RFC 3339.
    pub began: String,
    /// When it ended, RFC 3339.
    pub ended: String,
    /// The version before; after one that was cut off the one that is installed.
    pub from: String,
    /// The version to install.
    pub to: String,
    /// How.
    pub outcome: Outcome,
}

/// The ends of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The new version runs.
    Installed,
    /// The package could not be installed; the old version runs.
    NotInstalled,
    /// The new version failed its self-check; the old one runs.
    SelfCheck,
    /// A part did not start again; the old version runs.
    NotRunning,
    /// The installation was cut off; the old version runs, or one that was installed by hand.
    CutOff,
}

/// An update that was not installed when it was asked for, since patients were received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutOff {
    /// When it was asked for, RFC 3339.
    pub at: String,
    /// Until when patients were received then, RFC 3339.
    pub until: String,
}

/// Why nothing came of an installation, or why it could not be taken back: what would stand in root's log alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// When it was, RFC 3339.
    pub(crate) at: String,
    /// Reason and remedy.
    pub(crate) why: Text,
}

/// An update under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    pub(crate) began: String,
    pub(crate) from: Kept,
    pub(crate) to: Kept,
    /// Why it goes back, once it does.
    pub(crate) back: Option<Outcome>,
}

/// How far an installation is, by its journal and whether somebody works at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// None is begun, or the last one ended.
    Ended,
    /// One is being installed or taken back.
    UnderWay,
    /// One was begun, and nobody works at it any more.
    CutOff,
}

impl Record {
    pub(crate) fn read(dir: &Path) -> Result<Self, UpdateFault> {
        Ok(read(&dir.join(RECORD))?.unwrap_or_default())
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), UpdateFault> {
        write(&dir.join(RECORD), self)
    }

    /// The versions that are not tried again.
    pub(crate) fn failed(&self) -> BTreeSet<Version> {
        let failed = self.failed.iter();
        failed.filter_map(|it| Version::parse(it).ok()).collect()
    }

    /// Notes that an installation came to no end of its own; after too many the version counts as failed.
    pub(crate) fn note_cut(&mut self, version: &str) {
        let cuts = self.cuts.entry(version.to_owned()).or_default();
        *cuts += 1;
        if MOST_CUTS <= *cuts {
            self.failed.insert(version.to_owned());
        }
    }

    /// Notes what the end of an installation says of its version.
    pub(crate) fn note_end(&mut self, version: &str, outcome: Outcome) {
        match outcome {
            // A cut is no fault of the version; they are counted when they are found.
            Outcome::Installed | Outcome::CutOff => {}
            // A disk that was full, or dpkg ended by others: tried again, but not for ever.
            Outcome::NotInstalled => self.note_cut(version),
            Outcome::SelfCheck | Outcome::NotRunning => {
                self.failed.insert(version.to_owned());
            }
        }
    }
}

impl Journal {
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, UpdateFault> {
        read(&dir.join(JOURNAL))
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), UpdateFault> {
        write(&dir.join(JOURNAL), self)
    }

    pub(crate) fn close(dir: &Path) -> Result<(), UpdateFault> {
        let path = dir.join(JOURNAL);
        std::fs::remove_file(&path).map_err(UpdateFault::file(&path))
    }
}

impl Progress {
    /// As the files of the state folder say it.
    pub(crate) fn of(dir: &Path) -> Self {
        let journal = dir.join(JOURNAL);
        if !journal.exists() {
            return Self::Ended;
        }
        // A lock that may not be looked at counts as held.
        if running::is_held(&lock_file(dir)).unwrap_or(true) {
            return Self::UnderWay;
        }
        // It may have ended between the two looks.
        if journal.exists() {
            Self::CutOff
        } else {
            Self::Ended
        }
    }
}

impl PutOff {
    /// The last one; `None` also where its file cannot be read: it explains, and decides nothing.
    pub(crate) fn read(dir: &Path) -> Option<Self> {
        read(&dir.join(PUT_OFF)).ok().flatten()
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), UpdateFault> {
        write(&dir.join(PUT_OFF), self)
    }

    /// Takes it away, since an update came to an end after it.
    pub(crate) fn forget(dir: &Path) {
        let _ = std::fs::remove_file(dir.join(PUT_OFF));
    }
}

impl Refusal {
    /// The last one; `None` also where its file cannot be read: it explains, and decides nothing.
    pub(crate) fn read(dir: &Path) -> Option<Self> {
        read(&dir.join(REFUSAL)).ok().flatten()
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), UpdateFault> {
        write(&dir.join(REFUSAL), self)
    }

    /// Takes it away, since an update began or ended after it.
    pub(crate) fn forget(dir: &Path) {
        let _ = std::fs::remove_file(dir.join(REFUSAL));
    }

    /// With its time, for people.
    pub(crate) fn told(&self) -> Text {
        let at = days::show_instant(&self.at);
        Text::new(
            &format!("{at} の更新: {}", self.why.ja),
            &format!("update of {at}: {}", self.why.en),
        )
    }
}

impl Kept {
    /// Where the package lies.
    pub(crate) fn path(&self, dir: &Path) -> PathBuf {
        dir.join("packages").join(format!("{}.deb", self.sha256))
    }

    /// Whether it is the package of this name and version.
    pub(crate) fn is_of(&self, name: &str, version: Version) -> bool {
        self.name == name && self.version == version.to_string()
    }

    /// Whether it is that package, whole to the last byte: a way back.
    pub(crate) fn fits(&self, dir: &Path, name: &str, version: Version) -> bool {
        self.is_of(name, version) && self.is_whole(dir)
    }

    /// Whether its file lies there to the last byte. What an older version kept root alone reads: root looks itself, and
    /// removes what is not whole.
    pub(crate) fn is_whole(&self, dir: &Path) -> bool {
        match trust::hash(&self.path(dir)) {
            Ok((hash, _)) => hash == self.sha256,
            Err(UpdateFault::File(_, error)) => {
                error.kind() == std::io::ErrorKind::PermissionDenied
            }
            Err(_) => false,
        }
    }
}

/// The lock of whoever installs or goes back.
pub(crate) fn lock_file(dir: &Path) -> PathBuf {
    dir.join(LOCK)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, UpdateFault> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| UpdateFault::Record(path.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(UpdateFault::file(path)(error)),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), UpdateFault> {
    let bytes = serde_json::to_vec(value).map_err(|_| UpdateFault::Record(path.into()))?;
    system::write_whole(path, &bytes, 0o644).map_err(UpdateFault::file(path))
}
