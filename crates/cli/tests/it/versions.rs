//! A store of another version: no copy of a newer one takes the place of what is there.

use std::collections::BTreeMap;
use std::path::Path;

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
