//! Checkpoints kept beyond the reach of whoever changes the store: a file that lines are added to, on another disk or machine. Takes none away.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::audit::Checkpoint;
use crate::audit::verify::Fault;

/// The file, in a folder of its own.
const FILE: &str = "checkpoints.jsonl";

/// By so many bytes at its end a file that was read is known again.
const END: usize = 256;

/// The file in a folder.
#[must_use]
pub fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// What was added to a file, and where: by it the file is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    at: u64,
    bytes: Vec<u8>,
}

impl Added {
    /// The end of what a file holds; `None` of an empty one.
    pub(crate) fn end_of(bytes: &[u8]) -> Option<Self> {
        let at = bytes.len().saturating_sub(END);
        let end = bytes.get(at..).filter(|it| !it.is_empty())?;
        Some(Self {
            at: at as u64,
            bytes: end.to_vec(),
        })
    }
}

/// Adds a checkpoint to the file in a folder, and brings it to the disk.
///
/// # Errors
/// Of the file system; then a part of the line may be there.
pub fn append(dir: &Path, checkpoint: &Checkpoint) -> Result<Added> {
    append_to(&file(dir), checkpoint.to_line())
}

/// Adds whole lines to a file, and brings them to the disk.
pub(crate) fn append_to(path: &Path, mut lines: String) -> Result<Added> {
    if !ends_a_line(path) {
        // A power cut or a full disk left half a line: it must not spoil this one.
        lines.insert(0, '\n');
    }
    let bytes = lines.into_bytes();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    let end = file.stream_position()?;
    let at = end.saturating_sub(bytes.len() as u64);
    Ok(Added { at, bytes })
}

/// Whether what was added to the file in a folder is there still. Where it is not, or cannot be read, another file may have taken its place, as
/// when a disk was not mounted for a while.
#[must_use]
pub fn holds(dir: &Path, added: &Added) -> bool {
    holds_in(&file(dir), added)
}

/// The same of any file.
pub(crate) fn holds_in(path: &Path, added: &Added) -> bool {
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(added.at))?;
        let mut found = vec![0; added.bytes.len()];
        file.read_exact(&mut found)?;
        Result::Ok(found)
    };
    read().is_ok_and(|found| found == added.bytes)
}

/// Whether what is added begins a line of its own. Where that cannot be seen it is taken for no: an empty line does no harm.
fn ends_a_line(path: &Path) -> bool {
    match last_byte(path) {
        Ok(last) => last.is_none_or(|it| it == b'\n'),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn last_byte(path: &Path) -> Result<Option<u8>> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    let [last] = byte;
    Ok(Some(last))
}

/// What the lines of a file say, and which of them, counted from 1, say nothing; blank ones apart.
pub(crate) fn read_lines<T>(
    bytes: &[u8],
    read: impl Fn(&str) -> Option<T>,
) -> (Vec<T>, Vec<usize>) {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for (at, line) in bytes.split(|it| *it == b'\n').enumerate() {
        let line = line.trim_ascii();
        match std::str::from_utf8(line).ok().and_then(&read) {
            Some(it) => found.push(it),
            None if line.is_empty() => {}
            None => unreadable.push(at + 1),
        }
    }
    (found, unreadable)
}

/// What such a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    /// Its checkpoints; whether their signatures are good is not looked at.
    pub checkpoints: Vec<Checkpoint>,
    /// The lines that are none, counted from 1: cut off in the middle, or changed.
    pub unreadable: Vec<usize>,
}

impl Outside {
    /// Reads what a file holds. A line that is no checkpoint keeps no other from being read.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let (checkpoints, unreadable) = read_lines(bytes, Checkpoint::from_line);
        Self {
            checkpoints,
            unreadable,
        }
    }

    /// What is wrong with the file itself.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        let lines = self.unreadable.iter();
        lines.map(|line| Fault::Outside { line: *line })
    }
}
