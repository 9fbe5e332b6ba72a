//! How the store is kept: the last checkpoint, copy and load, and the bulk orders that wait. For an operator's look; changes nothing.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;

use crate::engine::{Engine, StoreError};
use crate::sql::Connection;

/// When the store was last looked after; `None` where it never was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// The last signed checkpoint of the audit chain.
    pub checkpoint: Option<Instant>,
    /// The last copy that was made and examined.
    pub backup: Option<Instant>,
    /// The last load of people.
    pub load: Option<Instant>,
}

/// How far a copy of the store has come. Both are events: that everything was read to be copied stands in the chain whatever becomes of the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copying {
    /// It begins; the copy itself tells of this.
    Begun,
    /// It was made and examined.
    Made,
}

impl Copying {
    fn detail(self) -> &'static str {
        match self {
            Self::Begun => "copy=begun",
            Self::Made => "copy=made",
        }
    }

    /// The event of it.
    #[must_use]
    pub fn event(self, at: Instant, actor: Actor) -> Event {
        Event {
            at,
            actor,
            deed: Deed::Backup,
            subject: None,
            detail: self.detail().into(),
        }
    }
}

/// What waits in bulk orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkWaiting {
    /// Orders that are not at their end.
    pub orders: u64,
    /// Their lines that are not worked off.
    pub lines: u64,
}

impl Engine {
    /// When the store was last looked after.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn upkeep(&self) -> Result<Upkeep, StoreError> {
        self.read(|connection| {
            Ok(Upkeep {
                checkpoint: newest(connection, "SELECT max(at) FROM checkpoint")?,
                // Each from the index of these two deeds, which are rare.
                backup: newest(
                    connection,
                    "SELECT max(at) FROM audit_event WHERE deed = 'backup' AND detail = 'copy=made'",
                )?,
                load: newest(
                    connection,
                    "SELECT max(at) FROM audit_event WHERE deed = 'load'",
                )?,
            })
        })
    }

    /// What waits in bulk orders.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bulk_waiting(&self) -> Result<BulkWaiting, StoreError> {
        self.read(|connection| {
            let text = "SELECT count(*), CAST(coalesce(sum(lines - done), 0) AS BIGINT) FROM bulk_order WHERE finished IS NULL";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([], |row| {
                Ok(BulkWaiting {
                    orders: row.get(0)?,
                    lines: row.get(1)?,
                })
            })?)
        })
    }
}

fn newest(connection: &Connection, text: &str) -> Result<Option<Instant>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let at: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(at.map(Instant::from_micros))
}
