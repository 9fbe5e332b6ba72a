//! The audit chain (contracts §7): searched, exported, verified. Every search is an event of the chain before it is answered.

mod export;
pub(super) mod looks;
pub(super) mod verify;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::era;
use serde::Deserialize;
use store::audit::search::Query;
use ui::component::{Choice, ErrorSummary, Fault, Need, NextPage, Select, TextField, Width};
use ui::language::Words;

use super::{Filled, Frame, Operator, set_up, show};
use crate::app::App;
use crate::audit::{self, AuditLine, AuditQuery};
use crate::link::apart;
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/audit";

/// Events of one page.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "operator/audit.html")]
struct AuditPage {
    frame: Frame,
    summary: ErrorSummary,
    fields: Vec<TextField>,
    deed: Select,
    heads: Vec<String>,
    /// None before a search.
    lines: Option<Vec<Line>>,
    next: Option<NextPage>,
}

struct Line {
    at: String,
    deed: String,
    actor: String,
    facility: String,
    subject: String,
    detail: String,
}

/// What the search sends.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct AuditForm {
    from: String,
    to: String,
    facility: String,
    account: String,
    operator: String,
    deed: String,
    subject: String,
    /// How many a page before showed.
    skip: String,
    /// When the search was first sent, in microseconds: later events are no part of its pages.
    asked: String,
}

/// A text that was given.
fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A day as it was typed, by era or by year.
fn day(text: &str) -> Option<String> {
    given(text).map(|text| era::parse(&text).map_or(text, |day| day.to_string()))
}

impl AuditForm {
    /// What is sought.
    fn query(&self) -> Result<Query, Told> {
        audit::parse(&AuditQuery {
            from: day(&self.from),
            to: day(&self.to),
            facility: given(&self.facility),
            account: given(&self.account),
            operator: given(&self.operator),
            deed: given(&self.deed),
            subject: given(&self.subject),
        })
    }

    /// The fields, each with what is wrong with it.
    fn fields(&self, words: &Words, faults: &[(String, Fault)]) -> Vec<TextField> {
        let field = |name: &'static str, key: &str, value: &str| TextField {
            need: Need::Plain,
            width: Width::Medium,
            value: value.to_owned(),
            errors: set_up::of(name, faults),
            ..TextField::new(name, words.say(key))
        };
        vec![
            field("from", "audit-from", &self.from),
            field("to", "audit-to", &self.to),
            field("facility", "institution-code", &self.facility),
            field("account", "audit-account", &self.account),
            field("operator", "operator-name", &self.operator),
            field("subject", "audit-subject", &self.subject),
        ]
    }
}

pub(super) async fn form(operator: Operator) -> Response {
    page(&operator, &AuditForm::default(), None, &[])
}

pub(super) async fn search(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<AuditForm>,
) -> Response {
    match find(&app, &operator, &form).await {
        Ok(found) => page(&operator, &form, Some(found), &[]),
        Err(told) if !told.member.is_empty() => {
            let fault = told.at_member(&operator.words);
            page(&operator, &form, None, &[fault])
        }
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

/// What one page shows, and what the next one is asked with.
struct Found {
    lines: Vec<AuditLine>,
    /// How many to leave out on the next page, and when the search was first sent; none where this is the last.
    next: Option<(u32, i64)>,
}

async fn find(app: &App, operator: &Operator, form: &AuditForm) -> Result<Found, Told> {
    let mut query = form.query()?;
    let asked = form.asked.parse().unwrap_or(app.now().as_micros());
    let end = Instant::from_micros(asked);
    query.until = Some(query.until.map_or(end, |until| until.min(end)));
    let skip: u32 = form.skip.parse().unwrap_or_default();
    query.skip = skip;
    audit::note(app, "search", operator.actor()).await?;
    // One more than the page says that there are more.
    // It may read the whole chain; checks must not wait behind it.
    let engine = app.engine.clone();
    let found = apart(move || engine.search_audit(&query, PAGE + 1));
    let mut found = found.await??;
    let more = (PAGE as usize) < found.len();
    found.truncate(PAGE as usize);
    Ok(Found {
        lines: found.into_iter().map(audit::line).collect(),
        next: more.then(|| (skip.saturating_add(PAGE), asked)),
    })
}

fn page(
    operator: &Operator,
    form: &AuditForm,
    found: Option<Found>,
    faults: &[(String, Fault)],
) -> Response {
    let words = &operator.words;
    let none = || "－".to_owned();
    let line = |it: AuditLine| Line {
        at: Instant::parse(&it.at).map_or(it.at, Instant::to_second_in_japan),
        deed: it.deed,
        actor: it.actor,
        facility: it.facility.unwrap_or_else(none),
        subject: it.subject.unwrap_or_else(none),
        detail: it.detail,
    };
    let next = found.as_ref().and_then(|found| found.next);
    let any = Choice {
        value: String::new(),
        label: words.say("all"),
    };
    let deeds = Deed::ALL.into_iter().map(|deed| Choice {
        value: deed.as_str().into(),
        label: deed.as_str().into(),
    });
    let page = AuditPage {
        frame: operator.frame(HERE),
        summary: set_up::summary(faults),
        fields: form.fields(words, faults),
        deed: Select {
            name: "deed",
            label: words.say("audit-deed"),
            support: String::new(),
            need: Need::Plain,
            width: Width::Medium,
            options: [any].into_iter().chain(deeds).collect(),
            value: form.deed.clone(),
            errors: set_up::of("deed", faults),
        },
        heads: [
            "audit-at",
            "audit-deed",
            "audit-actor",
            "institution-code",
            "audit-subject",
            "audit-detail",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: found.map(|found| found.lines.into_iter().map(line).collect()),
        next: next.map(|(skip, asked)| NextPage {
            action: HERE,
            terms: vec![
                ("from", form.from.clone()),
                ("to", form.to.clone()),
                ("facility", form.facility.clone()),
                ("account", form.account.clone()),
                ("operator", form.operator.clone()),
                ("deed", form.deed.clone()),
                ("subject", form.subject.clone()),
                ("skip", skip.to_string()),
                ("asked", asked.to_string()),
            ],
        }),
    };
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    show(status, &page)
}

pub(super) async fn csv(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<AuditForm>,
) -> Response {
    export(&app, &operator, &form, export::Format::Csv).await
}

pub(super) async fn json(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<AuditForm>,
) -> Response {
    export(&app, &operator, &form, export::Format::JsonLines).await
}

async fn export(
    app: &App,
    operator: &Operator,
    form: &AuditForm,
    format: export::Format,
) -> Response {
    let query = match form.query() {
        Ok(query) => query,
        Err(told) => {
            let fault = told.at_member(&operator.words);
            return page(operator, form, None, &[fault]);
        }
    };
    match audit::note(app, "export", operator.actor()).await {
        Ok(()) => export::file(app.engine.clone(), query, format, app.now()),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}
