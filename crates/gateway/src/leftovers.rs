//! Results that no receipt computer takes (消し忘れ): tells of them after their time, removes them only where the settings say
//! so. Touches no file the journal does not know as published by this gateway.

use std::path::Path;
use std::time::{Duration, SystemTime};

use domain::civil_date::Instant;
use exchange::file_name::is_face_result;
use store::journal::Journal;

use crate::config::Forgotten;
use crate::folders::{Folders, names};
use crate::names::original_of;
use crate::round_error::{RoundError, failed, keep_first};

/// A row of the journal older than this, of a result that still lies there, is made younger, long before the journal forgets it.
const OLD_S: i64 = 60 * 86_400;

/// So old it is then: too old to count among what was done today.
const MADE_YOUNGER_S: i64 = 30 * 86_400;

/// Looks at the folders of one receipt computer; returns how many forgotten results it found. Many results on a slow share take long: `beat`
/// is called at each file.
pub(crate) fn look(
    folders: &Folders,
    journal: &Journal,
    now: Instant,
    beat: &dyn Fn(),
) -> Result<usize, RoundError> {
    let face = folders.face.as_ref().filter(|face| **face != folders.res);
    let (mut found, mut stuck) = (0, None);
    for folder in [&folders.res].into_iter().chain(face) {
        match look_at(folder, folders, journal, now, beat) {
            Ok(count) => found += count,
            Err(error) => keep_first(&mut stuck, Err(error)),
        }
    }
    stuck.map_or(Ok(found), Err)
}

fn look_at(
    folder: &Path,
    folders: &Folders,
    journal: &Journal,
    now: Instant,
    beat: &dyn Fn(),
) -> Result<usize, RoundError> {
    let mut found = 0;
    let stay = Duration::from_secs(60 * u64::from(folders.stay_minutes));
    let before = in_system_time(now).checked_sub(stay);
    for name in names(folder).map_err(|error| failed(folders, error))? {
        beat();
        let path = folder.join(&name);
        // Taken meanwhile: not forgotten.
        let Ok(published) = std::fs::metadata(&path).and_then(|it| it.modified()) else {
            continue;
        };
        let result = original_of(&name).unwrap_or(&name);
        let ours = if is_face_result(result) {
            journal.delivered(&folders.name, result)?
        } else {
            journal.published(&folders.name, result)?
        };
        if !ours {
            continue;
        }
        let (old, younger) = (now.plus_seconds(-OLD_S), now.plus_seconds(-MADE_YOUNGER_S));
        journal.still_lies(&folders.name, result, old, younger)?;
        if before.is_none_or(|before| before < published) {
            continue;
        }
        found += 1;
        match folders.forgotten {
            Forgotten::Report => {}
            Forgotten::Remove => {
                std::fs::remove_file(&path).map_err(|error| failed(folders, error))?;
            }
        }
    }
    Ok(found)
}

/// An instant as file systems have it.
pub(crate) fn in_system_time(now: Instant) -> SystemTime {
    let micros = u64::try_from(now.as_micros()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::config::FolderPair;

    #[test]
    fn a_look_says_at_each_file_that_it_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str| dir.path().join(name);
        let mut pair = FolderPair::new("receipt", folder("req"), folder("res"), folder("work"));
        pair.face = Some(folder("face"));
        let folders = Folders::from(&pair);
        folders.make_watched().unwrap();
        for name in ["res/1", "res/2", "face/3"] {
            std::fs::write(folder(name), "").unwrap();
        }
        let journal = Journal::open(&folder("journal.db")).unwrap();
        let beats = Cell::new(0);
        let beat = || beats.set(beats.get() + 1);
        let found = look(&folders, &journal, Instant::from_micros(0), &beat);
        assert_eq!(found.unwrap(), 0);
        assert_eq!(beats.get(), 3);
    }
}
