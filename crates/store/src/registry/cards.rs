//! Whom a card leads to, and what exists about a person. Decides nothing about either.

use domain::card_certificate::CardSerial;
use domain::civil_date::CivilDate;
use domain::coverage::period::Period;
use domain::medical_aid::TreatmentMonth;
use domain::permit::{AskByCard, Permit};
use domain::person::PersonId;
use domain::questions::{Holding, Holdings};

use super::{Found, registration_of};
use crate::engine::{Engine, StoreError};
use crate::sql::{OptionalExtension, params};

/// The holder of a card.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Person and coverages, with the asking facility's own number.
    pub found: Found,
    /// What is stored about the person for the day.
    pub holdings: Holdings,
}

/// Something that exists about a person on some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What.
    pub kind: Holding,
    /// On which days it counts.
    pub period: Period,
}

/// What exists about a person (?1) on a day (?2), of what has records only where one is as young as is shown: from ?3 on of checkups, ?4
/// of surgery, ?5 of treatment, ?6 of drugs from claims and ?7 of electronic prescriptions, which lie by months.
const HELD: &str = "SELECT kind FROM holding WHERE person = ?1
    AND (first_day IS NULL OR first_day <= ?2) AND (last_day IS NULL OR ?2 <= last_day)
    AND (kind <> 'checkups' OR coalesce((SELECT max(it.day) FROM checkup it WHERE it.person = ?1), ?3) >= ?3)
    AND (kind <> 'surgery' OR coalesce((SELECT max(it.day) FROM surgery it WHERE it.person = ?1), ?4) >= ?4)
    AND (kind <> 'treatment'
      OR EXISTS (SELECT 1 FROM drug_month it WHERE it.person = ?1 AND it.kind = 'treatment' AND ?5 <= it.month)
      OR NOT EXISTS (SELECT 1 FROM drug_month it WHERE it.person = ?1 AND it.kind = 'treatment'))
    AND (kind <> 'drugs'
      OR EXISTS (SELECT 1 FROM drug_month it WHERE it.person = ?1 AND it.kind = 'drugs' AND it.source = 'claims' AND ?6 <= it.month)
      OR EXISTS (SELECT 1 FROM drug_month it WHERE it.person = ?1 AND it.kind = 'drugs' AND it.source <> 'claims' AND ?7 <= it.month)
      OR NOT EXISTS (SELECT 1 FROM drug_month it WHERE it.person = ?1 AND it.kind = 'drugs'))";

impl Engine {
    /// The holder of a card on a day; `None` when nobody is registered under its serial. Of what is older than is shown on that day nothing
    /// is said to exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn card_holder(
        &self,
        permit: &Permit<AskByCard>,
        serial: &CardSerial,
        day: CivilDate,
    ) -> Result<Option<Holder>, StoreError> {
        let shown = self.look_back().first_days(day);
        let mut holder = self.registry().read(|connection| {
            let text = "SELECT person FROM card_certificate WHERE serial = ?1 AND authority = ?2";
            let mut statement = connection.prepare_cached(text)?;
            let parameters = params![serial.number(), serial.authority()];
            let led = statement.query_row(parameters, |row| row.get(0));
            let Some(id) = led.optional()? else {
                return Ok(None);
            };
            let person = PersonId::from_u128(u128::from_be_bytes(id));
            let Some(registration) = registration_of(connection, person)? else {
                return Ok(None);
            };
            let mut statement = connection.prepare_cached(HELD)?;
            let prescriptions = TreatmentMonth::of(shown.prescriptions).first_day();
            let parameters = params![
                id,
                day.to_epoch_days(),
                shown.checkups.to_epoch_days(),
                shown.surgery.to_epoch_days(),
                shown.treatment.to_epoch_days(),
                shown.claims.to_epoch_days(),
                prescriptions.to_epoch_days()
            ];
            let kinds = statement.query_map(parameters, |row| row.get(0))?;
            let mut holdings = Holdings::new();
            for kind in kinds {
                let kind: String = kind?;
                holdings.insert(Holding::parse(&kind).ok_or(StoreError::Row("holding"))?);
            }
            Ok(Some(Holder {
                found: Found {
                    registration,
                    reference_number: None,
                },
                holdings,
            }))
        })?;
        if let Some(Holder { found, .. }) = &mut holder {
            let person = found.registration.person.id;
            found.reference_number = self.reference_number(permit.facility(), person)?;
        }
        Ok(holder)
    }

    /// Leads cards to people: each (serial, person). A serial that led to somebody else leads to the new one. All or none.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_cards(&self, cards: Vec<(CardSerial, PersonId)>) -> Result<(), StoreError> {
        self.registry()
            .write(move |connection, _| {
                let mut insert = connection.prepare_cached(
                    "INSERT INTO card_certificate VALUES (?1, ?2, ?3) ON CONFLICT (serial, authority) DO UPDATE SET person = excluded.person",
                )?;
                for (serial, person) in &cards {
                    let person = person.as_u128().to_be_bytes();
                    insert.execute(params![serial.number(), serial.authority(), person])?;
                }
                Ok(())
            })
            .await
    }

    /// Stores what exists about people, in place of what was stored about them. A specified-disease certificate needs no entry: it
    /// is part of its coverage. All or none.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored.
    pub async fn store_holdings(
        &self,
        people: Vec<(PersonId, Vec<Held>)>,
    ) -> Result<(), StoreError> {
        let day = |date: Option<CivilDate>| date.map(CivilDate::to_epoch_days);
        self.registry()
            .write(move |connection, _| {
                let mut delete =
                    connection.prepare_cached("DELETE FROM holding WHERE person = ?1")?;
                let mut insert = connection
                    .prepare_cached("INSERT INTO holding VALUES (?1, ?2, ?3, ?4) ON CONFLICT (person, kind) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day")?;
                for (person, held) in &people {
                    let person = person.as_u128().to_be_bytes();
                    delete.execute([person])?;
                    for it in held {
                        let (first, last) = (day(it.period.start), day(it.period.end));
                        insert.execute(params![person, it.kind.as_str(), first, last])?;
                    }
                }
                Ok(())
            })
            .await
    }
}
