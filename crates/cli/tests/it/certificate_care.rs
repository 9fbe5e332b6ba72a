//! Certificates cared for from the shell: renewal and backup at a clinic, list, issue anew and revocation at the center; with what is
//! refused.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::plain_browser::Terminal;
use crate::running::{Clinic, onshi, succeed};
use crate::time_travel::SOMEBODY;

/// Of the files that are made.
const P12: &str = "Atarashii-12345678";

/// A clinic with a terminal, at a center that renews at any time.
fn start() -> (Clinic, Terminal) {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let file = clinic.path("center.toml");
    let mut settings = std::fs::read_to_string(&file).unwrap();
    settings.push_str("[certificates]\nrenewal_days = 1500\n");
    std::fs::write(file, settings).unwrap();
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    std::fs::write(clinic.path("new.pw"), P12).unwrap();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    std::fs::create_dir(clinic.path("stick")).unwrap();
    let file = clinic.path("terminal.toml");
    let mut settings = std::fs::read_to_string(&file).unwrap();
    settings.push_str(&format!(
        "[backup]\nother_hardware = [\"{}\"]\n",
        clinic.path("stick")
    ));
    std::fs::write(file, settings).unwrap();
    (clinic, terminal)
}

/// A command that must fail with 1 and say all of this.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = onshi(arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
    for part in parts {
        assert!(told.contains(part), "{arguments:?} says {told}");
    }
}

/// The certificates of the clinic, as the operator sees them.
fn list(clinic: &Clinic) -> Vec<Value> {
    let data_dir = clinic.path("center");
    let text = succeed(&[
        "enroll",
        "list",
        "--data-dir",
        &data_dir,
        "--code",
        "1319999999",
        "--json",
    ]);
    serde_json::from_str(&text).unwrap()
}

fn states(clinic: &Clinic) -> Vec<String> {
    let mut states: Vec<String> = list(clinic)
        .iter()
        .map(|it| it["state"].as_str().unwrap().to_owned())
        .collect();
    states.sort();
    states
}

#[test]
fn a_certificate_is_renewed_and_backed_up_from_the_shell() {
    let (clinic, terminal) = start();
    let (config, password) = (clinic.path("terminal.toml"), clinic.path("new.pw"));
    let renew = [
        "certificate",
        "renew",
        "--config",
        &config,
        "--password-file",
        &password,
    ];
    std::fs::write(clinic.path("short.pw"), "short").unwrap();
    let short = clinic.path("short.pw");
    refused(
        &[
            "certificate",
            "renew",
            "--config",
            &config,
            "--password-file",
            &short,
        ],
        &["8文字以上", "at least 8"],
    );
    assert_eq!(list(&clinic).len(), 1, "nothing was issued");
    let told = succeed(&[&renew[..], &["--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["renewed"], "clinic");
    let file = Path::new(told["file"].as_str().unwrap());
    let name = file.file_name().unwrap().to_str().unwrap();
    let opened = Command::new("openssl")
        .args([
            "pkcs12",
            "-in",
            file.to_str().unwrap(),
            "-nodes",
            "-passin",
            &format!("pass:{P12}"),
        ])
        .output()
        .unwrap();
    assert!(
        opened.status.success(),
        "{}",
        String::from_utf8_lossy(&opened.stderr)
    );
    // The running terminal shows it from now on; the one before stays good.
    let administrator = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    crate::running::wait_until("the terminal to use the new certificate", || {
        let mut browser = terminal.browser();
        browser.sign_in("administrator", &administrator);
        states(&clinic).contains(&"renewed".to_owned())
    });
    assert!(clinic.check("clinic.p12", &SOMEBODY).status.success());

    let stick = clinic.path("stick");
    let backup = |file: &str, to: &str, password: &str| -> Vec<String> {
        let texts = [
            "certificate",
            "backup",
            "--config",
            &config,
            "--file",
            file,
            "--to",
            to,
        ];
        let mut all: Vec<String> = texts.map(str::to_owned).to_vec();
        all.extend(["--password-file".to_owned(), clinic.path(password)]);
        all
    };
    let run = |all: &[String], parts: &[&str]| {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        refused(&all, parts);
    };
    run(
        &backup("none.p12", &stick, "new.pw"),
        &["バックアップできませんでした", "not there"],
    );
    run(
        &backup(name, &stick, "p12.pw"),
        &["the original is where it was"],
    );
    run(
        &backup(name, "/proc", "new.pw"),
        &["it cannot be told what the place lies on"],
    );
    run(
        &backup(name, &clinic.path("nowhere"), "new.pw"),
        &["the place is not there any more"],
    );
    assert_eq!(std::fs::read_dir(&stick).unwrap().count(), 0);
    let good = [
        backup(name, &stick, "new.pw"),
        vec!["--move".into(), "--json".into()],
    ]
    .concat();
    let good: Vec<&str> = good.iter().map(String::as_str).collect();
    let told: Value = serde_json::from_str(&succeed(&good)).unwrap();
    assert_eq!(told["backup"], format!("{stick}/{name}"));
    assert!(Path::new(told["backup"].as_str().unwrap()).exists() && !file.exists());
}

#[test]
fn a_certificate_no_longer_used_is_taken_off_and_the_one_of_the_settings_stays() {
    let (clinic, _terminal) = start();
    let config = clinic.path("terminal.toml");
    let remove =
        |name: &'static str| ["certificate", "remove", "--config", &config, "--name", name];
    let is_there = |name: &str| {
        let file = clinic.path(&format!("terminal/identities/{name}.sealed"));
        Path::new(&file).is_file()
    };
    refused(&remove("clinic"), &["取り除けません", "give another name"]);
    refused(&remove("nobody"), &["はありません"]);
    assert!(is_there("clinic") && is_there("spare"));
    let told = succeed(&[&remove("spare")[..], &["--json"]].concat());
    assert_eq!(
        serde_json::from_str::<Value>(&told).unwrap()["removed"],
        "spare"
    );
    assert!(is_there("clinic") && !is_there("spare"));
}

#[test]
fn chromium_shows_the_center_the_renewed_certificate_once_its_file_is_imported() {
    let (clinic, _terminal) = start();
    let (config, password) = (clinic.path("terminal.toml"), clinic.path("new.pw"));
    let told = succeed(&[
        "certificate",
        "renew",
        "--config",
        &config,
        "--password-file",
        &password,
        "--json",
    ]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let browser = Chromium::of_nobody(&clinic);
    assert!(
        !browser.reads().contains("fingerprint"),
        "the center asks for a certificate"
    );
    browser.import(told["file"].as_str().unwrap());
    let page = browser.reads();
    let line = list(&clinic)
        .into_iter()
        .find(|it| it["state"] == "used")
        .unwrap();
    assert!(
        page.contains(line["fingerprint"].as_str().unwrap()),
        "{page}"
    );
}

/// A Chromium with a home and a profile of its own, which shows whatever certificate it has without asking. It reads client certificates
/// from NSS (`~/.pki/nssdb`), as any on Linux.
struct Chromium {
    home: std::path::PathBuf,
    address: String,
}

impl Chromium {
    fn of_nobody(clinic: &Clinic) -> Self {
        let home = clinic.dir.path().join("home");
        std::fs::create_dir_all(home.join(".pki/nssdb")).unwrap();
        std::fs::create_dir_all(home.join("profile/Default")).unwrap();
        let chooses = serde_json::json!({"profile": {"content_settings": {"exceptions": {
            "auto_select_certificate": {format!("{},*", clinic.api): {"setting": {"filters": [{}]}}},
        }}}});
        std::fs::write(
            home.join("profile/Default/Preferences"),
            chooses.to_string(),
        )
        .unwrap();
        let browser = Self {
            address: format!("{}{}", clinic.api, api::routes::CERTIFICATE_CURRENT),
            home,
        };
        let made = Command::new("certutil")
            .args(["-N", "--empty-password", "-d", &browser.store()])
            .status();
        assert!(made.unwrap().success());
        browser
    }

    fn store(&self) -> String {
        format!("sql:{}", self.home.join(".pki/nssdb").display())
    }

    fn import(&self, file: &str) {
        let imported = Command::new("pk12util")
            .args(["-d", &self.store(), "-W", P12, "-i", file])
            .output()
            .unwrap();
        assert!(imported.status.success(), "{imported:?}");
    }

    /// What the page of the center says that tells a certificate's state to whoever shows it.
    fn reads(&self) -> String {
        let output = Command::new("chromium")
            .env("HOME", &self.home)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            // The center's root is its own, which no browser knows.
            .arg("--ignore-certificate-errors")
            .arg(format!(
                "--user-data-dir={}",
                self.home.join("profile").display()
            ))
            .args(["--dump-dom", &self.address])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn a_renewal_that_cannot_be_is_told_with_the_reason_and_changes_nothing() {
    let (mut clinic, _terminal) = start();
    let password = clinic.path("new.pw");
    let config = clinic.path("terminal.toml");
    let renew = [
        "certificate",
        "renew",
        "--config",
        &config,
        "--password-file",
        &password,
    ];
    let sealed = clinic.path("terminal/identities/clinic.sealed");
    let before = std::fs::read(&sealed).unwrap();
    // Without a line.
    clinic.center.take().unwrap().kill();
    refused(
        &renew,
        &[
            "センターに接続できません。回線と",
            "no connection with the center; look at the line",
        ],
    );
    // Revoked.
    clinic.start_center();
    let fingerprint = list(&clinic)[0]["fingerprint"].as_str().unwrap().to_owned();
    let data_dir = clinic.path("center");
    succeed(&[
        "certificate",
        "revoke",
        "--data-dir",
        &data_dir,
        "--fingerprint",
        &fingerprint,
    ]);
    refused(
        &renew,
        &[
            "電子証明書は失効しています。再発行を申請してください。",
            "certificate was revoked. Please apply for a new one.",
        ],
    );
    assert_eq!(std::fs::read(&sealed).unwrap(), before);
    // None there.
    std::fs::remove_file(&sealed).unwrap();
    refused(
        &renew,
        &[
            "更新する電子証明書がありません",
            "there is no certificate to renew",
        ],
    );
    assert_eq!(states(&clinic), ["revoked"], "nothing was issued");
}

#[test]
fn the_operator_lists_issues_anew_and_revokes_and_is_told_what_is_not_there() {
    let clinic = Clinic::start();
    clinic.enrol();
    let data_dir = clinic.path("center");
    let of = |command: &str, terminal: &str| -> Vec<String> {
        let mut all: Vec<String> = vec!["enroll".into()];
        all.extend((!command.is_empty()).then(|| command.to_owned()));
        for text in [
            "--data-dir",
            &data_dir,
            "--code",
            "1319999999",
            "--terminal",
            terminal,
        ] {
            all.push(text.into());
        }
        all
    };
    let refuse = |all: &[String], parts: &[&str]| {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        refused(&all, parts);
    };
    let do_it = |all: &[String]| {
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        succeed(&all)
    };
    let twice = [
        of("", "受付1"),
        vec!["--name".into(), "見本クリニック".into()],
    ]
    .concat();
    refuse(&twice, &["登録済み", "onshi enroll reissue"]);
    for command in ["reissue", "revoke"] {
        refuse(
            &of(command, "受付9"),
            &["onshi enroll list --code 1319999999"],
        );
    }
    let listed = succeed(&[
        "enroll",
        "list",
        "--data-dir",
        &data_dir,
        "--code",
        "1319999999",
    ]);
    assert!(listed.contains("受付1 unused"), "{listed}");
    assert_eq!(
        succeed(&["enroll", "list", "--data-dir", &data_dir, "--lost"]),
        ""
    );
    refused(
        &["enroll", "list", "--data-dir", &data_dir, "--code", "12"],
        &["code"],
    );
    refused(
        &[
            "enroll",
            "list",
            "--data-dir",
            &clinic.path("nowhere"),
            "--lost",
        ],
        &["センターは動いていません"],
    );
    let second = [
        of("", "受付2"),
        vec!["--name".into(), "見本クリニック".into()],
    ]
    .concat();
    do_it(&second);
    let mut lines = list(&clinic).into_iter();
    let line = lines.find(|it| it["terminal"] == "受付2").unwrap();
    assert_eq!(line["state"], "notice");
    let until = line["download_until"].as_str().unwrap();
    let listed = succeed(&[
        "enroll",
        "list",
        "--data-dir",
        &data_dir,
        "--code",
        "1319999999",
    ]);
    let named = format!("1319999999 受付2 notice {until} -");
    assert!(listed.contains(&named), "{listed}");
    do_it(&of("revoke", "受付2"));
    let notice = [
        of("reissue", "受付1"),
        vec!["--notice".into(), clinic.path("notice.html")],
    ]
    .concat();
    do_it(&notice);
    refuse(&notice, &["既にあります", "never replaces another file"]);
    assert!(clinic.check("clinic.p12", &SOMEBODY).status.success());
    do_it(&of("revoke", "受付1"));
    assert!(!clinic.check("clinic.p12", &SOMEBODY).status.success());
    assert_eq!(states(&clinic), ["closed", "revoked"]);
}

/// A folder and all that lies in it.
fn all_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut at = 0;
    while at < found.len() {
        if found[at].is_dir() {
            let entries = std::fs::read_dir(&found[at]).unwrap();
            found.extend(entries.map(|it| it.unwrap().path()));
        }
        at += 1;
    }
    found
}

#[test]
fn what_root_does_on_a_pc_stays_with_the_user_of_the_parts() {
    let (clinic, running) = start();
    drop(running);
    let (terminal, gateway) = (clinic.path("terminal"), clinic.path("gateway"));
    std::fs::create_dir(&gateway).unwrap();
    // Only root may give the folders away; for anybody else the owner stays who it is.
    let own = std::fs::metadata(&gateway).unwrap().uid();
    let owner = if own == 0 { 4_711 } else { own };
    for folder in [&terminal, &gateway] {
        for made in all_of(Path::new(folder)) {
            chown(&made, Some(owner), None).unwrap();
        }
    }
    let (config, password) = (clinic.path("terminal.toml"), clinic.path("new.pw"));
    let of_terminal = ["--config", &config, "--password-file", &password];
    let renewed = succeed(&[&["certificate", "renew", "--json"][..], &of_terminal].concat());
    let renewed: Value = serde_json::from_str(&renewed).unwrap();
    let file = Path::new(renewed["file"].as_str().unwrap());
    let name = file.file_name().unwrap().to_str().unwrap();
    let stick = clinic.path("stick");
    let copy = ["certificate", "backup", "--file", name, "--to", &stick];
    succeed(&[&copy[..], &of_terminal].concat());
    let user = ["terminal", "set-user", "--id", "uketsuke-pc"];
    succeed(&[&user[..], &of_terminal].concat());
    clinic.set_up_gateway();
    for folder in [&terminal, &gateway] {
        for made in all_of(Path::new(folder)) {
            let found = std::fs::metadata(&made).unwrap().uid();
            assert_eq!(found, owner, "{}", made.display());
        }
    }
    for made in [
        "terminal/identities/clinic.sealed",
        "terminal/downloads",
        "terminal/backups.json",
        "terminal/terminal-user.json",
        "gateway/link_app.sealed",
        "gateway/identities/clinic.sealed",
    ] {
        assert!(Path::new(&clinic.path(made)).exists(), "{made}");
    }
}
