//! Copies of a store's files: nobody but their user reads them, nothing is left of one that failed, and only one that was made counts.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use store::audit::search::Query;
use store::copies::remove_unfinished;
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

/// A folder with such files, as a kill leaves it, and the file beside it by which others know whether a process is at it.
fn unfinished(copies: &Path, name: &str, files: &[&str]) -> File {
    let folder = copies.join(format!("{name}.unfinished"));
    std::fs::create_dir(&folder).unwrap();
    for file in files {
        std::fs::write(folder.join(file), "half").unwrap();
    }
    File::create(copies.join(format!("{name}.unfinished.lock"))).unwrap()
}

#[tokio::test]
async fn what_was_cut_off_goes_and_what_another_process_is_at_stays() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, 1..=3).await;
    let copies = dir.path().join("copies");
    std::fs::create_dir(&copies).unwrap();
    drop(unfinished(
        &copies,
        "monday",
        &["center.db", "center.db-journal"],
    ));
    drop(unfinished(&copies, "notes", &["center.db", "notes.txt"]));
    let others = unfinished(&copies, "tuesday", &["center.db"]);
    others.try_lock().unwrap();
    let names = || {
        let inside = std::fs::read_dir(&copies).unwrap();
        let names = inside.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let removed = remove_unfinished(&copies);
    assert_eq!(removed, [copies.join("monday.unfinished")]);
    let stay = ["notes", "tuesday"]
        .map(|it| [format!("{it}.unfinished"), format!("{it}.unfinished.lock")]);
    assert_eq!(names(), stay.as_flattened());
    let tuesday = copies.join("tuesday");
    let refused = engine.back_up(&tuesday).unwrap_err();
    assert!(
        matches!(&refused, StoreError::CopyBeingWritten(of) if *of == tuesday),
        "{refused}"
    );
    assert_eq!(names(), stay.as_flattened());
    // It ended.
    drop(others);
    engine.back_up(&tuesday).unwrap();
    store::engine::examine(&tuesday).unwrap();
    assert_eq!(names().last().unwrap(), "tuesday");
    assert_eq!(names().len(), 3);
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

async fn a_restore_is_an_event_that_says_how_far_the_store_reached(place: &Place) {
    let engine = place.open();
    let actor = || Actor::Operator("local".into());
    let at = Instant::from_micros;
    let reach = engine.record_restore("", at(5), actor()).await.unwrap();
    assert_eq!((reach.events, reach.last), (0, None));
    record(&engine, 1..=3).await;
    let reach = engine
        .record_restore("copy of Monday, 9:30", at(9), actor())
        .await
        .unwrap();
    assert_eq!(reach.events, 4);
    let last = reach.last.unwrap();
    assert!(at(9) < last, "{last}");
    let wanted = Query {
        deed: Some(Deed::Restore),
        ..Query::default()
    };
    let found = engine.search_audit(&wanted, 10).unwrap();
    let details: Vec<&str> = found.iter().map(|it| it.detail.as_str()).collect();
    let second = format!("from=copy_of_Monday__9:30 events=4 last={last}");
    assert_eq!(details, [second.as_str(), "from= events=0 last=none"]);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.events, report.faults), (5, vec![]));
}

on_both!(
    a_copy_counts_when_it_was_made,
    a_restore_is_an_event_that_says_how_far_the_store_reached,
);
