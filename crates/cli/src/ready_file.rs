//! Makes way for a ready file before a start. Each part writes its own when it answers.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::told;

/// Sees that a part's ready file can be written, and that none of an earlier run says that the part is ready.
pub(crate) fn make_way(file: &Path, data_dir: &Path, is_running: bool) -> anyhow::Result<()> {
    if file.is_dir() {
        return Err(told::both(
            &format!(
                "{} はフォルダーです。--ready-file にはファイルを指定してください。",
                file.display()
            ),
            &format!(
                "{} is a folder; name a file with --ready-file",
                file.display()
            ),
        ));
    }
    // A part makes its own folder, with rights of its own.
    if !file.starts_with(data_dir) {
        try_to_write_beside(file)?;
    }
    // That of a part that runs stays: beside it this start fails or writes its own.
    if is_running {
        return Ok(());
    }
    match std::fs::remove_file(file) {
        Err(error) if !is_absent(&error) => Err(told::unwritable(file, &error)),
        _ => Ok(()),
    }
}

/// The same for terminal, link app and kiosk, which hold a lock in their data folder while they run.
pub(crate) fn make_way_in_clinic(file: &Path, data_dir: &Path) -> anyhow::Result<()> {
    let lock = terminal::running::file(data_dir);
    // Of a lock that cannot be looked at the start tells.
    let is_running = terminal::running::is_held(&lock).unwrap_or(false);
    make_way(file, data_dir, is_running)
}

/// Whether there is no such file.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether a file can be written where the ready file will lie; leaves nothing but its folder.
fn try_to_write_beside(file: &Path) -> anyhow::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".try");
    let beside = PathBuf::from(beside);
    pki::sealed::write_private(&beside, b"")?;
    std::fs::remove_file(&beside).map_err(|error| told::unwritable(&beside, &error))
}
