//! The sealed password of a machine's account, and the one that shall follow it (G05, contracts §9). Each change of the files is one
//! step that is done whole or not at all, so that a device cut off at any moment holds a password that opens a session. Asks no center.

use std::path::{Path, PathBuf};

use domain::password::Password;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::sealed::{MachineKey, SealError, folder_of};

/// A password as it is sealed; wiped when dropped.
pub type Secret = Zeroizing<String>;

/// A machine's account, as the settings of its part name it: that of a link app, or of one reader (顔認証用).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Identifier.
    pub id: String,
    /// File holding the sealed password.
    pub secret_file: PathBuf,
}

/// The files of a machine's password.
pub struct MachineSecret {
    machine: MachineKey,
    file: PathBuf,
    next: PathBuf,
}

impl std::fmt::Debug for MachineSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MachineSecret({})", self.file.display())
    }
}

impl MachineSecret {
    /// The password sealed in `file` with a machine key, and the one beside it, if a change is under way.
    #[must_use]
    pub fn new(machine: MachineKey, file: &Path) -> Self {
        let mut next = file.as_os_str().to_owned();
        next.push(".next");
        Self {
            machine,
            file: file.to_owned(),
            next: next.into(),
        }
    }

    /// The password that counts, as far as this device knows.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn present(&self) -> Result<Secret, SealError> {
        text(&self.machine.unseal(&self.file)?)
    }

    /// The password that shall count next; `None` while no change is under way.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn next(&self) -> Result<Option<Secret>, SealError> {
        match self.machine.unseal(&self.next) {
            Ok(bytes) => text(&bytes).map(Some),
            Err(SealError::File { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The password that shall count next; makes one and has it on the disk where there is none.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn prepare(&self) -> Result<Secret, SealError> {
        if let Some(next) = self.next()? {
            return Ok(next);
        }
        let mut random = Zeroizing::new([0; 40]);
        aws_lc_rs::rand::fill(&mut *random).map_err(|_| SealError::Random)?;
        let made = Password::generate(&random);
        self.machine.seal(&self.next, made.expose().as_bytes())?;
        Ok(Zeroizing::new(made.expose().to_owned()))
    }

    /// Puts the next password in the present one's place: one rename, on the disk when this returns.
    ///
    /// # Errors
    /// [`SealError`]; then the next one is still beside the present one.
    pub fn accept(&self) -> Result<(), SealError> {
        let renamed = std::fs::rename(&self.next, &self.file).and_then(|()| self.sync());
        renamed.map_err(|source| self.failed("replace", source))
    }

    /// Gives the next password up, if there is one.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn discard(&self) -> Result<(), SealError> {
        match std::fs::remove_file(&self.next) {
            Ok(()) => self.sync().map_err(|source| self.failed("remove", source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(self.failed("remove", source)),
        }
    }

    fn sync(&self) -> std::io::Result<()> {
        std::fs::File::open(folder_of(&self.file))?.sync_all()
    }

    fn failed(&self, what: &'static str, source: std::io::Error) -> SealError {
        SealError::File {
            what,
            path: self.next.clone(),
            source,
        }
    }
}

fn text(bytes: &[u8]) -> Result<Secret, SealError> {
    Ok(Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(dir: &Path) -> MachineSecret {
        let key = || MachineKey::open(&dir.join("machine.key")).unwrap();
        let file = dir.join("link.sealed");
        if !file.exists() {
            key().seal(&file, b"Mae-no-1234567").unwrap();
        }
        MachineSecret::new(key(), &file)
    }

    #[test]
    fn the_next_password_is_made_once_and_takes_the_present_ones_place_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(secret(dir.path()).next().unwrap(), None);
        let next = secret(dir.path()).prepare().unwrap();
        assert!(domain::password::LONG_CHARS <= next.len());
        // As after a restart.
        let again = secret(dir.path());
        assert_eq!(again.prepare().unwrap(), next);
        assert_eq!(again.present().unwrap().as_str(), "Mae-no-1234567");
        again.accept().unwrap();
        assert_eq!(secret(dir.path()).present().unwrap(), next);
        assert_eq!(secret(dir.path()).next().unwrap(), None);
        assert!(again.accept().is_err(), "there is none to accept");
        assert_eq!(secret(dir.path()).present().unwrap(), next);
    }

    #[test]
    fn what_is_given_up_is_gone_and_the_present_password_stays() {
        let dir = tempfile::tempdir().unwrap();
        let it = secret(dir.path());
        it.prepare().unwrap();
        it.discard().unwrap();
        it.discard().unwrap();
        assert_eq!(it.next().unwrap(), None);
        assert_eq!(it.present().unwrap().as_str(), "Mae-no-1234567");
    }

    #[test]
    fn a_write_that_was_cut_off_leaves_no_next_password() {
        let dir = tempfile::tempdir().unwrap();
        let it = secret(dir.path());
        // What lies there after a kill in the middle of sealing.
        std::fs::write(dir.path().join("link.sealed.next.new"), b"ONSHI-S1half").unwrap();
        assert_eq!(it.next().unwrap(), None);
        it.prepare().unwrap();
        assert!(it.next().unwrap().is_some());
    }

    #[test]
    fn a_damaged_file_is_told_of_by_its_name_and_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let it = secret(dir.path());
        std::fs::write(dir.path().join("link.sealed.next"), b"ONSHI-S1 damaged").unwrap();
        let error = it.next().unwrap_err().to_string();
        assert!(error.contains("link.sealed.next"), "{error}");
    }
}
