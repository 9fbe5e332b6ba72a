//! Data that an operator edits (G18, G34): the support directory, the holidays, what is known of PC and monitors. Example data is built
//! in; an edited copy in the data folder wins; a copy that is not good is refused with its line, and the last good one goes on. Writes
//! into no edited file.

pub mod contacts;
pub mod data_file;
mod directory_file;
mod holidays_file;
mod start_stop_file;

use std::path::Path;
use std::sync::Arc;

use domain::support_directory::desk::SupportDirectory;

use data_file::{DataFile, Read};
pub use holidays_file::HolidayList;
pub use start_stop_file::{Monitor, MonitorModel, Pc, StartStop};

/// The three data files of a terminal.
#[derive(Debug)]
pub struct Support {
    directory: DataFile<SupportDirectory>,
    holidays: DataFile<HolidayList>,
    start_stop: DataFile<StartStop>,
}

impl Support {
    /// Those of a data folder.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            directory: DataFile::new(
                data_dir,
                "support_directory.toml",
                include_str!("../data/support_directory.toml"),
                directory_file::parse,
            ),
            holidays: DataFile::new(
                data_dir,
                "holidays.toml",
                include_str!("../data/holidays.toml"),
                holidays_file::parse,
            ),
            start_stop: DataFile::new(
                data_dir,
                "start_stop.toml",
                include_str!("../data/start_stop.toml"),
                start_stop_file::parse,
            ),
        }
    }

    /// The support directory as it is now.
    pub fn directory(&self) -> Read<SupportDirectory> {
        self.directory.read()
    }

    /// The holidays as they are now.
    pub fn holidays(&self) -> Read<HolidayList> {
        self.holidays.read()
    }

    /// What is known of PC and monitors.
    pub fn start_stop(&self) -> Read<StartStop> {
        self.start_stop.read()
    }

    /// What is wrong with edited files now, each with its file and line.
    pub fn troubles(&self) -> Vec<Arc<str>> {
        let troubles = [
            self.directory().trouble,
            self.holidays().trouble,
            self.start_stop().trouble,
        ];
        troubles.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests;
