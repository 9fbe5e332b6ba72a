//! Facilities: the list, searched by code, name, kind and prefecture; a new one with its first notice, shown once. One facility, what is
//! done for it, and applications for certificates are below. Shows of accounts how many there are, never whose.

pub(super) mod applications;
pub(super) mod deeds;
pub(super) mod one;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::posted_notice::Prefecture;
use serde::Deserialize;
use store::facilities::FacilitySearch;
use ui::component::{Choice, ErrorSummary, Fact, Need, NextPage, Select, TextField, Width};
use ui::language::Words;

use super::{Filled, Frame, Operator, show};
use crate::app::App;
use crate::enroll::{self, Enrolled, Enrolment, FirstAccount};
use crate::issue_notice;
use crate::told::{Told, faults};

/// The page's own path.
pub(super) const HERE: &str = "/facilities";

/// Where a new facility is enrolled.
pub(super) const NEW: &str = "/new-facility";

/// Facilities of one page.
const PAGE: u32 = 50;

struct Line {
    code: String,
    name: String,
    kind: String,
    prefecture: &'static str,
}

#[derive(Template)]
#[template(path = "operator/facilities.html")]
struct FacilitiesPage {
    frame: Frame,
    fields: [TextField; 2],
    selects: [Select; 2],
    heads: Vec<String>,
    lines: Vec<Line>,
    next: Option<NextPage>,
    /// Says how many applications are open.
    applications: String,
}

#[derive(Template)]
#[template(path = "operator/new_facility.html")]
struct NewFacilityPage {
    frame: Frame,
    summary: ErrorSummary,
    fields: [TextField; 3],
    kind: Select,
}

/// What is shown once, to be printed.
#[derive(Template)]
#[template(path = "operator/issued.html")]
pub(super) struct IssuedPage {
    frame: Frame,
    title: String,
    facts: Vec<Fact>,
    heads: Vec<String>,
    accounts: Vec<FirstAccount>,
    back: String,
}

/// What the search sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SearchForm {
    code: String,
    name: String,
    kind: String,
    prefecture: String,
    after: String,
}

/// The kinds of facilities to choose from, with a first choice of its own.
pub(super) fn kind_select(words: &Words, first: &str, value: &str) -> Select {
    let kinds = FacilityKind::ALL.into_iter().map(|kind| Choice {
        value: kind.as_str().into(),
        label: kind_label(kind, words),
    });
    let first = Choice {
        value: String::new(),
        label: words.say(first),
    };
    Select {
        name: "kind",
        label: words.say("facility-kind"),
        support: String::new(),
        need: Need::Plain,
        width: Width::Medium,
        options: [first].into_iter().chain(kinds).collect(),
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

/// The name of a kind of facility.
pub(super) fn kind_label(kind: FacilityKind, words: &Words) -> String {
    words.say(match kind {
        FacilityKind::Medical => "kind-medical",
        FacilityKind::Dental => "kind-dental",
        FacilityKind::Pharmacy => "kind-pharmacy",
        FacilityKind::HomeNursing => "kind-home-nursing",
    })
}

/// The prefectures to choose from.
pub(super) fn prefecture_select(words: &Words, value: &str) -> Select {
    let all = Prefecture::all().map(|it| Choice {
        value: format!("{:02}", it.number()),
        label: format!("{:02} {}", it.number(), prefecture_label(it, words)),
    });
    let first = Choice {
        value: String::new(),
        label: words.say("all"),
    };
    Select {
        name: "prefecture",
        label: words.say("prefecture"),
        support: String::new(),
        need: Need::Plain,
        width: Width::Medium,
        options: [first].into_iter().chain(all).collect(),
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

/// The name of a prefecture.
pub(super) fn prefecture_label(it: Prefecture, words: &Words) -> &'static str {
    let (ja, en) = it.label();
    words.choose(ja, en)
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn list_page(app: &App, operator: &Operator, form: &SearchForm) -> Result<Response, Told> {
    let words = &operator.words;
    let search = FacilitySearch {
        // What is no digit is in no code: it finds nothing.
        code: given(&form.code),
        name: given(&form.name),
        kind: FacilityKind::parse(&form.kind),
        prefecture: Prefecture::parse(&form.prefecture),
        after: InstitutionCode::parse(&form.after).ok(),
    };
    // One more than the page says that there are more.
    let mut found = app.engine.search_facilities(&search, PAGE + 1)?;
    let more = (PAGE as usize) < found.len();
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| NextPage {
        action: "/facilities/search",
        terms: vec![
            ("code", form.code.clone()),
            ("name", form.name.clone()),
            ("kind", form.kind.clone()),
            ("prefecture", form.prefecture.clone()),
            ("after", last.code.to_string()),
        ],
    });
    let field = |name: &'static str, label: &str, value: &str| TextField {
        need: Need::Plain,
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    };
    let open = app.engine.count_open_applications()?;
    let page = FacilitiesPage {
        frame: operator.frame(HERE),
        fields: [
            field("code", "search-code", &form.code),
            field("name", "search-name", &form.name),
        ],
        selects: [
            kind_select(words, "all", &form.kind),
            prefecture_select(words, &form.prefecture),
        ],
        heads: [
            "institution-code",
            "facility-name",
            "facility-kind",
            "prefecture",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: found
            .into_iter()
            .map(|it| Line {
                prefecture: Prefecture::of(it.code).map_or("", |of| prefecture_label(of, words)),
                code: it.code.to_string(),
                name: it.name,
                kind: kind_label(it.kind, words),
            })
            .collect(),
        next,
        applications: words.say_with("applications-open", &[("count", open)]),
    };
    Ok(show(StatusCode::OK, &page))
}

pub(super) async fn list(State(app): State<App>, operator: Operator) -> Response {
    let outcome = list_page(&app, &operator, &SearchForm::default());
    operator.shown(HERE, outcome)
}

pub(super) async fn search(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let outcome = list_page(&app, &operator, &form);
    operator.shown(HERE, outcome)
}

/// What the form of a new facility sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NewForm {
    code: String,
    name: String,
    kind: String,
    terminal: String,
}

fn new_page(operator: &Operator, form: &NewForm, told: Option<&Told>) -> Response {
    let words = &operator.words;
    let faults = faults(told, words);
    let of = |name: &str| super::set_up::of(name, &faults);
    let field = |name: &'static str, label: &str, support: &str, value: &str| TextField {
        support: words.say(support),
        value: value.to_owned(),
        errors: of(name),
        ..TextField::new(name, words.say(label))
    };
    let page = NewFacilityPage {
        frame: operator.frame(NEW),
        fields: [
            field(
                "code",
                "institution-code",
                "institution-code-support",
                &form.code,
            ),
            field("name", "facility-name", "facility-name-support", &form.name),
            field(
                "terminal",
                "terminal-name",
                "terminal-name-support",
                &form.terminal,
            ),
        ],
        kind: Select {
            errors: of("kind"),
            ..kind_select(words, "kind-by-code", &form.kind)
        },
        summary: super::set_up::summary(&faults),
    };
    show(told.map_or(StatusCode::OK, Told::status), &page)
}

/// The form of a new facility; an application for its certificate leads to it with what was applied for.
pub(super) async fn new(operator: Operator, Query(form): Query<NewForm>) -> Response {
    new_page(&operator, &form, None)
}

pub(super) async fn enrol(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<NewForm>,
) -> Response {
    let enrolment = Enrolment {
        code: form.code.trim().to_owned(),
        kind: given(&form.kind),
        name: form.name.trim().to_owned(),
        terminal: form.terminal.trim().to_owned(),
    };
    match not_yet(&app, &enrolment) {
        Ok(()) => {}
        Err(told) => return new_page(&operator, &form, Some(&told)),
    }
    match enroll::enroll(&app, enrolment, operator.actor()).await {
        Ok(enrolled) => issued(&operator, "issued-facility", enrolled),
        Err(told) => new_page(&operator, &form, Some(&told)),
    }
}

/// Refuses a facility that is enrolled: another of its terminals is added on its own page, where its name does not change.
fn not_yet(app: &App, enrolment: &Enrolment) -> Result<(), Told> {
    let code = enroll::institution(&enrolment.code)?;
    match app.engine.facility(code)? {
        None => Ok(()),
        Some(_) => Err(Told::of(
            "code",
            "enrolled",
            "この医療機関コードは登録済みです。端末を加えるときは、施設の画面から行ってください。",
            "this institution code is enrolled; add a terminal on the facility's own page",
        )),
    }
}

/// The notice of a certificate and, for a new facility, its first accounts.
pub(super) fn issued(operator: &Operator, title: &str, enrolled: Enrolled) -> Response {
    let words = &operator.words;
    let (validity_ja, validity_en) = issue_notice::validity(&enrolled);
    let lines = issue_notice::lines(&enrolled);
    let fact = |label: String, text: &str| Fact {
        label,
        text: text.to_owned(),
        meaning: String::new(),
    };
    let mut facts: Vec<Fact> = lines
        .iter()
        .map(|line| fact(words.choose(line.ja, line.en).to_owned(), line.value))
        .collect();
    facts.push(fact(
        words.say("validity"),
        &words.choose(validity_ja, validity_en),
    ));
    if !enrolled.secret_number.is_empty() {
        facts.push(fact(words.say("secret-number"), &enrolled.secret_number));
    }
    let back = format!("{HERE}/{}", enrolled.code);
    issued_page(operator, title, facts, enrolled.accounts, back)
}

/// A page of secrets that are shown now and never again.
pub(super) fn issued_page(
    operator: &Operator,
    title: &str,
    facts: Vec<Fact>,
    accounts: Vec<FirstAccount>,
    back: String,
) -> Response {
    let words = &operator.words;
    let page = IssuedPage {
        frame: operator.frame(HERE),
        title: words.say(title),
        facts,
        heads: ["account-kind", "account-id", "first-password"]
            .map(|key| words.say(key))
            .into(),
        accounts,
        back,
    };
    show(StatusCode::OK, &page)
}
