//! Abnormal answers: segment 9 with code and text, and status 2 in the body, without which a client breaks (R3); of medical
//! information the result code with its text (interface §5.1). One for every request.

use domain::civil_date::Instant;
use domain::codes::check::{ProcessingStatus, ResultSegment};

use crate::answer::bulk::{plain_header, result_header};
use crate::answer::{Answer, single_check};
use crate::error_code::Unanswerable;
use crate::request::Request;
use crate::tables::bulk::{Accepted, AcceptedBody, PlainAnswerHeader, ResultHeader, ResultRequest};
use crate::tables::bulk_check::{BulkResult, ResultBody};
use crate::tables::{checkup_information, drug_information, reference_number};

impl Answer {
    /// The answer to a request that is readable but not answerable.
    #[must_use]
    pub fn unanswerable(request: &Request, why: &Unanswerable, now: Instant) -> Self {
        match request {
            Request::SingleCheck(asked) => {
                let mut answer = single_check::head(asked, now);
                let header = &mut answer.header;
                header.segment = abnormal();
                (header.error_code, header.error_message) = told(why);
                answer.body.status = error();
                Self::SingleCheck(Box::new(answer))
            }
            Request::ReferenceNumber(asked) => Self::ReferenceNumber(reference_number::Answer {
                header: plain(request, why, now),
                body: reference_number::AnswerBody {
                    registration: Some(asked.body.registration.clone().into()),
                    status: error(),
                    ..Default::default()
                },
            }),
            Request::BulkCheck(_) => Self::BulkCheck(accepted(request, why, now)),
            Request::BulkReferenceNumbers(_) => {
                Self::BulkReferenceNumbers(accepted(request, why, now))
            }
            Request::MedicalAidList(_) => Self::MedicalAidList(accepted(request, why, now)),
            Request::HomeVisitList(_) => Self::HomeVisitList(accepted(request, why, now)),
            Request::OnlineList(_) => Self::OnlineList(accepted(request, why, now)),
            Request::BulkCheckResult(asked) => Self::BulkCheckResult(checks(asked, why, now)),
            Request::MedicalAidListResult(asked) => {
                Self::MedicalAidListResult(checks(asked, why, now))
            }
            Request::HomeVisitListResult(asked) => {
                Self::HomeVisitListResult(checks(asked, why, now))
            }
            Request::OnlineListResult(asked) => Self::OnlineListResult(checks(asked, why, now)),
            Request::BulkReferenceNumbersResult(asked) => {
                Self::BulkReferenceNumbersResult(Box::new(reference_number::BulkResult {
                    header: result(asked, why, now),
                    body: reference_number::BulkResultBody {
                        status: error(),
                        units: Vec::new(),
                    },
                }))
            }
            Request::Drugs(_) => {
                let mut answer = drug_information::Answer::default();
                let header = &mut answer.header;
                (header.result_code, header.message) = told(why);
                Self::Drugs(answer)
            }
            Request::Checkups(_) => {
                let mut answer = checkup_information::Answer::default();
                let header = &mut answer.header;
                (header.result_code, header.message) = told(why);
                Self::Checkups(answer)
            }
        }
    }
}

fn abnormal() -> Option<String> {
    Some(ResultSegment::Abnormal.code().to_owned())
}

fn error() -> Option<String> {
    Some(ProcessingStatus::Error.code().to_owned())
}

/// Code and text.
fn told(why: &Unanswerable) -> (Option<String>, Option<String>) {
    (Some(why.code.code().to_owned()), Some(why.message.clone()))
}

fn plain(request: &Request, why: &Unanswerable, now: Instant) -> PlainAnswerHeader {
    let mut header = plain_header(request, ResultSegment::Abnormal, now);
    (header.error_code, header.error_message) = told(why);
    header
}

fn accepted(request: &Request, why: &Unanswerable, now: Instant) -> Accepted {
    Accepted {
        header: plain(request, why, now),
        body: AcceptedBody {
            status: error(),
            ..AcceptedBody::default()
        },
    }
}

fn result(asked: &ResultRequest, why: &Unanswerable, now: Instant) -> ResultHeader {
    let mut header = result_header(asked, ResultSegment::Abnormal, now);
    (header.error_code, header.error_message) = told(why);
    header
}

fn checks(asked: &ResultRequest, why: &Unanswerable, now: Instant) -> Box<BulkResult> {
    Box::new(BulkResult {
        header: result(asked, why, now),
        body: ResultBody {
            status: error(),
            units: Vec::new(),
        },
    })
}
