//! Applications for certificates from the shell: sent by a browser of anybody, listed, declined, answered by a notice.

use std::process::Command;

use serde_json::Value;

use crate::running::{Clinic, onshi, succeed, succeeded};

/// Sends the form of the page; the application number.
fn apply(clinic: &Clinic, terminal: &str) -> String {
    let mut curl = Command::new("curl");
    let own = format!("origin: {}", clinic.enroll());
    curl.args(["-sS", "--fail", "--cacert", &clinic.path("center/root.pem")]);
    curl.args(["-H", &own]);
    let terminal = format!("terminal={terminal}");
    for member in [
        "number=",
        "code=1319999999",
        "name=見本クリニック",
        &terminal,
        "kind=further",
        "contact=見本 花子",
        "phone=03-0000-0000",
        "remark=",
    ] {
        curl.args(["--data-urlencode", member]);
    }
    let page = succeeded(curl.arg(format!("{}/application?lang=en", clinic.enroll())));
    let rest = page
        .split("<dt>Application number</dt><dd>")
        .nth(1)
        .unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[test]
fn open_applications_are_listed_declined_with_a_reason_and_closed_by_their_notice() {
    let clinic = Clinic::start();
    clinic.enrol();
    let data_dir = clinic.path("center");
    let all = ["enroll", "applications", "--data-dir", &data_dir];
    let (first, second) = (apply(&clinic, "受付2"), apply(&clinic, "受付3"));
    let told = succeed(&all);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].starts_with(&first) && lines[1].starts_with(&second),
        "{told}"
    );
    assert!(
        lines[0].contains("further 1319999999 見本クリニック 受付2"),
        "{told}"
    );
    assert!(lines[0].contains("見本 花子 03-0000-0000"), "{told}");
    let half = onshi(&[&all[..], &["--decline", &first]].concat());
    assert_eq!(half.status.code(), Some(2), "a reason belongs to it");
    let decline = [&all[..], &["--decline", &first, "--reason", "重複です"]].concat();
    assert!(succeed(&decline).contains("declined"));
    let again = onshi(&decline);
    let why = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        !again.status.success() && why.contains("すでに終わっています"),
        "{why}"
    );
    let notice = [
        "enroll",
        "--data-dir",
        &data_dir,
        "--code",
        "1319999999",
        "--name",
        "見本クリニック",
        "--terminal",
        "受付3",
        "--json",
    ];
    succeed(&notice);
    let rest: Value = serde_json::from_str(&succeed(&[&all[..], &["--json"]].concat())).unwrap();
    assert_eq!(rest, serde_json::json!([]));
}
