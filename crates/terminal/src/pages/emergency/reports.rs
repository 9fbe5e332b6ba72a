//! 利用報告: the windows the facility used, what it did under each, for review, and its report on it.

use api::client::ClientError;
use api::emergency::{EmergencyReports, NewReport, OpenWindow, UsageLine, WindowUsage};
use askama::Template;
use axum::extract::{Path, Query, State};
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
    pub(in crate::pages) heads: Vec<String>,
    pub(in crate::pages) windows: Vec<Listed>,
    /// Address of the page with older windows.
    pub(in crate::pages) next: Option<String>,
}

/// A window in the list.
pub(in crate::pages) struct Listed {
    /// Address of its own page.
    pub(in crate::pages) href: String,
    pub(in crate::pages) title: String,
    pub(in crate::pages) period: String,
    pub(in crate::pages) reason: String,
    /// How much was done; an older center does not say it.
    pub(in crate::pages) done: Option<String>,
    /// When it was reported.
    pub(in crate::pages) reported: Option<String>,
}

#[derive(Template)]
#[template(path = "emergency_report.html")]
pub(in crate::pages) struct ReportPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) window: Option<Used>,
    /// What was written under a window that cannot be shown now: the window and the text.
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

/// Which page of the list is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    after: Option<String>,
}

pub(crate) async fn list(
    State(app): State<App>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Response {
    let after = wanted.after.as_deref().filter(|after| !after.is_empty());
    match staff.client.used_windows(staff.token(), after).await {
        Ok(found) => show(StatusCode::OK, &reports_page(staff.frame(HERE), found)),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(in crate::pages) fn reports_page(frame: Frame, found: EmergencyReports) -> ReportsPage {
    let words = frame.words.clone();
    let heads = [
        "reports-mode",
        "reports-period",
        "reports-reason",
        "reports-done",
        "reports-state",
    ];
    let listed = |it: WindowUsage| Listed {
        href: frame.at(&of_window(&it.window.id)),
        title: title(&it.window, &words),
        period: period(&it.window, &words),
        done: it.searches.map(|searches| {
            let openings = it.openings.unwrap_or_default();
            words.say_with(
                "reports-counts",
                &[("searches", searches), ("openings", openings)],
            )
        }),
        reported: it.report.map(|it| days::show_instant(&it.at)),
        reason: it.window.reason,
    };
    ReportsPage {
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        windows: found.windows.into_iter().map(listed).collect(),
        next: found
            .next
            .map(|next| frame.at(&format!("{HERE}?after={next}"))),
        frame,
    }
}

/// The page of a window.
fn of_window(id: &str) -> String {
    format!("{HERE}/{id}")
}

pub(crate) async fn page(
    State(app): State<App>,
    staff: Staff,
    Path(window): Path<String>,
) -> Response {
    of_one(&app, &staff, &window, None).await
}

/// A window's page, with a report that was not taken where there is one.
async fn of_one(
    app: &App,
    staff: &Staff,
    window: &str,
    untaken: Option<(&ReportForm, StatusCode, Banner)>,
) -> Response {
    let found = match staff.client.window_usage(staff.token(), window).await {
        Ok(found) => Some(found),
        // What was written is not lost with the window.
        Err(error) if untaken.is_some() && staff.unanswered(&error).is_some() => None,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let here = found.as_ref().map(|it| of_window(&it.window.id));
    let mut frame = staff.frame(here.as_deref().unwrap_or(HERE));
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    let (written, status) = match untaken {
        Some((written, status, why)) => {
            frame.banners.push(why);
            (Some(written), status)
        }
        None => (None, StatusCode::OK),
    };
    show(status, &report_page(frame, found, written))
}

pub(in crate::pages) fn report_page(
    frame: Frame,
    found: Option<WindowUsage>,
    written: Option<&ReportForm>,
) -> ReportPage {
    let mut window = found.map(|it| used(it, &frame.words));
    let mut unsent = None;
    if let Some(written) = written {
        match &mut window {
            Some(window) => window.written.clone_from(&written.text),
            None => unsent = Some((written.window.clone(), written.text.clone())),
        }
    }
    let key = written.map(|it| it.key.clone());
    let key = key.filter(|it| !it.is_empty());
    ReportPage {
        window,
        unsent,
        key: key.or_else(random_text).unwrap_or_default(),
        frame,
    }
}

fn used(it: WindowUsage, words: &Words) -> Used {
    Used {
        title: title(&it.window, words),
        period: period(&it.window, words),
        id: it.window.id,
        reason: it.window.reason,
        lines: it.lines.into_iter().map(|it| line(it, words)).collect(),
        report: it.report.map(|it| (days::show_instant(&it.at), it.text)),
        written: String::new(),
    }
}

fn title(window: &OpenWindow, words: &Words) -> String {
    let mode = Mode::parse(&window.mode);
    let title = mode.map_or("", |it| words.choose(it.label_ja(), it.label_en()));
    title.to_owned()
}

fn period(window: &OpenWindow, words: &Words) -> String {
    let (from, until) = (
        days::show_instant(&window.from),
        days::show_instant(&window.until),
    );
    words.say_with(
        "report-period",
        &[("from", from.as_str()), ("until", until.as_str())],
    )
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
            Redirect::to(&staff.ground.at(&of_window(&form.window))).into_response()
        }
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let faults = faults::of_members(&problem, &staff.words);
            let wrong = faults.into_iter().next();
            let wrong = wrong.map(|(_, fault)| Banner::new(Tone::Error, fault));
            let untaken = wrong.map(|it| (&form, StatusCode::UNPROCESSABLE_ENTITY, it));
            of_one(&app, &staff, &form.window, untaken).await
        }
        Err(error) => match staff.unanswered(&error) {
            Some(why) => {
                let untaken = Some((&form, StatusCode::BAD_GATEWAY, why));
                of_one(&app, &staff, &form.window, untaken).await
            }
            None => staff.failed(&app, &error, HERE),
        },
    }
}
