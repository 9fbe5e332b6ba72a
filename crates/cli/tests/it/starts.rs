//! A start that fails for what has nothing to do with the center: what it leaves in the store.

use std::path::Path;

use crate::running::{Clinic, onshi};

#[test]
fn a_start_whose_ready_file_cannot_be_written_leaves_no_chain() {
    let mut clinic = Clinic::start();
    clinic.center.take().unwrap().end();
    let before = clinic.audit();
    // With ports that nobody may have taken meanwhile.
    let listeners = ["api", "enroll", "operator", "metrics"];
    let listeners = listeners.map(|it| format!("{it} = \"127.0.0.1:0\"\n"));
    let data_dir = clinic.path("center");
    let text = format!(
        "data_dir = \"{data_dir}\"\n[listen]\n{}",
        listeners.concat()
    );
    let config = clinic.path("again.toml");
    std::fs::write(&config, text).unwrap();
    let refused = |ready: &str| {
        let refused = onshi(&["center", "--config", &config, "--ready-file", ready]);
        assert!(!refused.status.success());
        String::from_utf8(refused.stderr).unwrap()
    };
    std::fs::write(clinic.path("no-folder"), "").unwrap();
    let ready = clinic.path("no-folder/ready.json");
    for _ in 0..2 {
        let said = refused(&ready);
        assert!(said.contains(&ready), "{said}");
    }
    let ready = clinic.path("a-folder");
    std::fs::create_dir(&ready).unwrap();
    let said = refused(&ready);
    for part in ["a-folder はフォルダーです", "a-folder is a folder"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(clinic.audit(), before);
    // A start that fails behind its event ends the center in order.
    let ready = format!("{data_dir}/center.db/ready.json");
    let said = refused(&ready);
    assert!(said.contains(&ready), "{said}");
    assert!(Path::new(&data_dir).join("last-drain.json").is_file());
    assert_eq!(clinic.audit()["whole"], true);
    clinic.start_center();
}

#[test]
fn a_ready_file_of_a_run_that_ended_goes_before_the_next_start_and_no_other() {
    let mut clinic = Clinic::start();
    let (config, ready) = (clinic.path("center.toml"), clinic.path("ready.json"));
    let refused = || {
        let refused = onshi(&["center", "--config", &config, "--ready-file", &ready]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
    };
    refused();
    assert!(Path::new(&ready).is_file());
    clinic.center.take().unwrap().end();
    // Its port is taken, by this test or by whoever came first.
    let _taken = std::net::TcpListener::bind(clinic.api.trim_start_matches("https://"));
    refused();
    assert!(!Path::new(&ready).exists());
}
