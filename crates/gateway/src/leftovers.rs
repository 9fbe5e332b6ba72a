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

/// Looks at the folders of one receipt computer; returns how many forgotten results it found.
pub(crate) fn look(
    folders: &Folders,
    journal: &Journal,
    now: Instant,
) -> Result<usize, RoundError> {
    let face = folders.face.as_ref().filter(|face| **face != folders.res);
    let (mut found, mut stuck) = (0, None);
    for folder in [&folders.res].into_iter().chain(face) {
        match look_at(folder, folders, journal, now) {
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
) -> Result<usize, RoundError> {
    let mut found = 0;
    let stay = Duration::from_secs(60 * u64::from(folders.stay_minutes));
    let before = in_system_time(now).checked_sub(stay);
    for name in names(folder).map_err(|error| failed(folders, error))? {
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
