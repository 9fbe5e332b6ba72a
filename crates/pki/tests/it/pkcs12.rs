//! The `.p12` opens in OpenSSL, Java and NSS, in both encryptions, and with no wrong password.

use std::path::Path;
use std::process::Command;

use pki::authority::KeyKind;
use pki::identity::{Identity, InvalidIdentity, P12Encryption};

use crate::{client, fixture_at, now};

const PASSWORD: &str = "Tegami-12345678";

fn opens(command: &mut Command) {
    let output = command
        .output()
        .expect("the tool is installed by `cargo xtask test`");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
}

fn check_with_others(file: &Path, dir: &Path, legacy: bool) {
    let mut openssl = Command::new("openssl");
    openssl
        .args(["pkcs12", "-noout", "-passin"])
        .arg(format!("pass:{PASSWORD}"))
        .arg("-in")
        .arg(file);
    if legacy {
        openssl.arg("-legacy");
    }
    opens(&mut openssl);
    let mut java = Command::new("keytool");
    opens(
        java.args([
            "-list",
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
            "-keystore",
        ])
        .arg(file),
    );
    // The store that Chromium reads on Linux.
    let nss = dir.join("nss");
    std::fs::create_dir_all(&nss).unwrap();
    let database = format!("sql:{}", nss.display());
    opens(Command::new("certutil").args(["-N", "-d", &database, "--empty-password"]));
    opens(
        Command::new("pk12util")
            .args(["-d", &database, "-W", PASSWORD, "-i"])
            .arg(file),
    );
    std::fs::remove_dir_all(&nss).unwrap();
}

#[test]
fn the_file_opens_in_openssl_java_and_nss() {
    let fixture = fixture_at(now());
    let facility = domain::institution_code::InstitutionCode::parse("1319999999").unwrap();
    for kind in [KeyKind::P256, KeyKind::Rsa] {
        let issued = fixture
            .authority
            .issue_client(facility, "受付端末1", kind, now())
            .unwrap();
        for encryption in [P12Encryption::Aes256, P12Encryption::Legacy3Des] {
            let bytes = issued
                .identity
                .to_pkcs12(fixture.authority.root(), PASSWORD, encryption)
                .unwrap();
            let file = fixture.dir.path().join("client.p12");
            std::fs::write(&file, &bytes).unwrap();
            check_with_others(
                &file,
                fixture.dir.path(),
                encryption == P12Encryption::Legacy3Des,
            );
            let read = Identity::from_pkcs12(&bytes, PASSWORD).unwrap();
            assert_eq!(read.fingerprint(), issued.fingerprint);
            assert_eq!(read.chain().len(), 2);
            let holder = read.holder().unwrap();
            assert_eq!(
                (holder.facility, holder.terminal.as_str()),
                (facility, "受付端末1")
            );
            assert_eq!(holder.not_after, issued.not_after);
        }
    }
}

#[test]
fn a_renewed_certificate_whose_key_was_made_at_the_terminal_opens_there_too() {
    let fixture = fixture_at(now());
    let facility = domain::institution_code::InstitutionCode::parse("1319999999").unwrap();
    let key = pki::est::NewKey::generate(KeyKind::P256, facility, "受付端末1").unwrap();
    let asked = pki::est::SigningRequest::parse(key.request()).unwrap();
    let made = fixture
        .authority
        .issue_for(facility, "受付端末1", &asked, now())
        .unwrap();
    let between = vec![fixture.authority.issuing().clone()];
    let identity = key.with(made.certificate, between).unwrap();
    for encryption in [P12Encryption::Aes256, P12Encryption::Legacy3Des] {
        let bytes = identity
            .to_pkcs12(fixture.authority.root(), PASSWORD, encryption)
            .unwrap();
        let file = fixture.dir.path().join("renewed.p12");
        std::fs::write(&file, &bytes).unwrap();
        check_with_others(
            &file,
            fixture.dir.path(),
            encryption == P12Encryption::Legacy3Des,
        );
        let read = Identity::from_pkcs12(&bytes, PASSWORD).unwrap();
        assert_eq!(read.fingerprint(), made.fingerprint);
    }
}

#[test]
fn a_wrong_password_or_file_is_refused_with_the_remedy() {
    let fixture = fixture_at(now());
    let issued = client(&fixture, now());
    let bytes = issued
        .identity
        .to_pkcs12(fixture.authority.root(), PASSWORD, P12Encryption::Aes256)
        .unwrap();
    for (bytes, password) in [
        (&bytes[..], "Tegami-12345679"),
        (&bytes[..100], PASSWORD),
        (b"", PASSWORD),
        (b"no file", PASSWORD),
    ] {
        assert_eq!(
            Identity::from_pkcs12(bytes, password).unwrap_err(),
            InvalidIdentity::PasswordOrFile
        );
    }
    // Every broken file is an error, never a panic.
    for at in (0..bytes.len()).step_by(7) {
        let mut broken = bytes.clone();
        broken[at] ^= 0x55;
        let _ = Identity::from_pkcs12(&broken, PASSWORD);
    }
}

#[test]
fn a_certificate_is_valid_39_months() {
    let fixture = fixture_at(now());
    let at = domain::civil_date::Instant::parse("2021-03-04T03:00:00Z").unwrap();
    let issued = client(&fixture, at);
    assert_eq!(issued.not_after.date_in_japan().to_string(), "2024-06-04");
}
