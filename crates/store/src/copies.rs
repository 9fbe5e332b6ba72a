//! A copy of a store on its way: it is made in a folder whose name says that it is unfinished, and takes its own name when it is whole.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::engine::{StoreError, files};
use crate::system;

/// What the name of a folder ends with in which a copy is being made, or was when its process ended.
const UNFINISHED: &str = "unfinished";

/// What the name of the file beside it ends with. Its lock says that a process writes the copy; it ends with that process.
const LOCK: &str = "lock";

/// The folder in which a copy of this name is made.
#[must_use]
pub fn unfinished(to: &Path) -> PathBuf {
    ending(to, UNFINISHED)
}

/// Whether a folder's name says that it holds no whole copy.
#[must_use]
pub fn is_unfinished(dir: &Path) -> bool {
    let named = dir.canonicalize();
    let named = named.as_deref().unwrap_or(dir);
    named.extension() == Some(OsStr::new(UNFINISHED))
}

/// Removes the copies in a folder that were cut off, and says which. What a process still writes stays, and so does whatever holds other files.
#[must_use]
pub fn remove_unfinished(above: &Path) -> Vec<PathBuf> {
    let mut removed = Vec::new();
    let Ok(inside) = std::fs::read_dir(above) else {
        return removed;
    };
    for lock in inside.flatten().map(|it| it.path()) {
        let folder = lock.with_extension("");
        let is_lock = lock.extension() == Some(OsStr::new(LOCK));
        if !is_lock || folder.extension() != Some(OsStr::new(UNFINISHED)) {
            continue;
        }
        let Ok(Taken::Held(_held)) = take(&lock, || {}) else {
            continue;
        };
        if folder.exists() {
            if clear(&folder).is_err() {
                continue;
            }
            removed.push(folder);
        }
        // Where it stays it is found again the next time.
        let _ = std::fs::remove_file(lock);
    }
    removed
}

/// What became of a lock that was to be taken.
enum Taken {
    /// It is held, and stands where others look for it.
    Held(File),
    /// The file system has no locks: the file keeps nobody away.
    WithoutLock(File),
    /// Another process holds it.
    Others,
    /// It was removed before it was locked: what lies beside its name is not its own.
    Gone,
}

/// Takes the lock of a file that is there. `opened` is called between the two steps.
fn take(lock: &Path, opened: impl FnOnce()) -> Result<Taken> {
    let file = match File::options().write(true).open(lock) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Taken::Gone),
        file => file?,
    };
    opened();
    Ok(match file.try_lock() {
        Ok(()) if system::is_at(&file, lock)? => Taken::Held(file),
        Ok(()) => Taken::Gone,
        Err(TryLockError::Error(_)) => Taken::WithoutLock(file),
        Err(TryLockError::WouldBlock) => Taken::Others,
    })
}

/// How often a lock's file is made anew where it is removed each time.
const TRIES: usize = 16;

/// Makes a lock's file and takes it. Who removes what was cut off may find it before it is locked, and remove it.
fn make_and_take(lock: &Path, mut opened: impl FnMut()) -> Result<Taken> {
    for _ in 0..TRIES {
        system::make_private_file(lock)?;
        match take(lock, &mut opened)? {
            Taken::Gone => {}
            taken => return Ok(taken),
        }
    }
    Ok(Taken::Gone)
}

/// A copy that is being made. Of one that is not finished nothing is left when this ends.
pub(crate) struct Unfinished {
    to: PathBuf,
    folder: PathBuf,
    lock: PathBuf,
    _held: File,
}

impl Unfinished {
    /// Makes the folder for it. What an earlier copy of the same name left there goes.
    pub(crate) fn begin(to: &Path) -> std::result::Result<Self, StoreError> {
        let failed = |path: &Path, why: &dyn std::fmt::Display| {
            StoreError::NoWrites(format!("{}: {why}", path.display()))
        };
        if to.exists() {
            return Err(failed(to, &"it exists"));
        }
        let folder = unfinished(to);
        let lock = ending(&folder, LOCK);
        let taken = make_and_take(&lock, || {}).map_err(|error| failed(&lock, &error))?;
        let held = match taken {
            Taken::Held(held) => {
                if folder.exists() {
                    clear(&folder).map_err(|error| failed(&folder, &error))?;
                }
                held
            }
            // What is there is not touched then.
            Taken::WithoutLock(held) => held,
            Taken::Others | Taken::Gone => return Err(StoreError::CopyBeingWritten(to.into())),
        };
        system::make_private_folder(&folder).map_err(|error| {
            let _ = std::fs::remove_file(&lock);
            failed(&folder, &error)
        })?;
        Ok(Self {
            to: to.into(),
            folder,
            lock,
            _held: held,
        })
    }

    /// Where its files go.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives it its name, for good.
    pub(crate) fn finish(&self) -> std::result::Result<(), StoreError> {
        self.take_name()
            .map_err(|error| StoreError::NoWrites(format!("{}: {error}", self.to.display())))
    }

    fn take_name(&self) -> Result<()> {
        sync(&self.folder)?;
        if self.to.exists() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        std::fs::rename(&self.folder, &self.to)?;
        let above = self.to.parent().filter(|it| !it.as_os_str().is_empty());
        let synced = sync(above.unwrap_or(Path::new(".")));
        if synced.is_err() {
            let _ = std::fs::remove_dir_all(&self.to);
        }
        synced
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // The folder is this copy's own, and gone when it has its name.
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_file(&self.lock);
    }
}

fn ending(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().into();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Removes a folder in which only files of a copy lie; any other stays as it is.
fn clear(folder: &Path) -> Result<()> {
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !is_part(&entry.file_name()) {
            return Err(Error::other("it holds other files; look at them"));
        }
        parts.push(entry.path());
    }
    for part in parts {
        std::fs::remove_file(part)?;
    }
    std::fs::remove_dir(folder)
}

/// Whether a file of this name is a database of a store, or lies beside one for SQLite.
fn is_part(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let mut databases = files(Path::new("")).into_iter();
    databases.any(|it| name.starts_with(it.as_os_str().as_encoded_bytes()))
}

/// Makes the names in a folder last, where the file system has a way to.
fn sync(folder: &Path) -> Result<()> {
    match File::open(folder).and_then(|it| it.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_its_name_when_it_is_finished_and_not_before() {
        let above = tempfile::tempdir().unwrap();
        let to = above.path().join("copy");
        let copy = Unfinished::begin(&to).unwrap();
        std::fs::write(copy.folder().join("center.db"), "whole").unwrap();
        assert!(!to.exists() && is_unfinished(copy.folder()));
        // It is being written.
        assert!(remove_unfinished(above.path()).is_empty());
        copy.finish().unwrap();
        drop(copy);
        assert!(!is_unfinished(&to));
        let left = std::fs::read_dir(above.path()).unwrap();
        let left: Vec<_> = left.map(|it| it.unwrap().path()).collect();
        assert_eq!(left, std::slice::from_ref(&to));
        assert_eq!(std::fs::read(to.join("center.db")).unwrap(), b"whole");
    }

    #[test]
    fn a_lock_that_was_removed_before_it_was_taken_is_made_again() {
        let above = tempfile::tempdir().unwrap();
        let lock = above.path().join("copy.unfinished.lock");
        let mut times = 0;
        let taken = make_and_take(&lock, || {
            times += 1;
            if times == 1 {
                // Another process finds a lock that nobody holds.
                assert!(remove_unfinished(above.path()).is_empty());
                assert!(!lock.exists());
            }
        });
        let Taken::Held(held) = taken.unwrap() else {
            panic!("the lock is not held");
        };
        assert!(system::is_at(&held, &lock).unwrap());
        // From now on it is left alone.
        assert!(remove_unfinished(above.path()).is_empty());
        assert!(lock.exists());
        assert!(matches!(take(&lock, || {}), Ok(Taken::Others)));
    }

    #[test]
    fn a_lock_in_whose_place_another_stands_is_not_held() {
        let above = tempfile::tempdir().unwrap();
        let lock = above.path().join("copy.unfinished.lock");
        File::create(&lock).unwrap();
        // The copy it was made for ended, and the next one of the name began.
        let taken = take(&lock, || {
            std::fs::remove_file(&lock).unwrap();
            File::create(&lock).unwrap();
        });
        assert!(matches!(taken, Ok(Taken::Gone)));
        assert!(lock.exists());
    }
}
