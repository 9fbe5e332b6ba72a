//! A start that fails: what it leaves in the store, and that no ready file says otherwise.

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

/// What a start says that fails, with this ready file.
fn fails(arguments: &[&str], ready: &str) -> String {
    let failed = onshi(&[arguments, &["--ready-file", ready]].concat());
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{arguments:?}: {said}");
    said
}

/// A folder as ready file is refused by name.
fn refuses_folder(arguments: &[&str], folder: &str) {
    let said = fails(arguments, folder);
    for part in ["はフォルダーです", "is a folder"] {
        assert!(said.contains(&format!("{folder} {part}")), "{said}");
    }
    assert!(Path::new(folder).is_dir());
}

#[test]
fn a_start_in_a_clinic_that_fails_leaves_no_ready_file_but_that_of_a_part_that_runs() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let folder = file("a-folder");
    std::fs::create_dir(&folder).unwrap();
    let account = format!(
        "[account]\nid = \"part\"\nsecret_file = \"{}\"\n",
        file("part.sealed")
    );
    let folders = format!(
        "[[folders]]\nname = \"receipt\"\nreq = \"{}\"\nres = \"{}\"\nwork = \"{}\"\n",
        file("req"),
        file("res"),
        file("work")
    );
    // No certificate was brought in, and no root of a center lies there.
    for (part, first, rest) in [
        ("terminal", "", String::new()),
        ("gateway", "", format!("{account}{folders}")),
        ("kiosk", "reader = \"pcsc:\"\n", account.clone()),
    ] {
        let (data_dir, config) = (file(part), file(&format!("{part}.toml")));
        let ready = file(&format!("{part}.json"));
        let text = format!(
            "data_dir = \"{data_dir}\"\ncenter = \"https://center.example\"\nca = \"{}\"\n{first}[identity]\nname = \"clinic\"\n{rest}",
            file("root.pem")
        );
        std::fs::write(&config, text).unwrap();
        std::fs::write(&ready, "{}").unwrap();
        std::fs::create_dir(&data_dir).unwrap();
        let arguments = [part, "--config", &config];
        let lock = std::fs::File::create(Path::new(&data_dir).join("running.lock")).unwrap();
        lock.lock().unwrap();
        fails(&arguments, &ready);
        assert!(Path::new(&ready).is_file(), "{part}");
        lock.unlock().unwrap();
        fails(&arguments, &ready);
        assert!(!Path::new(&ready).exists(), "{part}");
        refuses_folder(&arguments, &folder);
    }
}

#[test]
fn a_set_up_that_does_not_start_leaves_no_ready_file_but_where_another_has_its_port() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (config_dir, data_dir, ready) = (file("etc"), file("var"), file("ready.json"));
    let folder = file("a-folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&ready, "{}").unwrap();
    let at = |listen: &str| {
        let texts = [
            "setup",
            "--as-root",
            "--config-dir",
            &config_dir,
            "--data-dir",
            &data_dir,
            "--listen",
            listen,
        ];
        texts.map(str::to_owned)
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let arguments = at(&listen);
    let arguments = arguments.each_ref().map(String::as_str);
    fails(&arguments, &ready);
    assert!(Path::new(&ready).is_file());
    refuses_folder(&arguments, &folder);
    // Its pages are served on loopback alone.
    let arguments = at("192.0.2.1:0");
    let arguments = arguments.each_ref().map(String::as_str);
    fails(&arguments, &ready);
    assert!(!Path::new(&ready).exists());
}
