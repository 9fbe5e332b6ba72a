//! What was opened without a card: with the consent that was recorded, until the window ends at the latest, and ended with it.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::codes::authentication::Factor;
use domain::coverage::Registration;
use domain::emergency::ambulance::card_counts;
use domain::emergency::{EmergencyConsent, Mode, WithoutCard};
use domain::medical_information::kind::Basis;
use domain::medical_information::look::Opened;
use domain::permit::{Permit, SignedIn, ViewInAmbulance};
use domain::person::PersonId;

use crate::access::number;
use crate::checks::{NewCheck, Record};
use crate::database::Batch;
use crate::emergency::searches::{FoundBefore, is_within};
use crate::emergency::windows;
use crate::engine::{Engine, StoreError};
use crate::sight;
use crate::sql::{Connection, OptionalExtension, params};

/// An opening to make, of what a search found.
#[derive(Debug, Clone)]
pub struct NewOpening {
    /// Identifier: what the patient is called in addresses from now on.
    pub id: u128,
    /// What the search found.
    pub found: FoundBefore,
    /// The consent that was recorded.
    pub consent: EmergencyConsent,
    /// How whoever opens it proved themselves, where the mode asks for it.
    pub proof: Option<(Factor, &'static str)>,
    /// The check it is answered with: recorded with it.
    pub check: Option<NewCheck>,
}

/// What became of an opening to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openings {
    /// It is on the disk and counts until then.
    Done(Instant),
    /// The search was opened before: this is its opening, and until when it counts.
    Before(u128, Instant),
    /// The window closed meanwhile, or the mode opens nothing.
    Closed,
}

impl Engine {
    /// Opens the information a mode opens, with its event; done when all of it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was opened.
    pub async fn open_without_card<A: WithoutCard>(
        &self,
        permit: &Permit<A>,
        opening: NewOpening,
        event: Event,
    ) -> Result<Openings, StoreError> {
        let holder = permit.holder().clone();
        let check = opening.check.clone();
        let check = check.map(|check| Record::new(&holder, check));
        let work = move |connection: &Connection, batch: &mut Batch| {
            let made = make(connection, batch, (&holder, A::MODE), &opening, &event)?;
            if let (Openings::Done(_), Some(check)) = (made, check) {
                check.append(connection, batch, &format!(" mode={}", A::MODE.as_str()))?;
            }
            Ok(made)
        };
        // A part of a check fails only with the whole file.
        self.write_or_fail_all(work).await
    }

    /// Whom a search found, with their coverages; `None` for one who is gone since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn registration_of(&self, found: &FoundBefore) -> Result<Option<Registration>, StoreError> {
        self.registration(found.person)
    }

    /// Whose card was checked in a check of the permit's facility that still counts; `None` for a check of another one, and for one too long ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holder_of(
        &self,
        permit: &Permit<ViewInAmbulance>,
        check: u128,
        now: Instant,
    ) -> Result<Option<Registration>, StoreError> {
        let facility = number(permit.facility());
        let found = self.read(|connection| {
            let text = "SELECT person, opened FROM card_check WHERE facility = ?1 AND id = ?2";
            let mut statement = connection.prepare_cached(text)?;
            let row = statement.query_row(params![facility, check.to_be_bytes()], |row| {
                Ok((u128::from_be_bytes(row.get(0)?), row.get::<_, i64>(1)?))
            });
            Ok(row.optional()?)
        })?;
        match found {
            Some((person, at)) if card_counts(Instant::from_micros(at), now) => {
                self.registration(PersonId::from_u128(person))
            }
            Some(_) | None => Ok(None),
        }
    }
}

fn make(
    connection: &Connection,
    batch: &mut Batch,
    (holder, mode): (&SignedIn, Mode),
    opening: &NewOpening,
    event: &Event,
) -> Result<Openings, StoreError> {
    let (now, found) = (event.at, opening.found);
    let basis = match mode {
        Mode::Disaster => Basis::Disaster,
        Mode::Ambulance => Basis::Ambulance,
        Mode::Outage => return Ok(Openings::Closed),
    };
    if !is_within(connection, holder, mode, found.window, now)? {
        return Ok(Openings::Closed);
    }
    let text = "SELECT id, until FROM emergency_opening WHERE facility = ?1 AND search = ?2";
    let before = connection.prepare_cached(text)?.query_row(
        params![number(holder.facility), found.id.to_be_bytes()],
        |row| {
            let id = u128::from_be_bytes(row.get(0)?);
            Ok(Openings::Before(id, Instant::from_micros(row.get(1)?)))
        },
    );
    if let Some(before) = before.optional()? {
        return Ok(before);
    }
    let all = windows(connection)?;
    let window = all.iter().find(|it| Some(it.planned.id) == found.window);
    let until = domain::emergency::opened_until(now, window.map(|it| it.until()));
    connection
        .prepare_cached(
            "INSERT INTO emergency_opening VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
        )?
        .execute(params![
            opening.id.to_be_bytes(),
            number(holder.facility),
            holder.account.as_str(),
            mode.as_str(),
            found.window.map(u128::to_be_bytes),
            found.id.to_be_bytes(),
            found.person.as_u128().to_be_bytes(),
            opening.consent.as_str(),
            opening.proof.map(|(factor, _)| factor.code()),
            opening.proof.map(|(_, method)| method),
            now.as_micros(),
            until.as_micros()
        ])?;
    for kind in mode.opens() {
        let opened = Opened {
            kind: *kind,
            basis,
            reference: opening.id,
            given: now,
            valid_until: until,
        };
        sight::open(connection, (number(holder.facility), found.person), &opened)?;
    }
    batch.append(connection, event, None)?;
    Ok(Openings::Done(until))
}

/// Ends what was opened under a window, within the transaction that ends the window.
pub(super) fn end_with(
    connection: &Connection,
    window: u128,
    now: Instant,
) -> Result<(), StoreError> {
    let (window, now) = (window.to_be_bytes(), now.as_micros());
    connection
        .prepare_cached(
            "UPDATE opened_information SET valid_until = ?2 WHERE ?2 < valid_until AND basis = 'disaster'
             AND reference IN (SELECT id FROM emergency_opening WHERE window_id = ?1)",
        )?
        .execute(params![window, now])?;
    Ok(())
}
