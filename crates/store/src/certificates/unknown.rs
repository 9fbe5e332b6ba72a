//! Certificates that the store does not know, since it was restored from a copy older than they are. Whoever shows one is let in and it is
//! known from then on, unless its terminal's certificates, or it itself, were revoked meanwhile.

use domain::audit::Event;
use domain::civil_date::Instant;

use super::{Certificate, append_about, insert, revoke};
use crate::access::number;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sessions::end_sessions_of;
use crate::sql::{Connection, params};

/// What becomes of a certificate that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// It was known; nothing changes.
    Known,
    /// It is known from now on.
    Now,
    /// It counts no more: what was revoked meanwhile reaches it.
    Refused,
}

impl Engine {
    /// Remembers a certificate that is shown and good by itself, where it is not known, with `adopted` about it; it counts as used. Where its
    /// terminal's certificates were revoked after it was issued, or replaced by one issued no earlier, or it was revoked by its SHA-256, it
    /// is remembered as revoked, with `refused`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn adopt_certificate(
        &self,
        shown: Certificate,
        adopted: Event,
        refused: Event,
    ) -> Result<Adopted, StoreError> {
        let fingerprint = shown.fingerprint;
        if self.read(|connection| is_known(connection, fingerprint))? {
            return Ok(Adopted::Known);
        }
        self.write(move |connection, batch| {
            // Another connection may have shown it meanwhile.
            if is_known(connection, fingerprint)? {
                return Ok(Adopted::Known);
            }
            insert(connection, &shown, Some(adopted.at))?;
            let text =
                "SELECT 1 FROM terminal_ended WHERE facility = ?1 AND terminal = ?2 AND ?3 <= ended
                UNION ALL SELECT 1 FROM revoked_unknown WHERE fingerprint = ?4";
            let is_revoked = connection.prepare_cached(text)?.exists(params![
                number(shown.facility),
                shown.terminal,
                shown.issued.as_micros(),
                fingerprint
            ])?;
            if is_revoked {
                revoke(connection, batch, &[fingerprint], "unknown", &refused)?;
                return Ok(Adopted::Refused);
            }
            append_about(connection, batch, &adopted, &fingerprint)?;
            Ok(Adopted::Now)
        })
        .await
    }
}

fn is_known(connection: &Connection, fingerprint: [u8; 32]) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1";
    Ok(connection.prepare_cached(text)?.exists([fingerprint])?)
}

/// Notes that the certificates of a terminal that were issued until an instant count no more; what was noted of a later one stays.
pub(super) fn end_terminal(
    connection: &Connection,
    facility: i64,
    terminal: &str,
    until: Instant,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO terminal_ended VALUES (?1, ?2, ?3)
             ON CONFLICT (facility, terminal) DO UPDATE SET ended = excluded.ended
             WHERE terminal_ended.ended < excluded.ended",
        )?
        .execute(params![facility, terminal, until.as_micros()])?;
    Ok(())
}

/// Revokes a certificate that is not known, with `event` about it; a second time changes nothing.
pub(super) fn revoke_unknown(
    connection: &Connection,
    batch: &mut Batch,
    fingerprint: [u8; 32],
    event: &Event,
) -> Result<(), StoreError> {
    let first = connection
        .prepare_cached("INSERT INTO revoked_unknown VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![fingerprint, event.at.as_micros()])?;
    if 0 < first {
        end_sessions_of(connection, batch, fingerprint)?;
        append_about(connection, batch, event, &fingerprint)?;
    }
    Ok(())
}
