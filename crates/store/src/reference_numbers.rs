//! Facilities' own numbers for people (照会番号), with the audit event of every change and look in one transaction. They lie in the
//! center's file for that, not beside the people. Decides nothing about them: `domain::reference_number` does.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::permit::{AskInBulk, Permit, SignedIn};
use domain::person::PersonId;
use domain::reference_number::{Assignment, ReferenceNumber, TakenByAnother, assign};

use crate::access::{actor, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep, keep_or_find};
use crate::sql::{Connection, OptionalExtension, params};

/// What became of a number to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is on the disk, or was before.
    Done(Assignment),
    /// It belongs to another patient of the facility: nothing was changed.
    Taken,
    /// The request's key was used before: nothing was done.
    Before(Earlier),
}

/// What became of a number to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// It is gone; the person who had it.
    Done(PersonId),
    /// Nobody has it.
    Unknown,
    /// The request's key was used before: nothing was done.
    Before(Earlier),
}

impl Engine {
    /// Registers a number for a person at the permit's facility, with its event. `answer` makes what is kept under the request's
    /// key, since it tells what was done.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn register_reference_number(
        &self,
        permit: &Permit<AskInBulk>,
        wanted: (ReferenceNumber, PersonId),
        at: Instant,
        kept: Option<KeptAnswer>,
        answer: impl FnOnce(Result<&Assignment, TakenByAnother>) -> Vec<u8> + Send + 'static,
    ) -> Result<Registered, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = earlier(connection, kept)?
            {
                return Ok(Registered::Before(earlier));
            }
            let by = Author::Account(&holder);
            let assigned = register(connection, batch, &by, &wanted, at)?;
            if let Some(mut kept) = kept {
                kept.answer = answer(assigned.as_ref().map_err(|taken| *taken));
                keep(connection, batch, &kept)?;
            }
            Ok(match assigned {
                Ok(done) => Registered::Done(done),
                Err(TakenByAnother) => Registered::Taken,
            })
        })
        .await
    }

    /// Removes a number of the permit's facility, with its event.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn remove_reference_number(
        &self,
        permit: &Permit<AskInBulk>,
        wanted: ReferenceNumber,
        at: Instant,
        kept: Option<KeptAnswer>,
    ) -> Result<Removed, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let facility = number(holder.facility);
            let Some(person) = holder_of(connection, facility, &wanted)? else {
                // Nothing is kept: what is kept is the answer of a removal.
                let before = kept.map(|kept| earlier(connection, &kept)).transpose()?;
                return Ok(before.flatten().map_or(Removed::Unknown, Removed::Before));
            };
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Removed::Before(earlier));
            }
            connection
                .prepare_cached("DELETE FROM reference_number WHERE facility = ?1 AND person = ?2")?
                .execute(params![facility, person.as_u128().to_be_bytes()])?;
            let by = Author::Account(&holder);
            batch.append(
                connection,
                &by.event(at, Deed::ReferenceNumberRemove, person, ""),
                None,
            )?;
            Ok(Removed::Done(person))
        })
        .await
    }

    /// Who has a number at the permit's facility. The caller records the look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn bearer_of(
        &self,
        permit: &Permit<AskInBulk>,
        wanted: &ReferenceNumber,
    ) -> Result<Option<PersonId>, StoreError> {
        self.read(|connection| holder_of(connection, number(permit.facility()), wanted))
    }

    /// Registers a number by the operator's order or when people are loaded, with its event.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn store_reference_number(
        &self,
        facility: InstitutionCode,
        wanted: (ReferenceNumber, PersonId),
        at: Instant,
    ) -> Result<Result<Assignment, TakenByAnother>, StoreError> {
        self.write(move |connection, batch| {
            let by = Author::Operator(facility);
            register(connection, batch, &by, &wanted, at)
        })
        .await
    }

    /// A facility's number for a person; the caller found the person by a right of their own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reference_number(
        &self,
        facility: InstitutionCode,
        person: PersonId,
    ) -> Result<Option<String>, StoreError> {
        self.read(|connection| number_of(connection, number(facility), person))
    }
}

/// Who registers.
pub(crate) enum Author<'a> {
    /// A signed-in account, for its facility.
    Account(&'a SignedIn),
    /// The operator, for a facility.
    Operator(InstitutionCode),
}

impl Author<'_> {
    fn facility(&self) -> InstitutionCode {
        match self {
            Self::Account(holder) => holder.facility,
            Self::Operator(facility) => *facility,
        }
    }

    /// The name in the row.
    fn name(&self) -> &str {
        match self {
            Self::Account(holder) => holder.account.as_str(),
            Self::Operator(_) => "operator",
        }
    }

    fn event(&self, at: Instant, deed: Deed, person: PersonId, what: &str) -> Event {
        let (actor, detail) = match self {
            Self::Account(holder) => (actor(holder), what.to_owned()),
            Self::Operator(facility) => {
                let detail = format!("{what} facility={facility}");
                (Actor::Operator("local".into()), detail)
            }
        };
        Event {
            at,
            actor,
            deed,
            subject: Some(person.as_u128()),
            detail,
        }
    }
}

/// Registers a number within the running transaction, if the rule allows it. What changes nothing is an event as well: somebody
/// learned that the person is known.
pub(crate) fn register(
    connection: &Connection,
    batch: &mut Batch,
    by: &Author<'_>,
    (wanted, person): &(ReferenceNumber, PersonId),
    at: Instant,
) -> Result<Result<Assignment, TakenByAnother>, StoreError> {
    let facility = number(by.facility());
    let held = number_of(connection, facility, *person)?;
    let held = held.map(|text| ReferenceNumber::parse(&text)).transpose();
    let held = held.map_err(|_| StoreError::Row("reference_number"))?;
    let holder = holder_of(connection, facility, wanted)?;
    let assigned = assign(wanted, *person, held.as_ref(), holder);
    let what = match &assigned {
        Ok(Assignment::New) => "outcome=new",
        Ok(Assignment::Same) => "outcome=same",
        Ok(Assignment::Changed { .. }) => "outcome=changed",
        Err(TakenByAnother) => "outcome=taken",
    };
    if matches!(assigned, Ok(Assignment::New | Assignment::Changed { .. })) {
        connection
            .prepare_cached(
                "INSERT INTO reference_number VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (facility, person) DO UPDATE SET number = excluded.number, at = excluded.at, account = excluded.account",
            )?
            .execute(params![
                facility,
                person.as_u128().to_be_bytes(),
                wanted.as_str(),
                at.as_micros(),
                by.name()
            ])?;
    }
    batch.append(
        connection,
        &by.event(at, Deed::ReferenceNumber, *person, what),
        None,
    )?;
    Ok(assigned)
}

/// A facility's number for a person.
pub(crate) fn number_of(
    connection: &Connection,
    facility: i64,
    person: PersonId,
) -> Result<Option<String>, StoreError> {
    let text = "SELECT number FROM reference_number WHERE facility = ?1 AND person = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(params![facility, person.as_u128().to_be_bytes()], |row| {
        row.get(0)
    });
    Ok(found.optional()?)
}

pub(crate) fn holder_of(
    connection: &Connection,
    facility: i64,
    wanted: &ReferenceNumber,
) -> Result<Option<PersonId>, StoreError> {
    let text = "SELECT person FROM reference_number WHERE facility = ?1 AND number = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(params![facility, wanted.as_str()], |row| {
        Ok(PersonId::from_u128(u128::from_be_bytes(row.get(0)?)))
    });
    Ok(found.optional()?)
}
