//! Enrol, download, sign in, check by shell and by file, prove the receipt, revoke, verify the audit.

use serde_json::Value;

use crate::running::{Clinic, onshi, sample, succeed, wait_until};

const TARO: [&str; 8] = [
    "--insurer",
    "06139992",
    "--symbol",
    "１２３",
    "--number",
    "4567",
    "--birth",
    "S45.1.2",
];

#[test]
fn a_check_from_the_shell_is_answered_recorded_and_proven() {
    let clinic = Clinic::start();
    clinic.enrol();
    let mut asked = TARO.to_vec();
    let keys = clinic.path("keys.json");
    asked.extend([
        "--ceiling-consent",
        "--visit",
        "2026-11-23",
        "--json",
        "--save-keys",
        &keys,
    ]);
    let output = clinic.check("clinic.p12", &asked);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["verdict"], 1);
    assert_eq!(answer["results"][0]["name"], "資格　太郎");
    assert_eq!(answer["results"][0]["ceiling"]["category"], "A03");
    std::fs::write(clinic.path("answer.json"), &output.stdout).unwrap();
    let proof = [
        "check",
        "--verify",
        &clinic.path("answer.json"),
        "--keys",
        &keys,
    ];
    assert!(succeed(&proof).starts_with("proven"));
    let changed = String::from_utf8(output.stdout)
        .unwrap()
        .replace("A03", "A05");
    std::fs::write(clinic.path("answer.json"), changed).unwrap();
    let refused = onshi(&proof);
    let told = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told.contains("署名された回答と違います")
            && told.contains("digest differs; it was changed"),
        "{told}"
    );
    let refused = onshi(&[&proof[..], &["--json"]].concat());
    let told: Value = serde_json::from_slice(&refused.stdout).unwrap();
    for language in ["ja", "en"] {
        assert!(
            told[language].as_str().unwrap().contains("digest"),
            "{told}"
        );
    }
    let report = clinic.audit();
    assert_eq!(
        (&report["whole"], &report["checks"]),
        (&Value::Bool(true), &Value::from(1))
    );
}

#[test]
fn wrong_input_is_answered_with_member_reason_and_remedy() {
    let clinic = Clinic::start();
    clinic.enrol();
    let wrong = [
        "--insurer",
        "12",
        "--number",
        "4567",
        "--birth",
        "1970-01-02",
    ];
    let output = clinic.check("clinic.p12", &wrong);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("insurer_number") && text.contains("8桁"),
        "{text}"
    );
    std::fs::write(clinic.path("link_app.pw"), "Chigau-12345678").unwrap();
    let output = clinic.check("clinic.p12", &TARO);
    assert!(String::from_utf8_lossy(&output.stderr).contains("wrong_credentials"));
}

#[test]
fn a_new_download_replaces_the_old_certificate_when_it_is_first_used() {
    let clinic = Clinic::start();
    let notice = clinic.enrol();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    clinic.download(&notice, "second.p12");
    assert!(
        clinic.check("clinic.p12", &TARO).status.success(),
        "the first stays good until the second is used"
    );
    assert!(clinic.check("second.p12", &TARO).status.success());
    let refused = clinic.check("clinic.p12", &TARO);
    assert!(!refused.status.success(), "the first is revoked");
}

#[test]
fn every_sample_request_is_answered_as_its_sample_answer() {
    let clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    let _gateway = clinic.start_gateway();
    let names = [
        "0001",
        "0003_disqualified",
        "0004_nomatch",
        "0005_abnormal",
        "0006_kouki",
        "0007_koureijukyu",
    ];
    for name in names {
        let request = format!("OQSsiquc01req_20261123{name}.xml");
        std::fs::write(clinic.path(&format!("req/{request}")), sample(&request)).unwrap();
    }
    let shift_jis = "OQSsiquc01req_202611230002_sjis.xml";
    std::fs::write(clinic.path(&format!("req/{shift_jis}")), sample(shift_jis)).unwrap();
    std::fs::write(
        clinic.path("req/OQSsiquc01req_doctype.xml"),
        b"<!DOCTYPE x><XmlMsg/>",
    )
    .unwrap();
    wait_until("nine results", || clinic.results().len() == names.len() + 3);
    for name in names {
        let result = format!("OQSsiquc01res_20261123{name}.xml");
        let written = std::fs::read(clinic.path(&format!("res/{result}"))).unwrap();
        assert_eq!(
            without_our_own(&written),
            without_our_own(&sample(&result)),
            "{name}"
        );
    }
    let rejection = std::fs::read_to_string(clinic.path("res/OQSsiquc01req_doctype.err")).unwrap();
    assert!(rejection.contains("DOCTYPE"), "{rejection}");
    assert!(std::fs::exists(clinic.path("res/OQSsiquc01req_doctype.xml")).unwrap());
    let converted = String::from_utf8(
        std::fs::read(clinic.path("res/OQSsiquc01res_202611230002_sjis.xml")).unwrap(),
    )
    .unwrap();
    assert!(converted.contains("<QualificationValidity>1</QualificationValidity>"));
}

/// An answer without its time and without error codes, which are our own.
fn without_our_own(file: &[u8]) -> String {
    let text = String::from_utf8(file.to_vec()).unwrap();
    let kept = text
        .lines()
        .filter(|line| !line.contains("<ProcessExecutionTime>") && !line.contains("<ErrorCode>"));
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_copy_made_while_running_is_put_back_only_while_stopped() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let (data_dir, copy) = (clinic.path("center"), clinic.path("copy"));
    succeed(&["backup", "--data-dir", &data_dir, "--out", &copy]);
    assert!(
        !onshi(&["backup", "--data-dir", &data_dir, "--out", &copy])
            .status
            .success(),
        "no copy is overwritten"
    );
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    assert_eq!(clinic.audit()["checks"], 2);
    let restore = ["restore", "--data-dir", &data_dir, "--from", &copy];
    assert!(!onshi(&restore).status.success(), "the center is running");
    clinic.center.take().unwrap().kill();
    std::fs::create_dir(clinic.path("broken")).unwrap();
    std::fs::write(clinic.path("broken/center.db"), "no database").unwrap();
    assert!(
        !onshi(&[
            "restore",
            "--data-dir",
            &data_dir,
            "--from",
            &clinic.path("broken")
        ])
        .status
        .success()
    );
    succeed(&restore);
    let report = clinic.audit();
    assert_eq!(
        (&report["whole"], &report["checks"]),
        (&Value::Bool(true), &Value::from(1))
    );
    clinic.start_center();
    assert!(clinic.check("clinic.p12", &TARO).status.success());
}

#[test]
fn checkpoints_kept_outside_vouch_for_the_chain() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    let outside = clinic.path("checkpoints.jsonl");
    wait_until("a checkpoint outside", || {
        std::fs::exists(&outside).unwrap()
    });
    assert!(clinic.check("clinic.p12", &TARO).status.success());
    let verify = [
        "audit",
        "verify",
        "--data-dir",
        &clinic.path("center"),
        "--outside",
        &outside,
    ];
    assert!(succeed(&verify).contains("the chain is whole"));
    // Half a line, as a power cut leaves it, is told and spoils nothing else.
    wait_until("a whole line outside", || {
        std::fs::read(&outside).unwrap().ends_with(b"\n")
    });
    clinic.center.take().unwrap().kill();
    let mut kept = std::fs::read(&outside).unwrap();
    kept.extend_from_slice(b"{\"at\":\n");
    std::fs::write(&outside, kept).unwrap();
    let output = onshi(&verify);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    for part in [
        "チェックポイントではありません",
        "is no checkpoint",
        "nothing is wrong with the chain itself",
    ] {
        assert!(told.contains(part), "{told}");
    }
    std::fs::write(&outside, "broken\n").unwrap();
    let output = onshi(&verify);
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 1"));
}
