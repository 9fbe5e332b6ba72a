//! What commands do when standard output or the error stream takes nothing more: a reader that went away, a full disk.

use std::process::Stdio;

use crate::running::{Clinic, Part, ended, first_line, succeed};
use crate::turned_clock::command;

/// Runs a command whose output goes there.
fn into(output: Stdio, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = command();
    command
        .args(arguments)
        .stdout(output)
        .stderr(Stdio::piped());
    let ended = ended(command.spawn().unwrap(), &format!("{arguments:?}"));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    (ended.status.code(), said)
}

/// A pipe whose reader is gone.
fn gone() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    let full = std::fs::File::options().write(true).open("/dev/full");
    full.unwrap().into()
}

#[test]
fn a_listing_ends_quietly_without_a_reader_and_tells_of_a_full_disk() {
    let clinic = Clinic::start();
    clinic.notice();
    let dir = clinic.path("center");
    for listing in [
        &["audit", "search"][..],
        &["audit", "search", "--json"],
        &["audit", "verify"],
    ] {
        let asked = [listing, &["--data-dir", &dir]].concat();
        assert!(!succeed(&asked).is_empty(), "{listing:?}");
        let (code, said) = into(gone(), &asked);
        assert_eq!(code, Some(0), "{listing:?}: {said}");
        assert!(!said.contains("standard output"), "{listing:?}: {said}");
        let (code, said) = into(full(), &asked);
        assert_eq!(code, Some(1), "{listing:?}: {said}");
        assert!(
            said.contains("出力先に空きがなく") && said.contains("standard output did not take"),
            "{listing:?}: {said}"
        );
    }
}

#[test]
fn an_answer_of_no_stays_one_without_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "some notes").unwrap();
    let asked = ["claims", "check", file.to_str().unwrap()];
    let (code, said) = into(gone(), &asked);
    assert_eq!(code, Some(1), "{said}");
    assert!(!said.contains("standard output"), "{said}");
}

#[test]
fn a_refusal_that_nobody_reads_stays_one() {
    for errors in [gone(), full()] {
        let mut command = command();
        command
            .args(["audit", "search", "--data-dir", "/nowhere"])
            .stdout(Stdio::piped())
            .stderr(errors);
        let ended = ended(command.spawn().unwrap(), "a search nowhere");
        assert_eq!(ended.status.code(), Some(1));
    }
}

#[test]
fn a_part_that_runs_goes_on_where_nobody_reads_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("center.toml");
    let text = format!(
        "data_dir = \"{}\"\n[listen]\napi = \"127.0.0.1:0\"\nenroll = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n",
        dir.path().join("center").display()
    );
    std::fs::write(&settings, text).unwrap();
    for errors in [gone(), full()] {
        let mut command = command();
        command
            .args(["center", "--config", settings.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(errors);
        let mut child = command.spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let center = Part::of(child);
        assert!(first_line(out).starts_with("center: "));
        // It logs that it ends.
        center.end();
    }
}
