//! How far the set-up of this terminal is, where only the terminal knows: when the sealed sheet was put in force and what its passwords are
//! known by, and whether the administrator ended the set-up.

use std::path::Path;

use domain::civil_date::Instant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Name of the file in the data folder.
const FILE: &str = "setup.json";

/// Name of the file with what the sheet's passwords are known by. A file of its own: earlier versions, to which a PC may go back, take a state
/// with a member they do not know for damaged.
const NOTE_FILE: &str = "sealed-sheet.json";

/// Where the center did not say when it set a sheet's password, one set this much later is another: its clock is not the terminal's.
const GRACE_S: i64 = 300;

/// What is kept. What a later version adds is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SetupState {
    /// Who put the sealed sheet in force, and when.
    sheet: Option<(String, i64)>,
    /// Whether the set-up goes on: true from the wizard until the administrator ends it.
    pub(crate) open: bool,
    /// The facility of whoever put the sheet in force; `None` for a sheet that an earlier version noted.
    #[serde(skip)]
    facility: Option<String>,
    /// What the sheet's passwords are known by.
    #[serde(skip)]
    passwords: Passwords,
}

/// What is noted with a sealed sheet.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    /// The sheet as the state names it: an earlier version names another there and leaves this file as it is.
    sheet: Option<(String, i64)>,
    facility: Option<String>,
    passwords: Passwords,
}

/// An account of a facility. A PC with certificates of two may have the same identifier of both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// The facility's code.
    pub(crate) facility: &'a str,
    /// Identifier of the account.
    pub(crate) account: &'a str,
}

/// What the passwords on a sheet are known by, so that a later change of one is seen. Holds neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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

    /// Whether the newest sheet holds the password of this account. Where no facility was noted, any facility's may be meant.
    pub(crate) fn is_of(&self, whose: Whose<'_>) -> bool {
        let facility = self.facility.as_deref();
        self.sheet().is_some_and(|(by, _)| by == whose.account)
            && facility.is_none_or(|it| it == whose.facility)
    }

    /// Whether a password on the newest sheet was changed since: `now` says what those of `whose`, who looks, and of the terminal user are
    /// known by. Of a sheet of another account the center tells nothing to who looks.
    pub(crate) fn is_outdated(&self, whose: Whose<'_>, now: &Passwords) -> bool {
        let Some((_, at)) = self.sheet() else {
            return false;
        };
        let noted = &self.passwords;
        let user = noted.terminal_user.is_some() && noted.terminal_user != now.terminal_user;
        let administrator = match (&noted.set_at, &now.set_at) {
            _ if !self.is_of(whose) => false,
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
    let state: SetupState = read_file(&data_dir.join(FILE));
    let note: Note = read_file(&data_dir.join(NOTE_FILE));
    let note = if note.sheet == state.sheet {
        note
    } else {
        Note::default()
    };
    SetupState {
        facility: note.facility,
        passwords: note.passwords,
        ..state
    }
}

fn read_file<T: Default + DeserializeOwned>(file: &Path) -> T {
    let bytes = std::fs::read(file).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Notes that the sealed sheet is in force.
pub(crate) fn note_sheet(data_dir: &Path, by: Whose<'_>, passwords: Passwords, now: Instant) {
    let sheet = Some((by.account.to_owned(), now.as_micros()));
    let note = Note {
        sheet: sheet.clone(),
        facility: Some(by.facility.to_owned()),
        passwords,
    };
    write(&data_dir.join(NOTE_FILE), &note);
    let state = SetupState {
        sheet,
        ..read(data_dir)
    };
    write(&data_dir.join(FILE), &state);
}

/// Begins or ends the set-up.
pub(crate) fn set_open(data_dir: &Path, open: bool) {
    let state = SetupState {
        open,
        ..read(data_dir)
    };
    write(&data_dir.join(FILE), &state);
}

/// A reminder is all that hangs on it, so a disk that takes nothing is told of in the log.
fn write(file: &Path, kept: &impl Serialize) {
    let bytes = serde_json::to_vec(kept).unwrap_or_default();
    if let Err(error) = pki::sealed::write_private(file, &bytes) {
        tracing::warn!(error = %error, "the state of the set-up was not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(account: &str) -> Whose<'_> {
        Whose {
            facility: "1319999999",
            account,
        }
    }

    #[test]
    fn the_sheet_and_the_end_of_the_set_up_are_kept_apart() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), SetupState::default());
        set_open(dir.path(), true);
        let now = Instant::from_micros(5);
        note_sheet(dir.path(), of("kanri"), Passwords::default(), now);
        let state = read(dir.path());
        assert!(state.open);
        assert_eq!(state.sheet(), Some(("kanri", Instant::from_micros(5))));
        set_open(dir.path(), false);
        assert!(!read(dir.path()).open && read(dir.path()).sheet().is_some());
    }

    /// The state as the versions before the note know it.
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Earlier {
        sheet: Option<(String, i64)>,
        open: bool,
    }

    #[test]
    fn an_earlier_version_reads_the_state_with_its_sheet_and_may_note_another() {
        let dir = tempfile::tempdir().unwrap();
        let known = Passwords {
            set_at: Some("2026-11-01T00:00:00.000000Z".into()),
            terminal_user: Some("m".into()),
        };
        let other = Passwords {
            terminal_user: Some("n".into()),
            ..known.clone()
        };
        let now = Instant::parse("2026-11-01T00:00:00.000000Z").unwrap();
        set_open(dir.path(), true);
        note_sheet(dir.path(), of("kanri"), known, now);
        assert!(read(dir.path()).is_outdated(of("kanri"), &other));
        let bytes = std::fs::read(dir.path().join(FILE)).unwrap();
        let mut earlier: Earlier = serde_json::from_slice(&bytes).unwrap();
        assert!(earlier.open);
        assert_eq!(earlier.sheet, Some(("kanri".into(), now.as_micros())));
        // What was noted of the sheet before says nothing of the next.
        earlier.sheet = Some(("kanri".into(), now.plus_seconds(9).as_micros()));
        let bytes = serde_json::to_vec(&earlier).unwrap();
        std::fs::write(dir.path().join(FILE), bytes).unwrap();
        let state = read(dir.path());
        assert!(state.open && state.sheet().is_some());
        assert!(!state.is_outdated(of("kanri"), &other));
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
        assert!(!read(dir.path()).is_outdated(of("kanri"), &known(Some(later), Some("n"))));
        note_sheet(dir.path(), of("kanri"), known(Some(first), Some("m")), at);
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
            assert_eq!(state.is_outdated(of(account), &now), outdated, "{now:?}");
        }
        // The center did not say when: a clock a little ahead is no change.
        note_sheet(dir.path(), of("kanri"), known(None, Some("m")), at);
        let state = read(dir.path());
        assert!(!state.is_outdated(of("kanri"), &known(Some(soon), Some("m"))));
        assert!(state.is_outdated(of("kanri"), &known(Some(later), Some("m"))));
    }

    #[test]
    fn a_sheet_says_nothing_of_another_facilitys_account_of_the_same_identifier() {
        let dir = tempfile::tempdir().unwrap();
        let known = |set_at: &str| Passwords {
            set_at: Some(set_at.into()),
            terminal_user: None,
        };
        let at = "2026-11-01T00:00:00.000000Z";
        let now = known("2026-11-02T00:00:00.000000Z");
        let at_second = Whose {
            facility: "1319999998",
            ..of("kanri")
        };
        note_sheet(
            dir.path(),
            of("kanri"),
            known(at),
            Instant::parse(at).unwrap(),
        );
        let state = read(dir.path());
        assert!(state.is_of(of("kanri")) && state.is_outdated(of("kanri"), &now));
        assert!(!state.is_of(at_second) && !state.is_outdated(at_second, &now));
        // A sheet of an earlier version may be of either.
        std::fs::remove_file(dir.path().join(NOTE_FILE)).unwrap();
        let state = read(dir.path());
        assert!(state.is_of(of("kanri")) && state.is_of(at_second));
    }
}
