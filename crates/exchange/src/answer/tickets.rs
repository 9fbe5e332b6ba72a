//! A ticket of medical aid as the wire tells it (`MedicalTicketInfo`, interface §2.3.1). Tells no `DesignatedMedicalInstitutionFlag`:
//! which codes it bears is only inferred, and every ticket told is the asking facility's own.

use domain::civil_date::CivilDate;
use domain::medical_aid::{Ticket, TicketText};

use crate::tables::medical_ticket::MedicalTicket;

pub(super) fn told(ticket: &Ticket) -> MedicalTicket {
    let mut illnesses = ticket.illnesses.iter().map(text);
    let mut remarks = ticket.remarks.iter().map(text);
    MedicalTicket {
        kind: ticket.kind.map(|it| it.code().to_owned()),
        valid_from: ticket.period.start.map(CivilDate::to_compact),
        valid_until: ticket.period.end.map(CivilDate::to_compact),
        issue_number: ticket.issue_number.as_ref().map(text),
        month: Some(ticket.month.to_compact()),
        facility: Some(ticket.facility.to_string()),
        designation: None,
        facility_name: ticket.facility_name.as_ref().map(text),
        prescriber: ticket.prescriber.map(|it| it.to_string()),
        prescriber_name: ticket.prescriber_name.as_ref().map(text),
        illness_1: illnesses.next(),
        illness_2: illnesses.next(),
        illness_3: illnesses.next(),
        treatment: ticket.treatment.map(|it| it.code().to_owned()),
        self_pay_yen: ticket.self_pay_yen.map(|yen| yen.to_string()),
        district_contact: ticket.district_contact.as_ref().map(text),
        handling_contact: ticket.handling_contact.as_ref().map(text),
        combination: ticket.combination.map(|it| it.code().to_owned()),
        social_insurance: ticket.social_insurance.map(|it| it.code().to_owned()),
        inconsistency: ticket.inconsistency.map(|it| it.code().to_owned()),
        infectious_disease: ticket.infectious_disease.map(|it| it.code().to_owned()),
        elderly_care: ticket.elderly_care.map(|it| it.code().to_owned()),
        prefectural_expense: ticket.prefectural_expense.map(|it| it.code().to_owned()),
        remark_1: remarks.next(),
        remark_2: remarks.next(),
        remark_3: remarks.next(),
    }
}

fn text(text: &TicketText) -> String {
    text.as_str().to_owned()
}
