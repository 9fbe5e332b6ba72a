//! The report of a feed's refused lines: a CSV file below the data folder that the center's user alone reads, since it holds the lines
//! themselves. Nothing is made while no line is refused.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use exchange::feed_file::refusal::Wrong;
use exchange::feed_file::writing;

use crate::system;

/// The file of a batch's report.
pub(crate) fn file(data_dir: &Path, batch: u128) -> PathBuf {
    let id = uuid::Uuid::from_u128(batch);
    data_dir.join("feeds").join(format!("{id}.refused.csv"))
}

/// A report that is being written.
pub(super) struct Report {
    path: PathBuf,
    open: Option<BufWriter<std::fs::File>>,
}

impl Report {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Tells of a refused line.
    pub(super) fn append(
        &mut self,
        number: u64,
        text: &str,
        wrong: &[Wrong],
    ) -> Result<(), String> {
        let lines = writing::refused(number, wrong, text).map_err(|error| error.to_string())?;
        if self.open.is_none() {
            let header = writing::refused_header().map_err(|error| error.to_string())?;
            let made = make(&self.path).map_err(|error| not_written(&self.path, &error))?;
            let opened = self.open.insert(BufWriter::new(made));
            opened
                .write_all(&header)
                .map_err(|error| not_written(&self.path, &error))?;
        }
        match &mut self.open {
            Some(open) => open
                .write_all(&lines)
                .map_err(|error| not_written(&self.path, &error)),
            None => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), String> {
        match &mut self.open {
            Some(open) => open
                .flush()
                .map_err(|error| not_written(&self.path, &error)),
            None => Ok(()),
        }
    }

    /// Where it lies, if a line was refused.
    pub(super) fn written(&self) -> Option<String> {
        self.open.as_ref().map(|_| self.path.display().to_string())
    }
}

fn make(path: &Path) -> std::io::Result<std::fs::File> {
    if let Some(folder) = path.parent() {
        system::make_private_folder(folder)?;
    }
    // A batch that goes on has its report written anew: its lines come again.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    system::new_private().open(path)
}

fn not_written(path: &Path, error: &std::io::Error) -> String {
    let path = path.display();
    format!(
        "{path}: 拒否した行の一覧を書けません。空き容量と権限を確かめてください。 / cannot write the list of refused lines: {error}; look at space and rights"
    )
}
