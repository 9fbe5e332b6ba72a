//! The medical histories of synthetic people as files of feeds, one for each kind. Loads nothing.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use exchange::encoding::Encoding;
use exchange::feed_file::writing;
use synthetic::population::Population;

use crate::progress::Progress;
use crate::told;

/// A file being written.
struct Open {
    kind: FeedKind,
    path: PathBuf,
    file: BufWriter<std::fs::File>,
    lines: u64,
}

/// Writes the histories of so many people of a seed; answers the lines of each kind.
pub(super) fn write(
    dir: &Path,
    (seed, people): (u64, u64),
    today: CivilDate,
) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
    let mut all = Vec::new();
    for kind in FeedKind::ALL {
        all.push(Open::make(dir, *kind)?);
    }
    let population = Population::new(seed);
    let mut progress = Progress::new("histories", people);
    for index in 0..people {
        let person = population.person(index).context("no such person")?;
        let born = person.person.birth_date;
        if let Some(history) = synthetic::history::of(seed, index, born, today) {
            let insured = synthetic::feeds::insured(&person).context("nobody's insurance")?;
            for (kind, lines) in synthetic::feeds::lines(&format!("S{seed}-{index}"), &history) {
                let open = all.iter_mut().find(|open| open.kind == kind);
                let open = open.context("every kind has a file")?;
                for line in &lines {
                    let bytes = writing::line(kind, &insured, line, Encoding::Utf8)?;
                    open.append(&bytes)?;
                    open.lines += 1;
                }
            }
        }
        progress.reached(index + 1);
    }
    for open in &mut all {
        let flushed = open.file.flush();
        flushed.map_err(|error| told::unwritable(&open.path, &error))?;
    }
    Ok(all
        .iter()
        .map(|open| (open.kind.as_str(), open.lines))
        .collect())
}

impl Open {
    fn make(dir: &Path, kind: FeedKind) -> anyhow::Result<Self> {
        let path = dir.join(format!("{}.csv", kind.as_str()));
        let made = std::fs::File::create_new(&path);
        let made = made.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => told::exists(&path),
            _ => told::unwritable(&path, &error),
        })?;
        let mut open = Self {
            kind,
            path,
            file: BufWriter::new(made),
            lines: 0,
        };
        open.append(&writing::header(kind, Encoding::Utf8)?)?;
        Ok(open)
    }

    fn append(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| told::unwritable(&self.path, &error))
    }
}
