//! A PostgreSQL server of its own for a bench, from Debian's package, with its own settings but for memory. Ends with the bench.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// Who runs it where the bench runs as root: the server refuses to.
const USER: &str = "postgres";

pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
}

impl Server {
    pub(crate) fn start(dir: &Path) -> anyhow::Result<Self> {
        let folder = std::fs::canonicalize(dir)?;
        let is_root = std::fs::metadata("/proc/self")?.uid() == 0;
        let socket = tempfile_in_tmp()?;
        if is_root {
            for owned in [&folder, &socket] {
                succeed(Command::new("chown").arg(USER).arg(owned))?;
            }
        }
        let data = folder.join("data");
        succeed(
            as_user(is_root, "initdb")
                .args([
                    "--locale=C.UTF-8",
                    "--encoding=UTF8",
                    "--auth=trust",
                    "--username=onshi",
                    "--pgdata",
                ])
                .arg(&data),
        )?;
        let child = as_user(is_root, "postgres")
            .arg("-D")
            .arg(&data)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "shared_buffers=512MB",
                "-c",
                "max_wal_size=4GB",
            ])
            .arg("-k")
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("PostgreSQL cannot be started; its package is postgresql-15")?;
        let server = Self {
            child,
            folder: socket,
        };
        let begun = Instant::now();
        while !server.answers() {
            anyhow::ensure!(
                begun.elapsed() < Duration::from_secs(60),
                "PostgreSQL does not answer"
            );
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(server)
    }

    fn answers(&self) -> bool {
        let mut asked = Command::new("createdb");
        asked
            .arg("-h")
            .arg(&self.folder)
            .args(["-U", "onshi", "onshi"]);
        asked
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "postgres:///onshi?host={}&user=onshi",
            self.folder.display()
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A short path: that of a socket has a hundred bytes at most.
fn tempfile_in_tmp() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("onshi-bench-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    Ok(folder)
}

fn as_user(is_root: bool, program: &str) -> Command {
    let program = format!("{PROGRAMS}/{program}");
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", &program]);
    command
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    anyhow::ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
