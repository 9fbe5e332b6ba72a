//! The right to see medical information (G26): made by the store alone, out of what a patient agreed to or an emergency opened, and judged
//! again inside every query that reads any. Whoever is unknown, of another facility, withdrew, or agreed too long ago is one and the same
//! nobody here.

mod reading;

use domain::account::AccountId;
use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::codes::setting::Right;
use domain::event::EventKind;
use domain::facility_settings::{FacilitySettings, Use};
use domain::institution_code::InstitutionCode;
use domain::medical_information::MedicalInformation;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::permit::{Permit, ViewMedicalPages};
use domain::person::{Person, PersonId};
use domain::questions::{Answered, Choice};

use crate::access::{actor, number};
use crate::engine::{Engine, StoreError};
use crate::registry::{identity, registration_of};
use crate::rows::household::Household;
use crate::sql::{Connection, Row, params};
use crate::withdrawals::withdrawn_since;
use crate::{events, facility_settings, looks};

/// A patient who may be seen at a facility now.
#[derive(Debug, Clone)]
pub struct ViewablePatient {
    /// The person, as the insurers registered them.
    pub person: Person,
    /// The facility's own number for them.
    pub reference_number: Option<String>,
    /// What may be seen and until when; never empty.
    pub opened: Vec<Opened>,
}

/// The right of one facility to see some kinds of information of one person. Made by the store alone.
#[derive(Debug, Clone)]
pub struct Sight {
    facility: InstitutionCode,
    person: PersonId,
    opened: Vec<Opened>,
}

/// What is to be looked at, and how.
#[derive(Debug, Clone)]
pub struct Looking {
    /// Identifier of the look: unique, and never used before.
    pub id: u128,
    /// Which kinds; `None` for all that may be seen.
    pub kinds: Option<Vec<InformationKind>>,
    /// Which months.
    pub months: Months,
    /// In what way.
    pub way: Way,
    /// Why; an emergency's own purpose takes its place where the right rests on one.
    pub purpose: Purpose,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The look as it was recorded.
    pub look: Look,
    /// The patient.
    pub person: Person,
    /// What the facility may see of what is stored.
    pub information: MedicalInformation,
}

impl ViewablePatient {
    /// What the patient is called in addresses: what gave the newest right.
    #[must_use]
    pub fn id(&self) -> u128 {
        newest(&self.opened)
    }
}

impl Sight {
    /// What may be seen, and what that rests on.
    #[must_use]
    pub fn opened(&self) -> &[Opened] {
        &self.opened
    }

    /// Whose it is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }
}

fn newest(opened: &[Opened]) -> u128 {
    let newest = opened.iter().max_by_key(|it| (it.given, it.reference));
    newest.map_or(0, |it| it.reference)
}

/// What is over is kept this long, so that a clock set back a little takes nothing from anybody.
const OVER_S: i64 = 86_400;

/// Openings forgotten in one transaction.
const AT_ONCE: u32 = 4_000;

impl Engine {
    /// Who may be seen at the permit's facility now: those who agreed last come first. The caller records the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn viewable(
        &self,
        permit: &Permit<ViewMedicalPages>,
        now: Instant,
    ) -> Result<Vec<ViewablePatient>, StoreError> {
        let facility = number(permit.facility());
        // One query over both files, whatever the number of patients; somebody whom the insurers took back is nobody.
        let mut patients = self.registry().read(|connection| {
            let _snapshot = connection.snapshot()?;
            let settings = facility_settings::read(connection, facility)?.settings;
            let text = format!(
                "SELECT {COLUMNS}, person, (SELECT i.record FROM person_place p
                     JOIN insured i ON i.key = p.key AND i.part = p.part WHERE p.person = o.person),
                   (SELECT r.number FROM center.reference_number r WHERE r.facility = ?1 AND r.person = o.person)
                 FROM center.opened_information o
                 WHERE facility = ?1 AND ?2 < valid_until AND given <= ?2
                   AND NOT EXISTS (SELECT 1 FROM identity_claim c WHERE c.person = o.person AND c.items <> '' AND c.confirmed = 0)
                 ORDER BY person, kind, basis"
            );
            let account = &permit.holder().account;
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![facility, now.as_micros()])?;
            let mut patients: Vec<ViewablePatient> = Vec::new();
            while let Some(row) = rows.next()? {
                let opened = read(&row)?;
                if !is_used(&opened, &settings) {
                    continue;
                }
                let id = PersonId::from_u128(u128::from_be_bytes(row.get(5)?));
                let Some(opened) = own(connection, (facility, account, id), opened, now)? else {
                    continue;
                };
                if let Some(last) = patients.last_mut().filter(|it| it.person.id == id) {
                    last.opened.push(opened);
                } else if let Some(record) = row.get_ref(6)?.as_blob_or_null().map_err(|_| StoreError::Row("person"))? {
                    patients.push(ViewablePatient {
                        person: Household::open(record)?.find(id)?.ok_or(StoreError::Row("person_place"))?.person,
                        reference_number: row.get(7)?,
                        opened: vec![opened],
                    });
                }
            }
            Ok(patients)
        })?;
        patients.sort_by_key(|it| {
            let given = it.opened.iter().map(|opened| opened.given).max();
            (std::cmp::Reverse(given), it.id())
        });
        Ok(patients)
    }

    /// The right to see the patient whom an identifier of the permit's facility leads to: a check, or an emergency's opening. `None` for
    /// everybody of whom nothing may be seen now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sight(
        &self,
        permit: &Permit<ViewMedicalPages>,
        id: u128,
        now: Instant,
    ) -> Result<Option<Sight>, StoreError> {
        let facility = permit.facility();
        let sight = self.read(|connection| {
            let _snapshot = connection.snapshot()?;
            let Some(person) = of_reference(connection, number(facility), id)? else {
                return Ok(None);
            };
            let opened = in_force(connection, (number(facility), person), now)?;
            let whose = (number(facility), &permit.holder().account, person);
            let opened = those_for(connection, whose, opened, now)?;
            Ok((!opened.is_empty()).then_some(Sight {
                facility,
                person,
                opened,
            }))
        })?;
        let Some(sight) = sight else {
            return Ok(None);
        };
        let person = sight.person;
        let is_suspended = self
            .registry()
            .read(|connection| identity::is_suspended(connection, person))?;
        Ok((!is_suspended).then_some(sight))
    }

    /// Whether medical information of a person may be seen at all: whom the insurers took back is nobody, and of whom they and the
    /// resident register say different things nothing is seen (operations §4.4).
    pub(crate) fn is_seen(&self, person: PersonId) -> Result<bool, StoreError> {
        self.registry().read(|connection| {
            let is_known = registration_of(connection, person)?.is_some();
            Ok(is_known && !identity::is_suspended(connection, person)?)
        })
    }

    /// Takes a look: judges the right once more and records the look in one transaction, and reads only when that is on the disk. `None`
    /// where nothing of it may be seen any more; that is recorded as a refusal.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing may be shown.
    pub async fn look(
        &self,
        permit: &Permit<ViewMedicalPages>,
        sight: &Sight,
        looking: Looking,
        now: Instant,
    ) -> Result<Option<Seen>, StoreError> {
        let holder = permit.holder().clone();
        let (facility, person) = (sight.facility, sight.person);
        let is_somebody = self.is_seen(person)? && holder.facility == facility;
        let recorded = self.write(move |connection, batch| {
            let under = in_force(connection, (number(facility), person), now)?;
            let whose = (number(facility), &holder.account, person);
            let mut under = those_for(connection, whose, under, now)?;
            under.retain(|_| is_somebody);
            if let Some(kinds) = &looking.kinds {
                under.retain(|it| kinds.contains(&it.kind));
            }
            let event = Event {
                at: now,
                actor: actor(&holder),
                deed: Deed::MedicalRefused,
                subject: None,
                detail: String::new(),
            };
            if under.is_empty() {
                let detail = format!("way={} why=no-consent", looking.way.as_str());
                batch.append(connection, &Event { detail, ..event }, None)?;
                return Ok(None);
            }
            let look = Look {
                id: looking.id,
                at: now,
                facility,
                account: holder.account,
                account_kind: holder.kind,
                person,
                purpose: purpose(&under, looking.purpose),
                under,
                way: looking.way,
                months: looking.months,
            };
            looks::record(connection, batch, &look, event)?;
            Ok(Some(look))
        });
        let Some(look) = recorded.await? else {
            return Ok(None);
        };
        let seen = self.seen(&look, None)?;
        Ok(seen.map(|(person, information)| Seen {
            look,
            person,
            information,
        }))
    }

    /// Forgets what opens nothing any more since a day, the next few thousand of it. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_what_is_over(&self, now: Instant) -> Result<bool, StoreError> {
        let before = now.plus_seconds(-OVER_S).as_micros();
        self.write(move |connection, _| {
            let text = "DELETE FROM opened_information WHERE (facility, person, kind, basis) IN (
                SELECT facility, person, kind, basis FROM opened_information
                WHERE valid_until <= ?1 ORDER BY valid_until LIMIT ?2)";
            let mut statement = connection.prepare_cached(text)?;
            let count = statement.execute(params![before, AT_ONCE])?;
            Ok(count == AT_ONCE as usize)
        })
        .await
    }
}

/// An emergency's own purpose where the right rests on one.
fn purpose(under: &[Opened], otherwise: Purpose) -> Purpose {
    let rests_on = |basis| under.iter().any(|it| it.basis == basis);
    if rests_on(Basis::Disaster) {
        Purpose::Disaster
    } else if rests_on(Basis::Ambulance) {
        Purpose::Ambulance
    } else {
        otherwise
    }
}

/// The columns of what is open, in the order [`read`] takes them.
pub(crate) const COLUMNS: &str = "kind, basis, reference, given, valid_until";

pub(crate) fn read(row: &Row<'_>) -> Result<Opened, StoreError> {
    let (kind, basis): (String, String) = (row.get(0)?, row.get(1)?);
    let failed = StoreError::Row("opened_information");
    let kind = InformationKind::parse(&kind).ok_or_else(|| failed.clone())?;
    Ok(Opened {
        kind,
        basis: Basis::parse(&basis).ok_or(failed)?,
        reference: u128::from_be_bytes(row.get(2)?),
        given: Instant::from_micros(row.get(3)?),
        valid_until: Instant::from_micros(row.get(4)?),
    })
}

/// What a facility does not use is not shown, whatever the patient agreed to; a disaster does not ask for its settings, and ambulance mode
/// for its own alone.
fn is_used(opened: &Opened, settings: &FacilitySettings) -> bool {
    match opened.basis {
        Basis::Visit | Basis::Home => opened.kind.is_used(settings),
        Basis::Disaster => true,
        Basis::Ambulance => settings.ambulance == Use::On,
    }
}

/// Whom an identifier leads to at a facility: that of a check by card, or of what opened something.
pub(crate) fn of_reference(
    connection: &Connection,
    facility: i64,
    id: u128,
) -> Result<Option<PersonId>, StoreError> {
    let text = "SELECT person FROM card_check WHERE facility = ?1 AND id = ?2
        UNION SELECT person FROM emergency_opening WHERE facility = ?1 AND id = ?2 LIMIT 1";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, id.to_be_bytes()])?;
    let row = rows.next()?;
    row.map(|row| Ok(PersonId::from_u128(u128::from_be_bytes(row.get(0)?))))
        .transpose()
}

/// What may be seen of a person at a facility now, in the order of kinds.
pub(crate) fn in_force(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    now: Instant,
) -> Result<Vec<Opened>, StoreError> {
    let settings = facility_settings::read(connection, facility)?.settings;
    let mut opened = opened_to(connection, (facility, person), now)?;
    opened.retain(|it| is_used(it, &settings));
    Ok(opened)
}

/// What is open to an account among what is open of a person at its facility.
pub(crate) fn those_for(
    connection: &Connection,
    whose: (i64, &AccountId, PersonId),
    opened: Vec<Opened>,
    now: Instant,
) -> Result<Vec<Opened>, StoreError> {
    let all = opened.into_iter();
    let own = all.map(|it| own(connection, whose, it, now));
    own.filter_map(Result::transpose).collect()
}

/// Something that is open at a facility, as it is open to this account. What ambulance mode opened is the account's that opened it, while it
/// has the right to (OQSCD043): it rests on its own opening, whoever opened after it. All else is everybody's who views.
fn own(
    connection: &Connection,
    (facility, account, person): (i64, &AccountId, PersonId),
    it: Opened,
    now: Instant,
) -> Result<Option<Opened>, StoreError> {
    match it.basis {
        Basis::Visit | Basis::Home | Basis::Disaster => return Ok(Some(it)),
        Basis::Ambulance => {}
    }
    let text = "SELECT o.id, o.at, o.until FROM emergency_opening o
        JOIN account a ON a.facility = o.facility AND a.id = o.account AND a.ambulance = ?5
        WHERE o.facility = ?1 AND o.person = ?2 AND o.account = ?3 AND o.mode = 'ambulance' AND o.at <= ?4 AND ?4 < o.until
        ORDER BY o.at DESC, o.id DESC LIMIT 1";
    let mut statement = connection.prepare_cached(text)?;
    let parameters = params![
        facility,
        person.as_u128().to_be_bytes(),
        account.as_str(),
        now.as_micros(),
        Right::Given.code()
    ];
    let mut rows = statement.query(parameters)?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let opened = Opened {
        reference: u128::from_be_bytes(row.get(0)?),
        given: Instant::from_micros(row.get(1)?),
        valid_until: Instant::from_micros(row.get(2)?),
        ..it
    };
    // What somebody else opened anew does not bring back what was withdrawn before.
    let withdrawn = withdrawn_since(connection, (facility, person), opened.given)?;
    Ok(Some(opened).filter(|it| !withdrawn.contains(&it.kind)))
}

/// Follows a patient's answers within the running transaction: a "yes" opens its kinds, a "no" takes an earlier "yes" of a visit back, and the
/// facility hears of that as of a withdrawal.
pub(crate) fn follow_answers(
    connection: &Connection,
    whose: (i64, PersonId),
    answers: &[Answered],
    given: &Opened,
) -> Result<(), StoreError> {
    let mut ended = Vec::new();
    for answer in answers {
        for kind in InformationKind::of(answer.question) {
            match answer.choice {
                Choice::Yes => open(
                    connection,
                    whose,
                    &Opened {
                        kind: *kind,
                        ..*given
                    },
                )?,
                Choice::No | Choice::Electronic | Choice::Paper | Choice::Unknown => {
                    ended.extend(close(connection, whose, (*kind, Basis::Visit))?);
                    // Said where home care is agreed, it takes back what was agreed to there before.
                    if given.basis == Basis::Home {
                        ended.extend(close(connection, whose, (*kind, Basis::Home))?);
                    }
                }
            }
        }
    }
    tell_ended(connection, whose.0, ended, given.given)
}

/// Tells a facility of what a patient took back, where it was open until then: pages that show it are over.
pub(crate) fn tell_ended(
    connection: &Connection,
    facility: i64,
    ended: Vec<Opened>,
    now: Instant,
) -> Result<(), StoreError> {
    let open = ended.into_iter().filter(|it| now < it.valid_until);
    let Some(newest) = open.max_by_key(|it| it.given) else {
        return Ok(());
    };
    let about = (EventKind::ConsentWithdrawn, None, Some(newest.reference));
    events::tell(connection, facility, now, about)
}

/// Opens one kind within the running transaction, in place of what opened it before on the same basis.
pub(crate) fn open(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    it: &Opened,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO opened_information VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (facility, person, kind, basis) DO UPDATE
             SET reference = excluded.reference, given = excluded.given, valid_until = excluded.valid_until",
        )?
        .execute(params![
            facility,
            person.as_u128().to_be_bytes(),
            it.kind.as_str(),
            it.basis.as_str(),
            it.reference.to_be_bytes(),
            it.given.as_micros(),
            it.valid_until.as_micros()
        ])?;
    Ok(())
}

/// What may be seen of a person at a facility now or would be if the facility used it: what a withdrawal ends.
pub(crate) fn opened_to(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    now: Instant,
) -> Result<Vec<Opened>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM opened_information
         WHERE facility = ?1 AND person = ?2 AND given <= ?3 AND ?3 < valid_until ORDER BY kind, basis"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let person = person.as_u128().to_be_bytes();
    let mut rows = statement.query(params![facility, person, now.as_micros()])?;
    let mut opened = Vec::new();
    while let Some(row) = rows.next()? {
        opened.push(read(&row)?);
    }
    Ok(opened)
}

/// Ends one kind on one basis within the running transaction. Returns what there was to end.
pub(crate) fn close(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    (kind, basis): (InformationKind, Basis),
) -> Result<Option<Opened>, StoreError> {
    let text = format!(
        "DELETE FROM opened_information
         WHERE facility = ?1 AND person = ?2 AND kind = ?3 AND basis = ?4 RETURNING {COLUMNS}"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let person = person.as_u128().to_be_bytes();
    let mut rows = statement.query(params![facility, person, kind.as_str(), basis.as_str()])?;
    rows.next()?.map(|row| read(&row)).transpose()
}
