//! Sorts more entries than memory holds: in runs that are sorted by themselves, in a file without a name, and read side by side at the end.
//! Knows no table.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::engine::StoreError;

/// Bytes of a run that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// What an entry is sorted by, and what it holds.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// Entries on their way to be sorted.
pub(super) struct Spill {
    file: BufWriter<File>,
    /// Where each run lies in the file.
    runs: Vec<Range<u64>>,
    run: Run,
    run_bytes: usize,
}

/// Entries that are not in the file yet.
#[derive(Default)]
struct Run {
    bytes: Vec<u8>,
    entries: Vec<Place>,
}

/// Where an entry lies in a run.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    middle: usize,
    end: usize,
}

fn failed(error: &io::Error) -> StoreError {
    StoreError::NoWrites(format!("people cannot be sorted aside: {error}"))
}

impl Spill {
    /// With a file in a folder, which is gone when nobody holds it. A run has so many bytes.
    pub(super) fn new(folder: &Path, run_bytes: usize) -> Result<Self, StoreError> {
        let file = tempfile::tempfile_in(folder).map_err(|it| failed(&it))?;
        Ok(Self {
            file: BufWriter::new(file),
            runs: Vec::new(),
            run: Run::default(),
            run_bytes,
        })
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let run = &mut self.run;
        let start = run.bytes.len();
        run.bytes.extend_from_slice(key);
        let middle = run.bytes.len();
        run.bytes.extend_from_slice(value);
        let end = run.bytes.len();
        run.entries.push(Place { start, middle, end });
        if self.run_bytes <= end {
            self.end_run().map_err(|it| failed(&it))?;
        }
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        let Run { bytes, entries } = &mut self.run;
        let part = |range: Range<usize>| bytes.get(range).unwrap_or_default();
        // Those alike stay in the order in which they came.
        entries.sort_by(|a, b| part(a.start..a.middle).cmp(part(b.start..b.middle)));
        let start = self.runs.last().map_or(0, |it| it.end);
        let mut end = start;
        for it in entries.drain(..) {
            for part in [part(it.start..it.middle), part(it.middle..it.end)] {
                let length = u32::try_from(part.len()).map_err(io::Error::other)?;
                self.file.write_all(&length.to_le_bytes())?;
                self.file.write_all(part)?;
                end += 4 + u64::from(length);
            }
        }
        bytes.clear();
        self.runs.push(start..end);
        Ok(())
    }

    /// All entries in the order of what they are sorted by; those alike as they came.
    pub(super) fn sorted(self) -> Result<Sorted, StoreError> {
        self.merge().map_err(|it| failed(&it))
    }

    fn merge(mut self) -> io::Result<Sorted> {
        self.end_run()?;
        let file = Arc::new(self.file.into_inner().map_err(io::Error::from)?);
        let mut runs: Vec<Reader> = self.runs.into_iter().map(|it| read(&file, it)).collect();
        let mut heads = BinaryHeap::new();
        for (run, reader) in runs.iter_mut().enumerate() {
            if let Some((key, value)) = next(reader)? {
                heads.push(Reverse(Head { key, run, value }));
            }
        }
        Ok(Sorted { runs, heads })
    }
}

/// Entries in their order.
pub(super) struct Sorted {
    runs: Vec<Reader>,
    heads: BinaryHeap<Reverse<Head>>,
}

/// The first entry of what is left of a run. Sorted by key and run, which no two share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    key: Vec<u8>,
    run: usize,
    value: Vec<u8>,
}

impl Iterator for Sorted {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut head = self.heads.peek_mut()?;
        let run = head.0.run;
        let following = match self.runs.get_mut(run).map(next).transpose() {
            Ok(following) => following.flatten(),
            Err(error) => return Some(Err(failed(&error))),
        };
        let first = match following {
            Some((key, value)) => std::mem::replace(&mut *head, Reverse(Head { key, run, value })),
            None => PeekMut::pop(head),
        };
        Some(Ok((first.0.key, first.0.value)))
    }
}

type Reader = BufReader<Section>;

/// A part of a file that is read from its start to its end. Whoever reads another part meanwhile does so on the same thread.
struct Section {
    file: Arc<File>,
    left: Range<u64>,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(self.left.start))?;
        let read = file.take(self.left.end - self.left.start).read(buffer)?;
        self.left.start += read as u64;
        Ok(read)
    }
}

fn read(file: &Arc<File>, range: Range<u64>) -> Reader {
    let section = Section {
        file: Arc::clone(file),
        left: range,
    };
    BufReader::with_capacity(READ_BYTES, section)
}

/// The next entry of a run; `None` behind the last.
fn next(run: &mut Reader) -> io::Result<Option<Entry>> {
    if run.buffer().is_empty() && run.get_ref().left.is_empty() {
        return Ok(None);
    }
    let mut part = || {
        let mut length = [0; 4];
        run.read_exact(&mut length)?;
        let mut part = vec![0; u32::from_le_bytes(length) as usize];
        run.read_exact(&mut part)?;
        io::Result::Ok(part)
    };
    Ok(Some((part()?, part()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted in runs of so many bytes.
    fn sorted(entries: &[Entry], run_bytes: usize) -> Vec<Entry> {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path(), run_bytes).unwrap();
        for (key, value) in entries {
            spill.push(key, value).unwrap();
        }
        // Nothing of it can be left behind.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        spill.sorted().unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn entries_come_in_order_and_those_alike_as_they_came_however_many_runs_there_are() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut draw = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        // Keys of several lengths, many of them alike; one is empty, some begin like others. Values say in which order they came.
        let entries: Vec<Entry> = (0..3_000_u32)
            .map(|at| {
                let key = draw(300).to_string().into_bytes();
                let key = key.into_iter().skip(usize::try_from(draw(3)).unwrap());
                (key.collect(), at.to_be_bytes().to_vec())
            })
            .collect();
        let mut expected = entries.clone();
        expected.sort();
        for run_bytes in [1, 100, 4_000, usize::MAX] {
            assert!(sorted(&entries, run_bytes) == expected, "{run_bytes}");
        }
        assert!(sorted(&[], 100).is_empty());
    }

    #[test]
    fn entries_longer_than_what_is_read_at_a_time_come_whole() {
        let long = |with: u8, times: usize| vec![with; READ_BYTES * times];
        let entries = [(long(b'b', 1), long(1, 3)), (long(b'a', 2), Vec::new())];
        let back = sorted(&entries, READ_BYTES);
        assert!(back == [entries[1].clone(), entries[0].clone()]);
    }
}
