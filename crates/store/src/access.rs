//! Which facilities may connect: facilities, notices, certificates. Holds hashes of reference IDs, never themselves.

use domain::audit::Event;
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use rusqlite::{OptionalExtension, params};

use crate::accounts::Try;
use crate::database::Migration;
use crate::engine::{Engine, StoreError};
use crate::sessions::end_sessions_of;

/// The schema of the center's file.
pub(crate) const MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.sqlite.sql"),
)];

/// A facility (医療機関等).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    /// Institution code.
    pub code: InstitutionCode,
    /// Kind.
    pub kind: FacilityKind,
    /// Name.
    pub name: String,
}

/// An issue notice (電子証明書取得発行通知書), without its reference ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Request ID.
    pub request_id: String,
    /// SHA-256 of the reference ID.
    pub reference_hash: [u8; 32],
    /// The facility.
    pub facility: InstitutionCode,
    /// Terminal name.
    pub terminal: String,
    /// When it was made.
    pub issued: Instant,
    /// Last day of download.
    pub deadline: CivilDate,
    /// Wrong reference IDs so far.
    pub wrong_tries: u32,
}

/// What became of a try of a reference ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// It is the notice's.
    Right,
    /// It is not.
    Wrong,
    /// Too many were wrong: the notice opens nothing any more.
    Frozen,
}

/// A revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Serial number.
    pub serial: [u8; 16],
    /// When.
    pub at: Instant,
    /// True when a later certificate of the same notice took its place.
    pub superseded: bool,
}

/// The stored reason of a certificate whose place a later one took.
const SUPERSEDED: &str = "superseded";

/// A client certificate as the center remembers it.
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
    /// The notice it was downloaded with.
    pub notice: String,
    /// When it was made, to the microsecond: which of a notice's is the later one.
    pub issued: Instant,
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
}

pub(crate) fn number(code: InstitutionCode) -> i64 {
    code.as_u64().cast_signed()
}

pub(crate) fn institution(number: i64) -> Result<InstitutionCode, StoreError> {
    InstitutionCode::parse(&format!("{number:010}")).map_err(|_| StoreError::Row("facility"))
}

impl Engine {
    /// Stores a facility, or its new name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_facility(&self, facility: Facility) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO facility VALUES (?1, ?2, ?3)")?
                .execute(params![
                    number(facility.code),
                    facility.kind.as_str(),
                    facility.name
                ])?;
            Ok(())
        })
        .await
    }

    /// A facility by its code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn facility(&self, code: InstitutionCode) -> Result<Option<Facility>, StoreError> {
        let row: Option<(String, String)> = self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT kind, name FROM facility WHERE code = ?1")?;
            Ok(statement
                .query_row([number(code)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?)
        })?;
        row.map(|(kind, name)| {
            let kind = FacilityKind::parse(&kind).ok_or(StoreError::Row("facility"))?;
            Ok(Facility { code, kind, name })
        })
        .transpose()
    }

    /// Stores a new notice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_notice(&self, notice: Notice) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached("INSERT INTO notice VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![
                    notice.request_id,
                    notice.reference_hash,
                    number(notice.facility),
                    notice.terminal,
                    notice.issued.as_micros(),
                    notice.deadline.to_string(),
                    notice.wrong_tries
                ])?;
            Ok(())
        })
        .await
    }

    /// A notice by its request ID.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notice(&self, request_id: &str) -> Result<Option<Notice>, StoreError> {
        type Raw = ([u8; 32], i64, String, i64, String, u32);
        let row: Option<Raw> = self.read(|connection| {
            let text = "SELECT reference_hash, facility, terminal, issued, deadline, wrong_tries FROM notice WHERE request_id = ?1";
            let mut statement = connection.prepare_cached(text)?;
            let row = statement.query_row([request_id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            });
            Ok(row.optional()?)
        })?;
        row.map(
            |(reference_hash, facility, terminal, issued, deadline, wrong_tries)| {
                Ok(Notice {
                    request_id: request_id.to_owned(),
                    reference_hash,
                    facility: institution(facility)?,
                    terminal,
                    issued: Instant::from_micros(issued),
                    deadline: CivilDate::parse_iso(&deadline)
                        .map_err(|_| StoreError::Row("notice"))?,
                    wrong_tries,
                })
            },
        )
        .transpose()
    }

    /// Settles a try of a reference ID: counted where nothing else comes between, so that tries sent at the same moment are each
    /// counted. After `most` wrong ones even a right one opens nothing. A failure's event is recorded with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_reference(
        &self,
        request_id: String,
        outcome: Try,
        most: u32,
        failure: Event,
    ) -> Result<Reference, StoreError> {
        self.write(move |connection, batch| {
            let text = "SELECT wrong_tries FROM notice WHERE request_id = ?1";
            let wrong: u32 = connection
                .prepare_cached(text)?
                .query_row([&request_id], |row| row.get(0))?;
            let settled = match (wrong < most, outcome) {
                (true, Try::Right) => return Ok(Reference::Right),
                (true, Try::Wrong) => {
                    let text =
                        "UPDATE notice SET wrong_tries = wrong_tries + 1 WHERE request_id = ?1";
                    connection.prepare_cached(text)?.execute([&request_id])?;
                    Reference::Wrong
                }
                (false, _) => Reference::Frozen,
            };
            batch.append(connection, &failure, None)?;
            Ok(settled)
        })
        .await
    }

    /// Remembers a certificate that was issued.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_certificate(&self, certificate: Certificate) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached(
                    "INSERT INTO certificate VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL, NULL)",
                )?
                .execute(params![
                    certificate.fingerprint,
                    certificate.serial,
                    number(certificate.facility),
                    certificate.terminal,
                    certificate.notice,
                    certificate.issued.as_micros(),
                    certificate.not_before.as_micros(),
                    certificate.not_after.as_micros()
                ])?;
            Ok(())
        })
        .await
    }

    /// Marks a certificate used and revokes the earlier ones of its notice (contracts §9), each with `event` about it. Returns
    /// what was revoked by this.
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
            let mut statement = connection.prepare_cached(
                "UPDATE certificate SET revoked = ?2, revoked_why = 'superseded'
                 WHERE revoked IS NULL AND fingerprint <> ?1
                   AND notice = (SELECT notice FROM certificate WHERE fingerprint = ?1)
                   AND issued < (SELECT issued FROM certificate WHERE fingerprint = ?1)
                 RETURNING fingerprint",
            )?;
            let revoked = statement.query_map(params![fingerprint, now.as_micros()], |row| row.get(0))?;
            let revoked: Vec<[u8; 32]> = revoked.collect::<Result<_, _>>()?;
            for gone in &revoked {
                end_sessions_of(connection, batch, *gone)?;
                let event = Event {
                    subject: Some(certificate_subject(gone)),
                    ..event.clone()
                };
                batch.append(connection, &event, None)?;
            }
            Ok(revoked)
        })
        .await
    }

    /// Revokes a certificate, ends its sessions and records `event` about it. False when there is no such certificate.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_certificate(
        &self,
        fingerprint: [u8; 32],
        why: &'static str,
        event: Event,
    ) -> Result<bool, StoreError> {
        let now = event.at;
        self.write(move |connection, batch| {
            let found = connection
                .prepare_cached("UPDATE certificate SET revoked = coalesce(revoked, ?2), revoked_why = coalesce(revoked_why, ?3) WHERE fingerprint = ?1")?
                .execute(params![fingerprint, now.as_micros(), why])?;
            end_sessions_of(connection, batch, fingerprint)?;
            if 0 < found {
                let event = Event {
                    subject: Some(certificate_subject(&fingerprint)),
                    ..event
                };
                batch.append(connection, &event, None)?;
            }
            Ok(0 < found)
        })
        .await
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

    /// Every revoked certificate that has not expired by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoked_certificates(&self, now: Instant) -> Result<Vec<[u8; 32]>, StoreError> {
        self.read(|connection| {
            let text =
                "SELECT fingerprint FROM certificate WHERE revoked IS NOT NULL AND ?1 < not_after";
            let mut statement = connection.prepare_cached(text)?;
            let rows = statement.query_map([now.as_micros()], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// How an event names a certificate: the first half of its fingerprint.
fn certificate_subject(fingerprint: &[u8; 32]) -> u128 {
    let first = fingerprint.iter().take(16);
    first.fold(0, |id, byte| id << 8 | u128::from(*byte))
}
