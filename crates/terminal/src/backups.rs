//! Backups of the certificate (G09): the watched folder, a copy on other hardware that was read back and opened, when the last good one
//! was made. Counts nothing that was not verified; keeps no password.

pub mod hardware;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::certificate_care::Backup;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use pki::identity::{Holder, Identity, InvalidIdentity};
use pki::sealed::folder_of;
use serde::{Deserialize, Serialize};

use crate::system;
use hardware::{Apart, Hardware};

/// Name of the file that says which backups were made.
const FILE: &str = "backups.json";

/// So many are remembered.
const MOST: usize = 50;

/// A stick that takes longer than this is not waited for.
const LIMIT: Duration = Duration::from_secs(60);

/// What a stick holds beside certificates without being used for something else.
const HARMLESS: [&str; 4] = [
    "System Volume Information",
    "lost+found",
    ".Trashes",
    "desktop.ini",
];

/// Writing to and reading from the other drive. A test puts one here that fails.
#[derive(Clone)]
pub struct Drive {
    /// Writes a new file, to the disk.
    pub write: Write,
    /// Reads a file from the drive, not from memory.
    pub read: Read,
}

/// Writes a file.
pub type Write = Arc<dyn Fn(&Path, &[u8]) -> std::io::Result<()> + Send + Sync>;

/// Reads a file.
pub type Read = Arc<dyn Fn(&Path) -> std::io::Result<Vec<u8>> + Send + Sync>;

impl Default for Drive {
    fn default() -> Self {
        Self {
            write: Arc::new(write),
            read: Arc::new(read_back),
        }
    }
}

/// What backups work with.
#[derive(Clone)]
pub struct Setup {
    /// The terminal's own folder.
    pub data_dir: PathBuf,
    /// The watched folder.
    pub downloads: PathBuf,
    /// Where folders lie.
    pub hardware: Hardware,
    /// The other drive.
    pub drive: Drive,
    /// How long it is waited for.
    pub limit: Duration,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({})", self.downloads.display())
    }
}

impl Setup {
    /// Backups of a terminal on this machine.
    #[must_use]
    pub fn of_this_machine(data_dir: &Path, downloads: &Path, vouched: Vec<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            downloads: downloads.into(),
            hardware: Hardware::of_this_machine(vouched),
            drive: Drive::default(),
            limit: LIMIT,
        }
    }
}

/// Whether the original stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// It is copied.
    Stays,
    /// It is moved: taken away once the copy was verified.
    Goes,
}

/// A backup that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    /// SHA-256 of the certificate, hexadecimal.
    of: String,
    at_micros: i64,
    file: PathBuf,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The copy.
    pub file: PathBuf,
    /// Other files on the stick: it is not kept for this alone.
    pub others: usize,
    /// Whether the original could not be taken away.
    pub original_left: bool,
}

/// Why no backup was made. The original is where it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupFailed {
    /// The file is not in the watched folder any more.
    #[error("the file is not there any more")]
    NoFile,
    /// It is there and cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It does not open: damaged, or the password is wrong.
    #[error(transparent)]
    Open(#[from] InvalidIdentity),
    /// It is of another facility.
    #[error("it is of another facility: {0}")]
    OtherFacility(InstitutionCode),
    /// It is not the certificate in use.
    #[error("it is not the certificate in use")]
    OtherCertificate,
    /// The place lies on the same disk.
    #[error("the place lies on the same disk")]
    SameHardware,
    /// The place is memory.
    #[error("the place is memory")]
    Memory,
    /// It cannot be told what the place lies on.
    #[error("it cannot be told what the place lies on")]
    UnknownHardware,
    /// The stick is not there any more.
    #[error("the place is not there any more")]
    Gone,
    /// The stick is full.
    #[error("the place is full")]
    Full,
    /// The stick cannot be written.
    #[error("the place cannot be written: {0}")]
    Write(std::io::Error),
    /// What was read back is not what was written.
    #[error("what was read back differs")]
    Differs,
    /// It took too long.
    #[error("it took too long")]
    Slow,
    /// It was made, but this PC could not remember it.
    #[error("it could not be remembered: {0}")]
    Remember(String),
}

/// The backups of a terminal.
pub struct Backups {
    setup: Setup,
    made: Mutex<Vec<Made>>,
}

impl std::fmt::Debug for Backups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backups({:?})", self.setup)
    }
}

impl Backups {
    /// Those that were made; a damaged list counts for none, so that a new one is asked for.
    #[must_use]
    pub fn open(setup: Setup) -> Self {
        let made = match std::fs::read(setup.data_dir.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                tracing::error!("{FILE} is damaged; a new backup of the certificate is asked for");
                Vec::new()
            }),
            Err(_) => Vec::new(),
        };
        Self {
            made: Mutex::new(made),
            setup,
        }
    }

    /// Whether there is a good backup of a certificate.
    #[must_use]
    pub fn state(&self, certificate: [u8; 32]) -> Backup {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = made
            .iter()
            .filter_map(|it| Some((unhex(&it.of)?, Instant::from_micros(it.at_micros))));
        Backup::of(certificate, known)
    }

    /// Where the last good backup of a certificate lies.
    #[must_use]
    pub fn last_place(&self, certificate: [u8; 32]) -> Option<PathBuf> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let own = made
            .iter()
            .rev()
            .find(|it| unhex(&it.of) == Some(certificate));
        own.map(|it| it.file.clone())
    }

    /// The `.p12` files of the watched folder, by name.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.setup.downloads);
        let names = entries.into_iter().flatten().flatten();
        let names = names.filter_map(|it| it.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|it| is_p12(Path::new(it))).collect();
        names.sort();
        names
    }

    /// Where a backup may go now.
    #[must_use]
    pub fn places(&self) -> Vec<hardware::Place> {
        self.setup.hardware.places(&self.setup.downloads)
    }

    /// Makes a verified backup of a file of the watched folder.
    ///
    /// # Errors
    /// [`BackupFailed`].
    pub async fn make(
        &self,
        name: &str,
        place: &Path,
        password: &str,
        original: Original,
        in_use: &Holder,
        now: Instant,
    ) -> Result<Done, BackupFailed> {
        let is_name =
            Path::new(name).file_name().is_some_and(|it| it == name) && is_p12(Path::new(name));
        if !is_name {
            return Err(BackupFailed::NoFile);
        }
        let from = self.setup.downloads.join(name);
        let work = Copying {
            from: from.clone(),
            place: place.into(),
            password: zeroize::Zeroizing::new(password.to_owned()),
            in_use: in_use.clone(),
            setup: self.setup.clone(),
        };
        let copied = tokio::task::spawn_blocking(move || work.copy());
        let copied = tokio::time::timeout(self.setup.limit, copied).await;
        // A drive that hangs is left to itself; what it may still finish counts for nothing.
        let file = copied.map_err(|_| BackupFailed::Slow)?;
        let file = file.map_err(|_| BackupFailed::Slow)??;
        self.remember(in_use, &file, now)?;
        let original_left = original == Original::Goes && std::fs::remove_file(&from).is_err();
        Ok(Done {
            others: others(place),
            file,
            original_left,
        })
    }

    fn remember(&self, of: &Holder, file: &Path, now: Instant) -> Result<(), BackupFailed> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = made.clone();
        next.push(Made {
            of: crate::browsers::hex(&of.fingerprint),
            at_micros: now.as_micros(),
            file: file.into(),
        });
        let surplus = next.len().saturating_sub(MOST);
        next.drain(..surplus);
        let failed = |error: &dyn std::fmt::Display| BackupFailed::Remember(error.to_string());
        let bytes = serde_json::to_vec(&next).map_err(|error| failed(&error))?;
        pki::sealed::write_private(&self.setup.data_dir.join(FILE), &bytes)
            .map_err(|error| failed(&error))?;
        *made = next;
        Ok(())
    }
}

/// One copy, off the threads that answer.
struct Copying {
    from: PathBuf,
    place: PathBuf,
    password: zeroize::Zeroizing<String>,
    in_use: Holder,
    setup: Setup,
}

impl Copying {
    fn copy(self) -> Result<PathBuf, BackupFailed> {
        let bytes = std::fs::read(&self.from).map_err(|error| match error.kind() {
            ErrorKind::NotFound => BackupFailed::NoFile,
            _ => BackupFailed::Unreadable(error),
        })?;
        let holder = Identity::from_pkcs12(&bytes, &self.password)?.holder();
        let holder = holder.ok_or(BackupFailed::OtherCertificate)?;
        if holder.facility != self.in_use.facility {
            return Err(BackupFailed::OtherFacility(holder.facility));
        }
        if holder.fingerprint != self.in_use.fingerprint {
            return Err(BackupFailed::OtherCertificate);
        }
        let drive = device_of(&self.place).ok_or(BackupFailed::Gone)?;
        match self
            .setup
            .hardware
            .apart(&self.setup.downloads, &self.place)
        {
            Apart::Other => {}
            Apart::Same => return Err(BackupFailed::SameHardware),
            Apart::Memory => return Err(BackupFailed::Memory),
            Apart::Unknown => return Err(BackupFailed::UnknownHardware),
        }
        let to = free_name(&self.place, &self.from);
        let written = self.write(&to, &bytes, drive);
        if written.is_err() {
            // Half a file must not be taken for a backup.
            let _ = std::fs::remove_file(&to);
        }
        written.map(|()| to)
    }

    fn write(&self, to: &Path, bytes: &[u8], on: u64) -> Result<(), BackupFailed> {
        let drive = &self.setup.drive;
        (drive.write)(to, bytes).map_err(|error| self.failed(error, on))?;
        let read = (drive.read)(to).map_err(|error| self.failed(error, on))?;
        // Where a stick was let go meanwhile, its folder is one of this PC's, and takes a copy as readily.
        if device_of(to) != Some(on) || device_of(&self.place) != Some(on) {
            return Err(BackupFailed::Gone);
        }
        let opened = Identity::from_pkcs12(&read, &self.password).ok();
        let is_same = opened.is_some_and(|it| it.fingerprint() == self.in_use.fingerprint);
        if read != bytes || !is_same {
            return Err(BackupFailed::Differs);
        }
        Ok(())
    }

    fn failed(&self, error: std::io::Error, on: u64) -> BackupFailed {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BackupFailed::Full,
            _ if device_of(&self.place) != Some(on) => BackupFailed::Gone,
            _ if system::is_of_a_device_that_is_gone(&error) => BackupFailed::Gone,
            _ => BackupFailed::Write(error),
        }
    }
}

/// The number of the file system that a file or folder lies on; `None` for one that is not there.
fn device_of(path: &Path) -> Option<u64> {
    std::fs::metadata(path)
        .ok()
        .map(|found| system::device(&found))
}

fn is_p12(file: &Path) -> bool {
    let ending = file
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    ending.eq_ignore_ascii_case("p12") || ending.eq_ignore_ascii_case("pfx")
}

/// A name in a folder that no file has: an earlier backup is never written over.
fn free_name(place: &Path, from: &Path) -> PathBuf {
    let name = from.file_name().unwrap_or_default();
    let first = place.join(name);
    let stem = from
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let more = (2..1_000).map(|number| place.join(format!("{stem}-{number}.p12")));
    let mut free = std::iter::once(first.clone())
        .chain(more)
        .filter(|it| !it.exists());
    free.next().unwrap_or(first)
}

/// How many files a stick holds that are no certificates.
fn others(place: &Path) -> usize {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    let names = entries.map(|it| it.file_name().to_string_lossy().into_owned());
    let others = names.filter(|it| {
        !is_p12(Path::new(it)) && !HARMLESS.contains(&it.as_str()) && !it.starts_with(".Trash")
    });
    others.count()
}

fn write(to: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = system::new_private().open(to)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::File::open(folder_of(to))?.sync_all()
}

/// Reads a file after the system was told to forget what it holds of it in memory, so that it comes from the drive.
fn read_back(from: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(from)?;
    system::forget_in_memory(&file);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.is_ascii().then_some(text)?;
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (digits.len() == 64).then_some(out)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod real_drives;
