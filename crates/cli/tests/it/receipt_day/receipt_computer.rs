//! The receipt computer of `examples/receipt_computer`, started as a program of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::running::{Clinic, Part};

/// The receipt computer of a clinic.
pub(super) struct ReceiptComputer {
    settings: PathBuf,
    kept: PathBuf,
}

impl ReceiptComputer {
    /// Over the clinic's folders, with a ledger of its own; what it takes it keeps.
    pub(super) fn set_up(clinic: &Clinic) -> Self {
        let kept = clinic.path("kept");
        std::fs::create_dir(&kept).unwrap();
        let text = "institution = \"1319999999\"\nledger = \"ledger.db\"\nreq = \"req\"\nres = \"res\"\nface = \"face\"\n\
             keep = \"kept\"\n";
        let settings = PathBuf::from(clinic.path("receipt_computer.toml"));
        std::fs::write(&settings, text).unwrap();
        Self {
            settings,
            kept: kept.into(),
        }
    }

    /// Where the files lie that it took.
    pub(super) fn kept(&self) -> &Path {
        &self.kept
    }

    /// Puts requests and does not wait for their answers.
    pub(super) fn ask(&self, what: &[&str]) {
        let mut command = self.command();
        let output = command.arg("--no-wait").args(what).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{what:?}: {errors}");
    }

    /// Asks, and waits for the answers that [`Self::watch`] takes.
    pub(super) fn start(&self, what: &[&str]) -> Asking {
        let mut command = self.command();
        command.args(["--watched", "--ask-again", "0.2"]).args(what);
        command.stdout(Stdio::null());
        Asking(command.spawn().unwrap())
    }

    /// Takes results until it ends.
    pub(super) fn watch(&self) -> Part {
        let mut command = self.command();
        command.arg("watch").stdout(Stdio::null());
        Part::of(command.spawn().unwrap())
    }

    /// What it asked and what was answered, in numbers.
    pub(super) fn report(&self) -> Value {
        let output = self.command().arg("report").output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Every answer, by what it says.
    pub(super) fn results(&self) -> Vec<Value> {
        let output = self.command().arg("results").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn command(&self) -> Command {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/receipt_computer");
        let mut command = Command::new("python3");
        // Nothing is written beside the sources.
        command.arg("-B").arg(place).arg("--settings");
        command.arg(&self.settings);
        command
    }
}

/// One that waits for answers.
pub(super) struct Asking(Child);

impl Asking {
    /// Everything it asked was answered, and well.
    pub(super) fn ends_well(mut self) {
        assert!(self.0.wait().unwrap().success());
    }
}
