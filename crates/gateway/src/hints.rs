//! Hints that something may have come into a request folder, from the kernel (inotify). Only hints: shares lose events and other systems
//! have none, so whoever waits for them also looks by the clock. A folder that cannot be watched gives no hints and no error.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::system::{Heard, Watch};

/// A folder that could not be watched, or was replaced, is tried again this often.
const AGAIN: Duration = Duration::from_secs(10);

/// The hints of one folder.
#[derive(Debug)]
pub(crate) struct Hints {
    folder: PathBuf,
    kernel: Option<Watch>,
    /// A try to watch it, on a thread that may block: its share may hang.
    trying: Option<JoinHandle<Option<Watch>>>,
    /// The next try is not before.
    not_before: Instant,
}

impl Hints {
    pub(crate) async fn of(folder: &Path) -> Self {
        let mut hints = Self {
            folder: folder.to_owned(),
            kernel: None,
            trying: None,
            not_before: Instant::now(),
        };
        hints.kernel = hints.watch().await;
        hints
    }

    /// Tries to watch the folder when it is time. A call that is given up is gone on with by the next.
    async fn watch(&mut self) -> Option<Watch> {
        if self.trying.is_none() {
            tokio::time::sleep_until(self.not_before).await;
        }
        let folder = &self.folder;
        let trying = self.trying.get_or_insert_with(|| {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || Watch::of(&folder))
        });
        let watched = trying.await;
        self.trying = None;
        self.not_before = Instant::now() + AGAIN;
        watched.ok().flatten()
    }

    /// Waits for a hint.
    pub(crate) async fn next(&mut self) {
        loop {
            let Some(kernel) = &self.kernel else {
                self.kernel = self.watch().await;
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
        let mut hints = Hints::of(dir.path()).await;
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
        let mut hints = Hints::of(&folder).await;
        std::fs::remove_dir(&folder).unwrap();
        hints.next().await;
        assert!(hints.kernel.is_none());
    }

    #[tokio::test]
    async fn a_folder_that_came_back_is_watched_although_nobody_waits_for_hints_that_long() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("req");
        std::fs::create_dir(&folder).unwrap();
        let mut hints = Hints::of(&folder).await;
        std::fs::remove_dir(&folder).unwrap();
        hints.next().await;
        std::fs::create_dir(&folder).unwrap();
        let before = hints.not_before;
        hints.not_before = Instant::now();
        assert!(hints.not_before < before, "not at once");
        while hints.kernel.is_none() {
            tokio::select! {
                biased;
                () = hints.next() => {}
                () = tokio::task::yield_now() => {}
            }
        }
        std::fs::write(folder.join("a"), "x").unwrap();
        hints.next().await;
    }
}
