//! File systems that tests mount as root: in a file, or in memory. They are let go with the test. Nothing of the product mounts anything.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system.
pub(crate) struct Mounted {
    pub(crate) at: PathBuf,
    image: Option<PathBuf>,
}

impl Mounted {
    /// One of 2 MiB in a file beside the place.
    pub(crate) fn image(at: &Path) -> Self {
        let image = at.with_extension("img");
        std::fs::write(&image, vec![0; 2 << 20]).unwrap();
        run("mkfs.ext4", &["-q", "-F", "-m", "0", text(&image)]);
        let mounted = Self {
            at: at.to_owned(),
            image: Some(image),
        };
        mounted.mount_again();
        mounted
    }

    /// One in memory, of so many bytes.
    pub(crate) fn memory(at: &Path, bytes: usize) -> Self {
        let size = format!("size={bytes}");
        run("mount", &["-t", "tmpfs", "-o", &size, "none", text(at)]);
        Self {
            at: at.to_owned(),
            image: None,
        }
    }

    /// Mounts what was let go.
    pub(crate) fn mount_again(&self) {
        let image = self.image.as_deref().expect("it lies in a file");
        run("mount", &["-o", "loop", text(image), text(&self.at)]);
    }

    /// Lets it go.
    pub(crate) fn let_go(&self) {
        let_go(&self.at);
    }

    pub(crate) fn lock_against_writing(&self) {
        run("mount", &["-o", "remount,ro", text(&self.at)]);
    }

    /// Has it stand still: whoever writes waits. It goes on when what is returned is dropped.
    pub(crate) fn stand_still(&self) -> StandsStill<'_> {
        run("fsfreeze", &["--freeze", text(&self.at)]);
        StandsStill(self)
    }

    /// Fills it to the last byte with a file of this name.
    pub(crate) fn fill(&self, name: &str) {
        let mut file = std::fs::File::create(self.at.join(name)).unwrap();
        while std::io::Write::write_all(&mut file, &[1; 512]).is_ok() {}
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // One that the test let go is not there any more.
        let _ = command("umount").arg("--lazy").arg(&self.at).output();
    }
}

/// A file system that stands still.
pub(crate) struct StandsStill<'a>(&'a Mounted);

impl Drop for StandsStill<'_> {
    fn drop(&mut self) {
        run("fsfreeze", &["--unfreeze", text(&self.0.at)]);
    }
}

/// Lets a mounted file system go, as one who takes a stick out properly.
pub(crate) fn let_go(at: &Path) {
    run("umount", &[text(at)]);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests mount with the system's own programs"
)]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Runs a program of the system; tests run as root, as in CI.
fn run(program: &str, arguments: &[&str]) {
    let output = command(program).args(arguments).output();
    let output =
        output.unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs it"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?} needs root and loop devices (/dev/loop-control): {told}"
    );
}
