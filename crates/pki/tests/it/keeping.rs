//! What becomes of an authority's keys when files of it are missing, and of what it signs near its end.

use pki::authority::{Authority, AuthorityError, Held};
use pki::sealed::{MachineKey, SealError};

use crate::{client, fixture_at, now};

#[test]
fn a_missing_file_is_told_and_no_key_is_made_over_those_that_are_there() {
    let fixture = fixture_at(now());
    let (dir, ca) = (fixture.dir.path(), fixture.dir.path().join("ca"));
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let keys = ["root.key", "issuing.key"].map(|it| ca.join(it));
    let before = keys.each_ref().map(|it| std::fs::read(it).unwrap());
    for name in ["root.pem", "issuing.pem"] {
        let aside = dir.join(name);
        std::fs::rename(ca.join(name), &aside).unwrap();
        match Authority::open(&ca, &machine, now()) {
            Err(AuthorityError::File(file)) => assert_eq!(file, ca.join(name)),
            other => panic!("{other:?}"),
        }
        let after = keys.each_ref().map(|it| std::fs::read(it).unwrap());
        assert!(before == after, "the keys are those of before");
        std::fs::rename(&aside, ca.join(name)).unwrap();
    }
    // The root's key may lie elsewhere.
    std::fs::remove_file(&keys[0]).unwrap();
    let opened = Authority::open(&ca, &machine, now()).unwrap();
    assert_eq!(opened.root(), fixture.authority.root());
    assert!(!keys[0].exists());
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_not_told_as_missing() {
    let fixture = fixture_at(now());
    let (dir, ca) = (fixture.dir.path(), fixture.dir.path().join("ca"));
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    for name in ["root.pem", "issuing.pem"] {
        let (file, aside) = (ca.join(name), dir.join(name));
        std::fs::rename(&file, &aside).unwrap();
        // A folder in its place is read by nobody, not even by root.
        std::fs::create_dir(&file).unwrap();
        match Authority::open(&ca, &machine, now()) {
            Err(AuthorityError::Seal(SealError::File { path, source, .. })) => {
                assert_eq!(path, file);
                assert_ne!(source.kind(), std::io::ErrorKind::NotFound);
            }
            other => panic!("{other:?}"),
        }
        std::fs::remove_dir(&file).unwrap();
        std::fs::rename(&aside, &file).unwrap();
    }
}

#[test]
fn one_whose_making_was_cut_off_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca");
    assert_eq!(Authority::held_in(&ca), Held::Nothing);
    let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
    Authority::open(&ca, &machine, now()).unwrap();
    assert_eq!(Authority::held_in(&ca), Held::One);
    assert!(!ca.join("unfinished").exists());
    std::fs::remove_file(ca.join("root.pem")).unwrap();
    std::fs::write(ca.join("unfinished"), "").unwrap();
    assert_eq!(Authority::held_in(&ca), Held::Beginnings);
    Authority::open(&ca, &machine, now()).unwrap();
    // Left beside a whole one it means nothing.
    std::fs::write(ca.join("unfinished"), "").unwrap();
    assert_eq!(Authority::held_in(&ca), Held::One);
}

#[test]
fn nothing_that_is_signed_outlives_the_issuing_authority() {
    let fixture = fixture_at(now());
    let authority = &fixture.authority;
    let ends = authority.ends();
    let years = |number: i64| now().plus_seconds(number * 365 * 86_400);
    let early = client(&fixture, now());
    assert!(early.not_after < ends);
    // Twelve years on, 39 months reach beyond the 15 years.
    let late = client(&fixture, years(12));
    assert_eq!(late.not_after, ends);
    assert_eq!(late.identity.validity().unwrap().1, ends);
    let server = authority
        .issue_server(&["localhost".into()], &[], years(15))
        .unwrap();
    assert_eq!(server.validity().unwrap().1, ends);
}
