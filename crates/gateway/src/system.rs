//! What the link app asks of the operating system beyond the standard library: on which file system a folder lies, and whether something
//! happened in it. Linux alone.

use std::fs::Metadata;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use tokio::io::unix::AsyncFd;

/// The number of the file system.
pub(crate) fn device(found: &Metadata) -> u64 {
    found.dev()
}

/// What the kernel told of a folder.
pub(crate) enum Heard {
    /// Nothing of interest.
    Nothing,
    /// A file was closed after writing, or moved in.
    Something,
    /// The folder was removed or renamed.
    FolderGone,
}

/// A folder the kernel watches.
#[derive(Debug)]
pub(crate) struct Watch(AsyncFd<OwnedFd>);

impl Watch {
    /// Begins to watch; `None` where that is not possible.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
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
        let watch = AsyncFd::new(kernel).ok()?;
        Some(Self(watch))
    }

    /// Waits until the kernel tells something, and empties its queue: many hints are one.
    pub(crate) async fn hear(&self) -> Heard {
        let Ok(mut ready) = self.0.readable().await else {
            return Heard::FolderGone;
        };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(self.0.get_ref(), &mut buffer);
        let mut heard = Heard::Nothing;
        let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED;
        while let Ok(event) = reader.next() {
            if event.events().intersects(gone) {
                return Heard::FolderGone;
            }
            heard = Heard::Something;
        }
        ready.clear_ready();
        heard
    }
}
