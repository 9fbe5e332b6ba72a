//! People and their coverages, found by the matching form of an insurance key or by a card. Decides nothing about them.

pub mod cards;
pub mod feeds;
pub mod identity;
pub mod insurer_feeds;
pub mod medical_information;
pub mod without_card;

use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::insured::InsuranceKey;
use domain::medical_aid::TreatmentMonth;
use domain::permit::{AskByNumber, AskInBulk, Permit};
use domain::person::PersonId;

use crate::database::Migration;
use crate::engine::{Engine, StoreError};
use crate::rows;
use crate::sql::{Connection, OptionalExtension, params};

/// The schema of the registry's file.
pub(crate) const MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.registry.sql"),
)];

/// The same as a schema of a server.
pub(crate) const SERVER_MIGRATIONS: &[Migration] = &[(
    "0001_start",
    include_str!("../migrations/0001_start.registry.postgres.sql"),
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
        self.found(permit.facility(), key)
    }

    /// Everybody one insurance key of a bulk order leads to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_up_in_bulk(
        &self,
        permit: &Permit<AskInBulk>,
        key: &InsuranceKey,
    ) -> Result<Vec<Found>, StoreError> {
        self.found(permit.facility(), key)
    }

    /// A person of a list or of a reference number of the permit's facility.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn registered(
        &self,
        permit: &Permit<AskInBulk>,
        person: PersonId,
    ) -> Result<Option<Found>, StoreError> {
        let Some(registration) = self.registration(person)? else {
            return Ok(None);
        };
        Ok(Some(Found {
            registration,
            reference_number: self.reference_number(permit.facility(), person)?,
        }))
    }

    /// A person with their coverages, for whoever holds a right to them already.
    pub(crate) fn registration(
        &self,
        person: PersonId,
    ) -> Result<Option<Registration>, StoreError> {
        self.registry()
            .read(|connection| registration_of(connection, person))
    }

    /// Who has a ticket of medical aid for the permit's facility in a month, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ticket_holders(
        &self,
        permit: &Permit<AskInBulk>,
        month: TreatmentMonth,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        self.registry().read(|connection| {
            let text = "SELECT person FROM ticket_month WHERE facility = ?1 AND month = ?2
                ORDER BY person LIMIT ?3";
            let mut statement = connection.prepare_cached(text)?;
            let people = statement.query_map(params![facility, month.to_iso(), limit], |row| {
                Ok(PersonId::from_u128(u128::from_be_bytes(row.get(0)?)))
            })?;
            Ok(people.collect::<Result<_, _>>()?)
        })
    }

    fn found(
        &self,
        facility: InstitutionCode,
        key: &InsuranceKey,
    ) -> Result<Vec<Found>, StoreError> {
        let mut found = self.registry().read(|connection| {
            let text = "SELECT person, record FROM insured WHERE key = ?1 ORDER BY person LIMIT 16";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([key.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let record = row
                    .get_ref(1)?
                    .as_blob()
                    .map_err(|_| StoreError::Row("person"))?;
                found.push(Found {
                    registration: rows::unpack(id, record)?,
                    reference_number: None,
                });
            }
            Ok(found)
        })?;
        for it in &mut found {
            it.reference_number = self.reference_number(facility, it.registration.person.id)?;
        }
        Ok(found)
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

/// A person with their coverages.
pub(crate) fn registration_of(
    connection: &Connection,
    person: PersonId,
) -> Result<Option<Registration>, StoreError> {
    let text = "SELECT i.record FROM person_key k
        JOIN insured i ON i.key = k.key AND i.person = k.person WHERE k.person = ?1 LIMIT 1";
    let mut statement = connection.prepare_cached(text)?;
    let record: Option<Vec<u8>> = statement
        .query_row([person.as_u128().to_be_bytes()], |row| row.get(0))
        .optional()?;
    record
        .map(|record| rows::unpack(person, &record))
        .transpose()
}

pub(crate) fn store_person(
    connection: &Connection,
    registration: &Registration,
) -> Result<(), StoreError> {
    let id = registration.person.id.as_u128().to_be_bytes();
    remove_person(connection, registration.person.id)?;
    without_card::enter(connection, &registration.person)?;
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
            .prepare_cached("INSERT INTO insured VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
            .execute(params![key, id, record])?;
        connection
            .prepare_cached("INSERT INTO person_key VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![id, key])?;
    }
    for ticket in registration.coverages.iter().flat_map(|it| &it.tickets) {
        let facility = ticket.facility.as_u64().cast_signed();
        connection
            .prepare_cached("INSERT INTO ticket_month VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
            .execute(params![facility, ticket.month.to_iso(), id])?;
    }
    Ok(())
}

/// Takes a person out of everything they are found by.
pub(crate) fn remove_person(connection: &Connection, person: PersonId) -> Result<(), StoreError> {
    let id = person.as_u128().to_be_bytes();
    let mut statement =
        connection.prepare_cached("DELETE FROM person_key WHERE person = ?1 RETURNING key")?;
    let known = statement.query_map([id], |row| row.get(0))?;
    let known = known.collect::<Result<Vec<String>, _>>()?;
    if !known.is_empty() {
        connection
            .prepare_cached("DELETE FROM ticket_month WHERE person = ?1")?
            .execute([id])?;
    }
    let mut earlier: Option<Vec<u8>> = None;
    for key in known {
        let text = "DELETE FROM insured WHERE key = ?1 AND person = ?2 RETURNING record";
        let mut statement = connection.prepare_cached(text)?;
        let gone = statement.query_row(params![key, id], |row| row.get(0));
        earlier = gone.optional()?.or(earlier);
    }
    if let Some(record) = earlier {
        without_card::take_out(connection, person, &record)?;
    }
    Ok(())
}
