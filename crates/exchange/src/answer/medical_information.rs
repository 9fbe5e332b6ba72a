//! Drugs, treatment and checkups as the wire tells them (interface §5.2, §5.3). Adds nothing to what the center answered, and drops nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::civil_date::CivilDate;
use domain::institution_code::InstitutionCode;
use domain::medical_information::checkup::{Checkup, Item, Value};
use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, NamedFacility, Source};
use domain::medical_information::{Amount, MedicalCode, MedicalText};
use domain::person::{Kana, Person};

use crate::answer::Answer;
use crate::tables::{checkup_information, drug_information};

/// `ResultCode` of an answer that has what was asked for.
const GOOD: &str = "1";

/// `PrIsOrg` and its sisters.
const OWN: &str = "1";
const OTHER: &str = "2";

impl Answer {
    /// The drugs of a person, as facility `own` is told them.
    #[must_use]
    pub fn drugs(person: &Person, months: &[DrugMonth], own: InstitutionCode) -> Self {
        Self::Drugs(drugs(person, months, own))
    }

    /// The checkups of a person.
    #[must_use]
    pub fn checkups(person: &Person, checkups: &[Checkup]) -> Self {
        Self::Checkups(self::checkups(person, checkups))
    }

    /// The drugs of a person as a PDF. Which member holds it is ours: the interface answers with a bare file (§5.1).
    #[must_use]
    pub fn drugs_as_pdf(person: &Person, pdf: &[u8]) -> Self {
        Self::Drugs(drug_information::Answer {
            header: drug_header(person),
            body: drug_information::Body {
                pdf: Some(STANDARD.encode(pdf)),
                ..Default::default()
            },
        })
    }

    /// The checkups of a person as a PDF, as with [`Self::drugs_as_pdf`].
    #[must_use]
    pub fn checkups_as_pdf(person: &Person, pdf: &[u8]) -> Self {
        Self::Checkups(checkup_information::Answer {
            header: checkup_header(person),
            body: checkup_information::Body {
                pdf: Some(STANDARD.encode(pdf)),
                ..Default::default()
            },
        })
    }

    /// The PDF of an answer that is one; `None` of all others.
    ///
    /// # Errors
    /// [`NoPdf`] where what stands in its place is none.
    pub fn pdf(&self) -> Result<Option<Vec<u8>>, NoPdf> {
        let member = match self {
            Self::Drugs(answer) => answer.body.pdf.as_deref(),
            Self::Checkups(answer) => answer.body.pdf.as_deref(),
            Self::SingleCheck(_)
            | Self::ReferenceNumber(_)
            | Self::BulkCheck(_)
            | Self::BulkCheckResult(_)
            | Self::BulkReferenceNumbers(_)
            | Self::BulkReferenceNumbersResult(_)
            | Self::MedicalAidList(_)
            | Self::MedicalAidListResult(_)
            | Self::HomeVisitList(_)
            | Self::HomeVisitListResult(_)
            | Self::OnlineList(_)
            | Self::OnlineListResult(_) => None,
        };
        let Some(member) = member else {
            return Ok(None);
        };
        let bytes = STANDARD.decode(member).map_err(|_| NoPdf)?;
        let is_pdf = bytes.starts_with(b"%PDF-");
        is_pdf.then_some(Some(bytes)).ok_or(NoPdf)
    }
}

/// What stands in the place of a PDF is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no PDF stands where one should")]
pub struct NoPdf;

/// The drugs of a person, as facility `own` is told them.
pub(crate) fn drugs(
    person: &Person,
    months: &[DrugMonth],
    own: InstitutionCode,
) -> drug_information::Answer {
    let of = |source| months.iter().filter(move |it| it.source == source);
    let body = drug_information::Body {
        claims: of(Source::Claims).map(|it| claim(it, own)).collect(),
        dispensings: of(Source::Dispensing)
            .map(|it| dispensing(it, own))
            .collect(),
        prescriptions: of(Source::Prescription)
            .map(|it| prescription(it, own))
            .collect(),
        pdf: None,
    };
    drug_information::Answer {
        header: drug_header(person),
        body,
    }
}

/// The checkups of a person.
pub(crate) fn checkups(person: &Person, checkups: &[Checkup]) -> checkup_information::Answer {
    let told = |it: &Checkup| checkup_information::Checkup {
        date: Some(it.day.to_compact()),
        items: it.items.iter().map(item).collect(),
    };
    checkup_information::Answer {
        header: checkup_header(person),
        body: checkup_information::Body {
            checkups: checkups.iter().map(told).collect(),
            pdf: None,
        },
    }
}

fn drug_header(person: &Person) -> drug_information::Header {
    drug_information::Header {
        person: Some(drug_information::DrugPerson {
            name: Some(person.name.as_str().to_owned()),
            kana: person.kana.as_ref().map(kana),
            birth_date: Some(person.birth_date.to_compact()),
            sex: Some(person.sex.code().to_owned()),
        }),
        result_code: Some(GOOD.to_owned()),
        message: None,
    }
}

fn checkup_header(person: &Person) -> checkup_information::Header {
    checkup_information::Header {
        person: Some(checkup_information::CheckupPerson {
            name: Some(person.name.as_str().to_owned()),
            kana: person.kana.as_ref().map(kana),
            birth_date: Some(person.birth_date.to_compact()),
            sex: Some(person.sex.code().to_owned()),
        }),
        result_code: Some(GOOD.to_owned()),
        message: None,
    }
}

fn kana(it: &Kana) -> String {
    it.as_str().to_owned()
}

fn text(it: &Option<MedicalText>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

fn code(it: &Option<MedicalCode>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

fn amount(it: &Option<Amount>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

fn day(it: Option<CivilDate>) -> Option<String> {
    it.map(CivilDate::to_compact)
}

fn facility(it: &NamedFacility) -> Option<String> {
    it.code.map(|code| code.to_string())
}

/// Whether the asking facility prescribed; nothing where the prescriber is not known.
fn is_own(month: &DrugMonth, own: InstitutionCode) -> Option<String> {
    let prescriber = month.prescriber.code?;
    Some(if prescriber == own { OWN } else { OTHER }.to_owned())
}

fn claim(it: &DrugMonth, own: InstitutionCode) -> drug_information::ClaimMonth {
    drug_information::ClaimMonth {
        origin: code(&it.origin),
        dispenser: facility(&it.dispenser),
        dispenser_name: text(&it.dispenser.name),
        month: Some(it.month.to_compact()),
        prescriber: facility(&it.prescriber),
        prescriber_name: text(&it.prescriber.name),
        is_own: is_own(it, own),
        in_or_out: code(&it.in_or_out),
        days: it.days.iter().map(claim_day).collect(),
    }
}

fn claim_day(it: &DrugDay) -> drug_information::ClaimDay {
    let drug = |it: &Drug| drug_information::ClaimDrug {
        usage_class: code(&it.usage_class),
        code: code(&it.code),
        name: Some(it.name.as_str().to_owned()),
        ingredient: text(&it.ingredient),
        quantity: amount(&it.quantity),
        unit: text(&it.unit),
        usage: text(&it.usage),
        instruction: text(&it.instruction),
        times: it.times.map(|it| it.to_string()),
    };
    let treatments = it.treatments.iter().map(|it| drug_information::Treatment {
        name: Some(it.name.as_str().to_owned()),
        code: code(&it.code),
        class: code(&it.class),
        quantity: amount(&it.quantity),
        times: it.times.map(|it| it.to_string()),
        unit: text(&it.unit),
    });
    drug_information::ClaimDay {
        dispensed_on: day(it.dispensed),
        prescribed_on: day(it.prescribed),
        drugs: it.drugs.iter().map(drug).collect(),
        treatments: treatments.collect(),
    }
}

fn dispensing(it: &DrugMonth, own: InstitutionCode) -> drug_information::DispensingMonth {
    drug_information::DispensingMonth {
        origin: code(&it.origin),
        dispenser: facility(&it.dispenser),
        dispenser_name: text(&it.dispenser.name),
        month: Some(it.month.to_compact()),
        prescriber: facility(&it.prescriber),
        prescriber_name: text(&it.prescriber.name),
        is_own: is_own(it, own),
        in_or_out: code(&it.in_or_out),
        days: it.days.iter().map(dispensing_day).collect(),
    }
}

fn dispensing_day(it: &DrugDay) -> drug_information::DispensingDay {
    let drug = |it: &Drug| drug_information::DispensedDrug {
        usage_class: code(&it.usage_class),
        code: code(&it.code),
        name: Some(it.name.as_str().to_owned()),
        ingredient: text(&it.ingredient),
        quantity: amount(&it.quantity),
        unit: text(&it.unit),
        usage: text(&it.usage),
        instruction: text(&it.instruction),
        times: it.times.map(|it| it.to_string()),
    };
    drug_information::DispensingDay {
        dispensed_on: day(it.dispensed),
        prescribed_on: day(it.prescribed),
        drugs: it.drugs.iter().map(drug).collect(),
    }
}

fn prescription(it: &DrugMonth, own: InstitutionCode) -> drug_information::PrescriptionMonth {
    drug_information::PrescriptionMonth {
        origin: code(&it.origin),
        dispenser: facility(&it.dispenser),
        dispenser_name: text(&it.dispenser.name),
        month: Some(it.month.to_compact()),
        prescriber: facility(&it.prescriber),
        prescriber_name: text(&it.prescriber.name),
        is_own: is_own(it, own),
        in_or_out: code(&it.in_or_out),
        days: it.days.iter().map(prescription_day).collect(),
    }
}

fn prescription_day(it: &DrugDay) -> drug_information::PrescriptionDay {
    let drug = |it: &Drug| drug_information::PrescribedDrug {
        usage_class: code(&it.usage_class),
        code: code(&it.code),
        name: Some(it.name.as_str().to_owned()),
        ingredient: text(&it.ingredient),
        quantity: amount(&it.quantity),
        unit: text(&it.unit),
        usage: text(&it.usage),
        instruction: text(&it.instruction),
        times: it.times.map(|it| it.to_string()),
    };
    drug_information::PrescriptionDay {
        prescribed_on: day(it.prescribed),
        drugs: it.drugs.iter().map(drug).collect(),
    }
}

fn item(it: &Item) -> checkup_information::CheckupItem {
    let (value, unit, oid, value_name) = match &it.value {
        Value::Measured { amount, unit } => (amount, text(unit), None, None),
        Value::Coded {
            code, table, name, ..
        } => (code, None, text(table), text(name)),
        Value::Words(words) => (words, None, None, None),
    };
    checkup_information::CheckupItem {
        code: Some(it.code.as_str().to_owned()),
        name: Some(it.name.as_str().to_owned()),
        data_type: Some(it.value.data_type().to_owned()),
        value: Some(value.as_str().to_owned()),
        unit,
        oid,
        value_name,
    }
}
