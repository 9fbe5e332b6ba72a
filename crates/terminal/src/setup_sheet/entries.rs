//! The lines of the set-up sheet that the facility writes by hand, in one file of the data folder.

use std::collections::BTreeMap;
use std::path::Path;

use domain::civil_date::Instant;
use domain::setup_sheet::{Entry, InvalidEntry, check_entry};
use serde::{Deserialize, Serialize};

use crate::inventory::NotRead;

/// Name of the file in the data folder.
const FILE: &str = "setup-sheet.json";

/// Name of the file that is locked while the entries are changed.
const LOCK: &str = "setup-sheet.lock";

/// The entries, with who changed them last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entries {
    /// Counts the changes; 0 before the first.
    pub(crate) version: u32,
    texts: BTreeMap<String, String>,
    /// ID of the account that changed them.
    pub(crate) by: String,
    at_micros: i64,
}

/// Why entries were not kept.
#[derive(Debug)]
pub(crate) enum NotKept {
    /// Somebody else changed them since they were shown.
    Meanwhile(Entries),
    /// What is wrong with each.
    Invalid(Vec<(Entry, InvalidEntry)>),
    /// Those that are there cannot be read, and stay as they are.
    Unreadable(NotRead),
    /// They could not be written.
    File,
}

impl Entries {
    /// The text of an entry; empty when nothing was written.
    pub(crate) fn of(&self, entry: Entry) -> &str {
        self.texts.get(entry.as_str()).map_or("", String::as_str)
    }

    /// When they were changed last.
    pub(crate) fn at(&self) -> Instant {
        Instant::from_micros(self.at_micros)
    }
}

/// The entries of a data folder; none where nothing was written yet.
pub(crate) fn read(data_dir: &Path) -> Result<Entries, NotRead> {
    let file = data_dir.join(FILE);
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Entries::default());
        }
        Err(error) => return Err(NotRead::File(file, error)),
    };
    serde_json::from_slice(&bytes).map_err(|error| NotRead::Damaged(file, error.to_string()))
}

/// Keeps the entries for whoever saw version `shown`.
pub(crate) fn change(
    data_dir: &Path,
    shown: u32,
    typed: &BTreeMap<Entry, String>,
    by: &str,
    now: Instant,
) -> Result<Entries, NotKept> {
    let wrong: Vec<(Entry, InvalidEntry)> = typed
        .iter()
        .filter_map(|(entry, text)| Some((*entry, check_entry(text).err()?)))
        .collect();
    if !wrong.is_empty() {
        return Err(NotKept::Invalid(wrong));
    }
    // Two who save at the same moment take turns; the lock ends when the file is dropped.
    let held =
        std::fs::File::create(data_dir.join(LOCK)).and_then(|held| held.lock().map(|()| held));
    let _held = held.map_err(|error| {
        tracing::warn!(error = %error, "the set-up sheet was not kept");
        NotKept::File
    })?;
    let there = read(data_dir).map_err(NotKept::Unreadable)?;
    if there.version != shown {
        return Err(NotKept::Meanwhile(there));
    }
    let texts = typed
        .iter()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(entry, text)| (entry.as_str().to_owned(), text.trim().to_owned()));
    let changed = Entries {
        version: there.version + 1,
        texts: texts.collect(),
        by: by.to_owned(),
        at_micros: now.as_micros(),
    };
    let bytes = serde_json::to_vec(&changed).map_err(|_| NotKept::File)?;
    pki::sealed::write_private(&data_dir.join(FILE), &bytes).map_err(|error| {
        tracing::warn!(error = %error, "the set-up sheet was not kept");
        NotKept::File
    })?;
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(place: &str) -> BTreeMap<Entry, String> {
        BTreeMap::from([(Entry::SealedSheetPlace, place.to_owned())])
    }

    #[test]
    fn of_many_who_save_at_the_same_moment_one_does() {
        let dir = tempfile::tempdir().unwrap();
        let saved = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|number| {
                    let (dir, text) = (dir.path(), typed(&number.to_string()));
                    scope.spawn(move || change(dir, 0, &text, "kanri", Instant::from_micros(1)))
                })
                .collect();
            all.into_iter()
                .map(|it| it.join().unwrap())
                .filter(Result::is_ok)
                .count()
        });
        assert_eq!((saved, read(dir.path()).unwrap().version), (1, 1));
    }

    #[test]
    fn entries_outlive_a_restart_and_nobody_writes_over_a_newer_version() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::from_micros(5);
        change(dir.path(), 0, &typed("金庫 "), "kanri", now).unwrap();
        let kept = read(dir.path()).unwrap();
        assert_eq!(
            (kept.of(Entry::SealedSheetPlace), kept.version),
            ("金庫", 1)
        );
        let late = change(dir.path(), 0, &typed("机"), "kanri2", now);
        assert!(matches!(late, Err(NotKept::Meanwhile(there)) if there.by == "kanri"));
        let wrong = change(dir.path(), 1, &typed("パスワード：Abc-1"), "kanri", now);
        assert!(matches!(wrong, Err(NotKept::Invalid(it)) if it[0].1 == InvalidEntry::Password));
        let kept = read(dir.path()).unwrap();
        assert_eq!(kept.of(Entry::SealedSheetPlace), "金庫");
    }

    #[test]
    fn a_damaged_file_is_named_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        std::fs::write(&file, "{").unwrap();
        let outcome = change(
            dir.path(),
            0,
            &typed("金庫"),
            "kanri",
            Instant::from_micros(1),
        );
        let Err(NotKept::Unreadable(error)) = &outcome else {
            panic!("{outcome:?}");
        };
        assert!(error.to_string().contains(FILE), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
    }
}
