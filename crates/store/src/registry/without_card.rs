//! People found without their card (G28): by insurance data, or by name, birth date, sex and address. Answers with one person or none, and
//! never says how many others there are.

use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::emergency::WithoutCard;
use domain::emergency::description::{Description, Item, Outcome, tags_of};
use domain::insured::{Branch, InsuranceKey};
use domain::permit::Permit;
use domain::person::{Person, PersonId};

use crate::engine::{Engine, StoreError};
use crate::rows;
use crate::sql::{Connection, OptionalExtension, params};

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
            candidates.extend(record(connection, row.get(0)?)?);
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
    let text = "SELECT person, record FROM insured WHERE key = ?1 ORDER BY person LIMIT 16";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([key.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
        let bytes = row.get_ref(1)?.as_blob();
        let registration = rows::unpack(id, bytes.map_err(|_| StoreError::Row("person"))?)?;
        let fits = registration.coverages.iter().any(|coverage| {
            let branch = match (branch, coverage.branch) {
                (Some(asked), Some(registered)) => asked == registered,
                (None, _) | (_, None) => true,
            };
            branch && coverage.key() == *key
        });
        if fits && registration.person.birth_date == birth_date {
            found.push(registration);
        }
    }
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

/// A person's registration; `None` for one who is gone since.
fn record(connection: &Connection, person: [u8; 16]) -> Result<Option<Registration>, StoreError> {
    let text = "SELECT i.record FROM person_key k
        JOIN insured i ON i.key = k.key AND i.person = k.person WHERE k.person = ?1 LIMIT 1";
    let mut statement = connection.prepare_cached(text)?;
    let record: Option<Vec<u8>> = statement.query_row([person], |row| row.get(0)).optional()?;
    let id = PersonId::from_u128(u128::from_be_bytes(person));
    record.map(|it| rows::unpack(id, &it)).transpose()
}

/// Enters a person.
pub(super) fn enter(connection: &Connection, person: &Person) -> Result<(), StoreError> {
    let tags: Vec<u8> = tags_of(person)
        .into_iter()
        .flat_map(u16::to_be_bytes)
        .collect();
    connection
        .prepare_cached("INSERT INTO person_by_birth VALUES (?1, ?2, ?3) ON CONFLICT (day, person) DO UPDATE SET tags = excluded.tags")?
        .execute(params![
            person.birth_date.to_epoch_days(),
            person.id.as_u128().to_be_bytes(),
            tags
        ])?;
    Ok(())
}

/// Takes a person out, of whom this record was stored.
pub(super) fn take_out(
    connection: &Connection,
    person: PersonId,
    record: &[u8],
) -> Result<(), StoreError> {
    let was = rows::unpack(person, record)?.person;
    connection
        .prepare_cached("DELETE FROM person_by_birth WHERE day = ?1 AND person = ?2")?
        .execute(params![
            was.birth_date.to_epoch_days(),
            person.as_u128().to_be_bytes()
        ])?;
    Ok(())
}
