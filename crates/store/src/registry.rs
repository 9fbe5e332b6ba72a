//! People and their coverages, found by the matching form of an insurance key. Decides nothing about them.

use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::insured::InsuranceKey;
use domain::permit::{AskByNumber, Permit};
use domain::person::PersonId;
use rusqlite::{Connection, params};

use crate::engine::{Engine, StoreError};
use crate::rows;

/// A registration with the asking facility's own number for the person.
#[derive(Debug, Clone)]
pub struct Found {
    /// Person and coverages.
    pub registration: Registration,
    /// The facility's reference number (照会番号).
    pub reference_number: Option<String>,
}

impl Engine {
    /// Everybody one insurance key leads to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_up(
        &self,
        permit: &Permit<AskByNumber>,
        key: &InsuranceKey,
    ) -> Result<Vec<Found>, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT p.id, p.record, r.number FROM insurance_key k JOIN person p ON p.id = k.person
                 LEFT JOIN reference_number r ON r.facility = ?2 AND r.person = p.id
                 WHERE k.key = ?1 ORDER BY k.person LIMIT 16",
            )?;
            let mut rows = statement.query(params![key.as_str(), facility])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let record = row.get_ref(1)?.as_blob().map_err(|_| StoreError::Row("person"))?;
                found.push(Found {
                    registration: rows::unpack(id, record)?,
                    reference_number: row.get(2)?,
                });
            }
            Ok(found)
        })
    }

    /// Stores people, replacing those already known by the same identifier. All or none of them.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_people(&self, people: Vec<Registration>) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            people
                .iter()
                .try_for_each(|person| store_person(connection, person))
        })
        .await
    }

    /// Stores a facility's own number for a person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_reference_number(
        &self,
        facility: InstitutionCode,
        person: PersonId,
        number: String,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO reference_number VALUES (?1, ?2, ?3)")?
                .execute(params![
                    facility.as_u64().cast_signed(),
                    person.as_u128().to_be_bytes(),
                    number
                ])?;
            Ok(())
        })
        .await
    }

    /// How many people are stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn people(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?)
        })
    }
}

fn store_person(connection: &Connection, registration: &Registration) -> Result<(), StoreError> {
    let id = registration.person.id.as_u128().to_be_bytes();
    let known: Option<Vec<u8>> = connection
        .prepare_cached("SELECT record FROM person WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .map(Some)
        .or_else(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Ok(None),
            other => Err(other),
        })?;
    if let Some(known) = known {
        for coverage in rows::unpack(registration.person.id, &known)?.coverages {
            connection
                .prepare_cached("DELETE FROM insurance_key WHERE key = ?1 AND person = ?2")?
                .execute(params![coverage.key().as_str(), id])?;
        }
    }
    let record = rows::pack(registration)?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO person VALUES (?1, ?2)")?
        .execute(params![id, record])?;
    for coverage in &registration.coverages {
        connection
            .prepare_cached("INSERT OR IGNORE INTO insurance_key VALUES (?1, ?2)")?
            .execute(params![coverage.key().as_str(), id])?;
    }
    Ok(())
}
