//! The claims entry (オンライン請求): accounts, sessions, filings, files on their way, submissions and what their checks found. Every query is
//! bounded by review body and facility; reads no claim.

pub mod accounts;
pub mod filings;
pub mod history;
pub mod openings;
pub mod proofs;
pub mod sessions;
pub mod submissions;
pub mod uploads;

use domain::account::AccountId;
use domain::claims::entry::Holder;
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;

use crate::access::{institution, number};
use crate::engine::StoreError;
use crate::sql::Row;

/// A claims account by its whole name: the same identifier may be in use at each review body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The review body.
    pub tenant: Tenant,
    /// The facility.
    pub facility: InstitutionCode,
    /// The identifier.
    pub id: AccountId,
}

impl Key {
    /// The account of whoever is signed in.
    #[must_use]
    pub fn of(holder: &Holder) -> Self {
        Self {
            tenant: holder.tenant,
            facility: holder.facility,
            id: holder.account.clone(),
        }
    }

    fn facility(&self) -> i64 {
        number(self.facility)
    }
}

/// The tenant of a column.
fn tenant(row: &Row<'_>, column: &str, table: &'static str) -> Result<Tenant, StoreError> {
    let text: String = row.get(column)?;
    Tenant::parse(&text).ok_or(StoreError::Row(table))
}

/// The facility of the column of that name.
fn facility(row: &Row<'_>) -> Result<InstitutionCode, StoreError> {
    institution(row.get("facility")?)
}

/// The account of the column of that name.
fn account(row: &Row<'_>, column: &str, table: &'static str) -> Result<AccountId, StoreError> {
    let text: String = row.get(column)?;
    AccountId::parse(&text).map_err(|_| StoreError::Row(table))
}

/// An identifier of sixteen bytes.
fn id(row: &Row<'_>, column: &str) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(row.get(column)?))
}
