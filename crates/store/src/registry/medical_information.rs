//! Medical information for machines (G26): one look by the qualification that a message names, judged, recorded and read as people's looks
//! are, and told to nobody without an open consent for that kind of visit. Says of nobody whether they exist. Stores what is known of people.

use domain::audit::{Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::codes::check::VisitKind;
use domain::coverage::Registration;
use domain::home_care::Care;
use domain::insured::{Branch, InsuranceKey};
use domain::medical_information::MedicalInformation;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::medical_information::viewing::{NotOpened, Reading, is_used};
use domain::permit::{Permit, ReadMedicalByMachine};
use domain::person::PersonId;
use uuid::Uuid;

use crate::access::{actor, number};
use crate::engine::{Engine, StoreError};
use crate::home_care::consents as home_consents;
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep};
use crate::registry::households;
use crate::rows::medical_information::{pack_checkup, pack_month, pack_surgery};
use crate::sight::{Seen, in_force};
use crate::sql::{Connection, params};
use crate::{facility_settings, looks};

/// The qualification a message names, and what is to be read.
#[derive(Clone)]
pub struct Sought {
    /// Its matching form.
    pub key: InsuranceKey,
    /// The branch, where it was given.
    pub branch: Option<Branch>,
    /// What is to be read.
    pub reading: Reading,
    /// Of which months.
    pub months: Months,
    /// At what kind of visit: what was agreed to with the card at a reader is an outpatient's, with home or remote care that care's.
    pub visit: VisitKind,
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sought({:?}, …)", self.reading)
    }
}

/// A machine's look, as it is to be recorded.
#[derive(Debug, Clone)]
pub struct MachineLook {
    /// Identifier of the look: unique, and never used before.
    pub id: u128,
    /// Why.
    pub purpose: Purpose,
    /// What the audit chain says of the request besides, in either case: nothing of anybody.
    pub detail: String,
    /// What is kept under the request's key: that it came, and nothing of what was seen.
    pub kept: Option<KeptAnswer>,
}

/// What became of a machine's look.
#[derive(Debug)]
pub enum MachineLooked {
    /// It is on record, and this was seen.
    Seen(Box<Seen>),
    /// It was refused, and that is on record.
    NotOpened(NotOpened),
    /// Its idempotency key was used for another request; nothing was recorded.
    Conflict,
}

/// What the record says of a machine's look.
enum Recorded {
    Look(Box<Look>),
    NotOpened(NotOpened),
    Conflict,
}

impl Engine {
    /// Takes a look for a machine: of the one person a qualification leads to, if what is to be read is open at the permit's facility by
    /// the patient's own consent for this kind of visit. Nobody, several people and no consent are one and the same refusal. Under an
    /// idempotency key of before it is another look.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing may be answered.
    pub async fn look_by_machine(
        &self,
        permit: &Permit<ReadMedicalByMachine>,
        sought: &Sought,
        look: MachineLook,
        now: Instant,
    ) -> Result<MachineLooked, StoreError> {
        let person = self.identified(sought)?.map(|it| it.person.id);
        let person = match person {
            Some(person) if self.is_seen(person)? => Some(person),
            Some(_) | None => None,
        };
        let holder = permit.holder().clone();
        let (reading, visit, months) = (sought.reading, sought.visit, sought.months);
        let recorded = self.write(move |connection, batch| {
            if let Some(kept) = &look.kept {
                match earlier(connection, kept)? {
                    Some(Earlier::Other) => return Ok(Recorded::Conflict),
                    Some(Earlier::Same(_)) => {}
                    None => keep(connection, batch, kept)?,
                }
            }
            let mut event = Event {
                at: now,
                actor: actor(&holder),
                deed: Deed::MedicalRefused,
                subject: None,
                detail: format!("reading={} {}", reading.as_str(), look.detail),
            };
            let whose = (number(holder.facility), person);
            match opened(connection, whose, (reading, visit), now)? {
                Err(why) => {
                    event.detail = format!("{} why={}", event.detail.trim_end(), name(why));
                    batch.append(connection, &event, None)?;
                    Ok(Recorded::NotOpened(why))
                }
                Ok((person, under)) => {
                    let consents: Vec<String> = consents(&under);
                    event.detail =
                        format!("{} consent={}", event.detail.trim_end(), consents.join(","));
                    let look = Look {
                        id: look.id,
                        at: now,
                        facility: holder.facility,
                        account: holder.account,
                        account_kind: holder.kind,
                        person,
                        under,
                        way: Way::Machine,
                        purpose: look.purpose,
                        months,
                    };
                    looks::record(connection, batch, &look, event)?;
                    Ok(Recorded::Look(Box::new(look)))
                }
            }
        });
        let look = match recorded.await? {
            Recorded::Look(look) => *look,
            Recorded::NotOpened(why) => return Ok(MachineLooked::NotOpened(why)),
            Recorded::Conflict => return Ok(MachineLooked::Conflict),
        };
        Ok(match self.seen(&look, Some(&sought.key))? {
            Some((person, information)) => MachineLooked::Seen(Box::new(Seen {
                look,
                person,
                information,
            })),
            None => MachineLooked::NotOpened(NotOpened::NoConsent),
        })
    }

    /// The one person a qualification leads to; `None` for nobody and for several.
    fn identified(&self, sought: &Sought) -> Result<Option<Registration>, StoreError> {
        let found = self
            .registry()
            .read(|connection| led_to(connection, &sought.key, sought.branch))?;
        let mut found = found.into_iter();
        let one = found.next();
        Ok(one.filter(|_| found.next().is_none()))
    }

    /// Stores what is known of people, in place of what was stored about them. All or none.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_medical_information(
        &self,
        people: Vec<(PersonId, MedicalInformation)>,
    ) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| {
                let mut month = connection
                    .prepare_cached("INSERT INTO drug_month VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
                let mut checkup =
                    connection.prepare_cached("INSERT INTO checkup VALUES (?1, ?2, ?3, ?4)")?;
                let mut surgery =
                    connection.prepare_cached("INSERT INTO surgery VALUES (?1, ?2, ?3, ?4)")?;
                let day = |date: CivilDate| date.to_epoch_days();
                for (person, information) in &people {
                    let person = person.as_u128().to_be_bytes();
                    connection.execute("DELETE FROM drug_month WHERE person = ?1", [person])?;
                    connection.execute("DELETE FROM checkup WHERE person = ?1", [person])?;
                    connection.execute("DELETE FROM surgery WHERE person = ?1", [person])?;
                    connection.execute("DELETE FROM statement WHERE person = ?1", [person])?;
                    for (place, it) in information.drugs.iter().enumerate() {
                        let (first, source) = (day(it.month.first_day()), it.source.as_str());
                        for (kind, part) in [
                            (InformationKind::Drugs, it.clone().without_treatment()),
                            (InformationKind::Treatment, it.clone().without_drugs()),
                        ] {
                            let Some(part) = part else { continue };
                            let record = pack_month(&part)?;
                            let kind = kind.as_str();
                            month.execute(params![person, first, place, kind, source, record])?;
                        }
                    }
                    for (place, it) in information.surgeries.iter().enumerate() {
                        surgery.execute(params![person, day(it.day), place, pack_surgery(it)?])?;
                    }
                    for (place, it) in information.checkups.iter().enumerate() {
                        checkup.execute(params![person, day(it.day), place, pack_checkup(it)?])?;
                    }
                }
                Ok(())
            })
            .await
    }
}

/// What a reading rests on within the running transaction: every kind of it open for the kind of visit, or why it is not.
fn opened(
    connection: &Connection,
    (facility, person): (i64, Option<PersonId>),
    (reading, visit): (Reading, VisitKind),
    now: Instant,
) -> Result<Result<(PersonId, Vec<Opened>), NotOpened>, StoreError> {
    let settings = facility_settings::read(connection, facility)?.settings;
    if let Err(why) = is_used(reading, &settings) {
        return Ok(Err(why));
    }
    let Some(person) = person else {
        return Ok(Err(NotOpened::NoConsent));
    };
    let mut under = in_force(connection, (facility, person), now)?;
    under.retain(|it| reading.kinds().contains(&it.kind));
    under = for_visit(connection, (facility, person, visit), under, now)?;
    let mut kinds = reading.kinds().iter();
    if kinds.all(|kind| under.iter().any(|it| it.kind == *kind)) {
        Ok(Ok((person, under)))
    } else {
        Ok(Err(NotOpened::NoConsent))
    }
}

/// What of it was agreed to for a kind of visit; what an emergency opened is for people alone.
fn for_visit(
    connection: &Connection,
    (facility, person, visit): (i64, PersonId, VisitKind),
    mut opened: Vec<Opened>,
    now: Instant,
) -> Result<Vec<Opened>, StoreError> {
    let care = match visit {
        VisitKind::Outpatient => {
            opened.retain(|it| it.basis == Basis::Visit);
            return Ok(opened);
        }
        VisitKind::HomeVisit => Care::HomeVisit,
        VisitKind::Online => Care::RemoteCare,
        VisitKind::Emergency => return Ok(Vec::new()),
    };
    home_consents::agreed_for(connection, (facility, person, care), opened, now)
}

/// The checks that gave the consents, each once.
fn consents(under: &[Opened]) -> Vec<String> {
    let mut checks: Vec<u128> = under.iter().map(|it| it.reference).collect();
    checks.dedup();
    let checks = checks.into_iter();
    checks.map(|it| Uuid::from_u128(it).to_string()).collect()
}

fn name(why: NotOpened) -> &'static str {
    match why {
        NotOpened::TreatmentNotForMachines => "treatment",
        NotOpened::NotUsed => "not-used",
        NotOpened::NoConsent => "no-consent",
    }
}

/// Whom a qualification leads to: those with a coverage of this key and, where both are given, of this branch.
pub(crate) fn led_to(
    connection: &Connection,
    key: &InsuranceKey,
    branch: Option<Branch>,
) -> Result<Vec<Registration>, StoreError> {
    let mut found = households::led_to(connection, key.as_str(), None)?;
    found.retain(|registration| {
        let mut coverages = registration.coverages.iter();
        coverages.any(|coverage| coverage.goes_by(key, branch))
    });
    Ok(found)
}
