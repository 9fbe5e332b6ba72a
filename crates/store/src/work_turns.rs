//! Which process of a center works on a bulk order or a submission of claims: one at a time, so that none does what another does already. One
//! that died lets go after a while. A store of files is one process's; there nothing is taken.

use domain::civil_date::Instant;

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// A turn that is not taken anew ends after so many seconds \[ours\].
const TURN_S: i64 = 60;

/// That nobody else works on a row `s`: ?1 is this process, ?2 is now.
pub(crate) const FREE: &str =
    "NOT EXISTS (SELECT 1 FROM work_turn t WHERE t.id = s.id AND t.holder <> ?1 AND ?2 < t.until)";

/// Takes the turn to work on something within the running transaction, or takes it anew. False while another process has it.
pub(crate) fn take(
    connection: &Connection,
    process: [u8; 16],
    id: u128,
    now: Instant,
) -> Result<bool, StoreError> {
    let text = "INSERT INTO work_turn (id, holder, until) VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE work_turn.holder = excluded.holder OR work_turn.until <= ?4";
    let until = now.plus_seconds(TURN_S).as_micros();
    let of = params![id.to_be_bytes(), process, until, now.as_micros()];
    Ok(connection.prepare_cached(text)?.execute(of)? == 1)
}

/// Ends the turn of whoever has it, with what was to be done or for others to try it.
pub(crate) fn leave(connection: &Connection, id: u128) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM work_turn WHERE id = ?1")?
        .execute([id.to_be_bytes()])?;
    Ok(())
}

impl Engine {
    /// Takes a submission that waits for its checks in hand, or keeps it in hand. False while another process has it, and once it is checked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_claims_check(&self, id: u128, now: Instant) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        let process = self.process();
        self.write(move |connection, _| {
            let text = "SELECT 1 FROM claims_submission WHERE id = ?1 AND state = 'checking'";
            let waits = connection
                .prepare_cached(text)?
                .exists([id.to_be_bytes()])?;
            Ok(waits && take(connection, process, id, now)?)
        })
        .await
    }

    /// Lets go of all this process works on, so that the others need not wait for that. To be called when the process ends.
    ///
    /// # Errors
    /// [`StoreError`]; then the others get it after a while.
    pub async fn leave_work_turns(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let process = self.process();
        self.write(move |connection, _| {
            connection.execute("DELETE FROM work_turn WHERE holder = ?1", [process])?;
            Ok(())
        })
        .await
    }
}
