//! What this crate asks of the operating system beyond the standard library: who may read a file, and which file it is. Linux alone.

use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

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
