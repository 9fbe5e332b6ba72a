//! How far the set-up of this terminal is, where only the terminal knows: when the sealed sheet was put in force and what its passwords are
//! known by, and whether the administrator ended the set-up.

use std::path::Path;

use domain::civil_date::Instant;
use serde::{Deserialize, Serialize};

/// Name of the file in the data folder.
const FILE: &str = "setup.json";

/// Where the center did not say when it set a sheet's password, one set this much later is another: its clock is not the terminal's.
const GRACE_S: i64 = 300;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SetupState {
    /// Who put the sealed sheet in force, and when.
    sheet: Option<(String, i64)>,
    /// What the sheet's passwords are known by.
    passwords: Passwords,
    /// Whether the set-up goes on: true from the wizard until the administrator ends it.
    pub(crate) open: bool,
}

/// What the passwords on a sheet are known by, so that a later change of one is seen. Holds neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Passwords {
    /// When the administrator's was set, as the center says.
    pub(crate) set_at: Option<String>,
    /// The mark of the terminal user.
    pub(crate) terminal_user: Option<String>,
}

impl SetupState {
    /// Who put the newest sealed sheet in force, and when.
    pub(crate) fn sheet(&self) -> Option<(&str, Instant)> {
        let (by, at) = self.sheet.as_ref()?;
        Some((by, Instant::from_micros(*at)))
    }

    /// Whether a password on the newest sheet was changed since: `now` says what those of `account`, who looks, and of the terminal user are
    /// known by. Of a sheet of another account the center tells nothing to who looks.
    pub(crate) fn is_outdated(&self, account: &str, now: &Passwords) -> bool {
        let Some((by, at)) = self.sheet() else {
            return false;
        };
        let noted = &self.passwords;
        let user = noted.terminal_user.is_some() && noted.terminal_user != now.terminal_user;
        let administrator = match (&noted.set_at, &now.set_at) {
            _ if by != account => false,
            (_, None) => false,
            (Some(noted), Some(now)) => noted != now,
            (None, Some(now)) => {
                Instant::parse(now).is_ok_and(|now| at.plus_seconds(GRACE_S) < now)
            }
        };
        user || administrator
    }
}

/// The state of a data folder. A damaged file is as none.
pub(crate) fn read(data_dir: &Path) -> SetupState {
    let bytes = std::fs::read(data_dir.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Notes that the sealed sheet is in force.
pub(crate) fn note_sheet(data_dir: &Path, by: &str, passwords: Passwords, now: Instant) {
    let state = SetupState {
        sheet: Some((by.to_owned(), now.as_micros())),
        passwords,
        ..read(data_dir)
    };
    write(data_dir, &state);
}

/// Begins or ends the set-up.
pub(crate) fn set_open(data_dir: &Path, open: bool) {
    let state = SetupState {
        open,
        ..read(data_dir)
    };
    write(data_dir, &state);
}

/// A reminder is all that hangs on it, so a disk that takes nothing is told of in the log.
fn write(data_dir: &Path, state: &SetupState) {
    let bytes = serde_json::to_vec(state).unwrap_or_default();
    if let Err(error) = pki::sealed::write_private(&data_dir.join(FILE), &bytes) {
        tracing::warn!(error = %error, "the state of the set-up was not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_and_the_end_of_the_set_up_are_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), SetupState::default());
        set_open(dir.path(), true);
        let now = Instant::from_micros(5);
        note_sheet(dir.path(), "kanri", Passwords::default(), now);
        let state = read(dir.path());
        assert!(state.open);
        assert_eq!(state.sheet(), Some(("kanri", Instant::from_micros(5))));
        set_open(dir.path(), false);
        assert!(!read(dir.path()).open && read(dir.path()).sheet().is_some());
    }

    #[test]
    fn a_sheet_is_outdated_once_either_password_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let known = |set_at: Option<&str>, user: Option<&str>| Passwords {
            set_at: set_at.map(str::to_owned),
            terminal_user: user.map(str::to_owned),
        };
        let (first, soon, later) = (
            "2026-11-01T00:00:00.000000Z",
            "2026-11-01T00:00:09.000000Z",
            "2026-11-01T01:00:00.000000Z",
        );
        let at = Instant::parse(first).unwrap();
        assert!(!read(dir.path()).is_outdated("kanri", &known(Some(later), Some("n"))));
        note_sheet(dir.path(), "kanri", known(Some(first), Some("m")), at);
        let state = read(dir.path());
        for (account, set_at, user, outdated) in [
            ("kanri", Some(first), Some("m"), false),
            ("kanri", Some(soon), Some("m"), true),
            ("kanri", Some(first), Some("n"), true),
            ("kanri", Some(first), None, true),
            ("kanri", None, Some("m"), false),
            ("kanri2", Some(soon), Some("m"), false),
        ] {
            let now = known(set_at, user);
            assert_eq!(state.is_outdated(account, &now), outdated, "{now:?}");
        }
        // The center did not say when: a clock a little ahead is no change.
        note_sheet(dir.path(), "kanri", known(None, Some("m")), at);
        let state = read(dir.path());
        assert!(!state.is_outdated("kanri", &known(Some(soon), Some("m"))));
        assert!(state.is_outdated("kanri", &known(Some(later), Some("m"))));
    }
}
