//! Which facilities may connect: facilities and notices. Holds hashes of reference IDs, never themselves.

use domain::audit::{Actor, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::lockout::Try;
use domain::permit::SignedIn;

use crate::accounts::{Account, insert};
use crate::applications::close_issued;
use crate::database::Migration;
use crate::engine::{Engine, StoreError};
use crate::recoveries::write_secret_number;
use crate::sql::{Connection, OptionalExtension, params};

/// The schema of the center's file.
pub(crate) const MIGRATIONS: &[Migration] = &[
    (
        "0001_start",
        include_str!("../migrations/0001_start.sqlite.sql"),
    ),
    (
        "0002_let_go",
        include_str!("../migrations/0002_let_go.sqlite.sql"),
    ),
    (
        "0003_work_turns",
        include_str!("../migrations/0003_work_turns.sqlite.sql"),
    ),
    (
        "0004_shared_keys",
        include_str!("../migrations/0004_shared_keys.sqlite.sql"),
    ),
    (
        "0005_applications",
        include_str!("../migrations/0005_applications.sqlite.sql"),
    ),
    (
        "0006_claims_checked",
        include_str!("../migrations/0006_claims_checked.sqlite.sql"),
    ),
    (
        "0007_receipt_keys",
        include_str!("../migrations/0007_receipt_keys.sqlite.sql"),
    ),
    (
        "0008_medical_viewers",
        include_str!("../migrations/0008_medical_viewers.sqlite.sql"),
    ),
    (
        "0010_unknown_certificates",
        include_str!("../migrations/0010_unknown_certificates.sqlite.sql"),
    ),
    (
        "0011_claim_files_let_go",
        include_str!("../migrations/0011_claim_files_let_go.sqlite.sql"),
    ),
];

/// The same as a schema of a server. An index over what grows is made `IF NOT EXISTS` in new steps, so that an operator may have made it
/// before (`docs/operations/upgrade.md`).
pub(crate) const SERVER_MIGRATIONS: &[Migration] = &[
    (
        "0001_start",
        include_str!("../migrations/0001_start.postgres.sql"),
    ),
    (
        "0002_let_go",
        include_str!("../migrations/0002_let_go.postgres.sql"),
    ),
    (
        "0003_work_turns",
        include_str!("../migrations/0003_work_turns.postgres.sql"),
    ),
    (
        "0004_shared_keys",
        include_str!("../migrations/0004_shared_keys.postgres.sql"),
    ),
    (
        "0005_applications",
        include_str!("../migrations/0005_applications.postgres.sql"),
    ),
    (
        "0006_claims_checked",
        include_str!("../migrations/0006_claims_checked.postgres.sql"),
    ),
    (
        "0007_receipt_keys",
        include_str!("../migrations/0007_receipt_keys.postgres.sql"),
    ),
    (
        "0008_medical_viewers",
        include_str!("../migrations/0008_medical_viewers.postgres.sql"),
    ),
    (
        "0010_unknown_certificates",
        include_str!("../migrations/0010_unknown_certificates.postgres.sql"),
    ),
    (
        "0011_claim_files_let_go",
        include_str!("../migrations/0011_claim_files_let_go.postgres.sql"),
    ),
];

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
    /// What becomes of the terminal's earlier certificates.
    pub earlier: Earlier,
    /// Whether its terminal was revoked or issued anew since: it opens nothing any more.
    pub closed: bool,
}

/// What becomes of a terminal's earlier certificates when that of a new notice is first used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// They stay: another PC's, or the first of all.
    Stay,
    /// They are revoked: it was issued anew (再発行).
    Replaced,
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

pub(crate) fn number(code: InstitutionCode) -> i64 {
    code.as_u64().cast_signed()
}

/// Who acted, in an audit event.
pub(crate) fn actor(holder: &SignedIn) -> Actor {
    Actor::Account {
        facility: holder.facility,
        account: holder.account.clone(),
        certificate: holder.certificate,
    }
}

pub(crate) fn institution(number: i64) -> Result<InstitutionCode, StoreError> {
    InstitutionCode::parse(&format!("{number:010}")).map_err(|_| StoreError::Row("facility"))
}

/// A facility that begins, with all it begins with.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// The facility.
    pub facility: Facility,
    /// Its first accounts.
    pub accounts: Vec<Account>,
    /// Hash of its secret number (G06).
    pub secret_number: [u8; 32],
    /// The notice of its first terminal.
    pub notice: Notice,
    /// What is on record of it, in this order; the notice's is the last.
    pub events: Vec<Event>,
}

impl Engine {
    /// Stores a facility that begins, all of it or nothing. False when there is one of its code; nothing is written then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_facility(&self, beginning: Beginning) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let facility = &beginning.facility;
            let added = connection
                .prepare_cached(
                    "INSERT INTO facility VALUES (?1, ?2, ?3) ON CONFLICT (code) DO NOTHING",
                )?
                .execute(params![
                    number(facility.code),
                    facility.kind.as_str(),
                    facility.name
                ])?;
            if added == 0 {
                return Ok(false);
            }
            for account in &beginning.accounts {
                insert(connection, account)?;
            }
            let issued = beginning.notice.issued;
            let (secret_number, code) = (beginning.secret_number, facility.code);
            write_secret_number(connection, code, secret_number, issued)?;
            write_notice(connection, &beginning.notice)?;
            for event in &beginning.events {
                batch.append(connection, event, None)?;
            }
            // The last one is of the notice.
            if let Some(made) = beginning.events.last() {
                close_issued(connection, batch, &beginning.notice, made)?;
            }
            Ok(true)
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

    /// Stores a new notice, with `event` about it. The applications it is the answer to are closed with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_notice(&self, notice: Notice, event: Event) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            write_notice(connection, &notice)?;
            batch.append(connection, &event, None)?;
            close_issued(connection, batch, &notice, &event)
        })
        .await
    }

    /// A notice by its request ID.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notice(&self, request_id: &str) -> Result<Option<Notice>, StoreError> {
        type Raw = ([u8; 32], i64, String, i64, String, u32, bool, bool);
        let row: Option<Raw> = self.read(|connection| {
            let text = "SELECT reference_hash, facility, terminal, issued, deadline, wrong_tries, replaces, closed FROM notice WHERE request_id = ?1";
            let mut statement = connection.prepare_cached(text)?;
            let row = statement.query_row([request_id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
            });
            Ok(row.optional()?)
        })?;
        row.map(
            |(
                reference_hash,
                facility,
                terminal,
                issued,
                deadline,
                wrong_tries,
                replaces,
                closed,
            )| {
                Ok(Notice {
                    request_id: request_id.to_owned(),
                    reference_hash,
                    facility: institution(facility)?,
                    terminal,
                    issued: Instant::from_micros(issued),
                    deadline: CivilDate::parse_iso(&deadline)
                        .map_err(|_| StoreError::Row("notice"))?,
                    wrong_tries,
                    earlier: if replaces {
                        Earlier::Replaced
                    } else {
                        Earlier::Stay
                    },
                    closed,
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
                (true, Try::Right | Try::RightSoFar) => return Ok(Reference::Right),
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
}

fn write_notice(connection: &Connection, notice: &Notice) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO notice VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            notice.request_id,
            notice.reference_hash,
            number(notice.facility),
            notice.terminal,
            notice.issued.as_micros(),
            notice.deadline.to_string(),
            notice.wrong_tries,
            notice.earlier == Earlier::Replaced,
            notice.closed
        ])?;
    Ok(())
}
