//! What `onshi config check` says of values that would start, and then fail quietly or only when somebody needs them.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::running::{onshi, output, start_center};

/// Own addresses alone, each on a free port.
const OWN: &str = "[listen]\napi = \"127.0.0.1:0\"\nenroll = \"127.0.0.1:0\"\noperator = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n";

/// What is said of a settings file that lies in a folder.
fn report(dir: &Path, text: &str) -> Value {
    let file = dir.join("settings.toml");
    std::fs::write(&file, text).unwrap();
    let output = onshi(&["config", "check", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.success(), report["good"] == true, "{report}");
    report
}

/// A center's settings, with lines before the first heading.
fn center(dir: &Path, first: &str) -> String {
    let data_dir = dir.join("center");
    format!("data_dir = \"{}\"\n{first}\n{OWN}", data_dir.display())
}

#[test]
fn a_host_name_that_no_address_can_have_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["center.example:8443", "*.example", "", "日本"] {
        let names = format!("host_names = [\"{name}\", \"center.example\"]");
        let report = report(dir.path(), &center(dir.path(), &names));
        assert_eq!(report["good"], true, "{report}");
        let told = &report["remarks"][0];
        assert_eq!(told["line"], 2, "{told}");
        assert!(told["ja"].as_str().unwrap().contains("ホスト名"), "{told}");
        assert!(told["en"].as_str().unwrap().contains("host name"), "{told}");
    }
    let good = "host_names = [\"center.example\", \"192.0.2.10\"]";
    let report = report(dir.path(), &center(dir.path(), good));
    assert_eq!(report["good"], true, "{report}");
    assert!(report["remarks"].as_array().unwrap().is_empty(), "{report}");
}

#[test]
fn a_store_whose_machine_key_was_not_brought_back_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("center");
    std::fs::create_dir(&data_dir).unwrap();
    let text = center(dir.path(), "host_names = [\"center.example\"]");
    for (made, told) in [("center.db", 1), ("machine.key", 0)] {
        std::fs::write(data_dir.join(made), "").unwrap();
        let report = report(dir.path(), &text);
        assert_eq!(report["good"], true, "{report}");
        let remarks = report["remarks"].as_array().unwrap();
        assert_eq!(remarks.len(), told, "{report}");
        let is_key = |it: &Value| it["key"] == "data_dir" && it["line"] == 1;
        assert!(remarks.iter().all(is_key), "{report}");
    }
}

#[test]
fn a_center_starts_with_values_that_earlier_versions_took_and_the_check_tells_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let first = "host_names = [\"center.example:8443\", \"*.example\", \"center.example\"]";
    let text = format!(
        "{}[cards]\npolicies = {{ phone = \"\" }}\n[home]\nconsent_days = 0\n[certificates]\nrenewal_days = 7\n",
        center(dir.path(), first)
    );
    let report = report(dir.path(), &text);
    assert_eq!(report["good"], true, "{report}");
    let remarks = report["remarks"].as_array().unwrap();
    let told: Vec<_> = remarks
        .iter()
        .map(|it| (it["key"].as_str().unwrap(), it["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("host_names", 2),
            ("host_names", 2),
            ("renewal_days", 13),
            ("consent_days", 11),
            ("policies", 9),
        ],
        "{report}"
    );
    let (running, _) = start_center(&file("settings.toml"), &file("ready.json"));
    running.end();
}

#[test]
fn addresses_of_a_center_that_runs_are_remarked_on_and_those_of_others_are_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let text = center(dir.path(), "host_names = [\"center.example\"]");
    std::fs::write(file("settings.toml"), &text).unwrap();
    let (running, ready) = start_center(&file("settings.toml"), &file("ready.json"));
    let api = ready["api"]
        .as_str()
        .unwrap()
        .trim_start_matches("https://");
    let text = text.replace("api = \"127.0.0.1:0\"", &format!("api = \"{api}\""));
    let told = report(dir.path(), &text);
    assert_eq!(told["good"], true, "{told}");
    let remarks = told["remarks"].as_array().unwrap();
    assert_eq!(remarks.len(), 1, "{told}");
    assert_eq!(remarks[0]["key"], "api", "{told}");
    assert!(remarks[0]["ja"].as_str().unwrap().contains(api), "{told}");
    assert!(remarks[0]["en"].as_str().unwrap().contains(api), "{told}");
    // A center over another folder does not run.
    let other = text.replace("/center\"", "/other\"");
    assert_ne!(other, text);
    let told = report(dir.path(), &other);
    assert_eq!(told["good"], false, "{told}");
    assert_eq!(told["findings"][0]["key"], "api", "{told}");
    running.end();
}

#[test]
fn a_center_for_others_without_a_name_is_told_of_by_the_check_and_at_each_notice() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (data_dir, settings) = (file("center"), file("settings.toml"));
    for (terminal, names, remarks, site) in [
        ("受付1", "[]", 1, "https://localhost:"),
        (
            "受付2",
            "[\"Center.Example\"]",
            0,
            "https://center.example:",
        ),
    ] {
        let text = center(dir.path(), &format!("host_names = {names}"));
        let text = text.replace("enroll = \"127.0.0.1:0\"", "enroll = \"0.0.0.0:0\"");
        let report = report(dir.path(), &text);
        assert_eq!(report["good"], true, "{report}");
        let told = report["remarks"].as_array().unwrap();
        assert_eq!(told.len(), remarks, "{report}");
        assert!(told.iter().all(|it| it["key"] == "host_names"), "{report}");
        let (running, _) = start_center(&settings, &file("ready.json"));
        let enrol = [
            "enroll",
            "--json",
            "--data-dir",
            &data_dir,
            "--code",
            "1319999999",
            "--name",
            "見本クリニック",
            "--terminal",
            terminal,
        ];
        let output = onshi(&enrol);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        assert_eq!(errors.contains("host_names"), remarks == 1, "{errors}");
        let notice: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = notice["download_site"].as_str().unwrap();
        assert!(told.starts_with(site), "{told}");
        running.end();
    }
}

/// The lines of findings of a key.
fn lines_of(report: &Value, key: &str) -> Vec<u64> {
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().filter(|it| it["key"] == key);
    found.map(|it| it["line"].as_u64().unwrap()).collect()
}

/// What is said to a user whom the rights of files bind: root is bound by them without its capabilities.
fn bound_by_rights(file: &str) -> Value {
    let onshi = env!("CARGO_BIN_EXE_onshi");
    let check = ["config", "check", file, "--json"];
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let output = if is_root {
        let mut bound = Command::new("setpriv");
        bound.args(["--inh-caps=-all", "--bounding-set=-all", onshi]);
        output(bound.args(check))
    } else {
        output(Command::new(onshi).args(check))
    };
    assert_eq!(output.status.code(), Some(1));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn folders_are_judged_by_the_rights_of_whoever_runs_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    for name in ["center", "checkpoints", "good"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    // Somebody may write there, and its owner may not.
    for name in ["center", "checkpoints"] {
        let mode = std::fs::Permissions::from_mode(0o507);
        std::fs::set_permissions(path(name), mode).unwrap();
    }
    let file = path("settings.toml");
    let checkpoints = format!("checkpoint_dir = \"{}\"", path("checkpoints"));
    std::fs::write(&file, center(dir.path(), &checkpoints)).unwrap();
    let told = bound_by_rights(&file);
    assert_eq!(lines_of(&told, "data_dir"), [1], "{told}");
    assert_eq!(lines_of(&told, "checkpoint_dir"), [2], "{told}");
    // The link app's, one that is to be made among them.
    let at = dir.path().display();
    let text = format!(
        "data_dir = \"{at}/good\"\ncenter = \"https://center.example:8443\"\nca = \"{at}/root.pem\"\n[identity]\nname = \"clinic\"\n\
         [account]\nid = \"link_app\"\nsecret_file = \"{at}/secret\"\n[[folders]]\nname = \"receipt\"\nreq = \"{at}/good/req\"\n\
         res = \"{at}/checkpoints\"\nwork = \"{at}/center/work\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let told = bound_by_rights(&file);
    let expected: [(&str, &[u64]); 4] = [
        ("data_dir", &[]),
        ("req", &[]),
        ("res", &[12]),
        ("work", &[13]),
    ];
    for (key, lines) in expected {
        assert_eq!(lines_of(&told, key), lines, "{key}: {told}");
    }
}

#[test]
fn folders_that_the_link_app_refuses_for_serving_twice_are_told_with_the_second_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().display();
    let pair = |name: &str, req: &str, res: &str, work: &str| {
        format!(
            "[[folders]]\nname = \"{name}\"\nreq = \"{at}/{req}\"\nres = \"{at}/{res}\"\nwork = \"{at}/{work}\"\n"
        )
    };
    // Lines 1 to 8.
    let head = format!(
        "data_dir = \"{at}/data\"\ncenter = \"https://center.example:8443\"\nca = \"{at}/root.pem\"\n[identity]\nname = \"clinic\"\n\
         [account]\nid = \"link_app\"\nsecret_file = \"{at}/secret\"\n"
    );
    let one = pair("receipt", "req", "res", "work");
    let lines =
        |pairs: &str, key: &str| lines_of(&report(dir.path(), &format!("{head}{pairs}")), key);
    assert_eq!(lines(&pair("receipt", "req", "req", "work"), "res"), [12]);
    for (second, key, line) in [
        (pair("other", "req", "res2", "work2"), "req", 16),
        (pair("other", "req2", "work", "work2"), "res", 17),
        (pair("other", "req2", "res2", "work"), "work", 18),
        (pair("receipt", "req2", "res2", "work2"), "name", 15),
    ] {
        let told = lines(&format!("{one}{second}"), key);
        assert!(told.contains(&line), "{key}: {told:?}");
    }
    // Results of two receipt computers may go into one folder.
    let shared = format!("{one}{}", pair("other", "req2", "res", "work2"));
    for key in ["req", "res", "work"] {
        assert!(lines(&shared, key).is_empty(), "{key}");
    }
    assert_eq!(lines(&shared, "name"), [5], "there is no certificate");
}

#[test]
fn values_of_a_center_that_would_fail_quietly_are_told_with_their_line() {
    let dir = tempfile::tempdir().unwrap();
    // The heading of what follows stands on line 8.
    let of = |further: &str| report(dir.path(), &format!("{}{further}", center(dir.path(), "")));
    let wrong = "[lockout]\nlongest_lock_min = 10\nfirst_lock_min = 20\n";
    let report = of(wrong);
    assert_eq!(report["good"], false, "{wrong}");
    let told = &report["findings"][0];
    assert_eq!(told["line"], 10, "{told}");
    assert!(
        told["en"].as_str().unwrap().contains("longest_lock_min"),
        "{told}"
    );
    assert_ne!(told["ja"], told["en"]);
    for (odd, key, en) in [
        (
            "[cards]\npolicies = { card = \"x\" }\n",
            "policies",
            "object identifier",
        ),
        (
            "[cards.policies]\ncard = \"x\"\n",
            "card",
            "plastic cards are refused",
        ),
        ("[home]\nconsent_days = 0\n", "consent_days", "make it 1"),
        (
            "[certificates]\nrenewal_days = 0\n",
            "renewal_days",
            "30 days",
        ),
    ] {
        let report = of(odd);
        assert_eq!(report["good"], true, "{report}");
        let told = &report["remarks"][0];
        assert_eq!(told["line"], 9, "{told}");
        assert_eq!(told["key"], key, "{told}");
        assert!(told["en"].as_str().unwrap().contains(en), "{told}");
        assert_ne!(told["ja"], told["en"]);
    }
    // What the end takes beside it fits into the packaged unit's time.
    let unit = include_str!("../../../../packaging/systemd/onshi-center.service");
    assert!(unit.contains("\nTimeoutStopSec=60\n"), "{unit}");
    for (drain_ms, remarks) in [(27_999, 0), (28_000, 1)] {
        let report = of(&format!("[capacity]\ndrain_ms = {drain_ms}\n"));
        assert_eq!(report["good"], true, "{report}");
        let told = report["remarks"].as_array().unwrap();
        assert_eq!(told.len(), remarks, "{report}");
        assert!(told.iter().all(|it| it["line"] == 9), "{report}");
    }
    for (most_lines, remarks) in [(25_000, 0), (30_000, 1)] {
        let report = of(&format!("[link]\nmost_lines = {most_lines}\n"));
        assert_eq!(report["good"], true, "{report}");
        let told = report["remarks"].as_array().unwrap();
        assert_eq!(told.len(), remarks, "{report}");
        for it in told {
            assert_eq!(it["line"], 9, "{it}");
            assert_eq!(it["key"], "most_lines", "{it}");
            assert!(it["en"].as_str().unwrap().contains("25000"), "{it}");
            assert!(it["ja"].as_str().unwrap().contains("25000 件"), "{it}");
        }
    }
    let good = "[cards]\npolicies = { card = \"1.3.6.1.4.1.32473.20.30\" }\n[home]\nconsent_days = 1\n[certificates]\nrenewal_days = 30\n\
                [lockout]\nfirst_lock_min = 20\nlongest_lock_min = 20\n";
    let report = of(good);
    assert_eq!(report["good"], true);
    assert!(report["remarks"].as_array().unwrap().is_empty(), "{report}");
}
