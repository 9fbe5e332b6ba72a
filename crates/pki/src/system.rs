//! What this crate asks of the operating system beyond the standard library: who may read a file, whose it is, and which file it is. Linux alone.

use std::fs::{File, Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::Path;

/// The user that may give files to others.
const ROOT: u32 = 0;

/// Whether other users may read or change a file.
pub(crate) fn is_open_to_others(found: &Metadata) -> bool {
    found.permissions().mode() & 0o077 != 0
}

/// Makes a new file that its user alone reads.
pub(crate) fn new_private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// When a file was changed last, in nanoseconds.
pub(crate) fn modified_nanos(found: &Metadata) -> i128 {
    i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec())
}

/// The number of a file in its file system.
pub(crate) fn inode(found: &Metadata) -> u64 {
    found.ino()
}

/// Makes a folder and those above it that are missing. What root makes belongs to the owner of the nearest one that was there.
pub(crate) fn make_folders(folder: &Path) -> std::io::Result<()> {
    let all = folder.ancestors().filter(|it| !it.as_os_str().is_empty());
    let missing: Vec<&Path> = all.take_while(|it| !it.exists()).collect();
    std::fs::create_dir_all(folder)?;
    for made in missing.into_iter().rev() {
        let above = crate::sealed::folder_of(made);
        if let Some((user, group)) = other_owner(&std::fs::symlink_metadata(made)?, above)? {
            lchown(made, Some(user), Some(group))?;
        }
    }
    Ok(())
}

/// Gives a new file of root to the owner of its folder: the parts run as users of their own, and read nothing that is root's alone.
pub(crate) fn give_to_owner(made: &File, folder: &Path) -> std::io::Result<()> {
    match other_owner(&made.metadata()?, folder)? {
        Some((user, group)) => fchown(made, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// User and group of a folder, where what lies in it is root's and the folder is not.
fn other_owner(made: &Metadata, folder: &Path) -> std::io::Result<Option<(u32, u32)>> {
    let above = std::fs::metadata(folder)?;
    let is_given = made.uid() == ROOT && above.uid() != ROOT;
    Ok(is_given.then(|| (above.uid(), above.gid())))
}
