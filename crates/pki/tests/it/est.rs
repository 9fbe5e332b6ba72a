//! Messages of RFC 7030 against OpenSSL, which knows nothing of us: its requests are read, our certificates open there.

use std::path::Path;
use std::process::Command;

use domain::institution_code::InstitutionCode;
use pki::authority::KeyKind;
use pki::est::{InvalidRequest, NewKey, SigningRequest, certs_only_text, read_certs_only};
use rustls_pki_types::CertificateDer;

use crate::{client, fixture_at, now};

fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("the tool is installed by `cargo xtask test`");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    output.stdout
}

/// A request that OpenSSL made with a key of a kind and a subject.
fn request(dir: &Path, key: &[&str], subject: &str) -> Vec<u8> {
    let make = [&["genpkey", "-out", "new.key"], key].concat();
    openssl(dir, &make);
    openssl(
        dir,
        &[
            "req", "-new", "-key", "new.key", "-utf8", "-subj", subject, "-out", "new.csr",
        ],
    );
    std::fs::read(dir.join("new.csr")).unwrap()
}

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const SUBJECT: &str = "/O=onshi private CA/OU=1319999999/CN=受付端末1";

#[test]
fn a_request_of_openssl_is_read_whatever_kind_of_good_key_it_has() {
    let fixture = fixture_at(now());
    let leaf = client(&fixture, now()).identity.chain()[0].clone();
    let kinds: [&[&str]; 3] = [
        P256,
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    ];
    for kind in kinds {
        let asked = request(fixture.dir.path(), kind, SUBJECT);
        let asked = SigningRequest::parse(&asked).unwrap();
        assert!(asked.is_in_the_name_of(&leaf), "{kind:?}");
        let facility = InstitutionCode::parse("1319999999").unwrap();
        assert!(asked.is_in_the_name_of_terminal(facility, "受付端末1"));
        let made = fixture
            .authority
            .issue_for(facility, "受付端末1", &asked, now())
            .unwrap();
        let text = certs_only_text(&[made.certificate]);
        let der = base64(&text);
        std::fs::write(fixture.dir.path().join("made.p7"), der).unwrap();
        let printed = openssl(
            fixture.dir.path(),
            &[
                "pkcs7",
                "-inform",
                "DER",
                "-in",
                "made.p7",
                "-print_certs",
                "-noout",
            ],
        );
        assert!(String::from_utf8_lossy(&printed).contains("1319999999"));
    }
}

#[test]
fn weak_keys_broken_signatures_other_names_and_rubbish_are_refused() {
    let fixture = fixture_at(now());
    let dir = fixture.dir.path();
    let leaf = client(&fixture, now()).identity.chain()[0].clone();
    let weak: [&[&str]; 3] = [
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["-algorithm", "ED25519"],
    ];
    for kind in weak {
        let refused = SigningRequest::parse(&request(dir, kind, SUBJECT)).unwrap_err();
        let expected = [InvalidRequest::Key, InvalidRequest::Signature];
        assert!(expected.contains(&refused), "{kind:?}: {refused:?}");
    }
    for subject in [
        "/O=onshi private CA/OU=3410712362/CN=受付端末1",
        "/O=onshi private CA/OU=1319999999/CN=受付端末2",
        "/O=onshi private CA/OU=1319999999",
        "/",
    ] {
        let asked = SigningRequest::parse(&request(dir, P256, subject)).unwrap();
        assert!(!asked.is_in_the_name_of(&leaf), "{subject}");
        assert_eq!(asked.is_in_no_name(), subject == "/");
    }
    let good = base64(&String::from_utf8(request(dir, P256, SUBJECT)).unwrap());
    let whole = format!(
        "{:?}",
        SigningRequest::parse(&good).expect("DER is taken as well")
    );
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        // What the signature does not cover may differ; what is asked for may not.
        if let Ok(read) = SigningRequest::parse(&bad) {
            assert_eq!(
                format!("{read:?}"),
                whole,
                "byte {at} changed and was believed"
            );
        }
    }
    for rubbish in [&b""[..], b"!", b"MIIB", b"\xff\xfe", &[0x30; 9_000]] {
        assert_eq!(
            SigningRequest::parse(rubbish).unwrap_err(),
            InvalidRequest::Form
        );
    }
    openssl(
        dir,
        &[
            "req",
            "-new",
            "-key",
            "new.key",
            "-utf8",
            "-subj",
            SUBJECT,
            "-addext",
            "subjectAltName=DNS:other.example",
            "-out",
            "alt.csr",
        ],
    );
    let asked = SigningRequest::parse(&std::fs::read(dir.join("alt.csr")).unwrap()).unwrap();
    assert!(
        !asked.is_in_the_name_of(&leaf),
        "another name beside the subject"
    );
}

#[test]
fn a_key_made_here_is_paired_with_its_own_certificate_only() {
    let fixture = fixture_at(now());
    let facility = InstitutionCode::parse("1319999999").unwrap();
    let old = client(&fixture, now());
    let make = || NewKey::generate(KeyKind::P256, facility, "受付端末1").unwrap();
    let (one, other) = (make(), make());
    let asked = SigningRequest::parse(one.request()).unwrap();
    assert!(asked.is_in_the_name_of(&old.identity.chain()[0]));
    let made = fixture
        .authority
        .issue_for(facility, "受付端末1", &asked, now())
        .unwrap();
    let between = vec![fixture.authority.issuing().clone()];
    assert!(
        other
            .with(made.certificate.clone(), between.clone())
            .is_none()
    );
    let identity = one.with(made.certificate, between).unwrap();
    assert_eq!(identity.fingerprint(), made.fingerprint);
    assert_eq!(
        identity.holder(),
        Some(pki::identity::Holder {
            fingerprint: made.fingerprint,
            not_before: made.not_before,
            not_after: made.not_after,
            ..old.identity.holder().unwrap()
        })
    );
}

#[test]
fn certificates_come_back_as_they_were_sent_and_rubbish_is_none() {
    let fixture = fixture_at(now());
    let all = vec![
        fixture.authority.root().clone(),
        fixture.authority.issuing().clone(),
    ];
    let text = certs_only_text(&all);
    assert_eq!(read_certs_only(text.as_bytes()), Some(all));
    assert_eq!(
        read_certs_only(certs_only_text(&[]).as_bytes()),
        Some(Vec::<CertificateDer<'_>>::new())
    );
    for rubbish in ["", "MIIB", "!", "AAAA"] {
        assert_eq!(read_certs_only(rubbish.as_bytes()), None);
    }
    // Every broken text is none or other certificates, never a panic.
    let der = base64(&text);
    for at in 0..der.len() {
        let mut bad = der.clone();
        bad[at] ^= 0x55;
        use ::base64::Engine;
        let _ = read_certs_only(
            ::base64::engine::general_purpose::STANDARD
                .encode(bad)
                .as_bytes(),
        );
    }
}

fn base64(text: &str) -> Vec<u8> {
    use ::base64::Engine;
    let lines: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    ::base64::engine::general_purpose::STANDARD
        .decode(lines)
        .unwrap()
}
