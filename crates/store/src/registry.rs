//! People and their coverages, found by the matching form of an insurance key or by a card. Decides nothing about them.

pub mod cards;
pub mod feeds;
pub(crate) mod households;
pub mod identity;
pub mod insurer_feeds;
pub mod medical_information;
pub mod without_card;

use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::insured::InsuranceKey;
use domain::medical_aid::TreatmentMonth;
use domain::permit::{AskByNumber, AskInBulk, Permit};
use domain::person::PersonId;

use self::households::Members;
pub use self::households::Prepared;
pub use self::households::first_load::FirstLoad;
pub(crate) use self::households::registration_of;
use crate::database::Migration;
use crate::engine::{Engine, StoreError};
use crate::sql::params;

/// The schema of the registry's file.
pub(crate) const MIGRATIONS: &[Migration] = &[
    (
        "0001_start",
        include_str!("../migrations/0001_start.registry.sql"),
    ),
    (
        "0002_earlier_cards",
        include_str!("../migrations/0002_earlier_cards.registry.sql"),
    ),
    (
        "0003_card_batches",
        include_str!("../migrations/0003_card_batches.registry.sql"),
    ),
];

/// The same as a schema of a server.
pub(crate) const SERVER_MIGRATIONS: &[Migration] = &[
    (
        "0001_start",
        include_str!("../migrations/0001_start.registry.postgres.sql"),
    ),
    (
        "0002_earlier_cards",
        include_str!("../migrations/0002_earlier_cards.registry.postgres.sql"),
    ),
    (
        "0003_card_batches",
        include_str!("../migrations/0003_card_batches.registry.postgres.sql"),
    ),
];

/// A registration with the asking facility's own number for the person.
#[derive(Debug, Clone)]
pub struct Found {
    /// Person and coverages.
    pub registration: Registration,
    /// The facility's reference number (照会番号).
    pub reference_number: Option<String>,
}

/// How many people to give to a [`FirstLoad`] at once.
pub const SORTED_AT_ONCE: u64 = 50_000;

/// How many people to store at once where so many are to be loaded. A transaction writes a page for each birth date that it meets, 36,000 at most:
/// of a country's people more share each, at the price of memory (about 2 KB a person until they are stored).
#[must_use]
pub fn at_once(people: u64) -> u64 {
    (people / 40).clamp(50_000, 250_000)
}

impl Engine {
    /// Those born on a day to whom one insurance key leads.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look_up(
        &self,
        _: &Permit<AskByNumber>,
        key: &InsuranceKey,
        born: CivilDate,
    ) -> Result<Vec<Registration>, StoreError> {
        let text = households::LED_TO;
        let Some(rows) = self.registry().ask(text, &[&key.as_str()]).await else {
            return self.led_to(key, Some(born));
        };
        let mut members = Members::default();
        for row in rows? {
            members.read(&row, Some(born))?;
        }
        members.with_others(|person| self.registration(person))
    }

    /// Those to whom one insurance key of a bulk order leads, born on a day where it is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_up_in_bulk(
        &self,
        _: &Permit<AskInBulk>,
        key: &InsuranceKey,
        born: Option<CivilDate>,
    ) -> Result<Vec<Registration>, StoreError> {
        self.led_to(key, born)
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

    pub(crate) fn led_to(
        &self,
        key: &InsuranceKey,
        born: Option<CivilDate>,
    ) -> Result<Vec<Registration>, StoreError> {
        self.registry()
            .read(|connection| households::led_to(connection, key.as_str(), born))
    }

    /// Stores people, replacing those already known by the same identifier. All or none of them.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_people(&self, people: Vec<Registration>) -> Result<(), StoreError> {
        self.store_prepared(people.into_iter().map(Prepared::of).collect())
            .await
    }

    /// Stores people as [`Engine::store_people`] does, worked out before on whatever thread: the writer is left what only it can do.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_prepared(&self, people: Vec<Prepared>) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| households::store_people(connection, people))
            .await
    }

    /// Whether somebody born on another day is stored under the identifier of one of these people.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holds_others(&self, people: &[Registration]) -> Result<bool, StoreError> {
        for it in people {
            let stored = self.registration(it.person.id)?;
            if stored.is_some_and(|stored| stored.person.birth_date != it.person.birth_date) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many people are stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn people(&self) -> Result<u64, StoreError> {
        self.registry().read(|connection| {
            Ok(connection.query_row("SELECT count(*) FROM person_place", [], |row| row.get(0))?)
        })
    }
}
