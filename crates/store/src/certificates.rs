//! Client certificates as the center remembers them: issued, used, renewed, lost, revoked (G08, G10, contracts §9). Holds no key.

pub mod outside;
pub mod unknown;

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;

use self::unknown::{end_terminal, revoke_unknown};
use crate::access::{institution, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sessions::end_sessions_of;
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Serial number.
    pub serial: [u8; 16],
    /// When.
    pub at: Instant,
    /// True when a later certificate took its place.
    pub superseded: bool,
}

/// The stored reason of a certificate whose place a later one took.
const SUPERSEDED: &str = "superseded";

/// A client certificate as it was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256.
    pub fingerprint: [u8; 32],
    /// Serial number.
    pub serial: [u8; 16],
    /// The facility.
    pub facility: InstitutionCode,
    /// Terminal name.
    pub terminal: String,
    /// The notice its line began with; empty for one that was not known when it was shown.
    pub notice: String,
    /// When it was made, to the microsecond: which of a notice's is the later one.
    pub issued: Instant,
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
    /// SHA-256 of the certificate it was renewed from, where it was.
    pub renews: Option<[u8; 32]>,
}

/// A certificate with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As it was issued.
    pub certificate: Certificate,
    /// When it was first used.
    pub first_used: Option<Instant>,
    /// When it was revoked.
    pub revoked: Option<Instant>,
    /// When the loss of its file was reported.
    pub lost: Option<Instant>,
    /// Whether one that was renewed from it has been used.
    pub renewed: bool,
}

const KNOWN: &str = "SELECT c.fingerprint, c.serial, c.facility, c.terminal, c.notice, c.issued, c.not_before, c.not_after, c.renews,
    c.first_used, c.revoked, c.lost,
    EXISTS (SELECT 1 FROM certificate n WHERE n.renews = c.fingerprint AND n.first_used IS NOT NULL)
  FROM certificate c";

fn known(row: &Row<'_>) -> Result<Known, StoreError> {
    let at =
        |column| Ok::<_, StoreError>(row.get::<_, Option<i64>>(column)?.map(Instant::from_micros));
    Ok(Known {
        certificate: Certificate {
            fingerprint: row.get(0)?,
            serial: row.get(1)?,
            facility: institution(row.get(2)?)?,
            terminal: row.get(3)?,
            notice: row.get(4)?,
            issued: Instant::from_micros(row.get(5)?),
            not_before: Instant::from_micros(row.get(6)?),
            not_after: Instant::from_micros(row.get(7)?),
            renews: row.get(8)?,
        },
        first_used: at(9)?,
        revoked: at(10)?,
        lost: at(11)?,
        renewed: row.get(12)?,
    })
}

/// Which certificates are revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// One and all that were renewed from it: whoever held the one may have renewed it.
    Line([u8; 32]),
    /// All of a facility's terminal, whose notices open nothing any more either, but for the one of this request ID.
    Terminal(InstitutionCode, String, Option<String>),
}

impl Engine {
    /// Remembers a certificate that was issued, with `event` about it. False, and nothing is remembered, when what it was issued for
    /// was taken back meanwhile: the certificate it renews was revoked, or its notice was closed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_certificate(
        &self,
        certificate: Certificate,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1 AND revoked IS NOT NULL
                UNION ALL SELECT 1 FROM notice WHERE request_id = ?2 AND ?1 IS NULL AND closed = 1";
            let taken_back = connection
                .prepare_cached(text)?
                .exists(params![certificate.renews, certificate.notice])?;
            if taken_back {
                return Ok(false);
            }
            insert(connection, &certificate, None)?;
            append_about(connection, batch, &event, &certificate.fingerprint)?;
            Ok(true)
        })
        .await
    }

    /// A certificate by its SHA-256.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn certificate(&self, fingerprint: &[u8; 32]) -> Result<Option<Known>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{KNOWN} WHERE c.fingerprint = ?1"))?;
            let mut rows = statement.query([fingerprint])?;
            rows.next()?.map(|row| known(&row)).transpose()
        })
    }

    /// Whether any certificate was ever issued.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn knows_certificates(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let text = "SELECT 1 FROM certificate LIMIT 1";
            Ok(connection.prepare_cached(text)?.exists([])?)
        })
    }

    /// All certificates of a facility, terminal by terminal, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn certificates_of(&self, facility: InstitutionCode) -> Result<Vec<Known>, StoreError> {
        self.read(|connection| {
            let text = format!("{KNOWN} WHERE c.facility = ?1 ORDER BY c.terminal, c.issued DESC");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([number(facility)])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(known(&row)?);
            }
            Ok(all)
        })
    }

    /// All certificates whose loss was reported and that still open something, the oldest report first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn certificates_lost(&self, now: Instant) -> Result<Vec<Known>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "{KNOWN} WHERE c.lost IS NOT NULL AND c.revoked IS NULL AND ?1 < c.not_after ORDER BY c.lost"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([now.as_micros()])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(known(&row)?);
            }
            Ok(all)
        })
    }

    /// Whether a certificate was renewed from another: a session of the other then goes on with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renews(&self, later: &[u8; 32], earlier: &[u8; 32]) -> Result<bool, StoreError> {
        self.read(|connection| {
            let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1 AND renews = ?2";
            Ok(connection.prepare_cached(text)?.exists([later, earlier])?)
        })
    }

    /// Marks a certificate used and revokes those whose place it takes (contracts §9), each with `event` about it: the earlier ones of
    /// its notice, or that were renewed from the same one; for a notice issued anew, all of the terminal's earlier notices, which open
    /// nothing any more: also what was renewed after the notice was made, or after its certificate was. The one it was renewed from
    /// stays to its end. Of those whose notice is not known, what was issued after it stays,
    /// unless it was renewed from an earlier one. Returns what was revoked by this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_certificate(
        &self,
        fingerprint: [u8; 32],
        event: Event,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let now = event.at;
        let unused = self.read(|connection| {
            let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1 AND first_used IS NULL";
            Ok(connection.prepare_cached(text)?.exists([fingerprint])?)
        })?;
        if !unused {
            return Ok(Vec::new());
        }
        self.write(move |connection, batch| {
            let first = connection
                .prepare_cached("UPDATE certificate SET first_used = ?2 WHERE fingerprint = ?1 AND first_used IS NULL")?
                .execute(params![fingerprint, now.as_micros()])?;
            if first == 0 {
                return Ok(Vec::new());
            }
            let gone = fingerprints(
                connection,
                "SELECT o.fingerprint FROM certificate o, certificate x
                 WHERE x.fingerprint = ?1 AND o.fingerprint <> ?1 AND o.revoked IS NULL AND o.issued < x.issued
                   AND o.notice = x.notice AND o.renews IS NOT DISTINCT FROM x.renews
                 UNION SELECT o.fingerprint FROM certificate x
                   JOIN notice n ON n.request_id = x.notice AND n.replaces = 1
                   JOIN notice e ON e.facility = n.facility AND e.terminal = n.terminal
                     AND e.issued <= n.issued AND e.request_id <> n.request_id
                   JOIN certificate o ON o.notice = e.request_id
                 WHERE x.fingerprint = ?1 AND o.revoked IS NULL
                 UNION SELECT o.fingerprint FROM certificate x
                   JOIN notice n ON n.request_id = x.notice AND n.replaces = 1
                   JOIN certificate o ON o.facility = n.facility AND o.terminal = n.terminal AND o.notice = ''
                     AND (o.issued < x.issued OR EXISTS (
                       SELECT 1 FROM certificate r WHERE r.fingerprint = o.renews AND r.issued < x.issued))
                 WHERE x.fingerprint = ?1 AND o.revoked IS NULL",
                [fingerprint],
            )?;
            revoke(connection, batch, &gone, SUPERSEDED, &event)?;
            // Those that are not known are reached when they are shown. A later one may be of the same notice, downloaded again.
            let text = "SELECT n.facility, n.terminal, x.issued FROM certificate x
                JOIN notice n ON n.request_id = x.notice AND n.replaces = 1 WHERE x.fingerprint = ?1";
            let replaced: Option<(i64, String, i64)> = connection
                .prepare_cached(text)?
                .query_row([fingerprint], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            if let Some((facility, terminal, issued)) = replaced {
                let issued = Instant::from_micros(issued);
                end_terminal(connection, facility, &terminal, issued)?;
            }
            // Whoever still has an earlier notice would get another certificate of the terminal.
            connection
                .prepare_cached(
                    "UPDATE notice SET closed = 1 WHERE EXISTS (
                       SELECT 1 FROM certificate x JOIN notice n ON n.request_id = x.notice AND n.replaces = 1
                       WHERE x.fingerprint = ?1 AND n.facility = notice.facility AND n.terminal = notice.terminal
                         AND notice.issued <= n.issued AND notice.request_id <> n.request_id)",
                )?
                .execute([fingerprint])?;
            Ok(gone)
        })
        .await
    }

    /// Revokes certificates, ends their sessions and records `event` about each. Returns what was revoked by this; `None` when there
    /// is no such certificate: one that is not known by its SHA-256, or of the terminal and issued by now, is revoked all the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_certificates(
        &self,
        which: Which,
        why: &'static str,
        event: Event,
    ) -> Result<Option<Vec<[u8; 32]>>, StoreError> {
        self.write(move |connection, batch| {
            let all = match &which {
                Which::Line(first) => fingerprints(
                    connection,
                    "WITH RECURSIVE line (fingerprint) AS (
                       SELECT fingerprint FROM certificate WHERE fingerprint = ?1
                       UNION SELECT c.fingerprint FROM certificate c JOIN line ON c.renews = line.fingerprint)
                     SELECT fingerprint FROM line",
                    [first],
                )?,
                Which::Terminal(facility, terminal, stays) => {
                    end_terminal(connection, number(*facility), terminal, event.at)?;
                    let closed = connection
                        .prepare_cached(
                            "UPDATE notice SET closed = 1 WHERE facility = ?1 AND terminal = ?2 AND closed = 0 AND request_id IS DISTINCT FROM ?3",
                        )?
                        .execute(params![number(*facility), terminal, stays])?;
                    if 0 < closed {
                        let mut event = event.clone();
                        event.detail = format!("facility={facility} notices={closed}");
                        batch.append(connection, &event, None)?;
                    }
                    fingerprints(
                        connection,
                        "SELECT fingerprint FROM certificate WHERE facility = ?1 AND terminal = ?2",
                        params![number(*facility), terminal],
                    )?
                }
            };
            if all.is_empty() {
                if let Which::Line(unknown) = &which {
                    revoke_unknown(connection, batch, *unknown, &event)?;
                }
                return Ok(None);
            }
            let mut open = connection
                .prepare_cached("SELECT 1 FROM certificate WHERE fingerprint = ?1 AND revoked IS NULL")?;
            let mut gone = Vec::new();
            for one in all {
                if open.exists([one])? {
                    gone.push(one);
                }
            }
            revoke(connection, batch, &gone, why, &event)?;
            Ok(Some(gone))
        })
        .await
    }

    /// Notes that a certificate's file was lost, with `event` about it; a second report changes nothing. False when there is no such
    /// certificate.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report_loss(
        &self,
        fingerprint: [u8; 32],
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let noted = connection
                .prepare_cached(
                    "UPDATE certificate SET lost = ?2 WHERE fingerprint = ?1 AND lost IS NULL",
                )?
                .execute(params![fingerprint, event.at.as_micros()])?;
            if 0 < noted {
                append_about(connection, batch, &event, &fingerprint)?;
                return Ok(true);
            }
            let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1";
            Ok(connection.prepare_cached(text)?.exists([fingerprint])?)
        })
        .await
    }

    /// Whether a facility has a terminal of this name: by a notice, or by a certificate alone, as after a restore from a copy older
    /// than the terminal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn knows_terminal(
        &self,
        facility: InstitutionCode,
        terminal: &str,
    ) -> Result<bool, StoreError> {
        self.read(|connection| {
            let text = "SELECT 1 FROM notice WHERE facility = ?1 AND terminal = ?2
                UNION ALL SELECT 1 FROM certificate WHERE facility = ?1 AND terminal = ?2 LIMIT 1";
            let mut statement = connection.prepare_cached(text)?;
            let found = statement.query_row(params![number(facility), terminal], |_| Ok(()));
            Ok(found.optional()?.is_some())
        })
    }

    /// Every revoked certificate that has not expired by itself, as the revocation list tells of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revocations(&self, now: Instant) -> Result<Vec<Revocation>, StoreError> {
        self.read(|connection| {
            let text = "SELECT serial, revoked, revoked_why FROM certificate
                WHERE revoked IS NOT NULL AND ?1 < not_after ORDER BY revoked, serial";
            let mut statement = connection.prepare_cached(text)?;
            let rows = statement.query_map([now.as_micros()], |row| {
                Ok(Revocation {
                    serial: row.get(0)?,
                    at: Instant::from_micros(row.get(1)?),
                    superseded: row.get::<_, Option<String>>(2)?.as_deref() == Some(SUPERSEDED),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Every revoked certificate. Also those that have expired: by a clock that is ahead when the center starts, more seem to have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoked_certificates(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        self.read(|connection| {
            let text = "SELECT fingerprint FROM certificate WHERE revoked IS NOT NULL
                UNION SELECT fingerprint FROM revoked_unknown";
            fingerprints(connection, text, [])
        })
    }

    /// The certificates that were revoked at an instant or later, by whichever process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoked_since(&self, since: Instant) -> Result<Vec<[u8; 32]>, StoreError> {
        self.read(|connection| {
            let text = "SELECT fingerprint FROM certificate WHERE ?1 <= revoked
                UNION SELECT fingerprint FROM revoked_unknown WHERE ?1 <= revoked";
            fingerprints(connection, text, [since.as_micros()])
        })
    }
}

/// Whether a certificate is revoked, seen within the running transaction.
pub(crate) fn is_revoked(
    connection: &Connection,
    fingerprint: [u8; 32],
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM certificate WHERE fingerprint = ?1 AND revoked IS NOT NULL
        UNION ALL SELECT 1 FROM revoked_unknown WHERE fingerprint = ?1";
    Ok(connection.prepare_cached(text)?.exists([fingerprint])?)
}

fn fingerprints(
    connection: &Connection,
    text: &str,
    parameters: impl crate::sql::Params,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let rows = statement.query_map(parameters, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes the row of a certificate.
fn insert(
    connection: &Connection,
    certificate: &Certificate,
    first_used: Option<Instant>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO certificate VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?10, NULL, NULL, ?9, NULL)",
        )?
        .execute(params![
            certificate.fingerprint,
            certificate.serial,
            number(certificate.facility),
            certificate.terminal,
            certificate.notice,
            certificate.issued.as_micros(),
            certificate.not_before.as_micros(),
            certificate.not_after.as_micros(),
            certificate.renews,
            first_used.map(Instant::as_micros)
        ])?;
    Ok(())
}

/// Revokes certificates that were not, ends their sessions, records an event about each.
fn revoke(
    connection: &Connection,
    batch: &mut Batch,
    gone: &[[u8; 32]],
    why: &str,
    event: &Event,
) -> Result<(), StoreError> {
    for one in gone {
        connection
            .prepare_cached(
                "UPDATE certificate SET revoked = ?2, revoked_why = ?3 WHERE fingerprint = ?1",
            )?
            .execute(params![one, event.at.as_micros(), why])?;
        end_sessions_of(connection, batch, *one)?;
        append_about(connection, batch, event, one)?;
    }
    Ok(())
}

fn append_about(
    connection: &Connection,
    batch: &mut Batch,
    event: &Event,
    fingerprint: &[u8; 32],
) -> Result<(), StoreError> {
    let event = Event {
        subject: Some(certificate_subject(fingerprint)),
        ..event.clone()
    };
    batch.append(connection, &event, None)
}

/// How an event names a certificate: the first half of its fingerprint.
fn certificate_subject(fingerprint: &[u8; 32]) -> u128 {
    let first = fingerprint.iter().take(16);
    first.fold(0, |id, byte| id << 8 | u128::from(*byte))
}
