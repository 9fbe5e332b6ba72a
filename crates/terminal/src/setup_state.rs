//! How far the set-up of this terminal is, where only the terminal knows: when the sealed sheet was put in force, and whether the
//! administrator ended the set-up. Decides nothing.

use std::path::Path;

use domain::civil_date::Instant;
use serde::{Deserialize, Serialize};

/// Name of the file in the data folder.
const FILE: &str = "setup.json";

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SetupState {
    /// Who put the sealed sheet in force, and when.
    sheet: Option<(String, i64)>,
    /// Whether the set-up goes on: true from the wizard until the administrator ends it.
    pub(crate) open: bool,
}

impl SetupState {
    /// Who put the newest sealed sheet in force, and when.
    pub(crate) fn sheet(&self) -> Option<(&str, Instant)> {
        let (by, at) = self.sheet.as_ref()?;
        Some((by, Instant::from_micros(*at)))
    }
}

/// The state of a data folder. A damaged file is as none.
pub(crate) fn read(data_dir: &Path) -> SetupState {
    let bytes = std::fs::read(data_dir.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Notes that the sealed sheet is in force.
pub(crate) fn note_sheet(data_dir: &Path, by: &str, now: Instant) {
    let state = SetupState {
        sheet: Some((by.to_owned(), now.as_micros())),
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
        note_sheet(dir.path(), "kanri", Instant::from_micros(5));
        let state = read(dir.path());
        assert!(state.open);
        assert_eq!(state.sheet(), Some(("kanri", Instant::from_micros(5))));
        set_open(dir.path(), false);
        assert!(!read(dir.path()).open && read(dir.path()).sheet().is_some());
    }
}
