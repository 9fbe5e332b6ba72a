//! Where the store of a center lies that a command opens by itself: in a data folder, or where its settings say. Changes nothing in it.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use center::config::Config;
use center::serve::StartError;
use clap::Args;
use store::engine::Engine;

use crate::{serve, told};

/// `--data-dir` or `--config`.
#[derive(Args)]
pub(crate) struct Named {
    /// Data folder of the center.
    #[arg(long, required_unless_present = "config")]
    data_dir: Option<PathBuf>,
    /// Settings file of the center, in place of the folder: with it the store may lie at a database server.
    #[arg(long, conflicts_with = "data_dir")]
    config: Option<PathBuf>,
}

impl Named {
    pub(crate) fn read(&self) -> anyhow::Result<StorePlace> {
        let place = StorePlace::read(self.data_dir.as_deref(), self.config.as_deref())?;
        place.ok_or_else(|| {
            told::both(
                "--data-dir か --config を指定してください。",
                "name --data-dir or --config",
            )
        })
    }
}

/// Where a store lies.
pub(crate) enum StorePlace {
    /// In this folder.
    Folder(PathBuf),
    /// Where these settings say.
    Settings(Box<Config>),
}

impl StorePlace {
    /// Of what a command line names.
    pub(crate) fn read(
        data_dir: Option<&Path>,
        config: Option<&Path>,
    ) -> anyhow::Result<Option<Self>> {
        if let Some(file) = config {
            return Ok(Some(Self::Settings(Box::new(serve::read(file)?))));
        }
        Ok(data_dir.map(|dir| Self::Folder(dir.into())))
    }

    /// The folder of the center's keys.
    pub(crate) fn data_dir(&self) -> &Path {
        match self {
            Self::Folder(dir) => dir,
            Self::Settings(config) => &config.data_dir,
        }
    }

    /// Opens the store, making in a folder what is missing.
    pub(crate) fn open(&self, chain: [u8; 16]) -> anyhow::Result<Engine> {
        match self {
            Self::Folder(dir) => Engine::open_center(&dir.join("center.db"), chain)
                .map_err(|error| told::not_opened(&error)),
            Self::Settings(config) => config
                .open_store(chain)
                .map_err(|error| serve::not_started(&StartError::Store(error))),
        }
    }

    /// Opens a store that must be there: opening would make what is missing in a folder.
    pub(crate) fn open_existing(&self, chain: [u8; 16]) -> anyhow::Result<Engine> {
        self.must_exist()?;
        self.open(chain)
    }

    /// Opens a store of this version, to look at it: makes nothing, and brings none of an older version to this one.
    pub(crate) fn open_as_it_is(&self, chain: [u8; 16]) -> anyhow::Result<Engine> {
        self.must_exist()?;
        match self {
            Self::Folder(dir) => Engine::open_center_as_it_is(&dir.join("center.db"), chain)
                .map_err(|error| told::not_opened(&error)),
            Self::Settings(config) => config
                .open_store_as_it_is(chain)
                .map_err(|error| serve::not_started(&StartError::Store(error))),
        }
    }

    /// Refuses a folder without a store.
    pub(crate) fn must_exist(&self) -> anyhow::Result<()> {
        let is_server = matches!(self, Self::Settings(config) if config.database.is_some());
        if is_server {
            return Ok(());
        }
        must_be_there(&self.data_dir().join("center.db"))
    }
}

/// Refuses where no database lies. One in a folder that this user may not enter is told of as that.
pub(crate) fn must_be_there(database: &Path) -> anyhow::Result<()> {
    looked_at(database, std::fs::metadata(database))
}

fn looked_at(database: &Path, found: std::io::Result<Metadata>) -> anyhow::Result<()> {
    match found {
        Ok(found) if found.is_file() => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(told::not_permitted(database))
        }
        Ok(_) | Err(_) => Err(told::no_store(database)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_may_not_be_entered_is_not_told_of_as_empty() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("center.db");
        let closed = looked_at(&database, Err(ErrorKind::PermissionDenied.into()));
        let closed = closed.unwrap_err().to_string();
        assert!(closed.contains("権限がありません"), "{closed}");
        assert!(closed.contains("run it as the center's user"), "{closed}");
        let missing = must_be_there(&database).unwrap_err().to_string();
        assert!(missing.contains("does not exist"), "{missing}");
        std::fs::write(&database, "").unwrap();
        must_be_there(&database).unwrap();
    }
}
