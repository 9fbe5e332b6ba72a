//! Hints that something may have come into a request folder, from the kernel (inotify). Only hints: shares lose events and other systems
//! have none, so whoever waits for them also looks by the clock. A folder that cannot be watched gives no hints and no error.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use tokio::io::unix::AsyncFd;

/// A folder that could not be watched, or was replaced, is tried again this often.
const AGAIN: Duration = Duration::from_secs(10);

/// The hints of one folder.
#[derive(Debug)]
pub(crate) struct Hints {
    folder: PathBuf,
    kernel: Option<AsyncFd<OwnedFd>>,
}

impl Hints {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            kernel: watch(folder),
        }
    }

    /// Waits for a hint.
    pub(crate) async fn next(&mut self) {
        loop {
            let Some(kernel) = &self.kernel else {
                tokio::time::sleep(AGAIN).await;
                self.kernel = watch(&self.folder);
                continue;
            };
            let Ok(mut ready) = kernel.readable().await else {
                self.kernel = None;
                continue;
            };
            let heard = read_all(kernel.get_ref());
            ready.clear_ready();
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

/// What the kernel told.
enum Heard {
    Nothing,
    Something,
    FolderGone,
}

fn watch(folder: &Path) -> Option<AsyncFd<OwnedFd>> {
    let kernel = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
    let what = WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    inotify::add_watch(&kernel, folder, what).ok()?;
    #[expect(
        deprecated,
        reason = "its successor needs `unsafe`; the descriptor is owned here, so nobody closes it meanwhile"
    )]
    AsyncFd::new(kernel).ok()
}

/// Empties the kernel's queue: many hints are one.
fn read_all(kernel: &OwnedFd) -> Heard {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(kernel, &mut buffer);
    let mut heard = Heard::Nothing;
    while let Ok(event) = reader.next() {
        use rustix::fs::inotify::ReadFlags;
        let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED;
        if event.events().intersects(gone) {
            return Heard::FolderGone;
        }
        heard = Heard::Something;
    }
    heard
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
