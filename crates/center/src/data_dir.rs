//! A center's data folder: made for its user alone, since it holds everybody's data and the center's keys.

use std::path::Path;

use crate::system;

/// Makes the data folder, which its user alone enters. One that is there keeps the rights it has.
///
/// # Errors
/// Of the file system.
pub fn make(dir: &Path) -> std::io::Result<()> {
    system::make_private_folder(dir)
}
