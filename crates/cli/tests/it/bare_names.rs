//! Names without a folder, as the examples of `--help` have them, lie where the command runs.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::running::{Part, succeeded, wait_until};
use crate::turned_clock::command;

fn inside(dir: &Path, arguments: &[&str]) -> String {
    let mut command = command();
    succeeded(command.current_dir(dir).args(arguments))
}

#[test]
fn from_the_first_start_to_a_copy_every_file_is_named_without_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let at = |name: &str| dir.join(name);
    let listeners = ["api", "enroll", "operator", "metrics"];
    let listeners = listeners.map(|it| format!("{it} = \"127.0.0.1:0\"\n"));
    let text = format!("data_dir = \"center\"\n[listen]\n{}", listeners.concat());
    std::fs::write(at("center.toml"), text).unwrap();
    let center = command()
        .current_dir(dir)
        .args(["center", "--config", "center.toml"])
        .args(["--ready-file", "ready.json"])
        .stdout(Stdio::null())
        .spawn();
    let _center = Part::of(center.unwrap());
    wait_until("a ready center", || at("ready.json").exists());
    let ready: Value = serde_json::from_slice(&std::fs::read(at("ready.json")).unwrap()).unwrap();

    let who = ["--code", "1319999999", "--name", "見本クリニック"];
    let place = ["--terminal", "受付1", "--notice", "notice.html"];
    let enroll = ["enroll", "--data-dir", "center"];
    inside(dir, &[&enroll[..], &who, &place].concat());
    let page = std::fs::read_to_string(at("notice.html")).unwrap();
    assert!(page.contains("1319999999"));

    // Another terminal, whose notice is shown.
    let told = inside(
        dir,
        &[
            "enroll",
            "--data-dir",
            "center",
            "--json",
            "--code",
            "1319999998",
            "--name",
            "別の見本",
            "--terminal",
            "受付1",
        ],
    );
    let notice: Value = serde_json::from_str(&told).unwrap();
    let word = |name: &str| notice[name].as_str().unwrap();
    std::fs::write(at("ref.txt"), word("reference_id")).unwrap();
    std::fs::write(at("pw.txt"), "Tegami-12345678\n").unwrap();
    let download = [
        "certificate",
        "download",
        "--enroll",
        ready["enroll"].as_str().unwrap(),
        "--root",
        "center/root.pem",
    ];
    let ids = [
        "--request-id",
        word("request_id"),
        "--reference-id-file",
        "ref.txt",
    ];
    let files = ["--password-file", "pw.txt", "--out", "clinic.p12"];
    inside(dir, &[&download[..], &ids, &files].concat());
    assert!(at("clinic.p12").metadata().unwrap().len() > 500);

    inside(
        dir,
        &[
            "audit",
            "export",
            "--data-dir",
            "center",
            "--out",
            "audit.jsonl",
        ],
    );
    assert!(
        std::fs::read_to_string(at("audit.jsonl"))
            .unwrap()
            .lines()
            .count()
            > 1
    );
    inside(dir, &["backup", "--data-dir", "center", "--out", "copy"]);
    inside(dir, &["restore", "--data-dir", "other", "--from", "copy"]);
    assert!(at("other/center.db").exists());
    std::fs::write(at("passphrase"), "a passphrase of this test\n").unwrap();
    let key = [
        "publish",
        "key",
        "--out",
        "publisher.key",
        "--public",
        "publisher.pub",
    ];
    inside(
        dir,
        &[&key[..], &["--passphrase-file", "passphrase"]].concat(),
    );
    assert!(at("publisher.key").exists() && at("publisher.pub").exists());
}
