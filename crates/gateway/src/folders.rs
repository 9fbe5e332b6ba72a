//! The folders of one receipt computer: requests in, results and readers' results out, work between. Deletes nothing it did not take.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::{AnswerEncoding, FolderPair, Forgotten, SameName, Shared};
use crate::spelling::Spelling;
use crate::system;
use crate::zipped::Zip;

/// The file in a work folder that the link app at work there holds locked.
const LOCK: &str = "onshi-gateway.lock";

/// A pair of watched folders with the work folder beside them.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Name in journal and logs.
    pub name: String,
    /// Requests.
    pub req: PathBuf,
    /// Results.
    pub res: PathBuf,
    /// Results of readers, where they are delivered.
    pub face: Option<PathBuf>,
    /// Files under way; outside the watched folders, on the same file system.
    pub work: PathBuf,
    /// Whom results and folders are for.
    pub shared: Shared,
    /// Encoding of the answers.
    pub encoding: AnswerEncoding,
    /// Minutes after which a result in `res` counts as forgotten.
    pub stay_minutes: u32,
    /// What happens to forgotten results.
    pub forgotten: Forgotten,
    /// What happens to a result while an unread one of the same name lies in `res`.
    pub same_name: SameName,
    /// How messages are spelled.
    pub spelling: Spelling,
    /// Who asks for results of bulk messages.
    pub bulk_results: BulkResults,
}

impl From<&FolderPair> for Folders {
    fn from(pair: &FolderPair) -> Self {
        Self {
            name: pair.name.clone(),
            req: pair.req.clone(),
            res: pair.res.clone(),
            face: pair.face.clone(),
            work: pair.work.clone(),
            shared: pair.shared,
            encoding: pair.encoding,
            stay_minutes: pair.stay_minutes.get(),
            forgotten: pair.forgotten,
            same_name: pair.same_name,
            spelling: Spelling::of(pair),
            bulk_results: if pair.poll_bulk {
                BulkResults::Polled
            } else {
                BulkResults::AskedFor
            },
        }
    }
}

/// Whether the link app asks for bulk results by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkResults {
    /// It does, and publishes each when it is there.
    Polled,
    /// The receipt computer asks.
    AskedFor,
}

/// Why the folders cannot be used. The texts name the setting.
#[derive(Debug, thiserror::Error)]
pub enum FoldersError {
    /// A folder cannot be made or read.
    #[error(
        "フォルダー {0} を使えません。場所と書き込む権限を確かめてください。 / folder {0}: {1}; it must exist and be writable for this user"
    )]
    Folder(PathBuf, std::io::Error),
    /// Renaming between them would not be one step.
    #[error(
        "{0} と {1} は別のファイルシステムにあります。work を同じ所に置いてください。 / {0} and {1} lie on different file systems; set work to a folder on the same one"
    )]
    FileSystems(PathBuf, PathBuf),
    /// Two folder pairs are one in the journal.
    #[error(
        "{0}: 同じ name の [[folders]] が二つあります。別の名前にしてください。 / two [[folders]] have the name {0}; give each its own"
    )]
    SameName(String),
    /// A request would be taken for two pairs, or given back where it is taken again.
    #[error(
        "{0} を二つの役割に使っています。req と work は、それぞれ専用のフォルダーにしてください。 / {0} is set twice; each req and each work needs a folder of its own"
    )]
    SetTwice(PathBuf),
    /// Another link app works there, and both would answer.
    #[error(
        "{0} は別の連携アプリが使用中です。先にそちらを止めてください。 / another link app works in {0}; stop that one first"
    )]
    InUse(PathBuf),
    /// Work would be seen by the receipt computer.
    #[error(
        "{0} は req、res、face のどれかの中にあります。work を外に置いてください。 / {0} lies inside a watched folder; set work to a folder outside req, res and face"
    )]
    Inside(PathBuf),
}

impl Folders {
    /// The folders others use.
    fn watched(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.req, &self.res].into_iter().chain(&self.face)
    }

    /// Makes the folders others use where they are missing.
    pub(crate) fn make_watched(&self) -> Result<(), FoldersError> {
        for folder in self.watched() {
            let made = system::make_folder(folder, self.shared);
            made.map_err(|error| FoldersError::Folder(folder.clone(), error))?;
        }
        Ok(())
    }

    /// A folder that lets those whom `shared` names not through to the watched folders; one of these, or one above them.
    pub(crate) fn closed(&self) -> Option<PathBuf> {
        self.watched()
            .find_map(|it| system::closed_on_the_way(it, self.shared))
    }

    /// Locks the work folder for this process, whose end unlocks it.
    pub(crate) fn hold(&self) -> Result<File, FoldersError> {
        let at = self.work.join(LOCK);
        let failed = |error| FoldersError::Folder(self.work.clone(), error);
        let file = File::create(at).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FoldersError::InUse(self.work.clone())),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(folder = %self.name, error = %error, "no lock on the work folder: nothing keeps a second link app away");
            }
        }
        Ok(file)
    }

    /// The same folders with some prefixes exchanged in password zips.
    #[must_use]
    pub fn with_zip(mut self, zip: Zip) -> Self {
        self.spelling = self.spelling.with_zip(zip);
        self
    }

    /// Makes the folders where they are missing, and checks that files can move between them in one step.
    ///
    /// # Errors
    /// [`FoldersError`].
    pub fn open(&self) -> Result<(), FoldersError> {
        let mut devices = Vec::new();
        let watched_by_others = self.watched().map(|it| (it, self.shared));
        for (folder, shared) in watched_by_others.chain([(&self.work, Shared::Private)]) {
            let failed = |error| FoldersError::Folder(folder.clone(), error);
            system::make_folder(folder, shared).map_err(failed)?;
            let found = std::fs::metadata(folder).map_err(failed)?;
            devices.push((folder, system::device(&found)));
        }
        for folder in self.watched() {
            if self.work.starts_with(folder) {
                return Err(FoldersError::Inside(self.work.clone()));
            }
        }
        let work = devices.pop();
        match devices
            .iter()
            .find(|(_, device)| work.is_some_and(|(_, own)| own != *device))
        {
            Some((other, _)) => Err(FoldersError::FileSystems(
                self.work.clone(),
                (*other).clone(),
            )),
            None => Ok(()),
        }
    }
}

/// Names of what lies in a folder, in order. A name that is no Unicode is given with its strange bytes replaced.
pub(crate) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Writes a file for those whom the setting names and waits until the disk has it.
pub(crate) fn write_durably(path: &Path, bytes: &[u8], shared: Shared) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    system::share_file(path, shared)?;
    file.sync_all()
}

/// Waits until the disk has a folder's entries.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Moves a file in one step; one that its folder does not hold was moved before. A folder that is not there says nothing.
pub(crate) fn move_if_there(from: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let absent = std::fs::symlink_metadata(from)
                .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
            if absent && from.parent().is_some_and(Path::is_dir) {
                Ok(())
            } else {
                Err(error)
            }
        }
        moved => moved,
    }
}

/// Removes a file that may not be there.
pub(crate) fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Touches a published file, for readers that watch for changes only. A file already taken is fine.
pub(crate) fn touch(path: &Path, at: SystemTime) {
    if let Ok(file) = File::options().write(true).open(path) {
        let _ = file.set_modified(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_as_moved_only_where_its_folder_is_there_without_it() {
        let dir = tempfile::tempdir().unwrap();
        let (work, res) = (dir.path().join("work"), dir.path().join("res"));
        let (from, to) = (work.join("a"), res.join("a"));
        assert!(move_if_there(&from, &to).is_err(), "no work folder");
        std::fs::create_dir(&work).unwrap();
        std::fs::write(&from, "x").unwrap();
        assert!(move_if_there(&from, &to).is_err(), "no result folder");
        std::fs::create_dir(&res).unwrap();
        move_if_there(&from, &to).unwrap();
        assert!(to.is_file());
        move_if_there(&from, &to).unwrap();
    }
}
