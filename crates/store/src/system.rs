//! What the store asks of the operating system beyond the standard library: folders and files that their user alone reads. Linux alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
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
