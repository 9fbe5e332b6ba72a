//! The packed form of a person with their coverages. A row, not the domain: it may change only together with a migration.

pub(crate) mod medical_information;
mod tickets;

use domain::certificate::{
    CeilingCertificate, DiseaseCertificate, ElderlyCertificate, Period, Ratio,
};
use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::feed::BatchNumber;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};
use serde::{Deserialize, Serialize};

use crate::engine::StoreError;
use crate::rows::tickets::TicketRow;

/// Days since 1970-01-01.
type Day = i32;
type Span = (Option<Day>, Option<Day>);
/// Kind, category, issue, period, start of a long stay.
type CeilingRow<'a> = (&'a str, Option<&'a str>, Option<Day>, Span, Option<Day>);

#[derive(Serialize, Deserialize)]
struct PersonRow<'a> {
    #[serde(borrow)]
    name: &'a str,
    name_of_other: Option<&'a str>,
    kana: Option<&'a str>,
    kana_of_other: Option<&'a str>,
    sex: &'a str,
    shown_sex: Option<&'a str>,
    birth_date: Day,
    address: Option<&'a str>,
    postal_code: Option<&'a str>,
    coverages: Vec<CoverageRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct CoverageRow<'a> {
    #[serde(borrow)]
    classification: &'a str,
    insurer: u32,
    insurer_name: &'a str,
    symbol: Option<&'a str>,
    number: &'a str,
    branch: Option<String>,
    relationship: Option<&'a str>,
    insured_name: Option<&'a str>,
    acquired: Option<Day>,
    loss: Option<(Day, Option<&'a str>)>,
    issued: Option<Day>,
    period: Span,
    ratio: Option<u8>,
    preschool: Option<&'a str>,
    elderly: Vec<(Option<Day>, Span, Option<u8>)>,
    ceilings: Vec<CeilingRow<'a>>,
    diseases: Vec<(&'a str, Option<Day>, Span, Option<u32>)>,
    tickets: Vec<TicketRow<'a>>,
    /// The batch it came from, 0 for none: one byte for the first 127.
    source: u32,
}

fn day(date: Option<CivilDate>) -> Option<Day> {
    date.map(CivilDate::to_epoch_days)
}

fn span(period: Period) -> Span {
    (day(period.start), day(period.end))
}

/// Packs a registration.
pub(crate) fn pack(registration: &Registration) -> Result<Vec<u8>, StoreError> {
    let person = &registration.person;
    let row = PersonRow {
        name: person.name.as_str(),
        name_of_other: person.name_of_other.as_ref().map(PersonName::as_str),
        kana: person.kana.as_ref().map(Kana::as_str),
        kana_of_other: person.kana_of_other.as_ref().map(Kana::as_str),
        sex: person.sex.code(),
        shown_sex: person.shown_sex.map(Sex::code),
        birth_date: person.birth_date.to_epoch_days(),
        address: person.address.as_ref().map(Address::as_str),
        postal_code: person.postal_code.as_ref().map(PostalCode::as_str),
        coverages: registration.coverages.iter().map(coverage_row).collect(),
    };
    postcard::to_stdvec(&row).map_err(|_| StoreError::Row("person"))
}

fn coverage_row(it: &Coverage) -> CoverageRow<'_> {
    CoverageRow {
        classification: it.classification.code(),
        insurer: it.insurer.as_u32(),
        insurer_name: it.insurer_name.as_str(),
        symbol: it.symbol.as_ref().map(Symbol::as_str),
        number: it.number.as_str(),
        branch: it.branch.map(Branch::to_digits),
        relationship: it.relationship.map(Relationship::code),
        insured_name: it.insured_name.as_ref().map(PersonName::as_str),
        acquired: day(it.acquired),
        loss: it
            .loss
            .map(|loss| (loss.date.to_epoch_days(), loss.reason.map(LossReason::code))),
        issued: day(it.issued),
        period: span(it.period),
        ratio: it.ratio.map(Ratio::as_percent),
        preschool: it.preschool.map(Preschool::code),
        elderly: it
            .elderly
            .iter()
            .map(|c| {
                (
                    day(c.issued),
                    span(c.period),
                    c.ratio.map(Ratio::as_percent),
                )
            })
            .collect(),
        ceilings: it
            .ceilings
            .iter()
            .map(|c| {
                (
                    c.kind.code(),
                    c.category.map(Category::code),
                    day(c.issued),
                    span(c.period),
                    day(c.long_term_since),
                )
            })
            .collect(),
        diseases: it
            .diseases
            .iter()
            .map(|c| {
                (
                    c.disease.code(),
                    day(c.issued),
                    span(c.period),
                    c.self_pay_yen,
                )
            })
            .collect(),
        tickets: it.tickets.iter().map(tickets::row).collect(),
        source: it.source.map_or(0, BatchNumber::as_u32),
    }
}

/// Unpacks a registration.
pub(crate) fn unpack(id: PersonId, bytes: &[u8]) -> Result<Registration, StoreError> {
    let row: Option<PersonRow<'_>> = postcard::from_bytes(bytes).ok();
    row.and_then(|row| registration(id, &row))
        .ok_or(StoreError::Row("person"))
}

/// `None` inside for an absent value, outside for one that does not read.
fn maybe<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        Some(text) => parse(text).map(Some),
        None => Some(None),
    }
}

fn date(day: Option<Day>) -> Option<Option<CivilDate>> {
    match day {
        Some(day) => CivilDate::from_epoch_days(day).ok().map(Some),
        None => Some(None),
    }
}

fn period((start, end): Span) -> Option<Period> {
    Some(Period {
        start: date(start)?,
        end: date(end)?,
    })
}

fn registration(id: PersonId, row: &PersonRow<'_>) -> Option<Registration> {
    let person = Person {
        id,
        name: PersonName::parse(row.name).ok()?,
        name_of_other: maybe(row.name_of_other, |t| PersonName::parse(t).ok())?,
        kana: maybe(row.kana, |t| Kana::parse(t).ok())?,
        kana_of_other: maybe(row.kana_of_other, |t| Kana::parse(t).ok())?,
        sex: Sex::from_code(row.sex)?,
        shown_sex: maybe(row.shown_sex, Sex::from_code)?,
        birth_date: CivilDate::from_epoch_days(row.birth_date).ok()?,
        address: maybe(row.address, |t| Address::parse(t).ok())?,
        postal_code: maybe(row.postal_code, |t| PostalCode::parse(t).ok())?,
    };
    let coverages = row.coverages.iter().map(coverage).collect::<Option<_>>()?;
    Some(Registration { person, coverages })
}

fn coverage(row: &CoverageRow<'_>) -> Option<Coverage> {
    let mut it = Coverage::new(
        CardClassification::from_code(row.classification)?,
        InsurerNumber::from_u32(row.insurer).ok()?,
        InsurerName::parse(row.insurer_name).ok()?,
        InsuredNumber::parse(row.number).ok()?,
    );
    it.symbol = maybe(row.symbol, |t| Symbol::parse(t).ok())?;
    it.branch = maybe(row.branch.as_deref(), |t| Branch::parse(t).ok())?;
    it.relationship = maybe(row.relationship, Relationship::from_code)?;
    it.insured_name = maybe(row.insured_name, |t| PersonName::parse(t).ok())?;
    it.acquired = date(row.acquired)?;
    if let Some((day, reason)) = row.loss {
        it.loss = Some(Loss {
            date: CivilDate::from_epoch_days(day).ok()?,
            reason: maybe(reason, LossReason::from_code)?,
        });
    }
    it.issued = date(row.issued)?;
    it.period = period(row.period)?;
    it.ratio = row.ratio.map(Ratio::from_percent).unwrap_or_default();
    it.preschool = maybe(row.preschool, Preschool::from_code)?;
    for (issued, span, ratio) in &row.elderly {
        it.elderly.push(ElderlyCertificate {
            issued: date(*issued)?,
            period: period(*span)?,
            ratio: ratio.and_then(Ratio::from_percent),
        });
    }
    for (kind, category, issued, span, long_term) in &row.ceilings {
        it.ceilings.push(CeilingCertificate {
            kind: CertificateKind::from_code(kind)?,
            category: maybe(*category, Category::from_code)?,
            issued: date(*issued)?,
            period: period(*span)?,
            long_term_since: date(*long_term)?,
        });
    }
    for (disease, issued, span, yen) in &row.diseases {
        it.diseases.push(DiseaseCertificate {
            disease: SpecificDisease::from_code(disease)?,
            issued: date(*issued)?,
            period: period(*span)?,
            self_pay_yen: *yen,
        });
    }
    for ticket in &row.tickets {
        it.tickets.push(tickets::ticket(ticket)?);
    }
    it.source = BatchNumber::new(row.source);
    Some(it)
}
