//! A full disk and a read-only one: nothing is acknowledged that is not there, and the store goes on when there is room again.

use std::io::{BufRead, BufReader};
use std::process::Command;

use domain::permit::ReadHistory;

use crate::kill::{acknowledged, child, wait_for_end};
use crate::{open_as, permit};

/// Refusals after which there is no more room to come.
const MOST_REFUSED: usize = 5_000;

/// Runs the recording child while the given system calls fail, numbered beyond those that open the store; returns its lines up to the
/// `enough`th acknowledgement, or those of a store that does nothing but refuse.
fn lines_under(injection: &str, dir: &tempfile::TempDir, enough: usize) -> Vec<String> {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-o", "/dev/null", "--seccomp-bpf", "-e"])
        .arg(format!("trace={}", injection.split(':').next().unwrap()))
        .args(["-e", &format!("inject={injection}")])
        .arg(std::env::current_exe().unwrap());
    let mut running = child(&mut strace, 2, dir);
    let (mut known, mut refused) = (0, 0);
    let mut lines = Vec::new();
    for line in BufReader::new(running.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        known += usize::from(acknowledged(&line).is_some());
        refused += usize::from(line.contains("refused "));
        lines.push(line);
        if known == enough || refused == MOST_REFUSED {
            break;
        }
    }
    wait_for_end(running);
    lines
}

fn refused(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line.split("refused ").nth(1))
        .collect()
}

fn all_there(lines: &[String], dir: &tempfile::TempDir) {
    let engine = open_as(dir, 200);
    let reader = permit::<ReadHistory>("1319999999");
    for id in lines.iter().filter_map(|line| acknowledged(line)) {
        assert!(engine.check(&reader, id).unwrap().is_some(), "{id} is gone");
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
}

#[test]
fn a_full_disk_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let lines = lines_under("pwrite64:error=ENOSPC:when=1000..1200", &dir, 1500);
    let refused = refused(&lines);
    assert!(
        refused
            .iter()
            .all(|why| why.starts_with("the store takes no writes: ")
                && why.contains("check space and rights")),
        "{refused:?}"
    );
    assert!(!refused.is_empty(), "the disk was never full");
    let last = lines.iter().rposition(|line| line.contains("refused "));
    let after = &lines[last.unwrap()..];
    assert!(
        after.iter().any(|line| acknowledged(line).is_some()),
        "nothing was recorded after there was room again"
    );
    all_there(&lines, &dir);
}

#[test]
fn a_failing_sync_is_no_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    let lines = lines_under("fdatasync:error=EIO:when=40..60", &dir, 100);
    let refused = refused(&lines);
    assert!(
        refused
            .iter()
            .all(|why| why.starts_with("the store takes no writes: ")),
        "{refused:?}"
    );
    assert!(!refused.is_empty(), "no sync failed");
    all_there(&lines, &dir);
}

#[test]
fn a_file_system_turned_read_only_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let lines = lines_under("pwrite64:error=EROFS:when=1000..1100", &dir, 1300);
    assert!(!refused(&lines).is_empty());
    all_there(&lines, &dir);
}

#[test]
fn a_read_only_folder_says_so_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", "trace=pwrite64"])
        .args(["-e", "inject=pwrite64:error=EROFS"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_records_until_killed", "--nocapture"])
        .env("ONSHI_TEST_KILL_FOLDER", dir.path())
        .env("ONSHI_TEST_KILL_TASKS", "0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("not open: cannot open") && text.contains("must exist and be writable"),
        "{text}"
    );
}
