//! A ticket of medical aid (`MedicalTicketInfo`, interface §2.3.1), in the page's order of elements. Writes no
//! `DesignatedMedicalInstitutionFlag`: which codes it bears is only inferred, and every ticket written is the asking facility's own.

use domain::certificate::Period;
use domain::civil_date::CivilDate;
use domain::medical_aid::{Ticket, TicketText};

use crate::xml::Writer;

/// Texts for people to read.
pub(super) fn texts(ticket: &Ticket) -> impl Iterator<Item = &str> {
    let one = [
        &ticket.facility_name,
        &ticket.issue_number,
        &ticket.prescriber_name,
        &ticket.district_contact,
        &ticket.handling_contact,
    ];
    let several = ticket.illnesses.iter().chain(&ticket.remarks);
    one.into_iter()
        .flatten()
        .chain(several)
        .map(TicketText::as_str)
}

pub(super) fn write(group: &mut Writer, ticket: &Ticket) {
    let Period { start, end } = ticket.period;
    let days = [
        ("MedicalTicketValidDate", start),
        ("MedicalTicketExpirationDate", end),
    ];
    group.optional("TicketType", ticket.kind.map(|it| it.code()));
    for (name, day) in days {
        group.optional(name, day.map(CivilDate::to_compact).as_deref());
    }
    group.readable("IssueNumber", text(&ticket.issue_number));
    group.value("MedicalTreatmentMonth", &ticket.month.to_compact());
    group.value(
        "DesignatedMedicalInstitutionCode",
        &ticket.facility.to_string(),
    );
    group.readable(
        "DesignatedMedicalInstitutionName",
        text(&ticket.facility_name),
    );
    let prescriber = ticket.prescriber.map(|it| it.to_string());
    group.optional(
        "PrescriptionIssuerMedicalInstitutionCode",
        prescriber.as_deref(),
    );
    group.readable(
        "PrescriptionIssuerMedicalInstitutionName",
        text(&ticket.prescriber_name),
    );
    let numbered = ["InjuryName1", "InjuryName2", "InjuryName3"];
    for (name, illness) in numbered.into_iter().zip(&ticket.illnesses) {
        group.readable(name, Some(illness.as_str()));
    }
    group.optional("MedicalTreatmentType", ticket.treatment.map(|it| it.code()));
    let yen = ticket.self_pay_yen.map(|yen| yen.to_string());
    group.optional("SelfPayAmount", yen.as_deref());
    group.readable("DistrictContactName", text(&ticket.district_contact));
    group.readable("HandlingContactName", text(&ticket.handling_contact));
    group.optional(
        "SingleOrCombinedUse",
        ticket.combination.map(|it| it.code()),
    );
    let insurance = ticket.social_insurance.map(|it| it.code());
    group.optional("StatusOfSocialInsurance", insurance);
    group.optional("ConsistencyFlag", ticket.inconsistency.map(|it| it.code()));
    // Spelt as the interface spells it.
    group.optional(
        "StatusOfInfecton",
        ticket.infectious_disease.map(|it| it.code()),
    );
    group.optional(
        "StatusOfElderlyMedicalCare",
        ticket.elderly_care.map(|it| it.code()),
    );
    let prefecture = ticket.prefectural_expense.map(|it| it.code());
    group.optional("StatusOfPrefecturalExpenses", prefecture);
    for (name, remark) in ["Remarks1", "Remarks2", "Remarks3"]
        .into_iter()
        .zip(&ticket.remarks)
    {
        group.readable(name, Some(remark.as_str()));
    }
}

fn text(text: &Option<TicketText>) -> Option<&str> {
    text.as_ref().map(TicketText::as_str)
}
