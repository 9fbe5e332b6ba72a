//! The vendors' page tells how to try the link against `onshi demo`: every command on it works as it stands, but for the folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::running::Part;

const PAGE: &str = include_str!("../../../../docs/receipt-computers.md");

/// Folder of the demo and of what is written beside it, on the page.
const FOLDER: &str = "target/";

#[test]
fn every_command_on_the_vendors_page_works_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let _demo = demo(dir.path());
    let mut tried = 0;
    let mut shell = Shell::new(dir.path());
    for block in blocks() {
        // What starts the demo is done; what has an omission is to be filled in by the reader.
        if !block.contains("cargo xtask demo") && !block.contains('…') {
            shell.run(block);
            tried += 1;
        }
        if block.contains("R=\"python3") {
            for (command, expected) in rows() {
                let said = shell.run(command);
                for word in expected {
                    assert!(said.contains(word), "{command}: no {word} in {said}");
                }
                tried += 1;
            }
        }
    }
    assert!(15 <= tried, "{tried} commands and blocks");
}

fn demo(dir: &Path) -> Part {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_onshi"))
        .args(["demo", "--json", "--dir"])
        .arg(dir.join("demo"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = demo.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut line).unwrap();
    assert!(line.contains("demo_json"), "{line}");
    Part::of(demo)
}

/// A shell at the root of the repository, which keeps what earlier blocks set.
struct Shell {
    folder: String,
    set: String,
}

impl Shell {
    fn new(dir: &Path) -> Self {
        Self {
            folder: format!("{}/", dir.display()),
            set: String::new(),
        }
    }

    /// Runs what stands on the page; returns what it printed.
    fn run(&mut self, on_page: &str) -> String {
        let script = on_page.replace(FOLDER, &self.folder);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let output = Command::new("sh")
            .args(["-c", &format!("{}{script}", self.set)])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(root)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{on_page}\n{errors}");
        for line in script.lines().filter(|line| line.starts_with("R=")) {
            self.set = format!("{line}\n");
        }
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The blocks of shell commands, in order.
fn blocks() -> impl Iterator<Item = &'static str> {
    let after = PAGE.split("```sh\n").skip(1);
    after.map(|text| text.split("```").next().unwrap())
}

/// The commands of the table, with the words their output must hold.
fn rows() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let rows = PAGE.lines().filter(|line| line.contains("| `$R "));
    rows.map(|row| {
        let mut quoted = row.split('`').skip(1).step_by(2);
        (quoted.next().unwrap(), quoted.collect())
    })
}
