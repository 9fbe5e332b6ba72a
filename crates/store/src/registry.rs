//! People and their coverages, found by the matching form of an insurance key or by a card. Decides nothing about them.

pub mod cards;

use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::insured::InsuranceKey;
use domain::permit::{AskByNumber, Permit};
use domain::person::PersonId;
use rusqlite::{Connection, params};

use crate::database::Migration;
use crate::engine::{Engine, StoreError};
use crate::rows;

/// The schema of the registry's file.
pub(crate) const MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.registry.sql"),
)];

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
        self.registry().read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT i.person, i.record, r.number FROM insured i
                 LEFT JOIN reference_number r ON r.facility = ?2 AND r.person = i.person
                 WHERE i.key = ?1 ORDER BY i.person LIMIT 16",
            )?;
            let mut rows = statement.query(params![key.as_str(), facility])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let record = row
                    .get_ref(1)?
                    .as_blob()
                    .map_err(|_| StoreError::Row("person"))?;
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
        self.registry()
            .write(move |connection, _| {
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
        self.registry()
            .write(move |connection, _| {
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
        self.registry().read(|connection| {
            Ok(connection.query_row(
                "SELECT count(DISTINCT person) FROM person_key",
                [],
                |row| row.get(0),
            )?)
        })
    }
}

fn store_person(connection: &Connection, registration: &Registration) -> Result<(), StoreError> {
    let id = registration.person.id.as_u128().to_be_bytes();
    let mut statement =
        connection.prepare_cached("DELETE FROM person_key WHERE person = ?1 RETURNING key")?;
    let known = statement.query_map([id], |row| row.get(0))?;
    for key in known.collect::<Result<Vec<String>, _>>()? {
        connection
            .prepare_cached("DELETE FROM insured WHERE key = ?1 AND person = ?2")?
            .execute(params![key, id])?;
    }
    let record = rows::pack(registration)?;
    // Somebody who never had a coverage is found by card alone; no question has an empty key.
    let mut keys: Vec<String> = registration
        .coverages
        .iter()
        .map(|coverage| coverage.key().as_str().to_owned())
        .collect();
    if keys.is_empty() {
        keys.push(String::new());
    }
    for key in keys {
        connection
            .prepare_cached("INSERT OR IGNORE INTO insured VALUES (?1, ?2, ?3)")?
            .execute(params![key, id, record])?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO person_key VALUES (?1, ?2)")?
            .execute(params![id, key])?;
    }
    Ok(())
}
