//! 利用報告: what the facility did under each window, for review, and its report on it.

use api::client::ClientError;
use api::emergency::{EmergencyReports, NewReport, UsageLine, WindowUsage};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::emergency::Mode;
use serde::Deserialize;
use ui::component::{Banner, Tone};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::training::Ground;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/reports";

#[derive(Template)]
#[template(path = "emergency_reports.html")]
pub(in crate::pages) struct ReportsPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) windows: Vec<Used>,
    /// What was written under a window that cannot be listed now: the window and the text.
    pub(in crate::pages) unsent: Option<(String, String)>,
    /// Made for each page, so that a report sent twice is one.
    pub(in crate::pages) key: String,
}

/// A window under which something was done.
pub(in crate::pages) struct Used {
    pub(in crate::pages) id: String,
    pub(in crate::pages) title: String,
    pub(in crate::pages) period: String,
    pub(in crate::pages) reason: String,
    pub(in crate::pages) lines: Vec<Line>,
    pub(in crate::pages) report: Option<(String, String)>,
    /// What was written and not taken.
    pub(in crate::pages) written: String,
}

/// One thing done.
pub(in crate::pages) struct Line {
    pub(in crate::pages) at: String,
    pub(in crate::pages) account: String,
    pub(in crate::pages) deed: String,
    pub(in crate::pages) name: String,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    listed(&app, &staff, None).await
}

/// The list, with a report that was not taken where there is one.
async fn listed(
    app: &App,
    staff: &Staff,
    untaken: Option<(&ReportForm, StatusCode, Banner)>,
) -> Response {
    let found = match staff.client.emergency_reports(staff.token()).await {
        Ok(found) => found,
        // What was written is not lost with the list.
        Err(error) if untaken.is_some() && staff.unanswered(&error).is_some() => {
            EmergencyReports::default()
        }
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    let (written, status) = match untaken {
        Some((written, status, why)) => {
            frame.banners.push(why);
            (Some(written), status)
        }
        None => (None, StatusCode::OK),
    };
    show(status, &reports_page(frame, found, written))
}

pub(in crate::pages) fn reports_page(
    frame: Frame,
    found: EmergencyReports,
    written: Option<&ReportForm>,
) -> ReportsPage {
    let words = frame.words.clone();
    let windows = found.windows.into_iter().map(|it| used(it, &words));
    let mut windows: Vec<Used> = windows.collect();
    let mut unsent = None;
    if let Some(written) = written {
        match windows.iter_mut().find(|it| it.id == written.window) {
            Some(window) => window.written.clone_from(&written.text),
            None => unsent = Some((written.window.clone(), written.text.clone())),
        }
    }
    let key = written.map(|it| it.key.clone());
    let key = key.filter(|it| !it.is_empty());
    ReportsPage {
        windows,
        unsent,
        key: key.or_else(random_text).unwrap_or_default(),
        frame,
    }
}

fn used(it: WindowUsage, words: &Words) -> Used {
    let mode = Mode::parse(&it.window.mode);
    let title = mode.map_or("", |it| words.choose(it.label_ja(), it.label_en()));
    let (from, until) = (
        days::show_instant(&it.window.from),
        days::show_instant(&it.window.until),
    );
    Used {
        id: it.window.id,
        title: title.to_owned(),
        period: words.say_with(
            "report-period",
            &[("from", from.as_str()), ("until", until.as_str())],
        ),
        reason: it.window.reason,
        lines: it.lines.into_iter().map(|it| line(it, words)).collect(),
        report: it.report.map(|it| (days::show_instant(&it.at), it.text)),
        written: String::new(),
    }
}

fn line(it: UsageLine, words: &Words) -> Line {
    let key = match (it.deed.as_str(), it.detail.as_str()) {
        ("opening", "oral") => "used-opening-oral",
        ("opening", _) => "used-opening-unobtainable",
        ("look", _) => "used-look",
        ("check", _) => "used-check",
        (_, detail) if detail.ends_with(":one") => "used-search-one",
        (_, detail) if detail.ends_with(":one_more") => "used-search-more",
        _ => "used-search-nobody",
    };
    Line {
        at: days::show_instant(&it.at),
        account: it.account,
        deed: words.say(key),
        name: it.name.unwrap_or_default(),
    }
}

/// A report as written.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ReportForm {
    pub(in crate::pages) window: String,
    pub(in crate::pages) text: String,
    pub(in crate::pages) key: String,
}

impl ReportForm {
    /// The idempotency key: the same contents sent twice are one report.
    fn idempotency_key(&self) -> Option<String> {
        let parts = [&self.key, &self.window, &self.text].map(String::as_str);
        hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
    }
}

pub(crate) async fn file(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ReportForm>,
) -> Response {
    let form = ReportForm {
        text: form.text.replace("\r\n", "\n"),
        ..form
    };
    let body = NewReport {
        text: form.text.clone(),
        window: form.window.clone(),
    };
    let Some(key) = form.idempotency_key() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match staff
        .client
        .file_emergency_report(staff.token(), &key, &body)
        .await
    {
        Ok(()) => {
            if staff.ground == Ground::Real {
                // The main screen asks for it no more.
                crate::emergency::tell(&app, &staff.session.facility.code).await;
            }
            let (code, key) = match staff.ground {
                Ground::Real => ("report_filed", "report-filed"),
                Ground::Training => ("report_practised", "training-report-filed"),
            };
            let fault = faults::own(&staff.words, code, key);
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(&staff.ground.at(HERE)).into_response()
        }
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let faults = faults::of_members(&problem, &staff.words);
            let wrong = faults.into_iter().next();
            let wrong = wrong.map(|(_, fault)| Banner::new(Tone::Error, fault));
            let untaken = wrong.map(|it| (&form, StatusCode::UNPROCESSABLE_ENTITY, it));
            listed(&app, &staff, untaken).await
        }
        Err(error) => match staff.unanswered(&error) {
            Some(why) => listed(&app, &staff, Some((&form, StatusCode::BAD_GATEWAY, why))).await,
            None => staff.failed(&app, &error, HERE),
        },
    }
}
