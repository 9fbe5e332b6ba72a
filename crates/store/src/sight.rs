//! The right to see medical information (G26): made by the store alone, out of what a patient agreed to or an emergency opened, and judged
//! again inside every query that reads any. Whoever is unknown, of another facility, withdrew, or agreed too long ago is one and the same
//! nobody here.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::facility_settings::FacilitySettings;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::drugs::DrugMonth;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::permit::{Permit, ViewMedicalPages};
use domain::person::{Person, PersonId};
use domain::questions::{Answered, Choice};
use rusqlite::{Connection, Row, params};

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::rows::medical_information::{unpack_checkup, unpack_month, unpack_surgery};
use crate::{facility_settings, looks};

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
        let all = self.read(|connection| {
            let settings = facility_settings::read(connection, facility)?.settings;
            let text = format!(
                "SELECT {COLUMNS}, person FROM opened_information
                 WHERE facility = ?1 AND ?2 < valid_until AND given <= ?2 ORDER BY person, kind, basis"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![facility, now.as_micros()])?;
            let mut all: Vec<(PersonId, Vec<Opened>)> = Vec::new();
            while let Some(row) = rows.next()? {
                let opened = read(row)?;
                if !is_used(&opened, &settings) {
                    continue;
                }
                let person = PersonId::from_u128(u128::from_be_bytes(row.get(5)?));
                match all.last_mut() {
                    Some((last, kinds)) if *last == person => kinds.push(opened),
                    Some(_) | None => all.push((person, vec![opened])),
                }
            }
            Ok(all)
        })?;
        let mut patients = Vec::new();
        for (person, opened) in all {
            // Somebody whom the insurers took back is nobody.
            if let Some(registration) = self.registration(person)? {
                patients.push(ViewablePatient {
                    person: registration.person,
                    reference_number: self.reference_number(permit.facility(), person)?,
                    opened,
                });
            }
        }
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
        self.read(|connection| {
            let Some(person) = of_reference(connection, number(facility), id)? else {
                return Ok(None);
            };
            let opened = in_force(connection, (number(facility), person), now)?;
            Ok((!opened.is_empty()).then_some(Sight {
                facility,
                person,
                opened,
            }))
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
        let Some(registration) = self.registration(sight.person)? else {
            return Ok(None);
        };
        let holder = permit.holder().clone();
        let (facility, person) = (sight.facility, sight.person);
        let recorded = self.write(move |connection, batch| {
            let mut under = in_force(connection, (number(facility), person), now)?;
            if let Some(kinds) = &looking.kinds {
                under.retain(|it| kinds.contains(&it.kind));
            }
            let event = Event {
                at: now,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account.clone(),
                    certificate: holder.certificate,
                },
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
        let information = self.seen(&look)?;
        Ok(Some(Seen {
            look,
            person: registration.person,
            information,
        }))
    }

    /// Reads what a recorded look may see. Whether it still may is part of each query: what ended since is not among the rows.
    pub(crate) fn seen(&self, look: &Look) -> Result<MedicalInformation, StoreError> {
        let sees = |kind| look.under.iter().any(|it| it.kind == kind);
        let mut information = MedicalInformation::default();
        self.registry().read(|connection| {
            if sees(InformationKind::Drugs) || sees(InformationKind::Treatment) {
                let asked = (
                    sees(InformationKind::Drugs),
                    sees(InformationKind::Treatment),
                );
                information.drugs = months_of(connection, look, asked)?;
            }
            let days = days_of(look.months);
            if sees(InformationKind::Surgery) {
                let opens = (InformationKind::Surgery, "surgery");
                information.surgeries = packed(connection, look, opens, days, unpack_surgery)?;
            }
            if sees(InformationKind::Checkups) {
                let opens = (InformationKind::Checkups, "checkup");
                information.checkups = packed(connection, look, opens, days, unpack_checkup)?;
            }
            Ok(information)
        })
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

/// Whether a kind is open to a look, as a condition within a query: of its facility, person and instant, in ?1, ?2 and ?3.
fn is_open(kind: InformationKind) -> String {
    format!(
        "EXISTS (SELECT 1 FROM center.opened_information o WHERE o.facility = ?1 AND o.person = ?2
         AND o.kind = '{}' AND o.given <= ?3 AND ?3 < o.valid_until)",
        kind.as_str()
    )
}

fn months_of(
    connection: &Connection,
    look: &Look,
    (drugs, treatment): (bool, bool),
) -> Result<Vec<DrugMonth>, StoreError> {
    let text = format!(
        "SELECT record, {} AND ?6, {} AND ?7 FROM drug_month
         WHERE person = ?2 AND ?4 <= month AND month <= ?5 ORDER BY month, place",
        is_open(InformationKind::Drugs),
        is_open(InformationKind::Treatment)
    );
    let mut statement = connection.prepare_cached(&text)?;
    let first = |month: TreatmentMonth| month.first_day().to_epoch_days();
    let mut rows = statement.query(params![
        number(look.facility),
        look.person.as_u128().to_be_bytes(),
        look.at.as_micros(),
        look.months.from.map_or(i32::MIN, first),
        look.months.until.map_or(i32::MAX, first),
        drugs,
        treatment
    ])?;
    let mut months = Vec::new();
    while let Some(row) = rows.next()? {
        let record = row.get_ref(0)?.as_blob();
        let record = record.map_err(|_| StoreError::Row("medical information"))?;
        let month = match (row.get(1)?, row.get(2)?) {
            (true, true) => Some(unpack_month(record)?),
            (true, false) => unpack_month(record)?.without_treatment(),
            (false, true) => unpack_month(record)?.without_drugs(),
            (false, false) => None,
        };
        months.extend(month);
    }
    Ok(months)
}

/// The first and the last day of some months, as rows count days.
fn days_of(months: Months) -> (i32, i32) {
    let first = |month: TreatmentMonth| month.first_day();
    let until = months.until.map(first);
    let after = until.map(|day: CivilDate| day.plus_months(1).to_epoch_days() - 1);
    let from = months.from.map(first);
    (
        from.map_or(i32::MIN, CivilDate::to_epoch_days),
        after.unwrap_or(i32::MAX),
    )
}

/// The rows of a table of packed records, the newest first, if their kind is open.
fn packed<T>(
    connection: &Connection,
    look: &Look,
    (kind, table): (InformationKind, &str),
    (first, last): (i32, i32),
    unpack: fn(&[u8]) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let text = format!(
        "SELECT record FROM {table} WHERE person = ?2 AND ?4 <= day AND day <= ?5 AND {}
         ORDER BY day DESC, place",
        is_open(kind)
    );
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![
        number(look.facility),
        look.person.as_u128().to_be_bytes(),
        look.at.as_micros(),
        first,
        last
    ])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let record = row.get_ref(0)?.as_blob();
        found.push(unpack(
            record.map_err(|_| StoreError::Row("medical information"))?,
        )?);
    }
    Ok(found)
}

/// The columns of what is open, in the order [`read`] takes them.
const COLUMNS: &str = "kind, basis, reference, given, valid_until";

fn read(row: &Row<'_>) -> Result<Opened, StoreError> {
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

/// What a facility does not use is not shown, whatever the patient agreed to; an emergency does not ask for its settings.
fn is_used(opened: &Opened, settings: &FacilitySettings) -> bool {
    opened.basis.is_emergency() || opened.kind.is_used(settings)
}

/// Whom an identifier leads to at a facility: that of a check by card, or of what opened something.
pub(crate) fn of_reference(
    connection: &Connection,
    facility: i64,
    id: u128,
) -> Result<Option<PersonId>, StoreError> {
    let text = "SELECT person FROM opened_information WHERE facility = ?1 AND reference = ?2
        UNION SELECT person FROM card_check WHERE facility = ?1 AND id = ?2 LIMIT 1";
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
    let text = format!(
        "SELECT {COLUMNS} FROM opened_information
         WHERE facility = ?1 AND person = ?2 AND given <= ?3 AND ?3 < valid_until ORDER BY kind, basis"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let person = person.as_u128().to_be_bytes();
    let mut rows = statement.query(params![facility, person, now.as_micros()])?;
    let mut opened = Vec::new();
    while let Some(row) = rows.next()? {
        opened.push(read(row)?);
    }
    opened.retain(|it| is_used(it, &settings));
    Ok(opened)
}

/// Follows a patient's answers within the running transaction: a "yes" opens its kinds, a "no" takes an earlier "yes" of a visit back.
pub(crate) fn follow_answers(
    connection: &Connection,
    whose: (i64, PersonId),
    answers: &[Answered],
    given: &Opened,
) -> Result<(), StoreError> {
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
                    close(connection, whose, (*kind, Basis::Visit))?;
                }
            }
        }
    }
    Ok(())
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

/// Ends one kind on one basis within the running transaction. Returns whether there was anything to end.
pub(crate) fn close(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    (kind, basis): (InformationKind, Basis),
) -> Result<bool, StoreError> {
    let text = "DELETE FROM opened_information
        WHERE facility = ?1 AND person = ?2 AND kind = ?3 AND basis = ?4";
    let mut statement = connection.prepare_cached(text)?;
    let person = person.as_u128().to_be_bytes();
    let ended = statement.execute(params![facility, person, kind.as_str(), basis.as_str()])?;
    Ok(0 < ended)
}
