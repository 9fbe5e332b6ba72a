//! Another issuing CA from the shell: what keeps it back, what a command that was cut off left, and that a clinic goes on.

use std::path::Path;

use serde_json::Value;

use crate::running::{Clinic, onshi, succeed};

const TARO: [&str; 8] = [
    "--insurer",
    "06139992",
    "--symbol",
    "123",
    "--number",
    "4567",
    "--birth",
    "1970-01-02",
];

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
