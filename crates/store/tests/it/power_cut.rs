//! A power cut at any moment: what was synced is there again, with whatever the disk happened to write besides.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use domain::permit::ReadHistory;

use crate::kill::{acknowledged, child, random, wait_for_end};
use crate::{open_as, permit};

/// Cuts tried.
const CUTS: usize = 200;

/// Checks acknowledged while the trace is taken: enough for several checkpoints of the log into the database.
const CHECKS: usize = 1200;

/// What a process did that outlives it, in the order of the trace.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    Write {
        file: String,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: String,
        length: usize,
    },
    Gone {
        file: String,
    },
    Sync {
        file: String,
    },
    Acknowledge(u128),
}

/// The files of a disk: what is surely on it, and what was written since.
#[derive(Default)]
struct Disk {
    synced: BTreeMap<String, Vec<u8>>,
    pending: Vec<(String, Change)>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Cut(length) => content.resize(*length, 0),
        }
    }
}

impl Disk {
    fn go_on(&mut self, deed: &Deed) {
        match deed {
            Deed::Write { file, at, bytes } => {
                let change = Change::Write(*at, bytes.clone());
                self.pending.push((file.clone(), change));
            }
            Deed::Cut { file, length } => {
                self.pending.push((file.clone(), Change::Cut(*length)));
            }
            Deed::Gone { file } => {
                self.pending.retain(|(of, _)| of != file);
                self.synced.remove(file);
            }
            Deed::Sync { file } => {
                let content = self.synced.entry(file.clone()).or_default();
                for (_, change) in self.pending.extract_if(.., |(of, _)| of == file) {
                    change.apply(content);
                }
            }
            Deed::Acknowledge(_) => {}
        }
    }

    /// What is found after the cut: all that was synced, and of the rest whatever `chance` keeps.
    fn after_cut(&self, dir: &Path, mut chance: impl FnMut() -> bool) {
        let mut files = self.synced.clone();
        for (file, change) in &self.pending {
            if chance() {
                change.apply(files.entry(file.clone()).or_default());
            }
        }
        for (file, content) in files {
            std::fs::write(dir.join(file), content).unwrap();
        }
    }
}

/// The file name of `5</folder/center.db-wal>`, whose path strace writes in hexadecimal too.
fn file_of(text: &str) -> Option<String> {
    let path = text.split_once('<')?.1.split_once('>')?.0;
    let path = String::from_utf8(bytes_of(path)).ok()?;
    let name = path.rsplit('/').next()?;
    ["center.db", "center.db-wal", "center.db-journal"]
        .contains(&name)
        .then(|| name.to_owned())
}

fn bytes_of(escaped: &str) -> Vec<u8> {
    escaped
        .split("\\x")
        .skip(1)
        .map(|hex| u8::from_str_radix(&hex[..2], 16).unwrap())
        .collect()
}

/// Reads a trace of `strace -f -y -xx`. A call counts as begun when it writes, as ended when it syncs.
fn read_trace(path: &Path) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let mut syncing: BTreeMap<String, String> = BTreeMap::new();
    for line in BufReader::new(std::fs::File::open(path).unwrap()).lines() {
        let line = line.unwrap();
        let Some((process, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(rest) = call.strip_prefix("pwrite64(") {
            let Some(file) = file_of(rest) else { continue };
            let mut parts = rest.split('"');
            let bytes = bytes_of(parts.nth(1).unwrap());
            let at = parts.next().unwrap().split([',', ')', ' ']);
            let numbers: Vec<usize> = at.filter_map(|it| it.parse().ok()).collect();
            assert_eq!(bytes.len(), numbers[0], "the trace holds every byte");
            let at = numbers[1];
            deeds.push(Deed::Write { file, at, bytes });
        } else if call.starts_with("fdatasync(") || call.starts_with("fsync(") {
            let Some(file) = file_of(call) else { continue };
            if call.ends_with("= 0") {
                deeds.push(Deed::Sync { file });
            } else {
                syncing.insert(process.to_owned(), file);
            }
        } else if call.starts_with("<... f") && call.contains("sync resumed") {
            let file = syncing.remove(process);
            if call.ends_with("= ?") {
                continue; // The process ended first, so nobody was told that it was synced.
            }
            assert!(call.ends_with("= 0"), "{call}");
            deeds.extend(file.map(|file| Deed::Sync { file }));
        } else if let Some(rest) = call.strip_prefix("ftruncate(") {
            let Some(file) = file_of(rest) else { continue };
            let length = rest.split(", ").nth(1).unwrap().split([')', ' ']).next();
            let length = length.unwrap().parse().unwrap();
            deeds.push(Deed::Cut { file, length });
        } else if let Some(rest) = call.strip_prefix("unlink(") {
            let path = String::from_utf8(bytes_of(rest)).unwrap();
            let file = path.rsplit('/').next().unwrap().to_owned();
            deeds.push(Deed::Gone { file });
        } else if let Some(rest) = call.strip_prefix("write(1<") {
            let text = String::from_utf8(bytes_of(rest.split('"').nth(1).unwrap())).unwrap();
            deeds.extend(acknowledged(&text).map(Deed::Acknowledge));
        }
    }
    deeds
}

#[test]
fn a_power_cut_loses_no_acknowledged_check() {
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-y", "-xx", "-s", "1048576", "--seccomp-bpf"])
        .args([
            "-e",
            "trace=pwrite64,fdatasync,fsync,ftruncate,unlink,write",
        ])
        .arg("-o")
        .arg(&trace)
        .arg(std::env::current_exe().unwrap());
    let mut running = child(&mut strace, 4, &dir);
    let lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let told = lines
        .map_while(Result::ok)
        .filter_map(|line| acknowledged(&line));
    assert_eq!(told.take(CHECKS).count(), CHECKS);
    wait_for_end(running);

    let deeds = read_trace(&trace);
    let of_database =
        |deed: &&Deed| matches!(deed, Deed::Sync { file } if file.as_str() == "center.db");
    assert!(
        3 < deeds.iter().filter(of_database).count(),
        "the log was never brought into the database"
    );
    let random: Vec<usize> = std::iter::repeat_with(|| {
        usize::from_be_bytes(random()[..8].try_into().unwrap()) % deeds.len()
    })
    .take(CUTS)
    .collect();
    let mut cuts = random;
    cuts.sort_unstable();
    // A set: the last line, which nobody reads, is tried twice.
    let (mut disk, mut known, mut next) = (Disk::default(), BTreeSet::new(), 0);
    for (number, cut) in cuts.into_iter().enumerate() {
        for deed in &deeds[next.min(cut)..cut] {
            disk.go_on(deed);
            if let Deed::Acknowledge(id) = deed {
                known.insert(*id);
            }
        }
        next = cut;
        let folder = tempfile::tempdir().unwrap();
        // Every second cut leaves exactly what was synced; the others also a random part of what came after.
        let mut coins = random_bits();
        disk.after_cut(folder.path(), || number % 2 == 1 && coins());
        let engine = open_as(&folder, 200);
        let reader = permit::<ReadHistory>("1319999999");
        for id in &known {
            assert!(
                engine.check(&reader, *id).unwrap().is_some(),
                "check {id} was acknowledged before cut {cut} and is gone"
            );
        }
        let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
        assert_eq!(report.faults, [], "cut {cut}");
        assert!(known.len() as u64 <= report.checks);
    }
    assert!(CHECKS / 4 < known.len(), "the cuts came too early");
}

fn random_bits() -> impl FnMut() -> bool {
    let mut state = u64::from_be_bytes(random()[..8].try_into().unwrap()) | 1;
    move || {
        // xorshift64: enough to mix cuts.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state & 64 == 0
    }
}

#[test]
fn a_sync_makes_what_was_written_last() {
    let mut disk = Disk::default();
    let write = |at, text: &str| Deed::Write {
        file: "center.db".into(),
        at,
        bytes: text.as_bytes().to_vec(),
    };
    disk.go_on(&write(0, "abcd"));
    disk.go_on(&Deed::Sync {
        file: "center.db".into(),
    });
    disk.go_on(&write(2, "XY"));
    let dir = tempfile::tempdir().unwrap();
    disk.after_cut(dir.path(), || false);
    let file = dir.path().join("center.db");
    assert_eq!(std::fs::read(&file).unwrap(), b"abcd");
    disk.after_cut(dir.path(), || true);
    assert_eq!(std::fs::read(&file).unwrap(), b"abXY");
}
