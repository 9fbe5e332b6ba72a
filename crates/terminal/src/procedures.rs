//! What a facility notes of its procedures (G41), kept on this terminal: how far each is, a line of text, who wrote it when. Whoever
//! writes over an older note than the one that is there changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use domain::civil_date::Instant;
use domain::procedures::{Noted, Procedure};
use serde::{Deserialize, Serialize};

/// Name of the file in the data folder.
const FILE: &str = "procedures.json";

/// The most characters of a note.
pub(crate) const MEMO_CHARS: usize = 100;

/// A note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// Counts the changes of this note; 0 before the first.
    pub(crate) version: u32,
    state: String,
    pub(crate) memo: String,
    /// ID of the account that wrote it.
    pub(crate) by: String,
    at_micros: i64,
}

/// What somebody wants to note.
#[derive(Debug, Clone)]
pub(crate) struct NewNote {
    pub(crate) state: Noted,
    pub(crate) memo: String,
    /// The version that was shown.
    pub(crate) shown: u32,
    pub(crate) by: String,
}

/// Why nothing was noted.
#[derive(Debug)]
pub(crate) enum NotNoted {
    /// Somebody else was faster.
    Meanwhile(Note),
    /// The memo is no line of 100 characters.
    Memo,
    /// It could not be written.
    File,
}

/// The notes of this terminal's facility.
pub(crate) struct ProcedureNotes {
    file: PathBuf,
    notes: Mutex<BTreeMap<String, Note>>,
}

impl Note {
    pub(crate) fn state(&self) -> Noted {
        Noted::parse(&self.state).unwrap_or(Noted::NotStarted)
    }

    pub(crate) fn at(&self) -> Instant {
        Instant::from_micros(self.at_micros)
    }
}

impl ProcedureNotes {
    /// Those kept in a data folder. A damaged file is left where it is until the next note, and told of in the log.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let file = data_dir.join(FILE);
        let notes = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                tracing::warn!("{FILE} is damaged; its notes are not shown");
                keep_aside(&file);
                BTreeMap::new()
            }),
            Err(_) => BTreeMap::new(),
        };
        Self {
            file,
            notes: Mutex::new(notes),
        }
    }

    /// The note of a procedure; an empty one before the first.
    pub(crate) fn of(&self, procedure: Procedure) -> Note {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(procedure.as_str()).cloned().unwrap_or_default()
    }

    /// Notes how far a procedure is.
    pub(crate) fn note(
        &self,
        procedure: Procedure,
        new: NewNote,
        now: Instant,
    ) -> Result<(), NotNoted> {
        let memo = new.memo.trim();
        if MEMO_CHARS < memo.chars().count() || memo.chars().any(char::is_control) {
            return Err(NotNoted::Memo);
        }
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let there = notes.get(procedure.as_str()).cloned().unwrap_or_default();
        if there.version != new.shown {
            return Err(NotNoted::Meanwhile(there));
        }
        let mut changed = notes.clone();
        changed.insert(
            procedure.as_str().to_owned(),
            Note {
                version: there.version + 1,
                state: new.state.as_str().to_owned(),
                memo: memo.to_owned(),
                by: new.by,
                at_micros: now.as_micros(),
            },
        );
        let bytes = serde_json::to_vec(&changed).map_err(|_| NotNoted::File)?;
        pki::sealed::write_private(&self.file, &bytes).map_err(|error| {
            tracing::warn!(error = %error, "a note of a procedure was not kept");
            NotNoted::File
        })?;
        *notes = changed;
        Ok(())
    }
}

/// A damaged file may still be of use to a person.
fn keep_aside(file: &Path) {
    let mut aside = file.as_os_str().to_owned();
    aside.push(".damaged");
    if let Err(error) = std::fs::copy(file, PathBuf::from(aside)) {
        tracing::warn!(error = %error, "a damaged file could not be kept aside");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(memo: &str, shown: u32) -> NewNote {
        NewNote {
            state: Noted::Filed,
            memo: memo.into(),
            shown,
            by: "kanri".into(),
        }
    }

    #[test]
    fn a_note_outlives_a_restart_and_nobody_writes_over_a_newer_one() {
        let dir = tempfile::tempdir().unwrap();
        let notes = ProcedureNotes::open(dir.path());
        let now = Instant::from_micros(7);
        let filing = Procedure::ClaimsFiling;
        notes.note(filing, new(" 支払基金に提出 ", 0), now).unwrap();
        let refused = notes.note(filing, new("別の人", 0), now);
        assert!(matches!(refused, Err(NotNoted::Meanwhile(there)) if there.by == "kanri"));
        let again = ProcedureNotes::open(dir.path()).of(filing);
        assert_eq!(
            (
                again.memo.as_str(),
                again.state(),
                again.version,
                again.at()
            ),
            ("支払基金に提出", Noted::Filed, 1, now)
        );
        let long = "長".repeat(101);
        for memo in [long.as_str(), "二\n行"] {
            assert!(matches!(
                notes.note(filing, new(memo, 1), now),
                Err(NotNoted::Memo)
            ));
        }
    }

    #[test]
    fn a_damaged_file_is_kept_aside_and_a_folder_that_cannot_be_written_keeps_the_old_note() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        let notes = ProcedureNotes::open(dir.path());
        assert_eq!(notes.of(Procedure::Succession), Note::default());
        assert!(dir.path().join("procedures.json.damaged").exists());
        // A folder in the file's place: nothing can be written there.
        std::fs::remove_file(dir.path().join(FILE)).unwrap();
        std::fs::create_dir_all(dir.path().join(FILE).join("x")).unwrap();
        let refused = notes.note(Procedure::Succession, new("", 0), Instant::from_micros(0));
        assert!(matches!(refused, Err(NotNoted::File)));
        assert_eq!(notes.of(Procedure::Succession).version, 0);
    }
}
