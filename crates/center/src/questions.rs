//! The questions of a check by card after it was answered (contracts §4): presence, answers, delivery, and closing what was left open.

use std::time::Duration;

use api::card::{Answers, CardCheckRecord, Consent, Consents, Presence, PresenceRenewal};
use api::check::SpecifiedDisease;
use api::problem::card::CardTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use domain::audit::Deed;
use domain::permit::{AskByCard, Permit, ReadCardResults};
use domain::questions::{Answered, Choice, InvalidAnswers, Question};
use store::cards::questions::NotOpen;
use store::engine::StoreError;

use crate::app::App;
use crate::card_checks::{presence_token, worth};
use crate::extract::{Body, Granted};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, unreadable};

/// How often it is looked for what was left open.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn renew(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Path(id): Path<String>,
    body: Body<PresenceRenewal>,
) -> Result<Json<Presence>, Refused> {
    let id = present(&app, &permit, &id, &body.value.token)?;
    let renewed = app.engine.renew_presence(&permit, id, app.now()).await?;
    if renewed == Err(NotOpen::Ended) {
        app.events.wake(permit.facility());
    }
    let until = renewed.map_err(refused)?;
    Ok(Json(Presence {
        expires_at: until.to_string(),
        token: body.value.token,
    }))
}

pub(crate) async fn answer(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Path(id): Path<String>,
    body: Body<Answers>,
) -> Result<Json<Consents>, Refused> {
    let id = present(&app, &permit, &id, &body.value.token)?;
    let given = read(&body.value.answers)?;
    let now = app.now();
    let recorded = app.engine.answer_questions(&permit, id, given, now).await?;
    app.events.wake(permit.facility());
    let recorded = recorded.map_err(refused)?;
    Ok(Json(Consents {
        valid_until: recorded.first().map(|it| it.valid_until.to_string()),
        consents: recorded.iter().map(consent).collect(),
    }))
}

pub(crate) async fn past(
    State(app): State<App>,
    Granted(permit): Granted<ReadCardResults>,
    Path(id): Path<String>,
) -> Result<Json<CardCheckRecord>, Refused> {
    let id = uuid::Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.card_check(&permit, id.as_u128())?;
    let found = found.ok_or(Trouble::NotFound)?;
    let mut look = event(app.now(), actor(permit.holder().clone()), Deed::CheckRead);
    look.subject = Some(id.as_u128());
    look.detail = "what=card".into();
    app.engine.record(look).await?;
    let card = found.card;
    let provides = found.consents.iter().any(|it| {
        let Answered { question, choice } = it.answered;
        (question, choice) == (Question::SpecifiedDisease, Choice::Yes)
    });
    let withheld: Vec<SpecifiedDisease> =
        serde_json::from_slice(&card.withheld).map_err(unreadable("withheld diseases"))?;
    Ok(Json(CardCheckRecord {
        certificate: worth(&card),
        check: serde_json::from_slice(&found.answer).map_err(unreadable("a recorded answer"))?,
        closed_at: card.closed.map(|at| at.to_string()),
        consents: found.consents.iter().map(consent).collect(),
        method: card.method.as_str().into(),
        questions: card.questions.iter().map(|it| it.as_str().into()).collect(),
        specified_diseases: if provides { withheld } else { Vec::new() },
        state: card.state.as_str().into(),
        vouched_by: card.vouched.as_str().into(),
        account: card.account,
        reader: card.reader,
        released_by: card.released_by,
        withdrawn: found
            .withdrawn
            .iter()
            .map(|it| it.as_str().into())
            .collect(),
    }))
}

/// Closes checks whose card is gone and returns readers to unattended, until the center ends.
pub(crate) async fn close_what_is_over(app: App) {
    let mut every = tokio::time::interval(EVERY);
    while app.draining.is_turn(&mut every).await {
        if let Err(error) = close_due(&app).await {
            tracing::error!(error = %error, "checks by card that were left open could not be closed");
        }
    }
}

async fn close_due(app: &App) -> Result<(), StoreError> {
    loop {
        let closed = app.engine.close_abandoned(app.now()).await?;
        let returned = app.engine.return_readers(app.now()).await?;
        if closed.is_empty() && returned.is_empty() {
            return Ok(());
        }
        for facility in closed.into_iter().chain(returned) {
            app.events.wake(facility);
        }
    }
}

/// The check whose token came, if it is its token.
pub(crate) fn present(
    app: &App,
    permit: &Permit<AskByCard>,
    id: &str,
    token: &str,
) -> Result<u128, Refused> {
    let id = uuid::Uuid::parse_str(id).map_err(|_| Trouble::NotFound)?;
    let own = presence_token(app, permit.holder(), id.as_u128());
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(own.as_bytes(), token.as_bytes());
    same.map_err(|_| Trouble::Card(CardTrouble::PresenceWrong))?;
    Ok(id.as_u128())
}

pub(crate) fn consent(it: &store::cards::questions::Consent) -> Consent {
    Consent {
        answer: it.answered.choice.as_str().into(),
        at: it.at.to_string(),
        question: it.answered.question.as_str().into(),
        valid_until: it.valid_until.to_string(),
    }
}

pub(crate) fn refused(why: NotOpen) -> Refused {
    match why {
        NotOpen::Unknown => Trouble::NotFound.into(),
        NotOpen::Foreign => Trouble::Card(CardTrouble::PresenceWrong).into(),
        NotOpen::Ended => Trouble::Card(CardTrouble::PresenceEnded).into(),
        NotOpen::Differ => Trouble::Card(CardTrouble::AnswersDiffer).into(),
        NotOpen::Invalid(invalid) => {
            let (code, ja, en) = match invalid {
                InvalidAnswers::NotAsked(_) => (
                    "not_asked",
                    "この確認で尋ねていない項目への回答です。",
                    "The question was not asked in this check.",
                ),
                InvalidAnswers::Choice(_) => (
                    "choice",
                    "この項目では選べない回答です。",
                    "The question cannot be answered so.",
                ),
                InvalidAnswers::Twice(_) => (
                    "twice",
                    "同じ項目に2回回答しています。",
                    "The question is answered twice.",
                ),
            };
            let error = MemberError::new("answers", code, ja, en);
            Refused::members(Trouble::InvalidInput, vec![error])
        }
    }
}

/// Reads what was answered.
pub(crate) fn read(answers: &[api::card::AnswerOfPatient]) -> Result<Vec<Answered>, Refused> {
    let known = |answer: &api::card::AnswerOfPatient| {
        Some(Answered {
            question: Question::parse(&answer.question)?,
            choice: Choice::parse(&answer.answer)?,
        })
    };
    let read: Option<Vec<Answered>> = answers.iter().map(known).collect();
    read.ok_or_else(|| {
        let error = MemberError::new(
            "answers",
            "unknown",
            "質問または回答の名前が違います（docs/openapi.json の AnswerOfPatient）。",
            "A question or an answer has no such name (AnswerOfPatient in docs/openapi.json).",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })
}
