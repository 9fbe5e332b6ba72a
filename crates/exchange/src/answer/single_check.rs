//! The answer of a single check from what the center found (interface §2.3). Echoes what was asked for, character by character.

use domain::check::Verdict;
use domain::civil_date::Instant;
use domain::codes::check::{CharacterCode, ProcessingStatus, ReferenceKind, ResultSegment};

use crate::answer::Answer;
use crate::answer::coverage::{Beside, CeilingConsent, Shown, found};
use crate::tables::single_check as table;

impl Answer {
    /// A check that was made.
    #[must_use]
    pub fn checked(
        asked: &table::Request,
        verdict: Verdict,
        shown: &[Shown<'_>],
        now: Instant,
    ) -> Self {
        let ceiling = match asked.body.search_info.ceiling_consent.as_deref() {
            Some("1") => CeilingConsent::ByWord,
            Some(_) | None => CeilingConsent::None,
        };
        let beside = Beside {
            ceiling,
            consents: None,
        };
        let mut answer = head(asked, now);
        answer.body.status = Some(ProcessingStatus::Normal.code().to_owned());
        answer.body.verdict = Some(verdict.code().to_owned());
        answer.body.search_info = Some(asked.body.search_info.clone().into());
        answer.body.coverages = shown.iter().map(|it| found(*it, &beside)).collect();
        Self::SingleCheck(Box::new(answer))
    }
}

impl table::Answer {
    /// The form of prescription, where it stands in the body and where one client places it, in the coverage.
    #[must_use]
    pub fn prescription(&self) -> Option<&str> {
        let of_coverages = self.body.coverages.iter().map(|it| &it.prescription);
        std::iter::once(&self.body.prescription)
            .chain(of_coverages)
            .find_map(Option::as_deref)
    }
}

/// An answer with its header alone: all is well so far.
pub(crate) fn head(asked: &table::Request, now: Instant) -> table::Answer {
    let header = &asked.header;
    table::Answer {
        header: table::AnswerHeader {
            executed_at: Some(now.to_compact_in_japan()),
            confirmation_date: header.confirmation_date.clone(),
            institution_code: header.institution_code.clone(),
            file_identifier: header.file_identifier.clone(),
            kind: Some(ReferenceKind::Number.code().to_owned()),
            segment: Some(ResultSegment::Normal.code().to_owned()),
            error_code: None,
            error_message: None,
            character_code: Some(CharacterCode::Utf8.code().to_owned()),
        },
        body: table::AnswerBody::default(),
    }
}
