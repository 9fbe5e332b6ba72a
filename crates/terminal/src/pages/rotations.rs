//! 「システム用アカウントの切り替え」 (G05): what would break by hand, and the rotation that changes the center and the device together, or not
//! at all, with its state. Sees no machine's secret.

pub(crate) mod terminal_user;

use api::client::ClientError;
use api::client::cards::Cause;
use api::rotation::Rotation;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::rotation::Stage;
use serde::Deserialize;
use ui::component::{Banner, Tone};
use ui::language::Words;

use crate::pages::readers::Again;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(super) const HERE: &str = "/rotations";

#[derive(Template)]
#[template(path = "rotations.html")]
pub(super) struct RotationsPage {
    pub(super) frame: Frame,
    pub(super) live: String,
    /// Whether this terminal has a user to rotate, and the account may.
    pub(super) terminal_user: Option<String>,
}

#[derive(Template)]
#[template(path = "rotations_live.html")]
pub(super) struct RotationsPart {
    pub(super) words: Words,
    pub(super) lines: Vec<Line>,
}

/// A system account with its rotation.
pub(super) struct Line {
    id: String,
    name: String,
    kind: String,
    breaks: String,
    stage: &'static str,
    label: String,
    tone: &'static str,
    since: Option<String>,
    is_open: bool,
}

fn line(it: Rotation, words: &Words) -> Line {
    let kind = AccountKind::parse(&it.kind);
    let stage = Stage::parse(&it.stage);
    let (code, key, tone) = match stage {
        None => ("none", "rotation-none", "plain"),
        Some(Stage::Asked) => ("asked", "rotation-asked", "warn"),
        Some(Stage::Registered) => ("registered", "rotation-registered", "warn"),
        Some(Stage::Done) => ("done", "rotation-done", "good"),
        Some(Stage::Withdrawn) => ("withdrawn", "rotation-withdrawn", "plain"),
    };
    let breaks = kind.and_then(AccountKind::breaks_when_changed);
    Line {
        kind: kind.map_or_else(
            || it.kind.clone(),
            |kind| words.choose(kind.label_ja(), kind.label_en()).to_owned(),
        ),
        breaks: breaks.map_or_else(String::new, |(ja, en)| words.choose(ja, en).to_owned()),
        since: it.changed_at.as_deref().map(days::show_instant),
        is_open: stage.is_some_and(Stage::is_open),
        name: it.display_name,
        id: it.account,
        stage: code,
        label: words.say(key),
        tone,
    }
}

pub(super) fn part(rotations: Vec<Rotation>, words: &Words) -> RotationsPart {
    let lines = rotations.into_iter().map(|it| line(it, words));
    RotationsPart {
        lines: lines.collect(),
        words: words.clone(),
    }
}

async fn read(staff: &Staff, cause: Cause) -> Result<RotationsPart, ClientError> {
    let found = staff.client.rotations_by(staff.token(), cause).await?;
    Ok(part(found.rotations, &staff.words))
}

async fn page(app: &App, staff: &Staff, cause: Cause, banner: Option<Banner>) -> Response {
    let part = match read(staff, cause).await {
        Ok(part) => part,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    frame.banners.extend(banner);
    let is_administrator = staff.kind() == Some(AccountKind::Administrator);
    let page = RotationsPage {
        live: part.render().unwrap_or_default(),
        terminal_user: app.lock.user_name().filter(|_| is_administrator),
        frame,
    };
    show(StatusCode::OK, &page)
}

pub(crate) async fn list(
    State(app): State<App>,
    staff: Staff,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Response {
    page(&app, &staff, again.cause_of(&headers), None).await
}

/// The part that changes by itself.
pub(crate) async fn live(State(app): State<App>, staff: Staff) -> Response {
    match read(&staff, Cause::Background).await {
        Ok(part) => Html(part.render().unwrap_or_default()).into_response(),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AccountForm {
    account: String,
}

pub(crate) async fn ask(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<AccountForm>,
) -> Response {
    let asked = staff.client.ask_rotation(staff.token(), &form.account);
    after(&app, &staff, asked.await.map(|_| ()), "rotation-asked-now").await
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<AccountForm>,
) -> Response {
    let withdrawn = staff.client.withdraw_rotation(staff.token(), &form.account);
    after(&app, &staff, withdrawn.await, "rotation-withdrawn-now").await
}

async fn after(app: &App, staff: &Staff, outcome: Result<(), ClientError>, done: &str) -> Response {
    match outcome {
        Ok(()) => {
            let told = faults::own(&staff.words, "rotation", done);
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        Err(ClientError::Problem(problem)) if problem.status == 409 => {
            let fault = faults::of_problem(&problem, &staff.words);
            let banner = Banner::new(Tone::Warning, fault);
            page(app, staff, Cause::Person, Some(banner)).await
        }
        Err(error) => staff.failed(app, &error, HERE),
    }
}
