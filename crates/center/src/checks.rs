//! The check (design §5): permit, look-up, verdict, durable record, signed answer. Answers nothing that is not on the disk.

use api::check::{Answer, CheckRequest, ReceiptAlone, answered, asked};
use api::problem::Trouble;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::check::evaluate;
use domain::permit::{AskByNumber, Permit, ReadHistory};
use store::checks::{NewCheck, Recorded};
use traces::Stage;

use crate::app::{App, random};
use crate::extract::{Body, Granted};
use crate::receipts;
use crate::trouble::{Refused, internal, unreadable};

pub(crate) async fn ask(
    State(app): State<App>,
    Granted(permit): Granted<AskByNumber>,
    headers: HeaderMap,
    body: Body<CheckRequest>,
) -> Result<Response, Refused> {
    let asked = asked::read(&body.value, app.now().date_in_japan())
        .map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let question = Question {
        asked,
        bytes: body.bytes,
        key: crate::repeats::key(&headers)?,
    };
    Ok(json(check(&app, &permit, question).await?))
}

/// A question that was understood, with the body it came in.
pub(crate) struct Question {
    pub(crate) asked: asked::Asked,
    pub(crate) bytes: Bytes,
    pub(crate) key: Option<String>,
}

/// Makes a check and records it; the bytes of its answer, those of before where its key was used for the same question.
pub(crate) async fn check(
    app: &App,
    permit: &Permit<AskByNumber>,
    Question { asked, bytes, key }: Question,
) -> Result<Bytes, Refused> {
    let now = app.now();
    let question = &asked.question;
    let form = question.key();
    let found = app.engine.look_up(permit, &form, question.birth_date);
    let registrations = traces::within(Stage::LookUp, found).await?;
    let finding = evaluate(question, permit.facility(), &registrations);
    let shown = finding.entries.first().map(|entry| entry.person);
    let number = match shown {
        Some(person) => app.engine.reference_number(permit.facility(), person.id)?,
        None => None,
    };
    let circumstances = answered::Circumstances {
        check_id: app.check_ids.next(now, random()?),
        facility: permit.facility(),
        as_of: now,
        visit_date: asked.question.visit_date,
        ceiling_consent: asked.question.ceiling_consent,
        remarks: asked.remarks,
    };
    let answer = answered::write(&finding, number.as_deref(), &circumstances);
    let check = NewCheck {
        id: circumstances.check_id,
        at: now,
        visit_date: asked.question.visit_date,
        origin: asked.origin.as_str(),
        verdict: finding.verdict,
        insurer: asked.question.insurer.as_digits(),
        name: shown.map(|person| person.name.as_str().to_owned()),
        kana: shown
            .and_then(|person| person.kana.as_ref())
            .map(|kana| kana.as_str().to_owned()),
        question: bytes.clone(),
        answer: receipts::unsealed(app, &answer, now)?,
        key,
        sources: finding.sources(),
    };
    let asked_before = check.key.clone();
    let recorded = match (app.engine.record_check(permit, check).await, asked_before) {
        // A store that takes no writes still knows what it answered before.
        (Err(error), Some(key)) => match app.engine.answered(permit.holder(), &key, &bytes) {
            Ok(Some(before)) => before,
            Ok(None) | Err(_) => return Err(error.into()),
        },
        (recorded, _) => recorded?,
    };
    match recorded {
        Recorded::New(sealed) => {
            app.metrics.count_check(finding.verdict, asked.origin);
            app.events.check(permit.facility(), circumstances.check_id);
            Ok(sealed)
        }
        Recorded::Before(answer) => Ok(answer.into()),
        Recorded::Conflict => Err(Trouble::IdempotencyConflict.into()),
    }
}

pub(crate) async fn past(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    Ok(json(look_back(&app, &permit, &id).await?))
}

pub(crate) async fn receipt(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let answer = look_back(&app, &permit, &id).await?;
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(unreadable("a recorded answer"))?;
    let alone = ReceiptAlone {
        check_id: answer.check_id,
        receipt: answer.receipt.ok_or(Trouble::NotFound)?,
    };
    Ok(json(
        serde_json::to_vec(&alone).map_err(internal("a receipt is not written"))?,
    ))
}

/// A past check as it was answered; the look is recorded first.
async fn look_back(app: &App, permit: &Permit<ReadHistory>, id: &str) -> Result<Vec<u8>, Refused> {
    let id = uuid::Uuid::parse_str(id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.check(permit, id.as_u128())?;
    let answer = found.ok_or(Trouble::NotFound)?;
    let mut event = crate::sessions::event(
        app.now(),
        crate::sessions::actor(permit.holder().clone()),
        domain::audit::Deed::CheckRead,
    );
    event.subject = Some(id.as_u128());
    app.engine.record(event).await?;
    Ok(answer)
}

fn json(bytes: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::OK, headers, bytes.into()).into_response()
}
