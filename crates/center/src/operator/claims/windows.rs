//! When claims are taken: the calendar of every month as `center.toml` sets it, and time opened beside it, with a reason facilities read, taken back
//! before it begins or ended after.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::claims::window::{Calendar, Span, State as WindowState};
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Need, Select, TextField, Width};
use ui::language::Words;

use super::super::deed_page::{Loss, Tick, confirmed};
use super::super::{Done, Filled, Frame, Operator, set_up, show};
use super::{minute, tenant_name, tenants};
use crate::app::App;
use crate::claims::operating::openings::{Stop, none_in_force, open, open_times, stop_opening};
use crate::claims::operating::{ClaimsOpeningLine, NewClaimsOpening};
use crate::told::{Told, faults};

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/claims/windows";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 3] = [
    ("opened", "claims-opened-now"),
    ("withdrawn", "claims-withdrawn-now"),
    ("ended", "claims-ended-now"),
];

/// What may be done at the entry, with its calendar.
struct Kept {
    name: String,
    spans: Vec<String>,
    now: String,
}

struct Line {
    id: String,
    tenant: String,
    period: String,
    reason: String,
    operator: String,
    state: String,
    tone: &'static str,
    may_end: bool,
    may_withdraw: bool,
}

#[derive(Template)]
#[template(path = "operator/claims_windows.html")]
struct WindowsPage {
    frame: Frame,
    summary: ErrorSummary,
    calendars: Vec<Kept>,
    heads: Vec<String>,
    lines: Vec<Line>,
    tenant: Select,
    from: TextField,
    until: TextField,
    reason: TextField,
}

/// What the form of a new opening sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct OpeningForm {
    tenant: String,
    from: String,
    until: String,
    reason: String,
}

pub(in crate::operator) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let outcome = page(&app, &operator, &done, &OpeningForm::default(), None);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn make(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<OpeningForm>,
) -> Response {
    let new = NewClaimsOpening {
        tenant: Some(form.tenant.clone()),
        from: form.from.clone(),
        until: form.until.clone(),
        reason: form.reason.clone(),
    };
    match open(&app, &new, operator.actor()).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done=opened")).into_response(),
        Err(told) => {
            let outcome = page(&app, &operator, &Done::default(), &form, Some(&told));
            operator.shown(HERE, outcome)
        }
    }
}

/// The page before an opening is taken back or ended.
fn before(
    app: &App,
    operator: &Operator,
    (id, deed): (&str, &str),
    told: Option<&Told>,
) -> Result<Response, Told> {
    let texts = match deed {
        "withdraw" => ("claims-withdrawing", "claims-withdrawing-lead"),
        "end" => ("claims-ending", "claims-ending-lead"),
        _ => return Err(Told::no_such_deed()),
    };
    let found = open_times(app)?.into_iter();
    let mut found = found.map(|it| line(it, &operator.words));
    let found = found.find(|it| it.id == id && (it.may_end || it.may_withdraw));
    let found = found.ok_or_else(none_in_force)?;
    let loss = Loss {
        here: format!("{HERE}/{}/{deed}", found.id),
        texts,
        facts: vec![
            ("claims-tenant", found.tenant),
            ("claims-period", found.period),
            ("claims-opening-reason", found.reason),
        ],
        hidden: Vec::new(),
        back: (HERE.to_owned(), "to-claims-windows"),
    };
    Ok(loss.page(operator, told))
}

pub(in crate::operator) async fn before_stop(
    State(app): State<App>,
    operator: Operator,
    Path((id, deed)): Path<(String, String)>,
) -> Response {
    let outcome = before(&app, &operator, (&id, &deed), None);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn stop(
    State(app): State<App>,
    operator: Operator,
    Path((id, deed)): Path<(String, String)>,
    Filled(form): Filled<Tick>,
) -> Response {
    if let Err(told) = confirmed(&form.confirm) {
        let outcome = before(&app, &operator, (&id, &deed), Some(&told));
        return operator.shown(HERE, outcome);
    }
    let (how, done) = match deed.as_str() {
        "withdraw" => (Stop::Withdraw, "withdrawn"),
        "end" => (Stop::End, "ended"),
        _ => {
            let none = Told::no_such_deed();
            return operator.shown(HERE, Err(none));
        }
    };
    match stop_opening(&app, &id, how, operator.actor()).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

fn page(
    app: &App,
    operator: &Operator,
    done: &Done,
    form: &OpeningForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let faults = faults(told, words);
    let mut frame = operator.frame(HERE);
    frame.banners.extend(done.banner(words, &DONE));
    let settings = &app.claims.settings;
    let calendars = [
        ("claims-submission", &settings.submission.0),
        ("claims-correction", &settings.correction.0),
    ];
    let all = Choice {
        value: String::new(),
        label: words.say("claims-all-tenants"),
    };
    let field = |name: &'static str, key: &str, support: &str, value: &str| TextField {
        value: value.to_owned(),
        support: words.say(support),
        width: Width::Full,
        errors: set_up::of(name, &faults),
        ..TextField::new(name, words.say(key))
    };
    let support = "claims-moment-support";
    let page = WindowsPage {
        frame,
        summary: set_up::summary(&faults),
        calendars: calendars.map(|it| calendar(app, it, words)).into(),
        heads: [
            "claims-tenant",
            "claims-period",
            "claims-opening-reason",
            "claims-opening-state",
            "deeds",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: open_times(app)?
            .into_iter()
            .map(|it| line(it, words))
            .collect(),
        tenant: Select {
            name: "tenant",
            label: words.say("claims-tenant"),
            support: String::new(),
            need: Need::Required,
            width: Width::Full,
            options: [all].into_iter().chain(tenants(words)).collect(),
            value: form.tenant.clone(),
            errors: set_up::of("tenant", &faults),
        },
        from: field("from", "claims-from", support, &form.from),
        until: field("until", "claims-until", support, &form.until),
        reason: field(
            "reason",
            "claims-opening-reason",
            "claims-opening-reason-support",
            &form.reason,
        ),
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

fn calendar(app: &App, (name, it): (&str, &Calendar), words: &Words) -> Kept {
    let now = match it.state(&[], app.now()) {
        WindowState::Open { closes, .. } => {
            let until = closes.to_minute_in_japan();
            words.say_with("claims-calendar-open", &[("until", until)])
        }
        WindowState::Closed { opens } => {
            let from = opens.to_minute_in_japan();
            words.say_with("claims-calendar-closed", &[("from", from)])
        }
    };
    Kept {
        name: words.say(name),
        spans: it.spans().iter().map(|it| span(it, words)).collect(),
        now,
    }
}

fn span(it: &Span, words: &Words) -> String {
    let time = |minutes: u16| format!("{}:{:02}", minutes / 60, minutes % 60);
    let of = [
        ("from", it.from_day.to_string()),
        ("to", it.to_day.to_string()),
        ("opens", time(it.opens_min)),
        ("closes", time(it.closes_min)),
    ];
    words.say_with("claims-span", &of)
}

fn line(it: ClaimsOpeningLine, words: &Words) -> Line {
    let (key, tone) = match it.state.as_str() {
        "planned" => ("claims-opening-planned", "note"),
        "open" => ("claims-opening-open", "good"),
        "ended" => ("claims-opening-ended", "bad"),
        _ => ("claims-opening-withdrawn", "bad"),
    };
    let tenant = it.tenant.as_deref();
    Line {
        tenant: tenant.map_or_else(
            || words.say("claims-all-tenants"),
            |text| tenant_name(text, words),
        ),
        period: format!("{} － {}", minute(&it.from), minute(&it.until)),
        state: words.say(key),
        tone,
        may_end: it.state == "open",
        may_withdraw: it.state == "planned",
        reason: it.reason,
        operator: it.operator,
        id: it.id,
    }
}
