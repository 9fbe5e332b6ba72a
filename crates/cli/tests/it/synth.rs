//! People made up in a store: sorted first where nobody is stored yet, as they are made where somebody is.

use std::process::Command;

use domain::medical_aid::TreatmentMonth;
use domain::permit::AskInBulk;
use store::engine::Engine;
use synthetic::population::Population;
use synthetic::samples;

use crate::point_in_time::permit;
use crate::running::{onshi, succeed};
use crate::turned_clock::{TurnedClock, command};

#[test]
fn many_people_come_into_an_empty_store_beside_the_samples_and_others_in_their_place() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    let data_dir = dir.to_str().unwrap();
    let load = |order: &[&str]| {
        let order = [&["synth", "--json", "--data-dir", data_dir], order].concat();
        let told: serde_json::Value = serde_json::from_str(&succeed(&order)).unwrap();
        told["people"].as_u64().unwrap()
    };
    let today = clock.clock()().date_in_japan();
    let samples = samples::people_as_of(today);
    let first = load(&["--samples", "--people", "20000", "--seed", "3"]);
    assert_eq!(first, 20_000 + samples.len() as u64);
    // A person of another seed takes the place of who was made at theirs, and not unless that is asked for.
    let order = ["synth", "--data-dir", data_dir, "--people", "20500"];
    let refused = onshi(&[&order[..], &["--seed", "4"]].concat());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(
        told.contains("--replace を付けて") && told.contains("with --replace"),
        "{told}"
    );
    load(&["--people", "500", "--seed", "3"]);
    load(&["--people", "20500", "--seed", "4", "--replace"]);
    load(&["--people", "500", "--seed", "4"]);
    let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
    assert_eq!(engine.people().unwrap(), first + 500);
    let population = Population::as_of(4, today);
    let some = [0, 19_999, 20_499].map(|at| population.person(at).unwrap());
    for it in samples.iter().chain(&some) {
        let found = engine.registered(&permit::<AskInBulk>(), it.person.id);
        assert!(
            found.unwrap().unwrap().registration == *it,
            "{:?}",
            it.person.id
        );
    }
}

#[test]
fn a_refusal_makes_no_cards_so_that_its_remedy_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data_dir, cards) = (path("center"), path("cards"));
    let people = ["synth", "--people", "40", "--data-dir", &data_dir];
    succeed(&[&people[..], &["--seed", "3"]].concat());
    let others = [&people[..], &["--seed", "4", "--cards", &cards]].concat();
    let nowhere = ["synth", "--samples", "--cards", &cards];
    for (order, remedy) in [
        (&others[..], "with --replace"),
        (&nowhere[..], "needs --data-dir"),
    ] {
        let refused = onshi(order);
        let told = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{told}");
        assert!(told.contains(remedy), "{told}");
        assert!(!std::path::Path::new(&cards).exists());
    }
    let told = succeed(&[&others[..], &["--replace"]].concat());
    assert!(told.contains("card valid made"), "{told}");
}

#[test]
fn claims_of_another_year_than_the_people_who_are_loaded_are_warned_of() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let today = |clock: &TurnedClock| clock.clock()().date_in_japan();
    while (today(&clock).month(), today(&clock).day()) != (8, 15) {
        clock.pass_days(1);
    }
    let month = TreatmentMonth::of(today(&clock)).to_iso();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data_dir, of_this) = (path("center"), ["--month", month.as_str()]);
    let loaded = ["--data-dir", data_dir.as_str()];
    for (claims, more, is_warned_of) in [
        ("last-month", loaded.to_vec(), true),
        ("this-month", [loaded, of_this].concat(), false),
        ("alone", Vec::new(), false),
    ] {
        let claims = path(claims);
        let order = ["synth", "--people", "20", "--claims", claims.as_str()];
        let made = onshi(&[&order[..], &more].concat());
        let told = String::from_utf8(made.stderr).unwrap();
        assert!(made.status.success(), "{told}");
        for part in ["別の年度の人", &format!("such as --month {month}")] {
            assert_eq!(told.contains(part), is_warned_of, "{told}");
        }
    }
}

#[test]
fn a_disk_that_takes_no_more_is_told_in_both_languages_and_nobody_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    // A file may have a thousand blocks of 1 KiB, less than the people take; the center's own takes 600.
    let limited = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"";
    let mut bash = Command::new("bash");
    bash.args(["-c", limited]).arg(command().get_program());
    bash.args(["synth", "--people", "20000", "--data-dir"])
        .arg(&dir);
    let output = bash.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{told}");
    for part in ["空き容量と権限", "check space and rights", "sorted aside"] {
        assert!(told.contains(part), "{told}");
    }
    let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
    assert_eq!(engine.people().unwrap(), 0);
}
