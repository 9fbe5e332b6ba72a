//! What of the check log was let go, as the chain says: whose record may be missing, and how many. Excuses nothing else.

use std::collections::BTreeMap;

use domain::audit::Deed;

use crate::audit::EventRow;
use crate::audit::verify::Fault;
use crate::checks::retention::{LogMonth, let_go};
use crate::engine::StoreError;
use crate::sql::Connection;

/// Of a month: how many checks went with it, and how many have an event.
#[derive(Default)]
struct Counts {
    told: u64,
    events: u64,
}

/// The months that were let go.
#[derive(Default)]
pub(super) struct LettingGo {
    months: BTreeMap<LogMonth, Counts>,
}

impl LettingGo {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut read = Self::default();
        for it in let_go(connection)? {
            read.months.entry(it.month).or_default().told += it.checks;
        }
        Ok(read)
    }

    /// Counts the event of a check.
    pub(super) fn count(&mut self, event: &EventRow) {
        if let Some(counts) = month(event).and_then(|it| self.months.get_mut(&it)) {
            counts.events += 1;
        }
    }

    /// Whether the record of an event was let go: of a check, or of the consents to one.
    pub(super) fn covers(&self, event: &EventRow) -> bool {
        let deed = Deed::parse(&event.deed);
        let is_of_check = matches!(deed, Some(Deed::Check | Deed::Consent));
        is_of_check && month(event).is_some_and(|it| self.months.contains_key(&it))
    }

    /// Whether the check of an identifier is of these months.
    pub(super) fn holds(&self, id: [u8; 16]) -> bool {
        self.months.contains_key(&LogMonth::of_id(id))
    }

    /// The months with another number of checks than their event says.
    pub(super) fn faults(&self) -> impl Iterator<Item = Fault> {
        let differ = self.months.iter().filter(|(_, it)| it.told != it.events);
        differ.map(|(month, it)| Fault::LetGo {
            month: *month,
            told: it.told,
            count: it.events,
        })
    }
}

/// The month of the check that an event is about.
fn month(event: &EventRow) -> Option<LogMonth> {
    let id = event.subject.as_deref()?.try_into().ok()?;
    Some(LogMonth::of_id(id))
}
