//! The packed form of a ticket of medical aid. A row, not the domain: it may change only together with a migration.

use domain::civil_date::CivilDate;
use domain::codes::ticket::{
    Combination, ElderlyCare, Inconsistency, InfectiousDisease, Kind, PrefecturalExpense,
    SocialInsurance, Treatment,
};
use domain::institution_code::InstitutionCode;
use domain::medical_aid::{Ticket, TicketText, TreatmentMonth};
use serde::{Deserialize, Serialize};

use super::{Day, Span, maybe, period, span};

#[derive(Serialize, Deserialize)]
pub(super) struct TicketRow<'a> {
    facility: u64,
    #[serde(borrow)]
    facility_name: Option<&'a str>,
    /// The first day of the month.
    month: Day,
    kind: Option<&'a str>,
    period: Span,
    issue_number: Option<&'a str>,
    prescriber: Option<u64>,
    prescriber_name: Option<&'a str>,
    illnesses: Vec<&'a str>,
    treatment: Option<&'a str>,
    self_pay_yen: Option<u32>,
    district_contact: Option<&'a str>,
    handling_contact: Option<&'a str>,
    combination: Option<&'a str>,
    social_insurance: Option<&'a str>,
    inconsistency: Option<&'a str>,
    infectious_disease: Option<&'a str>,
    elderly_care: Option<&'a str>,
    prefectural_expense: Option<&'a str>,
    remarks: Vec<&'a str>,
}

pub(super) fn row(it: &Ticket) -> TicketRow<'_> {
    TicketRow {
        facility: it.facility.as_u64(),
        facility_name: text(&it.facility_name),
        month: it.month.first_day().to_epoch_days(),
        kind: it.kind.map(Kind::code),
        period: span(it.period),
        issue_number: text(&it.issue_number),
        prescriber: it.prescriber.map(InstitutionCode::as_u64),
        prescriber_name: text(&it.prescriber_name),
        illnesses: it.illnesses.iter().map(TicketText::as_str).collect(),
        treatment: it.treatment.map(Treatment::code),
        self_pay_yen: it.self_pay_yen,
        district_contact: text(&it.district_contact),
        handling_contact: text(&it.handling_contact),
        combination: it.combination.map(Combination::code),
        social_insurance: it.social_insurance.map(SocialInsurance::code),
        inconsistency: it.inconsistency.map(Inconsistency::code),
        infectious_disease: it.infectious_disease.map(InfectiousDisease::code),
        elderly_care: it.elderly_care.map(ElderlyCare::code),
        prefectural_expense: it.prefectural_expense.map(PrefecturalExpense::code),
        remarks: it.remarks.iter().map(TicketText::as_str).collect(),
    }
}

fn text(text: &Option<TicketText>) -> Option<&str> {
    text.as_ref().map(TicketText::as_str)
}

pub(super) fn ticket(row: &TicketRow<'_>) -> Option<Ticket> {
    let facility = |code: u64| InstitutionCode::parse(&format!("{code:010}")).ok();
    let text = |text: Option<&str>| maybe(text, |text| TicketText::parse(text).ok());
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| TicketText::parse(text).ok())
            .collect::<Option<Vec<_>>>()
    };
    let month = TreatmentMonth::of(CivilDate::from_epoch_days(row.month).ok()?);
    let mut it = Ticket::new(facility(row.facility)?, month);
    it.facility_name = text(row.facility_name)?;
    it.kind = maybe(row.kind, Kind::from_code)?;
    it.period = period(row.period)?;
    it.issue_number = text(row.issue_number)?;
    if let Some(code) = row.prescriber {
        it.prescriber = Some(facility(code)?);
    }
    it.prescriber_name = text(row.prescriber_name)?;
    it.illnesses = texts(&row.illnesses)?;
    it.treatment = maybe(row.treatment, Treatment::from_code)?;
    it.self_pay_yen = row.self_pay_yen;
    it.district_contact = text(row.district_contact)?;
    it.handling_contact = text(row.handling_contact)?;
    it.combination = maybe(row.combination, Combination::from_code)?;
    it.social_insurance = maybe(row.social_insurance, SocialInsurance::from_code)?;
    it.inconsistency = maybe(row.inconsistency, Inconsistency::from_code)?;
    it.infectious_disease = maybe(row.infectious_disease, InfectiousDisease::from_code)?;
    it.elderly_care = maybe(row.elderly_care, ElderlyCare::from_code)?;
    it.prefectural_expense = maybe(row.prefectural_expense, PrefecturalExpense::from_code)?;
    it.remarks = texts(&row.remarks)?;
    Some(it)
}
