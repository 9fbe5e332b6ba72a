//! Synthetic people as files of feeds: their medical histories, one for each kind, and what their insurers and the resident register say of
//! them, one for each kind and insurer. Loads nothing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::feed::FeedKind;
use domain::feed::insurer::InsurerKind;
use domain::insurer_number::InsurerNumber;
use exchange::encoding::Encoding;
use exchange::feed_file::writing;
use exchange::insurer_file;
use synthetic::population::Population;

use crate::progress::Progress;
use crate::told;

/// A file being written.
struct Open {
    path: PathBuf,
    file: BufWriter<std::fs::File>,
    lines: u64,
}

/// The files of insurers, by kind and number; the register's has none.
type Insurers = BTreeMap<(InsurerKind, Option<InsurerNumber>), Open>;

/// Writes the histories of so many people of a seed; answers the lines of each kind.
pub(super) fn write(
    dir: &Path,
    (seed, people): (u64, u64),
    today: CivilDate,
) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
    let mut all = Vec::new();
    for kind in FeedKind::ALL {
        let header = writing::header(*kind, Encoding::Utf8)?;
        let name = format!("{}.csv", kind.as_str());
        all.push((*kind, Open::make(dir.join(name), &header)?));
    }
    let mut insurers = Insurers::new();
    let population = Population::as_of(seed, today);
    let mut progress = Progress::new("histories", people);
    for index in 0..people {
        let person = population.person(index).context("no such person")?;
        write_insured(dir, &mut insurers, &person)?;
        let born = person.person.birth_date;
        if let Some(history) = synthetic::history::of(seed, index, born, today) {
            let insured = synthetic::feeds::insured(&person).context("nobody's insurance")?;
            for (kind, lines) in synthetic::feeds::lines(&format!("S{seed}-{index}"), &history) {
                let open = all.iter_mut().find(|(of, _)| *of == kind);
                let (_, open) = open.context("every kind has a file")?;
                for line in &lines {
                    let bytes = writing::line(kind, &insured, line, Encoding::Utf8)?;
                    open.append(&bytes)?;
                    open.lines += 1;
                }
            }
        }
        progress.reached(index + 1);
    }
    let mut counts = BTreeMap::new();
    for (kind, mut open) in all {
        open.flush()?;
        counts.insert(kind.as_str(), open.lines);
    }
    for ((kind, _), mut open) in insurers {
        open.flush()?;
        *counts.entry(kind.as_str()).or_default() += open.lines;
    }
    Ok(counts)
}

/// Writes what a person's insurers, and the register, say of them.
fn write_insured(
    dir: &Path,
    insurers: &mut Insurers,
    registration: &Registration,
) -> anyhow::Result<()> {
    let mut told = BTreeSet::new();
    for coverage in &registration.coverages {
        for kind in InsurerKind::ALL {
            let insurer = kind.is_of_insurer().then_some(coverage.insurer);
            let is_of_person = match kind {
                InsurerKind::Persons | InsurerKind::Residents => true,
                InsurerKind::Coverages
                | InsurerKind::Certificates
                | InsurerKind::Losses
                | InsurerKind::Corrections => false,
            };
            if is_of_person && !told.insert((*kind, insurer)) {
                continue;
            }
            let lines =
                insurer_file::writing::lines(*kind, registration, coverage, Encoding::Utf8)?;
            if lines.is_empty() {
                continue;
            }
            let open = match insurers.entry((*kind, insurer)) {
                Entry::Occupied(open) => open.into_mut(),
                Entry::Vacant(none) => {
                    let number = insurer.map_or(String::new(), |it| format!("-{it}"));
                    let name = format!("{}{number}.csv", kind.as_str());
                    let header = insurer_file::writing::header(*kind, Encoding::Utf8)?;
                    none.insert(Open::make(dir.join(name), &header)?)
                }
            };
            open.append(&lines)?;
            open.lines += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
    }
    Ok(())
}

impl Open {
    fn make(path: PathBuf, header: &[u8]) -> anyhow::Result<Self> {
        let made = std::fs::File::create_new(&path);
        let made = made.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => told::exists(&path),
            _ => told::unwritable(&path, &error),
        })?;
        let mut open = Self {
            path,
            file: BufWriter::new(made),
            lines: 0,
        };
        open.append(header)?;
        Ok(open)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let flushed = self.file.flush();
        flushed.map_err(|error| told::unwritable(&self.path, &error))
    }

    fn append(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| told::unwritable(&self.path, &error))
    }
}
