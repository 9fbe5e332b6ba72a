//! The terminal user (G01): name and password hash in a file of the terminal's own folder. Keeps no password, asks no center.

use std::path::{Path, PathBuf};

use domain::password::Password;
use domain::terminal_user::TerminalUserName;
use pki::password_hash::NotHashed;
use pki::sealed::{MachineKey, SealError};
use serde::{Deserialize, Serialize};

/// Name of the file in the data folder.
const FILE: &str = "terminal-user.json";

/// Name of the file with its mark.
const MARK: &str = "terminal-user.mark";

/// Who unlocks the screen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TerminalUser {
    pub(crate) id: String,
    pub(crate) password_hash: String,
}

/// Why a terminal user was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] NotHashed),
    /// The system gave no random bytes.
    #[error("the system's random generator failed")]
    Random,
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] SealError),
    /// It could not be put into words; never so for a checked name.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
}

/// Keeps a terminal user, in place of an earlier one; a running terminal asks for the new password from now on.
///
/// # Errors
/// [`NotKept`]; then the earlier one stays.
pub fn keep(
    data_dir: &Path,
    name: &TerminalUserName,
    password: &Password,
) -> Result<PathBuf, NotKept> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| NotKept::Random)?;
    let user = TerminalUser {
        id: name.as_str().to_owned(),
        password_hash: pki::password_hash::hash(password, &salt)?,
    };
    let file = data_dir.join(FILE);
    let bytes = serde_json::to_vec(&user)?;
    let before = std::fs::read(&file).unwrap_or_default();
    let mark = |bytes: &[u8]| mark(data_dir, bytes);
    // Both count while the file is exchanged: a cut in between is no change by hand.
    let both = format!("{}\n{}\n", mark(&bytes)?, mark(&before)?);
    pki::sealed::write_private(&data_dir.join(MARK), both.as_bytes())?;
    pki::sealed::write_private(&file, &bytes)?;
    let alone = format!("{}\n", mark(&bytes)?);
    pki::sealed::write_private(&data_dir.join(MARK), alone.as_bytes())?;
    Ok(file)
}

/// Whether the terminal user is as the product kept it (G05, G38).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    /// None was made.
    None,
    /// As it was kept.
    AsKept,
    /// The file was written, replaced or removed past the product.
    ChangedByHand,
}

/// Whether the terminal user is as the product kept it: its file carries a mark that only this machine's key makes.
#[must_use]
pub fn state(data_dir: &Path) -> UserState {
    let user = std::fs::read(data_dir.join(FILE));
    let marks = std::fs::read_to_string(data_dir.join(MARK));
    match (user, marks) {
        (Err(_), Err(_)) => UserState::None,
        (Ok(user), Ok(marks)) => {
            let fits = mark(data_dir, &user).is_ok_and(|mark| marks.lines().any(|it| it == mark));
            if fits {
                UserState::AsKept
            } else {
                UserState::ChangedByHand
            }
        }
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => UserState::ChangedByHand,
    }
}

/// Whether there is a sealed sheet with the terminal user of this data folder: whoever makes another user is told that it is outdated.
#[must_use]
pub fn is_on_sealed_sheet(data_dir: &Path) -> bool {
    crate::setup_state::read(data_dir).sheet().is_some()
}

/// What tells the terminal user as it is now from an earlier and a later one; `None` where there is none that can be read.
pub(crate) fn mark_now(data_dir: &Path) -> Option<String> {
    let bytes = std::fs::read(data_dir.join(FILE)).ok()?;
    mark(data_dir, &bytes).ok()
}

fn mark(data_dir: &Path, bytes: &[u8]) -> Result<String, SealError> {
    use aws_lc_rs::hmac;
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &*machine.derive("terminal-user"));
    let tag = hmac::sign(&key, bytes);
    Ok(tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The file of the terminal user is there, but says nobody: it cannot be opened, or is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CannotTell;

/// The terminal user, if there is one. A file that cannot be read is not as none: who may unlock is then not known, and logged.
pub(crate) fn read(data_dir: &Path) -> Result<Option<TerminalUser>, CannotTell> {
    let bytes = match std::fs::read(data_dir.join(FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            tracing::error!(error = %error, "{FILE} cannot be read; make it anew with `onshi terminal set-user`");
            return Err(CannotTell);
        }
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| {
        tracing::error!("{FILE} is damaged; make it anew with `onshi terminal set-user`");
        CannotTell
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_user_is_kept_without_the_password_and_replaced_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read(dir.path()), Ok(None)));
        for (name, password) in [("one", "Gamen-Kaijo-2026"), ("two", "Gamen-Kaijo-2027")] {
            let name = TerminalUserName::parse(name).unwrap();
            let password = domain::terminal_user::parse_password(password).unwrap();
            let file = keep(dir.path(), &name, &password).unwrap();
            let text = std::fs::read_to_string(file).unwrap();
            assert!(text.contains("$argon2id$") && !text.contains(password.expose()));
            assert_eq!(read(dir.path()).unwrap().unwrap().id, name.as_str());
        }
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert!(read(dir.path()).is_err(), "a damaged file is not as none");
    }

    #[test]
    fn a_change_by_hand_is_told_from_one_of_the_product() {
        let dir = tempfile::tempdir().unwrap();
        let name = TerminalUserName::parse("one").unwrap();
        let set = |password: &str| {
            let password = domain::terminal_user::parse_password(password).unwrap();
            keep(dir.path(), &name, &password).unwrap();
        };
        assert_eq!(state(dir.path()), UserState::None);
        set("Gamen-Kaijo-2026");
        set("Gamen-Kaijo-2027");
        assert_eq!(state(dir.path()), UserState::AsKept);
        let file = dir.path().join(FILE);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("one", "two")).unwrap();
        assert_eq!(state(dir.path()), UserState::ChangedByHand);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(state(dir.path()), UserState::ChangedByHand);
        set("Gamen-Kaijo-2028");
        assert_eq!(state(dir.path()), UserState::AsKept, "the remedy");
    }
}
