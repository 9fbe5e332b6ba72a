//! Pages that are open on a phone or tablet and wait for a device that reads the card. Known by the hash of what their browser holds; joined
//! to one check, once.

use domain::civil_date::Instant;
use domain::home_care::VISIT_LIFE_S;
use domain::home_care::address::{AddressId, JoinCode};
use domain::institution_code::InstitutionCode;
use domain::questions::LONGEST_PRESENCE_S;

use super::addresses::in_force;
use crate::access::{institution, number};
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// A page that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomePage {
    /// The address it was opened by.
    pub address: AddressId,
    /// The facility.
    pub facility: InstitutionCode,
    /// What a device names to join it.
    pub join: JoinCode,
    /// When it ends.
    pub until: Instant,
    /// The check that was joined, and the device that made it.
    pub joined: Option<(u128, u128)>,
}

impl Engine {
    /// Opens a page by an address; one that is open already stays as it is, so that a repetition harms nothing. False where the address
    /// leads nowhere.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_home_page(
        &self,
        id: [u8; 32],
        address: AddressId,
        join: JoinCode,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let Some(address) = in_force(connection, &address)? else {
                return Ok(false);
            };
            connection
                .prepare_cached("DELETE FROM home_page WHERE until <= ?1")?
                .execute([now.plus_seconds(-VISIT_LIFE_S).as_micros()])?;
            connection
                .prepare_cached(
                    "INSERT INTO home_page VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    id,
                    address.id.as_str(),
                    number(address.facility),
                    join.as_str(),
                    now.as_micros(),
                    now.plus_seconds(VISIT_LIFE_S).as_micros()
                ])?;
            Ok(true)
        })
        .await
    }

    /// The page of an identifier, while it is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_page(&self, id: [u8; 32], now: Instant) -> Result<Option<HomePage>, StoreError> {
        self.read(|connection| {
            let text = "SELECT address, facility, join_code, until, device, check_id FROM home_page
                WHERE id = ?1 AND ?2 < until";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![id, now.as_micros()])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            const FAILED: StoreError = StoreError::Row("home_page");
            let (address, join): (String, String) = (row.get(0)?, row.get(2)?);
            let number = |place: usize| -> Result<Option<u128>, StoreError> {
                let bytes: Option<[u8; 16]> = row.get(place)?;
                Ok(bytes.map(u128::from_be_bytes))
            };
            Ok(Some(HomePage {
                address: AddressId::parse(&address).map_err(|_| FAILED)?,
                facility: institution(row.get(1)?)?,
                join: JoinCode::parse(&join).ok_or(FAILED)?,
                until: Instant::from_micros(row.get(3)?),
                joined: number(5)?.zip(number(4)?),
            }))
        })
    }

    /// Forgets a page: whoever had it open has done with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_home_page(&self, id: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached("DELETE FROM home_page WHERE id = ?1")?
                .execute(params![id])?;
            Ok(())
        })
        .await
    }
}

/// Whether a page waits at a facility under a code.
pub(super) fn waits(
    connection: &Connection,
    facility: i64,
    join: &JoinCode,
    now: Instant,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM home_page WHERE facility = ?1 AND join_code = ?2 AND check_id IS NULL AND ?3 < until";
    let mut statement = connection.prepare_cached(text)?;
    Ok(statement.exists(params![facility, join.as_str(), now.as_micros()])?)
}

/// Joins a page that waits under a code to a check, within the running transaction. Its questions stand as long as the page said it would: nobody
/// holds a card there who renews them every few minutes.
pub(super) fn join(
    connection: &Connection,
    facility: i64,
    join: &JoinCode,
    (device, check, at): (u128, u128, Instant),
) -> Result<(), StoreError> {
    let check = check.to_be_bytes();
    connection
        .prepare_cached(
            "UPDATE home_page SET device = ?3, check_id = ?4 WHERE facility = ?1 AND join_code = ?2 AND check_id IS NULL",
        )?
        .execute(params![
            facility,
            join.as_str(),
            device.to_be_bytes(),
            check
        ])?;
    let text = "SELECT until FROM home_page WHERE facility = ?1 AND check_id = ?2";
    let until: Option<i64> = connection
        .prepare_cached(text)?
        .query_row(params![facility, check], |row| row.get(0))
        .optional()?;
    let Some(until) = until else {
        return Ok(());
    };
    let until = Instant::from_micros(until).min(at.plus_seconds(LONGEST_PRESENCE_S));
    connection
        .prepare_cached(
            "UPDATE card_check SET present_until = ?3 WHERE facility = ?1 AND id = ?2 AND present_until < ?3",
        )?
        .execute(params![facility, check, until.as_micros()])?;
    Ok(())
}
