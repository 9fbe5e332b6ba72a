//! The parts of the check log in PostgreSQL, each a month by the time in the checks' identifiers (UUIDv7). Made ahead of their time; dropped
//! where they are let go (`retention.rs`).

use domain::civil_date::{CivilDate, Instant};

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// Months made beyond the running one.
const AHEAD: i32 = 2;

/// How long a part that is made in passing waits for whoever reads the log: it holds the turn of all writers meanwhile.
const IN_PASSING: &str = "200ms";

impl Engine {
    /// Makes the parts of this month and the next ones where they are missing. In a file there are none.
    ///
    /// # Errors
    /// [`StoreError`]; then checks lie in the part of no month, where they are found as well.
    pub async fn make_parts(&self, now: Instant) -> Result<(), StoreError> {
        for ahead in 0..=AHEAD {
            self.make_part_ahead(now, ahead).await?;
        }
        Ok(())
    }

    /// Makes the part of this month alone.
    ///
    /// # Errors
    /// As [`Engine::make_parts`].
    pub async fn make_part(&self, now: Instant) -> Result<(), StoreError> {
        self.make_part_ahead(now, 0).await
    }

    async fn make_part_ahead(&self, now: Instant, ahead: i32) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let today = now.date_in_japan();
        let first = today.plus_days(1 - i32::from(today.day()));
        let month = first.plus_months(ahead);
        if self.read(|connection| is_made(connection, month))? {
            return Ok(());
        }
        self.write(move |connection, _| make(connection, month, IN_PASSING))
            .await
    }
}

fn is_made(connection: &Connection, month: CivilDate) -> Result<bool, StoreError> {
    let text =
        "SELECT 1 FROM pg_class WHERE relname = ?1 AND relnamespace = 'center'::regnamespace";
    let name = name(month);
    Ok(connection.prepare_cached(text)?.exists([name.as_str()])?)
}

/// Makes the part of a month unless it is there; waits so long at most for each lock.
pub(super) fn make(
    connection: &Connection,
    month: CivilDate,
    patience: &str,
) -> Result<(), StoreError> {
    if is_made(connection, month)? {
        return Ok(());
    }
    let name = name(month);
    let (from, until) = (begin(month), begin(month.plus_months(1)));
    // What came before its part was made moves into it, while nobody adds to it.
    let moved = format!(
        "WITH moved AS (DELETE FROM check_record_rest WHERE ?1 <= id AND id < ?2 RETURNING *)
         INSERT INTO {name} SELECT * FROM moved"
    );
    connection.execute_batch(&format!(
        "SET LOCAL lock_timeout = '{patience}'; LOCK TABLE check_record_rest IN ACCESS EXCLUSIVE MODE;
         CREATE TABLE {name} (LIKE check_record INCLUDING ALL)"
    ))?;
    connection.execute(&moved, params![from, until])?;
    connection.execute_batch(&format!(
        "ALTER TABLE check_record ATTACH PARTITION {name} FOR VALUES FROM ('\\x{}') TO ('\\x{}');
         SET LOCAL lock_timeout TO DEFAULT",
        hex(&from),
        hex(&until)
    ))?;
    Ok(())
}

/// The part of a month.
pub(super) fn name(month: CivilDate) -> String {
    format!("check_record_{:04}{:02}", month.year(), month.month())
}

/// Where the identifiers of a month begin.
pub(super) fn begin(month: CivilDate) -> Vec<u8> {
    first_id(Instant::start_of_day_in_japan(month))
}

/// The first six bytes of the identifiers of an instant, which sort before all of them: milliseconds since 1970.
pub(super) fn first_id(at: Instant) -> Vec<u8> {
    let milliseconds = (at.as_micros() / 1_000).max(0);
    let [_, _, first @ ..] = milliseconds.to_be_bytes();
    first.to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
