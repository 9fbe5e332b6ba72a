//! A second factor added in two steps: what to bring into the application or the browser, then its first proof. Works without JavaScript
//! for the codes of an application; a passkey is the browser's, and needs its script.

use api::access::{BegunSecondFactor, FactorConfirmation, NewSecondFactor};
use api::client::ClientError;
use api::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::second_factor::FactorKind;
use serde::Deserialize;
use ui::component::{Banner, Fault, Kind, TextField, Tone};
use ui::language::Words;
use ui::qr_code::QrCode;

use super::{FactorForm, HERE, with_faults};
use crate::faults;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

#[derive(Template)]
#[template(path = "factor_confirm.html")]
pub(in crate::pages) struct ConfirmPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) secret: Option<String>,
    pub(in crate::pages) qr: Option<QrCode>,
    /// For a passkey: what the browser is asked.
    pub(in crate::pages) options: Option<String>,
    pub(in crate::pages) code: TextField,
}

/// A factor that waits for its first proof, kept at the browser.
#[derive(Clone)]
pub(crate) struct Begun(BegunSecondFactor);

pub(in crate::pages) fn confirm_page(
    mut frame: Frame,
    begun: &BegunSecondFactor,
    fault: Option<Fault>,
) -> ConfirmPage {
    let words = frame.words.clone();
    let mut code = TextField {
        kind: Kind::Digits,
        autocomplete: "one-time-code",
        support: words.say("factor-code-support"),
        ..TextField::new("code", words.say("factor-code"))
    };
    if let Some(fault) = fault {
        frame.banners.push(Banner::new(Tone::Error, fault.clone()));
        code.errors.push(fault);
    }
    ConfirmPage {
        secret: begun.secret.as_deref().map(grouped),
        qr: begun.uri.as_deref().and_then(QrCode::of),
        options: begun.options.clone(),
        code,
        frame,
    }
}

/// A secret in groups of four, for typing.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|it| it.iter().collect()).collect();
    groups.join(" ")
}

/// Origin of the pages: what a passkey is bound to.
pub(crate) fn origin(app: &App) -> String {
    format!("http://{}", app.own())
}

pub(crate) async fn begin(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FactorForm>,
) -> Response {
    let is_passkey = FactorKind::parse(&form.kind) == Some(FactorKind::Passkey);
    let body = NewSecondFactor {
        kind: form.kind.clone(),
        name: form.name.trim().to_owned(),
        origin: is_passkey.then(|| origin(&app)),
        password: form.password.clone(),
    };
    match staff.client.begin_second_factor(staff.token(), &body).await {
        Ok(begun) => {
            let page = confirm_page(staff.frame(HERE), &begun, None);
            app.browsers.with(&staff.key, |browser| {
                browser.begun_factor = Some(Begun(begun))
            });
            show(StatusCode::OK, &page)
        }
        Err(ClientError::Problem(problem)) if matches!(problem.status, 422 | 429) => {
            let mut told = faults::of_members(&problem, &staff.words);
            if told.is_empty() {
                told.push(("kind".into(), faults::of_problem(&problem, &staff.words)));
            }
            with_faults(&app, &staff, &form, &told).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ProofForm {
    code: Option<String>,
    credential: Option<String>,
}

pub(crate) async fn confirm(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ProofForm>,
) -> Response {
    let begun = app
        .browsers
        .with(&staff.key, |browser| browser.begun_factor.clone());
    let Some(Begun(begun)) = begun.flatten() else {
        return Redirect::to(HERE).into_response();
    };
    let body = FactorConfirmation {
        code: form.code,
        credential: form.credential.filter(|text| !text.is_empty()),
    };
    let confirmed = staff
        .client
        .confirm_second_factor(staff.token(), &begun.id, &body);
    match confirmed.await {
        Ok(()) => {
            let told = faults::own(&staff.words, "factor_added", "factor-added");
            app.browsers.with(&staff.key, |browser| {
                browser.begun_factor = None;
                browser.told = Some(told);
                if let Some(session) = &mut browser.session {
                    session.entry = "full".into();
                }
            });
            Redirect::to(HERE).into_response()
        }
        Err(ClientError::Problem(problem))
            if ["second_factor_wrong", "passkey_refused"].contains(&problem.code.as_str()) =>
        {
            let fault = faults::of_problem(&problem, &staff.words);
            let page = confirm_page(staff.frame(HERE), &begun, Some(fault));
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// The field that takes a factor away: named by the factor, since each of the list has one.
pub(in crate::pages) fn removal_field(id: &str) -> String {
    format!("remove-{id}")
}

/// Why a factor was not taken away, at its own line.
pub(in crate::pages) fn not_removed(id: &str, problem: &Problem, words: &Words) -> (String, Fault) {
    let members = faults::of_members(problem, words);
    let own = members.into_iter().next().map(|(_, fault)| fault);
    let fault = own.unwrap_or_else(|| faults::of_problem(problem, words));
    (removal_field(id), fault)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RemoveForm {
    id: String,
    password: String,
}

pub(crate) async fn remove(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<RemoveForm>,
) -> Response {
    let removed = staff
        .client
        .remove_second_factor(staff.token(), &form.id, &form.password);
    match removed.await {
        Ok(()) => {
            let told = faults::own(&staff.words, "factor_removed", "factor-removed");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        Err(ClientError::Problem(problem)) if matches!(problem.status, 409 | 422 | 429) => {
            let faults = [not_removed(&form.id, &problem, &staff.words)];
            with_faults(&app, &staff, &FactorForm::default(), &faults).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
