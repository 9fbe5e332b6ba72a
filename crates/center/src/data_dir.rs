//! A center's data folder: made for its user alone, since it holds everybody's data and the center's keys, and used by one center at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::system;

/// The file whose lock says that the folder is in use. It stays where it is: the lock ends with its process, however that ends.
const LOCK: &str = "center.lock";

/// That file of a data folder.
#[must_use]
pub fn lock(dir: &Path) -> PathBuf {
    dir.join(LOCK)
}

/// Makes the data folder, which its user alone enters. One that is there keeps the rights it has.
///
/// # Errors
/// Of the file system.
pub fn make(dir: &Path) -> std::io::Result<()> {
    system::make_private_folder(dir)
}

/// A data folder that no other center may use while this value lives.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

/// Why a data folder is not held.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// Another process holds it.
    #[error(
        "another center, or a restore, is using data_dir {0}; stop it first, or name another folder"
    )]
    InUse(PathBuf),
    /// The file system.
    #[error("data_dir {0}: {1}")]
    File(PathBuf, std::io::Error),
}

impl Held {
    /// Makes the folder where there is none, and holds it. To be called before anything in it is opened: whoever starts settles what it takes for
    /// left behind.
    ///
    /// # Errors
    /// [`NotHeld`].
    pub fn take(dir: &Path) -> Result<Self, NotHeld> {
        let failed = |error| NotHeld::File(dir.into(), error);
        make(dir).map_err(failed)?;
        let held = system::open_private(&lock(dir)).map_err(failed)?;
        match held.try_lock() {
            Ok(()) => Ok(Self { _lock: held }),
            Err(TryLockError::WouldBlock) => Err(NotHeld::InUse(dir.into())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_and_again_when_it_was_let_go() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("center");
        let held = Held::take(&dir).unwrap();
        let refused = Held::take(&dir).unwrap_err();
        assert!(matches!(refused, NotHeld::InUse(_)), "{refused}");
        drop(held);
        Held::take(&dir).unwrap();
    }
}
