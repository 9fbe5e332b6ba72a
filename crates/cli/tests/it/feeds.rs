//! `onshi feed` as an operator uses it: files of synthetic histories, a center that is killed meanwhile, and a file far larger than what the
//! center holds in memory.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::control::{Call, Reply};
use center::feeds::{FeedPart, NewFeed};
use domain::feed::FeedKind;
use exchange::encoding::Encoding;
use exchange::feed_file::writing;
use serde_json::Value;

use crate::running::{Clinic, onshi, succeed};

const TARO: &str = "06139992,１２３,４５６７,01,1970-01-02";

/// Drugs of one person in so many lines, eight to a statement.
fn drugs(lines: u32) -> Vec<u8> {
    let mut bytes = writing::header(FeedKind::Drugs, Encoding::Utf8).unwrap();
    for at in 0..lines {
        let month = format!("{}-{:02}", 2024 + at / 8 % 24 / 12, 1 + at / 8 % 12);
        writeln!(
            bytes,
            "{TARO},R{},{},{month},,架空診療所,,架空薬局,,2,{month}-05,,699900011,架空錠五ｍｇ,架空成分甲,,1,錠,１日１回朝食後,,28",
            at / 8,
            1 + at % 8
        )
        .unwrap();
    }
    bytes
}

/// A center with the samples' people, and what it takes to name it.
fn center() -> (Clinic, String) {
    let clinic = Clinic::start();
    let data_dir = clinic.path("center");
    succeed(&["synth", "--samples", "--data-dir", &data_dir]);
    (clinic, data_dir)
}

fn load(data_dir: &str, kind: &str, file: &str) -> Value {
    let text = succeed(&[
        "feed",
        "load",
        "--json",
        "--data-dir",
        data_dir,
        "--kind",
        kind,
        file,
    ]);
    serde_json::from_str(&text).unwrap()
}

fn newest(data_dir: &str) -> Value {
    let text = succeed(&["feed", "list", "--json", "--data-dir", data_dir]);
    let mut batches: Vec<Value> = serde_json::from_str(&text).unwrap();
    batches.remove(0)
}

#[test]
fn synthetic_histories_are_written_tried_loaded_and_listed() {
    let (clinic, data_dir) = center();
    let feeds = clinic.path("feeds");
    let people = ["--people", "40", "--seed", "5"];
    succeed(&[&["synth", "--data-dir", &data_dir], &people[..]].concat());
    let text = succeed(&[&["synth", "--json", "--feeds", &feeds], &people[..]].concat());
    let written: Value = serde_json::from_str(&text).unwrap();
    for kind in FeedKind::ALL {
        let kind = kind.as_str();
        let file = format!("{feeds}/{kind}.csv");
        let lines = written["feeds"][kind].as_u64().unwrap();
        assert!(0 < lines, "{kind}");
        let tried = succeed(&[
            "feed",
            "check",
            "--data-dir",
            &data_dir,
            "--kind",
            kind,
            &file,
        ]);
        assert!(tried.contains("nothing was stored"), "{tried}");
        let report = load(&data_dir, kind, &file);
        assert_eq!(
            (report["added"].as_u64(), report["refused"].as_u64()),
            (Some(lines), Some(0))
        );
        let again = load(&data_dir, kind, &file);
        assert_eq!(again["unchanged"].as_u64(), Some(lines));
    }
    let listed = succeed(&["feed", "list", "--data-dir", &data_dir]);
    assert_eq!(listed.lines().count(), 2 * FeedKind::ALL.len());
    let twice = onshi(&[&["synth", "--feeds", &feeds], &people[..]].concat());
    let said = String::from_utf8_lossy(&twice.stderr).into_owned();
    assert!(
        !twice.status.success() && said.contains("nothing is overwritten"),
        "{said}"
    );
}

#[test]
fn what_is_refused_is_told_by_line_and_ends_with_one() {
    let (clinic, data_dir) = center();
    let file = clinic.path("bad.csv");
    let text = String::from_utf8(drugs(2)).unwrap();
    std::fs::write(&file, text.replacen("699900011", "69990001", 1)).unwrap();
    let arguments = [
        "feed",
        "load",
        "--data-dir",
        &data_dir,
        "--kind",
        "drugs",
        &file,
    ];
    let output = onshi(&arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("2行目 / line 2, drug_code: 書き方が違います。"),
        "{said}"
    );
    assert!(
        said.contains("personal data") && !said.contains("架空錠"),
        "{said}"
    );
}

#[test]
fn a_check_ends_as_loading_the_file_would_and_says_so() {
    let (clinic, data_dir) = center();
    let file = clinic.path("drugs.csv");
    let text = String::from_utf8(drugs(1_000)).unwrap();
    let feed = |command: &str, more: &[&str]| {
        let of = ["feed", command, "--data-dir", &data_dir, "--kind", "drugs"];
        let output = onshi(&[&of[..], more, &[&file]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    for (bad, code, becomes, told) in [
        (
            1,
            0,
            "published",
            "取込済みになります / it would be published",
        ),
        (
            100,
            1,
            "stopped",
            "拒否した行を直してください / it would not be loaded",
        ),
    ] {
        std::fs::write(&file, text.replacen("699900011", "69990001", bad)).unwrap();
        let (ended, said) = feed("check", &[]);
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains(told), "{said}");
        for (command, state, would) in [
            ("check", "tried", Value::from(becomes)),
            ("load", becomes, Value::Null),
        ] {
            let (ended, said) = feed(command, &["--json"]);
            assert_eq!(ended, Some(code), "{command}: {said}");
            let report: Value = serde_json::from_str(&said).unwrap();
            assert_eq!(report["refused"], bad, "{command}");
            assert_eq!(report["state"], state);
            assert_eq!(report["would"], would);
        }
    }
}

/// Kills the center while a batch arrives, when all of it has come, and while it is published: afterwards all of it is there or nothing.
#[test]
fn a_center_that_is_killed_has_all_of_a_batch_or_nothing() {
    let (mut clinic, data_dir) = center();
    const LINES: u32 = 4_000;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for moment in 0..4_u32 {
        let statement = format!("K{moment}x");
        let text = String::from_utf8(drugs(LINES)).unwrap();
        let bytes = text.replace(",R", &format!(",{statement}")).into_bytes();
        let file = clinic.path(&format!("{statement}.csv"));
        std::fs::write(&file, &bytes).unwrap();
        runtime.block_on(async {
            let mut call = Call::place(data_dir.as_ref()).await.unwrap();
            let feed = NewFeed {
                kind: "drugs".into(),
                file_name: "killed.csv".into(),
                ..NewFeed::default()
            };
            call.announce(feed).await.unwrap();
            let pieces = bytes
                .chunks(100_000)
                .take(if moment == 0 { 1 } else { usize::MAX });
            for piece in pieces {
                let part = FeedPart::Bytes(STANDARD.encode(piece));
                assert!(matches!(
                    call.send(&part).await.unwrap(),
                    Reply::FeedProgress(_)
                ));
            }
            if 2 <= moment {
                // Told and not waited for: the first time as soon as it was sent, the second a moment later.
                let ended = tokio::time::timeout(
                    std::time::Duration::from_millis(u64::from(moment - 2) * 40),
                    call.send(&FeedPart::End),
                );
                let _ = ended.await;
            }
        });
        clinic.center.take().unwrap().kill();
        clinic.start_center();
        let state = newest(&data_dir)["state"].as_str().unwrap().to_owned();
        let again = load(&data_dir, "drugs", &file);
        let expected = match state.as_str() {
            "given_up" => (u64::from(LINES), 0),
            "published" => (0, u64::from(LINES)),
            other => panic!("{other}"),
        };
        let found = (
            again["added"].as_u64().unwrap(),
            again["unchanged"].as_u64().unwrap(),
        );
        assert_eq!(found, expected, "{moment}: {state}");
        assert!(state == "given_up" || 2 <= moment);
    }
    let report = succeed(&["audit", "verify", "--data-dir", &data_dir]);
    assert!(!report.is_empty());
}

/// The most memory a process had, in KiB.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_feed_of_200_000_lines_is_loaded_within_bounded_memory() {
    let (clinic, data_dir) = center();
    let process = clinic.center.as_ref().unwrap().id();
    let file = clinic.path("large.csv");
    let bytes = drugs(200_000);
    let size_kib = bytes.len() as u64 / 1024;
    std::fs::write(&file, bytes).unwrap();
    // What half of it takes, the writer's pages included, is taken once.
    std::fs::write(clinic.path("half.csv"), drugs(100_000)).unwrap();
    load(&data_dir, "drugs", &clinic.path("half.csv"));
    let before = peak_kib(process);
    let report = load(&data_dir, "drugs", &file);
    assert_eq!(
        report["added"].as_u64().unwrap() + report["unchanged"].as_u64().unwrap(),
        200_000
    );
    let grown = peak_kib(process) - before;
    // Who holds the file holds all of it and more. Pages of the registry that readers map are counted as well.
    assert!(
        grown < size_kib * 9 / 10,
        "{grown} KiB for a file of {size_kib} KiB"
    );
}
