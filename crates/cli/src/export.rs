//! Files of JSON lines that somebody exports: each stands in its place whole or not at all, and takes no other's.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::{system, told};

/// A file that is being written, beside its place until it is whole: half an export is never taken for one. Dropped before, nothing of it is left.
pub(crate) struct ExportFile<'a> {
    place: &'a Path,
    /// A name of its own: two exports to one place do not write into one file.
    beside: PathBuf,
    file: File,
}

impl<'a> ExportFile<'a> {
    /// Begins one at a place that nothing has yet.
    pub(crate) fn begin(place: &'a Path) -> anyhow::Result<Self> {
        if place.exists() {
            return Err(told::exists(place));
        }
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).context("the system's random generator failed")?;
        let mut beside = place.as_os_str().to_owned();
        beside.push(format!(".{:016x}.new", u64::from_be_bytes(random)));
        let beside = PathBuf::from(beside);
        let made = system::new_private_file(&beside);
        let file = made.map_err(|error| told::unwritable(place, &error))?;
        Ok(Self {
            place,
            beside,
            file,
        })
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        written.map_err(|error| told::unwritable(self.place, &error))
    }

    /// Gives it its place, where nothing came there meanwhile.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let finished = self.file.sync_all();
        match finished.and_then(|()| system::rename_new(&self.beside, self.place)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(told::exists(self.place)),
            Err(error) => Err(told::unwritable(self.place, &error)),
        }
    }
}

impl Drop for ExportFile<'_> {
    fn drop(&mut self) {
        // Once it has its place there is none.
        let _ = std::fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let all = std::fs::read_dir(dir).unwrap();
        let names = all.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn of_two_exports_to_one_place_one_is_there_whole_and_the_other_is_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("audit.jsonl");
        let of_the_user = dir.path().join("audit.jsonl.new");
        std::fs::write(&of_the_user, "mine").unwrap();
        let (mut one, mut other) = (
            ExportFile::begin(&out).unwrap(),
            ExportFile::begin(&out).unwrap(),
        );
        for at in 0..3 {
            one.line(&at).unwrap();
            other.line(&"other").unwrap();
        }
        one.finish().unwrap();
        let told = other.finish().unwrap_err().to_string();
        assert!(told.contains("は既にあります"), "{told}");
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "0\n1\n2\n");
        assert_eq!(std::fs::read_to_string(&of_the_user).unwrap(), "mine");
        assert_eq!(names(dir.path()), ["audit.jsonl", "audit.jsonl.new"]);
    }

    #[test]
    fn of_an_export_that_does_not_come_to_its_end_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("looks.jsonl");
        let mut begun = ExportFile::begin(&out).unwrap();
        begun.line(&1).unwrap();
        drop(begun);
        assert!(names(dir.path()).is_empty());
    }
}
