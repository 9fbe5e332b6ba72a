//! Counts of the journal for one folder pair: what waits, and what was done since an instant. Names no file.

use domain::civil_date::Instant;

use crate::engine::StoreError;
use crate::journal::{Ending, Journal};

/// Counts of one folder pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Files taken that have no published end yet.
    pub waiting: u64,
    /// When the oldest of them was taken.
    pub oldest_taken_at: Option<Instant>,
    /// Files answered since the instant asked for.
    pub answered: u64,
    /// Files rejected since then.
    pub rejected: u64,
}

impl Journal {
    /// Counts for a folder pair, those of finished files from an instant on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tally(&self, folder: &str, since: Instant) -> Result<Tally, StoreError> {
        self.0.read(|connection| {
            let mut tally = Tally::default();
            let text = "SELECT count(*), min(taken_at) FROM file WHERE state IN ('claimed', 'ready') AND folder = ?1";
            let (waiting, oldest): (u64, Option<i64>) = connection
                .prepare_cached(text)?
                .query_row([folder], |row| Ok((row.get(0)?, row.get(1)?)))?;
            tally.waiting = waiting;
            tally.oldest_taken_at = oldest.map(Instant::from_micros);
            let text = "SELECT outcome, count(*) FROM file WHERE state = 'done' AND folder = ?1 AND at >= ?2 GROUP BY outcome";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query((folder, since.as_micros()))?;
            while let Some(row) = rows.next()? {
                let count = row.get(1)?;
                match Ending::read(&row.get::<_, String>(0)?)? {
                    Ending::Answered => tally.answered = count,
                    Ending::Rejected => tally.rejected = count,
                }
            }
            Ok(tally)
        })
    }
}
