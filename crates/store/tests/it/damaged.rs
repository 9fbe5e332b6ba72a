//! Files that are no databases any more: what is said of them, and that the remedy is the right one.

use std::path::Path;

use store::engine::{Engine, OpenError, StoreError};
use store::journal::Journal;
use synthetic::population::Population;

fn spoil(file: &Path) {
    std::fs::write(file, vec![0x5a; 40_000]).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_with_the_remedy() {
    for name in ["center.db", "registry.db"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("center.db");
        Engine::open_center(&path, [1; 16]).unwrap().close();
        spoil(&folder.path().join(name));
        let refused = Engine::open_center(&path, [1; 16]).unwrap_err();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
        let told = refused.to_string();
        assert!(
            told.contains(name) && told.contains("`onshi restore`"),
            "{told}"
        );
    }
}

#[test]
fn a_journal_that_is_no_database_has_a_remedy_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    spoil(&path);
    let refused = Journal::open(&path).unwrap_err();
    assert!(
        matches!(refused, OpenError::DamagedJournal { .. }),
        "{refused:?}"
    );
    let told = refused.to_string();
    assert!(
        told.contains("move it") && !told.contains("onshi restore"),
        "{told}"
    );
}

#[tokio::test]
async fn pages_that_are_lost_are_told_from_what_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("center.db");
    let engine = Engine::open_center(&path, [1; 16]).unwrap();
    let population = Population::new(1);
    let people = (0..5_000).filter_map(|at| population.person(at));
    engine.store_people(people.collect()).await.unwrap();
    engine.close();
    // All but the first pages, which say what tables there are.
    let registry = folder.path().join("registry.db");
    let mut bytes = std::fs::read(&registry).unwrap();
    assert!(900_000 < bytes.len());
    bytes[200_000..].fill(0x5a);
    std::fs::write(&registry, bytes).unwrap();
    let engine = Engine::open_center(&path, [1; 16]).unwrap();
    let broken = engine.people().unwrap_err();
    assert!(matches!(broken, StoreError::Damaged(_)), "{broken:?}");
}
