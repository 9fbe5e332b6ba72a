//! Checks that are on the disk but not in their indexes yet. Decides nothing; what it holds can be read again from the table.
//!
//! A check enters two indexes: by facility and identifier, and by idempotency key. Entering each one at once would touch two
//! pages a check. So the newest few thousand are found here, and go into the indexes together, sorted. A restart reads them
//! from the table again: they are the rows behind `walk.indexed`.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::engine::StoreError;
use crate::sql::{Connection, params};

/// So many checks wait before they are indexed together.
const INDEX_AT: usize = 4_096;

/// Where one check lies, and how it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: i64,
    pub(crate) facility: i64,
    pub(crate) id: [u8; 16],
    pub(crate) at: i64,
    pub(crate) account: String,
    pub(crate) key: Option<String>,
}

/// The checks that wait.
///
/// A reader asks here first and reads the indexes after: what is missing here by then was indexed before.
#[derive(Debug, Default)]
pub(crate) struct Recent(RwLock<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    by_facility: HashMap<i64, Vec<Entry>>,
    /// Places by facility, account and key.
    by_key: HashMap<String, i64>,
    count: usize,
    /// Up to where the running transaction has indexed them.
    indexed: Option<i64>,
}

fn place(facility: i64, account: &str, key: &str) -> String {
    format!("{facility} {account} {key}")
}

impl Recent {
    /// Reads what waited when the store was closed.
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let recent = Self::default();
        let mut statement = connection.prepare_cached(
            "SELECT seq, facility, id, at, account, key FROM check_record
             WHERE (SELECT seq FROM walk WHERE name = 'indexed') < seq ORDER BY seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            recent.add(Entry {
                seq: row.get(0)?,
                facility: row.get(1)?,
                id: row.get(2)?,
                at: row.get(3)?,
                account: row.get(4)?,
                key: row.get(5)?,
            });
        }
        Ok(recent)
    }

    pub(crate) fn add(&self, entry: Entry) {
        let mut waiting = self.0.write().unwrap_or_else(PoisonError::into_inner);
        waiting.count += 1;
        if let Some(key) = &entry.key {
            let place = place(entry.facility, &entry.account, key);
            waiting.by_key.insert(place, entry.seq);
        }
        let own = waiting.by_facility.entry(entry.facility).or_default();
        own.push(entry);
    }

    /// Takes out all up to a check: they were indexed.
    pub(crate) fn forget_until(&self, last: i64) {
        self.keep(|seq| last < seq);
        self.indexed(None);
    }

    /// Takes out a check whose transaction was undone.
    pub(crate) fn forget(&self, undone: i64) {
        self.keep(|seq| seq != undone);
        self.indexed(None);
    }

    fn indexed(&self, last: Option<i64>) {
        let mut waiting = self.0.write().unwrap_or_else(PoisonError::into_inner);
        waiting.indexed = last;
    }

    /// Forgets the keys of checks older than an instant; the checks stay.
    pub(crate) fn forget_keys_before(&self, at: i64) {
        let mut waiting = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let waiting = &mut *waiting;
        let old = waiting.by_facility.values_mut().flatten();
        for entry in old.filter(|entry| entry.at < at) {
            if let Some(key) = entry.key.take() {
                let place = place(entry.facility, &entry.account, &key);
                waiting.by_key.remove(&place);
            }
        }
    }

    fn keep(&self, stays: impl Fn(i64) -> bool) {
        let mut waiting = self.0.write().unwrap_or_else(PoisonError::into_inner);
        waiting.by_key.retain(|_, seq| stays(*seq));
        waiting.by_facility.retain(|_, own| {
            own.retain(|entry| stays(entry.seq));
            !own.is_empty()
        });
        waiting.count = waiting.by_facility.values().map(Vec::len).sum();
    }

    /// Where the check with an idempotency key lies.
    pub(crate) fn of_key(&self, facility: i64, account: &str, key: &str) -> Option<i64> {
        let waiting = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.by_key.get(&place(facility, account, key));
        found.copied()
    }

    /// Where a check lies.
    pub(crate) fn of_id(&self, facility: i64, id: &[u8; 16]) -> Option<i64> {
        let waiting = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut own = waiting.by_facility.get(&facility)?.iter();
        own.find(|entry| entry.id == *id).map(|entry| entry.seq)
    }

    /// Where all of a facility's waiting checks lie.
    pub(crate) fn of_facility(&self, facility: i64) -> Vec<i64> {
        let waiting = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = waiting.by_facility.get(&facility);
        own.map(|own| own.iter().map(|entry| entry.seq).collect())
            .unwrap_or_default()
    }

    /// Puts all that waits into the indexes, once enough of it does. Returns the last of them, up to which all is to be taken
    /// out when the transaction is written.
    pub(crate) fn index(&self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let waiting = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if waiting.count < INDEX_AT || waiting.indexed.is_some() {
            return Ok(None);
        }
        let mut entries: Vec<&Entry> = waiting.by_facility.values().flatten().collect();
        entries.sort_unstable_by_key(|entry| (entry.facility, entry.id));
        let mut by_id = connection
            .prepare_cached("INSERT OR REPLACE INTO check_of_facility VALUES (?1, ?2, ?3)")?;
        for entry in &entries {
            by_id.execute(params![entry.facility, entry.id, entry.seq])?;
        }
        entries.sort_unstable_by(|one, other| {
            (one.facility, &one.account, &one.key).cmp(&(
                other.facility,
                &other.account,
                &other.key,
            ))
        });
        let mut by_key = connection
            .prepare_cached("INSERT OR REPLACE INTO idempotency VALUES (?1, ?2, ?3, ?4)")?;
        for entry in entries.iter().filter(|entry| entry.key.is_some()) {
            by_key.execute(params![entry.facility, entry.account, entry.key, entry.seq])?;
        }
        let last = entries.iter().map(|entry| entry.seq).max();
        connection
            .prepare_cached("UPDATE walk SET seq = ?1 WHERE name = 'indexed'")?
            .execute([last])?;
        drop(waiting);
        self.indexed(last);
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: i64, key: Option<&str>) -> Entry {
        Entry {
            seq,
            facility: seq % 2,
            id: seq.to_be_bytes().repeat(2).try_into().unwrap(),
            at: seq,
            account: "uketsuke".into(),
            key: key.map(str::to_owned),
        }
    }

    #[test]
    fn a_waiting_check_is_found_by_key_and_identifier_within_its_facility() {
        let recent = Recent::default();
        recent.add(entry(1, Some("a")));
        recent.add(entry(2, Some("a")));
        recent.add(entry(3, None));
        assert_eq!(recent.of_key(1, "uketsuke", "a"), Some(1));
        assert_eq!(recent.of_key(0, "uketsuke", "a"), Some(2));
        assert_eq!(recent.of_key(1, "ishi", "a"), None);
        assert_eq!(recent.of_id(1, &entry(3, None).id), Some(3));
        assert_eq!(recent.of_id(0, &entry(3, None).id), None);
        assert_eq!(recent.of_facility(1), [1, 3]);
        recent.forget(1);
        assert_eq!(recent.of_key(1, "uketsuke", "a"), None);
        assert_eq!(recent.of_facility(1), [3]);
        recent.forget_keys_before(3);
        assert_eq!(recent.of_key(0, "uketsuke", "a"), None);
        assert_eq!(recent.of_facility(0), [2]);
        recent.forget_until(2);
        assert!(recent.of_facility(0).is_empty());
        assert_eq!(recent.of_facility(1), [3]);
    }
}
