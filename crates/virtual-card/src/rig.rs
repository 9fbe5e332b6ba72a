//! Readers with virtual cards for tests: starts the program `virtual-card reader` and gives it orders. Needs Linux, and root or user
//! namespaces. Programs under test reach the readers by the variable `PCSCLITE_CSOCK_NAME`.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

/// What kept the readers from running or an order from being carried out.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The program lies nowhere near the test.
    #[error("there is no {0}; build it first: cargo build --package virtual-card")]
    NoProgram(PathBuf),
    /// A file, a socket or the program failed.
    #[error("{0}: {1}")]
    System(&'static str, io::Error),
    /// The program ended without a line of its own.
    #[error("virtual-card reader did not start; its standard error says why")]
    NotReady,
    /// The order was refused.
    #[error("refused: {0}")]
    Refused(String),
}

/// Readers that run as long as this lives.
pub struct Rig {
    child: Child,
    ready: Ready,
}

#[derive(Deserialize)]
struct Ready {
    socket: PathBuf,
    service: PathBuf,
    readers: Vec<Reader>,
}

/// One reader.
#[derive(Deserialize)]
pub struct Reader {
    name: String,
    control: PathBuf,
}

impl Rig {
    /// Starts readers of these names, with everything they keep in a folder of their own.
    ///
    /// # Errors
    /// [`RigError`].
    #[expect(
        clippy::disallowed_methods,
        reason = "a test rig starts what it consists of"
    )]
    pub fn start(program: &Path, dir: &Path, names: &[&str]) -> Result<Self, RigError> {
        let mut command = Command::new(program);
        command.arg("reader").arg("--dir").arg(dir);
        for name in names {
            command.args(["--name", name]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| RigError::System("virtual-card", error))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|error| RigError::System("virtual-card", error))?;
        }
        let Ok(ready) = serde_json::from_str(&line) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(RigError::NotReady);
        };
        Ok(Self { child, ready })
    }

    /// The program in the folder of build products that the running test is from.
    ///
    /// # Errors
    /// [`RigError::NoProgram`].
    pub fn program() -> Result<PathBuf, RigError> {
        let test = std::env::current_exe().map_err(|error| RigError::System("test", error))?;
        let folder = test.ancestors().nth(2).unwrap_or(Path::new("."));
        let program = folder.join("virtual-card");
        if !program.is_file() {
            return Err(RigError::NoProgram(program));
        }
        Ok(program)
    }

    /// What `PCSCLITE_CSOCK_NAME` has to be for a program to see these readers.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.ready.socket
    }

    /// `stop` and `start` end pcscd and start it again.
    ///
    /// # Errors
    /// [`RigError::Refused`] with its reason.
    pub fn service(&self, line: &str) -> Result<(), RigError> {
        order(&self.ready.service, line).map(drop)
    }

    /// The reader of a name.
    #[must_use]
    pub fn reader(&self, name: &str) -> Option<&Reader> {
        self.ready.readers.iter().find(|it| it.name == name)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // Its standard input ends, so it does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Reader {
    /// Gives an order as `virtual-card` takes it, such as `place FILE`, and answers what it told.
    ///
    /// # Errors
    /// [`RigError::Refused`] with its reason.
    pub fn order(&self, line: &str) -> Result<Value, RigError> {
        order(&self.control, line)
    }
}

fn order(socket: &Path, line: &str) -> Result<Value, RigError> {
    let system = |error| RigError::System("control socket", error);
    let mut stream = UnixStream::connect(socket).map_err(system)?;
    writeln!(stream, "{line}").map_err(system)?;
    let mut answer = String::new();
    BufReader::new(stream)
        .read_line(&mut answer)
        .map_err(system)?;
    let answer: Value =
        serde_json::from_str(&answer).map_err(|_| RigError::Refused("no answer".into()))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(RigError::Refused(error.to_owned())),
        None => Ok(answer),
    }
}
