//! The certificate's pages in a real browser over running parts: renewed, backed up, issued anew; the link goes on without a restart.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Walk;
use crate::running::{sample, wait_until};

/// Sizes in CSS pixels, as for the other pages.
const SIZES: [(&str, u32, u32); 2] = [("pc", 1280, 900), ("narrow", 320, 800)];

const OWN: &str = "Tegami-12345678";

impl Walk {
    async fn looked_at(&self, name: &str) {
        self.is_accessible().await;
        for (size, width, height) in SIZES {
            self.size(width, height).await;
            self.looks_right().await;
            self.picture(&format!("{name}-{size}")).await;
        }
        self.size(1280, 900).await;
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("demo/medical").join(name)
    }

    /// The link app answers a file: it shows a certificate that the center takes.
    fn the_link_answers(&self, number: u32) {
        let name = |part: &str| format!("OQSsiquc01{part}_20261123{number:04}.xml");
        let request = sample("OQSsiquc01req_202611230001.xml");
        std::fs::write(self.folder("req").join(name("req")), request).unwrap();
        let answer = self.folder("res").join(name("res"));
        wait_until("the link's answer", || answer.exists());
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder(folder)).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// Issues the terminal's certificate anew and revokes the present one.
    fn reissue(&self) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_onshi"))
            .args([
                "enroll",
                "reissue",
                "--code",
                "1319999999",
                "--terminal",
                "受付端末1",
            ])
            .args(["--revoke-now", "--json", "--data-dir"])
            .arg(self.dir.path().join("demo/center"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_and_backed_up_while_everything_goes_on() {
    let walk = Walk::start().await;
    walk.the_link_answers(1);
    walk.sign_in("administrator").await;
    assert!(walk.shows("[data-code=backup_needed]").await);
    walk.press("main [data-code=backup_needed] a").await;
    for language in ["en", "ja"] {
        walk.speak(language).await;
        walk.looked_at(&format!("certificate-{language}")).await;
    }
    walk.press("main a[href='/certificates/renew']").await;
    walk.send(&[("password", "short"), ("password_again", "other")])
        .await;
    assert_eq!(walk.code("#password_again-error-1").await, "not_the_same");
    walk.looked_at("certificate-renew").await;
    walk.send(&[("password", OWN), ("password_again", OWN)])
        .await;
    assert!(
        walk.shows("[data-installed]").await,
        "{}",
        walk.text("main").await
    );
    walk.looked_at("certificate-installed").await;
    // Nobody was signed out, and the link has followed.
    walk.open("history").await;
    assert!(walk.shows("main [name=from]").await);
    walk.the_link_answers(2);
    walk.open("certificates/backup").await;
    walk.looked_at("certificate-backup").await;
    walk.send(&[("password", "Chigau-12345678")]).await;
    assert_eq!(walk.code("#password-error-1").await, "file_or_password");
    walk.looked_at("certificate-backup-error").await;
    assert!(walk.files("stick").is_empty());
    std::fs::write(walk.folder("stick").join("holiday.jpg"), "x").unwrap();
    walk.send(&[("password", OWN)]).await;
    assert!(
        walk.shows("[data-code=backup_made]").await,
        "{}",
        walk.text("main").await
    );
    assert!(walk.shows("[data-code=other_files]").await);
    walk.looked_at("certificate-backup-made").await;
    assert_eq!(walk.files("stick").len(), 2);
    walk.open("").await;
    assert!(!walk.shows("[data-code=backup_needed]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_issued_anew_is_installed_by_its_notice_though_nobody_can_sign_in() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.open("certificates").await;
    walk.press("main form[action='/certificates/loss'] button")
        .await;
    assert!(walk.shows("[data-code=not_accepted]").await);
    walk.open("certificates").await;
    walk.press_box("accepted").await;
    walk.press("main form[action='/certificates/loss'] button")
        .await;
    assert!(walk.shows("[data-code=certificate_lost]").await);
    walk.looked_at("certificate-lost").await;
    let notice = walk.reissue();
    let text = |member: &str| notice[member].as_str().unwrap();
    walk.open("certificates/install").await;
    let shown = walk.text("[data-root-fingerprint]").await;
    assert_eq!(shown, text("root_fingerprint"));
    for language in ["en", "ja"] {
        walk.speak(language).await;
        walk.send(&[("password", "short")]).await;
        walk.looked_at(&format!("certificate-install-{language}"))
            .await;
    }
    let ids = [
        ("request_id", text("request_id")),
        ("password", OWN),
        ("password_again", OWN),
    ];
    walk.press_box("compared").await;
    walk.fill(&ids).await;
    walk.send(&[("reference_id", "AAAA")]).await;
    assert_eq!(walk.code("#reference_id-error-1").await, "form");
    walk.fill(&ids).await;
    walk.send(&[("reference_id", text("reference_id"))]).await;
    assert!(
        walk.shows("[data-installed]").await,
        "{}",
        walk.text("main").await
    );
    walk.sign_in("general").await;
    walk.the_link_answers(1);
    walk.open("certificates/install-file").await;
    walk.looked_at("certificate-file").await;
    let file = walk.files("downloads").pop().unwrap();
    let path = walk.folder("downloads").join(file);
    let damaged = walk.dir.path().join("damaged.p12");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    walk.fill_file("file", &damaged).await;
    walk.send(&[("password", OWN)]).await;
    assert!(walk.shows("[data-code=file_or_password]").await);
    walk.fill_file("file", &path).await;
    walk.send(&[("password", OWN)]).await;
    assert!(walk.shows("[data-installed]").await);
    // Nobody is signed in any more: whoever passes by is asked for the terminal user's password.
    walk.open("certificates/install-file").await;
    walk.looked_at("certificate-file-of-nobody").await;
    walk.fill_file("file", &path).await;
    walk.send(&[("password", OWN), ("terminal_password", "Chigau-Chigau-1")])
        .await;
    assert_eq!(
        walk.code("#terminal_password-error-1").await,
        "wrong_terminal_password"
    );
    // The certificate before is a step back, and was revoked: it is asked about, then the center refuses it.
    walk.sign_in("general").await;
    let earlier = |member: &str| {
        let earlier = walk.demo["facilities"][0][member].as_str();
        earlier.unwrap().to_owned()
    };
    walk.open("certificates/install-file").await;
    walk.fill_file("file", Path::new(&earlier("p12"))).await;
    walk.send(&[("password", &earlier("p12_password"))]).await;
    assert!(walk.shows("[data-code=certificate_step_back]").await);
    walk.looked_at("certificate-step-back").await;
    walk.press("main form [data-tone=secondary]").await;
    assert!(walk.shows("[data-code=certificate_revoked]").await);
    walk.the_link_answers(2);
    walk.end().await;
}
