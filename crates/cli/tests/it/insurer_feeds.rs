//! `onshi feed` with insurers' files as an operator uses it: synthetic files from the first to the last kind, and a center that is killed
//! meanwhile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::control::{Call, Reply};
use center::feeds::{FeedPart, NewFeed};
use domain::feed::insurer::InsurerKind;
use exchange::encoding::Encoding;
use exchange::insurer_file::writing;
use serde_json::Value;

use crate::running::{Clinic, onshi, succeed};

fn load(data_dir: &str, more: &[&str]) -> Value {
    let all = [
        &["feed", "load", "--json", "--data-dir", data_dir][..],
        more,
    ]
    .concat();
    serde_json::from_str(&succeed(&all)).unwrap()
}

/// The insurers' files of a kind in a folder, with the number each is named after.
fn files(folder: &str, kind: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if let Some(number) = name.strip_prefix(&format!("{kind}-")) {
            found.push((number.to_owned(), path.to_str().unwrap().to_owned()));
        }
    }
    found.sort();
    found
}

#[test]
fn synthetic_insurers_files_are_loaded_from_nothing_and_again_without_change() {
    let clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let folder = clinic.path("feeds");
    let text = succeed(&[
        "synth", "--json", "--people", "60", "--seed", "5", "--feeds", &folder,
    ]);
    let written: Value = serde_json::from_str(&text).unwrap();
    for kind in ["persons", "coverages", "certificates", "losses"] {
        let (mut accepted, mut batches) = (0, 0);
        for (number, file) in files(&folder, kind) {
            let of = ["--kind", kind, "--insurer", &number, &file];
            let report = load(&data_dir, &of);
            assert_eq!(report["refused"], 0, "{report}");
            accepted += report["accepted"].as_u64().unwrap();
            let again = load(&data_dir, &of);
            assert_eq!(
                again["added"].as_u64().unwrap() + again["replaced"].as_u64().unwrap(),
                0
            );
            batches += 1;
        }
        assert!(0 < batches && written["feeds"][kind] == accepted, "{kind}");
    }
    let residents = format!("{folder}/residents.csv");
    let report = load(&data_dir, &["--kind", "residents", &residents]);
    assert_eq!(report["remarks"]["mismatches"], 0);
    let number = report["number"].to_string();
    let told = succeed(&["feed", "report", "--data-dir", &data_dir, &number]);
    assert!(told.contains("accepted,,,,,60,"), "{told}");
    let late = succeed(&["feed", "late", "--data-dir", &data_dir]);
    assert!(late.contains("期限後 / late"), "{late}");
    let undone = succeed(&["feed", "undo", "--data-dir", &data_dir, &number]);
    assert!(undone.contains("undone"), "{undone}");
    let again = onshi(&["feed", "undo", "--data-dir", &data_dir, &number]);
    assert!(!again.status.success());
}

#[test]
fn a_check_tells_what_would_be_held_for_review_and_ends_as_its_load() {
    let clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let insurer = "06990014";
    let whose = |at: u32| format!("{insurer},00000000-0000-0000-9000-{at:012}");
    let person = |at: u32| format!("{},架空　員{at},,ｶｸｳ ｲﾝ,,1,,1980-05-06,,", whose(at));
    let coverage = |at: u32, ratio: &str| {
        let whose = whose(at);
        format!("{whose},01,架空組合,７７,{at},01,1,,2024-04-01,,2024-04-01,,{ratio},,")
    };
    let feed = |command: &str, kind: InsurerKind, lines: &[String]| {
        let mut bytes = writing::header(kind, Encoding::Utf8).unwrap();
        for line in lines {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        let file = clinic.path("insurer.csv");
        std::fs::write(&file, bytes).unwrap();
        let of = ["feed", command, "--json", "--data-dir", &data_dir];
        let what = ["--kind", kind.as_str(), "--insurer", insurer, &file];
        let output = onshi(&[&of[..], &what].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (state, would) = (report["state"].clone(), report["would"].clone());
        (output.status.code(), state, would)
    };
    let persons: Vec<String> = (0..40).map(person).collect();
    let coverages: Vec<String> = (0..40).map(|at| coverage(at, "30")).collect();
    // As in 2025-07, when a setting of one city's system left ratios blank.
    let blank: Vec<String> = (0..4).map(|at| coverage(at, "")).collect();
    for (kind, lines, code, becomes) in [
        (InsurerKind::Persons, &persons, 0, "published"),
        (InsurerKind::Coverages, &coverages, 0, "published"),
        (InsurerKind::Coverages, &blank, 3, "held"),
    ] {
        let tried = feed("check", kind, lines);
        assert_eq!(
            tried,
            (Some(code), Value::from("tried"), Value::from(becomes))
        );
        let loaded = feed("load", kind, lines);
        assert_eq!(loaded, (Some(code), Value::from(becomes), Value::Null));
    }
}

/// Kills the center while a batch arrives, when all of it has come, and while it is published: afterwards all of it is there or nothing.
#[test]
fn a_center_that_is_killed_has_all_of_an_insurers_batch_or_nothing() {
    let mut clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let folder = clinic.path("feeds");
    succeed(&[
        "synth", "--people", "4000", "--seed", "5", "--feeds", &folder,
    ]);
    let (number, file) = files(&folder, "persons").remove(0);
    let bytes = std::fs::read(&file).unwrap();
    let people = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for moment in 0..4_u32 {
        runtime.block_on(async {
            let mut call = Call::place(data_dir.as_ref()).await.unwrap();
            let feed = NewFeed {
                kind: "persons".into(),
                file_name: "killed.csv".into(),
                insurer: Some(number.clone()),
                ..NewFeed::default()
            };
            call.announce(feed).await.unwrap();
            let pieces = bytes.chunks(2_000);
            for piece in pieces.take(if moment == 0 { 1 } else { usize::MAX }) {
                let part = FeedPart::Bytes(STANDARD.encode(piece));
                let reply = call.send(&part).await.unwrap();
                assert!(matches!(reply, Reply::FeedProgress(_)), "{reply:?}");
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
        let list = succeed(&["feed", "list", "--json", "--data-dir", &data_dir]);
        let batches: Value = serde_json::from_str(&list).unwrap();
        let state = batches[0]["state"].as_str().unwrap().to_owned();
        assert!(state == "given_up" || 2 <= moment, "{state}");
        let again = load(
            &data_dir,
            &["--kind", "persons", "--insurer", &number, &file],
        );
        let (expected, undo) = match state.as_str() {
            "given_up" => ((people, 0), &again["number"]),
            "published" => ((0, people), &batches[0]["number"]),
            other => panic!("{other}"),
        };
        let counts = ["added", "unchanged"].map(|name| again[name].as_u64().unwrap());
        assert_eq!(counts, <[u64; 2]>::from(expected), "{moment}: {state}");
        succeed(&["feed", "undo", "--data-dir", &data_dir, &undo.to_string()]);
    }
    let report = succeed(&["audit", "verify", "--data-dir", &data_dir]);
    assert!(!report.is_empty());
}

/// Kills the center at every fifth of a file: what it had kept is not taken again, and nothing is missing or doubled.
#[test]
fn a_center_that_is_killed_while_it_takes_lines_goes_on_behind_them() {
    let mut clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let folder = clinic.path("feeds");
    succeed(&[
        "synth", "--people", "4000", "--seed", "7", "--feeds", &folder,
    ]);
    let (number, file) = files(&folder, "persons").remove(0);
    let bytes = std::fs::read(&file).unwrap();
    let people = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    let feed = NewFeed {
        kind: "persons".into(),
        file_name: "killed.csv".into(),
        insurer: Some(number.clone()),
        sha256: Some(hex.collect()),
        ..NewFeed::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for fifth in 1..5 {
        let mut behind = 0;
        runtime.block_on(async {
            let mut call = Call::place(data_dir.as_ref()).await.unwrap();
            call.announce(feed.clone()).await.unwrap();
            for piece in bytes[..bytes.len() * fifth / 5].chunks(2_000) {
                let part = FeedPart::Bytes(STANDARD.encode(piece));
                match call.send(&part).await.unwrap() {
                    Reply::FeedProgress(reached) => behind = reached.behind,
                    other => panic!("{other:?}"),
                }
            }
        });
        assert_eq!(behind == 0, fifth == 1);
        clinic.center.take().unwrap().kill();
        clinic.start_center();
        let list = succeed(&["feed", "list", "--json", "--data-dir", &data_dir]);
        let batches: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(batches[0]["state"], "interrupted");
    }
    let report = load(
        &data_dir,
        &["--kind", "persons", "--insurer", &number, &file],
    );
    let counts = ["added", "lines"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(counts, [people, people]);
    assert!(people / 2 < report["behind"].as_u64().unwrap());
    let report = succeed(&["audit", "verify", "--data-dir", &data_dir]);
    assert!(!report.is_empty());
}
