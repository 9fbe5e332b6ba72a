//! Applications for certificates: the open ones, the oldest first, and one with whoever applied. It leads to the form that makes the notice, and
//! is closed by that notice, by hand, or with a reason.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::certificate_application::{ApplicationKind, ApplicationState, Remark};
use domain::civil_date::Instant;
use serde::Deserialize;
use store::applications::Application;
use ui::component::{ErrorSummary, Fact, NextPage, TextField, Width};
use ui::language::Words;

use super::super::{Done, Filled, Frame, Operator, set_up, show};
use super::{NEW, PAGE};
use crate::app::App;
use crate::applications::{self, printed};
use crate::told::{Told, faults};

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/applications";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 2] = [
    ("issued", "application-issued-now"),
    ("declined", "application-declined-now"),
];

struct Line {
    number: String,
    at: String,
    kind: String,
    name: String,
    code: String,
    terminal: String,
}

#[derive(Template)]
#[template(path = "operator/applications.html")]
struct ApplicationsPage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<Line>,
    next: Option<NextPage>,
}

/// Where the notice of an application is made, with what the form there begins with.
struct Way {
    action: String,
    hidden: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "operator/application.html")]
struct ApplicationPage {
    frame: Frame,
    summary: ErrorSummary,
    number: String,
    facts: Vec<Fact>,
    /// While it is open.
    way: Option<Way>,
    reason: TextField,
}

/// Where the page before ended.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct After {
    at: i64,
    number: String,
}

pub(in crate::operator) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let outcome = list_page(&app, &operator, None, &done);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn next(
    State(app): State<App>,
    operator: Operator,
    Filled(after): Filled<After>,
) -> Response {
    let outcome = list_page(&app, &operator, Some(&after), &Done::default());
    operator.shown(HERE, outcome)
}

fn list_page(
    app: &App,
    operator: &Operator,
    after: Option<&After>,
    done: &Done,
) -> Result<Response, Told> {
    let words = &operator.words;
    let after = after.map(|it| (Instant::from_micros(it.at), it.number.as_str()));
    // One more than the page says that there are more.
    let mut found = app.engine.open_applications(after, PAGE + 1)?;
    let more = (PAGE as usize) < found.len();
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| NextPage {
        action: HERE,
        terms: vec![
            ("at", last.at.as_micros().to_string()),
            ("number", last.number.clone()),
        ],
    });
    let mut frame = operator.frame(HERE);
    frame.banners.extend(done.banner(words, &DONE));
    let page = ApplicationsPage {
        frame,
        heads: [
            "application-at",
            "application-kind",
            "facility-name",
            "terminal-name",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: found
            .into_iter()
            .map(|it| Line {
                number: it.number,
                at: it.at.to_minute_in_japan(),
                kind: kind(it.kind, words),
                name: it.name,
                code: it.facility.to_string(),
                terminal: it.terminal,
            })
            .collect(),
        next,
    };
    Ok(show(StatusCode::OK, &page))
}

fn kind(kind: ApplicationKind, words: &Words) -> String {
    words.say(match kind {
        ApplicationKind::First => "application-first",
        ApplicationKind::Further => "application-further",
        ApplicationKind::Reissue => "application-reissue",
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct ReasonForm {
    reason: String,
}

pub(in crate::operator) async fn one(
    State(app): State<App>,
    operator: Operator,
    Path(number): Path<String>,
) -> Response {
    let outcome = one_page(&app, &operator, &number, &ReasonForm::default(), None);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn close(
    State(app): State<App>,
    operator: Operator,
    Path((number, deed)): Path<(String, String)>,
    Filled(form): Filled<ReasonForm>,
) -> Response {
    let by = operator.actor();
    let (closed, done) = match deed.as_str() {
        "issued" => (applications::note_issued(&app, &number, by).await, "issued"),
        "decline" => (
            applications::decline(&app, &number, &form.reason, by).await,
            "declined",
        ),
        _ => return operator.shown(HERE, Err(Told::no_such_deed())),
    };
    let outcome = match closed {
        Ok(()) => return Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(told) if told.member == "reason" => {
            one_page(&app, &operator, &number, &form, Some(&told))
        }
        Err(told) => Err(told),
    };
    operator.shown(HERE, outcome)
}

fn one_page(
    app: &App,
    operator: &Operator,
    number: &str,
    form: &ReasonForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let found = applications::find(app, number)?;
    let faults = faults(told, words);
    let facility = app.engine.facility(found.facility)?;
    let enrolled = match &facility {
        Some(facility) => facility.name.clone(),
        None => words.say("application-not-enrolled"),
    };
    let page = ApplicationPage {
        frame: operator.frame(&format!("{HERE}/{}", found.number)),
        summary: set_up::summary(&faults),
        facts: facts(&found, enrolled, words),
        way: match found.state {
            ApplicationState::Open => Some(way(app, &found, facility.is_some())?),
            ApplicationState::Issued | ApplicationState::Declined => None,
        },
        reason: TextField {
            width: Width::Full,
            value: form.reason.clone(),
            support: words.say("application-reason-support"),
            errors: set_up::of("reason", &faults),
            ..TextField::new("reason", words.say("application-reason"))
        },
        number: found.number,
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

/// The form that makes the notice: a facility's first, a further terminal's, or one in place of an earlier one.
fn way(app: &App, found: &Application, is_enrolled: bool) -> Result<Way, Told> {
    let code = found.facility.to_string();
    let terminal = ("terminal", found.terminal.clone());
    if !is_enrolled {
        return Ok(Way {
            action: NEW.into(),
            hidden: vec![("code", code), ("name", found.name.clone()), terminal],
        });
    }
    let is_known = app.engine.knows_terminal(found.facility, &found.terminal)?;
    let order = if is_known { "reissue" } else { "new-terminal" };
    Ok(Way {
        action: format!("{}/{code}/{order}", super::HERE),
        hidden: vec![terminal],
    })
}

fn facts(found: &Application, enrolled: String, words: &Words) -> Vec<Fact> {
    let state = match found.state {
        ApplicationState::Open => "application-open",
        ApplicationState::Issued => "application-issued",
        ApplicationState::Declined => "application-declined",
    };
    let mut facts = vec![
        ("application-number", printed(found)),
        ("application-state", words.say(state)),
        ("application-at", found.at.to_minute_in_japan()),
        ("application-kind", kind(found.kind, words)),
        ("institution-code", found.facility.to_string()),
        ("facility-name", found.name.clone()),
        ("application-enrolled", enrolled),
        ("terminal-name", found.terminal.clone()),
        ("application-contact", found.contact.as_str().to_owned()),
        ("application-phone", found.phone.as_str().to_owned()),
    ];
    let remark = found.remark.as_ref().map(Remark::as_str);
    facts.extend(remark.map(|it| ("application-remark", it.to_owned())));
    let closed = found.closed.map(Instant::to_minute_in_japan);
    facts.extend(closed.map(|it| ("application-closed", it)));
    facts.extend(found.reason.clone().map(|it| ("application-reason", it)));
    let fact = |(label, text): (&str, String)| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    facts.into_iter().map(fact).collect()
}
