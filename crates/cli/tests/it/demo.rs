//! The demo does what it promises and describes itself.

use serde_json::Value;

use crate::running::{onshi, succeed};

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
    assert!(
        demo["center"]["api"]
            .as_str()
            .unwrap()
            .starts_with("https://127.0.0.1:")
    );
    assert_eq!(
        demo["facilities"][0]["accounts"].as_array().unwrap().len(),
        7
    );
    for file in ["p12", "cert", "key"] {
        assert!(
            std::fs::exists(demo["facilities"][0][file].as_str().unwrap()).unwrap(),
            "{file}"
        );
    }
}

#[test]
fn every_person_of_the_demo_gets_the_verdict_it_promises() {
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

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "demo", "center", "gateway", "enroll", "check", "synth", "backup", "restore",
    ] {
        let text = succeed(&[command, "--help"]);
        assert!(text.contains("Example"), "{command}");
    }
}
