//! What the executable asks of the operating system itself: readiness to the service manager, signals, rights of files, what a terminal shows. Calls of
//! other crates stand in their own module of this name. Built and tried on Linux alone.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::{Access, AtFlags, CWD, RenameFlags, accessat, renameat_with};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::told;

/// Where systemd waits for word of a unit of `Type=notify` (sd_notify(3)).
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";

/// Tells the service manager that the part answers now. Without one, or when it cannot be told, nothing happens but a line in the log:
/// systemd then says by itself that it waited in vain.
pub(crate) fn tell_ready() {
    let Some(socket) = std::env::var_os(NOTIFY_SOCKET) else {
        return;
    };
    if let Err(error) = send(&socket, b"READY=1") {
        tracing::warn!(error = %error, "the service manager could not be told that the part is ready");
    }
}

fn send(socket: &OsStr, word: &[u8]) -> std::io::Result<()> {
    // A first `@` stands for the zero byte of an abstract address.
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let sender = UnixDatagram::unbound()?;
    sender.send_to_addr(word, &address)?;
    Ok(())
}

/// Calls a program that listens on a socket of this machine.
pub(crate) fn call(socket: &Path) -> std::io::Result<UnixStream> {
    UnixStream::connect(socket)
}

/// Becomes another program; returns only when that could not be.
pub(crate) fn become_it(command: &mut Command) -> std::io::Error {
    command.exec()
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Whether whoever runs this may make files in a folder, by the rights the system would judge by; an error says why not.
pub(crate) fn takes_files(folder: &Path) -> std::io::Result<()> {
    let access = Access::WRITE_OK | Access::EXEC_OK;
    accessat(CWD, folder, access, AtFlags::EACCESS).map_err(std::io::Error::from)
}

/// The number of the file system that a file lies on.
pub(crate) fn device(found: &Metadata) -> u64 {
    found.dev()
}

/// A file that its user alone reads, empty.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

/// A new file that its user alone reads.
pub(crate) fn new_private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Gives a file a name that nothing has yet; an error where something does.
pub(crate) fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // Not every file system can do that at once.
        Err(Errno::INVAL | Errno::NOSYS) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        Err(error) => Err(error.into()),
    }
}

/// Standard input past the buffer of the standard library: that is never wiped, and a PIN would stay in it.
pub(crate) fn unbuffered_input() -> std::io::Result<File> {
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Keeps what is typed at the terminal from being shown, until this is dropped.
pub(crate) struct Unseen {
    before: Termios,
}

impl Unseen {
    /// From now on; `None` where standard input is no terminal. What was typed before is thrown away: it was shown.
    pub(crate) fn begin() -> std::io::Result<Option<Self>> {
        let input = std::io::stdin();
        if !input.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&input)?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown, so that the next text begins on its own.
        unseen.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(&input, OptionalActions::Flush, &unseen)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let put_back = tcsetattr(std::io::stdin(), OptionalActions::Drain, &self.before);
        if let Err(error) = put_back {
            tracing::warn!(error = %error, "the terminal does not show what is typed any more; `stty echo` mends it");
        }
    }
}

/// Ctrl-C and requests to terminate, heard from the moment this is made: whoever says that it answers, or changes the terminal, listens first, else a
/// word that comes right then ends the process on the spot.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Listens from now on; the process does not end by itself any more.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let signal = |kind| {
            signal(kind).map_err(|error| {
                told::both(
                    "終了の合図（Ctrl-C）を受け取れません。",
                    &format!("the signals to end cannot be listened to: {error}"),
                )
            })
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for one; one that came since [`Self::listen`] counts.
    pub(crate) async fn came(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_reaches_a_socket_by_path_and_by_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let heard = |listener: &UnixDatagram| {
            let mut bytes = [0; 64];
            let length = listener.recv(&mut bytes).unwrap();
            bytes[..length].to_vec()
        };
        send(path.as_os_str(), b"READY=1").unwrap();
        assert_eq!(heard(&listener), b"READY=1");
        let name = format!("onshi-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = UnixDatagram::bind_addr(&address).unwrap();
        send(OsStr::new(&format!("@{name}")), b"READY=1").unwrap();
        assert_eq!(heard(&listener), b"READY=1");
        assert!(send(OsStr::new("/nowhere/notify"), b"READY=1").is_err());
    }
}
