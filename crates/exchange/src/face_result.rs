//! The result of a check at a reader (`OQSsiquc01res_face_…`, interface §1.2, §2.3). No request asked for it, so it echoes none. Adds
//! nothing to what the center recorded.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::check::{CharacterCode, ProcessingStatus, ReferenceKind, ResultSegment};
use domain::codes::prescription::IssueForm;
use domain::institution_code::InstitutionCode;

use crate::answer::Answer;
use crate::answer::consents::Consents;
use crate::answer::coverage::{Beside, CeilingConsent, Shown, found};
use crate::tables::single_check as table;

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

/// The message.
#[must_use]
pub fn answer(result: &FaceResult<'_>) -> Answer {
    let beside = Beside {
        ceiling: CeilingConsent::ByCard(result.checked_at),
        consents: Some(result.consents),
    };
    Answer::SingleCheck(Box::new(table::Answer {
        header: table::AnswerHeader {
            executed_at: Some(result.closed_at.to_compact_in_japan()),
            confirmation_date: Some(result.visit_date.to_compact()),
            institution_code: Some(result.facility.to_string()),
            file_identifier: Some(identifier(result.check_id)),
            kind: Some(ReferenceKind::Card.code().to_owned()),
            segment: Some(ResultSegment::Normal.code().to_owned()),
            error_code: None,
            error_message: None,
            character_code: Some(CharacterCode::Utf8.code().to_owned()),
        },
        body: table::AnswerBody {
            status: Some(ProcessingStatus::Normal.code().to_owned()),
            code: None,
            message: result.certificate.map(CertificateNotice::text),
            verdict: Some(result.verdict.code().to_owned()),
            prescription: result.prescription.map(|it| it.code().to_owned()),
            search_info: None,
            coverages: result.shown.iter().map(|it| found(*it, &beside)).collect(),
        },
    }))
}

/// 16 characters of base64url, as real results carry in `ArbitraryFileIdentifier` (interface §2.1): the check's last 96 bits.
fn identifier(check_id: u128) -> String {
    let bytes = check_id.to_be_bytes();
    URL_SAFE_NO_PAD.encode(bytes.get(4..).unwrap_or_default())
}
