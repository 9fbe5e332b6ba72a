//! The demo does what it promises and describes itself.

use serde_json::Value;

use crate::running::{onshi, output, succeed};
use crate::turned_clock::{TurnedClock, command};

#[test]
fn the_demo_ends_with_a_check_and_writes_what_others_start_from() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let folder = folder.to_str().unwrap();
    for _ in 0..2 {
        let text = succeed(&["demo", "--once", "--dir", folder]);
        assert!(
            text.contains("1 有効") && text.contains("資格　太郎"),
            "{text}"
        );
    }
    let demo: Value =
        serde_json::from_slice(&std::fs::read(format!("{folder}/demo.json")).unwrap()).unwrap();
    assert_eq!(demo["version"], 1);
    let api = demo["center"]["api"].as_str().unwrap();
    assert!(api.starts_with("https://127.0.0.1:"), "{api}");
    // What has no part yet is there and empty.
    let operator = &demo["operator"];
    assert_eq!(operator["id"], "demo");
    assert!(domain::password::Password::parse(operator["password"].as_str().unwrap()).is_ok());
    assert_eq!(operator["totp_secret"].as_str().unwrap().len(), 32);
    let pages = demo["center"]["operator"].as_str().unwrap();
    assert!(pages.starts_with("https://127.0.0.1:"), "{pages}");
    let cards = demo["cards"].as_array().unwrap();
    if cfg!(feature = "pcsc") {
        let cases: Vec<_> = cards.iter().map(|card| &card["case"]).collect();
        assert_eq!(cases.len(), 18, "{cases:?}");
        for card in cards {
            let persona = card["persona"].as_str().unwrap();
            assert!(std::fs::exists(persona).unwrap(), "{persona}");
            let place = card["place"].as_str().unwrap();
            assert!(place.contains("virtual-card order"), "{place}");
        }
    } else {
        assert!(cards.is_empty(), "a build without readers places no cards");
    }
}

#[test]
fn the_demo_warns_of_no_want_of_files_on_an_ordinary_pc() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let limited = "ulimit -Sn 1024; exec \"$0\" \"$@\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited]).arg(command().get_program());
    let output = output(shell.args(["demo", "--once", "--dir"]).arg(&folder));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(!told.contains("LimitNOFILE"), "{told}");
}

#[test]
fn the_demo_has_a_facility_of_every_kind_with_every_account_it_may_have() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let text = succeed(&[
        "demo",
        "--once",
        "--json",
        "--dir",
        folder.to_str().unwrap(),
    ]);
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["first_check"]["verdict"], 1);
    let demo = std::fs::read(line["demo_json"].as_str().unwrap()).unwrap();
    let demo: Value = serde_json::from_slice(&demo).unwrap();
    let facilities = demo["facilities"].as_array().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for (kind, accounts) in [
        ("medical", 7),
        ("dental", 7),
        ("pharmacy", 7),
        ("home_nursing", 6),
    ] {
        let facility = facilities.iter().find(|it| it["kind"] == kind).unwrap();
        let text = |member: &str| facility[member].as_str().unwrap().to_owned();
        let user = &facility["terminal_user"];
        assert_eq!(user["id"], "onshi-user", "{kind}");
        assert!(
            seen.insert(user["password"].as_str().unwrap().to_owned()),
            "{kind}"
        );
        let found = facility["accounts"].as_array().unwrap();
        assert_eq!(found.len(), accounts, "{kind}");
        let has_reader = found.iter().any(|account| account["kind"] == "reader");
        assert_eq!(has_reader, kind != "home_nursing", "{kind}");
        for member in ["code", "terminal", "p12"] {
            assert!(seen.insert(text(member)), "{kind}: {member} of its own");
        }
        for member in ["p12", "cert", "key"] {
            assert!(std::fs::exists(text(member)).unwrap(), "{kind}: {member}");
        }
        for member in ["req", "res"] {
            let folder = facility["folders"][member].as_str().unwrap();
            assert!(std::fs::exists(folder).unwrap(), "{kind}: {member}");
        }
        let kiosk = text("kiosk");
        assert_eq!(kiosk.contains(".localhost"), has_reader, "{kind}: {kiosk}");
        assert_eq!(kiosk.contains("?launch="), has_reader, "{kind}: {kiosk}");
    }
}

#[test]
fn every_person_of_the_demo_gets_the_verdict_it_promises() {
    keeps_its_promises();
}

#[test]
fn a_demo_of_two_years_later_keeps_its_promises_as_well() {
    let mut clock = TurnedClock::start();
    clock.pass_days(2 * 365);
    keeps_its_promises();
}

/// Asks a center of the samples' people about everybody whom the demo describes.
fn keeps_its_promises() {
    let clinic = crate::running::Clinic::start();
    clinic.enrol();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    succeed(&["demo", "--once", "--dir", folder.to_str().unwrap()]);
    let demo: Value =
        serde_json::from_slice(&std::fs::read(folder.join("demo.json")).unwrap()).unwrap();
    let people = demo["people"].as_array().unwrap();
    for case in [
        "valid",
        "lost",
        "newer",
        "several",
        "unknown",
        "unregistered",
    ] {
        assert!(
            3 <= people
                .iter()
                .filter(|person| person["case"] == case)
                .count(),
            "{case}"
        );
    }
    for person in people {
        let text = |member: &str| person[member].as_str().unwrap();
        let mut asked = vec![
            "--insurer",
            text("insurer_number"),
            "--number",
            text("number"),
            "--birth",
            text("birth_date"),
            "--json",
        ];
        for (option, member) in [("--symbol", "symbol"), ("--branch", "branch")] {
            if !text(member).is_empty() {
                asked.extend([option, text(member)]);
            }
        }
        let output = clinic.check("clinic.p12", &asked);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["verdict"], person["expect_verdict"], "{person}");
    }
}

#[test]
fn the_demo_never_empties_a_folder_that_is_not_its_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("precious"), "x").unwrap();
    assert!(
        !onshi(&["demo", "--once", "--dir", dir.path().to_str().unwrap()])
            .status
            .success()
    );
    assert!(dir.path().join("precious").exists());
}
