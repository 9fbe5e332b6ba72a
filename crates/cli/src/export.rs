//! Files of JSON lines that somebody exports: each stands in its place whole or not at all, and takes no other's.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::system::{self, Stop};
use crate::told;

/// A file that is being written, beside its place until it is whole: half an export is never taken for one. Dropped before, nothing of it is left.
struct ExportFile<'a> {
    place: &'a Path,
    /// A name of its own: two exports to one place do not write into one file.
    beside: PathBuf,
    file: File,
}

impl<'a> ExportFile<'a> {
    /// Begins one at a place that nothing has yet.
    fn begin(place: &'a Path) -> anyhow::Result<Self> {
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
    fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        written.map_err(|error| told::unwritable(self.place, &error))
    }

    /// Gives it its place, where nothing came there meanwhile.
    fn finish(self) -> anyhow::Result<()> {
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

/// Writes a file of what comes page by page; returns how many lines it has. A page tells where the next one begins, if there may be one. Told to end,
/// it leaves no part of the file behind.
pub(crate) async fn write_json_lines<L: Serialize, N>(
    place: &Path,
    mut page: impl AsyncFnMut(Option<N>) -> anyhow::Result<(Vec<L>, Option<N>)>,
) -> anyhow::Result<usize> {
    // Before there is a file: ended on the spot, the process would leave it.
    let mut stop = Stop::listen()?;
    let mut file = ExportFile::begin(place)?;
    let (mut after, mut count) = (None, 0);
    loop {
        let (lines, next) = tokio::select! {
            biased;
            () = stop.came() => return Err(given_up(place)),
            read = page(after) => read?,
        };
        for line in &lines {
            file.line(line)?;
        }
        count += lines.len();
        if next.is_none() {
            break;
        }
        after = next;
    }
    file.finish()?;
    Ok(count)
}

/// An export that was told to end.
fn given_up(place: &Path) -> anyhow::Error {
    let place = place.display();
    told::both(
        &format!(
            "書き出しを中止しました。{place} は作成していません。必要なら、もう一度実行してください。"
        ),
        &format!("the export was given up, and {place} is not there; run it again if it is needed"),
    )
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

    #[tokio::test]
    async fn pages_are_written_until_one_is_the_last_and_nothing_is_where_one_fails() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("looks.jsonl");
        let written = write_json_lines(&out, async |after: Option<u32>| {
            let first = after.unwrap_or_default();
            let next = Some(first + 2).filter(|next| *next < 5);
            Ok((vec![first, first + 1], next))
        });
        assert_eq!(written.await.unwrap(), 6);
        let text = std::fs::read_to_string(&out).unwrap();
        assert_eq!(text, "0\n1\n2\n3\n4\n5\n");
        let other = dir.path().join("audit.jsonl");
        let failed = write_json_lines(&other, async |after: Option<u32>| match after {
            None => Ok((vec![0], Some(1))),
            Some(_) => anyhow::bail!("the center went away"),
        });
        assert!(failed.await.is_err());
        assert_eq!(names(dir.path()), ["looks.jsonl"]);
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
