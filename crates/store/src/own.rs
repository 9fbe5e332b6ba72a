//! The patient's own page: opened by a card's signature, it is itself a recorded look, and gives the right to read who looked at this one
//! person and which consents of theirs are in force. Reads no medical information.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::{Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::permit::{AskByCard, Permit};
use domain::person::PersonId;
use domain::questions::PRESENCE_S;

use crate::access::{institution, number};
use crate::cards::{ChallengeRefused, use_up};
use crate::engine::{Engine, StoreError};
use crate::sql::{OptionalExtension, params};
use crate::{looks, sight};

/// A page to open.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Identifier of the look that it is.
    pub id: u128,
    /// The challenge that was signed.
    pub challenge: u128,
    /// The card's holder.
    pub person: PersonId,
    /// What else the audit chain says of it: how the holder was identified, and at which reader.
    pub detail: String,
}

/// The right to read what a patient may know. Made by the store alone, of a card's signature, for five minutes.
#[derive(Debug)]
pub struct OwnPage {
    id: u128,
    person: PersonId,
    opened: Instant,
}

impl OwnPage {
    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> u128 {
        self.id
    }

    /// Whose it is.
    pub(crate) fn person(&self) -> PersonId {
        self.person
    }

    /// The first instant at which it is over.
    #[must_use]
    pub fn ends(&self) -> Instant {
        self.opened.plus_seconds(PRESENCE_S)
    }
}

/// A consent in force, or what an emergency opened, at a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The facility that may see.
    pub facility: InstitutionCode,
    /// What, and what that rests on.
    pub opened: Opened,
}

impl Engine {
    /// Opens the page of a card's holder: the challenge's use and the look are one transaction, and nothing may be shown before it is on
    /// the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be shown.
    pub async fn open_own_page(
        &self,
        permit: &Permit<AskByCard>,
        opening: Opening,
        now: Instant,
    ) -> Result<Result<OwnPage, ChallengeRefused>, StoreError> {
        let permit = permit.clone();
        self.write(move |connection, batch| {
            if let Err(refused) = use_up(connection, permit.holder(), opening.challenge, now)? {
                return Ok(Err(refused));
            }
            let holder = permit.holder();
            let look = Look {
                id: opening.id,
                at: now,
                facility: holder.facility,
                account: holder.account.clone(),
                account_kind: holder.kind,
                person: opening.person,
                under: Vec::new(),
                way: Way::Own,
                purpose: Purpose::Own,
                months: Months::default(),
            };
            let event = Event {
                at: now,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account.clone(),
                    certificate: holder.certificate,
                },
                deed: Deed::MedicalRead,
                subject: None,
                detail: opening.detail.clone(),
            };
            looks::record(connection, batch, &look, event)?;
            Ok(Ok(OwnPage {
                id: opening.id,
                person: opening.person,
                opened: now,
            }))
        })
        .await
    }

    /// The page of an identifier, if the permit's account opened it at its facility less than five minutes ago. That it did so with the
    /// same certificate and reader says the page's token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_page(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        now: Instant,
    ) -> Result<Option<OwnPage>, StoreError> {
        let holder = permit.holder();
        let since = now.plus_seconds(-PRESENCE_S).as_micros();
        self.read(|connection| {
            let text = "SELECT person, at FROM look
                WHERE facility = ?1 AND ?2 < at AND id = ?3 AND account = ?4 AND way = ?5";
            let mut statement = connection.prepare_cached(text)?;
            let found = statement.query_row(
                params![
                    number(holder.facility),
                    since,
                    id.to_be_bytes(),
                    holder.account.as_str(),
                    Way::Own.as_str()
                ],
                |row| Ok((row.get(0)?, row.get(1)?)),
            );
            Ok(found.optional()?.map(|(person, at)| OwnPage {
                id,
                person: PersonId::from_u128(u128::from_be_bytes(person)),
                opened: Instant::from_micros(at),
            }))
        })
    }

    /// Looks at the page's person, the newest first: the newest of all, or those before one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn looks_at_own(
        &self,
        page: &OwnPage,
        before: Option<u128>,
        limit: u32,
    ) -> Result<Vec<Look>, StoreError> {
        self.read(|connection| {
            // A look at somebody else is no place in this list: it leads to nothing.
            let text = format!(
                "SELECT {} FROM look WHERE person = ?1
                   AND (seq < (SELECT seq FROM look WHERE person = ?1 AND id = ?2) OR ?2 IS NULL)
                 ORDER BY seq DESC LIMIT ?3",
                looks::COLUMNS
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![
                page.person.as_u128().to_be_bytes(),
                before.map(u128::to_be_bytes),
                limit
            ])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(looks::read(&row)?);
            }
            Ok(found)
        })
    }

    /// What may be seen of the page's person now, at any facility: those opened last come first. A facility's settings are not asked: what
    /// it does not use today it may use tomorrow.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_at_facilities(
        &self,
        page: &OwnPage,
        now: Instant,
    ) -> Result<Vec<Open>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "SELECT {}, facility FROM opened_information
                 WHERE person = ?1 AND given <= ?2 AND ?2 < valid_until
                 ORDER BY given DESC, facility, reference, kind, basis",
                sight::COLUMNS
            );
            let mut statement = connection.prepare_cached(&text)?;
            let person = page.person.as_u128().to_be_bytes();
            let mut rows = statement.query(params![person, now.as_micros()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Open {
                    facility: institution(row.get(5)?)?,
                    opened: sight::read(&row)?,
                });
            }
            Ok(found)
        })
    }

    /// Home or remote care agreed with the page's person: where, since when, until when; that agreed to last comes first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_care_at_facilities(
        &self,
        page: &OwnPage,
        now: Instant,
    ) -> Result<Vec<(InstitutionCode, Instant, Instant)>, StoreError> {
        self.read(|connection| {
            let text = "SELECT facility, given, until FROM home_consent
                WHERE person = ?1 AND ended IS NULL AND given <= ?2 AND ?2 < until ORDER BY given DESC, facility";
            let mut statement = connection.prepare_cached(text)?;
            let person = page.person.as_u128().to_be_bytes();
            let mut rows = statement.query(params![person, now.as_micros()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (given, until) = (row.get(1)?, row.get(2)?);
                found.push((
                    institution(row.get(0)?)?,
                    Instant::from_micros(given),
                    Instant::from_micros(until),
                ));
            }
            Ok(found)
        })
    }
}
