//! A month's claims of the demo's clinic, with seeded faults: the filing, the sign-in of its own, sending, what the checks found, acceptance; then
//! the next file from the shell, which goes on where another run was cut off.

use std::path::{Path, PathBuf};

use api::claims::{ClaimsSignIn, NewClaimsUpload};
use api::client::Client;
use pki::identity::{Identity, first_certificate};
use serde_json::Value;

use super::Walk;
use super::every_page::{look, look_as_it_is};
use crate::running::{onshi, succeed};

/// What the account's holder chooses.
const OWN_PASSWORD: &str = "Seikyu-7654321";

/// A command of the claims entry at the demo's center; what it answers.
fn ordered(walk: &Walk, command: &[&str], further: &[&str]) -> Value {
    let data_dir = walk.dir.path().join("demo/center").display().to_string();
    let place = ["--data-dir", &data_dir, "--json"];
    let text = succeed(&[&["claims"], command, &place, further].concat());
    serde_json::from_str(&text).unwrap()
}

/// Made-up claims of a clinic for the payment fund.
fn made(walk: &Walk, folder: &str, further: &[&str]) -> PathBuf {
    let folder = walk.dir.path().join(folder);
    let path = folder.display().to_string();
    let month = ["--claims", &path, "--month", "2026-10"];
    succeed(
        &[
            &["synth", "--people", "600", "--seed", "5"],
            &month[..],
            further,
        ]
        .concat(),
    );
    folder.join("medical-fund.uke")
}

/// Files for the PC, and lets an operator accept it.
async fn file_for_the_pc(walk: &Walk) {
    walk.press("main a[href='/claims/filings']").await;
    look(walk, "claims-filings-empty").await;
    walk.send(&[("starts_on", "R8.2.30")]).await;
    assert!(walk.shows("#starts_on-error-1").await);
    look_as_it_is(walk, "claims-filings-error").await;
    walk.send(&[("starts_on", "R8.12.1")]).await;
    walk.see(&["未提出", "受付端末1"]).await;
    walk.press("main form[action='/claims/filings/hand-in'] button")
        .await;
    walk.see(&["提出済み（審査中）"]).await;
    let filings = ordered(walk, &["filing", "list"], &[]);
    let id = filings[0]["id"].as_str().unwrap();
    ordered(walk, &["filing", "accept"], &["--id", id]);
    walk.open("claims/filings").await;
    walk.see(&["受理"]).await;
    look(walk, "claims-filings").await;
}

/// From the door to the list of submissions, with a first password that is changed.
async fn sign_in(walk: &Walk, first: &str) {
    walk.open("claims").await;
    walk.see(&[
        "いま受け付けています",
        "このパソコンの届出は受理されています",
    ])
    .await;
    look(walk, "claims-door").await;
    walk.press("main form[action='/claims'] [data-tone=primary]")
        .await;
    look(walk, "claims-sign-in").await;
    walk.send(&[("account", "seikyu1"), ("password", "Chigau-123")])
        .await;
    walk.see(&["請求先から受け取ったIDとパスワードを確かめてください"])
        .await;
    look_as_it_is(walk, "claims-sign-in-refused").await;
    walk.send(&[("account", "seikyu1"), ("password", first)])
        .await;
    look(walk, "claims-password").await;
    walk.send(&[
        ("old_password", first),
        ("new_password", OWN_PASSWORD),
        ("again", OWN_PASSWORD),
    ])
    .await;
    walk.see(&["送信した請求はまだありません"]).await;
    look(walk, "claims-work-empty").await;
}

/// Sends a file by the page's form.
async fn send(walk: &Walk, file: &Path) {
    walk.open("claims/work").await;
    walk.fill_file("file", file).await;
    walk.press("main form[action='/claims/send'] [data-tone=primary]")
        .await;
}

/// Looks again until the checks are over.
async fn checked(walk: &Walk) {
    for _ in 0..1_000 {
        if walk.shows("main form[action$='/file']").await {
            return;
        }
        walk.press("main p a[href^='/claims/submissions/']").await;
    }
    panic!("not checked: {}", walk.text("main").await);
}

/// Begins to send a file as a run does that is cut off after the first bytes.
async fn cut_off(walk: &Walk, file: &Path) {
    let facility = &walk.demo["facilities"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let p12 = std::fs::read(text(&facility["p12"])).unwrap();
    let identity = Identity::from_pkcs12(&p12, &text(&facility["p12_password"])).unwrap();
    let center = &walk.demo["center"];
    let root = std::fs::read(text(&center["ca"])).unwrap();
    let root = first_certificate(&root).unwrap();
    let client = Client::new(&text(&center["api"]), &root, Some(&identity)).unwrap();
    let asked = ClaimsSignIn {
        account: "seikyu1".into(),
        force: true,
        password: OWN_PASSWORD.into(),
        tenant: "fund".into(),
    };
    let session = client.claims_sign_in(&asked).await.unwrap();
    let bytes = std::fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let new = NewClaimsUpload {
        file_name: name.into(),
        ..NewClaimsUpload::default()
    };
    let begun = client.begin_claims_upload(&session.token, &new).await;
    let begun = begun.unwrap();
    let piece = bytes[..10_000].to_vec();
    let kept = client.send_claims(&session.token, (&begun.id, 0), piece);
    assert_eq!(kept.await.unwrap().offset, 10_000);
}

/// `onshi claims send` of a file.
fn sent_by_the_shell(walk: &Walk, file: &Path) -> (Option<i32>, Value) {
    let facility = &walk.demo["facilities"][0];
    let keep = |name: &str, text: &str| {
        let path = walk.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let center = &walk.demo["center"];
    let output = onshi(&[
        "claims",
        "send",
        &file.display().to_string(),
        "--center",
        &text(&center["api"]),
        "--root",
        &text(&center["ca"]),
        "--p12",
        &text(&facility["p12"]),
        "--p12-password-file",
        &keep("p12.pw", &text(&facility["p12_password"])),
        "--tenant",
        "fund",
        "--account",
        "seikyu1",
        "--password-file",
        &keep("seikyu1.pw", OWN_PASSWORD),
        "--json",
    ]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer = serde_json::from_slice(&output.stdout).expect(&told);
    (output.status.code(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_months_claims_are_sent_checked_and_accepted_by_the_pages_and_the_next_by_the_shell() {
    let walk = Walk::start().await;
    let code = walk.demo["facilities"][0]["code"].as_str().unwrap();
    let account = ["--code", code, "--id", "seikyu1", "--name", "請求係"];
    let account = ordered(&walk, &["account", "add"], &account);
    walk.sign_in("administrator").await;
    walk.press("main a[href='/claims']").await;
    walk.see(&["このパソコンの届出がまだありません"]).await;
    look(&walk, "claims-door-no-filing").await;
    let opening = [
        ["--from", "2026-01-01T00:00:00+09:00"],
        ["--until", "2099-12-31T00:00:00+09:00"],
        ["--reason", "demo"],
    ];
    ordered(&walk, &["opening"], opening.as_flattened());
    file_for_the_pc(&walk).await;
    sign_in(&walk, account["password"].as_str().unwrap()).await;
    let faulty = made(&walk, "faulty", &["--faults"]);
    let seeded = std::fs::read_to_string(faulty.with_extension("faults.csv")).unwrap();
    send(&walk, &faulty).await;
    checked(&walk).await;
    walk.see(&["点検済み（未確定）", "このレセプトを受け付けません"])
        .await;
    assert!(1 < seeded.lines().count());
    look(&walk, "claims-submission").await;
    let findings = walk.download("button[value=findings]", "csv").await;
    assert!(std::fs::metadata(findings).unwrap().len() != 0);
    walk.press("main form[action$='/accept'] button").await;
    walk.see(&["請求確定"]).await;
    look(&walk, "claims-accepted").await;
    let signed = walk.download("button[value=acceptance]", "jws").await;
    let signed = std::fs::read_to_string(signed).unwrap();
    assert_eq!(signed.trim().split('.').count(), 3);
    send(&walk, &faulty).await;
    assert!(walk.shows("[data-code]").await);
    look_as_it_is(&walk, "claims-twice").await;
    walk.open("claims/work").await;
    walk.see(&["請求確定"]).await;
    look(&walk, "claims-work").await;
    let good = made(&walk, "good", &[]);
    cut_off(&walk, &good).await;
    let (code, sent) = sent_by_the_shell(&walk, &good);
    assert_eq!(code, Some(0), "{sent}");
    assert_eq!(sent["file_name"], "medical-fund.uke");
    // Whoever signed in last holds the session; the page says so.
    walk.open("claims/work").await;
    walk.see(&["請求先", "請求"]).await;
    look(&walk, "claims-door-after").await;
    walk.end().await;
}
