//! Runs the tests of the example's receipt computer, which is written in Python's standard library alone. Installs nothing.

use std::path::Path;
use std::process::Command;

/// Runs them.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut tests = Command::new("python3");
    // Without -B compiled files would lie beside the sources.
    tests.args(["-B", "-m", "unittest", "discover", "--start-directory"]);
    crate::run(tests.arg(root.join("examples/receipt_computer")))
}
