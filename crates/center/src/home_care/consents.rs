//! With whom home and remote care is agreed: the list, a check at a later visit without the card, and its end. At the terminal and at a bound
//! device alike; whoever withdrew, or is another facility's, is one and the same nobody.

use api::check::{Answer, Origin, answered, asked};
use api::home_care::device::HomeCheckedAgain;
use api::home_care::{CheckAgain, HomeConsent as Shown, HomeConsents, HomeWithdrawal};
use api::medical::withdrawal::WithdrawalDone;
use api::problem::Trouble;
use api::problem::home_care::HomeTrouble;
use api::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use domain::audit::Deed;
use domain::check::{CeilingConsent, evaluate_card};
use domain::home_care::UNTIL_WITHDRAWN;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::Reason;
use domain::permit::{CareAtHome, Permit, WithdrawConsent};
use serde::Deserialize;
use store::checks::{NewCheck, Recorded};
use store::home_care::consents::{CheckedAgain, HomeConsent};
use store::withdrawals::{Withdrawing, Withdrawn};
use uuid::Uuid;

use super::proven::Proven;
use super::unknown;
use crate::app::{App, random};
use crate::extract::{Body, Granted};
use crate::metrics::HomeCareDone;
use crate::receipts::sign;
use crate::repeats::{self, Repeatable, again};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, unreadable};

const NOT_AGREED: Trouble = Trouble::Home(HomeTrouble::NotAgreed);

/// A request without members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<CareAtHome>,
) -> Result<Json<HomeConsents>, Refused> {
    listed(&app, &permit).await.map(Json)
}

pub(crate) async fn list_at_device(
    State(app): State<App>,
    asked: Proven<Nothing>,
) -> Result<Json<HomeConsents>, Refused> {
    let permit: Permit<CareAtHome> = asked.permit(&app).await?;
    listed(&app, &permit).await.map(Json)
}

pub(crate) async fn check(
    State(app): State<App>,
    Granted(permit): Granted<CareAtHome>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<CheckAgain>,
) -> Result<Json<Answer>, Refused> {
    let asking = Asking::of(&id, &headers, &body.value, &body.bytes)?;
    checked(&app, &permit, asking).await.map(Json)
}

pub(crate) async fn check_at_device(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    asked: Proven<CheckAgain>,
) -> Result<Json<HomeCheckedAgain>, Refused> {
    let permit: Permit<CareAtHome> = asked.permit(&app).await?;
    let asking = Asking::of(&id, &headers, &asked.value, &asked.bytes)?;
    let answer = checked(&app, &permit, asking).await?;
    let name = answer.results.first().map(|it| it.name.clone());
    Ok(Json(HomeCheckedAgain {
        as_of: answer.as_of,
        id: answer.check_id,
        name: name.unwrap_or_default(),
        verdict: answer.verdict,
    }))
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Granted(cares): Granted<CareAtHome>,
    Granted(permit): Granted<WithdrawConsent>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<HomeWithdrawal>,
) -> Result<Json<WithdrawalDone>, Refused> {
    let parts = [
        routes::HOME_CARE_WITHDRAWAL.as_bytes(),
        id.as_bytes(),
        &body.bytes,
    ];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    let permits = (&cares, &permit);
    withdrawn(&app, permits, (&id, &body.value), repeatable).await
}

pub(crate) async fn withdraw_at_device(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    asked: Proven<HomeWithdrawal>,
) -> Result<Json<WithdrawalDone>, Refused> {
    let cares: Permit<CareAtHome> = asked.permit(&app).await?;
    let permit: Permit<WithdrawConsent> = asked.permit(&app).await?;
    let parts = [
        routes::HOME_CONSENT_WITHDRAWAL.as_bytes(),
        id.as_bytes(),
        &asked.bytes,
    ];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    let permits = (&cares, &permit);
    withdrawn(&app, permits, (&id, &asked.value), repeatable).await
}

async fn listed(app: &App, permit: &Permit<CareAtHome>) -> Result<HomeConsents, Refused> {
    let now = app.now();
    let found = app.engine.home_consents(permit, now)?;
    let mut look = event(now, actor(permit.holder().clone()), Deed::HomeList);
    look.detail = format!("people={}", found.len());
    app.engine.record(look).await?;
    Ok(HomeConsents {
        consents: found.iter().map(shown).collect(),
    })
}

fn shown(it: &HomeConsent) -> Shown {
    let person = &it.registration.person;
    Shown {
        birth_date: Some(person.birth_date.to_string()),
        care: it.care.as_str().into(),
        checked_at: it.last.map(|(_, at)| at.to_string()),
        given_at: it.given.to_string(),
        id: Uuid::from_u128(it.id).to_string(),
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        kinds: it.kinds.iter().map(|kind| kind.as_str().into()).collect(),
        last_check: it.last.map(|(id, _)| Uuid::from_u128(id).to_string()),
        name: person.name.as_str().to_owned(),
        reference_number: it.reference_number.clone(),
        until: Some(it.until)
            .filter(|until| *until < UNTIL_WITHDRAWN)
            .map(|until| until.to_string()),
    }
}

/// What is asked about somebody of the list.
struct Asking<'a> {
    consent: Option<u128>,
    body: &'a CheckAgain,
    bytes: Bytes,
    key: Option<String>,
}

impl<'a> Asking<'a> {
    fn of(
        id: &str,
        headers: &HeaderMap,
        body: &'a CheckAgain,
        bytes: &Bytes,
    ) -> Result<Self, Refused> {
        // Of whom it is asked is part of what was asked.
        let question = [id.as_bytes(), bytes].concat();
        Ok(Self {
            consent: Uuid::parse_str(id).ok().map(|it| it.as_u128()),
            body,
            bytes: question.into(),
            key: repeats::key(headers)?,
        })
    }
}

async fn checked(
    app: &App,
    permit: &Permit<CareAtHome>,
    asking: Asking<'_>,
) -> Result<Answer, Refused> {
    let now = app.now();
    let day = asked::visit_date(asking.body.visit_date.as_deref(), now.date_in_japan())
        .map_err(|error| Refused::members(Trouble::InvalidInput, vec![error]))?;
    // What was recorded stays recorded, whatever became of the consent since.
    if let Some(before) = before(app, permit, &asking)? {
        return Ok(before);
    }
    let consent = match asking.consent {
        Some(id) => app.engine.home_consent(permit, id, now)?,
        None => None,
    };
    let Some(consent) = consent else {
        app.engine.refuse_check_again(permit, now).await?;
        return Err(NOT_AGREED.into());
    };
    let finding = evaluate_card(&consent.registration, permit.facility(), day);
    let circumstances = answered::Circumstances {
        check_id: app.check_ids.next(now, random()?),
        facility: permit.facility(),
        as_of: now,
        visit_date: day,
        ceiling_consent: CeilingConsent::Given,
        remarks: Vec::new(),
    };
    let number = consent.reference_number.as_deref();
    let answer = answered::write(&finding, number, &circumstances);
    let bytes = sign(app, &answer, now)?;
    let person = &consent.registration.person;
    let insurer = finding.entries.first().map(|it| it.coverage.insurer);
    let verdict = finding.verdict;
    let new = NewCheck {
        id: circumstances.check_id,
        at: now,
        visit_date: day,
        origin: Origin::Home.as_str(),
        verdict,
        insurer: insurer.map(|it| it.as_digits()).unwrap_or_default(),
        name: Some(person.name.as_str().to_owned()),
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        question: asking.bytes,
        answer: bytes.clone(),
        key: asking.key,
        sources: finding.sources(),
    };
    let recorded = app.engine.record_check_again(permit, consent.id, new);
    let bytes = match recorded.await? {
        CheckedAgain::Done => {
            app.metrics.count_check(verdict, Origin::Home);
            app.events.wake(permit.facility());
            bytes.to_vec()
        }
        CheckedAgain::Before(answer) => answer,
        CheckedAgain::Conflict => return Err(Trouble::IdempotencyConflict.into()),
        CheckedAgain::Ended => return Err(NOT_AGREED.into()),
    };
    answer_in(&bytes)
}

/// What the same request was answered before under its key.
fn before(
    app: &App,
    permit: &Permit<CareAtHome>,
    asking: &Asking<'_>,
) -> Result<Option<Answer>, Refused> {
    let Some(key) = asking.key.as_deref() else {
        return Ok(None);
    };
    match app.engine.answered(permit.holder(), key, &asking.bytes)? {
        Some(Recorded::Before(answer)) => answer_in(&answer).map(Some),
        Some(Recorded::Conflict) => Err(Trouble::IdempotencyConflict.into()),
        Some(Recorded::New(_)) | None => Ok(None),
    }
}

fn answer_in(bytes: &[u8]) -> Result<Answer, Refused> {
    serde_json::from_slice(bytes).map_err(unreadable("a recorded answer"))
}

async fn withdrawn(
    app: &App,
    (cares, permit): (&Permit<CareAtHome>, &Permit<WithdrawConsent>),
    (id, body): (&str, &HomeWithdrawal),
    repeatable: Repeatable,
) -> Result<Json<WithdrawalDone>, Refused> {
    let now = app.now();
    if let Some(before) = repeatable.before(app)? {
        return kept(&before);
    }
    let reason = Reason::parse(&body.reason).ok_or_else(|| {
        let error = unknown(
            "reason",
            "reason は facility、patient、purpose のいずれかです。",
            "reason is facility, patient or purpose.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })?;
    let consent = match Uuid::parse_str(id) {
        Ok(id) => app.engine.home_consent(cares, id.as_u128(), now)?,
        Err(_) => None,
    };
    let Some(consent) = consent else {
        app.engine.refuse_check_again(cares, now).await?;
        return Err(NOT_AGREED.into());
    };
    let withdrawal = app.check_ids.next(now, random()?);
    let withdrawing = Withdrawing {
        id: withdrawal,
        kinds: None,
        reason,
        note: None,
    };
    let done = move |ended: &[InformationKind]| WithdrawalDone {
        ended: ended.iter().map(|it| it.as_str().into()).collect(),
        withdrawal: Uuid::from_u128(withdrawal).to_string(),
    };
    let keeping = repeatable.keep(&(), now)?;
    let answer =
        move |ended: &[InformationKind]| serde_json::to_vec(&done(ended)).unwrap_or_default();
    let ended = app
        .engine
        .withdraw_consent(permit, consent.id, withdrawing, now, keeping, answer);
    match ended.await? {
        Withdrawn::Done(ended) => {
            app.metrics.count_home_care(HomeCareDone::Withdrawn);
            app.events.wake(permit.facility());
            Ok(Json(done(&ended)))
        }
        Withdrawn::Nothing => Err(NOT_AGREED.into()),
        Withdrawn::Before(earlier) => kept(&again(earlier)?),
    }
}

fn kept(before: &[u8]) -> Result<Json<WithdrawalDone>, Refused> {
    let answer = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(Json(answer))
}
