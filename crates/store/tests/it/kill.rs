//! A process killed at any moment loses no acknowledged check, and an answer follows the fdatasync of its record.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use domain::permit::{AskByNumber, ReadHistory};

use crate::{PACE, check, open_as, permit};

const FOLDER: &str = "ONSHI_TEST_KILL_FOLDER";
const TASKS: &str = "ONSHI_TEST_KILL_TASKS";

/// The child: records from some tasks and prints every acknowledged identifier until it is killed or nobody reads it. Does nothing as a plain test.
#[test]
fn child_records_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let tasks: u128 = std::env::var(TASKS).unwrap().parse().unwrap();
    let path = std::path::Path::new(&folder).join("center.db");
    let engine = match store::engine::Engine::open_center_at(PACE, &path, random()) {
        Ok(engine) => engine,
        Err(error) => return println!("not open: {error}"),
    };
    let asker = Arc::new(permit::<AskByNumber>("1319999999"));
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async move {
            let tasks: Vec<_> = (0..tasks)
                .map(|task| {
                    let (engine, asker) = (engine.clone(), Arc::clone(&asker));
                    tokio::spawn(async move {
                        let start = u128::from_be_bytes(random());
                        for at in 0.. {
                            let id = (start & !0xffff_ffff) | task << 20 | at;
                            let recorded = engine.record_check(&asker, check(id)).await;
                            let line = match recorded {
                                Ok(_) => format!("ack {id}\n"),
                                Err(error) => format!("refused {error}\n"),
                            };
                            let mut out = std::io::stdout().lock();
                            let told = out.write_all(line.as_bytes()).and_then(|()| out.flush());
                            if told.is_err() {
                                return; // Nobody listens any more.
                            }
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
}

pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn child(
    program: &mut Command,
    tasks: u32,
    dir: &tempfile::TempDir,
) -> std::process::Child {
    program
        .args(["--exact", "kill::child_records_until_killed", "--nocapture"])
        .env(FOLDER, dir.path())
        .env(TASKS, tasks.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for a traced child whose output nobody reads any more: it ends at its next line, and strace after it with a whole
/// trace. Killing strace instead would tear the trace and leave the child running.
pub(crate) fn wait_for_end(mut traced: std::process::Child) {
    assert!(traced.stdout.is_none(), "its output is still open");
    traced.wait().unwrap();
}

pub(crate) fn acknowledged(line: &str) -> Option<u128> {
    line.split("ack ").nth(1)?.trim().parse().ok()
}

#[test]
fn a_killed_process_loses_no_acknowledged_check() {
    let dir = tempfile::tempdir().unwrap();
    let mut known = Vec::new();
    for round in 0..10_usize {
        let mut running = child(
            &mut Command::new(std::env::current_exe().unwrap()),
            32,
            &dir,
        );
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        // Killed after a different number of answers each time, while others are under way.
        let enough = 37 * round + 1;
        let before: Vec<u128> = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| acknowledged(&line))
            .take(enough)
            .collect();
        running.kill().unwrap();
        running.wait().unwrap();
        assert_eq!(before.len(), enough, "round {round} ended by itself");
        known.extend(before);
        known.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|line| acknowledged(&line)),
        );
    }
    let engine = open_as(&dir, 200);
    let reader = permit::<ReadHistory>("1319999999");
    for id in &known {
        assert!(
            engine.check(&reader, *id).unwrap().is_some(),
            "check {id} was acknowledged and is gone"
        );
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
    assert!(known.len() as u64 <= report.checks);
}

#[test]
fn the_log_is_synced_between_append_and_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-y",
            "-s",
            "4",
            "-e",
            "trace=pwrite64,fdatasync,fsync,write",
            "-o",
        ])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap());
    let mut running = child(&mut strace, 1, &dir);
    let lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert_eq!(
        lines
            .map_while(Result::ok)
            .filter_map(|line| acknowledged(&line))
            .take(200)
            .count(),
        200
    );
    wait_for_end(running);
    let (mut unsynced, mut answers) = (false, 0);
    // Who is within a sync of the log: another thread's sync of another file makes nothing of it durable.
    let mut syncing = BTreeSet::new();
    for line in std::fs::read_to_string(&trace).unwrap().lines() {
        let thread = line.split(' ').next().unwrap_or_default().to_owned();
        let wal = line.contains("center.db-wal");
        if wal && line.contains("pwrite64(") {
            unsynced = true;
        } else if wal && line.contains("sync(") && line.ends_with("= 0") {
            unsynced = false;
        } else if wal && line.contains("sync(") {
            syncing.insert(thread);
        } else if line.contains("sync resumed") && syncing.remove(&thread) {
            unsynced &= !line.ends_with("= 0");
        } else if line.contains("write(1<") && line.contains("\"ack ") {
            answers += 1;
            assert!(
                !unsynced,
                "answer {answers} went out before the log was synced"
            );
        }
    }
    assert!(0 < answers, "the trace shows no answer");
}
