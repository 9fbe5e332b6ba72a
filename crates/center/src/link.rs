//! Messages of receipt computers and records (G29, G30): the JSON image in, the JSON image out, one path for files and Web API. Which
//! account sent a message says by which of the two it came. Answers in the interface's own words what the interface knows, and with
//! a problem document what concerns the line and the session alone.

mod bulk_checks;
mod bulk_reference_numbers;
mod image;
mod medical_information;
mod reference_numbers;
mod single_checks;

use api::check::Origin;
use api::problem::{MemberError, Trouble};
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::AccountKind;
use domain::bulk::BulkKind;
use domain::civil_date::Instant;
use domain::permit::{Permission, Permit, SendMessages, SignedIn};
use exchange::answer::Answer;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::rejected::{Reason, Rejected};
use exchange::request;
use store::bulk::Order;
use store::engine::StoreError;

use crate::app::{App, Shared};
use crate::extract::{Granted, json_bytes};
use crate::link::image::Image;
use crate::trouble::{Refused, stopped};

/// The largest body of a single message, in bytes: its values are bounded, so what is larger is no message.
const MOST_BYTES_OF_ONE: usize = 64 << 10;

pub(crate) async fn send(
    State(app): State<App>,
    Granted(permit): Granted<SendMessages>,
    Path(prefix): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let message = Message::from_prefix(&prefix)
        .filter(|it| app.link.inferred_messages || !it.is_inferred())
        .ok_or(Trouble::NotFound)?;
    let headers = request.headers().clone();
    let bytes = json_bytes(request, most_bytes(&app, message), &app).await?;
    let lines = message.has_many_lines();
    // Thousands of lines are read and written by a few at once.
    let _turn = match lines {
        true => Some(app.exporting.acquire().await.map_err(|_| Trouble::Busy)?),
        false => None,
    };
    let asking = Asking {
        app: &app,
        permit: &permit,
        headers: &headers,
        now: app.now(),
        bytes,
    };
    let answer = asking.answer(message).await?;
    if lines {
        return apart(move || json(&answer)).await;
    }
    Ok(json(&answer))
}

/// Does what takes a while off the threads that answer checks.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(stopped("work apart stopped"))
}

fn most_bytes(app: &Shared, message: Message) -> usize {
    match message {
        Message::BulkCheck | Message::BulkReferenceNumbers => {
            app.link.most_body_bytes.get() as usize
        }
        Message::SingleCheck
        | Message::ReferenceNumber
        | Message::BulkCheckResult
        | Message::BulkReferenceNumbersResult
        | Message::MedicalAidList
        | Message::MedicalAidListResult
        | Message::HomeVisitList
        | Message::HomeVisitListResult
        | Message::OnlineList
        | Message::OnlineListResult
        | Message::Drugs
        | Message::Checkups => MOST_BYTES_OF_ONE,
    }
}

/// The answer as it goes.
pub(crate) fn json(answer: &Answer) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::OK, headers, answer.to_json().to_string()).into_response()
}

/// A message that is being answered, with whose it is.
pub(crate) struct Asking<'a> {
    pub(crate) app: &'a App,
    pub(crate) permit: &'a Permit<SendMessages>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) now: Instant,
    /// The body, as it came.
    pub(crate) bytes: Bytes,
}

/// Why a message is not answered as it asks.
pub(crate) enum Stop {
    /// With a problem document.
    Refused(Refused),
    /// In the interface's own words.
    Unanswerable(Unanswerable),
    /// In the interface's own words, with what the order is known by that has no result.
    WithoutResult(Unanswerable, Box<Order>),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Trouble> for Stop {
    #[track_caller]
    fn from(trouble: Trouble) -> Self {
        Self::Refused(trouble.into())
    }
}

impl From<StoreError> for Stop {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Unanswerable> for Stop {
    fn from(why: Unanswerable) -> Self {
        Self::Unanswerable(why)
    }
}

impl Asking<'_> {
    /// The message's answer.
    pub(crate) async fn answer(&self, message: Message) -> Result<Answer, Refused> {
        let request = if message.has_many_lines() {
            let bytes = self.bytes.clone();
            apart(move || read(message, &bytes)).await??
        } else {
            read(message, &self.bytes)?
        };
        match self.dispatch(&request).await {
            Ok(answer) => Ok(answer),
            Err(Stop::Unanswerable(why)) => Ok(Answer::unanswerable(&request, &why, self.now)),
            Err(Stop::WithoutResult(why, order)) => {
                let mut answer = Answer::unanswerable(&request, &why, self.now);
                if let Some(header) = answer.result_header_mut() {
                    bulk_checks::tell_order(header, &order);
                }
                Ok(answer)
            }
            Err(Stop::Refused(refused)) => Err(refused),
        }
    }

    async fn dispatch(&self, request: &request::Request) -> Result<Answer, Stop> {
        match request {
            request::Request::SingleCheck(asked) => single_checks::answer(self, asked).await,
            request::Request::Drugs(asked) => medical_information::drugs(self, asked).await,
            request::Request::Checkups(asked) => medical_information::checkups(self, asked).await,
            request::Request::ReferenceNumber(asked) => {
                reference_numbers::answer(self, request, asked).await
            }
            request::Request::BulkCheck(_) => {
                Ok(Answer::BulkCheck(bulk_checks::accept(self, request).await?))
            }
            request::Request::BulkReferenceNumbers(_) => Ok(Answer::BulkReferenceNumbers(
                bulk_checks::accept(self, request).await?,
            )),
            request::Request::MedicalAidList(_) => Ok(Answer::MedicalAidList(
                bulk_checks::accept(self, request).await?,
            )),
            request::Request::HomeVisitList(_) => Ok(Answer::HomeVisitList(
                bulk_checks::accept(self, request).await?,
            )),
            request::Request::OnlineList(_) => Ok(Answer::OnlineList(
                bulk_checks::accept(self, request).await?,
            )),
            request::Request::BulkReferenceNumbersResult(asked) => {
                bulk_reference_numbers::result(self, asked).await
            }
            request::Request::BulkCheckResult(asked) => {
                bulk_checks::result(self, asked, BulkKind::Checks).await
            }
            request::Request::MedicalAidListResult(asked) => {
                bulk_checks::result(self, asked, BulkKind::MedicalAid).await
            }
            request::Request::HomeVisitListResult(asked) => {
                bulk_checks::result(self, asked, BulkKind::HomeVisits).await
            }
            request::Request::OnlineListResult(asked) => {
                bulk_checks::result(self, asked, BulkKind::RemoteCare).await
            }
        }
    }

    /// Who sent it.
    pub(crate) fn sender(&self) -> &SignedIn {
        self.permit.holder()
    }

    /// By which way it came.
    pub(crate) fn origin(&self) -> Origin {
        match self.sender().kind {
            AccountKind::WebApi => Origin::WebApi,
            AccountKind::LinkApp
            | AccountKind::Master
            | AccountKind::Administrator
            | AccountKind::General
            | AccountKind::MedicalViewer
            | AccountKind::Reader => Origin::File,
        }
    }

    /// The right to do what the message asks for. A refusal is on record.
    pub(crate) async fn right<A: Permission>(&self) -> Result<Permit<A>, Refused> {
        crate::extract::grant(self.app, self.sender().clone(), self.now).await
    }

    /// Refuses a message that names another facility than the sender's.
    pub(crate) fn of_own_facility(&self, code: Option<&str>) -> Result<(), Unanswerable> {
        let code = must(code, "医療機関コード")?;
        if code == self.permit.facility().to_string() {
            Ok(())
        } else {
            Err(ErrorCode::OtherFacility.plain())
        }
    }
}

fn read(message: Message, bytes: &[u8]) -> Result<request::Request, Refused> {
    request::Request::within_bounds(bytes).map_err(|rejected| not_readable(&rejected))?;
    let image: Image = crate::extract::parse(bytes)?;
    if let Some(name) = image.twice() {
        return Err(not_readable(&Rejected {
            line: 0,
            element: Some(name.to_owned()),
            reason: Reason::Repeated,
        }));
    }
    request::Request::from_json(message, &image.value).map_err(|rejected| not_readable(&rejected))
}

/// A value that has to be there; blanks are nothing.
pub(crate) fn must<'a>(value: Option<&'a str>, item: &str) -> Result<&'a str, Unanswerable> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| ErrorCode::Missing.about(item))
}

/// An image that is not of the message's shape: the element is named, nothing of its value.
fn not_readable(rejected: &Rejected) -> Refused {
    let member = rejected.element.as_deref().unwrap_or("XmlMsg");
    let (ja, en) = (rejected.reason.ja(), rejected.reason.to_string());
    let error = MemberError::new(
        member,
        "shape",
        &format!("{member}: {ja}"),
        &format!("{member}: {en}"),
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_too_many_groups_is_refused_before_it_is_parsed() {
        let groups = "{\"\":0},".repeat((16 << 20) / "{\"\":0},".len());
        // It ends in the middle: had it been parsed, that would be said.
        let image = format!("{{\"XmlMsg\":[{groups}");
        let refused = read(Message::BulkCheck, image.as_bytes()).unwrap_err();
        let error = &refused.problem().errors[0];
        assert_eq!(
            (error.member.as_str(), error.code.as_str()),
            ("XmlMsg", "shape")
        );
        assert!(error.text.en.contains("more elements"), "{}", error.text.en);
    }
}
