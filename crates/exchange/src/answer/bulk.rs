//! Acceptances and headers of bulk messages (interface §1.5). Knows no order that was accepted: its maker says what it holds.

use domain::civil_date::Instant;
use domain::codes::check::{CharacterCode, ResultSegment};

use crate::answer::Answer;
use crate::request::Request;
use crate::tables::bulk::{Accepted, AcceptedBody, PlainAnswerHeader, ResultHeader, ResultRequest};

/// The acceptance of a bulk request.
#[must_use]
pub fn accepted(request: &Request, reception_number: &str, now: Instant) -> Accepted {
    Accepted {
        header: plain_header(request, ResultSegment::Normal, now),
        body: AcceptedBody {
            status: None,
            reception_number: Some(reception_number.to_owned()),
            received_at: Some(now.to_compact_in_japan()),
        },
    }
}

/// The header of an acceptance or of one registration's answer. Echoes what the request's header holds.
#[must_use]
pub fn plain_header(request: &Request, segment: ResultSegment, now: Instant) -> PlainAnswerHeader {
    PlainAnswerHeader {
        executed_at: Some(now.to_compact_in_japan()),
        institution_code: request.institution_code().map(str::to_owned),
        file_identifier: request.file_identifier().map(str::to_owned),
        segment: Some(segment.code().to_owned()),
        error_code: None,
        error_message: None,
        character_code: Some(CharacterCode::Utf8.code().to_owned()),
    }
}

/// The header of a result. Echoes what the question's header holds; where that has no file identifier the caller puts the one of
/// the request that was accepted, with the date of visit and the counts.
#[must_use]
pub fn result_header(asked: &ResultRequest, segment: ResultSegment, now: Instant) -> ResultHeader {
    ResultHeader {
        executed_at: Some(now.to_compact_in_japan()),
        institution_code: asked.header.institution_code.clone(),
        file_identifier: asked.header.file_identifier.clone(),
        reception_number: asked.body.reception_number.clone(),
        segment: Some(segment.code().to_owned()),
        character_code: Some(CharacterCode::Utf8.code().to_owned()),
        ..ResultHeader::default()
    }
}

impl Answer {
    /// The header, where it is the answer to the question for a result.
    #[must_use]
    pub fn result_header_mut(&mut self) -> Option<&mut ResultHeader> {
        match self {
            Self::BulkCheckResult(it)
            | Self::MedicalAidListResult(it)
            | Self::HomeVisitListResult(it)
            | Self::OnlineListResult(it) => Some(&mut it.header),
            Self::BulkReferenceNumbersResult(it) => Some(&mut it.header),
            Self::SingleCheck(_)
            | Self::ReferenceNumber(_)
            | Self::BulkCheck(_)
            | Self::BulkReferenceNumbers(_)
            | Self::MedicalAidList(_)
            | Self::HomeVisitList(_)
            | Self::OnlineList(_)
            | Self::Drugs(_)
            | Self::Checkups(_) => None,
        }
    }
}
