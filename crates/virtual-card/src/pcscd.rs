//! A card service of its own for readers that do not exist: pcscd with the vpcd driver, in namespaces of its own, so that any number run
//! beside each other and beside the machine's, and nothing stays behind. Touches no reader of the machine.
//!
//! The process starts itself anew under `unshare`. Inside, `/run/pcscd` is a folder of ours, so that programs outside reach the service
//! by `PCSCLITE_CSOCK_NAME`; the network is empty, so that ports are always free and nobody else can lay a card; and the processes end
//! with the first of them, whatever kills it.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::slot::Slot;
use crate::{control, vpcd};

/// The driver, as Debian installs it.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

/// The first reader's port. A reader takes two, because the driver gives each a second slot.
const FIRST_PORT: u16 = 0x8c7b;

/// How long pcscd may take to start, and a reader to switch a card on.
const START: Duration = Duration::from_secs(20);

/// Between two looks for pcscd's socket.
const POLL: Duration = Duration::from_millis(5);

/// Between two looks whether pcscd still runs.
const WATCH: Duration = Duration::from_secs(1);

/// Where pcscd has its socket.
const INSIDE: &str = "/run/pcscd";

/// Inside the namespaces: loopback up, the socket's folder in place, then this program again.
const ENTER: &str = r#"
set -e
ip link set lo up
[ -d /run/pcscd ] || { mount -t tmpfs none /run; mkdir /run/pcscd; }
mount --bind "$1" /run/pcscd
shift
exec "$@"
"#;

/// What kept the service from running.
#[derive(Debug, thiserror::Error)]
pub enum NoService {
    /// A program or the driver is not installed.
    #[error(
        "{0} is missing; install the Debian packages pcscd, vsmartcard-vpcd, util-linux, iproute2"
    )]
    Missing(&'static str),
    /// A file or folder could not be made.
    #[error("{path} cannot be made: {error}")]
    NotMade {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A program did not start.
    #[error("{0} cannot be started: {1}")]
    NotStarted(&'static str, io::Error),
    /// pcscd ended, or did not come up.
    #[error("pcscd does not run; its words are in {0}")]
    Ended(PathBuf),
}

/// Name of a reader: letters, digits, blanks and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderName(String);

/// The text is no name of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reader's name is 1 to 40 letters, digits, blanks and hyphens of ASCII")]
pub struct InvalidReaderName;

impl std::str::FromStr for ReaderName {
    type Err = InvalidReaderName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |it: char| it.is_ascii_alphanumeric() || it == ' ' || it == '-';
        let right = !text.trim().is_empty() && text.len() <= 40 && text.chars().all(fits);
        right
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidReaderName)
    }
}

impl fmt::Display for ReaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Becomes the service in its namespaces: answers only if that failed.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a test rig starts what it consists of"
)]
pub fn enter(dir: &Path, names: &[ReaderName]) -> NoService {
    let dir = match prepare(dir, names) {
        Ok(dir) => dir,
        Err(error) => return error,
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return NoService::NotStarted("virtual-card", error),
    };
    let mut command = Command::new("unshare");
    command.env("PATH", search_path());
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    if !is_root {
        command.arg("--map-root-user");
    }
    command.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--"]);
    command.args(["sh", "-c", ENTER, "sh"]);
    command.arg(run_dir(&dir)).arg(program);
    command.args(["reader-inside", "--dir"]).arg(&dir);
    for name in names {
        command.args(["--name", &name.0]);
    }
    NoService::NotStarted("unshare", command.exec())
}

/// The service itself: runs until its standard input ends. `stop` and `start` on the socket `service.control` end pcscd and start it again.
///
/// # Errors
/// [`NoService`].
pub fn run(dir: &Path, names: &[ReaderName], ready: impl FnOnce(&Value)) -> Result<(), NoService> {
    let (ask, asked) = mpsc::channel();
    let input_ended = ask.clone();
    std::thread::spawn(move || {
        // Whoever started us holds the other end; nothing is said through it.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = input_ended.send(Request::End);
    });
    let mut pcscd = Some(start(dir)?);
    let mut readers = Vec::new();
    for (name, port) in names.iter().zip(ports()) {
        let control = serve(dir, name, port)?;
        readers.push(json!({"name": name.0, "control": control}));
    }
    let socket = run_dir(dir).join("pcscd.comm");
    let control = dir.join("service.control");
    attend_service(&control, ask)?;
    ready(&json!({"socket": socket, "service": control, "readers": readers}));
    loop {
        match asked.recv_timeout(WATCH) {
            // The kernel ends pcscd with this process, the first of its namespace.
            Ok(Request::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(Request::Stop(done)) => {
                if let Some(pcscd) = pcscd.take() {
                    stop(pcscd);
                }
                let _ = done.send(Ok(()));
            }
            Ok(Request::Start(done)) => {
                let started = match pcscd {
                    Some(_) => Ok(()),
                    None => start(dir).map(|it| pcscd = Some(it)),
                };
                let _ = done.send(started);
            }
            Err(RecvTimeoutError::Timeout) => {
                let alive = |it: &mut Child| matches!(it.try_wait(), Ok(None));
                if !pcscd.as_mut().is_none_or(alive) {
                    return Err(NoService::Ended(log_file(dir)));
                }
            }
        }
    }
}

/// What the service is asked.
enum Request {
    End,
    Stop(mpsc::Sender<Result<(), NoService>>),
    Start(mpsc::Sender<Result<(), NoService>>),
}

/// Neither stop nor start.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no order to the service; known are: stop, start")]
struct InvalidRequest(String);

fn attend_service(socket: &Path, ask: mpsc::Sender<Request>) -> Result<(), NoService> {
    let handle = move |line: &str| {
        let (done, outcome) = mpsc::channel();
        let request = match line.trim() {
            "stop" => Request::Stop(done),
            "start" => Request::Start(done),
            other => return control::refused(&InvalidRequest(other.to_owned())),
        };
        // If the service has ended, so has this process.
        let _ = ask.send(request);
        match outcome.recv() {
            Ok(Err(error)) => control::refused(&error),
            Ok(Ok(())) | Err(mpsc::RecvError) => json!({"done": true}),
        }
    };
    control::attend(socket, handle).map_err(|error| NoService::NotMade {
        path: socket.to_owned(),
        error,
    })
}

fn serve(dir: &Path, name: &ReaderName, port: u16) -> Result<PathBuf, NoService> {
    let slot = Arc::new(Slot::default());
    let socket = dir.join(format!("{name}.control"));
    control::listen(&slot, &socket).map_err(|error| NoService::NotMade {
        path: socket.clone(),
        error,
    })?;
    let name = name.clone();
    std::thread::spawn(move || {
        loop {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            if let Err(error) = vpcd::serve(&slot, address, START) {
                tracing::error!(reader = %name, %error, "card not taken");
                slot.remove();
            }
        }
    });
    Ok(socket)
}

/// Never with `--apdu`: that writes PINs.
#[expect(
    clippy::disallowed_methods,
    reason = "a test rig starts what it consists of"
)]
fn start(dir: &Path) -> Result<Child, NoService> {
    let log = log_file(dir);
    let socket = run_dir(dir).join("pcscd.comm");
    // Left by one that was killed, they would keep the next from starting.
    for left in [&socket, &run_dir(dir).join("pcscd.pid")] {
        let _ = std::fs::remove_file(left);
    }
    let file = std::fs::File::create(&log);
    let file = file.map_err(|error| NoService::NotMade {
        path: log.clone(),
        error,
    })?;
    let mut pcscd = Command::new("pcscd")
        .args(["--foreground", "--config"])
        .arg(config_dir(dir))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .map_err(|error| NoService::NotStarted("pcscd", error))?;
    // Nothing is sent here: waiting for it is waiting for time.
    let (_keep, never) = mpsc::channel::<()>();
    let start = Instant::now();
    while UnixStream::connect(&socket).is_err() {
        let ended = !matches!(pcscd.try_wait(), Ok(None));
        if ended || START < start.elapsed() {
            stop(pcscd);
            return Err(NoService::Ended(log));
        }
        let _ = never.recv_timeout(POLL);
    }
    Ok(pcscd)
}

fn stop(mut pcscd: Child) {
    // Both fail only if it has ended already.
    let _ = pcscd.kill();
    let _ = pcscd.wait();
}

/// Users other than root do not search where Debian puts pcscd.
fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

/// Looks for what is needed and makes the folders. Answers the whole path of the folder.
fn prepare(dir: &Path, names: &[ReaderName]) -> Result<PathBuf, NoService> {
    for program in ["unshare", "mount", "ip", "pcscd"] {
        if !std::env::split_paths(&search_path()).any(|it| it.join(program).is_file()) {
            return Err(NoService::Missing(program));
        }
    }
    if !Path::new(DRIVER).is_file() {
        return Err(NoService::Missing(DRIVER));
    }
    let not_made = |path: &Path| {
        let path = path.to_owned();
        move |error| NoService::NotMade { path, error }
    };
    for folder in [run_dir(dir), config_dir(dir)] {
        std::fs::create_dir_all(&folder).map_err(not_made(&folder))?;
    }
    let dir = std::fs::canonicalize(dir).map_err(not_made(dir))?;
    for (_, port) in names.iter().zip(ports()) {
        let driver = run_dir(&dir).join(driver_name(port));
        std::fs::copy(DRIVER, &driver).map_err(not_made(&driver))?;
    }
    let file = config_dir(&dir).join("readers");
    std::fs::write(&file, config(names)).map_err(not_made(&file))?;
    Ok(dir)
}

/// pcscd sees the folder of its socket in one place; a path of the caller's could hold blanks, which its settings cannot.
fn config(names: &[ReaderName]) -> String {
    let stanza = |(name, port): (&ReaderName, u16)| {
        let driver = Path::new(INSIDE).join(driver_name(port));
        format!(
            "FRIENDLYNAME \"{name}\"\nDEVICENAME /dev/null:{port:#06x}\nLIBPATH {}\nCHANNELID {port:#06x}\n\n",
            driver.display()
        )
    };
    names.iter().zip(ports()).map(stanza).collect()
}

/// Each reader has the driver as a file of its own: the driver keeps its lines in one table for the whole library, counted by
/// slot alone, so that two readers of one library would take each other's cards.
fn driver_name(port: u16) -> String {
    format!("driver-{port:04x}.so")
}

fn ports() -> impl Iterator<Item = u16> {
    (FIRST_PORT..).step_by(2)
}

fn run_dir(dir: &Path) -> PathBuf {
    dir.join("run")
}

fn config_dir(dir: &Path) -> PathBuf {
    dir.join("conf")
}

fn log_file(dir: &Path) -> PathBuf {
    dir.join("pcscd.log")
}
