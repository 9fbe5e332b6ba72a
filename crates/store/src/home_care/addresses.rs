//! Addresses that facilities give out for home care: one in force for each care. One that ended, or never was, leads nowhere.

use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::home_care::Care;
use domain::home_care::address::AddressId;
use domain::institution_code::InstitutionCode;
use domain::permit::{ManageHomeCare, Permit};

use crate::access::{actor, institution, number};
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::sql::{Connection, Row, params};

/// An address in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What stands in it.
    pub id: AddressId,
    /// Whose it is.
    pub facility: InstitutionCode,
    /// For which care.
    pub care: Care,
    /// When it was made.
    pub made: Instant,
    /// Who made it.
    pub account: String,
}

const COLUMNS: &str = "id, facility, care, made, account";

impl Engine {
    /// The addresses of the permit's facility that are in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_addresses(
        &self,
        permit: &Permit<ManageHomeCare>,
    ) -> Result<Vec<Address>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM home_address WHERE facility = ?1 AND ended IS NULL ORDER BY care"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([number(permit.facility())])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(address(&row)?);
            }
            Ok(found)
        })
    }

    /// The address of an identifier, if it is in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_address(&self, id: &AddressId) -> Result<Option<Address>, StoreError> {
        self.read(|connection| in_force(connection, id))
    }

    /// Makes an address for a care; the one before ends at this moment.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing changed.
    pub async fn make_home_address(
        &self,
        permit: &Permit<ManageHomeCare>,
        (care, id): (Care, AddressId),
        now: Instant,
        kept: Option<KeptAnswer>,
    ) -> Result<Option<Earlier>, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Some(earlier));
            }
            let facility = number(holder.facility);
            let ended = connection
                .prepare_cached("UPDATE home_address SET ended = ?3 WHERE facility = ?1 AND care = ?2 AND ended IS NULL")?
                .execute(params![facility, care.as_str(), now.as_micros()])?;
            connection
                .prepare_cached("INSERT INTO home_address VALUES (?1, ?2, ?3, ?4, ?5, NULL)")?
                .execute(params![
                    id.as_str(),
                    facility,
                    care.as_str(),
                    now.as_micros(),
                    holder.account.as_str()
                ])?;
            // Pages that were opened by the old one end with it.
            connection
                .prepare_cached("DELETE FROM home_page WHERE facility = ?1 AND check_id IS NULL
                    AND address IN (SELECT id FROM home_address WHERE facility = ?1 AND ended IS NOT NULL)")?
                .execute([facility])?;
            let event = Event {
                at: now,
                actor: actor(&holder),
                deed: Deed::HomeAddress,
                subject: None,
                detail: format!("care={} replaced={ended}", care.as_str()),
            };
            batch.append(connection, &event, None)?;
            Ok(None)
        })
        .await
    }
}

/// The address of an identifier, if it is in force, as the running transaction sees it.
pub(crate) fn in_force(
    connection: &Connection,
    id: &AddressId,
) -> Result<Option<Address>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM home_address WHERE id = ?1 AND ended IS NULL");
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(|row| address(&row)).transpose()
}

fn address(row: &Row<'_>) -> Result<Address, StoreError> {
    const FAILED: StoreError = StoreError::Row("home_address");
    let (id, care): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(Address {
        id: AddressId::parse(&id).map_err(|_| FAILED)?,
        facility: institution(row.get(1)?)?,
        care: Care::parse(&care).ok_or(FAILED)?,
        made: Instant::from_micros(row.get(3)?),
        account: row.get(4)?,
    })
}
