//! What a check by card at home has beside what any has: the device, the care, and whether the patient agreed to it. Written and changed
//! within the transactions of `cards`.

use domain::civil_date::Instant;
use domain::home_care::Care;
use domain::home_care::address::{AddressId, JoinCode};
use domain::institution_code::InstitutionCode;
use domain::questions::Choice;

use super::pages;
use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// What is recorded with a check by card at home.
#[derive(Debug, Clone)]
pub struct NewHomeCheck {
    /// The device.
    pub device: u128,
    /// The address it was begun by.
    pub address: AddressId,
    /// For which care.
    pub care: Care,
    /// The page that waits for it.
    pub join: Option<JoinCode>,
    /// Whether the patient is asked for their consent to the care: nobody is without coverage.
    pub asks: Asks,
    /// Whose word it is that staff compared face and photo, where the method is theirs.
    pub confirmed_by: Option<String>,
}

/// Whether home care is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// It is, beside the questions of any check.
    HomeCare,
    /// Nothing is.
    Nothing,
}

/// A check by card at home as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeCheck {
    /// The device that made it.
    pub device: u128,
    /// For which care.
    pub care: Care,
    /// What the patient answered; `None` until they did.
    pub agreed: Option<Choice>,
}

/// Whether the patient agrees to home care, and until when what they agree to would count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeAnswer {
    /// The answer.
    pub agreed: Choice,
    /// The end of what is agreed to now.
    pub until: Instant,
}

impl Engine {
    /// What a check by card at home has beside what any has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_check(
        &self,
        facility: InstitutionCode,
        id: u128,
    ) -> Result<Option<HomeCheck>, StoreError> {
        self.read(|connection| find(connection, number(facility), id))
    }

    /// Whether a page waits at a facility under a code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_page_waits(
        &self,
        facility: InstitutionCode,
        join: &JoinCode,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.read(|connection| pages::waits(connection, number(facility), join, now))
    }
}

/// Writes down what belongs to a check by card at home, and joins it to the page that waits.
pub(crate) fn insert(
    connection: &Connection,
    facility: i64,
    (id, at): (u128, Instant),
    new: &NewHomeCheck,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO home_check VALUES (?1, ?2, ?3, ?4, ?5, NULL)")?
        .execute(params![
            facility,
            id.to_be_bytes(),
            new.device.to_be_bytes(),
            new.care.as_str(),
            new.address.as_str()
        ])?;
    match &new.join {
        Some(join) => pages::join(connection, facility, join, (new.device, id, at)),
        None => Ok(()),
    }
}

pub(crate) fn find(
    connection: &Connection,
    facility: i64,
    id: u128,
) -> Result<Option<HomeCheck>, StoreError> {
    const FAILED: StoreError = StoreError::Row("home_check");
    let text = "SELECT device, care, agreed FROM home_check WHERE facility = ?1 AND check_id = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, id.to_be_bytes()])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (care, agreed): (String, Option<String>) = (row.get(1)?, row.get(2)?);
    let agreed = agreed.map(|it| Choice::parse(&it).ok_or(FAILED));
    Ok(Some(HomeCheck {
        device: u128::from_be_bytes(row.get(0)?),
        care: Care::parse(&care).ok_or(FAILED)?,
        agreed: agreed.transpose()?,
    }))
}

/// Writes down what the patient answered to home care.
pub(crate) fn answer(
    connection: &Connection,
    facility: i64,
    id: u128,
    agreed: Choice,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE home_check SET agreed = ?3 WHERE facility = ?1 AND check_id = ?2")?
        .execute(params![facility, id.to_be_bytes(), agreed.as_str()])?;
    Ok(())
}
