//! One issuing CA after the other below one root: what each signed, what lies in the folder, and the lists they sign.

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use pki::authority::{Authority, AuthorityError, Issued, KeyKind, Reason, Revoked};
use pki::sealed::MachineKey;
use pki::server::{Examiner, Revocations, Unfit};

use crate::{Fixture, client, fixture_at, now};

fn renewed(fixture: &Fixture, at: Instant) -> Result<Authority, AuthorityError> {
    let ca = fixture.dir.path().join("ca");
    Authority::renew(&ca, &ca.join("root.key"), &machine(fixture), at)
}

fn machine(fixture: &Fixture) -> MachineKey {
    MachineKey::open(&fixture.dir.path().join("machine.key")).unwrap()
}

fn opened(fixture: &Fixture) -> Result<Authority, AuthorityError> {
    Authority::open(&fixture.dir.path().join("ca"), &machine(fixture), now())
}

fn issue(authority: &Authority) -> Issued {
    let facility = InstitutionCode::parse("1319999999").unwrap();
    let issued = authority.issue_client(facility, "受付端末2", KeyKind::P256, now());
    issued.unwrap()
}

fn years(number: i64) -> Instant {
    now().plus_seconds(number * 365 * 86_400)
}

#[test]
fn what_each_signed_is_good_alone_and_with_the_newest_in_the_place_of_its_own() {
    let fixture = fixture_at(now());
    let first = client(&fixture, now());
    let second = issue(&renewed(&fixture, now()).unwrap());
    let newest = renewed(&fixture, now()).unwrap();
    assert_eq!((newest.number(), newest.formers().count()), (3, 2));
    assert_eq!(newest.root(), fixture.authority.root());
    let third = issue(&newest);
    let revocations = Revocations::default();
    let examiner = Examiner::new(newest.root(), revocations.clone()).unwrap();
    let examiner = examiner.knowing(newest.issuers(now()));
    for issued in [&first, &second, &third] {
        let leaf = issued.identity.chain()[0].clone();
        let with_newest = vec![leaf.clone(), newest.issuing().clone()];
        let own = issued.identity.chain().to_vec();
        for chain in [vec![leaf], with_newest, own] {
            let holder = examiner.examine(&chain, now()).unwrap();
            assert_eq!(holder.fingerprint, issued.fingerprint);
        }
    }
    for issued in [&first, &third] {
        revocations.add(issued.fingerprint);
        let examined = examiner.examine(issued.identity.chain(), now());
        assert_eq!(examined, Err(Unfit::Revoked));
    }
    // One of another root with issuing CAs of the same name is none.
    let other = client(&fixture_at(now()), now());
    let examined = examiner.examine(other.identity.chain(), now());
    assert_eq!(examined, Err(Unfit::Foreign));
}

#[test]
fn a_new_one_is_good_as_long_as_the_first_was_and_no_longer_than_the_root() {
    let fixture = fixture_at(now());
    let first = fixture.authority.ends();
    let second = renewed(&fixture, years(3)).unwrap().ends();
    assert!(first < second);
    assert!(!opened(&fixture).unwrap().ends_with_root());
    let third = renewed(&fixture, years(10)).unwrap();
    assert!(second < third.ends() && third.ends_with_root());
    // What a former one signed has ended by its own end at the latest.
    assert_eq!(third.issuers(now()).len(), 3);
    assert_eq!(third.issuers(first.plus_seconds(1)).len(), 2);
    // A further one would end with the root as well.
    let no_longer = renewed(&fixture, years(19));
    assert!(
        matches!(no_longer, Err(AuthorityError::EndsWithRoot(end)) if end == third.ends()),
        "{no_longer:?}"
    );
    let over = renewed(&fixture, years(21));
    assert!(matches!(over, Err(AuthorityError::RootOver(_))), "{over:?}");
    assert_eq!(opened(&fixture).unwrap().number(), 3);
}

#[test]
fn one_that_was_cut_off_counts_for_nothing_and_one_that_lost_a_file_is_told() {
    let fixture = fixture_at(now());
    let ca = fixture.dir.path().join("ca");
    let before = ["root.pem", "root.key", "issuing.pem", "issuing.key"].map(|it| ca.join(it));
    let kept = before.each_ref().map(|it| std::fs::read(it).unwrap());
    let unfinished = ca.join("issuing-2.unfinished");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::write(unfinished.join("issuing.key"), "half a key").unwrap();
    assert_eq!(opened(&fixture).unwrap().number(), 1);
    let made = renewed(&fixture, now()).unwrap();
    assert_eq!(made.number(), 2);
    assert!(!unfinished.exists());
    let after = before.each_ref().map(|it| std::fs::read(it).unwrap());
    assert!(kept == after, "nothing that was there was changed");
    let file = ca.join("issuing-2/issuing.pem");
    std::fs::rename(&file, ca.join("aside")).unwrap();
    let lost = opened(&fixture);
    assert!(
        matches!(&lost, Err(AuthorityError::File(it)) if *it == file),
        "{lost:?}"
    );
}

#[test]
fn the_key_of_a_former_one_may_go_and_that_of_another_root_makes_none() {
    let (fixture, other) = (fixture_at(now()), fixture_at(now()));
    let ca = fixture.dir.path().join("ca");
    let foreign = fixture.dir.path().join("foreign.key");
    let key = other.dir.path().join("ca/root.key");
    let key = machine(&other).unseal(&key).unwrap();
    machine(&fixture).seal(&foreign, &key).unwrap();
    let refused = Authority::renew(&ca, &foreign, &machine(&fixture), now());
    assert!(
        matches!(refused, Err(AuthorityError::OtherRootKey(_))),
        "{refused:?}"
    );
    renewed(&fixture, now()).unwrap();
    std::fs::remove_file(ca.join("issuing.key")).unwrap();
    let opened = opened(&fixture).unwrap();
    assert_eq!(opened.issuers(now()).len(), 2);
    let list = |number| opened.revocation_list_of(number, &[], now()).unwrap();
    assert!(list(0).is_none() && list(1).is_none() && list(3).is_none());
    assert!(list(2).is_some());
}

#[test]
fn the_missing_files_are_those_that_every_issuing_ca_needs() {
    let fixture = fixture_at(now());
    let ca = fixture.dir.path().join("ca");
    renewed(&fixture, now()).unwrap();
    let newest = renewed(&fixture, now()).unwrap();
    assert!(Authority::issuing_in(&ca).any(|it| it == *newest.issuing()));
    assert_eq!(Authority::root_in(&ca).as_ref(), Some(newest.root()));
    for elsewhere in ["root.key", "issuing.key", "issuing-2/issuing.key"] {
        std::fs::remove_file(ca.join(elsewhere)).unwrap();
    }
    assert!(Authority::missing_in(&ca).is_empty());
    let needed = ["issuing-2/issuing.pem", "issuing-3/issuing.key"].map(|it| ca.join(it));
    for file in &needed {
        std::fs::remove_file(file).unwrap();
    }
    assert_eq!(Authority::missing_in(&ca), needed);
    assert_eq!(Authority::issuing_in(&ca).count(), 2);
    // A copy that somebody put there under a date.
    std::fs::create_dir(ca.join("issuing-20261126")).unwrap();
    let missing = Authority::missing_in(&ca);
    assert_eq!((missing.len(), &missing[0]), (10, &needed[0]));
    std::fs::remove_dir_all(&ca).unwrap();
    let first = ["root.pem", "issuing.pem", "issuing.key"].map(|it| ca.join(it));
    assert_eq!(Authority::missing_in(&ca), first);
    assert_eq!(Authority::issuing_in(&ca).count(), 0);
    assert_eq!(Authority::root_in(&ca), None);
}

#[test]
fn openssl_holds_the_list_of_each_against_what_it_signed() {
    let fixture = fixture_at(now());
    let old = client(&fixture, now());
    let authority = renewed(&fixture, now()).unwrap();
    let new = issue(&authority);
    let revoked = [&old, &new].map(|it| Revoked {
        serial: it.serial,
        at: now(),
        reason: Reason::Unspecified,
    });
    let path = |name: &str| fixture.dir.path().join(name);
    for (number, leaf, issuing) in [
        (1, &old, "ca/issuing.pem"),
        (2, &new, "ca/issuing-2/issuing.pem"),
    ] {
        let chain = ["ca/root.pem", issuing].map(|it| std::fs::read(path(it)).unwrap());
        std::fs::write(path("chain.pem"), chain.concat()).unwrap();
        std::fs::write(path("leaf.pem"), leaf.identity.to_pem().0).unwrap();
        for (revoked, expected) in [
            (&revoked[..], "certificate revoked"),
            (&revoked[..0], ": OK"),
        ] {
            let list = authority.revocation_list_of(number, revoked, now());
            std::fs::write(path("list.der"), list.unwrap().unwrap()).unwrap();
            fixture.openssl(
                &["crl", "-inform", "DER"],
                &[("-in", "list.der"), ("-out", "list.pem")],
            );
            let told = fixture.openssl(
                &["verify", "-crl_check"],
                &[
                    ("-CAfile", "chain.pem"),
                    ("-CRLfile", "list.pem"),
                    ("--", "leaf.pem"),
                ],
            );
            assert!(told.contains(expected), "{number}: {told}");
        }
    }
}
