//! Whether insurers and the resident register agree about who somebody is (本人確認). While they do not, no medical information of the
//! person is seen; what an insurer confirms is seen again. Never touches a coverage.

use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::feed::BatchNumber;
use domain::feed::identity::{IdentityItem, contradictions};
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId};
use serde::{Deserialize, Serialize};

use crate::engine::StoreError;
use crate::rows;
use crate::sql::{Connection, OptionalExtension, params};

/// Within a query whose person is ?2: nothing of them is seen.
pub(crate) const IS_SUSPENDED: &str = "EXISTS (SELECT 1 FROM identity_claim c WHERE c.person = ?2 AND c.items <> '' AND c.confirmed = 0)";

/// Whether an insurer's contradiction to the register keeps medical information of a person from view.
pub(crate) fn is_suspended(connection: &Connection, person: PersonId) -> Result<bool, StoreError> {
    let text = "SELECT EXISTS (SELECT 1 FROM identity_claim WHERE person = ?1 AND items <> '' AND confirmed = 0)";
    let mut statement = connection.prepare_cached(text)?;
    let person = person.as_u128().to_be_bytes();
    Ok(statement.query_row([person], |row| row.get(0))?)
}

/// A row of what an insurer says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    /// Whom; none where the stored person is meant.
    pub(super) claim: Option<Vec<u8>>,
    pub(super) items: String,
    pub(super) is_confirmed: bool,
    pub(super) batch: u32,
    pub(super) since: i64,
}

/// An insurer and a person of its.
pub(super) type Whose = (InsurerNumber, PersonId);

pub(super) fn claim(
    connection: &Connection,
    (insurer, person): Whose,
) -> Result<Option<Claim>, StoreError> {
    let text = "SELECT claim, items, confirmed, batch, since FROM identity_claim WHERE person = ?1 AND insurer = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(
        params![person.as_u128().to_be_bytes(), insurer.as_u32()],
        |row| {
            Ok(Claim {
                claim: row.get(0)?,
                items: row.get(1)?,
                is_confirmed: row.get(2)?,
                batch: row.get(3)?,
                since: row.get(4)?,
            })
        },
    );
    Ok(found.optional()?)
}

/// Puts what an insurer says, or takes it away.
pub(super) fn put_claim(
    connection: &Connection,
    (insurer, person): Whose,
    claim: Option<&Claim>,
) -> Result<(), StoreError> {
    let id = person.as_u128().to_be_bytes();
    let Some(it) = claim else {
        connection
            .prepare_cached("DELETE FROM identity_claim WHERE person = ?1 AND insurer = ?2")?
            .execute(params![id, insurer.as_u32()])?;
        return Ok(());
    };
    let text = "INSERT INTO identity_claim (person, insurer, claim, items, confirmed, batch, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (person, insurer) DO UPDATE SET claim = excluded.claim, items = excluded.items, confirmed = excluded.confirmed,
        batch = excluded.batch, since = excluded.since";
    connection.prepare_cached(text)?.execute(params![
        id,
        insurer.as_u32(),
        it.claim,
        it.items,
        it.is_confirmed,
        it.batch,
        it.since
    ])?;
    Ok(())
}

/// What the register says of a person.
pub(super) fn resident(
    connection: &Connection,
    person: PersonId,
) -> Result<Option<Person>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM resident WHERE person = ?1")?;
    let record: Option<Vec<u8>> = statement
        .query_row([person.as_u128().to_be_bytes()], |row| row.get(0))
        .optional()?;
    record.map(|it| unpack_person(person, &it)).transpose()
}

/// Puts what the register says of a person, or takes it away.
pub(super) fn put_resident(
    connection: &Connection,
    person: PersonId,
    register: Option<&Person>,
) -> Result<(), StoreError> {
    let id = person.as_u128().to_be_bytes();
    match register {
        Some(register) => {
            let text = "INSERT INTO resident (person, record) VALUES (?1, ?2)
                ON CONFLICT (person) DO UPDATE SET record = excluded.record";
            let record = pack_person(register)?;
            connection
                .prepare_cached(text)?
                .execute(params![id, record])?;
        }
        None => {
            connection
                .prepare_cached("DELETE FROM resident WHERE person = ?1")?
                .execute([id])?;
        }
    }
    Ok(())
}

/// A person alone, packed.
pub(super) fn pack_person(person: &Person) -> Result<Vec<u8>, StoreError> {
    rows::pack(&Registration {
        person: person.clone(),
        coverages: Vec::new(),
    })
}

fn unpack_person(id: PersonId, bytes: &[u8]) -> Result<Person, StoreError> {
    Ok(rows::unpack(id, bytes)?.person)
}

/// The names of items, with commas between.
pub(super) fn names(items: &[IdentityItem]) -> String {
    let names: Vec<&str> = items.iter().map(|it| it.as_str()).collect();
    names.join(",")
}

/// Holds what insurers say of a person, and who is stored, against the register once more, after any of them changed. Answers which
/// insurers' rows came to contradict by that.
pub(super) fn examine(
    connection: &Connection,
    stored: &Registration,
    (batch, now): (BatchNumber, Instant),
) -> Result<Vec<(InsurerNumber, String)>, StoreError> {
    let person = stored.person.id;
    let register = resident(connection, person)?;
    let against = |claimed: &Person| {
        let register = register.as_ref();
        register.map_or(String::new(), |it| names(&contradictions(claimed, it)))
    };
    let mut known = insurers(connection, person)?;
    let of_stored = against(&stored.person);
    if !of_stored.is_empty() {
        let all = stored.coverages.iter().filter(|it| it.loss.is_none());
        known.extend(all.map(|it| it.insurer));
        known.sort_unstable();
        known.dedup();
    }
    let mut came = Vec::new();
    for insurer in known {
        let before = claim(connection, (insurer, person))?;
        let claimed = before.as_ref().and_then(|it| it.claim.as_deref());
        let items = match claimed {
            Some(claimed) => against(&unpack_person(person, claimed)?),
            None => of_stored.clone(),
        };
        if before.as_ref().is_some_and(|it| it.items == items) {
            continue;
        }
        let after = Claim {
            claim: claimed.map(<[u8]>::to_vec),
            items: items.clone(),
            is_confirmed: false,
            batch: batch.as_u32(),
            since: now.as_micros(),
        };
        // Who is stored agrees: nothing is left to say. A claim stays, to be held against the register again.
        let is_over = items.is_empty() && after.claim.is_none();
        put_claim(connection, (insurer, person), (!is_over).then_some(&after))?;
        if !items.is_empty() {
            came.push((insurer, items));
        }
    }
    Ok(came)
}

/// Insurers that said something else than the register of a person.
fn insurers(connection: &Connection, person: PersonId) -> Result<Vec<InsurerNumber>, StoreError> {
    let text = "SELECT insurer FROM identity_claim WHERE person = ?1 ORDER BY insurer";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([person.as_u128().to_be_bytes()])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let insurer = InsurerNumber::from_u32(row.get(0)?);
        all.push(insurer.map_err(|_| StoreError::Row("identity_claim"))?);
    }
    Ok(all)
}
