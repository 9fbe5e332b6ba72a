//! What the link app asks of the operating system beyond the standard library: on which file system a folder lies. Linux alone.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The number of the file system.
pub(crate) fn device(found: &Metadata) -> u64 {
    found.dev()
}
