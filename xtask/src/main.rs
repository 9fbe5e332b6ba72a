//! Tasks of the workspace: `cargo xtask test` is everything CI runs. Writes nothing outside `target`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a task speaks to the person who started it and starts other programs"
)]

mod schemathesis;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, bail};

const USAGE: &str = "cargo xtask TASK

  demo [ARGS]   the whole system on this machine with synthetic people
  test          everything CI runs: tools, format, lints, tidy, licences, tests, docs
  check         the fast part of it: format, tidy, lints, unit tests
  tidy          dependency arrows, module sentences, names, paths in the docs
  licences      licences, bans and sources of all dependencies
  schemathesis  the interface's document against a running demo
  bench check   durable, signed checks against a floor of the same run (release build, a million people)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match task.as_str() {
        "demo" => demo(&rest),
        "test" => test(),
        "check" => check(),
        "tidy" => tidy::run(&root()),
        "licences" => tidy::licences(&root()),
        "schemathesis" => schemathesis::run(&root(), &rest),
        "bench" => bench(&rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {task}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn demo(arguments: &[String]) -> anyhow::Result<()> {
    let mut command = vec![
        "run",
        "--quiet",
        "--package",
        "cli",
        "--bin",
        "onshi",
        "--",
        "demo",
    ];
    if !arguments.iter().any(|argument| argument == "--dir") {
        command.extend(["--dir", "target/demo"]);
    }
    command.extend(arguments.iter().map(String::as_str));
    cargo(&command)
}

fn test() -> anyhow::Result<()> {
    step("tools", install_tools)?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", || tidy::run(&root()))?;
    step("licences", || tidy::licences(&root()))?;
    step("lints", lints)?;
    // The tests start the executable, so it is built before them.
    step("build", || cargo(&["build", "--workspace", "--locked"]))?;
    step("tests", || {
        cargo(&[
            "test",
            "--workspace",
            "--locked",
            "--lib",
            "--bins",
            "--tests",
        ])
    })?;
    step("schemathesis", || schemathesis::run(&root(), &[]))?;
    step("doc examples", || {
        cargo(&["test", "--workspace", "--locked", "--doc"])
    })?;
    step("docs", || {
        let mut command = Command::new("cargo");
        command.args(["doc", "--workspace", "--locked", "--no-deps", "--quiet"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        run(&mut command)
    })
}

/// Builds executable and benches as they are shipped, then runs one.
fn bench(arguments: &[String]) -> anyhow::Result<()> {
    let build = ["build", "--release", "--locked", "--quiet"];
    cargo(&[&build[..], &["--package", "cli", "--package", "benches"]].concat())?;
    let mut command = Command::new(root().join("target/release/bench"));
    command.args(arguments);
    if !arguments.iter().any(|argument| argument == "--dir") {
        command.args(["--dir", "target/bench"]);
    }
    run(&mut command)
}

fn check() -> anyhow::Result<()> {
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", || tidy::run(&root()))?;
    step("lints", lints)?;
    step("unit tests", || cargo(&["test", "--workspace", "--lib"]))
}

fn lints() -> anyhow::Result<()> {
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

fn step(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("== {name}");
    let start = Instant::now();
    work().with_context(|| format!("step \"{name}\" failed"))?;
    println!("== {name}: done in {:.1} s", start.elapsed().as_secs_f32());
    Ok(())
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new("cargo").args(arguments))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.current_dir(root()).status();
    let status = status.with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}; repeat it alone to see more");
    }
    Ok(())
}

/// A tool the tests call, and the Debian package that brings it.
const TOOLS: [(&str, &str); 9] = [
    ("cc", "build-essential"),
    ("cmake", "cmake"),
    ("openssl", "openssl"),
    ("keytool", "default-jre-headless"),
    ("pk12util", "libnss3-tools"),
    ("strace", "strace"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("fc-list", "fontconfig"),
];

fn install_tools() -> anyhow::Result<()> {
    let mut missing: Vec<&str> = TOOLS
        .iter()
        .filter(|(tool, _)| !is_on_path(tool))
        .map(|(_, package)| *package)
        .collect();
    // Debian's python3 comes without what makes an environment.
    let venv = Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .output();
    if !venv.is_ok_and(|output| output.status.success()) {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!(
        "apt-get install --yes --no-install-recommends {}",
        missing.join(" ")
    );
    let id = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot start id")?;
    let is_root = id.stdout.trim_ascii() == b"0";
    let sudo = Command::new("sudo").args(["-n", "true"]).output();
    let prefix = match (is_root, sudo) {
        (true, _) => "",
        (false, Ok(output)) if output.status.success() => "sudo ",
        (false, _) => bail!("these Debian packages are missing; as root run: {line}"),
    };
    let script = format!("{prefix}apt-get update && DEBIAN_FRONTEND=noninteractive {prefix}{line}");
    run(Command::new("sh").args(["-c", &script]))
}

fn is_on_path(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}
