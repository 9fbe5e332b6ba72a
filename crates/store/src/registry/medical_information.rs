//! Medical information, opened by a patient's consent alone (G26): whoever reads it holds an [`Opening`], which only a consent in force at
//! the asking facility makes, for the one person whom the qualification leads to. Says of nobody whether they exist.

use domain::audit::Event;
use domain::civil_date::{CivilDate, Instant};
use domain::coverage::Registration;
use domain::insured::{Branch, InsuranceKey};
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::checkup::Checkup;
use domain::medical_information::drugs::{DrugMonth, Source};
use domain::medical_information::viewing::{Given, NotOpened, Reading, consent_to};
use domain::permit::{Permit, ReadMedicalByMachine};
use domain::person::{Person, PersonId};
use domain::questions::{Choice, Question};
use rusqlite::params;

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep};
use crate::rows;
use crate::rows::medical_information::{
    pack_checkup, pack_month, pack_surgery, unpack_checkup, unpack_month,
};

/// The qualification a message names, and what is to be read.
#[derive(Clone)]
pub struct Sought {
    /// Its matching form.
    pub key: InsuranceKey,
    /// The branch, where it was given.
    pub branch: Option<Branch>,
    /// What is to be read.
    pub reading: Reading,
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sought({:?}, …)", self.reading)
    }
}

/// The right to read one thing of one person now. Made by the store alone.
#[derive(Debug)]
pub struct Opening {
    key: InsuranceKey,
    registration: Registration,
    consent: Given,
    reading: Reading,
}

impl Opening {
    /// The person.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.registration.person
    }

    /// The consent it rests on.
    #[must_use]
    pub fn consent(&self) -> Given {
        self.consent
    }
}

/// What became of a look to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookRecorded {
    /// It is on the disk.
    Done,
    /// Its idempotency key was used for another request; nothing was recorded.
    Conflict,
}

impl Engine {
    /// Opens what a message asks for, if the one person its qualification leads to agreed to it at the permit's facility with their card
    /// and the consent is in force. Nobody, several people and no consent are one and the same refusal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_medical_information(
        &self,
        permit: &Permit<ReadMedicalByMachine>,
        sought: Sought,
        now: Instant,
    ) -> Result<Result<Opening, NotOpened>, StoreError> {
        let Some(registration) = self.identified(&sought)? else {
            return Ok(Err(NotOpened::NoConsent));
        };
        let given = self.answers_of(permit, registration.person.id, now)?;
        Ok(
            consent_to(sought.reading, &given, now).map(|consent| Opening {
                key: sought.key,
                registration,
                consent,
                reading: sought.reading,
            }),
        )
    }

    /// The one person a qualification leads to; `None` for nobody and for several.
    fn identified(&self, sought: &Sought) -> Result<Option<Registration>, StoreError> {
        self.registry().read(|connection| {
            let text = "SELECT person, record FROM insured WHERE key = ?1 ORDER BY person LIMIT 16";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([sought.key.as_str()])?;
            let mut one: Option<Registration> = None;
            while let Some(row) = rows.next()? {
                let id = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let record = row.get_ref(1)?.as_blob();
                let record = record.map_err(|_| StoreError::Row("person"))?;
                let registration = rows::unpack(id, record)?;
                if !sought.fits(&registration) {
                    continue;
                }
                if one.is_some() {
                    return Ok(None);
                }
                one = Some(registration);
            }
            Ok(one)
        })
    }

    /// What the person answered with their card at the permit's facility and what may still count.
    fn answers_of(
        &self,
        permit: &Permit<ReadMedicalByMachine>,
        person: PersonId,
        now: Instant,
    ) -> Result<Vec<Given>, StoreError> {
        self.read(|connection| {
            let text = "SELECT check_id, question, answer, at, valid_until FROM consent
                WHERE facility = ?1 AND person = ?2 AND ?3 < valid_until";
            let mut statement = connection.prepare_cached(text)?;
            let facility = number(permit.facility());
            let mut rows = statement.query(params![
                facility,
                person.as_u128().to_be_bytes(),
                now.as_micros()
            ])?;
            let mut given = Vec::new();
            while let Some(row) = rows.next()? {
                let (question, choice): (String, String) = (row.get(1)?, row.get(2)?);
                given.push(Given {
                    check: u128::from_be_bytes(row.get(0)?),
                    question: Question::parse(&question).ok_or(StoreError::Row("consent"))?,
                    choice: Choice::parse(&choice).ok_or(StoreError::Row("consent"))?,
                    at: Instant::from_micros(row.get(3)?),
                    valid_until: Instant::from_micros(row.get(4)?),
                });
            }
            Ok(given)
        })
    }

    /// The months of drugs, from one to another, in their order; treatment among them only where it was opened.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drug_months(
        &self,
        opening: &Opening,
        (from, until): (TreatmentMonth, TreatmentMonth),
        sources: &[Source],
    ) -> Result<Vec<DrugMonth>, StoreError> {
        let treatment = match opening.reading {
            Reading::Drugs => false,
            Reading::DrugsAndTreatment => true,
            Reading::Checkups => return Ok(Vec::new()),
        };
        let day = |month: TreatmentMonth| month.first_day().to_epoch_days();
        self.registry().read(|connection| {
            // By the very qualification that was asked about: a person is never reached by another way.
            let text = "SELECT m.record FROM insured i JOIN drug_month m ON m.person = i.person
                WHERE i.key = ?1 AND i.person = ?2 AND ?3 <= m.month AND m.month <= ?4
                ORDER BY m.month, m.place";
            let mut statement = connection.prepare_cached(text)?;
            let person = opening.person().id.as_u128().to_be_bytes();
            let parameters = params![opening.key.as_str(), person, day(from), day(until)];
            let mut rows = statement.query(parameters)?;
            let mut months = Vec::new();
            while let Some(row) = rows.next()? {
                let record = row.get_ref(0)?.as_blob();
                let record = record.map_err(|_| StoreError::Row("medical information"))?;
                let month = unpack_month(record)?;
                if !sources.contains(&month.source) {
                    continue;
                }
                if treatment {
                    months.push(month);
                } else {
                    months.extend(month.without_treatment());
                }
            }
            Ok(months)
        })
    }

    /// The checkups, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checkups(&self, opening: &Opening) -> Result<Vec<Checkup>, StoreError> {
        if opening.reading != Reading::Checkups {
            return Ok(Vec::new());
        }
        self.registry().read(|connection| {
            let text = "SELECT c.record FROM insured i JOIN checkup c ON c.person = i.person
                WHERE i.key = ?1 AND i.person = ?2 ORDER BY c.day DESC, c.place";
            let mut statement = connection.prepare_cached(text)?;
            let person = opening.person().id.as_u128().to_be_bytes();
            let mut rows = statement.query(params![opening.key.as_str(), person])?;
            let mut checkups = Vec::new();
            while let Some(row) = rows.next()? {
                let record = row.get_ref(0)?.as_blob();
                let record = record.map_err(|_| StoreError::Row("medical information"))?;
                checkups.push(unpack_checkup(record)?);
            }
            Ok(checkups)
        })
    }

    /// Records a look, or its refusal, before it is answered. Under a key of before it is another look; nothing of what was seen is kept.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered.
    pub async fn record_look(
        &self,
        event: Event,
        kept: Option<KeptAnswer>,
    ) -> Result<LookRecorded, StoreError> {
        self.write(move |connection, batch| {
            if let Some(kept) = &kept {
                match earlier(connection, kept)? {
                    Some(Earlier::Other) => return Ok(LookRecorded::Conflict),
                    Some(Earlier::Same(_)) => {}
                    None => keep(connection, kept)?,
                }
            }
            batch.append(connection, &event, None)?;
            Ok(LookRecorded::Done)
        })
        .await
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
                    .prepare_cached("INSERT INTO drug_month VALUES (?1, ?2, ?3, ?4, ?5)")?;
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
                    for (place, it) in information.drugs.iter().enumerate() {
                        let (first, source) = (day(it.month.first_day()), it.source.as_str());
                        month.execute(params![person, first, place, source, pack_month(it)?])?;
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

impl Sought {
    /// Whether a person has a coverage of this key and, where both are given, of this branch.
    fn fits(&self, registration: &Registration) -> bool {
        registration.coverages.iter().any(|coverage| {
            let branch = match (self.branch, coverage.branch) {
                (Some(asked), Some(registered)) => asked == registered,
                (None, _) | (_, None) => true,
            };
            branch && coverage.key() == self.key
        })
    }
}
