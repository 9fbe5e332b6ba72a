//! `onshi operator` from the shell of the center's machine.

use serde_json::Value;

use crate::running::{Clinic, onshi, succeed};

#[test]
fn operators_are_added_reset_disabled_and_listed_from_the_shell() {
    let clinic = Clinic::start();
    let dir = clinic.path("center");
    let order = |what: &str| {
        let said = succeed(&[
            "operator",
            what,
            "--data-dir",
            &dir,
            "--name",
            "suzuki",
            "--json",
        ]);
        serde_json::from_str::<Value>(&said).unwrap()
    };
    let state = || {
        let said = succeed(&["operator", "list", "--data-dir", &dir, "--json"]);
        let lines: Value = serde_json::from_str(&said).unwrap();
        lines[0]["state"].as_str().unwrap().to_owned()
    };
    let first = order("add");
    assert!(
        first["link"]
            .as_str()
            .unwrap()
            .starts_with("https://localhost:")
    );
    assert_eq!(state(), "invited");
    assert_ne!(order("reset")["link"], first["link"]);
    assert_eq!(order("disable")["disabled"], "suzuki");
    assert_eq!(state(), "disabled");
    for (name, why) in [
        ("suzuki", "すでに使われた名前"),
        ("local", "stands for the shell"),
    ] {
        let refused = onshi(&["operator", "add", "--data-dir", &dir, "--name", name]);
        assert_eq!(refused.status.code(), Some(1), "{name}");
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(told.contains(why), "{told}");
    }
}
