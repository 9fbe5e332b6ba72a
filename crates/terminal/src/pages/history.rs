//! The history of the facility's checks (G15): search, next page, export, and the first page written anew when a check comes. Search terms
//! travel in bodies, never in addresses.

use std::collections::BTreeMap;

use api::check::Origin;
use api::check::answered::verdict_of_number;
use api::client::ClientError;
use api::client::cards::Cause;
use api::history::{Export, History, HistoryEntry, Search};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::check::Verdict;
use domain::civil_date::CivilDate;
use domain::identification::Method;
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fault, Need, NextPage, Select, TextField, Width};
use ui::language::Words;

use crate::pages::csv_export::{ExportForm, attachment};
use crate::pages::{Filled, Frame, Staff, copies, receipt_link, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(super) const HERE: &str = "/history";

/// Days shown before anybody searched: the center's own default.
const DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "history.html")]
pub(super) struct HistoryPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) fields: Vec<TextField>,
    pub(super) selects: Vec<Select>,
    /// What was found; nothing where the terms are wrong.
    pub(super) live: Option<HistoryLive>,
    /// The terms as they were searched, as JSON, where what is found is written anew by itself: what is typed meanwhile is none of them.
    pub(super) follows: Option<String>,
}

/// What was found: the part of the page that is written anew when there is news.
#[derive(Template)]
#[template(path = "history_live.html")]
pub(super) struct HistoryLive {
    words: Words,
    heads: Vec<String>,
    lines: Vec<Line>,
    next: Option<NextPage>,
}

/// A check in the list.
pub(super) struct Line {
    /// Where its result stands.
    pub(super) href: String,
    pub(super) at: String,
    pub(super) name: String,
    pub(super) insurer: String,
    pub(super) visit: String,
    pub(super) verdict: String,
    pub(super) tone: &'static str,
    pub(super) origin: String,
    pub(super) account: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct SearchForm {
    from: String,
    to: String,
    name: String,
    verdict: String,
    origin: String,
    account: String,
    after: String,
}

impl SearchForm {
    fn search(&self) -> Search {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Search {
            account: given(&self.account),
            after: given(&self.after),
            from: given(&self.from).map(|text| days::to_iso(&text)),
            name: given(&self.name),
            origin: given(&self.origin),
            to: given(&self.to).map(|text| days::to_iso(&text)),
            verdict: self.verdict.parse().ok(),
        }
    }

    fn faults(&self, words: &Words) -> Vec<(String, Fault)> {
        let fields = [("from", &self.from), ("to", &self.to)];
        let wrong = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), days::fault(text, words)?)));
        let mut faults: Vec<_> = wrong.collect();
        if !self.verdict.is_empty() && Verdict::from_code(&self.verdict).is_none() {
            let fault = faults::own(words, "unknown", "unknown-choice");
            faults.push(("verdict".into(), fault));
        }
        faults
    }

    /// The terms by which an open page goes on, over midnight too: days that end today, or begin at the default, are left to the center.
    /// None where nothing that comes can be among them, and by name, which is looked for in every check of the days.
    fn newest(&self, today: CivilDate) -> Option<Self> {
        let day = |text: &str| CivilDate::parse_iso(&days::to_iso(text.trim())).ok();
        let to = day(&self.to);
        if to.is_some_and(|to| to < today) || !self.name.trim().is_empty() || !self.after.is_empty()
        {
            return None;
        }
        let is_default = day(&self.from) == Some(today.plus_days(-DAYS));
        Some(Self {
            from: if is_default {
                String::new()
            } else {
                self.from.clone()
            },
            to: if to == Some(today) {
                String::new()
            } else {
                self.to.clone()
            },
            ..self.clone()
        })
    }

    fn terms(&self, next: &str) -> Vec<(&'static str, String)> {
        vec![
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("name", self.name.clone()),
            ("verdict", self.verdict.clone()),
            ("origin", self.origin.clone()),
            ("account", self.account.clone()),
            ("after", next.to_owned()),
        ]
    }
}

fn origin_label(origin: Origin, words: &Words) -> String {
    words.say(match origin {
        Origin::Page => "origin-page",
        Origin::Shell => "origin-shell",
        Origin::File => "origin-file",
        Origin::WebApi => "origin-web-api",
        Origin::Card => "origin-card",
        Origin::Bulk => "origin-bulk",
        Origin::Disaster => "origin-disaster",
        Origin::Outage => "origin-outage",
        Origin::Ambulance => "origin-ambulance",
        Origin::Home => "origin-home",
    })
}

/// How a check was asked; of one by card also how the holder was identified.
fn asked(entry: &HistoryEntry, words: &Words) -> String {
    let Some(origin) = Origin::parse(&entry.origin) else {
        return entry.origin.clone();
    };
    let label = origin_label(origin, words);
    match entry.method.as_deref().and_then(Method::parse) {
        Some(method) => {
            let method = words.say(method_key(method));
            let values = [("origin", label.as_str()), ("method", method.as_str())];
            words.say_with("origin-by", &values)
        }
        None => label,
    }
}

/// The key of the words for a way to prove who one is.
pub(super) fn method_key(method: Method) -> &'static str {
    match method {
        Method::Pin => "method-pin",
        Method::Visual => "method-visual",
        Method::Face => "method-face",
    }
}

pub(super) fn line(entry: HistoryEntry, words: &Words) -> Line {
    let verdict = verdict_of_number(entry.verdict);
    let page = match Origin::parse(&entry.origin) {
        Some(Origin::Card) => "card-checks",
        Some(Origin::Home) if entry.method.is_some() => "card-checks",
        Some(
            Origin::Page
            | Origin::Shell
            | Origin::File
            | Origin::WebApi
            | Origin::Bulk
            | Origin::Disaster
            | Origin::Outage
            | Origin::Ambulance
            | Origin::Home,
        )
        | None => "checks",
    };
    Line {
        at: days::show_instant(&entry.at),
        href: format!("/{page}/{}", entry.check_id),
        origin: asked(&entry, words),
        name: entry.name.unwrap_or_else(|| words.say("no-name")),
        insurer: entry.insurer_number,
        visit: entry.visit_date,
        verdict: verdict.map_or_else(
            || entry.verdict.to_string(),
            |it| words.choose(it.label_ja(), it.label_en()).to_owned(),
        ),
        tone: match verdict {
            Some(Verdict::Valid) => "good",
            Some(Verdict::Invalid | Verdict::NotFound) | None => "bad",
            Some(Verdict::NewerExists | Verdict::Several | Verdict::ValidUnregistered) => "warn",
        },
        account: entry.account,
    }
}

fn fields(form: &SearchForm, words: &Words) -> Vec<TextField> {
    let field = |name, label: &str, support: &str, value: &str| TextField {
        need: Need::Plain,
        width: Width::Full,
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    };
    vec![
        field("from", "from", "from-support", &form.from),
        field("to", "to", "to-support", &form.to),
        field("name", "name", "name-support", &form.name),
        field("account", "user-id", "user-id-support", &form.account),
    ]
}

fn selects(form: &SearchForm, words: &Words) -> Vec<Select> {
    let all = || Choice {
        value: String::new(),
        label: words.say("all"),
    };
    let verdicts = Verdict::ALL.iter().map(|verdict| Choice {
        value: verdict.code().into(),
        label: words
            .choose(verdict.label_ja(), verdict.label_en())
            .to_owned(),
    });
    let origins = Origin::ALL.into_iter().map(|origin| Choice {
        value: origin.as_str().into(),
        label: origin_label(origin, words),
    });
    let select = |name, label: &str, options: Vec<Choice>, value: &str| Select {
        name,
        label: words.say(label),
        support: String::new(),
        need: Need::Plain,
        width: Width::Full,
        options,
        value: value.to_owned(),
        errors: Vec::new(),
    };
    vec![
        select(
            "verdict",
            "verdict",
            [all()].into_iter().chain(verdicts).collect(),
            &form.verdict,
        ),
        select(
            "origin",
            "origin",
            [all()].into_iter().chain(origins).collect(),
            &form.origin,
        ),
    ]
}

/// A page of the history; `found`, with the day it was on, is absent where the terms are wrong.
pub(super) fn history_page(
    frame: Frame,
    form: &SearchForm,
    found: Option<(History, CivilDate)>,
    faults: &[(String, Fault)],
) -> HistoryPage {
    let words = frame.words.clone();
    let mut fields = fields(form, &words);
    let mut selects = selects(form, &words);
    let summary = faults::spread(faults, &mut fields, &mut selects);
    let newest = found.as_ref().and_then(|(_, today)| form.newest(*today));
    HistoryPage {
        summary,
        fields,
        selects,
        live: found.map(|(found, _)| history_live(form, found, &words)),
        follows: newest.map(|form| {
            let terms: BTreeMap<_, _> = form.terms("").into_iter().collect();
            // Texts under names always serialise.
            serde_json::to_string(&terms).unwrap_or_default()
        }),
        frame,
    }
}

/// What was found by these terms.
fn history_live(form: &SearchForm, found: History, words: &Words) -> HistoryLive {
    let heads = [
        "at",
        "name",
        "verdict",
        "insurer-number",
        "visit-date",
        "origin",
        "user-id",
    ];
    HistoryLive {
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        next: found.next.map(|next| NextPage {
            action: HERE,
            terms: form.terms(&next),
        }),
        lines: found
            .checks
            .into_iter()
            .map(|entry| line(entry, words))
            .collect(),
        words: words.clone(),
    }
}

pub(crate) async fn latest(State(app): State<App>, staff: Staff) -> Response {
    let today = app.now().date_in_japan();
    let form = SearchForm {
        from: today.plus_days(-DAYS).to_string(),
        to: today.to_string(),
        ..SearchForm::default()
    };
    find(&app, &staff, &form).await
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    find(&app, &staff, &form).await
}

/// What is found by the terms of a page that heard of news, alone.
pub(crate) async fn live(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let search = form.search();
    let asked = staff
        .client
        .search_by(staff.token(), &search, Cause::Background);
    match asked.await {
        Ok(found) => {
            copies::keep_rows(&app, &staff, &found);
            show(StatusCode::OK, &history_live(&form, found, &staff.words))
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

async fn find(app: &App, staff: &Staff, form: &SearchForm) -> Response {
    let faults = form.faults(&staff.words);
    if !faults.is_empty() {
        return wrong(staff, form, &faults);
    }
    let found = staff.client.search(staff.token(), &form.search()).await;
    match found {
        Ok(found) => {
            copies::keep_rows(app, staff, &found);
            let mut frame = staff.frame(HERE);
            frame.banners.extend(receipt_link::of_results(app, staff));
            let page = history_page(frame, form, Some((found, app.now().date_in_japan())), &[]);
            show(StatusCode::OK, &page)
        }
        Err(error) => {
            copies::list(app, staff, &error).unwrap_or_else(|| unfound(app, staff, form, &error))
        }
    }
}

fn wrong(staff: &Staff, form: &SearchForm, faults: &[(String, Fault)]) -> Response {
    let page = history_page(staff.frame(HERE), form, None, faults);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn unfound(app: &App, staff: &Staff, form: &SearchForm, error: &ClientError) -> Response {
    match faults::of_named(error, &staff.words) {
        Some(faults) => wrong(staff, form, &faults),
        None => staff.failed(app, error, HERE),
    }
}

/// What was found as a CSV file.
pub(crate) async fn export(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ExportForm<SearchForm>>,
) -> Response {
    let faults = form.search.faults(&staff.words);
    if !faults.is_empty() {
        return wrong(&staff, &form.search, &faults);
    }
    let Some(encoding) = form.encoding() else {
        return Redirect::to(HERE).into_response();
    };
    let body = Export::of(form.search.search(), encoding);
    let file = staff.client.export(staff.token(), &body).await;
    let bytes = match file {
        Ok(bytes) => bytes,
        Err(error) => return unfound(&app, &staff, &form.search, &error),
    };
    attachment(bytes, encoding, "history", app.now())
}
