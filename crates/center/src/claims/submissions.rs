//! Submissions as their facility sees them: how far each is, what the checks found, acceptance and withdrawal. Judges nothing.

use api::claims::submission::{
    ClaimsFindings, ClaimsResults, ClaimsStep, ClaimsSubmission, ClaimsSubmissions,
};
use api::problem::claims::ClaimsTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use domain::audit::Deed;
use domain::claims::entry::{Holder, SubmissionState};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::claims::submissions::{Ended, ResultKind, Submission, Taken};

use super::{Claimant, event_of, in_time, is_over, read_id, shown_id, uploads};
use crate::app::{App, Shared};
use crate::certificates::hex;
use crate::extract::Query;
use crate::trouble::{Refused, unreadable};

/// Submissions of one page.
const PAGE: u32 = 100;

/// Where a page of submissions begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behind {
    /// The last submission of the page before.
    after: Option<String>,
}

pub(crate) async fn list(
    State(app): State<App>,
    Claimant(who): Claimant,
    Query(Behind { after }): Query<Behind>,
) -> Result<Json<ClaimsSubmissions>, Refused> {
    let after = after.map(|id| find(&app, &who, &id)).transpose()?;
    let behind = after.map(|it| (it.sent, it.id));
    let mut found = app.engine.submissions(&who, behind, PAGE + 1)?;
    let goes_on = (PAGE as usize) < found.len();
    found.truncate(PAGE as usize);
    let last = found.last().filter(|_| goes_on);
    Ok(Json(ClaimsSubmissions {
        next: last.map(|it| shown_id(it.id)),
        submissions: found.iter().map(shown).collect(),
        uploads: uploads::open(&app, &who)?,
    }))
}

pub(crate) async fn one(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
) -> Result<Json<ClaimsSubmission>, Refused> {
    let found = find(&app, &who, &id)?;
    let steps = app.engine.steps(&found)?;
    let history = steps.into_iter().map(|it| ClaimsStep {
        account: it.account,
        at: it.at.to_string(),
        detail: it.detail,
        step: it.step.as_str().into(),
    });
    let correction = app.engine.correction_of(&who, found.id)?;
    Ok(Json(ClaimsSubmission {
        corrected_by: correction.map(|it| shown_id(it.id)),
        history: history.collect(),
        is_over: is_over(&app, &found, app.now())?,
        ..shown(&found)
    }))
}

/// Which part is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    part: Option<u32>,
}

pub(crate) async fn findings(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    Query(Part { part }): Query<Part>,
) -> Result<Json<ClaimsFindings>, Refused> {
    let found = looked_at(&app, &who, &id, part).await?;
    let (findings, next) = read_part(&app, &found, ResultKind::Findings, part)?;
    Ok(Json(ClaimsFindings { findings, next }))
}

pub(crate) async fn results(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    Query(Part { part }): Query<Part>,
) -> Result<Json<ClaimsResults>, Refused> {
    let found = looked_at(&app, &who, &id, part).await?;
    let (claims, next) = read_part(&app, &found, ResultKind::Claims, part)?;
    Ok(Json(ClaimsResults { claims, next }))
}

/// A submission whose checks are done; that it is looked at is on record, once for all parts.
pub(super) async fn looked_at(
    app: &App,
    who: &Holder,
    id: &str,
    part: Option<u32>,
) -> Result<Submission, Refused> {
    let found = find(app, who, id)?;
    if found.state == SubmissionState::Checking {
        return Err(Trouble::Claims(ClaimsTrouble::Checking).into());
    }
    if part.unwrap_or(0) == 0 {
        let detail = format!("number={}", found.number);
        let mut event = event_of(who, app.now(), Deed::ClaimsRead, &detail);
        event.subject = Some(found.id);
        app.engine.record(event).await?;
    }
    Ok(found)
}

fn read_part<T: DeserializeOwned>(
    app: &Shared,
    submission: &Submission,
    kind: ResultKind,
    part: Option<u32>,
) -> Result<(Vec<T>, Option<u32>), Refused> {
    let part = part.unwrap_or(0);
    let lines = part_of(app, submission, kind, part)?;
    let next = part.saturating_add(1);
    let is_more = app.engine.result(submission, kind, next)?.is_some();
    Ok((lines.unwrap_or_default(), is_more.then_some(next)))
}

/// The lines of a part; none behind the last.
pub(super) fn part_of<T: DeserializeOwned>(
    app: &Shared,
    submission: &Submission,
    kind: ResultKind,
    part: u32,
) -> Result<Option<Vec<T>>, Refused> {
    let content = app.engine.result(submission, kind, part)?;
    let lines = content.map(|it| serde_json::from_slice(&it));
    lines
        .transpose()
        .map_err(unreadable("a part of what was found"))
}

pub(crate) async fn accept(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
) -> Result<Json<ClaimsSubmission>, Refused> {
    let (now, found) = (app.now(), find(&app, &who, &id)?);
    if found.state == SubmissionState::Accepted {
        // Said once more, after an answer that was lost.
        return Ok(Json(shown(&found)));
    }
    if found.state == SubmissionState::Refused {
        return Err(refused());
    }
    let calendar = uploads::calendar(&app, found.corrects);
    in_time(&app, who.tenant, calendar, now)?;
    if found.state == SubmissionState::Checked && is_over(&app, &found, now)? {
        return Err(over());
    }
    let counts = found.counts;
    let taken = Taken {
        claims: counts.claims.saturating_sub(counts.refused),
        points: counts.points,
    };
    if found.state == SubmissionState::Checked && taken.claims == 0 {
        return Err(Trouble::Claims(ClaimsTrouble::NothingToAccept).into());
    }
    let detail = format!("number={} claims={}", found.number, taken.claims);
    let mut event = event_of(&who, now, Deed::ClaimsAccept, &detail);
    event.subject = Some(found.id);
    let (whose, by) = ((who.tenant, who.facility), Some(who.account.clone()));
    let accepted = app
        .engine
        .accept_submission(whose, found.id, (taken, by), event);
    ended(accepted.await?)
}

fn refused() -> Refused {
    let error = MemberError::new(
        "state",
        "refused",
        "このファイルは受け付けられなかったため、確定できません。点検の結果にある理由を直して、送り直してください。",
        "The file as a whole was refused, so nothing of it can be accepted. Mend what its findings name, and send it again.",
    );
    Refused::members(Trouble::Claims(ClaimsTrouble::State), vec![error])
}

fn over() -> Refused {
    let error = MemberError::new(
        "sent_at",
        "over",
        "この送信を確定できる受付時間は終わりました。取り下げて、レセプトを次に送る請求ファイルに含めてください。",
        "The time to accept this submission is over. Take it back, and put its claims into the next file you send.",
    );
    Refused::members(Trouble::Claims(ClaimsTrouble::State), vec![error])
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
) -> Result<Json<ClaimsSubmission>, Refused> {
    let (now, found) = (app.now(), find(&app, &who, &id)?);
    let detail = format!("number={}", found.number);
    let mut event = event_of(&who, now, Deed::ClaimsWithdraw, &detail);
    event.subject = Some(found.id);
    ended(
        app.engine
            .withdraw_submission(&who, found.id, event)
            .await?,
    )
}

fn ended(outcome: Ended) -> Result<Json<ClaimsSubmission>, Refused> {
    match outcome {
        Ended::Done(it) => Ok(Json(shown(&it))),
        Ended::Unknown => Err(Trouble::NotFound.into()),
        Ended::NotNow(it) if it.state == SubmissionState::Checking => {
            Err(Trouble::Claims(ClaimsTrouble::Checking).into())
        }
        Ended::NotNow(_) => Err(Trouble::Claims(ClaimsTrouble::State).into()),
    }
}

/// A submission of the holder's facility and review body.
pub(super) fn find(app: &Shared, who: &Holder, id: &str) -> Result<Submission, Refused> {
    let found = app.engine.submission(who, read_id(id)?)?;
    Ok(found.ok_or(Trouble::NotFound)?)
}

/// A submission as a message, without its history.
pub(super) fn shown(it: &Submission) -> ClaimsSubmission {
    let counts = it.counts;
    ClaimsSubmission {
        account: it.account.to_string(),
        checked_at: it.checked.map(|it| it.to_string()),
        claim_month: counts.claim_month.map(|it| it.to_iso()),
        claims: counts.claims,
        corrected_by: None,
        corrects: it.corrects.map(shown_id),
        ended_at: it.ended.map(|it| it.to_string()),
        file_name: it.file_name.clone(),
        findings: counts.findings,
        history: Vec::new(),
        id: shown_id(it.id),
        is_over: false,
        kind: counts.kind.map(|it| it.as_str().to_owned()),
        number: it.number.clone(),
        points: counts.points,
        refused: counts.refused,
        sent_at: it.sent.to_string(),
        sha256: hex(&it.sha256),
        size_bytes: it.bytes,
        state: it.state.as_str().into(),
        taken: it.taken.map(|it| it.claims),
        taken_points: it.taken.map(|it| it.points),
        to_confirm: counts.to_confirm,
    }
}
