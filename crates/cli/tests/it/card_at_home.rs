//! A card reader at home, with a card service of its own, and a device of home visits that speaks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::running::{Part, end_or_kill, ended, first_line, within};
use crate::turned_clock::command;

/// The reader; it ends with the test.
pub(crate) struct ReaderAtHome {
    child: Child,
    socket: PathBuf,
    control: PathBuf,
}

impl ReaderAtHome {
    /// Starts the program `virtual-card`, which `cargo build -p virtual-card` made beside this test.
    pub(crate) fn start(dir: &Path) -> Self {
        let test = std::env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("virtual-card");
        let mut child = Command::new(&program)
            .args(["reader", "--name", "Home", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("build it first: cargo build -p virtual-card");
        let out = child.stdout.take().unwrap();
        let mut reader = Self {
            child,
            socket: PathBuf::new(),
            control: PathBuf::new(),
        };
        let ready: Value = serde_json::from_str(&first_line(out)).unwrap();
        let path = |value: &Value| PathBuf::from(value.as_str().unwrap());
        reader.socket = path(&ready["socket"]);
        reader.control = path(&ready["readers"][0]["control"]);
        reader
    }

    /// Gives the reader an order, such as `remove`.
    pub(crate) fn order(&self, line: &str) {
        let mut stream = UnixStream::connect(&self.control).unwrap();
        writeln!(stream, "{line}").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{answer}");
    }

    /// Lays the card of a persona down.
    pub(crate) fn place(&self, persona: &str) {
        self.order(&format!("place {persona}"));
    }

    /// Runs `onshi visit` with this reader, typing a line.
    pub(crate) fn visit(&self, arguments: &[&str], typed: &str) -> Output {
        let mut child = command()
            .arg("visit")
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", &self.socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing has ended its input already.
        let _ = writeln!(child.stdin.take().unwrap(), "{typed}");
        ended(child, "onshi visit")
    }

    /// Runs it at a terminal, where typed text is shown as it comes, and types once this text asks for it. What the terminal showed.
    pub(crate) fn at_terminal(&self, arguments: &[&str], asked: &str, typed: &str) -> String {
        let onshi = command();
        let words = [onshi.get_program().to_str().unwrap(), "visit"];
        let line = [&words[..], arguments].concat().join(" ");
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--echo",
                "always",
                "--flush",
                "--command",
                &line,
                "/dev/null",
            ])
            .env("PCSCLITE_CSOCK_NAME", &self.socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script of Debian's bsdutils");
        let mut out = child.stdout.take().unwrap();
        let mut keys = child.stdin.take().unwrap();
        let _script = Part::of(child);
        let (asked, typed) = (asked.to_owned(), typed.to_owned());
        let shown = within("a command at a terminal", move || {
            let mut shown = Vec::new();
            let mut byte = [0];
            while !String::from_utf8_lossy(&shown).contains(&asked) {
                assert_ne!(
                    out.read(&mut byte).unwrap(),
                    0,
                    "{}",
                    String::from_utf8_lossy(&shown)
                );
                shown.extend(byte);
            }
            keys.write_all(typed.as_bytes()).unwrap();
            keys.flush().unwrap();
            out.read_to_end(&mut shown).unwrap();
            shown
        });
        String::from_utf8(shown).unwrap()
    }

    /// Runs it and takes the lines of JSON it must print.
    pub(crate) fn told(&self, arguments: &[&str], typed: &str) -> Vec<Value> {
        let output = self.visit(arguments, typed);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "visit {arguments:?}: {errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for ReaderAtHome {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        end_or_kill(&mut self.child);
    }
}
