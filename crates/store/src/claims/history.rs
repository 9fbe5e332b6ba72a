//! What was sent, a page at a time, and what was done with each submission, step by step: added, never changed.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::entry::{Holder, Step};

use super::submissions::{self, Submission};
use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// A step of a submission's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenStep {
    /// When.
    pub at: Instant,
    /// Who; none where the center did it.
    pub account: Option<String>,
    /// What.
    pub step: Step,
    /// Which file, number or reason.
    pub detail: String,
}

impl Engine {
    /// Notes that a result file was fetched, with the event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_fetched(
        &self,
        holder: &Holder,
        id: u128,
        file: &'static str,
        event: Event,
    ) -> Result<(), StoreError> {
        let account = holder.account.clone();
        self.write(move |connection, batch| {
            let by = Some(account.as_str());
            step(connection, id, event.at, by, Step::Fetched, file)?;
            batch.append(connection, &event, None)
        })
        .await
    }

    /// The submissions of the holder's facility and review body, the newest first: those behind one that is told by when it was sent and its
    /// identifier, if one is named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn submissions(
        &self,
        holder: &Holder,
        behind: Option<(Instant, u128)>,
        limit: u32,
    ) -> Result<Vec<Submission>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_submission WHERE tenant = ?1 AND facility = ?2 AND (sent, id) < (?3, ?4)
                ORDER BY sent DESC, id DESC LIMIT ?5";
            let last = (i64::MAX, u128::MAX);
            let (sent, id) = behind.map_or(last, |(sent, id)| (sent.as_micros(), id));
            let (tenant, facility) = (holder.tenant.to_string(), number(holder.facility));
            let of = params![tenant, facility, sent, id.to_be_bytes(), limit];
            submissions::all(connection, text, of)
        })
    }

    /// The history of a submission, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn steps(&self, submission: &Submission) -> Result<Vec<TakenStep>, StoreError> {
        self.read(|connection| {
            let text = "SELECT at, account, step, detail FROM claims_step WHERE submission = ?1 ORDER BY place";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([submission.id.to_be_bytes()])?;
            let mut steps = Vec::new();
            while let Some(row) = rows.next()? {
                let step: String = row.get(2)?;
                steps.push(TakenStep {
                    at: Instant::from_micros(row.get(0)?),
                    account: row.get(1)?,
                    step: Step::parse(&step).ok_or(StoreError::Row("claims_step"))?,
                    detail: row.get(3)?,
                });
            }
            Ok(steps)
        })
    }
}

/// Adds a step.
pub(super) fn step(
    connection: &Connection,
    submission: u128,
    at: Instant,
    account: Option<&str>,
    what: Step,
    detail: &str,
) -> Result<(), StoreError> {
    let id = submission.to_be_bytes();
    let text = "SELECT count(*) FROM claims_step WHERE submission = ?1";
    let place: i64 = connection
        .prepare_cached(text)?
        .query_row([id], |row| row.get(0))?;
    connection
        .prepare_cached("INSERT INTO claims_step VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            id,
            place,
            at.as_micros(),
            account,
            what.as_str(),
            detail
        ])?;
    Ok(())
}
