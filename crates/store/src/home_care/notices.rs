//! What a facility of home care should know before a round: what ended lately, and which codes and consents end soon. Names nobody, so that it may
//! be read with every look at the main screen; whose something was is a question of its own.

use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::home_care::activation::CODE_ENDS_SOON_S;
use domain::home_care::{Care, TOLD_DAYS};
use domain::permit::{CareAtHome, Permit};
use domain::person::PersonId;

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, Row, params};

const COLUMNS: &str = "check_id, care, until, ended";

/// What ended between two instants.
const BETWEEN: &str = "?2 <= COALESCE(ended, until) AND COALESCE(ended, until) <= ?3";

/// What ended is listed so far.
const MOST_ENDED: u32 = 50;

/// Why something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The patient or staff ended it.
    Withdrawn,
    /// Its time was over.
    Expired,
}

impl Why {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// What was agreed and is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The check by card at which it was agreed.
    pub check: u128,
    /// For which care.
    pub care: Care,
    /// When it ended.
    pub at: Instant,
    /// Why.
    pub why: Why,
}

/// What is over, and whose it was.
#[derive(Debug, Clone)]
pub struct EndedPatient {
    /// What ended.
    pub ended: Ended,
    /// The person, as the insurers registered them.
    pub registration: Registration,
    /// The facility's own number for them.
    pub reference_number: Option<String>,
    /// Whether the check at which it was agreed was not let go.
    pub check_kept: bool,
}

/// What there is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices {
    /// Open activation codes that end soon.
    pub codes: u32,
    /// Consents that end soon by themselves.
    pub consents: u32,
    /// What ended lately, the newest first.
    pub ended: Vec<Ended>,
}

impl Engine {
    /// What the permit's facility should know of its home care now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_care_notices(
        &self,
        permit: &Permit<CareAtHome>,
        now: Instant,
    ) -> Result<Notices, StoreError> {
        let facility = number(permit.facility());
        self.read(|connection| {
            let codes = "SELECT count(*) FROM home_activation_code
                WHERE facility = ?1 AND state = 'open' AND ?2 < until AND until <= ?3";
            let consents = "SELECT count(*) FROM home_consent
                WHERE facility = ?1 AND ended IS NULL AND ?2 < until AND until <= ?3";
            let days = TOLD_DAYS * 86_400;
            Ok(Notices {
                codes: count(connection, codes, (facility, now), CODE_ENDS_SOON_S)?,
                consents: count(connection, consents, (facility, now), days)?,
                ended: ended(connection, facility, (now.plus_seconds(-days), now))?,
            })
        })
    }

    /// Whose that was which ended lately at the permit's facility, named by its check. The check itself may be gone: what is agreed stays when
    /// its month is let go. The caller records the look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ended_home_consent(
        &self,
        permit: &Permit<CareAtHome>,
        check: u128,
        now: Instant,
    ) -> Result<Option<EndedPatient>, StoreError> {
        let facility = number(permit.facility());
        let from = now.plus_seconds(-TOLD_DAYS * 86_400);
        let found = self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS}, person FROM home_consent WHERE facility = ?1 AND {BETWEEN} AND check_id = ?4"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let check = check.to_be_bytes();
            let values = params![facility, from.as_micros(), now.as_micros(), check];
            let mut rows = statement.query(values)?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let person = PersonId::from_u128(u128::from_be_bytes(row.get(4)?));
            Ok(Some((read(&row)?, person)))
        })?;
        let Some((ended, person)) = found else {
            return Ok(None);
        };
        // Whom the insurers took back is nobody.
        let Some(registration) = self.registration(person)? else {
            return Ok(None);
        };
        Ok(Some(EndedPatient {
            ended,
            registration,
            reference_number: self.reference_number(permit.facility(), person)?,
            check_kept: self.answer_of(facility, check)?.is_some(),
        }))
    }
}

fn count(
    connection: &Connection,
    text: &str,
    (facility, now): (i64, Instant),
    within_s: i64,
) -> Result<u32, StoreError> {
    let soon = now.plus_seconds(within_s);
    let count: i64 = connection.prepare_cached(text)?.query_row(
        params![facility, now.as_micros(), soon.as_micros()],
        |row| row.get(0),
    )?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

fn ended(
    connection: &Connection,
    facility: i64,
    (from, now): (Instant, Instant),
) -> Result<Vec<Ended>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM home_consent WHERE facility = ?1 AND {BETWEEN}
         ORDER BY COALESCE(ended, until) DESC LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let values = params![facility, from.as_micros(), now.as_micros(), MOST_ENDED];
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Ended, StoreError> {
    let (care, until): (String, i64) = (row.get(1)?, row.get(2)?);
    let ended: Option<i64> = row.get(3)?;
    Ok(Ended {
        check: u128::from_be_bytes(row.get(0)?),
        care: Care::parse(&care).ok_or(StoreError::Row("home_consent"))?,
        at: Instant::from_micros(ended.unwrap_or(until)),
        why: ended.map_or(Why::Expired, |_| Why::Withdrawn),
    })
}
