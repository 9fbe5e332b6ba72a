//! People found without their card (G28): by insurance data, or by name, birth date, sex and address. Answers with one person or none, and
//! never says how many others there are.

use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::emergency::WithoutCard;
use domain::emergency::description::{Description, Item, Outcome, tags_of};
use domain::insured::{Branch, InsuranceKey};
use domain::permit::Permit;
use domain::person::{Person, PersonId};

use super::households::{self, registration_of};
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// Who is looked for.
#[derive(Clone)]
pub enum Sought {
    /// By what somebody says of them.
    Described(Description),
    /// By insurance data.
    Insured {
        /// Their matching form.
        key: InsuranceKey,
        /// Branch, where it was given.
        branch: Option<Branch>,
        /// Birth date.
        birth_date: CivilDate,
    },
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sought(…)")
    }
}

/// Who was found.
#[derive(Debug, Clone)]
pub enum FoundWithoutCard {
    /// One person.
    One(Box<Registration>),
    /// Not enough is known to say who.
    OneMore(Item),
    /// Nobody.
    Nobody,
}

impl Engine {
    /// Looks for one person without their card.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find_without_card<A: WithoutCard>(
        &self,
        _: &Permit<A>,
        sought: &Sought,
    ) -> Result<FoundWithoutCard, StoreError> {
        self.registry().read(|connection| match sought {
            Sought::Described(description) => described(connection, description),
            Sought::Insured {
                key,
                branch,
                birth_date,
            } => insured(connection, key, *branch, *birth_date),
        })
    }
}

fn described(
    connection: &Connection,
    description: &Description,
) -> Result<FoundWithoutCard, StoreError> {
    let wanted = description.tags();
    let mut statement =
        connection.prepare_cached("SELECT person, tags FROM person_by_birth WHERE day = ?1")?;
    let mut rows = statement.query([description.birth_date().to_epoch_days()])?;
    let mut candidates = Vec::new();
    while let Some(row) = rows.next()? {
        let tags = row.get_ref(1)?.as_blob();
        let tags = tags.map_err(|_| StoreError::Row("person_by_birth"))?;
        if bears(tags, &wanted) {
            let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
            candidates.extend(registration_of(connection, id)?);
        }
    }
    let people: Vec<&Person> = candidates.iter().map(|it| &it.person).collect();
    Ok(match description.meant(people) {
        Outcome::One(id) => {
            let one = candidates.into_iter().find(|it| it.person.id == id);
            one.map_or(FoundWithoutCard::Nobody, |it| {
                FoundWithoutCard::One(Box::new(it))
            })
        }
        Outcome::OneMore(item) => FoundWithoutCard::OneMore(item),
        Outcome::Nobody => FoundWithoutCard::Nobody,
    })
}

fn insured(
    connection: &Connection,
    key: &InsuranceKey,
    branch: Option<Branch>,
    birth_date: CivilDate,
) -> Result<FoundWithoutCard, StoreError> {
    let mut found = households::led_to(connection, key.as_str(), Some(birth_date))?;
    found.retain(|registration| {
        let mut coverages = registration.coverages.iter();
        coverages.any(|coverage| coverage.goes_by(key, branch))
    });
    let mut found = found.into_iter();
    Ok(match (found.next(), found.next(), branch) {
        (Some(one), None, _) => FoundWithoutCard::One(Box::new(one)),
        (Some(_), Some(_), None) => FoundWithoutCard::OneMore(Item::Branch),
        (Some(_), Some(_), Some(_)) => FoundWithoutCard::OneMore(Item::Name),
        (None, _, _) => FoundWithoutCard::Nobody,
    })
}

/// Whether packed tags hold one of these.
fn bears(packed: &[u8], wanted: &[u16]) -> bool {
    let (tags, _) = packed.as_chunks::<2>();
    tags.iter()
        .any(|tag| wanted.contains(&u16::from_be_bytes(*tag)))
}

/// What of a person's names a search is held against.
pub(super) fn tags(person: &Person) -> Vec<u8> {
    let tags = tags_of(person).into_iter();
    tags.flat_map(u16::to_be_bytes).collect()
}

/// Enters somebody born on a day, or takes them out where there are no tags.
pub(super) fn write(
    connection: &Connection,
    (day, person): (i32, [u8; 16]),
    tags: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    match tags {
        Some(tags) => connection
            .prepare_cached("INSERT INTO person_by_birth VALUES (?1, ?2, ?3) ON CONFLICT (day, person) DO UPDATE SET tags = excluded.tags")?
            .execute(params![day, person, tags])?,
        None => connection
            .prepare_cached("DELETE FROM person_by_birth WHERE day = ?1 AND person = ?2")?
            .execute(params![day, person])?,
    };
    Ok(())
}
