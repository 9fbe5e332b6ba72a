//! `/v1/bulk-checks`: orders of people at the terminal, put in as files of the interface or as CSV, and their results as either. The same
//! orders as those of messages.

use api::bulk::{BulkOrder, BulkOrders};
use api::problem::bulk::BulkTrouble;
use api::problem::{MemberError, Trouble};
use api::routes;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::bulk::{BulkKind, BulkState, ReceptionNumber};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::permit::AskInBulk;
use exchange::answer::{Answer, Unrepresentable};
use exchange::bulk_file;
use exchange::encoding::Encoding;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::request::Request as Asked;
use exchange::tables::bulk::{PlainHeader, ResultHeader};
use exchange::tables::{bulk_check, reference_number, single_check};
use serde::Deserialize;
use store::bulk::{Fetched, Order};

use crate::app::{App, Shared};
use crate::extract::{Granted, Query, whole};
use crate::link::{Stop, apart};
use crate::repeats::Repeatable;
use crate::trouble::{Refused, absent, internal, stopped};

/// Orders of one page.
const PAGE: u32 = 50;

/// What a file is: in the query, since the body is the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct What {
    /// `checks` or `reference_numbers`.
    kind: String,
    /// Of a CSV file with checks: the day asked about, today without one.
    visit_date: Option<String>,
}

/// Where a page of orders begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behind {
    /// The reception number of the last order of the page before.
    after: Option<String>,
}

/// In which form a result is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    /// `csv` or `xml`.
    format: String,
    /// `utf-8`, or `cp932` for Windows-31J.
    encoding: Option<String>,
}

pub(crate) async fn put_in(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    Query(what): Query<What>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<BulkOrder>), Refused> {
    let now = app.now();
    let is_csv = is_csv(&headers)?;
    let bytes = whole(
        request.into_body(),
        app.link.most_body_bytes.get() as usize,
        &app,
    )
    .await?;
    let kind = BulkKind::parse(&what.kind).filter(|kind| !kind.is_list());
    let kind = kind.ok_or(Trouble::InvalidQuery)?;
    let day = match what.visit_date.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => CivilDate::parse_iso(text).map_err(|_| no_day())?,
        None => now.date_in_japan(),
    };
    // The day as it was asked for: whoever leaves it out and asks again behind midnight asks the same.
    let asked_day = what.visit_date.as_deref().unwrap_or_default();
    let parts = [
        routes::BULK_CHECKS.as_bytes(),
        kind.as_str().as_bytes(),
        asked_day.as_bytes(),
        &bytes,
    ];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    let facility = permit.facility();
    let most = app.link.lines() as usize;
    // Thousands of lines are read by a few at once, off the threads that answer checks.
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    let asked = apart(move || {
        if is_csv {
            of_message(&csv(&bytes, kind, (facility, day), most)?)
        } else {
            xml(&bytes, kind)
        }
    });
    let asked = asked.await??;
    if asked.institution_code() != Some(facility.to_string().as_str()) {
        return Err(told(&ErrorCode::OtherFacility.plain()));
    }
    let receipt = super::accept(&app, &permit, asked, &repeatable).await;
    let receipt = receipt.map_err(refused)?;
    let reception = ReceptionNumber::parse(receipt.reception())
        .map_err(internal("the reception number of an order"))?;
    let order = app.engine.order(&permit, &reception)?;
    let order = order.ok_or_else(absent("an order that was accepted"))?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, &order))))
}

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    Query(behind): Query<Behind>,
) -> Result<Json<BulkOrders>, Refused> {
    let after = behind.after.as_deref().map(ReceptionNumber::parse);
    let after = after.transpose().map_err(|_| Trouble::InvalidQuery)?;
    let mut orders = app.engine.orders(&permit, after.as_ref(), PAGE + 1)?;
    let goes_on = (PAGE as usize) < orders.len();
    orders.truncate(PAGE as usize);
    let last = orders.last().filter(|_| goes_on);
    Ok(Json(BulkOrders {
        next: last.map(|order| order.reception.to_string()),
        orders: orders.iter().map(|order| shown(&app, order)).collect(),
    }))
}

pub(crate) async fn progress(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    Path(id): Path<String>,
) -> Result<Json<BulkOrder>, Refused> {
    let reception = ReceptionNumber::parse(&id).map_err(|_| Trouble::NotFound)?;
    let order = app.engine.order(&permit, &reception)?;
    Ok(Json(shown(&app, &order.ok_or(Trouble::NotFound)?)))
}

pub(crate) async fn result(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    Path(id): Path<String>,
    Query(form): Query<Form>,
) -> Result<Response, Refused> {
    let encoding = match form.encoding.as_deref() {
        None | Some("utf-8") => Encoding::Utf8,
        Some("cp932") => Encoding::ShiftJis,
        Some(_) => return Err(Trouble::InvalidQuery.into()),
    };
    let is_csv = match form.format.as_str() {
        "csv" => true,
        "xml" => false,
        _ => return Err(Trouble::InvalidQuery.into()),
    };
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    let fetched = super::fetch(&app, &permit, (None, Some(&id)), None).await;
    let Fetched::Results(order, parts) = fetched.map_err(refused)? else {
        return Err(Trouble::Bulk(BulkTrouble::NotFinished).into());
    };
    let (name, now) = (file_name(&order, is_csv), app.now());
    // Thousands of lines take a while: off the threads that answer checks.
    let written =
        tokio::task::spawn_blocking(move || write(&order, &parts, (is_csv, encoding), now));
    let bytes = written
        .await
        .map_err(stopped("the writing of a file stopped"))??;
    let kind = match (is_csv, encoding) {
        (true, Encoding::Utf8) => "text/csv; charset=utf-8",
        (true, Encoding::ShiftJis) => "text/csv; charset=Shift_JIS",
        (false, _) => "application/xml",
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

fn no_day() -> Refused {
    let error = MemberError::new(
        "visit_date",
        "no_such_day",
        "受診日は「2026-11-23」の形の、実在する日付で入力してください。",
        "Write the date of visit like 2026-11-23; it has to be a day there is.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

fn is_csv(headers: &HeaderMap) -> Result<bool, Trouble> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "text/csv" => Ok(true),
        "application/xml" | "text/xml" => Ok(false),
        _ => Err(Trouble::MediaType),
    }
}

fn csv(
    bytes: &[u8],
    kind: BulkKind,
    (facility, day): (InstitutionCode, CivilDate),
    most: usize,
) -> Result<Asked, Refused> {
    let faulty = |at: bulk_file::FaultAt| {
        let (line, fault) = (at.line, at.fault);
        wrong(
            "form",
            &format!("{line}行目: {}", fault.ja()),
            &format!("Line {line}: {fault}."),
        )
    };
    if kind == BulkKind::ReferenceNumbers {
        return Ok(Asked::BulkReferenceNumbers(reference_number::BulkRequest {
            header: PlainHeader {
                institution_code: Some(facility.to_string()),
                file_identifier: None,
            },
            body: bulk_file::read_reference_numbers(bytes, most).map_err(faulty)?,
        }));
    }
    Ok(Asked::BulkCheck(bulk_check::Request {
        header: single_check::RequestHeader {
            confirmation_date: Some(day.to_compact()),
            institution_code: Some(facility.to_string()),
            file_identifier: None,
        },
        body: bulk_file::read_checks(bytes, most).map_err(faulty)?,
    }))
}

/// The same, if a message may hold its values: a cell may have a line break, a control character or more than any value has, and what is
/// accepted has to be readable when it is worked off.
fn of_message(asked: &Asked) -> Result<Asked, Refused> {
    Asked::from_json(asked.message(), &asked.to_json()).map_err(|rejected| {
        let element = rejected.element.as_deref().unwrap_or("XmlMsg");
        wrong(
            "form",
            &format!("{element}: {}", rejected.reason.ja()),
            &format!("{element}: {}", rejected.reason),
        )
    })
}

fn xml(bytes: &[u8], kind: BulkKind) -> Result<Asked, Refused> {
    let message = match kind {
        BulkKind::ReferenceNumbers => Message::BulkReferenceNumbers,
        BulkKind::Checks | BulkKind::MedicalAid | BulkKind::HomeVisits | BulkKind::RemoteCare => {
            Message::BulkCheck
        }
    };
    let read = Asked::from_xml(message, bytes).map_err(|rejected| {
        let line = rejected.line;
        let element = rejected.element.as_deref().unwrap_or("XmlMsg");
        wrong(
            "form",
            &format!("{line}行目 {element}: {}", rejected.reason.ja()),
            &format!("Line {line}, {element}: {}", rejected.reason),
        )
    });
    read.map(|(asked, _)| asked)
}

fn wrong(code: &str, ja: &str, en: &str) -> Refused {
    let error = MemberError::new("file", code, ja, en);
    Refused::members(Trouble::InvalidInput, vec![error])
}

/// An error of the interface as a problem.
fn told(why: &Unanswerable) -> Refused {
    let explained = why.code.explained();
    let (remedy_ja, remedy_en) = (explained.remedy_ja, explained.remedy_en);
    wrong(
        why.code.code(),
        &format!("{} {remedy_ja}", why.message),
        &format!("{} {remedy_en}", explained.en.replace("{}", "the item")),
    )
}

fn refused(stop: Stop) -> Refused {
    let why = match stop {
        Stop::Refused(refused) => return refused,
        Stop::Unanswerable(why) | Stop::WithoutResult(why, _) => why,
    };
    match why.code {
        ErrorCode::UnknownReception | ErrorCode::OtherReception => Trouble::NotFound.into(),
        ErrorCode::NoLongerKept => Trouble::Bulk(BulkTrouble::NoLongerKept).into(),
        ErrorCode::FetchedTooOften => Trouble::Bulk(BulkTrouble::FetchedTooOften).into(),
        ErrorCode::TooManyOpen => Trouble::Bulk(BulkTrouble::TooManyOpen).into(),
        ErrorCode::ListTooLong => Trouble::Bulk(BulkTrouble::ListTooLong).into(),
        _ => told(&why),
    }
}

fn shown(app: &Shared, order: &Order) -> BulkOrder {
    let kept_s = i64::from(app.link.results_kept_days.get()) * 86_400;
    let kept_until = order.finished.filter(|_| order.state == BulkState::Done);
    let kept_until = kept_until.map(|at| at.plus_seconds(kept_s).to_string());
    BulkOrder {
        accepted_at: order.accepted.to_string(),
        account: order.holder.account.to_string(),
        done: order.progress.done,
        downloads_left: app
            .link
            .most_downloads
            .get()
            .saturating_sub(order.downloads),
        errors: order.progress.errors(),
        failure: order.failure.map(|failure| failure.as_str().into()),
        finished_at: order.finished.map(|at| at.to_string()),
        kept_until,
        kind: order.kind.as_str().into(),
        lines: order.progress.lines,
        reception_number: order.reception.to_string(),
        state: order.state.as_str().into(),
        visit_date: order.day.to_string(),
    }
}

/// The name the interface gives a result.
fn file_name(order: &Order, is_csv: bool) -> String {
    let prefix = result_message(order.kind).prefix();
    let ending = if is_csv { "csv" } else { "xml" };
    format!("{prefix}res_{}.{ending}", order.reception)
}

fn result_message(kind: BulkKind) -> Message {
    match kind {
        BulkKind::Checks => Message::BulkCheckResult,
        BulkKind::ReferenceNumbers => Message::BulkReferenceNumbersResult,
        BulkKind::MedicalAid => Message::MedicalAidListResult,
        BulkKind::HomeVisits => Message::HomeVisitListResult,
        BulkKind::RemoteCare => Message::OnlineListResult,
    }
}

fn write(
    order: &Order,
    parts: &[Vec<u8>],
    (is_csv, encoding): (bool, Encoding),
    now: Instant,
) -> Result<Vec<u8>, Refused> {
    let header = ResultHeader {
        executed_at: Some(now.to_compact_in_japan()),
        confirmation_date: (order.kind == BulkKind::Checks).then(|| order.day.to_compact()),
        institution_code: Some(order.holder.facility.to_string()),
        file_identifier: order.identifier.clone(),
        reception_number: Some(order.reception.to_string()),
        segment: Some(
            domain::codes::check::ResultSegment::Normal
                .code()
                .to_owned(),
        ),
        processed: Some(order.progress.done.to_string()),
        processed_well: Some(order.progress.normal.to_string()),
        failed: Some(order.progress.errors().to_string()),
        character_code: Some(domain::codes::check::CharacterCode::Utf8.code().to_owned()),
        ..ResultHeader::default()
    };
    let answer = match order.kind {
        BulkKind::ReferenceNumbers => {
            let units = super::registration_units(parts)?;
            if is_csv {
                return bulk_file::write_reference_numbers(&units, encoding)
                    .map_err(internal("a result is not written"));
            }
            Answer::BulkReferenceNumbersResult(Box::new(reference_number::BulkResult {
                header,
                body: reference_number::BulkResultBody {
                    status: None,
                    units,
                },
            }))
        }
        BulkKind::Checks | BulkKind::MedicalAid | BulkKind::HomeVisits | BulkKind::RemoteCare => {
            let units = super::check_units(parts)?;
            if is_csv {
                return bulk_file::write_checks(&units, encoding)
                    .map_err(internal("a result is not written"));
            }
            Answer::BulkCheckResult(Box::new(bulk_check::BulkResult {
                header,
                body: bulk_check::ResultBody {
                    status: None,
                    units,
                },
            }))
        }
    };
    // For people at the terminal: what Shift_JIS lacks is reduced, the file in UTF-8 has all of it.
    let written = answer.to_xml(encoding, Unrepresentable::Reduced);
    let written = written.or_else(|_| answer.to_xml(Encoding::Utf8, Unrepresentable::Reduced));
    Ok(written.map_err(internal("a result is not written"))?.bytes)
}
