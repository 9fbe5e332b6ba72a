//! Checkpoints kept beyond the reach of whoever changes the store: a file that lines are added to, on another disk or machine. Takes none away.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek, SeekFrom, Write};
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

/// A file of checkpoints, read line by line: it grows for as long as there are centers. Whether the signatures are good is not looked at. The default
/// is no file.
#[derive(Debug, Default)]
pub struct Outside {
    /// What was not read yet; `None` at the end.
    lines: Option<BufReader<File>>,
    /// Lines read so far.
    at: usize,
    /// The first checkpoint, which is read when the file is opened.
    first: Option<Checkpoint>,
    /// The lines that are none, counted from 1: cut off in the middle, or changed.
    unreadable: Vec<usize>,
}

impl Outside {
    /// Opens a file, and reads as far as its first checkpoint.
    ///
    /// # Errors
    /// Of the file system.
    pub fn open(path: &Path) -> Result<Self> {
        let lines = BufReader::new(File::open(path)?);
        let mut outside = Self {
            lines: Some(lines),
            ..Self::default()
        };
        outside.first = outside.read_on()?;
        Ok(outside)
    }

    /// The first line of a file that was just opened and holds text without any checkpoint: it is another one.
    #[must_use]
    pub fn other_text(&self) -> Option<usize> {
        let line = self.unreadable.first().copied();
        line.filter(|_| self.first.is_none())
    }

    /// What is wrong with the file itself, as far as it was read.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        let lines = self.unreadable.iter();
        lines.map(|line| Fault::Outside { line: *line })
    }

    /// The next checkpoint. A line that is none keeps no other from being read.
    fn read_on(&mut self) -> Result<Option<Checkpoint>> {
        let Some(lines) = &mut self.lines else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if lines.read_until(b'\n', &mut bytes)? == 0 {
                self.lines = None;
                return Ok(None);
            }
            self.at += 1;
            let line = bytes.trim_ascii();
            let text = std::str::from_utf8(line).ok();
            match text.and_then(Checkpoint::from_line) {
                Some(checkpoint) => return Ok(Some(checkpoint)),
                None if line.is_empty() => {}
                None => self.unreadable.push(self.at),
            }
        }
    }
}

impl Iterator for Outside {
    type Item = Result<Checkpoint>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => self.read_on().transpose(),
        }
    }
}
