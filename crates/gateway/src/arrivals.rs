//! What lies in a request folder and may be taken: whole requests at once, others when they had their time. Takes nothing itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use domain::civil_date::Instant;
use exchange::encoding::without_nul_tail;

use crate::files::Files;
use crate::folders::Folders;
use crate::names::{Name, is_passing};
use crate::spelling::{Spelling, Whole};

/// A file that is not whole, or cannot be read, is given this long from its last growth.
const SETTLE_S: i64 = 10;

/// A file that lies in a request folder and is not taken.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// Its size when it was last seen to grow.
    size_bytes: usize,
    /// When that was.
    since: Instant,
    /// Whether the log tells of it.
    told: bool,
}

/// Whether a waiting file had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    NotYet,
}

/// The files that wait in one request folder.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(BTreeMap<String, Waiting>);

/// What one look found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Requests to take now, in the order of their names.
    pub(crate) ready: Vec<Name>,
    /// Whether more lay there than were looked at.
    pub(crate) more: bool,
}

impl Arrivals {
    /// How many files lie in the folder that are not taken.
    pub(crate) fn waiting(&self) -> usize {
        self.0.len()
    }

    /// A file was taken: one of the same name is another.
    pub(crate) fn taken(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Looks at the folder, for so many requests at most.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub(crate) fn look(
        &mut self,
        files: &dyn Files,
        folders: &Folders,
        spelling: &Spelling,
        most: usize,
        now: Instant,
    ) -> io::Result<Found> {
        let names = files.names(&folders.req)?;
        let lying: BTreeSet<&String> = names.iter().collect();
        // What is gone from the folder waits no more.
        self.0.retain(|name, _| lying.contains(name));
        let mut found = Found::default();
        for text in &names {
            if found.ready.len() == most {
                found.more = true;
                break;
            }
            if let Some(name) = self.examine(text, files, folders, spelling, now) {
                found.ready.push(name);
            }
        }
        Ok(found)
    }

    /// The request, if it may be taken now.
    fn examine(
        &mut self,
        text: &str,
        files: &dyn Files,
        folders: &Folders,
        spelling: &Spelling,
        now: Instant,
    ) -> Option<Name> {
        let mut wait = |size_bytes, what| self.wait(text, size_bytes, &folders.name, what, now);
        let Some(name) = Name::parse(text) else {
            if text.contains(char::REPLACEMENT_CHARACTER) {
                wait(0, "has a name that is no UTF-8 and is left alone");
            } else if !is_passing(text) {
                wait(0, "is no request this version answers and is left alone");
            }
            return None;
        };
        let bytes = match files.read(&folders.req.join(text), spelling.most_bytes(&name)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => {
                let what = "cannot be read and waits; look at its rights and who holds it";
                wait(0, what);
                return None;
            }
        };
        match spelling.whole(&name, &bytes) {
            Whole::Yes => Some(name),
            Whole::NotYet => {
                let written = without_nul_tail(&bytes).len();
                match wait(written, "is not whole and is rejected now") {
                    Settled::Yes => Some(name),
                    Settled::NotYet => None,
                }
            }
        }
    }

    /// Lets a file wait from its last growth on, and tells of it once when it has waited long enough.
    fn wait(
        &mut self,
        name: &str,
        size_bytes: usize,
        folder: &str,
        what: &str,
        now: Instant,
    ) -> Settled {
        let waiting = self.0.entry(name.to_owned()).or_insert(Waiting {
            size_bytes,
            since: now,
            told: false,
        });
        // A clock that was set back begins anew, or the file would wait for the time it was set back by.
        if waiting.size_bytes != size_bytes || now < waiting.since {
            (waiting.size_bytes, waiting.since) = (size_bytes, now);
        }
        if waiting.since.seconds_until(now) < SETTLE_S {
            return Settled::NotYet;
        }
        if !waiting.told {
            waiting.told = true;
            // Not its name: receipt computers put patients' numbers into it.
            tracing::warn!(folder, "a file in req {what}");
        }
        Settled::Yes
    }
}
