//! What the store asks of the operating system beyond the standard library: folders and files that their user alone reads, and whether two are the
//! same file. Linux alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder that its user alone enters; one that is there already is an error.
pub(crate) fn make_private_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// Makes an empty file that its user alone reads; one that is there already stays as it is.
pub(crate) fn make_private_file(file: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Whether an open file is the one that stands at a path. Where it was removed, another may stand there.
pub(crate) fn is_at(file: &File, path: &Path) -> Result<bool> {
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
