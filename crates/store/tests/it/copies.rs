//! Copies of a store's files: nobody but their user reads them, nothing is left of one that failed, and only one that was made counts.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use domain::audit::Actor;
use domain::civil_date::Instant;
use store::engine::StoreError;
use store::upkeep::Copying;

use crate::{Place, on_both, open, record};

/// The rights of a folder and of all files in it.
fn modes(folder: &Path) -> Vec<u32> {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|it| mode(&it.unwrap().path()));
    [mode(folder)].into_iter().chain(files).collect()
}

#[tokio::test]
async fn a_copy_and_the_store_itself_are_read_by_their_user_alone() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, 1..=3).await;
    let copy = dir.path().join("copy");
    engine.back_up(&copy).unwrap();
    assert_eq!(modes(&copy), [0o700, 0o600, 0o600]);
    std::fs::remove_dir_all(&copy).unwrap();
    // With the logs beside them. The test's folder is private by itself.
    let open = modes(dir.path());
    assert!(4 < open.len(), "{open:?}");
    assert!(open[1..].iter().all(|it| *it == 0o600), "{open:?}");
}

#[tokio::test]
async fn of_a_copy_that_failed_nothing_is_left_and_the_next_try_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, 1..=3).await;
    let copy = dir.path().join("copy");
    // Behind the store's back the registry's file is none any more: the center's is copied before that is seen.
    let registry = dir.path().join("registry.db");
    let aside = dir.path().join("aside");
    std::fs::rename(&registry, &aside).unwrap();
    assert!(engine.back_up(&copy).is_err());
    assert!(!copy.exists(), "half a copy was left");
    std::fs::rename(&aside, &registry).unwrap();
    engine.back_up(&copy).unwrap();
    // What is there already is nobody's to remove.
    let refused = engine.back_up(&copy).unwrap_err();
    assert!(matches!(refused, StoreError::NoWrites(_)), "{refused}");
    store::engine::examine(&copy).unwrap();
}

async fn a_copy_counts_when_it_was_made(place: &Place) {
    let engine = place.open();
    let event = |copying: Copying, at| {
        let actor = Actor::Operator("local".into());
        copying.event(Instant::from_micros(at), actor)
    };
    engine.record(event(Copying::Begun, 1)).await.unwrap();
    assert_eq!(engine.upkeep().unwrap().backup, None);
    engine.record(event(Copying::Made, 2)).await.unwrap();
    engine.record(event(Copying::Begun, 3)).await.unwrap();
    let made = Some(Instant::from_micros(2));
    assert_eq!(engine.upkeep().unwrap().backup, made);
}

on_both!(a_copy_counts_when_it_was_made);
