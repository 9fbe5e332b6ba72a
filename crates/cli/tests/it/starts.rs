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
    assert_eq!(clinic.audit(), before);
    // A start that fails behind its event ends the center in order.
    let ready = clinic.path("a-folder");
    std::fs::create_dir(&ready).unwrap();
    let said = refused(&ready);
    assert!(said.contains(&ready), "{said}");
    assert!(Path::new(&data_dir).join("last-drain.json").is_file());
    assert_eq!(clinic.audit()["whole"], true);
    clinic.start_center();
}
