//! Copies of a store's files: nobody but their user reads them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::{open, record};

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
