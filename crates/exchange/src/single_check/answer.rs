//! Writes the answer of a single check in the interface's order of elements (§2.3). Adds nothing to what the center answered.

mod tickets;

use domain::certificate::{CeilingCertificate, ElderlyCertificate, Ratio};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::check::{CharacterCode, ProcessingStatus, ReferenceKind, ResultSegment};
use domain::coverage::Coverage;
use domain::insured::Branch;
use domain::person::{Kana, Person, PersonName};

use crate::encoding::{Encoding, windows_31j};
use crate::single_check::{Request, SearchInfo, Unanswerable};
use crate::xml::Writer;

/// One coverage of an answer. Of its certificates the first elderly and the first ceiling one are written: those of the day; of its
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

impl Shown<'_> {
    /// True when Shift_JIS does not hold one of the texts for people to read.
    fn is_reduced(&self) -> bool {
        let (person, coverage) = (self.person, self.coverage);
        let texts = [
            Some(person.name.as_str()),
            person.name_of_other.as_ref().map(PersonName::as_str),
            person.kana.as_ref().map(Kana::as_str),
            person.kana_of_other.as_ref().map(Kana::as_str),
            person.address.as_ref().map(|it| it.as_str()),
            coverage.insured_name.as_ref().map(PersonName::as_str),
            Some(coverage.insurer_name.as_str()),
        ];
        let tickets = coverage.tickets.iter().flat_map(tickets::texts);
        let texts = texts.into_iter().flatten().chain(tickets);
        let mut characters = texts.flat_map(str::chars);
        characters.any(|c| !windows_31j::holds(c))
    }
}

/// What a receipt computer is told when characters were reduced; the answer itself is good.
const REDUCED: &str =
    "Shift_JISにない文字を置き換えました。元の文字は名前が Original で終わる項目にあります。";

/// The file of an answer: LF, as the samples are.
#[must_use]
pub fn write(
    request: &Request,
    verdict: Verdict,
    shown: &[Shown<'_>],
    encoding: Encoding,
    now: Instant,
) -> Vec<u8> {
    document(&header(request, None), encoding, now, |body| {
        body.value("ProcessingResultStatus", ProcessingStatus::Normal.code());
        body.optional("ProcessingResultMessage", reduced(shown, encoding));
        body.value("QualificationValidity", verdict.code());
        body.group("QualificationConfirmSearchInfo", |group| {
            search_info(group, &request.info)
        });
        let ceiling = match request.info.ceiling_consent.as_deref() {
            Some("1") => CeilingConsent::ByWord,
            Some(_) | None => CeilingConsent::None,
        };
        results(body, shown, ceiling);
    })
}

/// The file of a request that is readable but not answerable.
#[must_use]
pub fn write_unanswerable(
    request: &Request,
    why: &Unanswerable,
    encoding: Encoding,
    now: Instant,
) -> Vec<u8> {
    document(&header(request, Some(why)), encoding, now, |body| {
        body.value("ProcessingResultStatus", ProcessingStatus::Error.code());
    })
}

/// What a receipt computer is told where characters of the answer were reduced.
fn reduced(shown: &[Shown<'_>], encoding: Encoding) -> Option<&'static str> {
    let is_reduced = encoding == Encoding::ShiftJis && shown.iter().any(Shown::is_reduced);
    is_reduced.then_some(REDUCED)
}

/// What stands in a header, beside time and encoding.
struct Header<'a> {
    confirmation_date: Option<&'a str>,
    institution_code: Option<&'a str>,
    file_identifier: Option<&'a str>,
    kind: ReferenceKind,
    why: Option<&'a Unanswerable>,
}

fn header<'a>(request: &'a Request, why: Option<&'a Unanswerable>) -> Header<'a> {
    Header {
        confirmation_date: request.confirmation_date.as_deref(),
        institution_code: request.institution_code.as_deref(),
        file_identifier: request.file_identifier.as_deref(),
        kind: ReferenceKind::Number,
        why,
    }
}

/// A message with its header (interface §2.1).
fn document(
    header: &Header<'_>,
    encoding: Encoding,
    now: Instant,
    body: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let (segment, characters) = (
        header
            .why
            .map_or(ResultSegment::Normal, |_| ResultSegment::Abnormal),
        match encoding {
            Encoding::Utf8 => CharacterCode::Utf8,
            Encoding::ShiftJis => CharacterCode::ShiftJis,
        },
    );
    let mut writer = Writer::new(encoding);
    writer.group("XmlMsg", |message| {
        message.group("MessageHeader", |group| {
            group.value("ProcessExecutionTime", &now.to_compact_in_japan());
            group.optional("QualificationConfirmationDate", header.confirmation_date);
            group.optional("MedicalInstitutionCode", header.institution_code);
            group.optional("ArbitraryFileIdentifier", header.file_identifier);
            group.value("ReferenceClassification", header.kind.code());
            group.value("SegmentOfResult", segment.code());
            if let Some(why) = header.why {
                group.value("ErrorCode", &why.code);
                group.value("ErrorMessage", &why.message);
            }
            group.value("CharacterCodeIdentifier", characters.code());
        });
        message.group("MessageBody", body);
    });
    writer.finish()
}

fn search_info(group: &mut Writer, info: &SearchInfo) {
    group.optional("InsurerNumber", info.insurer_number.as_deref());
    group.optional("InsuredCardSymbol", info.symbol.as_deref());
    group.optional("InsuredIdentificationNumber", info.number.as_deref());
    group.optional("InsuredBranchNumber", info.branch.as_deref());
    group.optional("Birthdate", info.birth_date.as_deref());
    group.optional(
        "LimitApplicationCertificateRelatedConsFlg",
        info.ceiling_consent.as_deref(),
    );
    group.optional("ArbitraryIdentifier", info.identifier.as_deref());
}

/// The coverages of an answer. No list without a coverage: clients fail on an empty one (interface R4).
fn results(body: &mut Writer, shown: &[Shown<'_>], ceiling: CeilingConsent) {
    if shown.is_empty() {
        return;
    }
    body.group("ResultList", |list| {
        for shown in shown {
            list.group("ResultOfQualificationConfirmation", |entry| {
                result(entry, *shown, ceiling)
            });
        }
    });
}

/// How the ceiling came to be provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CeilingConsent {
    /// It was not.
    None,
    /// The patient agreed by word of mouth.
    ByWord,
}

fn ceiling_consent(entry: &mut Writer, consent: CeilingConsent) {
    match consent {
        CeilingConsent::None => {}
        CeilingConsent::ByWord => {
            entry.value("LimitApplicationCertificateRelatedConsFlg", "1");
        }
    }
}

fn date(writer: &mut Writer, name: &str, day: Option<CivilDate>) {
    writer.optional(name, day.map(CivilDate::to_compact).as_deref());
}

fn result(entry: &mut Writer, shown: Shown<'_>, consent: CeilingConsent) {
    let (person, coverage) = (shown.person, shown.coverage);
    // Medical aid names the payer, the holder and the office in elements of its own (interface §2.3, further facts).
    let is_aid = coverage.classification.is_medical_aid();
    let (insurer, number, insurer_name) = if is_aid {
        (
            "PublicExpenseNumber",
            "BeneficiaryNumber",
            "WelfareOfficeName",
        )
    } else {
        (
            "InsurerNumber",
            "InsuredIdentificationNumber",
            "InsurerName",
        )
    };
    entry.value("InsuredCardClassification", coverage.classification.code());
    entry.value(insurer, &coverage.insurer.to_padded_with_blanks());
    entry.optional(
        "InsuredCardSymbol",
        coverage.symbol.as_ref().map(|it| it.as_str()),
    );
    entry.value(number, coverage.number.as_str());
    entry.optional(
        "InsuredBranchNumber",
        coverage.branch.map(Branch::to_digits).as_deref(),
    );
    entry.optional(
        "PersonalFamilyClassification",
        coverage.relationship.map(|it| it.code()),
    );
    entry.readable(
        "InsuredName",
        coverage.insured_name.as_ref().map(PersonName::as_str),
    );
    entry.readable("Name", Some(person.name.as_str()));
    entry.readable(
        "NameOfOther",
        person.name_of_other.as_ref().map(PersonName::as_str),
    );
    entry.readable("NameKana", person.kana.as_ref().map(Kana::as_str));
    entry.readable(
        "NameOfOtherKana",
        person.kana_of_other.as_ref().map(Kana::as_str),
    );
    entry.value("Sex1", person.sex.code());
    entry.optional("Sex2", person.shown_sex.map(|it| it.code()));
    entry.value("Birthdate", &person.birth_date.to_compact());
    entry.readable("Address", person.address.as_ref().map(|it| it.as_str()));
    entry.optional(
        "PostNumber",
        person.postal_code.as_ref().map(|it| it.as_str()),
    );
    date(entry, "QualificationDate", coverage.acquired);
    date(
        entry,
        "DisqualificationDate",
        coverage.loss.map(|loss| loss.date),
    );
    date(entry, "InsuredCertificateIssuanceDate", coverage.issued);
    date(entry, "InsuredCardValidDate", coverage.period.start);
    date(entry, "InsuredCardExpirationDate", coverage.period.end);
    entry.optional(
        "InsuredPartialContributionRatio",
        coverage.ratio.map(Ratio::to_code).as_deref(),
    );
    entry.optional(
        "PreschoolClassification",
        coverage.preschool.map(|it| it.code()),
    );
    entry.optional(
        "ReasonOfLoss",
        coverage
            .loss
            .and_then(|loss| loss.reason)
            .map(|it| it.code()),
    );
    entry.readable(insurer_name, Some(coverage.insurer_name.as_str()));
    if let Some(certificate) = coverage.elderly.first() {
        entry.group("ElderlyRecipientCertificateInfo", |group| {
            elderly(group, certificate)
        });
    }
    ceiling_consent(entry, consent);
    if let Some(certificate) = coverage.ceilings.first() {
        entry.group("LimitApplicationCertificateRelatedInfo", |group| {
            ceiling(group, certificate)
        });
    }
    if is_aid && !coverage.tickets.is_empty() {
        entry.group("PublicExpenseResultList", |list| {
            for ticket in &coverage.tickets {
                list.group("MedicalTicketInfo", |group| tickets::write(group, ticket));
            }
        });
    }
    entry.optional("ReferenceNumber", shown.reference_number);
}

fn elderly(group: &mut Writer, certificate: &ElderlyCertificate) {
    date(group, "ElderlyRecipientCertificateDate", certificate.issued);
    date(
        group,
        "ElderlyRecipientValidStartDate",
        certificate.period.start,
    );
    date(
        group,
        "ElderlyRecipientValidEndDate",
        certificate.period.end,
    );
    group.optional(
        "ElderlyRecipientContributionRatio",
        certificate.ratio.map(Ratio::to_code).as_deref(),
    );
}

fn ceiling(group: &mut Writer, certificate: &CeilingCertificate) {
    group.value(
        "LimitApplicationCertificateClassification",
        certificate.kind.code(),
    );
    group.optional(
        "LimitApplicationCertificateClassificationFlag",
        certificate.category.map(|it| it.code()),
    );
    date(group, "LimitApplicationCertificateDate", certificate.issued);
    date(
        group,
        "LimitApplicationCertificateValidStartDate",
        certificate.period.start,
    );
    date(
        group,
        "LimitApplicationCertificateValidEndDate",
        certificate.period.end,
    );
    date(
        group,
        "LimitApplicationCertificateLongTermDate",
        certificate.long_term_since,
    );
}
