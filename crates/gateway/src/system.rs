//! What the link app asks of the operating system beyond the standard library: on which file system a folder lies, whom files and folders
//! are for, and whether something happened in a folder. Linux alone.

use std::fs::{Metadata, Permissions};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use tokio::io::unix::AsyncFd;

use crate::config::Shared;

/// The number of the file system.
pub(crate) fn device(found: &Metadata) -> u64 {
    found.dev()
}

/// Lets those whom the setting names read and change a file; the service's umask lets nobody.
pub(crate) fn share_file(path: &Path, shared: Shared) -> io::Result<()> {
    let mode = match shared {
        Shared::Private => return Ok(()),
        Shared::Group => 0o660,
        Shared::Everyone => 0o666,
    };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Makes a folder for those whom the setting names where it is missing, and those above it. What is there keeps its rights.
pub(crate) fn make_folder(folder: &Path, shared: Shared) -> io::Result<()> {
    let missing: Vec<&Path> = folder
        .ancestors()
        .take_while(|it| !it.as_os_str().is_empty() && !it.exists())
        .collect();
    std::fs::create_dir_all(folder)?;
    let (own, above) = match shared {
        Shared::Private => return Ok(()),
        Shared::Group => (0o770, 0o750),
        Shared::Everyone => (0o777, 0o755),
    };
    for made in missing {
        let mode = if made == folder { own } else { above };
        std::fs::set_permissions(made, Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// The folder that lets those whom the setting names not through to another, which may be that one itself. One that is not there says nothing.
pub(crate) fn closed_on_the_way(folder: &Path, shared: Shared) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let group = std::fs::metadata(&folder).ok()?.gid();
    for at in folder.ancestors() {
        let found = std::fs::metadata(at).ok()?;
        let execute = match shared {
            Shared::Private => return None,
            Shared::Group if found.gid() == group => 0o010,
            // Whether they belong to that group as well is not known.
            Shared::Group => 0o011,
            Shared::Everyone => 0o001,
        };
        if found.mode() & execute == 0 {
            return Some(at.to_owned());
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use crate::config::FolderPair;
    use crate::folders::Folders;
    use crate::opening::{ANSWER_WITHIN, open_all};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn folders_that_are_made_are_for_those_the_setting_names_and_others_stay() {
        for (shared, own, above) in [
            (Shared::Group, 0o770, 0o750),
            (Shared::Everyone, 0o777, 0o755),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let there = dir.path().join("there");
            std::fs::create_dir(&there).unwrap();
            let before = mode(&there);
            let folder = there.join("oqs/res");
            make_folder(&folder, shared).unwrap();
            assert_eq!((mode(&folder), mode(&there.join("oqs"))), (own, above));
            make_folder(&there, shared).unwrap();
            assert_eq!(mode(&there), before);
        }
        let dir = tempfile::tempdir().unwrap();
        let (usual, made) = (dir.path().join("usual"), dir.path().join("made"));
        std::fs::create_dir(&usual).unwrap();
        make_folder(&made, Shared::Private).unwrap();
        assert_eq!(mode(&made), mode(&usual));
    }

    #[tokio::test]
    async fn what_pairs_lie_in_together_is_made_for_most_of_those_they_are_for() {
        for (first, second, expected) in [
            (Shared::Private, Shared::Group, 0o750),
            (Shared::Group, Shared::Everyone, 0o755),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let parent = dir.path().join("oqs");
            let pair = |name: &str, shared| {
                let folder = |kind: &str| parent.join(format!("{name}-{kind}"));
                let pair = FolderPair::new(name, folder("req"), folder("res"), folder("work"));
                Folders {
                    shared,
                    ..Folders::from(&pair)
                }
            };
            let pairs = [pair("a", first), pair("b", second)];
            let _doors = open_all(&pairs, ANSWER_WITHIN).await.unwrap();
            assert_eq!(mode(&parent), expected);
        }
    }

    #[test]
    fn a_folder_that_lets_those_named_not_through_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let dir = std::fs::canonicalize(dir.path()).unwrap();
        let (above, folder) = (dir.join("oqs"), dir.join("oqs/req"));
        std::fs::create_dir_all(&folder).unwrap();
        let closed = |rights_above, rights, shared| {
            std::fs::set_permissions(&above, Permissions::from_mode(rights_above)).unwrap();
            std::fs::set_permissions(&folder, Permissions::from_mode(rights)).unwrap();
            // What lies above the test's own folder is the machine's.
            closed_on_the_way(&folder, shared).filter(|it| it.starts_with(&above))
        };
        let (group, everyone) = (Shared::Group, Shared::Everyone);
        assert_eq!(closed(0o700, 0o770, group), Some(above.clone()));
        assert_eq!(closed(0o750, 0o700, group), Some(folder.clone()));
        assert_eq!(closed(0o750, 0o770, group), None);
        assert_eq!(closed(0o750, 0o777, everyone), Some(above.clone()));
        assert_eq!(closed(0o755, 0o777, everyone), None);
        assert_eq!(closed(0o700, 0o700, Shared::Private), None);
    }
}
