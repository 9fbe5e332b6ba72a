//! With whom home or remote care was agreed: the list, a check at a later visit without the card, and the end with a withdrawal. Judged again
//! in the transaction that records; whoever withdrew is nobody here.

use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::event::EventKind;
use domain::home_care::Care;
use domain::medical_information::kind::{Basis, InformationKind};
use domain::medical_information::look::Opened;
use domain::permit::{CareAtHome, Permit};
use domain::person::PersonId;
use domain::questions::{Choice, Question};

use super::checks::HomeAnswer;
use crate::access::{actor, number};
use crate::checks::{NewCheck, Record, Recorded};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sight::opened_to;
use crate::sql::{Connection, OptionalExtension, Row, params};
use crate::withdrawals::withdrawn_since;
use crate::{events, sight};

/// With whom care was agreed.
#[derive(Debug, Clone)]
pub struct HomeConsent {
    /// What names it: the check by card at which it was agreed.
    pub id: u128,
    /// For which care.
    pub care: Care,
    /// The person with their coverages, as the insurers registered them.
    pub registration: Registration,
    /// The facility's own number for them.
    pub reference_number: Option<String>,
    /// Since when.
    pub given: Instant,
    /// Until when; `UNTIL_WITHDRAWN` where it has no end of its own.
    pub until: Instant,
    /// What may be seen of the person on the same ground.
    pub kinds: Vec<InformationKind>,
    /// The last check without the card, and when.
    pub last: Option<(u128, Instant)>,
}

/// A row, before the person is looked up.
struct Kept {
    person: PersonId,
    care: Care,
    id: u128,
    given: Instant,
    until: Instant,
    last: Option<(u128, Instant)>,
}

/// What became of a check at a later visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckedAgain {
    /// It is on the disk.
    Done,
    /// The key was used for the same request before: this was answered then.
    Before(Vec<u8>),
    /// The key was used for another request.
    Conflict,
    /// Nothing is agreed, or nothing any more; that is recorded, and nothing else.
    Ended,
}

const COLUMNS: &str = "person, care, check_id, given, until, last_check, checked";

/// What is in force.
const IN_FORCE: &str = "ended IS NULL AND given <= ?2 AND ?2 < until";

impl Engine {
    /// With whom care is agreed at the permit's facility now: those who agreed last come first. The caller records the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_consents(
        &self,
        permit: &Permit<CareAtHome>,
        now: Instant,
    ) -> Result<Vec<HomeConsent>, StoreError> {
        let facility = number(permit.facility());
        let kept = self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM home_consent WHERE facility = ?1 AND {IN_FORCE} ORDER BY given DESC, check_id DESC"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![facility, now.as_micros()])?;
            let mut kept = Vec::new();
            while let Some(row) = rows.next()? {
                kept.push(read(&row)?);
            }
            Ok(kept)
        })?;
        let mut found = Vec::new();
        for it in kept {
            found.extend(self.with_person(permit, &it, now)?);
        }
        Ok(found)
    }

    /// The consent of an identifier at the permit's facility, if it is in force.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_consent(
        &self,
        permit: &Permit<CareAtHome>,
        id: u128,
        now: Instant,
    ) -> Result<Option<HomeConsent>, StoreError> {
        let facility = number(permit.facility());
        let kept = self.read(|connection| in_force(connection, facility, id, now))?;
        kept.map_or(Ok(None), |it| self.with_person(permit, &it, now))
    }

    fn with_person(
        &self,
        permit: &Permit<CareAtHome>,
        kept: &Kept,
        now: Instant,
    ) -> Result<Option<HomeConsent>, StoreError> {
        // Whom the insurers took back is nobody.
        let Some(registration) = self.registration(kept.person)? else {
            return Ok(None);
        };
        let facility = permit.facility();
        let opened =
            self.read(|connection| opened_to(connection, (number(facility), kept.person), now))?;
        let own = opened.iter().filter(|it| it.basis == Basis::Home);
        Ok(Some(HomeConsent {
            id: kept.id,
            care: kept.care,
            registration,
            reference_number: self.reference_number(facility, kept.person)?,
            given: kept.given,
            until: kept.until,
            kinds: own.map(|it| it.kind).collect(),
            last: kept.last,
        }))
    }

    /// Records a check at a later visit without the card, if care is still agreed; done when all that belongs to it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered. [`StoreError::KeyUsed`] where another check came under the key at
    /// the same moment.
    pub async fn record_check_again(
        &self,
        permit: &Permit<CareAtHome>,
        consent: u128,
        check: NewCheck,
    ) -> Result<CheckedAgain, StoreError> {
        let holder = permit.holder().clone();
        let (at, id) = (check.at, check.id);
        let record = Record::new(&holder, check);
        let work = move |connection: &Connection, batch: &mut Batch| {
            match record.before(connection, batch)? {
                Some(Recorded::Before(answer)) => return Ok(CheckedAgain::Before(answer)),
                Some(Recorded::Conflict) => return Ok(CheckedAgain::Conflict),
                Some(Recorded::New(_)) | None => {}
            }
            let facility = number(holder.facility);
            let Some(kept) = in_force(connection, facility, consent, at)? else {
                batch.append(connection, &refused(&holder, at), None)?;
                return Ok(CheckedAgain::Ended);
            };
            record.append(connection, batch, &format!(" care={}", kept.care.as_str()))?;
            connection
                .prepare_cached(
                    "UPDATE home_consent SET last_check = ?4, checked = ?5 WHERE facility = ?1 AND person = ?2 AND care = ?3",
                )?
                .execute(params![
                    facility,
                    kept.person.as_u128().to_be_bytes(),
                    kept.care.as_str(),
                    id.to_be_bytes(),
                    at.as_micros()
                ])?;
            events::tell(
                connection,
                facility,
                at,
                (EventKind::HomeCare, None, Some(id)),
            )?;
            Ok(CheckedAgain::Done)
        };
        if self.is_shared() {
            // A check by number may come under its key meanwhile: then it is undone, and nothing else.
            return self.write(work).await;
        }
        // A part of a check fails only with the whole file.
        self.write_or_fail_all(work).await
    }

    /// Records that somebody asked for a check without a card where nothing is agreed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refuse_check_again(
        &self,
        permit: &Permit<CareAtHome>,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.record(refused(permit.holder(), now)).await
    }
}

fn refused(holder: &domain::permit::SignedIn, at: Instant) -> Event {
    Event {
        at,
        actor: actor(holder),
        deed: Deed::HomeRefused,
        subject: None,
        detail: "why=nothing-agreed".into(),
    }
}

/// Follows what a patient answered to home care within the running transaction: "yes" is in force from now on, "no" ends what was.
pub(crate) fn follow(
    connection: &Connection,
    (facility, person, care): (i64, PersonId, Care),
    check: u128,
    (answer, agreed, at): (HomeAnswer, bool, Instant),
) -> Result<(), StoreError> {
    if !agreed {
        end(connection, (facility, person), Some(care), at)?;
        let mut ended = opened_to(connection, (facility, person), at)?;
        ended.retain(|it| it.basis == Basis::Home);
        for it in &ended {
            sight::close(connection, (facility, person), (it.kind, it.basis))?;
        }
        return sight::tell_ended(connection, facility, ended, at);
    }
    connection
        .prepare_cached(
            "INSERT INTO home_consent VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL, NULL)
             ON CONFLICT (facility, person, care) DO UPDATE SET check_id = excluded.check_id, given = excluded.given,
               until = excluded.until, last_check = NULL, checked = NULL, ended = NULL",
        )?
        .execute(params![
            facility,
            person.as_u128().to_be_bytes(),
            care.as_str(),
            check.to_be_bytes(),
            at.as_micros(),
            answer.until.as_micros()
        ])?;
    Ok(())
}

/// Ends what is agreed with a person at a facility, for one care or all, within the running transaction. Returns what named the newest of it.
pub(crate) fn end(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    care: Option<Care>,
    now: Instant,
) -> Result<Option<u128>, StoreError> {
    let person = person.as_u128().to_be_bytes();
    let care = care.map(Care::as_str);
    let text = "SELECT check_id FROM home_consent
        WHERE facility = ?1 AND person = ?2 AND ended IS NULL AND (care = ?3 OR ?3 IS NULL) ORDER BY given DESC LIMIT 1";
    let newest: Option<[u8; 16]> = connection
        .prepare_cached(text)?
        .query_row(params![facility, person, care], |row| row.get(0))
        .optional()?;
    if newest.is_some() {
        connection
            .prepare_cached(
                "UPDATE home_consent SET ended = ?4 WHERE facility = ?1 AND person = ?2 AND ended IS NULL AND (care = ?3 OR ?3 IS NULL)",
            )?
            .execute(params![facility, person, care, now.as_micros()])?;
    }
    Ok(newest.map(u128::from_be_bytes))
}

/// What is open of a person by home care and was agreed to for this care, and not taken back since for any. Nothing where the care is not
/// agreed now.
pub(crate) fn agreed_for(
    connection: &Connection,
    (facility, person, care): (i64, PersonId, Care),
    opened: Vec<Opened>,
    now: Instant,
) -> Result<Vec<Opened>, StoreError> {
    let text = format!(
        "SELECT check_id FROM home_consent WHERE facility = ?1 AND person = ?3 AND care = ?4 AND {IN_FORCE}"
    );
    let is_agreed = connection.prepare_cached(&text)?.exists(params![
        facility,
        now.as_micros(),
        person.as_u128().to_be_bytes(),
        care.as_str()
    ])?;
    if !is_agreed {
        return Ok(Vec::new());
    }
    let answers = answered_at_home(connection, (facility, person))?;
    let refused = refused_last(connection, (facility, person))?;
    let mut found = Vec::new();
    for it in opened.into_iter().filter(|it| it.basis == Basis::Home) {
        let about = |answer: &&AtHome| InformationKind::of(answer.question).contains(&it.kind);
        let given = answers.iter().filter(about).filter(|answer| {
            answer.care == care
                && (answer.agreed, answer.choice) == (Choice::Yes, Choice::Yes)
                && answer.at <= now
                && now < answer.valid_until
        });
        let Some(yes) = given.max_by_key(|answer| (answer.check == it.reference, answer.at)) else {
            continue;
        };
        // What stands open by this very answer was not taken back: else it would not stand.
        if yes.check != it.reference {
            let said_no = answers.iter().filter(about).any(|answer| {
                answer.choice != Choice::Yes && answer.check != yes.check && yes.at <= answer.at
            });
            let care_ended = refused.is_some_and(|at| yes.at <= at);
            let withdrawn = withdrawn_since(connection, (facility, person), yes.at)?;
            if said_no || care_ended || withdrawn.contains(&it.kind) {
                continue;
            }
        }
        found.push(it);
    }
    Ok(found)
}

/// What a patient answered to a question at a check by card at home.
struct AtHome {
    check: u128,
    care: Care,
    agreed: Choice,
    question: Question,
    choice: Choice,
    at: Instant,
    valid_until: Instant,
}

/// All that a person answered at home where they were asked about the care, too.
fn answered_at_home(
    connection: &Connection,
    (facility, person): (i64, PersonId),
) -> Result<Vec<AtHome>, StoreError> {
    const FAILED: StoreError = StoreError::Row("consent");
    let text = "SELECT c.check_id, h.care, h.agreed, c.question, c.answer, c.at, c.valid_until
        FROM consent c JOIN home_check h ON h.facility = c.facility AND h.check_id = c.check_id
        WHERE c.facility = ?1 AND c.person = ?2 AND h.agreed IS NOT NULL";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, person.as_u128().to_be_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |place: usize| -> Result<String, StoreError> { Ok(row.get(place)?) };
        found.push(AtHome {
            check: u128::from_be_bytes(row.get(0)?),
            care: Care::parse(&text(1)?).ok_or(FAILED)?,
            agreed: Choice::parse(&text(2)?).ok_or(FAILED)?,
            question: Question::parse(&text(3)?).ok_or(FAILED)?,
            choice: Choice::parse(&text(4)?).ok_or(FAILED)?,
            at: Instant::from_micros(row.get(5)?),
            valid_until: Instant::from_micros(row.get(6)?),
        });
    }
    Ok(found)
}

/// When a person last said "no" to a care, which takes back what was open by any.
fn refused_last(
    connection: &Connection,
    (facility, person): (i64, PersonId),
) -> Result<Option<Instant>, StoreError> {
    // In this order: checks at home are few among the checks by card of a facility.
    let text = "SELECT max(k.closed) FROM home_check h CROSS JOIN card_check k
        WHERE h.facility = ?1 AND h.agreed = 'no' AND k.facility = h.facility AND k.id = h.check_id AND k.person = ?2";
    let of = params![facility, person.as_u128().to_be_bytes()];
    let last: Option<i64> = connection
        .prepare_cached(text)?
        .query_row(of, |row| row.get(0))?;
    Ok(last.map(Instant::from_micros))
}

fn in_force(
    connection: &Connection,
    facility: i64,
    id: u128,
    now: Instant,
) -> Result<Option<Kept>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM home_consent WHERE facility = ?1 AND check_id = ?3 AND {IN_FORCE}"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![facility, now.as_micros(), id.to_be_bytes()])?;
    rows.next()?.map(|row| read(&row)).transpose()
}

fn read(row: &Row<'_>) -> Result<Kept, StoreError> {
    let care: String = row.get(1)?;
    let (last, checked): (Option<[u8; 16]>, Option<i64>) = (row.get(5)?, row.get(6)?);
    let last = last.zip(checked);
    Ok(Kept {
        person: PersonId::from_u128(u128::from_be_bytes(row.get(0)?)),
        care: Care::parse(&care).ok_or(StoreError::Row("home_consent"))?,
        id: u128::from_be_bytes(row.get(2)?),
        given: Instant::from_micros(row.get(3)?),
        until: Instant::from_micros(row.get(4)?),
        last: last.map(|(id, at)| (u128::from_be_bytes(id), Instant::from_micros(at))),
    })
}
