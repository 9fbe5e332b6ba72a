//! The audit chain as an operator reads it: searched and exported through the running center, every look an event itself.

use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::running::{Clinic, TARO, ended, onshi, succeed, within};
use crate::turned_clock::command;

fn search(clinic: &Clinic, further: &[&str]) -> Vec<Value> {
    let data_dir = clinic.path("center");
    let mut arguments = vec!["audit", "search", "--json", "--data-dir", &data_dir];
    arguments.extend(further);
    serde_json::from_str(&succeed(&arguments)).unwrap()
}

fn deeds(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["deed"].as_str().unwrap())
        .collect()
}

#[test]
fn a_search_finds_by_what_it_is_given_and_is_recorded_itself() {
    let clinic = Clinic::start();
    clinic.enrol();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let checks = search(&clinic, &["--deed", "check"]);
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0]["actor"], "account:link_app");
    assert_eq!(checks[0]["facility"], "1319999999");
    assert_eq!(checks[0]["detail"], "verdict=1");
    let own = search(
        &clinic,
        &["--account", "link_app", "--facility", "1319999999"],
    );
    assert_eq!(
        deeds(&own),
        ["sign-out", "check", "sign-in"],
        "newest first"
    );
    assert_eq!(search(&clinic, &["--from", "2999-01-01"]).len(), 0);
    assert_eq!(search(&clinic, &["--to", "1999-01-01"]).len(), 0);
    let looks = search(&clinic, &["--deed", "audit-read"]);
    assert_eq!(looks.len(), 5, "this look is among them");
    let text = succeed(&["audit", "search", "--data-dir", &clinic.path("center")]);
    assert!(
        text.contains("audit-read") && text.contains("件 / events"),
        "{text}"
    );
    for personal in ["太郎", "ﾀﾛｳ", "1970-01", "06139992"] {
        assert!(!text.contains(personal), "{personal}");
    }
    // Four digits stand within some hash now and then, but not as a word.
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .collect();
    for personal in ["1970", "4567"] {
        assert!(!words.contains(&personal), "{personal}");
    }
}

#[test]
fn an_export_holds_every_event_in_the_chains_order_and_overwrites_nothing() {
    let clinic = Clinic::start();
    clinic.enrol();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let (data_dir, out) = (clinic.path("center"), clinic.path("audit.jsonl"));
    let export = [
        "audit",
        "export",
        "--data-dir",
        &data_dir,
        "--out",
        &out,
        "--json",
    ];
    let told: Value = serde_json::from_str(&succeed(&export)).unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told["events"], lines.len());
    for pair in lines.windows(2) {
        if pair[0]["chain"] == pair[1]["chain"] {
            assert_eq!(
                pair[1]["prev"], pair[0]["hash"],
                "each line holds the hash of the one before"
            );
        }
    }
    assert!(deeds(&lines).contains(&"audit-read") && deeds(&lines).contains(&"check"));
    let again = onshi(&export);
    assert!(!again.status.success());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
    assert_eq!(clinic.audit()["whole"], true);
}

#[test]
fn an_export_that_is_refused_leaves_nothing_and_of_two_at_once_one_is_there_whole() {
    let clinic = Clinic::start();
    let folder = clinic.path("exports");
    std::fs::create_dir(&folder).unwrap();
    let there = || {
        let all = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = all.map(|it| it.unwrap().file_name()).collect();
        names.sort_unstable();
        names
    };
    let (data_dir, out) = (clinic.path("center"), format!("{folder}/audit.jsonl"));
    // Somebody's own, by the name that an export once had until it was whole.
    let own = format!("{out}.new");
    std::fs::write(&own, "mine").unwrap();
    let place = ["--data-dir", &data_dir, "--out", &out];
    for (command, wrong) in [("export", ["--deed", "dance"]), ("looks", ["--basis", "x"])] {
        let refused = onshi(&[&["audit", command], &place[..], &wrong].concat());
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{command}: {told}");
        assert_eq!(there(), ["audit.jsonl.new"], "{command}: {told}");
    }
    let export = [&["audit", "export", "--json"], &place[..]].concat();
    let outputs = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| onshi(&export)));
        both.map(|it| it.join().unwrap())
    });
    let (done, refused): (Vec<_>, Vec<_>) = outputs.iter().partition(|it| it.status.success());
    assert_eq!((done.len(), refused.len()), (1, 1), "{outputs:?}");
    let told: Value = serde_json::from_slice(&done[0].stdout).unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(told["events"], text.lines().count());
    let why = String::from_utf8_lossy(&refused[0].stderr).into_owned();
    assert!(why.contains("は既にあります"), "{why}");
    assert_eq!(there(), ["audit.jsonl", "audit.jsonl.new"]);
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "mine");
}

#[test]
fn an_export_that_is_told_to_end_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    // In place of a center: takes the order, and never answers.
    let silent = UnixListener::bind(dir.path().join("control.sock")).unwrap();
    let folder = dir.path().join("exports");
    std::fs::create_dir(&folder).unwrap();
    let there = || std::fs::read_dir(&folder).unwrap().count();
    let data_dir = dir.path().display().to_string();
    let out = folder.join("audit.jsonl").display().to_string();
    for (kind, signal) in [("export", "-INT"), ("looks", "-TERM")] {
        let what = format!("audit {kind} after {signal}");
        let mut export = command();
        export.args(["audit", kind, "--data-dir", &data_dir, "--out", &out]);
        export.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = export.stderr(Stdio::piped()).spawn().unwrap();
        let listening = silent.try_clone().unwrap();
        let asked = within("the order of an export", move || listening.accept());
        let (_unanswered, _) = asked.unwrap();
        assert_eq!(there(), 1, "{what}: the file that is being written");
        let id = child.id().to_string();
        let told = Command::new("kill").args([signal, &id]).status();
        assert!(told.unwrap().success());
        let output = ended(child, &what);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(text.contains("書き出しを中止しました"), "{what}: {text}");
        assert_eq!(there(), 0, "{what}");
    }
}

#[test]
fn a_look_without_a_running_center_or_with_a_wrong_filter_says_what_to_do() {
    let mut clinic = Clinic::start();
    let data_dir = clinic.path("center");
    let told = |further: &[&str]| {
        let mut arguments = vec!["audit", "search", "--data-dir", &data_dir];
        arguments.extend(further);
        let output = onshi(&arguments);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(&["--deed", "dance"]).contains("sign-in-refused"));
    assert!(told(&["--from", "yesterday"]).contains("2026-11-23"));
    assert!(told(&["--facility", "12"]).contains("医療機関コード"));
    clinic.center.take().unwrap().kill();
    let text = told(&[]);
    assert!(
        text.contains("動いていません") && text.contains("onshi center"),
        "{text}"
    );
}

#[test]
fn what_an_operator_does_is_in_the_chain() {
    let clinic = Clinic::start();
    let notice = clinic.enrol();
    std::fs::write(
        clinic.path("right"),
        std::fs::read(clinic.path("reference")).unwrap(),
    )
    .unwrap();
    clinic.download(&notice, "second.p12");
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    assert!(clinic.check("second.p12", &TARO).status.success());
    let data_dir = clinic.path("center");
    succeed(&[
        "backup",
        "--data-dir",
        &data_dir,
        "--out",
        &clinic.path("copy"),
    ]);
    let events = search(&clinic, &[]);
    for deed in [
        "start",
        "load",
        "facility-enroll",
        "notice-issue",
        "certificate-issue",
        "backup",
    ] {
        assert!(deeds(&events).contains(&deed), "{deed}");
    }
    let revoked = search(&clinic, &["--deed", "certificate-revoke"]);
    assert_eq!(
        revoked.len(),
        1,
        "the second's first use replaced the first"
    );
    assert_eq!(revoked[0]["detail"], "why=superseded");
    let used = search(&clinic, &["--deed", "check"]);
    let fingerprint = used[0]["certificate"].as_str().unwrap();
    let revoke = [
        "certificate",
        "revoke",
        "--data-dir",
        &data_dir,
        "--fingerprint",
        fingerprint,
    ];
    succeed(&revoke);
    let revoked = search(&clinic, &["--deed", "certificate-revoke"]);
    assert_eq!(revoked[0]["actor"], "operator:local");
    assert!(fingerprint.starts_with(revoked[0]["subject"].as_str().unwrap()));
    assert_eq!(clinic.audit()["whole"], true);
}
