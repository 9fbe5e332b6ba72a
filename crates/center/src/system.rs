//! What the center asks of the operating system beyond the standard library: the control socket with the user at its other end,
//! which file a file is, and files that their user alone reads. Linux alone.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use tokio::net::{UnixListener, UnixStream};

/// One who gives orders, or the center that obeys.
pub(crate) type ControlStream = UnixStream;

/// What the other end says.
pub(crate) type ControlReader = tokio::net::unix::OwnedReadHalf;

/// What is said to the other end.
pub(crate) type ControlWriter = tokio::net::unix::OwnedWriteHalf;

/// Where orders arrive.
pub(crate) struct ControlListener {
    listener: UnixListener,
    own: u32,
}

impl ControlListener {
    /// A socket that its user alone reaches.
    pub(crate) fn bind(path: &Path) -> std::io::Result<Self> {
        // A socket left by a process that was killed: the data folder is held by this one.
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let own = std::fs::metadata(path)?.uid();
        Ok(Self { listener, own })
    }

    /// The next who calls; `None` for another user than this one or root.
    pub(crate) async fn accept(&self) -> std::io::Result<Option<ControlStream>> {
        let (stream, _) = self.listener.accept().await?;
        let peer = stream.peer_cred();
        let ours = peer.is_ok_and(|peer| peer.uid() == self.own || peer.uid() == 0);
        Ok(ours.then_some(stream))
    }
}

/// Calls a center.
pub(crate) async fn call(path: &Path) -> std::io::Result<ControlStream> {
    UnixStream::connect(path).await
}

/// Bytes that are free for this user, and bytes there are, in the file system of a folder.
pub(crate) fn space(folder: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some((
        found.f_bavail.saturating_mul(found.f_frsize),
        found.f_blocks.saturating_mul(found.f_frsize),
    ))
}

/// Bytes of memory that could be used without taking any from a process; files that lie in memory count as free.
pub(crate) fn free_memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told
        .lines()
        .find_map(|it| it.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Files, and so connections, that this process may have open at once.
pub(crate) fn most_open_files() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/limits").ok()?;
    let rest = told
        .lines()
        .find_map(|it| it.strip_prefix("Max open files"))?;
    match rest.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// The number of a file in its file system.
pub(crate) fn inode(found: &Metadata) -> u64 {
    found.ino()
}

/// To make a file that its user alone reads, and that does not exist yet.
pub(crate) fn new_private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// Opens a file to write, made for its user alone if it is not there; what stands in it stays.
pub(crate) fn open_private(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.open(file)
}

/// Makes a folder that its user alone enters, if it is not there.
pub(crate) fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_free_memory() {
        let free = free_memory().unwrap();
        assert!((1 << 20..1 << 50).contains(&free), "{free}");
    }

    #[test]
    fn this_process_may_open_files() {
        let most = most_open_files().unwrap();
        assert!(16 < most, "{most}");
    }
}
