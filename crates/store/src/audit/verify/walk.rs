//! Walks over the events of all chains, each chain from its first to its last: whether an event is the one that was written and follows the one
//! before it, and whether its record is the one it vouches for.

use std::collections::BTreeMap;

use domain::audit::Deed;

use crate::audit::EventRow;
use crate::audit::verify::letting_go::LettingGo;
use crate::audit::verify::unvouched::Vouched;
use crate::audit::verify::{Fault, PAGE, Report, hex};
use crate::engine::StoreError;
use crate::sql::{Connection, Row, params};
use crate::{cards, checks, looks, withdrawals};

/// So many events lie between two words to whoever watches.
const WATCHED: u64 = 10_000;

/// What is carried from event to event.
pub(super) struct Walk<'a> {
    connection: &'a Connection,
    report: &'a mut Report,
    /// Number and hash of each chain's last event so far.
    last: BTreeMap<[u8; 16], (i64, [u8; 32])>,
    letting_go: LettingGo,
    vouched: Vouched,
}

/// An event with its hash as written beside it.
struct Stored {
    event: EventRow,
    hash: [u8; 32],
    /// Where its record lies; not within the event's hash: a row that does not say is one whose record is gone.
    place: Option<i64>,
    /// Of whom the record is, where that is not the event's facility.
    holder: Option<i64>,
}

impl Stored {
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            event: EventRow {
                chain: row.get(0)?,
                seq: row.get(1)?,
                prev: row.get(2)?,
                at: row.get(4)?,
                actor: row.get(5)?,
                facility: row.get(6)?,
                certificate: row.get(7)?,
                deed: row.get(8)?,
                subject: row.get(9)?,
                detail: row.get(10)?,
                content: row.get(11)?,
            },
            hash: row.get(3)?,
            place: row.get(12)?,
            holder: row.get(13)?,
        })
    }

    /// The hash of its record as it lies in the store now; `None` where there is none.
    fn record_hash(
        &self,
        connection: &Connection,
        deed: Option<Deed>,
    ) -> Result<Option<[u8; 32]>, StoreError> {
        let Some(place) = self.place else {
            return Ok(None);
        };
        let holder = self.holder.or(self.event.facility).unwrap_or_default();
        match deed {
            Some(Deed::Check) => checks::content_hash(connection, &self.event, place),
            Some(Deed::MedicalRead) => looks::content_hash(connection, (holder, place)),
            Some(Deed::ConsentWithdraw) => withdrawals::content_hash(connection, (holder, place)),
            Some(_) | None => cards::questions::content_hash(connection, (holder, place)),
        }
    }
}

impl<'a> Walk<'a> {
    /// Before the first event.
    pub(super) fn begin(
        connection: &'a Connection,
        report: &'a mut Report,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            report,
            last: BTreeMap::new(),
            letting_go: LettingGo::read(connection)?,
            vouched: Vouched::default(),
        })
    }

    /// Walks over all events, and then looks for what none of them vouches for.
    pub(super) fn finish(mut self, mut watch: impl FnMut(u64)) -> Result<(), StoreError> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(
            "SELECT chain, seq, prev, hash, at, actor, facility, certificate, deed, subject, detail, content, record, record_of
             FROM audit_event WHERE (chain, seq) > (?1, ?2) ORDER BY chain, seq LIMIT ?3",
        )?;
        let mut after: (Vec<u8>, i64) = (Vec::new(), i64::MIN);
        loop {
            let before_page = self.report.events;
            let mut rows = statement.query(params![after.0, after.1, PAGE])?;
            while let Some(row) = rows.next()? {
                let stored = Stored::read(&row)?;
                self.report.events += 1;
                if self.report.events.is_multiple_of(WATCHED) {
                    watch(self.report.events);
                }
                self.follow(&stored);
                self.compare(&stored)?;
                after = (stored.event.chain.to_vec(), stored.event.seq);
            }
            if self.report.events - before_page < u64::from(PAGE) {
                break;
            }
        }
        self.report.faults.extend(self.letting_go.faults());
        let unvouched = self.vouched.faults(connection, &self.letting_go)?;
        self.report.faults.extend(unvouched);
        self.report.chains = self.last.len() as u64;
        Ok(())
    }

    /// Whether an event is the one that was written, and follows the one before it in its chain.
    fn follow(&mut self, stored: &Stored) {
        let (event, hash) = (&stored.event, stored.hash);
        let (chain, seq) = (hex(&event.chain), event.seq);
        self.vouched.see(event);
        let last = self.last.get(&event.chain).copied();
        let (before, prev) = last.unwrap_or((0, [0; 32]));
        if event.hash() != hash {
            self.report.faults.push(Fault::Changed { chain, seq });
        } else if before + 1 != seq {
            self.report.faults.push(Fault::Missing { chain, seq });
        } else if prev != event.prev {
            self.report.faults.push(Fault::Inserted { chain, seq });
        }
        self.last.insert(event.chain, (seq, hash));
    }

    /// Whether the record of an event is there, and is the one that the event vouches for.
    fn compare(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let event = &stored.event;
        let Some(content) = &event.content else {
            return Ok(());
        };
        let deed = Deed::parse(&event.deed);
        if deed == Some(Deed::Check) {
            self.letting_go.count(event);
        }
        let now = stored.record_hash(self.connection, deed)?;
        if now.is_none() && self.letting_go.covers(event) {
            self.report.let_go += 1;
            return Ok(());
        }
        self.vouched.count(event);
        if now.is_some_and(|now| now.as_slice() == content.as_slice()) {
            *compared(self.report, deed) += 1;
        } else {
            self.report.faults.push(Fault::Record {
                chain: hex(&event.chain),
                seq: event.seq,
            });
        }
        Ok(())
    }
}

/// Where a report counts the records that events of a deed vouch for.
fn compared(report: &mut Report, deed: Option<Deed>) -> &mut u64 {
    match deed {
        Some(Deed::Check) => &mut report.checks,
        Some(Deed::MedicalRead) => &mut report.looks,
        Some(Deed::ConsentWithdraw) => &mut report.withdrawals,
        Some(_) | None => &mut report.consents,
    }
}
