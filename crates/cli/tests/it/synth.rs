//! People made up in a store: sorted first where nobody is stored yet, as they are made where somebody is.

use domain::permit::AskInBulk;
use store::engine::Engine;
use synthetic::population::Population;
use synthetic::samples;

use crate::point_in_time::permit;
use crate::running::succeed;

#[test]
fn many_people_come_into_an_empty_store_beside_the_samples_and_others_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("center");
    let data_dir = dir.to_str().unwrap();
    let load = |order: &[&str]| {
        let order = [&["synth", "--json", "--data-dir", data_dir], order].concat();
        let told: serde_json::Value = serde_json::from_str(&succeed(&order)).unwrap();
        told["people"].as_u64().unwrap()
    };
    let samples = samples::people();
    let first = load(&["--samples", "--people", "20000", "--seed", "3"]);
    assert_eq!(first, 20_000 + samples.len() as u64);
    // A person of another seed takes the place of who was made at theirs.
    load(&["--people", "20500", "--seed", "4"]);
    let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
    assert_eq!(engine.people().unwrap(), first + 500);
    let population = Population::new(4);
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
