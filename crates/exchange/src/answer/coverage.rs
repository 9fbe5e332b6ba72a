//! A coverage of the registry as the wire tells it (`ResultOfQualificationConfirmation`, interface §2.3). Chooses no coverage.

use domain::civil_date::{CivilDate, Instant};
use domain::coverage::Coverage;
use domain::coverage::certificate::{CeilingCertificate, ElderlyCertificate};
use domain::coverage::ratio::Ratio;
use domain::insured::Branch;
use domain::person::{Kana, Person, PersonName};

use crate::answer::consents::Consents;
use crate::answer::tickets;
use crate::tables::found_coverage as table;
use crate::tables::found_coverage::FoundCoverage;

/// One coverage of an answer. Of its certificates the first elderly and the first ceiling one are told: those of the day; of its
/// tickets all: those of facility and month.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The person.
    pub person: &'a Person,
    /// The coverage.
    pub coverage: &'a Coverage,
    /// The facility's own number for the patient (照会番号).
    pub reference_number: Option<&'a str>,
}

/// What stands beside a coverage: what was agreed to.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// How the ceiling came to be provided.
    pub ceiling: CeilingConsent,
    /// Of a check at a reader and of consented lists (interface §2.3, rows 29-30 and 32-35); a check by number never holds any of it.
    pub consents: Option<&'a Consents>,
}

/// How the ceiling came to be provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeilingConsent {
    /// It was not, or nothing is to be said of it, as in a bulk check.
    None,
    /// The patient agreed by word of mouth.
    ByWord,
    /// With the card, at this time.
    ByCard(Instant),
}

/// The coverage on the wire.
#[must_use]
pub fn found(shown: Shown<'_>, beside: &Beside<'_>) -> FoundCoverage {
    let (person, coverage) = (shown.person, shown.coverage);
    let (ceiling_consent, ceiling_consented_at) = match beside.ceiling {
        CeilingConsent::None => (None, None),
        CeilingConsent::ByWord => (Some("1".to_owned()), None),
        CeilingConsent::ByCard(at) => (Some("1".to_owned()), Some(at.to_compact_in_japan())),
    };
    let insurer = coverage.insurer.to_padded_with_blanks();
    let number = coverage.number.as_str().to_owned();
    let insurer_name = coverage.insurer_name.as_str().to_owned();
    let mut found = FoundCoverage {
        classification: Some(coverage.classification.code().to_owned()),
        symbol: coverage.symbol.as_ref().map(|it| it.as_str().to_owned()),
        branch: coverage.branch.map(Branch::to_digits),
        relationship: coverage.relationship.map(|it| it.code().to_owned()),
        insured_name: coverage.insured_name.as_ref().map(name),
        acquired: coverage.acquired.map(CivilDate::to_compact),
        lost: coverage.loss.map(|loss| loss.date.to_compact()),
        issued: coverage.issued.map(CivilDate::to_compact),
        valid_from: coverage.period.start.map(CivilDate::to_compact),
        valid_until: coverage.period.end.map(CivilDate::to_compact),
        ratio: coverage.ratio.map(Ratio::to_code),
        preschool: coverage.preschool.map(|it| it.code().to_owned()),
        loss_reason: coverage
            .loss
            .and_then(|loss| loss.reason)
            .map(|it| it.code().to_owned()),
        elderly: coverage.elderly.first().map(elderly),
        ceiling_consent,
        ceiling_consented_at,
        ceiling: coverage.ceilings.first().map(ceiling),
        reference_number: shown.reference_number.map(str::to_owned),
        ..FoundCoverage::default()
    };
    // Medical aid names the payer, the holder and the office in elements of its own (interface §2.3, further facts).
    if coverage.classification.is_medical_aid() {
        found.payer_number = Some(insurer);
        found.recipient_number = Some(number);
        found.office_name = Some(insurer_name);
        found.tickets = coverage.tickets.iter().map(tickets::told).collect();
    } else {
        found.insurer_number = Some(insurer);
        found.number = Some(number);
        found.insurer_name = Some(insurer_name);
    }
    put_person(&mut found, person);
    if let Some(consents) = beside.consents {
        consents.put(&mut found);
    }
    found
}

fn name(name: &PersonName) -> String {
    name.as_str().to_owned()
}

fn kana(kana: &Kana) -> String {
    kana.as_str().to_owned()
}

fn put_person(found: &mut FoundCoverage, person: &Person) {
    found.name = Some(name(&person.name));
    found.name_of_other = person.name_of_other.as_ref().map(name);
    found.kana = person.kana.as_ref().map(kana);
    found.kana_of_other = person.kana_of_other.as_ref().map(kana);
    found.sex = Some(person.sex.code().to_owned());
    found.shown_sex = person.shown_sex.map(|it| it.code().to_owned());
    found.birth_date = Some(person.birth_date.to_compact());
    found.address = person.address.as_ref().map(|it| it.as_str().to_owned());
    let postal_code = person.postal_code.as_ref();
    found.postal_code = postal_code.map(|it| it.as_str().to_owned());
}

fn elderly(certificate: &ElderlyCertificate) -> table::ElderlyCertificate {
    table::ElderlyCertificate {
        issued: certificate.issued.map(CivilDate::to_compact),
        valid_from: certificate.period.start.map(CivilDate::to_compact),
        valid_until: certificate.period.end.map(CivilDate::to_compact),
        ratio: certificate.ratio.map(Ratio::to_code),
    }
}

fn ceiling(certificate: &CeilingCertificate) -> table::CeilingCertificate {
    table::CeilingCertificate {
        kind: Some(certificate.kind.code().to_owned()),
        category: certificate.category.map(|it| it.code().to_owned()),
        issued: certificate.issued.map(CivilDate::to_compact),
        valid_from: certificate.period.start.map(CivilDate::to_compact),
        valid_until: certificate.period.end.map(CivilDate::to_compact),
        long_term_since: certificate.long_term_since.map(CivilDate::to_compact),
    }
}
