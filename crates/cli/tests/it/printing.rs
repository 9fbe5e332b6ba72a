//! What commands do when standard output takes nothing more: a reader that went away, a full disk.

use std::process::Stdio;

use crate::running::{Clinic, ended, succeed};
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
