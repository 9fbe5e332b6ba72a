//! Hints that something may have come into a request folder, from the kernel (inotify). Only hints: shares lose events and other systems
//! have none, so whoever waits for them also looks by the clock. A folder that cannot be watched gives no hints and no error.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::system::{Heard, Watch};

/// A folder that could not be watched, or was replaced, is tried again this often.
const AGAIN: Duration = Duration::from_secs(10);

/// The hints of one folder.
#[derive(Debug)]
pub(crate) struct Hints {
    folder: PathBuf,
    kernel: Option<Watch>,
}

impl Hints {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            kernel: Watch::of(folder),
        }
    }

    /// Waits for a hint.
    pub(crate) async fn next(&mut self) {
        loop {
            let Some(kernel) = &self.kernel else {
                tokio::time::sleep(AGAIN).await;
                self.kernel = Watch::of(&self.folder);
                continue;
            };
            let heard = kernel.hear().await;
            match heard {
                Heard::Something => return,
                Heard::Nothing => {}
                // It was removed or renamed: what takes its place is watched anew.
                Heard::FolderGone => {
                    self.kernel = None;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_closed_or_moved_in_gives_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        let mut hints = Hints::of(dir.path());
        std::fs::write(dir.path().join("a.tmp"), "x").unwrap();
        hints.next().await;
        let outside = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
        std::fs::write(outside.path().join("b"), "x").unwrap();
        std::fs::rename(outside.path().join("b"), dir.path().join("b")).unwrap();
        hints.next().await;
    }

    #[tokio::test]
    async fn a_folder_that_goes_away_is_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("req");
        std::fs::create_dir(&folder).unwrap();
        let mut hints = Hints::of(&folder);
        std::fs::remove_dir(&folder).unwrap();
        hints.next().await;
        assert!(hints.kernel.is_none());
    }
}
