//! What each facility has in progress, counted beside its connections so that no request looks anything up. Forgets a facility with its last
//! connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::institution_code::InstitutionCode;

use crate::admission::hashes::InLine;

/// A facility that is connected.
#[derive(Debug, Default)]
pub struct Facility {
    in_progress: AtomicUsize,
    waiting: AtomicUsize,
    hashes: InLine,
    /// Facilities that have anything in progress.
    busy: Arc<AtomicUsize>,
}

impl Facility {
    /// Its requests in progress.
    #[cfg(test)]
    pub(crate) fn in_progress(&self) -> usize {
        self.in_progress.load(Ordering::Relaxed)
    }

    /// Facilities that have anything in progress.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Begins another request, unless it has as many as it may.
    pub(super) fn begin(&self, most: usize) -> bool {
        let more = |taken: usize| (taken < most).then_some(taken + 1);
        let begun = self
            .in_progress
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        if begun == Ok(0) {
            self.busy.fetch_add(1, Ordering::Relaxed);
        }
        begun.is_ok()
    }

    /// Ends one.
    pub(super) fn end(&self) {
        if self.in_progress.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Its requests that wait; counted under the gate's lock.
    pub(super) fn waiting(&self) -> &AtomicUsize {
        &self.waiting
    }

    /// Its slow hashes that are made, or stand in the line of all.
    pub(super) fn hashes(&self) -> &InLine {
        &self.hashes
    }
}

/// All facilities that are connected.
#[derive(Debug, Default)]
pub struct Facilities {
    known: Mutex<HashMap<InstitutionCode, Weak<Facility>>>,
    busy: Arc<AtomicUsize>,
}

/// Facilities remembered before those that are gone are forgotten.
const TIDY_AT: usize = 1_024;

impl Facilities {
    /// The counts of a facility, for another of its connections.
    pub fn of(&self, code: InstitutionCode) -> Arc<Facility> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facility) = known.get(&code).and_then(Weak::upgrade) {
            return facility;
        }
        if TIDY_AT <= known.len() && known.len() == known.capacity() {
            known.retain(|_, it| 0 < it.strong_count());
        }
        let facility = Arc::new(Facility {
            busy: Arc::clone(&self.busy),
            ..Facility::default()
        });
        known.insert(code, Arc::downgrade(&facility));
        facility
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: u64) -> InstitutionCode {
        InstitutionCode::parse(&format!("13{number:08}")).unwrap()
    }

    #[test]
    fn connections_of_a_facility_share_its_counts_and_the_last_takes_them_along() {
        let all = Facilities::default();
        let (one, again, other) = (all.of(code(1)), all.of(code(1)), all.of(code(2)));
        assert!(one.begin(2) && again.begin(2) && !one.begin(2));
        assert!(other.begin(2));
        assert_eq!((one.in_progress(), other.busy()), (2, 2));
        one.end();
        again.end();
        assert_eq!(other.busy(), 1);
        drop((one, again));
        assert_eq!(all.of(code(1)).in_progress(), 0);
    }

    #[test]
    fn facilities_that_came_and_went_take_no_memory() {
        let all = Facilities::default();
        for number in 0..100_000 {
            drop(all.of(code(number)));
        }
        assert!(all.known.lock().unwrap().capacity() < 8 * TIDY_AT);
    }
}
