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
    /// The person, nobody where the feed says nothing of them, with the insurer's coverages.
    record: Vec<u8>,
}

/// Packs an insurer's part of a person. How many lines were refused, and the line that brought a coverage, stand behind the row, and only where
/// there are any: other parts are packed as they always were, so that what was packed before is read, and the hashes of what a batch left stay what they are.
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
        record: pack(&registration)?,
    };
    let mut packed = postcard::to_stdvec(&row).map_err(|_| FAILED)?;
    if 0 < part.refused || 0 < part.brought {
        packed = postcard::to_extend(&part.refused, packed).map_err(|_| FAILED)?;
    }
    if 0 < part.brought {
        packed = postcard::to_extend(&part.brought, packed).map_err(|_| FAILED)?;
    }
    Ok(packed)
}

/// Unpacks an insurer's part of a person.
pub(crate) fn unpack_part(id: PersonId, bytes: &[u8]) -> Result<Part, StoreError> {
    let (row, rest): (PartRow, &[u8]) = postcard::take_from_bytes(bytes).map_err(|_| FAILED)?;
    let (refused, rest): (u32, &[u8]) = if rest.is_empty() {
        (0, rest)
    } else {
        postcard::take_from_bytes(rest).map_err(|_| FAILED)?
    };
    let brought: u64 = if rest.is_empty() {
        0
    } else {
        postcard::from_bytes(rest).map_err(|_| FAILED)?
    };
    let registration = unpack(id, &row.record)?;
    Ok(Part {
        insurer: InsurerNumber::from_u32(row.insurer).ok(),
        is_known: row.is_known,
        is_confirmed: row.is_confirmed,
        refused,
        brought,
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

#[cfg(test)]
mod tests {
    use synthetic::population::Population;

    use super::*;

    fn part(refused: u32) -> (PersonId, Part) {
        let it = Population::new(11).person(6).unwrap();
        let part = Part {
            insurer: InsurerNumber::from_u32(6_139_992).ok(),
            is_known: true,
            person: Some(it.person.clone()),
            coverages: it.coverages,
            is_confirmed: false,
            refused,
            brought: 0,
        };
        (it.person.id, part)
    }

    /// As a part was packed before lines that were refused were counted: insurer, three flags, the record with its length.
    fn packed_before(part: &Part) -> Vec<u8> {
        let record = pack(&Registration {
            person: part.person.clone().unwrap(),
            coverages: part.coverages.clone(),
        });
        let mut bytes = vec![0xd8, 0xe0, 0xf6, 0x02, 1, 0, 1];
        bytes.extend(postcard::to_stdvec(&record.unwrap()).unwrap());
        bytes
    }

    #[test]
    fn a_part_without_a_refused_line_is_packed_and_read_as_it_always_was() {
        let (id, part) = part(0);
        let before = packed_before(&part);
        assert_eq!(pack_part(&part).unwrap(), before);
        assert!(unpack_part(id, &before).unwrap() == part);
    }

    #[test]
    fn how_many_lines_were_refused_comes_back() {
        for refused in [1, 127, 128, u32::MAX] {
            let (id, part) = part(refused);
            let packed = pack_part(&part).unwrap();
            assert!(packed.starts_with(&packed_before(&part)));
            assert!(unpack_part(id, &packed).unwrap() == part);
        }
    }

    #[test]
    fn the_line_that_brought_a_coverage_comes_back() {
        for (refused, brought) in [(0, 1), (0, u64::MAX), (300, 2), (1, 128)] {
            let (id, mut part) = part(refused);
            part.brought = brought;
            let packed = pack_part(&part).unwrap();
            assert!(packed.starts_with(&packed_before(&part)));
            assert!(unpack_part(id, &packed).unwrap() == part);
        }
    }
}
