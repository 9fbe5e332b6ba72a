//! The revocation list as OpenSSL reads it.

use std::process::Command;

use pki::authority::{Reason, Revoked};

use crate::{client, fixture_at, now};

#[test]
fn openssl_verifies_the_list_and_refuses_what_stands_on_it() {
    let now = now();
    let fixture = fixture_at(now);
    let (gone, good) = (client(&fixture, now), client(&fixture, now));
    let revoked = [Revoked {
        serial: gone.serial,
        at: now,
        reason: Reason::Superseded,
    }];
    let list = fixture.authority.revocation_list(&revoked, now).unwrap();
    let path = |name: &str| fixture.dir.path().join(name);
    std::fs::write(path("list.der"), list).unwrap();
    let ca = fixture.dir.path().join("ca");
    let chain = [ca.join("root.pem"), ca.join("issuing.pem")].map(|it| std::fs::read(it).unwrap());
    std::fs::write(path("chain.pem"), chain.concat()).unwrap();
    let run = |arguments: &[&str], files: &[(&str, &str)]| {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments);
        for (option, file) in files {
            openssl.arg(option).arg(path(file));
        }
        let output = openssl.output().expect("openssl is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    };
    let told = run(
        &["crl", "-inform", "DER", "-text", "-verify"],
        &[
            ("-in", "list.der"),
            ("-CAfile", "chain.pem"),
            ("-out", "list.pem"),
        ],
    );
    assert!(told.contains("verify OK"), "{told}");
    let text = std::fs::read_to_string(path("list.pem")).unwrap();
    assert!(text.contains("Superseded"), "{text}");
    for (issued, expected) in [(&gone, "certificate revoked"), (&good, ": OK")] {
        std::fs::write(path("leaf.pem"), issued.identity.to_pem().0).unwrap();
        let told = run(
            &["verify", "-crl_check"],
            &[
                ("-CAfile", "chain.pem"),
                ("-CRLfile", "list.pem"),
                ("--", "leaf.pem"),
            ],
        );
        assert!(told.contains(expected), "{told}");
    }
}
