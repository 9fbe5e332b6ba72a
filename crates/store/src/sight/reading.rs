//! Reads what a recorded look may see. Whether it still may is part of each query, in one snapshot of both files with the facility's settings:
//! what ended meanwhile is not among the rows.

use domain::civil_date::CivilDate;
use domain::insured::InsuranceKey;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::drugs::{DrugMonth, Source};
use domain::medical_information::kind::{Basis, InformationKind, Way};
use domain::medical_information::look::{Look, Months};
use domain::medical_information::look_back::FirstDays;
use domain::person::Person;

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::registry::identity::{IS_SUSPENDED, is_suspended};
use crate::registry::registration_of;
use crate::rows::medical_information::{unpack_checkup, unpack_month, unpack_surgery};
use crate::sight::{in_force, those_for};
use crate::sql::{Connection, params};

/// A look that is read, and the qualification it began at; of one that began at an identifier, none.
struct Reading<'a> {
    look: &'a Look,
    /// Whether what it began at leads to the person.
    is_reached: bool,
    /// What is older than these days is not shown.
    first: FirstDays,
}

impl Engine {
    /// Reads what a recorded look may see, of a machine's only by the qualification it asked about. `None` where all of it ended since it
    /// was recorded, and where the person was taken back.
    pub(crate) fn seen(
        &self,
        look: &Look,
        by: Option<&InsuranceKey>,
    ) -> Result<Option<(Person, MedicalInformation)>, StoreError> {
        let first = self.look_back().first_days(look.at.date_in_japan());
        self.registry().read(|connection| {
            let _snapshot = connection.snapshot()?;
            let Some(registration) = registration_of(connection, look.person)? else {
                return Ok(None);
            };
            if is_suspended(connection, look.person)? {
                return Ok(None);
            }
            let has = |key: &InsuranceKey| registration.coverages.iter().any(|it| it.key() == *key);
            let reading = Reading {
                look,
                is_reached: by.is_none_or(has),
                first,
            };
            // Tables of the center's file go by their bare names here: the registry has none of these.
            let now = in_force(connection, (number(look.facility), look.person), look.at)?;
            let whose = (number(look.facility), &look.account, look.person);
            let now = those_for(connection, whose, now, look.at)?;
            let sees = |kind: InformationKind| {
                look.under.iter().any(|it| it.kind == kind) && now.iter().any(|it| it.kind == kind)
            };
            if !InformationKind::ALL.iter().any(|kind| sees(*kind)) {
                return Ok(None);
            }
            let mut information = MedicalInformation::default();
            let (drugs, treatment) = (
                sees(InformationKind::Drugs),
                sees(InformationKind::Treatment),
            );
            if drugs || treatment {
                information.drugs = reading.months(connection, (drugs, treatment))?;
            }
            if sees(InformationKind::Surgery) {
                let opens = (InformationKind::Surgery, "surgery", first.surgery);
                information.surgeries = reading.packed(connection, opens, unpack_surgery)?;
            }
            if sees(InformationKind::Checkups) {
                let opens = (InformationKind::Checkups, "checkup", first.checkups);
                information.checkups = reading.packed(connection, opens, unpack_checkup)?;
            }
            Ok(Some((registration.person, information)))
        })
    }
}

/// Whether a kind is open to a look, as a condition within a query: of its facility, person and instant, in ?1, ?2 and ?3. A machine's
/// rests on one basis alone (?4); where it asked about a qualification (?5), the person is reached by that and no other way.
fn is_open(kind: InformationKind) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM center.opened_information o WHERE o.facility = ?1 AND o.person = ?2
            AND o.kind = '{}' AND o.given <= ?3 AND ?3 < o.valid_until AND (o.basis = ?4 OR ?4 IS NULL))
          AND ?5
          AND NOT {IS_SUSPENDED})",
        kind.as_str()
    )
}

impl Reading<'_> {
    /// What a machine's look was judged by; people's rest on whatever is open.
    fn basis(&self) -> Option<&'static str> {
        let judged = self.look.under.first().map_or(Basis::Visit, |it| it.basis);
        (self.look.way == Way::Machine).then(|| judged.as_str())
    }

    fn months(
        &self,
        connection: &Connection,
        (drugs, treatment): (bool, bool),
    ) -> Result<Vec<DrugMonth>, StoreError> {
        let text = format!(
            "SELECT record FROM drug_month WHERE person = ?2 AND ?6 <= month AND month <= ?7
             AND (?8 AND kind = 'drugs' AND (source = 'claims' AND ?10 <= month OR source <> 'claims' AND ?11 <= month) AND {}
               OR ?9 AND kind = 'treatment' AND ?12 <= month AND {})
             ORDER BY month, place, kind",
            is_open(InformationKind::Drugs),
            is_open(InformationKind::Treatment)
        );
        let mut statement = connection.prepare_cached(&text)?;
        let (look, shown) = (self.look, &self.first);
        let first = |month: TreatmentMonth| month.first_day().to_epoch_days();
        let mut rows = statement.query(params![
            number(look.facility),
            look.person.as_u128().to_be_bytes(),
            look.at.as_micros(),
            self.basis(),
            self.is_reached,
            look.months.from.map_or(i32::MIN, first),
            look.months.until.map_or(i32::MAX, first),
            drugs,
            treatment,
            shown.claims.to_epoch_days(),
            first(TreatmentMonth::of(shown.prescriptions)),
            shown.treatment.to_epoch_days()
        ])?;
        let mut months = Vec::new();
        while let Some(row) = rows.next()? {
            let record = row.get_ref(0)?.as_blob();
            let record = record.map_err(|_| StoreError::Row("medical information"))?;
            let month = unpack_month(record)?;
            // Rows are months; electronic prescriptions are shown by the day.
            months.extend(match month.source {
                Source::Claims => Some(month),
                Source::Dispensing | Source::Prescription => month.since(shown.prescriptions),
            });
        }
        Ok(DrugMonth::together(months))
    }

    /// The rows of a table of packed records, the newest first, if their kind is open.
    fn packed<T>(
        &self,
        connection: &Connection,
        (kind, table, shown): (InformationKind, &str, CivilDate),
        unpack: fn(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let text = format!(
            "SELECT record FROM {table} WHERE person = ?2 AND ?6 <= day AND day <= ?7 AND {}
             ORDER BY day DESC, place",
            is_open(kind)
        );
        let mut statement = connection.prepare_cached(&text)?;
        let look = self.look;
        let (first, last) = days_of(look.months);
        let first = first.max(shown.to_epoch_days());
        let mut rows = statement.query(params![
            number(look.facility),
            look.person.as_u128().to_be_bytes(),
            look.at.as_micros(),
            self.basis(),
            self.is_reached,
            first,
            last
        ])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let record = row.get_ref(0)?.as_blob();
            let record = record.map_err(|_| StoreError::Row("medical information"))?;
            found.push(unpack(record)?);
        }
        Ok(found)
    }
}

/// The first and the last day of some months, as rows count days.
fn days_of(months: Months) -> (i32, i32) {
    let from = months.from.map(TreatmentMonth::first_day);
    let after = months.until.map(|it| it.first_day().plus_months(1));
    (
        from.map_or(i32::MIN, CivilDate::to_epoch_days),
        after.map_or(i32::MAX, |day| day.to_epoch_days() - 1),
    )
}
