//! The revocation list as OpenSSL reads it.

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
    let told = fixture.openssl(
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
        let told = fixture.openssl(
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
