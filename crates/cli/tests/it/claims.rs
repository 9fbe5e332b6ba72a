//! `onshi claims check` over files of `onshi synth --claims`: good ones, ones with seeded faults, and what is no claim file.

use serde_json::Value;

use crate::running::{onshi, succeed};

/// A month of 30 days, one of 31 and one of 28.
const MONTHS: [&str; 3] = ["2026-09", "2026-10", "2027-02"];

/// What a check of a file answers, whatever its end.
fn checked(file: &str) -> (Option<i32>, Value) {
    let output = onshi(&["claims", "check", "--json", file]);
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), serde_json::from_str(&text).unwrap())
}

#[test]
fn a_clinics_month_is_in_form_and_its_seeded_faults_are_all_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let made = |folder: &str, month: &str, more: &[&str]| {
        let folder = path(folder);
        let month = ["--claims", &folder, "--month", month, "--json"];
        succeed(
            &[
                &["synth", "--people", "3000", "--seed", "5"],
                &month[..],
                more,
            ]
            .concat(),
        );
    };
    made("good", "2026-09", &[]);
    for kind in ["medical", "dental", "pharmacy", "home_nursing"] {
        for body in ["fund", "federation"] {
            let (code, answer) = checked(&path(&format!("good/{kind}-{body}.uke")));
            assert_eq!(
                answer["findings"],
                Value::Array(Vec::new()),
                "{kind} {body}"
            );
            assert_eq!((code, answer["kind"].as_str()), (Some(0), Some(kind)));
        }
    }
    for month in MONTHS {
        made(month, month, &["--faults"]);
    }
    let of_month = |month| ["fund", "federation"].map(|body| (month, body));
    for (month, body) in MONTHS.into_iter().flat_map(of_month) {
        let (code, answer) = checked(&path(&format!("{month}/medical-{body}.uke")));
        assert_eq!(code, Some(1));
        let list = path(&format!("{month}/medical-{body}.faults.csv"));
        let list = std::fs::read_to_string(list).unwrap();
        let mut seeded: Vec<(u64, String)> = Vec::new();
        for line in list.lines().skip(1) {
            let mut cells = line.split(',');
            let claim = cells.next().unwrap().parse().unwrap();
            seeded.push((claim, cells.next().unwrap().to_owned()));
        }
        let found = answer["findings"].as_array().unwrap().iter();
        let found = found.map(|it| {
            let rule = it["rule"].as_str().unwrap().to_owned();
            (it["claim"].as_u64().unwrap(), rule)
        });
        let mut found: Vec<(u64, String)> = found.collect();
        found.sort();
        seeded.sort();
        assert_eq!(found, seeded, "{month}");
        assert!(
            if body == "fund" { 30 } else { 5 } < seeded.len(),
            "{}",
            seeded.len()
        );
    }
    let text = succeed(&["claims", "check", &path("good/medical-fund.uke")]);
    assert!(
        text.contains("in form; who is insured was not asked"),
        "{text}"
    );
}

#[test]
fn what_is_no_claim_file_is_refused_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "some notes").unwrap();
    let output = onshi(&["claims", "check", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("not_a_claim_file") && text.contains("このファイルは受け付けられません"));
    let output = onshi(&["claims", "check", "missing.uke"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("ファイルがありません"), "{text}");
}
