//! Certificates and tickets beside a coverage, to an answer's members and back.

use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::disease::SpecificDisease;
use domain::codes::ticket::{
    Combination, ElderlyCare, Inconsistency, InfectiousDisease, Kind, PrefecturalExpense,
    SocialInsurance, Treatment,
};
use domain::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use domain::coverage::ratio::Ratio;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::{TicketText, TreatmentMonth};

use crate::check::answered::{NotUnderstood, day, maybe, period, ratio, text};
use crate::check::{Ceiling, Elderly, SpecifiedDisease, Ticket};

pub(super) fn elderly(certificate: &ElderlyCertificate) -> Elderly {
    Elderly {
        issued_date: text(certificate.issued),
        ratio_percent: certificate.ratio.map(Ratio::as_percent),
        valid_from: text(certificate.period.start),
        valid_until: text(certificate.period.end),
    }
}

pub(super) fn ceiling(certificate: &CeilingCertificate) -> Ceiling {
    Ceiling {
        category: certificate.category.map(|it| it.code().into()),
        issued_date: text(certificate.issued),
        kind: certificate.kind.code().into(),
        long_term_since: text(certificate.long_term_since),
        valid_from: text(certificate.period.start),
        valid_until: text(certificate.period.end),
    }
}

pub(super) fn read_elderly(it: &Elderly) -> Result<ElderlyCertificate, NotUnderstood> {
    Ok(ElderlyCertificate {
        issued: day(&it.issued_date, "issued_date")?,
        period: period(&it.valid_from, &it.valid_until)?,
        ratio: ratio(it.ratio_percent)?,
    })
}

pub(super) fn read_ceiling(it: &Ceiling) -> Result<CeilingCertificate, NotUnderstood> {
    Ok(CeilingCertificate {
        kind: CertificateKind::from_code(&it.kind).ok_or(NotUnderstood("kind"))?,
        category: maybe(&it.category, "category", Category::from_code)?,
        issued: day(&it.issued_date, "issued_date")?,
        period: period(&it.valid_from, &it.valid_until)?,
        long_term_since: day(&it.long_term_since, "long_term_since")?,
    })
}

/// A specified-disease certificate as it is answered, where the patient agreed.
#[must_use]
pub fn specified_disease(certificate: &DiseaseCertificate) -> SpecifiedDisease {
    SpecifiedDisease {
        disease: certificate.disease.code().into(),
        issued_date: text(certificate.issued),
        self_pay_yen: certificate.self_pay_yen,
        valid_from: text(certificate.period.start),
        valid_until: text(certificate.period.end),
    }
}

/// Reads a specified-disease certificate.
///
/// # Errors
/// [`NotUnderstood`] names the first member that does not fit.
pub fn read_specified_disease(it: &SpecifiedDisease) -> Result<DiseaseCertificate, NotUnderstood> {
    Ok(DiseaseCertificate {
        disease: SpecificDisease::from_code(&it.disease).ok_or(NotUnderstood("disease"))?,
        issued: day(&it.issued_date, "issued_date")?,
        period: period(&it.valid_from, &it.valid_until)?,
        self_pay_yen: it.self_pay_yen,
    })
}

pub(super) fn ticket(it: &domain::medical_aid::Ticket) -> Ticket {
    let some = |text: &Option<TicketText>| text.as_ref().map(|text| text.as_str().to_owned());
    let all = |texts: &[TicketText]| texts.iter().map(|it| it.as_str().to_owned()).collect();
    Ticket {
        combination: it.combination.map(|it| it.code().into()),
        district_contact: some(&it.district_contact),
        elderly_care: it.elderly_care.map(|it| it.code().into()),
        facility: it.facility.to_string(),
        facility_name: some(&it.facility_name),
        handling_contact: some(&it.handling_contact),
        illnesses: all(&it.illnesses),
        inconsistency: it.inconsistency.map(|it| it.code().into()),
        infectious_disease: it.infectious_disease.map(|it| it.code().into()),
        issue_number: some(&it.issue_number),
        kind: it.kind.map(|it| it.code().into()),
        month: it.month.to_iso(),
        prefectural_expense: it.prefectural_expense.map(|it| it.code().into()),
        prescriber: it.prescriber.map(|it| it.to_string()),
        prescriber_name: some(&it.prescriber_name),
        remarks: all(&it.remarks),
        self_pay_yen: it.self_pay_yen,
        social_insurance: it.social_insurance.map(|it| it.code().into()),
        treatment: it.treatment.map(|it| it.code().into()),
        valid_from: text(it.period.start),
        valid_until: text(it.period.end),
    }
}

pub(super) fn read_ticket(it: &Ticket) -> Result<domain::medical_aid::Ticket, NotUnderstood> {
    let facility = InstitutionCode::parse(&it.facility).map_err(|_| NotUnderstood("facility"))?;
    let month = TreatmentMonth::parse_iso(&it.month).ok_or(NotUnderstood("month"))?;
    let some = |text, member| maybe(text, member, |text| TicketText::parse(text).ok());
    let all = |texts: &[String], member| {
        let texts = texts.iter().map(|text| TicketText::parse(text));
        let texts: Result<Vec<_>, _> = texts.collect();
        texts.map_err(|_| NotUnderstood(member))
    };
    let mut read = domain::medical_aid::Ticket::new(facility, month);
    read.combination = maybe(&it.combination, "combination", Combination::from_code)?;
    read.district_contact = some(&it.district_contact, "district_contact")?;
    read.elderly_care = maybe(&it.elderly_care, "elderly_care", ElderlyCare::from_code)?;
    read.facility_name = some(&it.facility_name, "facility_name")?;
    read.handling_contact = some(&it.handling_contact, "handling_contact")?;
    read.illnesses = all(&it.illnesses, "illnesses")?;
    read.inconsistency = maybe(&it.inconsistency, "inconsistency", Inconsistency::from_code)?;
    let applies = &it.infectious_disease;
    read.infectious_disease = maybe(applies, "infectious_disease", InfectiousDisease::from_code)?;
    read.issue_number = some(&it.issue_number, "issue_number")?;
    read.kind = maybe(&it.kind, "kind", Kind::from_code)?;
    let applies = &it.prefectural_expense;
    read.prefectural_expense = maybe(
        applies,
        "prefectural_expense",
        PrefecturalExpense::from_code,
    )?;
    read.prescriber = maybe(&it.prescriber, "prescriber", |code| {
        InstitutionCode::parse(code).ok()
    })?;
    read.prescriber_name = some(&it.prescriber_name, "prescriber_name")?;
    read.remarks = all(&it.remarks, "remarks")?;
    read.self_pay_yen = it.self_pay_yen;
    let present = &it.social_insurance;
    read.social_insurance = maybe(present, "social_insurance", SocialInsurance::from_code)?;
    read.treatment = maybe(&it.treatment, "treatment", Treatment::from_code)?;
    read.period = period(&it.valid_from, &it.valid_until)?;
    Ok(read)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A ticket with all there is to a ticket.
    pub(in crate::check::answered) fn full_ticket() -> Ticket {
        let some = |text: &str| Some(text.to_owned());
        Ticket {
            combination: some("02"),
            district_contact: some("架空　地区子"),
            elderly_care: some("02"),
            facility: "1319999999".into(),
            facility_name: some("見本診療所"),
            handling_contact: some("架空　担当"),
            illnesses: vec!["見本の病".into(), "見本の傷".into()],
            inconsistency: some("1"),
            infectious_disease: some("02"),
            issue_number: some("0000123"),
            kind: some("01"),
            month: "2026-11".into(),
            prefectural_expense: some("01"),
            prescriber: some("3410712362"),
            prescriber_name: some("架空病院"),
            remarks: vec!["見本".into()],
            self_pay_yen: Some(1_000),
            social_insurance: some("02"),
            treatment: some("02"),
            valid_from: some("2026-11-01"),
            valid_until: some("2026-11-30"),
        }
    }

    #[test]
    fn a_specified_disease_read_and_written_again_is_the_same() {
        let it = SpecifiedDisease {
            disease: "1".into(),
            issued_date: Some("2025-04-01".into()),
            self_pay_yen: Some(10_000),
            valid_from: Some("2025-04-01".into()),
            valid_until: None,
        };
        let read = read_specified_disease(&it).unwrap();
        assert!(specified_disease(&read) == it);
        let unknown = SpecifiedDisease {
            disease: "9".into(),
            ..it
        };
        assert_eq!(
            read_specified_disease(&unknown).unwrap_err(),
            NotUnderstood("disease")
        );
    }
}
