//! Tasks of the workspace: `cargo xtask test` is everything CI runs. Writes nothing outside `target` but what git ignores,
//! and installs the Debian packages its tools need where it may (`tools.rs`).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a task speaks to the person who started it and starts other programs"
)]

mod advisories;
mod assets;
mod fresh_root;
mod package;
mod receipt_computer;
mod schemas;
mod schemathesis;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, bail};

const USAGE: &str = "cargo xtask TASK

  demo [ARGS]   the whole system on this machine with synthetic people
  assets        what the pages take from npm and Debian, made anew; the other tasks do it when it is old
  test          everything CI runs: tools, format, lints, tidy, licences, tests, docs
  check         the fast part of it: format, tidy, lints, unit tests
  tidy          dependencies and their arrows, module sentences, names, paths in the docs, pages nobody names, glossary
  licences      licences, bans and sources of all dependencies
  package       Debian packages onshi and onshi-pcsc into target/package; --dev builds them quickly, --revision N numbers them
  fresh-root    installs, upgrades, removes and purges the packages in a fresh Debian root (needs root)
  advisories    known weaknesses of all dependencies; outside CI, because its database cannot always be reached
  receipt-computer  tests of the receipt computer in examples
  schemas       samples and defects of receipt computers' files against docs/schemas
  schemathesis  the interface's document against a running demo
  bench card    a card until its signature, step by step, against as many bare commands (release build)
  bench kiosk   a visit at the kiosk by a person who needs no time, through pcscd and a virtual card (release build)
  bench exchange  an answer of a receipt computer written and read, against the bare parser (release build)
  bench claims  a claim file of 100,000 claims parsed and checked, against a bare pass over its fields (release build)
  bench medical a look at five years of medical information, its page in Chromium, a search by name (release build, a million people)
  bench bulk    a bulk check of ten thousand lines until its results are in hand (release build)
  bench gateway files through the link app and a center, one at a time and in a burst, against plain files (release build)
  bench postgres  the store's way of a check at a PostgreSQL server, against a bare select and insert of the same rows (release build)
  bench feed    an insurer's feeds kept aside, weighed and published, in files and at a PostgreSQL server (release build)
  bench check   durable, signed checks against a floor of the same run (release build, a million people)
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match task.as_str() {
        "demo" => demo(&rest),
        "assets" => assets::make(&root()),
        "test" => test(),
        "check" => check(),
        "tidy" => tidy::run(&root()),
        "licences" => tidy::licences(&root()),
        "package" => assets::make_if_old(&root()).and_then(|()| package::run(&root(), &rest)),
        "fresh-root" => fresh_root::run(&root()),
        "advisories" => advisories::run(&root(), &rest),
        "receipt-computer" => receipt_computer::run(&root()),
        "schemas" => schemas::run(&root()),
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

/// What cargo built, such as `debug/onshi`: in `target`, or where `CARGO_TARGET_DIR` says.
fn built(what: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(target).join(what)
}

/// Readers of this machine, which links libpcsclite.
const WITH_CARDS: [&str; 2] = ["--features", "cli/pcsc"];

/// Traces, which add nothing to what is linked; the packages have them.
const WITH_TRACES: [&str; 2] = ["--features", "cli/otel"];

/// Both, wherever something is tried; the default build has neither, and links libc only.
const WITH_ALL: [&str; 2] = ["--features", "cli/otel,cli/pcsc"];

/// Starts the demo, with card readers where they can be had: the rest of it works without.
fn demo(arguments: &[String]) -> anyhow::Result<()> {
    assets::make_if_old(&root())?;
    // The whole workspace's crates of others, so that they are built once for demo and tests. Cargo shows how far it is: the first
    // time it builds for minutes.
    let mut build = vec!["build", "--locked", "--workspace", "--bin", "onshi"];
    match tools::install(&tools::CARD_TOOLS) {
        Ok(()) => build.extend([&["--bin", "virtual-card"][..], &WITH_ALL].concat()),
        Err(error) => eprintln!("xtask demo: no cards can be placed: {error:#}"),
    }
    cargo(&build)?;
    let mut command = Command::new(built("debug/onshi"));
    command.arg("demo");
    if !arguments.iter().any(|argument| argument == "--dir") {
        command.args(["--dir", "target/demo"]);
    }
    run(command.args(arguments))
}

fn test() -> anyhow::Result<()> {
    step("tools", || tools::install(&tools::TEST_TOOLS))?;
    step("assets", || assets::make_if_old(&root()))?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", || tidy::run(&root()))?;
    step("licences", || tidy::licences(&root()))?;
    step("lints", || lints(&["--all-targets"], &WITH_ALL))?;
    // Tests are the same without them.
    step("lints without card readers and traces", || {
        lints(&["--lib", "--bins"], &[])
    })?;
    step("build", build_for_tests)?;
    let tests = [
        "test",
        "--workspace",
        "--locked",
        "--lib",
        "--bins",
        "--tests",
    ];
    step("tests", || cargo(&[&tests[..], &WITH_ALL].concat()))?;
    step("the example's receipt computer", || {
        receipt_computer::run(&root())
    })?;
    step("schemas of receipt computers' files", || {
        schemas::run(&root())
    })?;
    step("schemathesis", || schemathesis::run(&root(), &[]))?;
    step("packages in a fresh Debian root", || {
        fresh_root::run(&root())
    })?;
    step("doc examples", || {
        let docs = ["test", "--workspace", "--locked", "--doc"];
        cargo(&[&docs[..], &WITH_ALL].concat())
    })?;
    step("docs", || {
        let mut command = Command::new("cargo");
        command.args(["doc", "--workspace", "--locked", "--no-deps", "--quiet"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        run(&mut command)
    })
}

/// Builds the executables that tests start, with all that can be had. Built otherwise, many crates would be built once more.
fn build_for_tests() -> anyhow::Result<()> {
    cargo(&[&["build", "--workspace", "--locked"][..], &WITH_ALL].concat())
}

/// Builds executable and benches as they are shipped, then runs one.
fn bench(arguments: &[String]) -> anyhow::Result<()> {
    assets::make_if_old(&root())?;
    let build = ["build", "--release", "--locked"];
    let what = arguments.first().map(String::as_str);
    let mut packages = vec!["--package", "benches"];
    // It starts no other process and keeps nothing.
    let is_alone = what == Some("exchange");
    if !is_alone && what != Some("postgres") {
        packages.extend(["--package", "cli"]);
    }
    if matches!(what, Some("kiosk" | "card")) {
        tools::install(&tools::CARD_TOOLS)?;
        packages.extend(["--package", "virtual-card"]);
        packages.extend(WITH_CARDS);
    }
    if what == Some("medical") {
        tools::install(&tools::BROWSER_TOOLS)?;
    }
    cargo(&[&build[..], &packages].concat())?;
    let mut command = Command::new(built("release/bench"));
    command.args(arguments);
    if !is_alone && !arguments.iter().any(|argument| argument == "--dir") {
        command.args(["--dir", "target/bench"]);
    }
    run(&mut command)
}

fn check() -> anyhow::Result<()> {
    step("assets", || assets::make_if_old(&root()))?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("tidy", || tidy::run(&root()))?;
    step("lints", || lints(&["--all-targets"], &[]))?;
    step("unit tests", || cargo(&["test", "--workspace", "--lib"]))
}

fn lints(targets: &[&str], features: &[&str]) -> anyhow::Result<()> {
    let lints = ["clippy", "--workspace", "--locked"];
    cargo(&[&lints[..], targets, features, &["--", "-D", "warnings"]].concat())
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
    if command.get_current_dir().is_none() {
        command.current_dir(root());
    }
    // Whoever builds once has no use for what makes the next build short.
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    let status = command.status();
    let status = status.with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}; repeat it alone to see more");
    }
    Ok(())
}
