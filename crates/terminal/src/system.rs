//! What the terminal asks of the operating system: Debian's package tools, the service manager, rights of files. Built and tried on
//! Debian alone. Decides nothing.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use pki::sealed::folder_of;
use tokio::process::Command;

/// The parts of a PC that an update may end: they run again after it.
const UNITS: [&str; 3] = ["onshi-terminal", "onshi-gateway", "onshi-kiosk"];

/// Where tools of the system lie; the environment of whoever called does not count.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Debian's package tools take so long at most.
const DPKG_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Another installation is waited for so long: one that was orphaned by a kill ends by itself.
const LOCK_LIMIT: Duration = Duration::from_secs(5 * 60);

/// A look at the service manager takes so long at most.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// Debian's package tools for one root.
#[derive(Debug, Clone)]
pub(crate) struct Dpkg {
    root: PathBuf,
}

/// A package as dpkg knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its version.
    pub(crate) version: String,
    /// Unpacked and configured as a whole.
    pub(crate) whole: bool,
}

impl Dpkg {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }

    /// The package of a name; `None` where dpkg knows none, or there is no dpkg.
    pub(crate) async fn package(&self, name: &str) -> Option<Known> {
        let mut command = program("dpkg-query");
        command
            .arg("--admindir")
            .arg(self.root.join("var/lib/dpkg"));
        command.args([
            "--show",
            "--showformat",
            "${db:Status-Status} ${Version}",
            name,
        ]);
        let output = run(command, LOOK_LIMIT).await.ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (status, version) = text.split_once(' ')?;
        // A package that was removed is known by its settings alone.
        let there =
            output.status.success() && status != "config-files" && status != "not-installed";
        there.then(|| Known {
            version: version.trim().to_owned(),
            whole: status == "installed",
        })
    }

    /// Installs a package file, keeping settings that were edited; waits for another installation to end. The error is dpkg's.
    pub(crate) async fn install(&self, file: &Path) -> Result<(), String> {
        let begun = tokio::time::Instant::now();
        loop {
            let mut command = program("dpkg");
            command.env("DEBIAN_FRONTEND", "noninteractive");
            if self.root != Path::new("/") {
                command
                    .arg("--root")
                    .arg(&self.root)
                    .arg("--force-not-root");
            }
            command.args(["--force-confdef", "--force-confold", "--install"]);
            command.arg(file);
            let output = run(command, DPKG_LIMIT)
                .await
                .map_err(|error| error.to_string())?;
            if output.status.success() {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if !said.contains("lock was locked") || LOCK_LIMIT < begun.elapsed() {
                return Err(said);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The executable that is installed, asked to look at itself; returns what it prints. The error says why there is no answer.
    pub(crate) async fn self_check(
        &self,
        config: &Path,
        limit: Duration,
    ) -> Result<String, String> {
        let mut command = program(self.root.join("usr/bin/onshi"));
        command
            .args(["update", "self-check", "--json", "--config"])
            .arg(config);
        let output = run(command, limit)
            .await
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {}", output.status, said.trim()));
        }
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    }

    /// The units of ours that run now. None where this root is not the machine's, or no service manager runs.
    pub(crate) async fn active_units(&self) -> Vec<&'static str> {
        let mut active = Vec::new();
        if self.root != Path::new("/") || !Path::new("/run/systemd/system").is_dir() {
            return active;
        }
        for unit in UNITS {
            let mut command = program("systemctl");
            command.args(["is-active", "--quiet", unit]);
            if run(command, LOOK_LIMIT)
                .await
                .is_ok_and(|it| it.status.success())
            {
                active.push(unit);
            }
        }
        active
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "installing is dpkg's work; this is the one place of the product that starts another program"
)]
fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(mut command: Command, limit: Duration) -> std::io::Result<Output> {
    let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time");
    tokio::time::timeout(limit, command.output())
        .await
        .map_err(|_| late())?
}

/// When a file was changed last, in seconds since 1970.
pub(crate) fn modified_s(found: &std::fs::Metadata) -> i64 {
    found.mtime()
}

/// The number of the file system that a file lies on.
pub(crate) fn device(found: &std::fs::Metadata) -> u64 {
    found.dev()
}

/// Writes a file whole or not at all, to the disk before it shows, with these rights.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let beside = beside(path);
    let _ = std::fs::remove_file(&beside);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    show(&beside, path)
}

/// Opens a plain file that the owner of `folder` laid somewhere below it. What a link leads to is another's, or no file at all: whoever
/// reads as root would hand it to that owner, or read without end.
pub(crate) fn open_of_owner(folder: &Path, path: &Path) -> std::io::Result<File> {
    let refused = || {
        let why = "not a plain file of the folder's owner";
        std::io::Error::new(std::io::ErrorKind::PermissionDenied, why)
    };
    let named = std::fs::symlink_metadata(path)?;
    if !named.is_file() {
        return Err(refused());
    }
    let opened = File::open(path)?;
    let found = opened.metadata()?;
    let is_named = (found.dev(), found.ino()) == (named.dev(), named.ino());
    if !is_named || found.uid() != std::fs::metadata(folder)?.uid() {
        return Err(refused());
    }
    Ok(opened)
}

/// Copies a file whole or not at all, to the disk before it shows, with these rights.
pub(crate) fn copy_whole(from: impl Read, to: &Path, mode: u32) -> std::io::Result<()> {
    let beside = beside(to);
    let _ = std::fs::remove_file(&beside);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)?;
    let mut from = from;
    std::io::copy(&mut from, &mut file)?;
    file.sync_all()?;
    drop(file);
    show(&beside, to)
}

/// Gives a file that is on the disk its name, for good.
pub(crate) fn show(beside: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::rename(beside, path)?;
    std::fs::File::open(folder_of(path))?.sync_all()
}

/// Has everybody read a file that its owner alone changes.
pub(crate) fn let_all_read(path: &Path) -> std::io::Result<()> {
    set_rights(path, 0o644)
}

/// Gives a file these rights.
pub(crate) fn set_rights(path: &Path, mode: u32) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// The rights of a file.
#[cfg(test)]
pub(crate) fn rights(path: &Path) -> std::io::Result<u32> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    beside.into()
}

/// Makes a new file that its user alone reads.
pub(crate) fn new_private() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// Has the system forget what it holds of a file in memory, so that the next read comes from the drive. Not every file system knows
/// how; nothing may hang on it.
pub(crate) fn forget_in_memory(file: &std::fs::File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

/// Whether an error is what a drive answers that was pulled out: EIO, ENXIO, ENODEV.
pub(crate) fn is_of_a_device_that_is_gone(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 6 | 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_to_is_not_read_for_the_owner_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (own, secret) = (dir.path().join("own"), dir.path().join("secret"));
        std::fs::write(&own, "own").unwrap();
        std::fs::write(&secret, "secret").unwrap();
        assert!(open_of_owner(dir.path(), &own).is_ok());
        for lies_there in ["link", "device"] {
            let path = dir.path().join(lies_there);
            let to = if lies_there == "link" {
                secret.as_path()
            } else {
                Path::new("/dev/zero")
            };
            std::os::unix::fs::symlink(to, &path).unwrap();
            let error = open_of_owner(dir.path(), &path).unwrap_err();
            assert_eq!(
                error.kind(),
                std::io::ErrorKind::PermissionDenied,
                "{lies_there}"
            );
        }
        assert!(open_of_owner(dir.path(), Path::new("/dev/zero")).is_err());
        let missing = open_of_owner(dir.path(), &dir.path().join("missing")).unwrap_err();
        assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    }
}
