//! What is on its way from a device: one sealed file for each, written before it is sent and removed when it was answered. A file that was cut
//! off was not sent.

use std::path::PathBuf;

use api::card::AnswerOfPatient;
use api::home_care::device::{HomeCardCheck, HomeCardCheckRequest};
use pki::sealed::MachineKey;
use serde::{Deserialize, Serialize};

use crate::told;

/// Something to be sent until it is answered.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The idempotency key: whatever is sent again is done once.
    pub(crate) key: String,
    /// What.
    pub(crate) work: Work,
}

impl Entry {
    pub(crate) fn new(work: Work) -> Self {
        Self {
            key: uuid::Uuid::now_v7().to_string(),
            work,
        }
    }
}

/// What is to be done at the center.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Work {
    /// A card was read.
    Card {
        /// What it signed.
        request: Box<HomeCardCheckRequest>,
        /// What the patient answers; `None` where a page asks them.
        wish: Option<Wish>,
        /// What the center said; then only the answers are left.
        checked: Option<Box<HomeCardCheck>>,
    },
    /// Somebody is checked without the card.
    CheckAgain {
        /// The consent.
        consent: String,
    },
    /// What is agreed with somebody ends.
    Withdraw {
        /// The consent.
        consent: String,
        /// Why.
        reason: String,
    },
}

impl Work {
    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Card { checked: None, .. } => "card",
            Self::Card { .. } => "answers",
            Self::CheckAgain { .. } => "check",
            Self::Withdraw { .. } => "withdrawal",
        }
    }
}

/// What a patient answers.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// Whether they agree to home care; without it nothing is answered.
    pub(crate) home_care: Option<String>,
    /// The rest.
    pub(crate) answers: Vec<AnswerOfPatient>,
}

/// The queue of a device.
pub(crate) struct Queue<'a> {
    dir: PathBuf,
    machine: &'a MachineKey,
}

impl<'a> Queue<'a> {
    pub(crate) fn of(dir: PathBuf, machine: &'a MachineKey) -> Self {
        Self { dir, machine }
    }

    /// Keeps an entry, or what became of it so far; on the disk when this returns.
    pub(crate) fn add(&self, entry: &Entry) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.dir).map_err(|error| told::unwritable(&self.dir, &error))?;
        let file = self.file(&entry.key);
        Ok(self.machine.seal(&file, &serde_json::to_vec(entry)?)?)
    }

    /// All entries, the oldest first.
    pub(crate) fn entries(&self) -> anyhow::Result<Vec<(String, Entry)>> {
        let Ok(files) = std::fs::read_dir(&self.dir) else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for file in files {
            let name = file?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(".sealed").map(str::to_owned));
        }
        // Keys are made one after another: their order is that of their making.
        names.sort_unstable();
        let mut found = Vec::new();
        for name in names {
            let bytes = self.machine.unseal(&self.file(&name))?;
            found.push((name, serde_json::from_slice(&bytes)?));
        }
        Ok(found)
    }

    /// Forgets an entry that came to its end.
    pub(crate) fn remove(&self, key: &str) -> anyhow::Result<()> {
        let file = self.file(key);
        std::fs::remove_file(&file).map_err(|error| told::unwritable(&file, &error))
    }

    fn file(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.sealed"))
    }
}
