//! The result of a check at a reader (`OQSsiquc01res_face_…`, interface §1.2, §2.3): bytes only. No request asked for it, so it
//! echoes none. Adds nothing to what the center recorded.

pub mod consents;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::check::{ProcessingStatus, ReferenceKind};
use domain::codes::prescription::IssueForm;
use domain::institution_code::InstitutionCode;

use crate::encoding::Encoding;
use crate::face_result::consents::Consents;
use crate::single_check::answer::{
    Beside, CeilingConsent, Header, Shown, document, reduced, results,
};

/// A closed check at a reader.
#[derive(Debug, Clone, Copy)]
pub struct FaceResult<'a> {
    /// The facility.
    pub facility: InstitutionCode,
    /// The check's identifier: a UUID's 128 bits.
    pub check_id: u128,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// When the check was made: with it the ceiling was provided, which is not asked since 2024-10.
    pub checked_at: Instant,
    /// When the patient's questions were closed: the time of the file.
    pub closed_at: Instant,
    /// What is to be told of the card's certificate.
    pub certificate: Option<CertificateNotice>,
    /// The verdict.
    pub verdict: Verdict,
    /// The form of prescription the patient chose.
    pub prescription: Option<IssueForm>,
    /// The coverages.
    pub shown: &'a [Shown<'a>],
    /// What the patient agreed to.
    pub consents: &'a Consents,
}

/// What a receipt computer is told of a card's certificate, beside a good answer (interface §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateNotice {
    /// It ends within three months.
    EndsOn(CivilDate),
    /// It has ended; it still opened eligibility.
    EndedOn(CivilDate),
}

impl CertificateNotice {
    fn text(self) -> String {
        match self {
            Self::EndsOn(day) => format!(
                "マイナンバーカードの電子証明書の有効期限は{day}です。更新の手続きを患者にお伝えください。"
            ),
            Self::EndedOn(day) => format!(
                "マイナンバーカードの電子証明書の有効期限（{day}）が切れているため、資格情報だけを提供しています。更新の手続きを患者にお伝えください。"
            ),
        }
    }
}

/// The file: LF, as the samples are.
#[must_use]
pub fn write(result: &FaceResult<'_>, encoding: Encoding) -> Vec<u8> {
    let visit_date = result.visit_date.to_compact();
    let facility = result.facility.to_string();
    let identifier = identifier(result.check_id);
    let header = Header {
        confirmation_date: Some(&visit_date),
        institution_code: Some(&facility),
        file_identifier: Some(&identifier),
        kind: ReferenceKind::Card,
        why: None,
    };
    document(&header, encoding, result.closed_at, |body| {
        body.value("ProcessingResultStatus", ProcessingStatus::Normal.code());
        let certificate = result.certificate.map(CertificateNotice::text);
        let told = [certificate.as_deref(), reduced(result.shown, encoding)];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        let told = (!told.is_empty()).then(|| told.join(" "));
        body.optional("ProcessingResultMessage", told.as_deref());
        body.value("QualificationValidity", result.verdict.code());
        let form = result.prescription.map(IssueForm::code);
        body.optional("PrescriptionIssueSelect", form);
        let beside = Beside {
            ceiling: CeilingConsent::ByCard(result.checked_at),
            consents: Some(result.consents),
        };
        results(body, result.shown, &beside);
    })
}

/// 16 characters of base64url, as real results carry in `ArbitraryFileIdentifier` (interface §2.1): the check's last 96 bits.
fn identifier(check_id: u128) -> String {
    let bytes = check_id.to_be_bytes();
    URL_SAFE_NO_PAD.encode(bytes.get(4..).unwrap_or_default())
}
