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
