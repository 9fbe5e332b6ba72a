//! A file system in memory whose every step may be the last: it crashes before, within or after a step, loses what was not synced when the
//! power goes, fills up, turns read-only, loses folders and locks files. It keeps its history, so that a test can ask it what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::config::Shared;
use crate::files::Files;

/// Unwinds through the lane: the process is gone from here on.
pub(super) struct Crash;

/// Where in a step the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    /// A file is half written; other steps are one and happen.
    Within,
    After,
}

/// What is wrong with the file system for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Writing ends in the middle.
    Full,
    /// Nothing may be changed.
    ReadOnly,
    /// The result folder is not there.
    ResultFolderGone,
    /// Syncs fail.
    NoSync,
    /// What lies in the result folder cannot be told.
    NoLook,
}

/// A change of the folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Link(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
}

#[derive(Debug)]
struct Kept {
    change: Change,
    /// Folders whose sync this change still waits for.
    unsynced: BTreeSet<PathBuf>,
}

#[derive(Debug, Default, Clone)]
struct Content {
    data: Vec<u8>,
    /// What the disk has for certain.
    durable: Option<Vec<u8>>,
}

#[derive(Debug)]
struct State {
    history: Vec<Kept>,
    names: BTreeMap<PathBuf, usize>,
    contents: Vec<Content>,
    locked: BTreeSet<PathBuf>,
    taken_at_sync: Option<PathBuf>,
    looks: usize,
    fault: Fault,
    crash: Option<(usize, Moment)>,
}

/// The file system.
#[derive(Debug)]
pub(super) struct World {
    state: Mutex<State>,
}

/// So much of what a receipt computer writes the disk has at once: enough to know afterwards which request it was.
const BEGINNING_BYTES: usize = 100;

/// Req, res and work.
pub(super) fn folder(name: &str) -> PathBuf {
    Path::new("/").join(name)
}

impl World {
    pub(super) fn new() -> Self {
        let state = State {
            history: Vec::new(),
            names: BTreeMap::new(),
            contents: Vec::new(),
            locked: BTreeSet::new(),
            taken_at_sync: None,
            looks: 0,
            fault: Fault::None,
            crash: None,
        };
        Self {
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receipt computer writes a file and does not sync it.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = state.contents.len();
        let beginning = &bytes[..bytes.len().min(BEGINNING_BYTES)];
        state.contents.push(Content {
            data: bytes.to_vec(),
            durable: Some(beginning.to_vec()),
        });
        state.change(Change::Link(path.to_owned(), id));
    }

    /// A receipt computer goes on writing a file it holds open, wherever that lies by now.
    pub(super) fn go_on(&self, id: usize, bytes: &[u8]) {
        let content = &mut self.state().contents[id];
        content.data = bytes.to_vec();
        content.durable = Some(bytes.to_vec());
    }

    /// The content's number of a file.
    pub(super) fn id(&self, path: &Path) -> Option<usize> {
        self.state().names.get(path).copied()
    }

    /// What lies in a folder. No step of the process.
    pub(super) fn lying_in(&self, folder: &Path) -> Vec<PathBuf> {
        let state = self.state();
        let inside = state.names.keys().filter(|it| it.parent() == Some(folder));
        inside.cloned().collect()
    }

    pub(super) fn move_file(&self, from: &Path, to: &Path) {
        let mut state = self.state();
        if state.names.contains_key(from) {
            state.change(Change::Rename(from.to_owned(), to.to_owned()));
        }
    }

    pub(super) fn take_away(&self, path: &Path) {
        let mut state = self.state();
        if state.names.contains_key(path) {
            state.change(Change::Unlink(path.to_owned()));
        }
    }

    /// A receipt computer takes a file away while the process syncs something the next time.
    pub(super) fn take_away_at_sync(&self, path: PathBuf) {
        self.state().taken_at_sync = Some(path);
    }

    /// How often it was asked whether a file lies somewhere.
    pub(super) fn looks(&self) -> usize {
        self.state().looks
    }

    pub(super) fn lock(&self, path: PathBuf) {
        self.state().locked.insert(path);
    }

    pub(super) fn unlock_all(&self) {
        self.state().locked.clear();
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// The process ends at the step after so many.
    pub(super) fn crash_after(&self, steps: usize, moment: Moment) {
        self.state().crash = Some((steps, moment));
    }

    pub(super) fn no_crash(&self) {
        self.state().crash = None;
    }

    /// The power goes: of what was not synced some is lost, which says the number. Returns the contents that lost bytes.
    pub(super) fn lose_power(&self, number: usize) -> BTreeSet<usize> {
        let mut state = self.state();
        let synced = state
            .history
            .iter()
            .rposition(|kept| kept.unsynced.is_empty());
        let certain = synced.map_or(0, |at| at + 1);
        let keep = certain + number % (state.history.len() - certain + 1);
        state.history.truncate(keep);
        for kept in &mut state.history {
            kept.unsynced.clear();
        }
        let changes: Vec<Change> = state.history.iter().map(|it| it.change.clone()).collect();
        state.names = BTreeMap::new();
        for change in &changes {
            state.apply(change);
        }
        let mut cut = BTreeSet::new();
        for (id, content) in state.contents.iter_mut().enumerate() {
            if content.durable.as_ref() != Some(&content.data) {
                let length = number % (content.data.len() + 1);
                let rest = content.data[..length].to_vec();
                content.data = content.durable.clone().unwrap_or(rest);
                cut.insert(id);
            }
            content.durable = Some(content.data.clone());
        }
        cut
    }

    /// Every change that happened, with the content it was about.
    pub(super) fn history(&self) -> Vec<(Change, usize)> {
        let state = self.state();
        let mut names: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut history = Vec::new();
        for kept in &state.history {
            let id = match &kept.change {
                Change::Link(path, id) => {
                    names.insert(path.clone(), *id);
                    *id
                }
                Change::Rename(from, to) => {
                    let id = names.remove(from).unwrap();
                    names.insert(to.clone(), id);
                    id
                }
                Change::Unlink(path) => names.remove(path).unwrap(),
            };
            history.push((kept.change.clone(), id));
        }
        history
    }

    pub(super) fn content(&self, id: usize) -> Vec<u8> {
        self.state().contents[id].data.clone()
    }

    /// One step of the process: it may be its last.
    fn step<T>(&self, path: &Path, so: impl FnOnce(&mut State, bool) -> T) -> T {
        let mut state = self.state();
        let moment = match &mut state.crash {
            Some((0, moment)) => Some(*moment),
            Some((steps, _)) => {
                *steps -= 1;
                None
            }
            None => None,
        };
        if moment == Some(Moment::Before) {
            drop(state);
            std::panic::resume_unwind(Box::new(Crash));
        }
        let half = moment == Some(Moment::Within) || state.fault == Fault::Full;
        let result = so(&mut state, half);
        if moment.is_some() {
            drop(state);
            let _ = path;
            std::panic::resume_unwind(Box::new(Crash));
        }
        result
    }
}

impl State {
    fn change(&mut self, change: Change) {
        let mut unsynced = BTreeSet::new();
        let paths = match &change {
            Change::Link(path, _) | Change::Unlink(path) => vec![path],
            Change::Rename(from, to) => vec![from, to],
        };
        unsynced.extend(
            paths
                .iter()
                .filter_map(|it| it.parent())
                .map(Path::to_owned),
        );
        self.apply(&change);
        self.history.push(Kept { change, unsynced });
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Link(path, id) => {
                self.names.insert(path.clone(), *id);
            }
            Change::Rename(from, to) => {
                let id = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), id);
            }
            Change::Unlink(path) => {
                self.names.remove(path);
            }
        }
    }

    fn may_change(&self, path: &Path) -> io::Result<()> {
        if self.fault == Fault::ReadOnly {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if self.fault == Fault::ResultFolderGone && path.starts_with(folder("res")) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if self.locked.contains(path) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        let found = self.names.get(path).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Files for World {
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.step(folder, |state, _| {
            let inside = state.names.keys().filter(|it| it.parent() == Some(folder));
            Ok(inside
                .map(|it| it.file_name().unwrap().to_string_lossy().into_owned())
                .collect())
        })
    }

    fn read(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        self.step(path, |state, _| {
            if state.locked.contains(path) {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            let data = &state.contents[state.find(path)?].data;
            Ok(data[..data.len().min(most + 1)].to_vec())
        })
    }

    fn exists(&self, path: &Path) -> bool {
        let state = self.state();
        let gone = state.fault == Fault::ResultFolderGone && path.starts_with(folder("res"));
        !gone && (state.names.contains_key(path) || path.components().count() == 2)
    }

    fn is_file(&self, path: &Path) -> io::Result<bool> {
        let fault = {
            let mut state = self.state();
            state.looks += 1;
            state.fault
        };
        if fault == Fault::NoLook && path.starts_with(folder("res")) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(path.components().count() != 2 && self.exists(path))
    }

    fn size(&self, path: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.contents[state.find(path)?].data.len() as u64)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(path, |state, half| {
            state.may_change(path)?;
            let written = if half {
                &bytes[..bytes.len() / 2]
            } else {
                bytes
            };
            let id = match state.names.get(path) {
                Some(id) => *id,
                None => {
                    state.contents.push(Content::default());
                    let id = state.contents.len() - 1;
                    state.change(Change::Link(path.to_owned(), id));
                    id
                }
            };
            let content = &mut state.contents[id];
            (content.data, content.durable) = (written.to_vec(), None);
            if state.fault == Fault::Full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        })
    }

    fn share(&self, _path: &Path, _shared: Shared) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self, paths: &[PathBuf]) -> Vec<io::Result<()>> {
        let one = |path: &PathBuf| {
            self.step(path, |state, _| {
                let taken = state.taken_at_sync.take();
                if let Some(taken) = taken.filter(|it| state.names.contains_key(it)) {
                    state.change(Change::Unlink(taken));
                }
                if state.fault == Fault::NoSync {
                    return Err(io::Error::other("broken"));
                }
                if let Some(id) = state.names.get(path).copied() {
                    let content = &mut state.contents[id];
                    content.durable = Some(content.data.clone());
                } else if path.components().count() == 2 {
                    state.may_change(path).or_else(|error| {
                        // Syncing changes nothing: only a folder that is gone cannot be synced.
                        let gone = error.kind() == io::ErrorKind::NotFound;
                        if gone { Err(error) } else { Ok(()) }
                    })?;
                    for kept in &mut state.history {
                        kept.unsynced.remove(path);
                    }
                } else {
                    return Err(io::ErrorKind::NotFound.into());
                }
                Ok(())
            })
        };
        paths.iter().map(one).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(from, |state, _| {
            state.may_change(from)?;
            state.may_change(to)?;
            state.find(from)?;
            state.change(Change::Rename(from.to_owned(), to.to_owned()));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(path, |state, _| {
            state.may_change(path)?;
            state.find(path)?;
            state.change(Change::Unlink(path.to_owned()));
            Ok(())
        })
    }

    fn touch(&self, path: &Path, _at: SystemTime) {
        self.step(path, |_, _| ());
    }
}
