//! Copies of a store: many days of them in restic, and what a restored chain is worth.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use store::engine::Engine;

use crate::running::{Clinic, TARO, onshi, output, succeed, wait_until};
use crate::turned_clock::command;

/// `restic` with a repository and a password of the test, cache and all; the answer's last line.
fn restic(clinic: &Clinic, arguments: &[&str]) -> Value {
    let output = Command::new("restic")
        .env("RESTIC_REPOSITORY", clinic.path("kept"))
        .env("RESTIC_PASSWORD_FILE", clinic.path("p12.pw"))
        .env("RESTIC_CACHE_DIR", clinic.path("cache"))
        .arg("--json")
        .args(arguments)
        .output()
        .expect("restic, of Debian's package restic");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{failed}");
    let last = said.lines().last().unwrap_or("null");
    serde_json::from_str(last).unwrap_or_default()
}

/// Makes a copy of the running center in the one folder that copies pass through, and keeps it.
fn keep(clinic: &Clinic) -> Value {
    let copy = clinic.path("copy");
    if Path::new(&copy).exists() {
        std::fs::remove_dir_all(&copy).unwrap();
    }
    succeed(&[
        "backup",
        "--data-dir",
        &clinic.path("center"),
        "--out",
        &copy,
    ]);
    restic(clinic, &["backup", &copy])
}

fn restore(clinic: &Clinic, from: &str, further: &[&str]) -> (bool, Value) {
    let data_dir = clinic.path("center");
    let order = ["restore", "--json", "--data-dir", &data_dir, "--from", from];
    let output = onshi(&[&order[..], further].concat());
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.success(), told)
}

fn mode(path: impl AsRef<Path>) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn copies_of_two_days_share_what_did_not_change_and_the_newest_is_put_back() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let data_dir = clinic.path("center");
    succeed(&["synth", "--people", "20000", "--data-dir", &data_dir]);
    restic(&clinic, &["init"]);
    let first = keep(&clinic);
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let second = keep(&clinic);
    let number = |told: &Value, name: &str| told[name].as_u64().unwrap();
    let (whole, added) = (
        number(&second, "total_bytes_processed"),
        number(&second, "data_added"),
    );
    assert!(4_000_000 < whole, "{second}");
    assert!(number(&first, "data_added") > whole / 4, "{first}");
    assert!(added * 2 < number(&first, "data_added"), "{first} {second}");
    restic(&clinic, &["check", "--read-data"]);
    // The disk is lost; the keys are kept apart.
    clinic.center.take().unwrap().kill();
    for file in std::fs::read_dir(&data_dir).unwrap() {
        let file = file.unwrap().path();
        if file.to_string_lossy().contains(".db") {
            std::fs::remove_file(file).unwrap();
        }
    }
    restic(
        &clinic,
        &["restore", "latest", "--target", &clinic.path("back")],
    );
    let back = format!("{}{}", clinic.path("back"), clinic.path("copy"));
    let (done, told) = restore(&clinic, &back, &[]);
    assert!(done && told["audit"]["whole"] == true, "{told}");
    assert_eq!(clinic.audit()["checks"], 1);
    clinic.start_center();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
}

#[test]
fn a_copy_that_was_not_made_is_not_the_last_one() {
    let clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("away/copy"));
    let last = || {
        let database = Path::new(&data_dir).join("center.db");
        let engine = Engine::open_center(&database, [3; 16]).unwrap();
        let last = engine.upkeep().unwrap().backup;
        engine.close();
        last
    };
    let order = ["backup", "--data-dir", &data_dir, "--out", &copy];
    let refused = onshi(&order);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains(&clinic.path("away")), "{told}");
    assert_eq!(last(), None);
    std::fs::create_dir(clinic.path("away")).unwrap();
    succeed(&order);
    assert!(last().is_some());
}

#[test]
fn a_copy_that_another_process_is_writing_is_told_of_as_that() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (data_dir, copy) = (path("center"), path("copy"));
    succeed(&["synth", "--samples", "--data-dir", &data_dir]);
    let others = std::fs::File::create(path("copy.unfinished.lock")).unwrap();
    others.try_lock().unwrap();
    let order = ["backup", "--data-dir", &data_dir, "--out", &copy];
    let refused = onshi(&order);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    for part in [
        "別の onshi backup が作成しています。終わるのを待つか",
        "another process is writing the copy",
        "wait until it is done",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(told.matches(&copy).count(), 2, "{told}");
    assert!(!told.contains("空き容量"), "{told}");
    drop(others);
    succeed(&order);
}

#[test]
fn a_copy_that_was_cut_off_is_told_from_a_whole_one_and_goes_with_the_next() {
    let clinic = Clinic::start();
    let data_dir = clinic.path("center");
    // As a kill leaves it, even of a copy whose files are whole.
    let cut_off = clinic.path("monday.unfinished");
    succeed(&[
        "backup",
        "--data-dir",
        &data_dir,
        "--out",
        &clinic.path("monday"),
    ]);
    std::fs::rename(clinic.path("monday"), &cut_off).unwrap();
    std::fs::write(clinic.path("monday.unfinished.lock"), "").unwrap();
    let refused = onshi(&[
        "restore",
        "--data-dir",
        &clinic.path("new"),
        "--from",
        &cut_off,
    ]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(
        told.contains("途中で止まった") && told.contains("was cut off"),
        "{told}"
    );
    let refused = onshi(&[
        "backup",
        "--data-dir",
        &data_dir,
        "--out",
        &clinic.path("a.unfinished"),
    ]);
    assert_eq!(refused.status.code(), Some(1));
    let tuesday = clinic.path("tuesday");
    let told = succeed(&[
        "backup",
        "--json",
        "--data-dir",
        &data_dir,
        "--out",
        &tuesday,
    ]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["removed"], serde_json::json!([cut_off]));
    let left = [&cut_off, &clinic.path("monday.unfinished.lock")].map(|it| Path::new(it).exists());
    assert_eq!(left, [false, false]);
    succeed(&[
        "restore",
        "--data-dir",
        &clinic.path("new"),
        "--from",
        &tuesday,
    ]);
}

#[test]
fn folders_whose_names_are_no_utf_8_are_told_to_programs() {
    let clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    let at = |name: &[u8]| clinic.dir.path().join(OsStr::from_bytes(name));
    let cut_off = at(b"mon\xFF.unfinished");
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    std::fs::rename(&copy, &cut_off).unwrap();
    std::fs::write(at(b"mon\xFF.unfinished.lock"), "").unwrap();
    let backup = ["backup", "--json", "--data-dir", &data_dir, "--out", &copy];
    let told: Value = serde_json::from_str(&succeed(&backup)).unwrap();
    let shown = cut_off.display().to_string();
    assert_eq!(told["removed"], serde_json::json!([shown]));
    assert!(!cut_off.exists());
    let other = at(b"other\xFF");
    let restore = || {
        let mut restore = command();
        restore.args(["restore", "--json", "--from", &copy, "--data-dir"]);
        let output = output(restore.arg(&other));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    restore();
    // Now a store is there to be kept.
    let told = restore();
    let folder = told["before"]["folder"].as_str().unwrap();
    assert!(folder.contains("other\u{FFFD}"), "{told}");
}

#[test]
fn a_damaged_store_is_named_and_replaced_and_kept_as_it_was() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    clinic.center.take().unwrap().kill();
    // What a kill left is no copy: its log would be left behind.
    let refused = onshi(&["restore", "--data-dir", &copy, "--from", &data_dir]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success(), "it was taken for a copy");
    assert!(
        told.contains("写しではなく") && told.contains("onshi backup"),
        "{told}"
    );
    let registry = Path::new(&data_dir).join("registry.db");
    let garbage = vec![0x5a; 100_000];
    std::fs::write(&registry, &garbage).unwrap();
    // It may hold the first page, by which a file is told.
    let _ = std::fs::remove_file(registry.with_extension("db-wal"));
    let settings = clinic.path("center.toml");
    let refused = onshi(&["center", "--config", &settings]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success(), "it started");
    for part in ["壊れています", "onshi restore", "registry.db is damaged"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    // Its user alone reads a store and its copies, and what is put back of a copy that others may read.
    let copied = Path::new(&copy).join("center.db");
    let modes = [mode(&data_dir), mode(&copy), mode(&copied)];
    assert_eq!(modes, [0o700, 0o700, 0o600]);
    std::fs::set_permissions(&copied, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done && told["audit"]["whole"] == true, "{told}");
    assert_eq!(told["before"]["readable"], false, "{told}");
    assert_eq!(mode(Path::new(&data_dir).join("center.db")), 0o600);
    let kept = Path::new(told["before"]["folder"].as_str().unwrap());
    assert_eq!(std::fs::read(kept.join("registry.db")).unwrap(), garbage);
    clinic.start_center();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    // An orderly end leaves the files alone, without their logs.
    clinic.center.take().unwrap().end();
    let logs = ["center.db-wal", "registry.db-wal"].map(|it| Path::new(&data_dir).join(it));
    assert!(logs.iter().all(|it| !it.exists()), "{logs:?}");
    // The copy that was replaced just now is put back the same way: what is there is kept again.
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done && told["before"]["readable"] == true, "{told}");
}

#[test]
fn a_restore_stands_in_the_audit_chain_with_what_it_came_from_and_how_far_that_reached() {
    let mut clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    clinic.center.take().unwrap().kill();
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done && told["audit"]["whole"] == true, "{told}");
    let reached = told["recorded"]["events"].as_u64().unwrap();
    assert_eq!(told["audit"]["events"], reached + 1);
    // As after a server brought its database back.
    let order = ["audit", "restored", "--json", "--data-dir", &data_dir];
    let told = succeed(&[&order[..], &["--from", "the copy of 9:30"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["recorded"]["events"], reached + 1);
    assert_eq!(clinic.audit()["whole"], true);
    clinic.start_center();
    let order = ["audit", "search", "--json", "--data-dir", &data_dir];
    let found = succeed(&[&order[..], &["--deed", "restore"]].concat());
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    let details = found.iter().map(|it| it["detail"].as_str().unwrap());
    let details: Vec<&str> = details.collect();
    let [later, first] = details[..] else {
        panic!("{details:?}");
    };
    let begins = format!("from=copy events={reached} last=20");
    assert!(first.starts_with(&begins), "{first}");
    assert!(
        later.starts_with("from=the_copy_of_9:30 events="),
        "{later}"
    );
}

#[test]
fn a_restored_chain_is_held_against_the_checkpoints_outside() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    // From here on a checkpoint is written outside as well.
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let outside = clinic.path("checkpoints.jsonl");
    wait_until("a checkpoint outside", || {
        std::fs::exists(&outside).unwrap()
    });
    clinic.center.take().unwrap().kill();
    // A name that was mistyped is told before anything is moved.
    let mistyped = clinic.path("checkpoint.jsonl");
    let order = ["restore", "--data-dir", &data_dir, "--from", &copy];
    let refused = onshi(&[&order[..], &["--outside", &mistyped]].concat());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains(&mistyped) && told.contains("there is no such file"));
    assert_eq!(clinic.audit()["checks"], 1, "it was restored");
    let (done, told) = restore(&clinic, &copy, &["--outside", &outside]);
    let faults = told["audit"]["faults"].as_array().unwrap();
    assert!(!done && !faults.is_empty(), "{told}");
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done && told["audit"]["whole"] == true, "{told}");
    // Without its keys a chain is put back and said not to be verified.
    assert_eq!(told["missing_keys"], serde_json::json!([]));
    let (made, ca) = (clinic.path("center/machine.key"), clinic.path("center/ca"));
    std::fs::remove_file(&made).unwrap();
    std::fs::remove_dir_all(&ca).unwrap();
    let (done, told) = restore(&clinic, &copy, &[]);
    let why = told["audit"]["not_verified"].as_str().unwrap();
    assert!(done && why.contains("machine.key"), "{told}");
    let missing = ["root.pem", "issuing.pem", "issuing.key"].map(|it| format!("{ca}/{it}"));
    let missing = [&[made.clone()][..], &missing].concat();
    assert_eq!(told["missing_keys"], serde_json::json!(missing));
    // Nor does a center make others.
    let refused = onshi(&["center", "--config", &clinic.path("center.toml")]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    let names = said.matches(&made).count();
    assert!(
        2 <= names && said.contains("receipt-retired.keys"),
        "{said}"
    );
    let is_made = [&made, &ca].map(|it| Path::new(it).exists());
    assert_eq!(is_made, [false, false]);
    // With keys that open nothing it was not verified either, and that is no success.
    std::fs::write(&made, "no key").unwrap();
    let (done, told) = restore(&clinic, &copy, &[]);
    let why = told["audit"]["not_verified"].as_str().unwrap();
    assert!(!done && why.contains("machine.key"), "{told}");
}

/// A notice that a command prints, with its reference ID where a download reads it.
fn noticed(clinic: &Clinic, order: &[&str]) -> Value {
    let notice: Value = serde_json::from_str(&succeed(order)).unwrap();
    let reference = notice["reference_id"].as_str().unwrap();
    std::fs::write(clinic.path("reference"), reference).unwrap();
    notice
}

#[test]
fn a_terminal_enrolled_after_the_copy_is_issued_anew_once_its_certificate_was_shown() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    let place = ["--data-dir", &data_dir, "--code", "1319999999"];
    let terminal = ["--terminal", "受付2", "--json"];
    let order = ["enroll", "--name", "見本クリニック"];
    let notice = noticed(&clinic, &[&order[..], &place, &terminal].concat());
    clinic.download(&notice, "second.p12");
    clinic.center.take().unwrap().kill();
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done, "{told}");
    clinic.start_center();
    assert!(clinic.check("second.p12", &TARO).status.success());
    let order = ["enroll", "reissue"];
    let notice = noticed(&clinic, &[&order[..], &place, &terminal].concat());
    clinic.download(&notice, "anew.p12");
    for (file, works) in [
        ("second.p12", true),
        ("anew.p12", true),
        ("second.p12", false),
        ("clinic.p12", true),
    ] {
        let checked = clinic.check(file, &TARO);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert_eq!(checked.status.success(), works, "{file}: {said}");
    }
}

#[test]
fn a_facility_enrolled_after_the_copy_is_enrolled_once_more_and_its_earlier_certificate_ends() {
    let mut clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    clinic.enrol();
    clinic.center.take().unwrap().kill();
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done, "{told}");
    clinic.start_center();
    // Its accounts are gone; its certificate is known from here on.
    assert!(!clinic.check("clinic.p12", &TARO).status.success());
    let order = ["enroll", "reissue", "--data-dir", &data_dir];
    let terminal = ["--code", "1319999999", "--terminal", "受付1"];
    let refused = onshi(&[&order[..], &terminal].concat());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("1319999999 is not enrolled"), "{said}");
    let notice = clinic.notice();
    clinic.download(&notice, "anew.p12");
    for (file, works) in [
        ("clinic.p12", true),
        ("anew.p12", true),
        ("clinic.p12", false),
    ] {
        let checked = clinic.check(file, &TARO);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert_eq!(checked.status.success(), works, "{file}: {said}");
    }
}

#[test]
fn a_certificate_issued_after_the_copy_works_after_the_restore_until_its_terminal_is_revoked() {
    let mut clinic = Clinic::start();
    let notice = clinic.enrol();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    // The second one is not shown before its terminal is revoked.
    for later in ["later.p12", "never_shown.p12"] {
        clinic.download(&notice, later);
    }
    clinic.center.take().unwrap().kill();
    let (done, told) = restore(&clinic, &copy, &[]);
    assert!(done, "{told}");
    // A revocation after the copy would count no more, and that is said.
    let repeat = told["repeat"].as_array().unwrap();
    assert!(repeat.iter().any(|it| it == "certificate-revoke"), "{told}");
    clinic.start_center();
    let place = ["--data-dir", &data_dir, "--code", "1319999999"];
    let listed = || succeed(&[&["enroll", "list"][..], &place].concat());
    assert_eq!(listed().lines().count(), 1);
    let checked = clinic.check("later.p12", &TARO);
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.success(), "{said}");
    assert_eq!(listed().lines().count(), 2);
    let further = ["--terminal", "受付1"];
    succeed(&[&["enroll", "revoke"][..], &place, &further].concat());
    for file in ["clinic.p12", "later.p12", "never_shown.p12"] {
        assert!(!clinic.check(file, &TARO).status.success(), "{file}");
    }
    let listed = listed();
    assert_eq!(listed.matches(" revoked ").count(), 3, "{listed}");
    let unknown = "a".repeat(64);
    let order = ["certificate", "revoke", "--data-dir", &data_dir];
    let revoked = succeed(&[&order[..], &["--fingerprint", &unknown, "--json"]].concat());
    let revoked: Value = serde_json::from_str(&revoked).unwrap();
    assert_eq!(revoked["known"], false);
}

#[test]
fn what_was_revoked_after_the_copy_is_revoked_again_from_the_list_outside() {
    let mut clinic = Clinic::start();
    let notice = clinic.enrol();
    // From here on what is revoked stands outside as well.
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    let files = ["clinic.p12", "later.p12"];
    clinic.download(&notice, files[1]);
    let place = ["--data-dir", &data_dir, "--code", "1319999999"];
    succeed(&[&["enroll", "revoke"][..], &place, &["--terminal", "受付1"]].concat());
    let outside = clinic.path("checkpoints.jsonl");
    wait_until("a checkpoint outside", || {
        std::fs::exists(&outside).unwrap()
    });
    clinic.center.take().unwrap().kill();
    let list = clinic.path("revocations.jsonl");
    let whole = std::fs::read_to_string(&list).unwrap();
    assert_eq!(whole.lines().count(), 3, "{whole}");
    // As a power cut leaves it: the lines before are used, and what may be missing is said.
    std::fs::write(&list, format!("{whole}{{\"certif")).unwrap();
    let repeats = |told: &Value| {
        let repeat = told["repeat"].as_array().unwrap();
        repeat.iter().any(|it| it == "certificate-revoke")
    };
    for (unreadable, text) in [
        (serde_json::json!([4]), None),
        (serde_json::json!([]), Some(&whole)),
    ] {
        if let Some(text) = text {
            std::fs::write(&list, text).unwrap();
        }
        // A checkpoint of after the copy may lie outside, which is no matter here.
        let (_, told) = restore(&clinic, &copy, &["--outside", &outside]);
        let again = &told["revoked_again"];
        assert_eq!(again["certificates"], 2, "{told}");
        assert_eq!(again["terminals"], 1, "{told}");
        assert_eq!(again["unreadable"], unreadable, "{told}");
        assert_eq!(repeats(&told), text.is_none(), "{told}");
    }
    // As after a server brought its database back: it is done already.
    let order = ["audit", "restored", "--json", "--data-dir", &data_dir];
    let told = succeed(&[&order[..], &["--from", "x", "--outside", &outside]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["revoked_again"]["certificates"], 0, "{told}");
    clinic.start_center();
    for file in files {
        assert!(!clinic.check(file, &TARO).status.success(), "{file}");
    }
    let order = ["audit", "search", "--json", "--data-dir", &data_dir];
    let found = succeed(&[&order[..], &["--deed", "certificate-revoke"]].concat());
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    let from_outside = found.iter().filter(|it| {
        let detail = it["detail"].as_str().unwrap();
        detail.starts_with("why=outside")
    });
    assert_eq!(from_outside.count(), 3, "{found:?}");
}

#[test]
fn where_nothing_was_ever_revoked_a_restore_is_recorded_with_the_checkpoints_named() {
    let mut clinic = Clinic::start();
    // From here on checkpoints are written outside.
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    let (data_dir, outside) = (clinic.path("center"), clinic.path("checkpoints.jsonl"));
    succeed(&["audit", "search", "--data-dir", &data_dir]);
    clinic.center.take().unwrap().end();
    let list = clinic.path("revocations.jsonl");
    assert!(Path::new(&outside).exists() && !Path::new(&list).exists());
    let events = clinic.audit()["events"].as_u64().unwrap();
    let order = ["audit", "restored", "--data-dir", &data_dir, "--from", "x"];
    // A name that was mistyped is told before anything is recorded.
    let mistyped = clinic.path("checkpoint.jsonl");
    let refused = onshi(&[&order[..], &["--outside", &mistyped]].concat());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains(&mistyped), "{said}");
    let told = succeed(&[&order[..], &["--outside", &outside, "--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["recorded"]["events"], events, "{told}");
    let again = &told["revoked_again"];
    assert_eq!(again["kept"], false, "{told}");
    assert_eq!(again["file"], list, "{told}");
    assert_eq!(again["certificates"], 0, "{told}");
    let said = succeed(&[&order[..], &["--outside", &outside]].concat());
    for text in ["控えられた失効がない", "no revocation was kept there"] {
        assert!(said.contains(text), "{said}");
    }
    assert_eq!(clinic.audit()["events"], events + 2);
}
