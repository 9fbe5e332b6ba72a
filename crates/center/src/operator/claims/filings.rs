//! Filings (届出) of all facilities: those that wait first; one is accepted, or refused with a reason the facility reads.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::claims::entry::{FilingKind, Line};
use serde::Deserialize;
use store::claims::filings::Decision;
use ui::component::{ErrorSummary, Fact, TextField, Width};
use ui::language::Words;

use super::super::{Done, Filled, Frame, Operator, set_up, show};
use super::{minute, tenant_name};
use crate::app::App;
use crate::claims::operating::{self, ClaimsFilingLine, ClaimsFilingList};
use crate::told::{Told, faults};

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/claims/filings";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 2] = [
    ("accepted", "claims-filing-accepted-now"),
    ("refused", "claims-filing-refused-now"),
];

struct Shown {
    id: String,
    handed_in: String,
    facility: String,
    code: String,
    tenant: String,
    kind: String,
    terminal: String,
    state: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "operator/claims_filings.html")]
struct FilingsPage {
    frame: Frame,
    /// What is not shown, where that is so.
    cut: Option<String>,
    heads: Vec<String>,
    lines: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "operator/claims_filing.html")]
struct FilingPage {
    frame: Frame,
    summary: ErrorSummary,
    id: String,
    facts: Vec<Fact>,
    waits: bool,
    reason: TextField,
}

fn state(text: &str) -> (&'static str, &'static str) {
    match text {
        "handed_in" => ("claims-filing-waits", "warn"),
        "accepted" => ("claims-filing-accepted", "good"),
        "refused" => ("claims-filing-refused", "bad"),
        _ => ("claims-filing-made", "note"),
    }
}

fn kind(text: &str, words: &Words) -> String {
    words.say(match FilingKind::parse(text) {
        Some(FilingKind::FirstUse) | None => "claims-first-use",
        Some(FilingKind::LineChange) => "claims-line-change",
        Some(FilingKind::AnotherPc) => "claims-another-pc",
    })
}

fn line(text: &str, words: &Words) -> String {
    words.say(match Line::parse(text) {
        Some(Line::IpVpn) | None => "claims-ip-vpn",
        Some(Line::IpsecIke) => "claims-ipsec",
    })
}

/// That a list has not room for all, and how to come to the others.
fn cut(found: &ClaimsFilingList, words: &Words) -> String {
    words.say_with(
        "claims-filings-cut",
        &[
            ("all", found.all.to_string()),
            ("shown", found.filings.len().to_string()),
            ("waiting", found.waiting.to_string()),
        ],
    )
}

pub(in crate::operator) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let words = &operator.words;
    let outcome = operating::filings(&app).map(|found| {
        let cut = found.is_cut().then(|| cut(&found, words));
        let shown = found.filings.into_iter().map(|it| {
            let (key, tone) = state(&it.filing.state);
            Shown {
                handed_in: it
                    .filing
                    .handed_in_at
                    .as_deref()
                    .map(minute)
                    .unwrap_or_default(),
                facility: it.facility,
                code: it.code,
                tenant: tenant_name(&it.filing.tenant, words),
                kind: kind(&it.filing.kind, words),
                terminal: it.filing.terminal,
                state: words.say(key),
                tone,
                id: it.filing.id,
            }
        });
        let mut frame = operator.frame(HERE);
        frame.banners.extend(done.banner(words, &DONE));
        let page = FilingsPage {
            frame,
            cut,
            heads: [
                "claims-filing-handed-in",
                "claims-filing-state",
                "claims-filing-from",
                "claims-tenant",
                "claims-filing-kind",
                "claims-filing-terminal",
            ]
            .map(|key| words.say(key))
            .into(),
            lines: shown.collect(),
        };
        show(StatusCode::OK, &page)
    });
    operator.shown(HERE, outcome)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct ReasonForm {
    reason: String,
}

pub(in crate::operator) async fn one(
    State(app): State<App>,
    operator: Operator,
    Path(id): Path<String>,
) -> Response {
    let outcome = filing_page(&app, &operator, &id, &ReasonForm::default(), None);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn decide(
    State(app): State<App>,
    operator: Operator,
    Path((id, deed)): Path<(String, String)>,
    Filled(form): Filled<ReasonForm>,
) -> Response {
    let by = operator.actor();
    let (decided, done) = match deed.as_str() {
        "accept" => (
            operating::decide(&app, &id, Decision::Accept, by).await,
            "accepted",
        ),
        "refuse" => (
            operating::refuse(&app, &id, &form.reason, by).await,
            "refused",
        ),
        _ => {
            let none = Told::no_such_deed();
            return operator.shown(HERE, Err(none));
        }
    };
    let outcome = match decided {
        Ok(_) => return Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(told) if told.member == "reason" => {
            filing_page(&app, &operator, &id, &form, Some(&told))
        }
        Err(told) => Err(told),
    };
    operator.shown(HERE, outcome)
}

fn filing_page(
    app: &App,
    operator: &Operator,
    id: &str,
    form: &ReasonForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let found = operating::filing(app, id)?;
    let faults = faults(told, words);
    let page = FilingPage {
        frame: operator.frame(&format!("{HERE}/{id}")),
        summary: set_up::summary(&faults),
        facts: facts(&found, words),
        waits: found.filing.state == "handed_in",
        reason: TextField {
            width: Width::Full,
            value: form.reason.clone(),
            support: words.say("claims-filing-reason-support"),
            errors: set_up::of("reason", &faults),
            ..TextField::new("reason", words.say("claims-filing-reason"))
        },
        id: found.filing.id,
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

fn facts(found: &ClaimsFilingLine, words: &Words) -> Vec<Fact> {
    let filing = &found.filing;
    let (key, _) = state(&filing.state);
    let mut facts = vec![
        ("institution-code", found.code.clone()),
        ("claims-filing-from", found.facility.clone()),
        ("claims-tenant", tenant_name(&filing.tenant, words)),
        ("claims-filing-kind", kind(&filing.kind, words)),
        ("claims-filing-terminal", filing.terminal.clone()),
        ("claims-filing-line", line(&filing.line, words)),
        ("claims-filing-starts", filing.starts_on.clone()),
        ("claims-filing-account", filing.account.clone()),
        ("claims-filing-state", words.say(key)),
    ];
    let at = |text: &Option<String>| text.as_deref().map(minute);
    facts.extend(at(&filing.handed_in_at).map(|it| ("claims-filing-handed-in", it)));
    facts.extend(at(&filing.decided_at).map(|it| ("claims-filing-decided", it)));
    facts.extend(filing.reason.clone().map(|it| ("claims-filing-reason", it)));
    let fact = |(label, text): (&str, String)| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    facts.into_iter().map(fact).collect()
}
