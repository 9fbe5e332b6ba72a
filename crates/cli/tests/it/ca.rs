//! Another issuing CA from the shell: what keeps it back, what a command that was cut off left, and that a clinic goes on.

use std::path::Path;

use serde_json::Value;

use crate::running::{Clinic, TARO, onshi, succeed};

#[test]
fn a_renewal_goes_on_where_one_was_cut_off_and_the_clinic_notices_nothing() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let data_dir = clinic.path("center");
    let renew = ["ca", "renew", "--data-dir", &data_dir];
    let refused = onshi(&renew);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("stop it first"), "{said}");
    clinic.center.take().unwrap().end();
    // The root's key is in a safe, and the command was killed before its last step once.
    let ca = Path::new(&data_dir).join("ca");
    let safe = clinic.path("root.key");
    std::fs::rename(ca.join("root.key"), &safe).unwrap();
    let unfinished = ca.join("issuing-2.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::write(unfinished.join("issuing.key"), "half a key").unwrap();
    let refused = onshi(&renew);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("--root-key"), "{said}");
    let further = ["--root-key", &safe, "--json"];
    let told = succeed(&[&renew[..], &further].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["number"], 2);
    assert_eq!(told["taken_up"], false);
    assert!(!unfinished.exists() && ca.join("issuing-2/issuing.key").is_file());
    clinic.start_center();
    let checked = clinic.check("clinic.p12", &TARO);
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
    let search = [
        "audit",
        "search",
        "--data-dir",
        &data_dir,
        "--deed",
        "authority-renew",
        "--json",
    ];
    let events: Value = serde_json::from_str(&succeed(&search)).unwrap();
    let events = events.as_array().unwrap();
    assert_eq!(events.len(), 1);
    let detail = events[0]["detail"].as_str().unwrap();
    assert!(detail.contains(told["issuing"].as_str().unwrap()));
    assert_eq!(clinic.audit()["whole"], true);
}

#[test]
fn a_restore_names_what_is_missing_of_every_issuing_ca() {
    let mut clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    clinic.center.take().unwrap().end();
    let renewed = succeed(&["ca", "renew", "--data-dir", &data_dir, "--json"]);
    let renewed: Value = serde_json::from_str(&renewed).unwrap();
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    let order = ["restore", "--data-dir", &data_dir, "--from", &copy];
    let restored = || -> Value {
        let told = succeed(&[&order[..], &["--json"]].concat());
        serde_json::from_str(&told).unwrap()
    };
    let ca = format!("{data_dir}/ca");
    // That of a former one may be destroyed.
    let former = format!("{ca}/issuing.key");
    std::fs::remove_file(&former).unwrap();
    let told = restored();
    assert_eq!(told["missing_keys"], serde_json::json!([]));
    assert_eq!(told["missing_issuing"], Value::Null);
    let newest = format!("{ca}/issuing-2/issuing.key");
    std::fs::remove_file(&newest).unwrap();
    let told = restored();
    assert_eq!(told["missing_keys"], serde_json::json!([newest]));
    assert_eq!(told["missing_issuing"], Value::Null);
    // As of a copy from before the renewal: the first one signs, for which its key is needed.
    std::fs::remove_dir_all(format!("{ca}/issuing-2")).unwrap();
    let told = restored();
    assert_eq!(told["missing_keys"], serde_json::json!([former]));
    assert_eq!(told["missing_issuing"], renewed["issuing"]);
    assert_eq!(told["other_authority_than"], Value::Null);
    let said = succeed(&order);
    let shown = renewed["issuing"].as_str().unwrap();
    assert!(said.contains(shown) && said.contains(&former), "{said}");
}

#[test]
fn a_restore_asks_for_no_issuing_ca_of_an_authority_in_whose_place_another_was_made() {
    let mut clinic = Clinic::start();
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    clinic.center.take().unwrap().end();
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    // As docs/operations/certificate-and-key-ceremony.md has it done where the folder is lost for good.
    let ca = format!("{data_dir}/ca");
    std::fs::remove_dir_all(&ca).unwrap();
    std::fs::create_dir(&ca).unwrap();
    std::fs::write(format!("{ca}/unfinished"), "").unwrap();
    clinic.start_center();
    clinic.center.take().unwrap().end();
    let order = ["restore", "--data-dir", &data_dir, "--from", &copy];
    let told = succeed(&[&order[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["missing_keys"], serde_json::json!([]));
    assert_eq!(told["missing_issuing"], Value::Null);
    let root = told["other_authority_than"].as_str().unwrap();
    let said = succeed(&order);
    assert!(said.contains(root), "{said}");
    assert!(said.contains("start the center as it is"), "{said}");
    assert!(said.contains("このままセンターを起動"), "{said}");
}
