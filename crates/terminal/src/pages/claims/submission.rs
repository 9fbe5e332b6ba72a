//! One submission: how far it is, what the checks found, acceptance, taking back, correction, result files, and its history in words. Decides
//! nothing.

use api::claims::ClaimsTenant;
use api::claims::found::ClaimsPageAsked;
use api::claims::submission::{ClaimsStep, ClaimsSubmission};
use api::client::ClientError;
use api::client::claims::ClaimsFile;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::TextField;
use ui::language::Words;

use super::findings::{self, Found};
use super::work::{Line, file_field, line};
use super::{Claimant, WORK};
use crate::days;
use crate::pages::{Filled, Frame, show};
use crate::serve::App;

#[derive(Template)]
#[template(path = "claims_submission.html")]
pub(in crate::pages) struct SubmissionPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) line: Line,
    pub(in crate::pages) can_accept: bool,
    pub(in crate::pages) can_withdraw: bool,
    /// It waits to be accepted, and the time for that is over.
    pub(in crate::pages) is_over: bool,
    pub(in crate::pages) is_accepted: bool,
    /// What was found; none while it is being checked.
    pub(in crate::pages) found: Option<Found>,
    pub(in crate::pages) correction: Correction,
    pub(in crate::pages) history: Vec<[String; 3]>,
}

/// What is told of corrections.
#[derive(Default)]
pub(in crate::pages) struct Correction {
    /// The submission this one corrects.
    pub(in crate::pages) of: Option<Other>,
    /// The submission that corrects this one.
    pub(in crate::pages) by: Option<Other>,
    /// When a correction of this one is taken, where one may be sent.
    pub(in crate::pages) window: Option<String>,
    /// Where its file is chosen, while it is taken.
    pub(in crate::pages) file: Option<TextField>,
}

/// Another submission.
pub(in crate::pages) struct Other {
    pub(in crate::pages) id: String,
    pub(in crate::pages) text: String,
}

pub(crate) async fn one(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
) -> Response {
    page(&app, &claimant, &id, &ClaimsPageAsked::default()).await
}

/// Some of what was found: how heavy, of which rule, from which claim on stands in the path, so that a change of language keeps the place.
pub(crate) async fn found(
    State(app): State<App>,
    claimant: Claimant,
    Path((id, weight, rule, from)): Path<(String, String, String, String)>,
) -> Response {
    let asked = findings::asked(&weight, &rule, &from);
    page(&app, &claimant, &id, &asked).await
}

async fn page(app: &App, claimant: &Claimant, id: &str, asked: &ClaimsPageAsked) -> Response {
    match read(claimant, id, asked).await {
        Ok(page) => show(StatusCode::OK, &page),
        Err(error) => claimant.failed(app, &error),
    }
}

async fn read(
    claimant: &Claimant,
    id: &str,
    asked: &ClaimsPageAsked,
) -> Result<SubmissionPage, ClientError> {
    let (client, token, words) = (&claimant.client, claimant.token(), claimant.words());
    let submission = client.claims_submission(token, id).await?;
    let found = if submission.state == "checking" {
        None
    } else {
        let found = client.claims_found(token, id, asked).await?;
        Some(findings::shown(&submission.id, &found, asked, words))
    };
    let is_waiting = submission.state == "checked";
    Ok(SubmissionPage {
        frame: claimant
            .visitor
            .frame(&findings::path(&submission.id, asked)),
        line: line(&submission, words),
        can_accept: is_waiting && !submission.is_over && submission.refused < submission.claims,
        can_withdraw: matches!(submission.state.as_str(), "checked" | "refused"),
        is_over: is_waiting && submission.is_over,
        is_accepted: submission.state == "accepted",
        found,
        correction: correction(claimant, &submission).await?,
        history: submission
            .history
            .iter()
            .map(|it| step(it, words))
            .collect(),
    })
}

async fn correction(
    claimant: &Claimant,
    submission: &ClaimsSubmission,
) -> Result<Correction, ClientError> {
    let (client, words) = (&claimant.client, claimant.words());
    let mut told = Correction::default();
    if let Some(id) = &submission.corrects {
        let other = client.claims_submission(claimant.token(), id).await?;
        told.of = Some(Other {
            text: words.say_with("claims-corrects", &[("number", other.number)]),
            id: other.id,
        });
    }
    if let Some(id) = &submission.corrected_by {
        let other = client.claims_submission(claimant.token(), id).await?;
        told.by = Some(Other {
            text: words.say_with("claims-corrected-by", &[("number", other.number)]),
            id: other.id,
        });
    }
    let taken = submission.taken.unwrap_or(submission.claims);
    if submission.state != "accepted" || submission.claims <= taken || told.by.is_some() {
        return Ok(told);
    }
    let entry = client.claims_entry().await?;
    let own = |it: &&ClaimsTenant| it.id == claimant.session.tenant;
    if let Some(tenant) = entry.tenants.iter().find(own) {
        told.window = Some(super::window(&tenant.correction, words));
        told.file = tenant.correction.is_open.then(|| file_field(words));
    }
    Ok(told)
}

/// A step of the history: when, what, who.
fn step(it: &ClaimsStep, words: &Words) -> [String; 3] {
    let what = match it.step.as_str() {
        "sent" => words.say("claims-step-sent"),
        "checked" => words.say("claims-step-checked"),
        "refused" => words.say("claims-step-refused"),
        "accepted" => {
            let key = if it.account.is_some() {
                "claims-step-accepted"
            } else {
                "claims-step-accepted-at-close"
            };
            words.say_with(key, &[("claims", it.detail.as_str())])
        }
        "withdrawn" => words.say("claims-step-withdrawn"),
        "corrected" => words.say_with("claims-step-corrected", &[("number", it.detail.as_str())]),
        _ => {
            let file = words.say(match ClaimsFile::parse(&it.detail) {
                Some(ClaimsFile::Returns) => "claims-file-returns",
                Some(ClaimsFile::Corrections) => "claims-file-corrections",
                Some(ClaimsFile::Acceptance) => "claims-file-acceptance",
                Some(ClaimsFile::Findings) | None => "claims-file-findings",
            });
            words.say_with("claims-step-fetched", &[("file", file)])
        }
    };
    let who = it.account.clone();
    let who = who.unwrap_or_else(|| words.say("claims-center"));
    [days::show_instant(&it.at), what, who]
}

pub(crate) async fn accept(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
) -> Response {
    match claimant.client.accept_claims(claimant.token(), &id).await {
        Ok(done) => Redirect::to(&format!("/claims/submissions/{}", done.id)).into_response(),
        Err(error) => claimant.failed(&app, &error),
    }
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
) -> Response {
    match claimant.client.withdraw_claims(claimant.token(), &id).await {
        Ok(done) => Redirect::to(&format!("/claims/submissions/{}", done.id)).into_response(),
        Err(error) => claimant.failed(&app, &error),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FileForm {
    file: String,
}

pub(crate) async fn fetch(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
    Filled(form): Filled<FileForm>,
) -> Response {
    let Some(file) = ClaimsFile::parse(&form.file) else {
        return Redirect::to(WORK).into_response();
    };
    let (client, token) = (&claimant.client, claimant.token());
    let submission = match client.claims_submission(token, &id).await {
        Ok(submission) => submission,
        Err(error) => return claimant.failed(&app, &error),
    };
    let bytes = match client.claims_file(token, &id, file).await {
        Ok(bytes) => bytes,
        Err(error) => return claimant.failed(&app, &error),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            attached(&submission.number, file),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// The name a result file is saved under: files of two submissions are told apart by their reception numbers.
pub(in crate::pages) fn attached(number: &str, file: ClaimsFile) -> String {
    let ending = if file == ClaimsFile::Acceptance {
        "jws"
    } else {
        "csv"
    };
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let number: String = number.chars().filter(fits).collect();
    let kind = file.as_str();
    format!("attachment; filename=\"onshi-claims-{number}-{kind}.{ending}\"")
}
