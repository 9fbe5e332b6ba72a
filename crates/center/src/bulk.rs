//! Bulk orders (interface §1.5): accepted durably under a reception number, asked for by it, worked off by `work`. One path for
//! messages of receipt computers and for pages; decides nothing a line is answered.

mod checks;
mod lists;
mod numbers;
pub(crate) mod orders;
pub(crate) mod work;

use api::check::Origin;
use domain::bulk::{BulkKind, BulkState, Days, ListQuestion, ReceptionNumber};
use domain::civil_date::{CivilDate, Instant};
use domain::medical_aid::TreatmentMonth;
use domain::permit::{AskInBulk, Permit};
use exchange::answer::Answer;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::request::Request;
use exchange::tables::{bulk_check, consented_list, reference_number};
use serde::{Deserialize, Serialize};
use store::bulk::{Accepted, Fetched, NewOrder};

use crate::app::{App, Shared, random};
use crate::link::{Stop, apart, must};
use crate::repeats::Repeatable;
use crate::trouble::{Refused, internal, unreadable};

/// Lines worked off in one transaction: few enough that a single check waits a few milliseconds for it at most.
const PART_LINES: usize = 100;

/// Reception numbers drawn before it is given up: two alike on one day are a matter of luck, ten are none.
const DRAWS: usize = 10;

/// An order that was accepted: what is kept under its request's key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Receipt {
    reception: String,
    at: String,
}

impl Receipt {
    /// The reception number.
    pub(crate) fn reception(&self) -> &str {
        &self.reception
    }

    /// When it was accepted.
    pub(crate) fn at(&self) -> Result<Instant, Refused> {
        Instant::parse(&self.at).map_err(internal("when an order was accepted"))
    }
}

/// What a request orders.
struct Ordered {
    kind: BulkKind,
    day: CivilDate,
    list: Option<ListQuestion>,
    lines: usize,
    parts: Vec<Vec<u8>>,
}

/// Accepts the order of a request, or says what is wrong with it as a whole. What is wrong with a line is said in its result.
pub(crate) async fn accept(
    app: &App,
    permit: &Permit<AskInBulk>,
    request: Request,
    repeatable: &Repeatable,
) -> Result<Receipt, Stop> {
    let now = app.now();
    if let Some(before) = repeatable.before(app)? {
        return Ok(serde_json::from_slice(&before).map_err(unreadable("a kept answer"))?);
    }
    let identifier = request.file_identifier().map(str::to_owned);
    let most = app.link.lines() as usize;
    let ordered = apart(move || order_of(most, request, now.date_in_japan())).await??;
    for _ in 0..DRAWS {
        let reception = draw(now)?;
        let receipt = Receipt {
            reception: reception.to_string(),
            at: now.to_string(),
        };
        let order = NewOrder {
            reception,
            id: app.check_ids.next(now, random()?),
            kind: ordered.kind,
            origin: Origin::Bulk.as_str(),
            at: now,
            day: ordered.day,
            identifier: identifier.clone(),
            list: ordered.list.map(lists::pack),
            lines: u32::try_from(ordered.lines).unwrap_or(u32::MAX),
            parts: ordered.parts.clone(),
        };
        let most_open = app.link.most_open_orders.get();
        let kept = repeatable.keep(&receipt, now)?;
        match app
            .engine
            .accept_order(permit, order, most_open, kept)
            .await?
        {
            Accepted::Done => {
                app.bulk.notify_one();
                return Ok(receipt);
            }
            Accepted::Drawn => {}
            Accepted::TooManyOpen => return Err(ErrorCode::TooManyOpen.plain().into()),
            Accepted::Before(earlier) => {
                let before = crate::repeats::again(earlier)?;
                return Ok(serde_json::from_slice(&before).map_err(unreadable("a kept answer"))?);
            }
        }
    }
    Err(Refused::internal("no reception number", &"every one that was drawn is taken").into())
}

/// What was accepted under a reception number: the look is recorded, and counted where there are results, once for each idempotency key
/// in a row.
pub(crate) async fn fetch(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    (kind, reception): (Option<BulkKind>, Option<&str>),
    key: Option<String>,
) -> Result<Fetched, Stop> {
    let text = must(reception, "受付番号")?;
    // What is no reception number is no number of anybody's.
    let unknown = || ErrorCode::UnknownReception.plain();
    let reception = ReceptionNumber::parse(text).map_err(|_| unknown())?;
    let counting = (app.link.most_downloads.get(), key);
    let found = app
        .engine
        .fetch_order(permit, kind, &reception, counting, app.now());
    let fetched = found.await?.ok_or_else(unknown)?;
    let without = |code: ErrorCode, order| Err(Stop::WithoutResult(code.plain(), Box::new(order)));
    match fetched {
        Fetched::OtherKind => Err(ErrorCode::OtherReception.plain().into()),
        Fetched::TooOften(order) => without(ErrorCode::FetchedTooOften, order),
        Fetched::Without(order) if order.state == BulkState::Expired => {
            without(ErrorCode::NoLongerKept, order)
        }
        Fetched::Without(order) if order.state == BulkState::Failed => {
            without(ErrorCode::ListTooLong, order)
        }
        Fetched::Without(_) | Fetched::Results(..) => Ok(fetched),
    }
}

/// The results of checks, part after part.
pub(crate) fn check_units(parts: &[Vec<u8>]) -> Result<Vec<bulk_check::CheckUnit>, Refused> {
    let mut units = Vec::new();
    for part in parts {
        match answer(Message::BulkCheckResult, part)? {
            Answer::BulkCheckResult(result) => units.extend(result.body.units),
            _ => return Err(Refused::internal("a result", &"another message")),
        }
    }
    Ok(units)
}

/// The results of registrations, part after part.
pub(crate) fn registration_units(
    parts: &[Vec<u8>],
) -> Result<Vec<reference_number::RegistrationUnit>, Refused> {
    let mut units = Vec::new();
    for part in parts {
        match answer(Message::BulkReferenceNumbersResult, part)? {
            Answer::BulkReferenceNumbersResult(result) => units.extend(result.body.units),
            _ => return Err(Refused::internal("a result", &"another message")),
        }
    }
    Ok(units)
}

fn answer(message: Message, part: &[u8]) -> Result<Answer, Refused> {
    let image = serde_json::from_slice(part).map_err(unreadable("a result"))?;
    Answer::from_json(message, &image).map_err(internal("a result"))
}

fn draw(now: Instant) -> Result<ReceptionNumber, Stop> {
    let drawn = u32::from_be_bytes(random()?);
    Ok(ReceptionNumber::new(now.date_in_japan(), drawn))
}

fn order_of(most: usize, request: Request, today: CivilDate) -> Result<Ordered, Unanswerable> {
    let listed = |kind, list| Ordered {
        kind,
        day: today,
        list: Some(list),
        lines: 0,
        parts: Vec::new(),
    };
    match request {
        Request::BulkCheck(asked) => {
            let day = date(asked.header.confirmation_date.as_deref(), "資格確認日")?;
            let lines = number_of_lines(asked.body.search_infos.len(), most)?;
            let parts = in_parts(asked.body.search_infos, |search_infos| {
                Request::BulkCheck(bulk_check::Request {
                    body: bulk_check::RequestBody { search_infos },
                    ..Default::default()
                })
            });
            Ok(Ordered {
                kind: BulkKind::Checks,
                day,
                list: None,
                lines,
                parts,
            })
        }
        Request::BulkReferenceNumbers(asked) => {
            let lines = number_of_lines(asked.body.registrations.len(), most)?;
            let parts = in_parts(asked.body.registrations, |registrations| {
                Request::BulkReferenceNumbers(reference_number::BulkRequest {
                    body: reference_number::BulkRequestBody { registrations },
                    ..Default::default()
                })
            });
            Ok(Ordered {
                kind: BulkKind::ReferenceNumbers,
                day: today,
                list: None,
                lines,
                parts,
            })
        }
        Request::MedicalAidList(asked) => {
            let month = asked.body.search_info.month.as_deref();
            Ok(listed(
                BulkKind::MedicalAid,
                ListQuestion::TreatmentMonth(month_of(month)?),
            ))
        }
        Request::HomeVisitList(asked) => {
            let info = asked.body.search_info;
            visit_kind(info.visit_kind.as_deref(), "2")?;
            let days = days(
                info.consent_from.as_deref(),
                info.consent_until.as_deref(),
                "同意日",
            )?;
            Ok(listed(BulkKind::HomeVisits, ListQuestion::Consents(days)))
        }
        Request::OnlineList(asked) => {
            visit_kind(asked.body.search_info.visit_kind.as_deref(), "3")?;
            Ok(listed(
                BulkKind::RemoteCare,
                remote_care(&asked.body.search_info)?,
            ))
        }
        Request::SingleCheck(_)
        | Request::ReferenceNumber(_)
        | Request::BulkCheckResult(_)
        | Request::BulkReferenceNumbersResult(_)
        | Request::MedicalAidListResult(_)
        | Request::HomeVisitListResult(_)
        | Request::OnlineListResult(_)
        | Request::Drugs(_)
        | Request::Checkups(_) => Err(ErrorCode::NoLine.plain()),
    }
}

fn number_of_lines(lines: usize, most: usize) -> Result<usize, Unanswerable> {
    match lines {
        0 => Err(ErrorCode::NoLine.plain()),
        lines if most < lines => Err(ErrorCode::TooManyLines.plain()),
        lines => Ok(lines),
    }
}

/// The lines as images of requests with some lines each.
fn in_parts<L>(lines: Vec<L>, request: impl Fn(Vec<L>) -> Request) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut rest = lines.into_iter().peekable();
    while rest.peek().is_some() {
        let some: Vec<L> = rest.by_ref().take(PART_LINES).collect();
        parts.push(request(some).to_json().to_string().into_bytes());
    }
    parts
}

/// By day of examination, or, where none stands there, by day of consent.
fn remote_care(info: &consented_list::OnlineSearch) -> Result<ListQuestion, Unanswerable> {
    let by_consent = info.examined_from.is_none() && info.examined_until.is_none();
    if by_consent && (info.consent_from.is_some() || info.consent_until.is_some()) {
        let (from, to) = (info.consent_from.as_deref(), info.consent_until.as_deref());
        return Ok(ListQuestion::Consents(days(from, to, "同意日")?));
    }
    let (from, to) = (
        info.examined_from.as_deref(),
        info.examined_until.as_deref(),
    );
    Ok(ListQuestion::Examinations(days(from, to, "診療日")?))
}

fn visit_kind(given: Option<&str>, expected: &str) -> Result<(), Unanswerable> {
    let item = "診療区分";
    if must(given, item)? == expected {
        Ok(())
    } else {
        Err(ErrorCode::UnknownCode.about(item))
    }
}

fn days(from: Option<&str>, to: Option<&str>, item: &str) -> Result<Days, Unanswerable> {
    let (from, to) = (
        date(from, &format!("{item}（開始）"))?,
        date(to, &format!("{item}（終了）"))?,
    );
    Days::new(from, to).ok_or_else(|| ErrorCode::WrongPeriod.about(item))
}

fn month_of(given: Option<&str>) -> Result<TreatmentMonth, Unanswerable> {
    let item = "診療年月";
    let text = must(given, item)?;
    let day = CivilDate::parse_compact(&format!("{text}01"));
    let day = day.map_err(|_| ErrorCode::WrongForm.about(item))?;
    Ok(TreatmentMonth::of(day))
}

/// A day of a request.
pub(crate) fn date(given: Option<&str>, item: &str) -> Result<CivilDate, Unanswerable> {
    CivilDate::parse_compact(must(given, item)?).map_err(|_| ErrorCode::NotADate.about(item))
}
