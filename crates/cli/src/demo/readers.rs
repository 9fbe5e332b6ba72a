//! The demo's card readers: the program `virtual-card` beside this executable, with a card service of its own. Links nothing of it
//! (design §3, invariant 9): starts it and speaks to its control sockets. Where it cannot run, it says why and the rest goes on.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use crate::{system, told};

/// By this variable libpcsclite finds another service than the machine's.
const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";

/// Readers that run as long as this lives.
pub(crate) struct Readers {
    child: Child,
    program: PathBuf,
    readers: Vec<Reader>,
}

#[derive(Deserialize)]
struct Ready {
    readers: Vec<Reader>,
}

/// One reader.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reader {
    /// Its name at the card service.
    pub(crate) name: String,
    /// Its control socket.
    pub(crate) control: PathBuf,
}

/// Becomes this program anew with the variable that leads to the demo's card service: libpcsclite reads it, and a process must not
/// change its own environment. Does nothing without the feature `pcsc`, and nothing the second time.
///
/// # Errors
/// The system's.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo starts what it consists of"
)]
pub(crate) fn lead_to(dir: &Path) -> anyhow::Result<()> {
    let socket = folder(dir).join("run").join("pcscd.comm");
    let there = std::env::var_os(SOCKET_VARIABLE).is_some_and(|it| it == socket.as_os_str());
    if there || !cfg!(feature = "pcsc") {
        return Ok(());
    }
    let own = std::env::current_exe().context("this executable has no path")?;
    let mut command = Command::new(own);
    command.args(std::env::args_os().skip(1));
    Err(system::become_it(command.env(SOCKET_VARIABLE, socket)))
        .context("the demo cannot be started anew")
}

impl Readers {
    /// Starts readers of these names in the demo's folder.
    ///
    /// # Errors
    /// Why there are none, in both languages.
    #[expect(
        clippy::disallowed_methods,
        reason = "the demo starts what it consists of"
    )]
    pub(crate) fn start(dir: &Path, names: &[String]) -> anyhow::Result<Self> {
        if !cfg!(feature = "pcsc") {
            return Err(told::both(
                "この実行ファイルはカードリーダーに対応していません。`cargo xtask demo` で起動してください。",
                "this build reads no cards; start it with `cargo xtask demo`",
            ));
        }
        let program = program()?;
        let mut command = Command::new(&program);
        command.arg("reader").arg("--dir").arg(folder(dir));
        for name in names {
            command.args(["--name", name]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let Ok(ready) = serde_json::from_str::<Ready>(&line) else {
            let _ = child.wait();
            return Err(told::both(
                "仮想カードリーダーを起動できません（理由は上の行）。Debian の pcscd、vsmartcard-vpcd と、root またはユーザー名前空間が要ります。",
                "the virtual card readers did not start (the line above says why); Debian's pcscd and vsmartcard-vpcd, and root or user namespaces, are needed",
            ));
        };
        Ok(Self {
            child,
            program,
            readers: ready.readers,
        })
    }

    /// The reader of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Reader> {
        self.readers.iter().find(|reader| reader.name == name)
    }

    /// The shell command that gives a reader an order.
    pub(crate) fn command(&self, reader: &Reader, order: &[&str]) -> String {
        let program = self.program.display().to_string();
        let control = reader.control.display().to_string();
        let words = [&program, "order", "--control", &control];
        let words = words.iter().chain(order).map(|word| quoted(word));
        words.collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        // Its standard input ends, so it does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Reader {
    /// Gives an order, such as `place FILE` or `remove`.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn order(&self, line: &str) -> anyhow::Result<()> {
        let mut stream = system::call(&self.control)?;
        writeln!(stream, "{line}")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        let answer: Value = serde_json::from_str(&answer)?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(anyhow::anyhow!("{error}")),
            None => Ok(()),
        }
    }
}

fn folder(dir: &Path) -> PathBuf {
    dir.join("readers")
}

/// The program beside this executable.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this executable has no path")?;
    let program = own.with_file_name("virtual-card");
    if program.is_file() {
        return Ok(program);
    }
    Err(told::both(
        &format!(
            "{} がありません。`cargo xtask demo` で起動するか、`cargo build --package virtual-card` で作ってください。",
            program.display()
        ),
        &format!(
            "there is no {}; start with `cargo xtask demo`, or build it with `cargo build --package virtual-card`",
            program.display()
        ),
    ))
}

/// A word as the shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_program_as_they_are() {
        assert_eq!(quoted("/tmp/a-b.toml"), "/tmp/a-b.toml");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
