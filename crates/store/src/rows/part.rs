//! The packed form of one insurer's part of a person, as it waits to be published. A row, not the domain: it may change only together with a
//! migration.

use domain::civil_date::CivilDate;
use domain::codes::person::Sex;
use domain::coverage::Registration;
use domain::feed::part::Part;
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId, PersonName};
use serde::{Deserialize, Serialize};

use super::{pack, unpack};
use crate::engine::StoreError;

const FAILED: StoreError = StoreError::Row("arriving_part");

#[derive(Serialize, Deserialize)]
struct PartRow {
    /// 0 for the register.
    insurer: u32,
    is_known: bool,
    is_confirmed: bool,
    has_person: bool,
    refused: u32,
    /// The person, nobody where the feed says nothing of them, with the insurer's coverages.
    record: Vec<u8>,
}

/// Packs an insurer's part of a person.
pub(crate) fn pack_part(part: &Part) -> Result<Vec<u8>, StoreError> {
    let registration = Registration {
        person: part.person.clone().map_or_else(nobody, Ok)?,
        coverages: part.coverages.clone(),
    };
    let row = PartRow {
        insurer: part.insurer.map_or(0, InsurerNumber::as_u32),
        is_known: part.is_known,
        is_confirmed: part.is_confirmed,
        has_person: part.person.is_some(),
        refused: part.refused,
        record: pack(&registration)?,
    };
    postcard::to_stdvec(&row).map_err(|_| FAILED)
}

/// Unpacks an insurer's part of a person.
pub(crate) fn unpack_part(id: PersonId, bytes: &[u8]) -> Result<Part, StoreError> {
    let row: PartRow = postcard::from_bytes(bytes).map_err(|_| FAILED)?;
    let registration = unpack(id, &row.record)?;
    Ok(Part {
        insurer: InsurerNumber::from_u32(row.insurer).ok(),
        is_known: row.is_known,
        is_confirmed: row.is_confirmed,
        refused: row.refused,
        person: row.has_person.then_some(registration.person),
        coverages: registration.coverages,
    })
}

/// Stands where the feed says nothing of a person.
fn nobody() -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId::from_u128(0),
        name: PersonName::parse("-").map_err(|_| FAILED)?,
        name_of_other: None,
        kana: None,
        kana_of_other: None,
        sex: Sex::Unset,
        shown_sex: None,
        birth_date: CivilDate::earliest(),
        address: None,
        postal_code: None,
    })
}
