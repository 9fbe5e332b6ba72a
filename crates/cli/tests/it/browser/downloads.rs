//! The page on which a facility downloads its certificate, and the notice to print.

use std::process::Command;

use serde_json::{Value, json};

use super::Walk;

/// The page's own form sent by the page itself: status and media type of the answer.
const SEND: &str = "const done = arguments[arguments.length - 1];
    const body = new URLSearchParams(new FormData(document.querySelector('main form')));
    fetch('/', {method: 'POST', body}).then(it => done([it.status, it.headers.get('content-type')]))";

/// Sizes in CSS pixels, as for the staff pages.
const SIZES: [(&str, u32, u32); 3] = [
    ("pc", 1280, 900),
    ("narrow", 320, 800),
    ("double", 640, 450),
];

async fn look(walk: &Walk, name: &str) {
    walk.is_accessible().await;
    for (size, width, height) in SIZES {
        walk.size(width, height).await;
        walk.looks_right().await;
        walk.picture(&format!("{name}-{size}")).await;
    }
    walk.size(1280, 900).await;
}

pub(super) fn enroll(walk: &Walk, arguments: &[&str]) -> Vec<u8> {
    let data_dir = walk.dir.path().join("demo/center");
    let output = Command::new(env!("CARGO_BIN_EXE_onshi"))
        .args(["enroll", "--code", "1319999999", "--name", "見本クリニック"])
        .args(["--terminal", "受付2", "--data-dir"])
        .arg(data_dir)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_downloads_its_certificate_by_the_page() {
    let walk = Walk::start().await;
    let enrolled: Value = serde_json::from_slice(&enroll(&walk, &["--json"])).unwrap();
    let site = enrolled["download_site"].as_str().unwrap();
    for language in ["en", "ja"] {
        walk.browser
            .goto(&format!("{site}?lang={language}"))
            .await
            .unwrap();
        assert_eq!(
            walk.attribute("html", "lang").await.as_deref(),
            Some(language)
        );
        look(&walk, &format!("download-{language}")).await;
        walk.send(&[("request_id", "x"), ("password", "short")])
            .await;
        assert_eq!(walk.code("#request_id-error-1").await, "form");
        assert_eq!(walk.code("#password_again-error-1").await, "not_the_same");
        look(&walk, &format!("download-errors-{language}")).await;
    }
    let text = |member: &str| enrolled[member].as_str().unwrap();
    let own = "Tegami-12345678";
    walk.fill(&[
        ("request_id", text("request_id")),
        ("reference_id", text("reference_id")),
        ("password", own),
        ("password_again", own),
    ])
    .await;
    let sent = walk.browser.execute_async(SEND, Vec::new()).await.unwrap();
    assert_eq!(sent, json!([200, "application/x-pkcs12"]));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_is_a_page_to_print_that_only_its_user_reads() {
    use std::os::unix::fs::PermissionsExt;
    let walk = Walk::start().await;
    let file = walk.dir.path().join("notice.html");
    let told = enroll(&walk, &["--notice", file.to_str().unwrap()]);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    walk.browser
        .goto(&format!("file://{}", file.display()))
        .await
        .unwrap();
    walk.see(&[
        "電子証明書取得発行通知書",
        "1319999999",
        "受付2",
        "3年3か月",
    ])
    .await;
    // What the notice holds stands nowhere else.
    let secret = walk.text("tr:nth-of-type(5) td").await;
    assert_eq!(secret.len(), 24, "{secret}");
    assert!(!String::from_utf8(told).unwrap().contains(&secret));
    walk.is_accessible().await;
    walk.picture("notice").await;
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await;
    walk.picture("notice-paper").await;
    walk.end().await;
}
