//! What the link app does with files, as one small interface, and the disk behind it. Decides nothing; the journal's steps do.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use crate::config::Shared;
use crate::system;

/// Files and folders as the link app uses them. The disk is one; the property test's world of crashes is another.
pub(crate) trait Files: std::fmt::Debug + Send + Sync {
    /// Names of what lies in a folder, in order. A name that is no Unicode is given with its strange bytes replaced.
    ///
    /// # Errors
    /// The file system's.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Reads a file, but never more than one byte beyond `most`: a larger one is told apart without reading it.
    ///
    /// # Errors
    /// The file system's, and that it is no plain file.
    fn read(&self, path: &Path, most: usize) -> io::Result<Vec<u8>>;

    /// Whether something lies there.
    fn exists(&self, path: &Path) -> bool;

    /// Whether a file lies there, whoever may read it. A folder is none.
    ///
    /// # Errors
    /// The file system's, where it does not say: that nothing lies there is an answer.
    fn is_file(&self, path: &Path) -> io::Result<bool>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// The file system's, and that nothing lies there.
    fn size(&self, path: &Path) -> io::Result<u64>;

    /// Writes a file; the disk may have it later, or half of it.
    ///
    /// # Errors
    /// The file system's.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Lets those whom the setting names read and change a file.
    ///
    /// # Errors
    /// The file system's.
    fn share(&self, path: &Path, shared: Shared) -> io::Result<()>;

    /// Waits until the disk has each of the files, and the entries of each of the folders; one outcome for each.
    fn sync(&self, paths: &[PathBuf]) -> Vec<io::Result<()>>;

    /// Moves a file in one step, over whatever lies there.
    ///
    /// # Errors
    /// The file system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file.
    ///
    /// # Errors
    /// The file system's.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Touches a published file, for readers that watch for changes only. A file already taken is fine.
    fn touch(&self, path: &Path, at: SystemTime);
}

/// Syncs under way at once: enough that the disk's journal takes many with one write.
const SYNCS_AT_ONCE: usize = 16;

/// The machine's file system.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    syncs: AtomicU64,
}

impl Disk {
    /// How many files and folders were synced.
    #[must_use]
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}

impl Files for Disk {
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        // A folder, a pipe or a link to elsewhere is no file of a receipt computer.
        if !std::fs::symlink_metadata(path)?.is_file() {
            return Err(io::Error::other("not a plain file"));
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn exists(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }

    fn is_file(&self, path: &Path) -> io::Result<bool> {
        match std::fs::symlink_metadata(path) {
            Ok(found) => Ok(!found.is_dir()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        File::create(path)?.write_all(bytes)
    }

    fn share(&self, path: &Path, shared: Shared) -> io::Result<()> {
        system::share_file(path, shared)
    }

    fn sync(&self, paths: &[PathBuf]) -> Vec<io::Result<()>> {
        let one = |path: &PathBuf| {
            self.syncs.fetch_add(1, Ordering::Relaxed);
            File::open(path)?.sync_all()
        };
        if let [path] = paths {
            return vec![one(path)];
        }
        // Several at once: each waits for the same write of the disk's journal instead of one after the other.
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(Vec::with_capacity(paths.len()));
        let work = || {
            while let Some((at, path)) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                paths.get(at).map(|path| (at, path))
            } {
                let outcome = one(path);
                let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                outcomes.push((at, outcome));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..SYNCS_AT_ONCE.min(paths.len()) {
                scope.spawn(work);
            }
        });
        let mut outcomes = outcomes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(at, _)| *at);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn touch(&self, path: &Path, at: SystemTime) {
        if let Ok(file) = File::options().write(true).open(path) {
            let _ = file.set_modified(at);
        }
    }
}

/// Syncs all of them, or tells of the first that was not.
pub(crate) fn sync_all(files: &dyn Files, paths: &[PathBuf]) -> io::Result<()> {
    files.sync(paths).into_iter().collect()
}
