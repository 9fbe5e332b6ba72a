//! Tries left of each secret, kept in a file so that a card taken out and put back remembers. Knows no secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::application::Secret;

/// The state file is not one.
#[derive(Debug, thiserror::Error)]
#[error("the card's state {path} cannot be read: {reason}")]
pub struct UnreadableState {
    path: PathBuf,
    reason: String,
}

/// What a card remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    /// The latest day it was shown, eight digits.
    day: String,
    tries: BTreeMap<Secret, u8>,
}

/// Counters and date of a card.
#[derive(Debug)]
pub(crate) struct Counters {
    file: Option<PathBuf>,
    now: Remembered,
    /// As the card left the office.
    fresh: Remembered,
}

/// The change could not be kept, so it did not happen.
#[derive(Debug)]
pub(crate) struct NotKept;

impl Counters {
    pub(crate) fn new(tries: BTreeMap<Secret, u8>, day: String) -> Self {
        let fresh = Remembered { day, tries };
        Self {
            file: None,
            now: fresh.clone(),
            fresh,
        }
    }

    /// Keeps the state in a file from now on, and takes up what is there.
    pub(crate) fn keep_in(&mut self, path: &Path) -> Result<(), UnreadableState> {
        let unreadable = |reason: String| UnreadableState {
            path: path.to_owned(),
            reason,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                self.now = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
            Err(error) => return Err(unreadable(error.to_string())),
        }
        self.file = Some(path.to_owned());
        Ok(())
    }

    pub(crate) fn left(&self, secret: Secret) -> u8 {
        self.now.tries.get(&secret).copied().unwrap_or(0)
    }

    pub(crate) fn set(&mut self, secret: Secret, left: u8) -> Result<(), NotKept> {
        let mut next = self.now.clone();
        next.tries.insert(secret, left);
        self.change_to(next)
    }

    pub(crate) fn day(&self) -> &str {
        &self.now.day
    }

    pub(crate) fn saw_day(&mut self, day: String) -> Result<(), NotKept> {
        if day <= self.now.day {
            return Ok(());
        }
        let mut next = self.now.clone();
        next.day = day;
        self.change_to(next)
    }

    /// As at the office.
    pub(crate) fn renew(&mut self) -> Result<(), NotKept> {
        self.change_to(self.fresh.clone())
    }

    /// Writes first: pulling the plug gives no try back.
    fn change_to(&mut self, next: Remembered) -> Result<(), NotKept> {
        if next == self.now {
            return Ok(());
        }
        if let Some(path) = &self.file {
            write(path, &next).map_err(|_| NotKept)?;
        }
        self.now = next;
        Ok(())
    }
}

fn write(path: &Path, state: &Remembered) -> std::io::Result<()> {
    let text = toml::to_string(state).map_err(std::io::Error::other)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    std::fs::rename(&beside, path)
}
