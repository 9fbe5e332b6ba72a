//! The demo's own folder: marked as such, used by one demo at a time, and emptied when the next one starts. What is not marked is never emptied.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::told;

/// The file that marks a demo's folder. Whoever runs the demo holds its lock.
const MARK: &str = "demo.lock";

/// A demo's folder, empty but for its mark; no other demo empties it while this value lives.
pub(crate) struct Folder {
    pub(crate) dir: PathBuf,
    _mark: File,
}

impl Folder {
    /// Makes the folder, or empties it where an earlier demo left it.
    ///
    /// # Errors
    /// Of a folder that holds anything else, of one that a running demo uses, and of the file system.
    pub(crate) fn take(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
        let dir = std::fs::canonicalize(dir).map_err(|error| told::unreadable(dir, &error))?;
        if !is_demos(&dir)? {
            let shown = dir.display();
            return Err(told::both(
                &format!(
                    "{shown} には他のファイルがあります。--dir で空のフォルダーを指定してください。"
                ),
                &format!("{shown} holds other files; choose an empty folder with --dir"),
            ));
        }
        let mark = dir.join(MARK);
        let mut options = File::options();
        let opened = options.write(true).create(true).truncate(false).open(&mark);
        let file = opened.map_err(|error| told::unwritable(&mark, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let shown = dir.display();
                return Err(told::both(
                    &format!(
                        "{shown} では別のデモが動いています。先に止めるか、--dir で別のフォルダーを指定してください。"
                    ),
                    &format!(
                        "another demo is running in {shown}; stop it first, or choose another folder with --dir"
                    ),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(told::unwritable(&mark, &error)),
        }
        empty(&dir)?;
        Ok(Self { dir, _mark: file })
    }
}

/// Whether a folder is a demo's, or empty. Demos of before the mark are known by what only they write.
fn is_demos(dir: &Path) -> anyhow::Result<bool> {
    let has = |name: &str| dir.join(name).is_file();
    if has(MARK) || (has("demo.json") && has("center/center.db")) {
        return Ok(true);
    }
    let mut inside = std::fs::read_dir(dir).map_err(|error| told::unreadable(dir, &error))?;
    Ok(inside.next().is_none())
}

/// Removes all but the mark.
fn empty(dir: &Path) -> anyhow::Result<()> {
    let inside = std::fs::read_dir(dir).map_err(|error| told::unreadable(dir, &error))?;
    for entry in inside {
        let entry = entry.map_err(|error| told::unreadable(dir, &error))?;
        if entry.file_name() == MARK {
            continue;
        }
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
        let removed = match is_folder {
            true => std::fs::remove_dir_all(&path),
            false => std::fs::remove_file(&path),
        };
        removed.map_err(|error| told::unwritable(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(dir: &Path) -> String {
        Folder::take(dir).err().unwrap().to_string()
    }

    #[test]
    fn a_folder_with_anything_else_in_it_is_refused_and_left_as_it_is() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("srv");
        std::fs::create_dir_all(dir.join("center")).unwrap();
        std::fs::write(dir.join("photo"), "own").unwrap();
        let told = refusal(&dir);
        assert!(told.contains("他のファイル") && told.contains("holds other files"));
        assert_eq!(std::fs::read(dir.join("photo")).unwrap(), b"own");
        assert!(dir.join("center").is_dir() && !dir.join(MARK).exists());
    }

    #[test]
    fn a_running_demos_folder_is_refused_and_an_ended_ones_is_emptied() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join("demo");
        let running = Folder::take(&dir).unwrap();
        std::fs::create_dir(running.dir.join("center")).unwrap();
        std::fs::write(running.dir.join("center/center.db"), "").unwrap();
        let told = refusal(&dir);
        assert!(told.contains("別のデモ") && told.contains("another demo is running"));
        assert!(running.dir.join("center/center.db").exists());
        drop(running);
        let next = Folder::take(&dir).unwrap();
        assert!(!next.dir.join("center").exists());
    }

    #[test]
    fn a_demo_of_before_the_mark_is_known() {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path();
        std::fs::create_dir(dir.join("center")).unwrap();
        std::fs::write(dir.join("center/center.db"), "").unwrap();
        std::fs::write(dir.join("demo.json"), "{}").unwrap();
        let taken = Folder::take(dir).unwrap();
        assert!(!taken.dir.join("demo.json").exists());
    }
}
