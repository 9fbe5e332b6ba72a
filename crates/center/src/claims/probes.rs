//! Files that are read while they arrive, so that what is no claim file is refused early. Only a convenience: what a restart forgets, or
//! another process never saw, is found by the checks of the whole file.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::claims::Severity;
use exchange::claim_file::finding::Finding;
use exchange::claim_file::{ClaimFile, Event, Limits};

/// Files read at a time; more are checked at their end alone.
const MOST: usize = 64;

/// The files, by their upload.
#[derive(Default)]
pub(super) struct Probes(Mutex<HashMap<u128, Probe>>);

/// A file that was read so far.
pub(super) struct Probe {
    offset: u64,
    file: ClaimFile,
}

impl Probes {
    /// Takes out the reading of an upload that goes on at a byte; a new one at its beginning.
    pub(super) fn take(&self, upload: u128, from: u64, limits: Limits) -> Option<Probe> {
        let mut probes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = probes.remove(&upload);
        if from == 0 {
            return Some(Probe {
                offset: 0,
                file: ClaimFile::new(limits),
            });
        }
        known.filter(|it| it.offset == from)
    }

    /// Puts a reading back for the next bytes.
    pub(super) fn keep(&self, upload: u128, probe: Probe) {
        let mut probes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if probes.len() < MOST {
            probes.insert(upload, probe);
        }
    }

    /// Forgets a reading.
    pub(super) fn forget(&self, upload: u128) {
        let mut probes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        probes.remove(&upload);
    }
}

impl Probe {
    /// Reads on. Where the file cannot be taken: the findings that say why.
    pub(super) fn read(mut self, bytes: &[u8]) -> Result<Self, Vec<Finding>> {
        let mut refusals = Vec::new();
        let mut tell = |event: Event<'_>| {
            if let Event::Finding(finding) = event
                && finding.severity == Severity::File
            {
                refusals.push(*finding);
            }
        };
        let stopped = self.file.take(bytes, &mut tell).is_err();
        self.offset += bytes.len() as u64;
        if stopped { Err(refusals) } else { Ok(self) }
    }
}
