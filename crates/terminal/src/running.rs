//! Which parts run on this PC: each holds a lock on a file of its data folder while it does. Starts and ends nothing. The lock goes with
//! the process, however that ends, so no stale file ever says that a part runs.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A lock that is taken, by an earlier process that is ending or by somebody who looks, is tried again after so long.
const AGAIN: Duration = Duration::from_millis(500);

/// The file a part locks in its data folder.
#[must_use]
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("running.lock")
}

/// Holds the lock of a part until the runtime ends.
///
/// # Errors
/// The file's.
pub fn hold(data_dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(data_dir)?;
    let held = File::create(file(data_dir))?;
    tokio::spawn(async move {
        loop {
            match held.try_lock() {
                Ok(()) => std::future::pending::<()>().await,
                Err(TryLockError::WouldBlock) => tokio::time::sleep(AGAIN).await,
                Err(TryLockError::Error(error)) => {
                    tracing::warn!(error = %error, "the doctor cannot see that this part runs");
                    return;
                }
            }
        }
    });
    Ok(())
}

/// Whether some process holds the lock.
///
/// # Errors
/// The file's, but for one that is not there.
pub fn is_held(file: &Path) -> std::io::Result<bool> {
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match opened.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
