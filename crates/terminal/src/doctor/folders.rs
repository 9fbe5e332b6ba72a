//! Looks at the folders of receipt computers: whether they are there, can be written, lie together, and whether results are taken. Leaves
//! nothing there: the file it writes to try is removed at once.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{Fact, FactName, NotChecked, Observation, Step};

use super::software::path;
use super::{LinkFolders, Neighbour, Workplace, broken, fact, good, not_checked, within};

/// The file written to try a folder; gateway and receipt computers pass over names of this form.
const TRIAL: &str = ".onshi-doctor";

/// So much is written to try a folder, in bytes: more than what fits beside a file's name.
const TRIAL_BYTES: usize = 16 << 10;

/// Why a folder cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    Missing,
    ReadOnly,
    Full,
}

/// Writes and removes a file; returns the file system the folder lies on.
pub(super) fn try_folder(folder: &Path) -> Result<u64, Unusable> {
    let found = std::fs::metadata(folder).map_err(|_| Unusable::Missing)?;
    if !found.is_dir() {
        return Err(Unusable::Missing);
    }
    let trial = folder.join(TRIAL);
    // Never written through: in a folder that others write, too, a link of this name may lead to anything.
    let begin = || {
        let _ = std::fs::remove_file(&trial);
        OpenOptions::new().write(true).create_new(true).open(&trial)
    };
    let write = || {
        // A doctor in the shell may look at this moment as well.
        let mut file = begin().or_else(|_| begin())?;
        file.write_all(&[0; TRIAL_BYTES])?;
        file.sync_all()
    };
    let written = write();
    let _ = std::fs::remove_file(&trial);
    match written {
        Ok(()) => Ok(crate::system::device(&found)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded
            ) =>
        {
            Err(Unusable::Full)
        }
        Err(_) => Err(Unusable::ReadOnly),
    }
}

pub(super) async fn observe(workplace: &Workplace, now: Instant) -> Vec<Observation> {
    let link = match &workplace.link {
        Neighbour::None => {
            return vec![not_checked(Step::LinkFolders, NotChecked::NotSetUp)];
        }
        Neighbour::BadSettings(_) => {
            let after = NotChecked::After(Step::LinkApp);
            return vec![not_checked(Step::LinkFolders, after)];
        }
        Neighbour::Here(link) => link,
    };
    let mut seen = Vec::new();
    for folders in &link.folders {
        let of = folders.clone();
        // A share whose server is gone lets one wait without end.
        let looked = within(workplace.limits.each, move || one(&of, now)).await;
        seen.push(looked.unwrap_or_else(|| {
            let mut evidence = vec![fact(FactName::Path, path(&folders.req))];
            evidence.push(fact(FactName::System, "no answer in time"));
            broken(Step::LinkFolders, Fault::FolderMissing, evidence)
        }));
    }
    seen
}

fn one(folders: &LinkFolders, now: Instant) -> Observation {
    let watched = || {
        [&folders.req, &folders.res]
            .into_iter()
            .chain(&folders.face)
    };
    let mut file_systems = Vec::new();
    for folder in watched().chain([&folders.work]) {
        match try_folder(folder) {
            Ok(file_system) => file_systems.push(file_system),
            Err(unusable) => {
                let fault = match unusable {
                    Unusable::Missing => Fault::FolderMissing,
                    Unusable::ReadOnly => Fault::FolderReadOnly,
                    Unusable::Full => Fault::FolderFull,
                };
                return broken(Step::LinkFolders, fault, place(folder));
            }
        }
    }
    if file_systems
        .windows(2)
        .any(|pair| pair.first() != pair.last())
    {
        let fault = Fault::FoldersOnOtherDisks;
        return broken(Step::LinkFolders, fault, place(&folders.work));
    }
    let results = [&folders.res].into_iter().chain(&folders.face);
    for folder in results {
        let forgotten = forgotten(folder, folders.stay_minutes, now);
        if 0 < forgotten {
            let mut evidence = place(folder);
            evidence.push(fact(FactName::Count, forgotten.to_string()));
            return broken(Step::LinkFolders, Fault::ResultsNotTaken, evidence);
        }
    }
    let mut evidence = place(&folders.req);
    evidence.push(fact(FactName::Waiting, waiting(&folders.work).to_string()));
    good(Step::LinkFolders, evidence)
}

/// How many requests lie in the work folder (contracts §10: queue counts without the center). The link app's lock and mark and what it
/// keeps beside a request are none.
fn waiting(work: &Path) -> usize {
    let entries = std::fs::read_dir(work).into_iter().flatten().flatten();
    entries
        .filter(|it| it.file_type().is_ok_and(|kind| kind.is_file()))
        .filter(|it| it.file_name().to_str().is_some_and(is_request))
        .count()
}

/// True for the name the link app gives a request in its work folder: a number of 32 digits, `.` or `+`, the name it came with. What lies
/// beside a request ends with its kind after the number (`.org`, `.res`, `.err`, `.face`).
fn is_request(name: &str) -> bool {
    let Some((number, rest)) = name.split_at_checked(32) else {
        return false;
    };
    let own = rest.strip_prefix(['.', '+']);
    number.bytes().all(|it| it.is_ascii_hexdigit())
        && own.is_some_and(|it| {
            let it = it.to_ascii_lowercase();
            it.ends_with(".xml") || it.ends_with(".zip")
        })
}

fn place(folder: &Path) -> Vec<Fact> {
    vec![fact(FactName::Path, path(folder))]
}

/// How many results lie there for longer than a receipt computer takes. Their names are not looked at.
fn forgotten(folder: &Path, stay_minutes: u32, now: Instant) -> usize {
    let stay = i64::from(stay_minutes) * 60;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let old = entries.filter(|entry| {
        let Ok(metadata) = entry.metadata() else {
            return false;
        };
        let written =
            Instant::from_micros(crate::system::modified_s(&metadata).saturating_mul(1_000_000));
        metadata.is_file() && stay < written.seconds_until(now)
    });
    old.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_count_as_waiting() {
        let work = tempfile::tempdir().unwrap();
        let write = |name: &str| std::fs::write(work.path().join(name), "").unwrap();
        let number = format!("{:032x}", 7);
        write("onshi-gateway.lock");
        write("onshi-work.txt");
        write("Thumbs.db");
        for beside in ["org", "res", "err", "face", "face-org"] {
            write(&format!("{number}.{beside}"));
        }
        assert_eq!(waiting(work.path()), 0);
        write(&format!("{number}.OQSsiquc01req_1.xml"));
        write(&format!("{number}+OQSsiquc01req_2.ZIP"));
        assert_eq!(waiting(work.path()), 2);
    }

    #[test]
    fn a_link_in_a_shared_folder_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, other) = (dir.path().join("req"), dir.path().join("machine.key"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&other, "key").unwrap();
        std::os::unix::fs::symlink(&other, folder.join(TRIAL)).unwrap();
        assert!(try_folder(&folder).is_ok());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "key");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        // Neither is what an earlier look left when the PC was cut off.
        std::fs::write(folder.join(TRIAL), "half").unwrap();
        assert!(try_folder(&folder).is_ok());
    }
}
