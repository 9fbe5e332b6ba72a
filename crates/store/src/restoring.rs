//! Puts a copy of a store in the place of what a data folder holds, which is kept: all of it, or, when it was cut off, with the next try.
//! Copies nothing itself.

use std::fs::File;
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::engine::files;
use crate::system;

/// Lies beside the files of a store while they are exchanged: until it is gone they may belong to different stores.
const MARK: &str = "restoring";

/// What the mark says where there was no store before, so that the next try takes nothing for one.
const NOTHING_KEPT: &[u8] = b"nothing kept\n";

/// The folder of what was there before.
const BEFORE: &str = "before-restore";

/// What SQLite keeps of a database: the file, its log, and what its users share.
const PARTS: [&str; 3] = ["db", "db-wal", "db-shm"];

/// What a data folder held before a copy took its place.
#[derive(Debug, PartialEq, Eq)]
pub enum Before {
    /// No store.
    Nothing,
    /// A store, which is in this folder now.
    Kept(PathBuf),
    /// Files that could not be read as a store's; they are in this folder as they were. And what SQLite said.
    KeptUnread(PathBuf, String),
}

/// Where the files of a copy wait in a data folder until they take the place of its own.
#[must_use]
pub fn arriving(dir: &Path) -> [PathBuf; 2] {
    files(dir).map(|it| it.with_extension("db.restored"))
}

/// Whether the exchange of a folder's files was cut off: what lies there is no store.
pub(crate) fn is_cut_off(dir: &Path) -> bool {
    dir.join(MARK).exists()
}

/// Lets the files of [`arriving`], whole and synced, take the place of the folder's own. Those go into its folder `before-restore`; what an
/// earlier exchange left there goes. Nobody may have the store open. Cut off anywhere, the store cannot be opened until this was called
/// again, and what was there before is still kept.
///
/// # Errors
/// Of the file system; then it can be called again.
pub fn take_place(dir: &Path) -> Result<Before> {
    exchange(dir, || Ok(()))
}

/// `step` is called before each change.
fn exchange(dir: &Path, mut step: impl FnMut() -> Result<()>) -> Result<Before> {
    let (before, mark) = (dir.join(BEFORE), dir.join(MARK));
    let parts = files(dir).map(|it| PARTS.map(|part| it.with_extension(part)));
    let parts = parts.as_flattened();
    let was_cut_off = is_cut_off(dir);
    let is_anything_kept = if was_cut_off {
        std::fs::read(&mark)? != NOTHING_KEPT
    } else {
        let is_anything_there = parts.iter().any(|it| it.exists());
        if is_anything_there {
            // Before the mark: what is found there with it is of this exchange.
            step()?;
            ignoring_absence(std::fs::remove_dir_all(&before))?;
            sync(dir)?;
        }
        step()?;
        let mut file = File::create(&mark)?;
        if !is_anything_there {
            file.write_all(NOTHING_KEPT)?;
        }
        file.sync_all()?;
        sync(dir)?;
        is_anything_there
    };
    if is_anything_kept {
        let made = system::make_private_folder(&before);
        if !before.is_dir() {
            made?;
        }
        for part in parts.iter().filter(|it| it.exists()) {
            let kept = before.join(part.file_name().unwrap_or_default());
            step()?;
            if kept.exists() {
                // The exchange was cut off after this one of the copy had come to its place.
                std::fs::remove_file(part)?;
            } else {
                std::fs::rename(part, kept)?;
            }
        }
        sync(&before)?;
        sync(dir)?;
    }
    for (arriving, database) in arriving(dir).iter().zip(files(dir)) {
        step()?;
        std::fs::rename(arriving, database)?;
    }
    sync(dir)?;
    step()?;
    ignoring_absence(std::fs::remove_file(mark))?;
    sync(dir)?;
    if !is_anything_kept {
        return Ok(Before::Nothing);
    }
    Ok(match files(&before).iter().try_for_each(|it| fold(it)) {
        Ok(()) => Before::Kept(before),
        Err(why) => Before::KeptUnread(before, why.to_string()),
    })
}

/// Brings a database's log into it. SQLite does so when the last one who has it open closes it; reading is what opens it.
fn fold(database: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.query_row("SELECT count(*) FROM migration", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)
}

/// Makes names that changed in a folder last.
fn sync(dir: &Path) -> Result<()> {
    File::open(dir)?.sync_all()
}

fn ignoring_absence(done: Result<()>) -> Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use domain::audit::{Actor, Deed, Event};
    use domain::civil_date::Instant;

    use std::io::Error;

    use super::*;
    use crate::engine::{Engine, OpenError};

    fn event(at: i64) -> Event {
        Event {
            at: Instant::from_micros(at),
            actor: Actor::Operator("local".into()),
            deed: Deed::Backup,
            subject: None,
            detail: String::new(),
        }
    }

    /// A store with so many events.
    async fn store(dir: &Path, events: i64) {
        std::fs::create_dir_all(dir).unwrap();
        let engine = Engine::open_center(&dir.join("center.db"), [1; 16]).unwrap();
        for at in 0..events {
            engine.record(event(at)).await.unwrap();
        }
        engine.close();
    }

    fn events(dir: &Path) -> u64 {
        let engine = Engine::open_center(&dir.join("center.db"), [2; 16]).unwrap();
        let events = engine.events().unwrap();
        engine.close();
        events
    }

    /// A copy with two events, on its way into a folder.
    async fn bring(copies: &Path, dir: &Path) {
        if !copies.exists() {
            store(copies, 2).await;
        }
        for (copy, arriving) in files(copies).iter().zip(arriving(dir)) {
            std::fs::copy(copy, arriving).unwrap();
        }
    }

    /// Calls off the exchange before its change of this number.
    fn cut(dir: &Path, at: usize) -> Result<Before> {
        let mut left = at;
        exchange(dir, || {
            left = left.checked_sub(1).ok_or_else(|| Error::other("cut off"))?;
            Ok(())
        })
    }

    #[tokio::test]
    async fn wherever_it_is_cut_off_the_next_try_ends_it_and_what_was_there_is_kept() {
        let (mut at, mut refused) = (0, 0);
        loop {
            let folder = tempfile::tempdir().unwrap();
            let (dir, copies) = (folder.path().join("center"), folder.path().join("copy"));
            store(&dir, 5).await;
            // What an earlier exchange left.
            store(&dir.join(BEFORE), 9).await;
            bring(&copies, &dir).await;
            let is_done = cut(&dir, at).is_ok();
            match Engine::open_center(&dir.join("center.db"), [3; 16]) {
                Err(OpenError::HalfRestored { path }) => {
                    assert_eq!(path, dir);
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
                Ok(engine) => {
                    let expected = if is_done { 2 } else { 5 };
                    assert_eq!(engine.events().unwrap(), expected, "cut off at {at}");
                    engine.close();
                }
            }
            if is_done {
                break;
            }
            bring(&copies, &dir).await;
            let before = take_place(&dir).unwrap();
            assert_eq!(before, Before::Kept(dir.join(BEFORE)));
            assert_eq!(events(&dir), 2, "cut off at {at}");
            assert_eq!(events(&dir.join(BEFORE)), 5, "cut off at {at}");
            at += 1;
        }
        // Before the mark is there, and before the earlier folder is gone, the store is as it was.
        assert_eq!((at, refused), (7, 5));
    }

    #[tokio::test]
    async fn a_log_beside_the_old_store_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, copies) = (folder.path().join("center"), folder.path().join("copy"));
        let killed = folder.path().join("killed");
        store(&killed, 0).await;
        // As a kill leaves it: copied while it is open.
        let engine = Engine::open_center(&killed.join("center.db"), [1; 16]).unwrap();
        std::fs::create_dir(&dir).unwrap();
        engine.record(event(1)).await.unwrap();
        for part in files(&killed)
            .map(|it| PARTS.map(|part| it.with_extension(part)))
            .as_flattened()
        {
            let to = dir.join(part.file_name().unwrap());
            let _ = std::fs::copy(part, to);
        }
        assert!(dir.join("center.db-wal").metadata().unwrap().len() > 0);
        bring(&copies, &dir).await;
        assert_eq!(take_place(&dir).unwrap(), Before::Kept(dir.join(BEFORE)));
        assert!(
            !dir.join("center.db-wal").exists() && !dir.join(BEFORE).join("center.db-wal").exists()
        );
        assert_eq!((events(&dir), events(&dir.join(BEFORE))), (2, 1));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_kept_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (dir, copies) = (folder.path().join("center"), folder.path().join("copy"));
        store(&dir, 5).await;
        let garbage = vec![0x5a; 8_192];
        std::fs::write(dir.join("registry.db"), &garbage).unwrap();
        let refused = Engine::open_center(&dir.join("center.db"), [3; 16]).unwrap_err();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
        bring(&copies, &dir).await;
        let before = take_place(&dir).unwrap();
        assert!(matches!(before, Before::KeptUnread(..)), "{before:?}");
        assert_eq!(
            std::fs::read(dir.join(BEFORE).join("registry.db")).unwrap(),
            garbage
        );
        assert_eq!(events(&dir), 2);
    }

    #[tokio::test]
    async fn where_nothing_was_nothing_is_kept_wherever_it_is_cut_off() {
        for at in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let (dir, copies) = (folder.path().join("center"), folder.path().join("copy"));
            std::fs::create_dir(&dir).unwrap();
            bring(&copies, &dir).await;
            assert!(cut(&dir, at).is_err());
            bring(&copies, &dir).await;
            assert_eq!(
                take_place(&dir).unwrap(),
                Before::Nothing,
                "cut off at {at}"
            );
            assert_eq!(events(&dir), 2);
            assert!(!dir.join(BEFORE).exists());
        }
    }
}
