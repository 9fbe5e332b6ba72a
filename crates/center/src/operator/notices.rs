//! Notices to facilities (お知らせ, G36): the list, a new one with all it may carry, and taking one back. Terminals show them by themselves.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use domain::era;
use domain::facility_kind::FacilityKind;
use domain::posted_notice::Prefecture;
use serde::Deserialize;
use ui::component::{Checkbox, ErrorSummary, Need, TextField, Width};
use ui::language::Words;

use super::deed_page::{Loss, Tick, confirmed};
use super::facilities::{kind_label, prefecture_label};
use super::{Done, Filled, Frame, Operator, set_up, show};
use crate::app::App;
use crate::posted_notices::{self, NewNotice, NoticeLine};
use crate::told::{Told, faults};

/// The page's own path.
pub(super) const HERE: &str = "/notices";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 2] = [
    ("posted", "notice-posted"),
    ("withdrawn", "notice-withdrawn"),
];

struct Line {
    id: String,
    title: String,
    posted: String,
    state: String,
    tone: &'static str,
    important: bool,
    audience: String,
    until: String,
    may_withdraw: bool,
}

#[derive(Template)]
#[template(path = "operator/notices.html")]
struct NoticesPage {
    frame: Frame,
    summary: ErrorSummary,
    heads: Vec<String>,
    lines: Vec<Line>,
    title: TextField,
    body: TextField,
    title_en: TextField,
    body_en: TextField,
    important: Checkbox,
    kinds: Vec<Checkbox>,
    prefectures: TextField,
    facilities: TextField,
    until: TextField,
}

/// What the form of a new notice sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NoticeForm {
    title: String,
    body: String,
    title_en: String,
    body_en: String,
    important: String,
    kind_medical: String,
    kind_dental: String,
    kind_pharmacy: String,
    kind_home_nursing: String,
    prefecture: String,
    facility: String,
    until: String,
}

impl NoticeForm {
    /// The kinds of facilities, each with the name of its tick and whether it is ticked.
    fn kinds(&self) -> [(FacilityKind, &'static str, bool); 4] {
        [
            (FacilityKind::Medical, "kind_medical", &self.kind_medical),
            (FacilityKind::Dental, "kind_dental", &self.kind_dental),
            (FacilityKind::Pharmacy, "kind_pharmacy", &self.kind_pharmacy),
            (
                FacilityKind::HomeNursing,
                "kind_home_nursing",
                &self.kind_home_nursing,
            ),
        ]
        .map(|(kind, name, typed)| (kind, name, typed == "yes"))
    }

    fn notice(&self) -> NewNotice {
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '、'));
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let english = (self.title_en.trim(), self.body_en.trim());
        let kinds = self.kinds().into_iter();
        NewNotice {
            title: self.title.trim().to_owned(),
            // Browsers send lines that end with CR LF.
            body: self.body.replace("\r\n", "\n"),
            english: (english != ("", ""))
                .then(|| (english.0.to_owned(), english.1.replace("\r\n", "\n"))),
            important: self.important == "yes",
            kinds: kinds
                .filter(|(_, _, ticked)| *ticked)
                .map(|(kind, _, _)| kind.as_str().to_owned())
                .collect(),
            prefectures: words(&self.prefecture),
            facilities: words(&self.facility),
            until: Some(self.until.trim())
                .filter(|text| !text.is_empty())
                .map(|text| {
                    era::parse(text).map_or_else(|_| text.to_owned(), |day| day.to_string())
                }),
        }
    }
}

/// Whom a notice reaches, in words.
fn audience(it: &NoticeLine, words: &Words) -> String {
    let kinds = it.kinds.iter().filter_map(|text| FacilityKind::parse(text));
    let prefectures = it.prefectures.iter();
    let prefectures = prefectures.filter_map(|text| Prefecture::parse(text));
    let parts: Vec<String> = kinds
        .map(|kind| kind_label(kind, words))
        .chain(prefectures.map(|of| prefecture_label(of, words).to_owned()))
        .chain(it.facilities.iter().cloned())
        .collect();
    if parts.is_empty() {
        words.say("all")
    } else {
        parts.join(words.choose("・", ", "))
    }
}

fn line(it: NoticeLine, words: &Words) -> Line {
    let (state, tone) = match it.state.as_str() {
        "in_force" => ("notice-in-force", "good"),
        "withdrawn" => ("notice-withdrawn-state", "bad"),
        _ => ("notice-over", "note"),
    };
    let posted = Instant::parse(&it.posted_at).map(Instant::to_minute_in_japan);
    Line {
        audience: audience(&it, words),
        state: words.say(state),
        tone,
        important: it.importance == "important",
        may_withdraw: it.state == "in_force",
        posted: posted.unwrap_or(it.posted_at),
        until: it.until.unwrap_or_else(|| "－".into()),
        title: it.title,
        id: it.id,
    }
}

fn page(
    app: &App,
    operator: &Operator,
    done: &Done,
    form: &NoticeForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let faults = faults(told, words);
    let mut frame = operator.frame(HERE);
    frame.banners.extend(done.banner(words, &DONE));
    let field = |name: &'static str, key: &str, value: &str, need: Need| TextField {
        need,
        width: Width::Full,
        value: value.to_owned(),
        errors: set_up::of(name, &faults),
        ..TextField::new(name, words.say(key))
    };
    let supported = |field: TextField, key: &str| TextField {
        support: words.say(key),
        ..field
    };
    let tick = |name: &'static str, label: String, checked: bool| Checkbox {
        name,
        label,
        support: String::new(),
        value: "yes".into(),
        checked,
    };
    let optional = Need::Optional;
    let page = NoticesPage {
        frame,
        summary: set_up::summary(&faults),
        heads: [
            "notice-title",
            "notice-state",
            "notice-audience",
            "notice-until",
            "deeds",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: posted_notices::list(app)?
            .into_iter()
            .map(|it| line(it, words))
            .collect(),
        title: field("title", "notice-title-ja", &form.title, Need::Required),
        body: field("body", "notice-body-ja", &form.body, Need::Required),
        title_en: field("title_en", "notice-title-en", &form.title_en, optional),
        body_en: field("body_en", "notice-body-en", &form.body_en, optional),
        important: Checkbox {
            support: words.say("notice-important-support"),
            ..tick(
                "important",
                words.say("notice-important"),
                form.important == "yes",
            )
        },
        kinds: form
            .kinds()
            .map(|(kind, name, ticked)| tick(name, kind_label(kind, words), ticked))
            .into(),
        prefectures: supported(
            field("prefecture", "prefecture", &form.prefecture, optional),
            "notice-prefectures-support",
        ),
        facilities: supported(
            field("facility", "notice-facilities", &form.facility, optional),
            "notice-facilities-support",
        ),
        until: supported(
            field("until", "notice-until", &form.until, optional),
            "notice-until-support",
        ),
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

pub(super) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let outcome = page(&app, &operator, &done, &NoticeForm::default(), None);
    operator.shown(HERE, outcome)
}

pub(super) async fn post(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<NoticeForm>,
) -> Response {
    match posted_notices::post(&app, form.notice(), operator.actor()).await {
        Ok(_) => Redirect::to(&format!("{HERE}?done=posted")).into_response(),
        Err(told) => {
            let outcome = page(&app, &operator, &Done::default(), &form, Some(&told));
            operator.shown(HERE, outcome)
        }
    }
}

/// The page before a notice is taken back.
fn before(app: &App, operator: &Operator, id: &str, told: Option<&Told>) -> Result<Response, Told> {
    let found = posted_notices::list(app)?.into_iter();
    let mut found = found.map(|it| line(it, &operator.words));
    let found = found.find(|it| it.id == id && it.may_withdraw);
    let found = found.ok_or_else(posted_notices::none_in_force)?;
    let loss = Loss {
        here: format!("{HERE}/{}/withdraw", found.id),
        texts: ("notice-withdrawing", "notice-withdrawing-lead"),
        facts: vec![
            ("notice-title", found.title),
            ("notice-audience", found.audience),
            ("notice-until", found.until),
        ],
        hidden: Vec::new(),
        back: (HERE.to_owned(), "to-notices"),
    };
    Ok(loss.page(operator, told))
}

pub(super) async fn before_withdrawal(
    State(app): State<App>,
    operator: Operator,
    Path(id): Path<String>,
) -> Response {
    let outcome = before(&app, &operator, &id, None);
    operator.shown(HERE, outcome)
}

pub(super) async fn withdraw(
    State(app): State<App>,
    operator: Operator,
    Path(id): Path<String>,
    Filled(form): Filled<Tick>,
) -> Response {
    if let Err(told) = confirmed(&form.confirm) {
        let outcome = before(&app, &operator, &id, Some(&told));
        return operator.shown(HERE, outcome);
    }
    match posted_notices::withdraw(&app, &id, operator.actor()).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done=withdrawn")).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}
