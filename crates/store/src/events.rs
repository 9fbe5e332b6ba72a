//! What a facility's clients hear of at once (contracts §2): rows written with what they tell of, read from where a client left off.
//! Holds no result, only what it is about.

use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, ReceiveEvents};

use crate::access::institution;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// Days an event is kept \[ours\]: as long as an idempotency key.
const KEPT_DAYS: i64 = 14;

/// Events forgotten in one transaction.
const AT_ONCE: u32 = 4_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Its number within the facility; later ones are greater.
    pub seq: i64,
    /// Its kind.
    pub kind: EventKind,
    /// The reader it is about.
    pub reader: Option<String>,
    /// The check or release it is about.
    pub subject: Option<u128>,
}

/// Writes an event within the running transaction.
pub(crate) fn tell(
    connection: &Connection,
    facility: i64,
    at: Instant,
    (kind, reader, subject): (EventKind, Option<&str>, Option<u128>),
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO event SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5 FROM event WHERE facility = ?1",
        )?
        .execute(params![
            facility,
            at.as_micros(),
            kind.as_str(),
            reader,
            subject.map(u128::to_be_bytes)
        ])?;
    Ok(())
}

impl Engine {
    /// The facility's events after a number, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn happenings(
        &self,
        permit: &Permit<ReceiveEvents>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Happening>, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        self.read(|connection| {
            let text = "SELECT seq, kind, reader, subject FROM event
                WHERE facility = ?1 AND ?2 < seq ORDER BY seq LIMIT ?3";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![facility, after, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let kind: String = row.get(1)?;
                let subject: Option<[u8; 16]> = row.get(3)?;
                found.push(Happening {
                    seq: row.get(0)?,
                    kind: EventKind::parse(&kind).ok_or(StoreError::Row("event"))?,
                    reader: row.get(2)?,
                    subject: subject.map(u128::from_be_bytes),
                });
            }
            Ok(found)
        })
    }

    /// The facilities that have events of an instant or later, whichever process wrote them, each with the number of its last one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn told_since(&self, since: Instant) -> Result<Vec<(InstitutionCode, i64)>, StoreError> {
        self.read(|connection| {
            let text = "SELECT facility, max(seq) FROM event WHERE ?1 <= at GROUP BY facility";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([since.as_micros()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((institution(row.get(0)?)?, row.get(1)?));
            }
            Ok(found)
        })
    }

    /// The number of the facility's last event; 0 before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_happening(&self, permit: &Permit<ReceiveEvents>) -> Result<i64, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        self.read(|connection| {
            let text = "SELECT coalesce(max(seq), 0) FROM event WHERE facility = ?1";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([facility], |row| row.get(0))?)
        })
    }

    /// Forgets events older than 14 days, the next few thousand of them, but never a facility's newest, and with them old
    /// challenges and releases. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_happenings(&self, now: Instant) -> Result<bool, StoreError> {
        let before = now.plus_seconds(-KEPT_DAYS * 86_400).as_micros();
        let challenges = now.plus_seconds(-86_400).as_micros();
        self.write(move |connection, _| {
            let text = "DELETE FROM event WHERE (facility, seq) IN (
                  SELECT e.facility, e.seq FROM event e WHERE e.at < ?1
                    AND e.seq < (SELECT max(n.seq) FROM event n WHERE n.facility = e.facility)
                  ORDER BY e.at LIMIT ?2)";
            let count = connection
                .prepare_cached(text)?
                .execute(params![before, AT_ONCE])?;
            // Their identifiers begin with the time.
            for (table, before) in [("card_challenge", challenges), ("reader_release", before)] {
                let text = format!("DELETE FROM {table} WHERE id < ?1 AND issued < ?2");
                let millis = u128::try_from(before / 1_000).unwrap_or_default();
                connection
                    .prepare_cached(&text)?
                    .execute(params![(millis << 80).to_be_bytes(), before])?;
            }
            Ok(count == AT_ONCE as usize)
        })
        .await
    }
}
