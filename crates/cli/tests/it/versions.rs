//! A store of another version: no copy of a newer one takes the place of what is there, and a look at an older one changes nothing of it.

use std::collections::BTreeMap;
use std::path::Path;

use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::engine::Engine;

use crate::running::{onshi, succeed};

/// What lies in a folder, by name; folders are empty here.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let inside = std::fs::read_dir(dir).unwrap();
    let inside = inside.map(|it| {
        let path = it.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap_or_default())
    });
    inside.collect()
}

/// Runs texts behind the store's back.
fn run(file: &Path, texts: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(texts).unwrap();
    connection.close().unwrap();
}

fn make_store(dir: &Path) {
    std::fs::create_dir(dir).unwrap();
    let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
    engine.close();
}

/// Runs a command that must fail with all of this said, and leave a folder as it is.
fn refused(dir: &Path, arguments: &[&str], parts: &[&str]) {
    let before = contents(dir);
    let output = onshi(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
    for part in parts {
        assert!(told.contains(part), "{part} in {told}");
    }
    let after = contents(dir);
    let names: Vec<_> = after.keys().collect();
    assert!(before == after, "{arguments:?} changed {names:?}");
}

#[test]
fn a_copy_of_a_newer_version_is_refused_before_anything_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    make_store(&dir);
    let data_dir = dir.to_str().unwrap();
    let later = "INSERT INTO migration VALUES ('9999_later', 'SELECT 1')";
    let newer = ["より新しい版", "newer version", "nothing was moved"];
    let changed = "UPDATE migration SET text = text || ' '";
    let other = ["構造が", "does not hold the schema", "nothing was moved"];
    for (at, (name, texts, parts)) in [
        ("center.db", later, newer),
        ("registry.db", later, newer),
        ("center.db", changed, other),
    ]
    .into_iter()
    .enumerate()
    {
        let copy = folder.path().join(format!("copy-{at}"));
        let from = copy.to_str().unwrap();
        succeed(&["backup", "--data-dir", data_dir, "--out", from]);
        run(&copy.join(name), texts);
        // There is no folder before-restore either.
        let order = ["restore", "--data-dir", data_dir, "--from", from];
        refused(&dir, &order, &parts);
    }
}

/// Puts a file of all steps but the last in the place of one.
fn without_the_last_step(file: &Path) {
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut steps: Vec<(String, String)> = {
        let text = "SELECT name, text FROM migration ORDER BY name";
        let mut statement = connection.prepare(text).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    connection.close().unwrap();
    steps.pop().unwrap();
    std::fs::remove_file(file).unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    let table = "CREATE TABLE migration (name TEXT PRIMARY KEY, text TEXT NOT NULL)";
    connection.execute_batch(table).unwrap();
    for (name, text) in steps {
        connection.execute_batch(&text).unwrap();
        let kept = "INSERT INTO migration VALUES (?1, ?2)";
        connection.execute(kept, (name, text)).unwrap();
    }
    connection.close().unwrap();
}

#[test]
fn an_older_store_that_a_server_brought_back_is_recorded_first_and_verified_then() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    make_store(&dir);
    let data_dir = dir.to_str().unwrap();
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    ReceiptKeys::open(&dir, &machine).unwrap();
    without_the_last_step(&dir.join("center.db"));
    let verify = ["audit", "verify", "--data-dir", data_dir];
    refused(
        &dir,
        &verify,
        &[
            "古い版",
            "onshi audit restored を",
            "run onshi audit restored",
        ],
    );
    let restored = ["audit", "restored", "--data-dir", data_dir];
    succeed(&[&restored[..], &["--from", "20261126T0930"]].concat());
    succeed(&verify);
}

#[test]
fn looks_at_a_store_of_an_older_version_leave_it_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    make_store(&dir);
    let data_dir = dir.to_str().unwrap();
    let verify = ["audit", "verify", "--data-dir", data_dir];
    // Keys are looked for first, and what is wrong with them leaves no logs behind either.
    refused(&dir, &verify, &["machine.key", "there is no such file"]);
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    ReceiptKeys::open(&dir, &machine).unwrap();
    succeed(&verify);
    let last = "DELETE FROM migration WHERE name = (SELECT max(name) FROM migration)";
    run(&dir.join("center.db"), last);
    let older = ["古い版", "older version", "start the center"];
    refused(&dir, &verify, &older);
    let settings = folder.path().join("center.toml");
    let text = format!(
        "data_dir = \"{data_dir}\"\n[listen]\napi = \"127.0.0.1:0\"\nenroll = \"127.0.0.1:0\"\n[retention]\nchecks_months = 13\n"
    );
    std::fs::write(&settings, text).unwrap();
    let settings = settings.to_str().unwrap();
    refused(&dir, &["retention", "--config", settings], &older);
    refused(&dir, &["audit", "verify", "--config", settings], &older);
    std::fs::write(dir.join("machine.key"), "no key").unwrap();
    refused(&dir, &verify, &["machine.key"]);
}
