//! A store that is closed: what was handed over is written, and the files hold all of it by themselves.

use std::future::{Future, poll_fn};
use std::path::Path;
use std::task::Poll;

use store::engine::{Engine, StoreError, files};
use store::registry::Prepared;
use synthetic::population::Population;

fn people(count: u64) -> Vec<Prepared> {
    let population = Population::new(1);
    (0..count)
        .filter_map(|at| population.person(at).map(Prepared::of))
        .collect()
}

/// Names of what lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_closed_store_is_its_two_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("center.db");
    let engine = Engine::open_center(&path, [1; 16]).unwrap();
    engine.store_prepared(people(2_000)).await.unwrap();
    engine.probe().unwrap();
    let open = names(folder.path());
    assert!(open.contains(&"registry.db-wal".to_owned()), "{open:?}");
    engine.close();
    assert_eq!(names(folder.path()), ["center.db", "registry.db"]);
    // What a copy of them holds, made without any log.
    let copy = tempfile::tempdir().unwrap();
    for file in files(folder.path()) {
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    store::engine::examine(copy.path()).unwrap();
    let copied = Engine::open_center(&copy.path().join("center.db"), [2; 16]).unwrap();
    assert_eq!(copied.people().unwrap(), 2_000);
}

#[tokio::test]
async fn what_comes_after_the_end_is_refused_and_nothing_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open_center(&folder.path().join("center.db"), [1; 16]).unwrap();
    // No write may wait: the end is asked for all the same.
    let engine = engine.with_waiting_writes(0);
    let other = engine.clone();
    engine.close();
    let refused = other.store_prepared(people(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Closing), "{refused}");
    let refused = other.probe().unwrap_err();
    assert!(matches!(refused, StoreError::Closing), "{refused}");
    other.close();
}

#[tokio::test]
async fn what_was_handed_over_before_the_end_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("center.db");
    let engine = Engine::open_center(&path, [1; 16]).unwrap();
    // More than one transaction takes.
    let mut writes = Vec::new();
    for person in people(1_500) {
        let mut write = Box::pin(engine.store_prepared(vec![person]));
        poll_fn(|context| {
            let _ = write.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        writes.push(write);
    }
    engine.close();
    for write in writes {
        write.await.unwrap();
    }
    let again = Engine::open_center(&path, [2; 16]).unwrap();
    assert_eq!(again.people().unwrap(), 1_500);
}
