//! Emergency windows (緊急時の開放, G28): open one, approve another operator's, give it a later end, close it, and what facilities did under it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use domain::emergency::Mode;
use domain::operator::SHELL;
use domain::posted_notice::Prefecture;
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Need, Select, TextField, Width};
use ui::language::Words;

use super::deed_page::{Loss, confirmed};
use super::facilities::prefecture_label;
use super::{Done, Filled, Frame, Operator, set_up, show};
use crate::app::App;
use crate::emergency::reports;
use crate::emergency::windows::{self, NewWindow, WindowLine, WindowStep};
use crate::told::{Told, faults};

/// The page's own path.
pub(super) const HERE: &str = "/modes";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 4] = [
    ("open", "window-done-open"),
    ("approve", "window-done-approve"),
    ("extend", "window-done-extend"),
    ("close", "window-done-close"),
];

/// Hours a new window is proposed for.
const HOURS: [(&str, &str); 4] = [
    ("6", "window-hours-6"),
    ("24", "window-hours-24"),
    ("72", "window-hours-72"),
    ("168", "window-hours-168"),
];

struct Line {
    id: String,
    title: String,
    reason: String,
    standing: String,
    tone: &'static str,
    places: String,
    period: String,
    /// The end as it is sent with an extension.
    until: String,
    waiting: Option<String>,
    approvers: Option<String>,
    may_approve: bool,
    may_extend: bool,
    may_close: bool,
}

#[derive(Template)]
#[template(path = "operator/modes.html")]
struct ModesPage {
    frame: Frame,
    summary: ErrorSummary,
    heads: Vec<String>,
    lines: Vec<Line>,
    kind: Select,
    reason: TextField,
    prefectures: TextField,
    districts: TextField,
    facilities: TextField,
    hours: Select,
}

/// What the form of a new window sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct WindowForm {
    kind: String,
    reason: String,
    prefecture: String,
    district: String,
    facility: String,
    until: String,
}

impl WindowForm {
    fn window(&self, now: Instant) -> NewWindow {
        let words = |text: &str| -> Vec<String> {
            let parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '、'));
            parts
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let everywhere = self.kind == "outage_everywhere";
        NewWindow {
            kind: if everywhere {
                "outage".into()
            } else {
                self.kind.clone()
            },
            everywhere,
            prefectures: words(&self.prefecture),
            districts: words(&self.district),
            facilities: words(&self.facility),
            reason: self.reason.clone(),
            from: None,
            until: later(&self.until, now),
        }
    }
}

/// So many hours from now on; what is no number of hours is refused as an end.
fn later(hours: &str, now: Instant) -> String {
    hours.parse::<u16>().map_or_else(
        |_| hours.to_owned(),
        |hours| now.plus_seconds(i64::from(hours) * 3_600).to_string(),
    )
}

pub(super) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let outcome = page(&app, &operator, &done, &WindowForm::default(), None);
    operator.shown(HERE, outcome)
}

pub(super) async fn open(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<WindowForm>,
) -> Response {
    match windows::open(&app, form.window(app.now()), operator.actor()).await {
        Ok(_) => Redirect::to(&format!("{HERE}?done=open")).into_response(),
        Err(told) => {
            let outcome = page(&app, &operator, &Done::default(), &form, Some(&told));
            operator.shown(HERE, outcome)
        }
    }
}

/// A later end, in hours after the present one; the tick of an end at once.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct StepForm {
    hours: String,
    until: String,
    confirm: String,
}

/// The page before a window is closed.
fn before(app: &App, operator: &Operator, id: &str, told: Option<&Told>) -> Result<Response, Told> {
    let own = operator.name.to_string();
    let found = windows::list(app)?.into_iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| windows::unknown(id))?;
    let found = line(found, &own, &operator.words);
    let loss = Loss {
        here: format!("{HERE}/{}/close", found.id),
        texts: ("window-closing", "window-closing-lead"),
        facts: vec![
            ("window-mode", found.title),
            ("window-reason", found.reason),
            ("window-standing", found.standing),
            ("window-places", found.places),
            ("window-period", found.period),
        ],
        hidden: Vec::new(),
        back: (HERE.to_owned(), "to-modes"),
    };
    Ok(loss.page(operator, told))
}

pub(super) async fn before_closing(
    State(app): State<App>,
    operator: Operator,
    Path((id, step)): Path<(String, String)>,
) -> Response {
    let outcome = match step.as_str() {
        "close" => before(&app, &operator, &id, None),
        _ => Err(windows::unknown(&id)),
    };
    operator.shown(HERE, outcome)
}

pub(super) async fn step(
    State(app): State<App>,
    operator: Operator,
    Path((id, step)): Path<(String, String)>,
    Filled(form): Filled<StepForm>,
) -> Response {
    let end = Instant::parse(&form.until).unwrap_or_else(|_| app.now());
    let (wanted, done) = match step.as_str() {
        "approve" => (WindowStep::Approve, "approve"),
        "extend" => (WindowStep::Extend(later(&form.hours, end)), "extend"),
        "close" => {
            if let Err(told) = confirmed(&form.confirm) {
                let outcome = before(&app, &operator, &id, Some(&told));
                return operator.shown(HERE, outcome);
            }
            (WindowStep::Close, "close")
        }
        _ => return operator.shown(HERE, Err(windows::unknown(&id))),
    };
    match windows::step(&app, &id, wanted, operator.actor()).await {
        Ok(_) => Redirect::to(&format!("{HERE}?done={done}")).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

fn page(
    app: &App,
    operator: &Operator,
    done: &Done,
    form: &WindowForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let faults = faults(told, words);
    let mut frame = operator.frame(HERE);
    frame.banners.extend(done.banner(words, &DONE));
    let own = operator.name.to_string();
    let field = |name: &'static str, key: &str, support: &str, value: &str, need: Need| TextField {
        need,
        width: Width::Full,
        support: words.say(support),
        value: value.to_owned(),
        errors: set_up::of(name, &faults),
        ..TextField::new(name, words.say(key))
    };
    let choice = |(value, key): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        label: words.say(key),
    };
    let select = |name: &'static str, key: &str, options: &[(&str, &str)], value: &str| Select {
        name,
        label: words.say(key),
        support: String::new(),
        need: Need::Required,
        width: Width::Full,
        options: options.iter().map(choice).collect(),
        value: value.to_owned(),
        errors: set_up::of(name, &faults),
    };
    let kinds = [
        ("disaster", "window-disaster"),
        ("outage", "window-outage"),
        ("outage_everywhere", "window-outage-everywhere"),
    ];
    let optional = Need::Optional;
    let page = ModesPage {
        frame,
        summary: set_up::summary(&faults),
        heads: [
            "window-mode",
            "window-standing",
            "window-places",
            "window-period",
            "deeds",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: windows::list(app)?
            .into_iter()
            .map(|it| line(it, &own, words))
            .collect(),
        kind: select("kind", "window-mode", &kinds, &form.kind),
        reason: field(
            "reason",
            "window-reason",
            "window-reason-support",
            &form.reason,
            Need::Required,
        ),
        prefectures: field(
            "prefecture",
            "window-prefectures",
            "window-prefectures-support",
            &form.prefecture,
            optional,
        ),
        districts: field(
            "district",
            "window-districts",
            "window-districts-support",
            &form.district,
            optional,
        ),
        facilities: field(
            "facility",
            "window-facilities",
            "window-facilities-support",
            &form.facility,
            optional,
        ),
        hours: select("until", "window-hours", &HOURS, &form.until),
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

fn line(it: WindowLine, own: &str, words: &Words) -> Line {
    let (standing, tone) = match it.standing.as_str() {
        "waiting" => ("window-waiting", "warn"),
        "planned" => ("window-planned", "note"),
        "open" => ("window-open", "good"),
        "closed" => ("window-closed", "bad"),
        _ => ("window-ended", "note"),
    };
    let minute = |text: &str| {
        Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
    };
    let counts = matches!(it.standing.as_str(), "planned" | "open");
    Line {
        title: title(&it.kind, words),
        standing: words.say(standing),
        tone,
        places: places(&it, words),
        period: format!("{} － {}", minute(&it.from), minute(&it.until)),
        may_approve: it.approvers.iter().any(|name| name == own),
        approvers: (it.waiting.is_some()).then(|| approvers(&it, words)),
        may_extend: counts && it.waiting.is_none(),
        may_close: counts || it.standing == "waiting",
        waiting: it.waiting.map(|(who, until)| {
            let until = minute(&until);
            let values = [("who", who.as_str()), ("until", until.as_str())];
            words.say_with("window-waits", &values)
        }),
        reason: it.reason,
        until: it.until,
        id: it.id,
    }
}

/// Who may approve what waits.
fn approvers(it: &WindowLine, words: &Words) -> String {
    if it.approvers.is_empty() {
        return words.say("window-approvers-none");
    }
    let shell = words.say("window-approver-shell");
    let names = it.approvers.iter().map(String::as_str);
    let names = names.map(|name| if name == SHELL { &shell } else { name });
    let names = names.collect::<Vec<_>>().join(words.choose("、", ", "));
    words.say_with("window-approvers", &[("who", names.as_str())])
}

fn title(kind: &str, words: &Words) -> String {
    let mode = Mode::parse(kind);
    mode.map_or_else(
        || kind.to_owned(),
        |it| words.choose(it.label_ja(), it.label_en()).to_owned(),
    )
}

fn places(it: &WindowLine, words: &Words) -> String {
    if it.everywhere {
        return words.say("all");
    }
    let prefectures = it.prefectures.iter();
    let prefectures = prefectures.filter_map(|text| Prefecture::parse(text));
    let named = prefectures
        .map(|of| prefecture_label(of, words).to_owned())
        .chain(it.districts.iter().cloned())
        .chain(it.facilities.iter().cloned());
    named.collect::<Vec<_>>().join(words.choose("・", ", "))
}

#[derive(Template)]
#[template(path = "operator/mode_usage.html")]
struct UsagePage {
    frame: Frame,
    heads: Vec<String>,
    used: Vec<Used>,
    /// Where further facilities stand.
    next: Option<String>,
}

/// What one facility did.
struct Used {
    facility: String,
    lines: Vec<(String, String, String)>,
    report: Option<(String, String)>,
}

/// The facilities after one.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UsageQuery {
    after: Option<String>,
}

pub(super) async fn usage(
    State(app): State<App>,
    operator: Operator,
    Path(id): Path<String>,
    Query(query): Query<UsageQuery>,
) -> Response {
    let words = &operator.words;
    let minute = |text: &str| {
        Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
    };
    let asked = (id.as_str(), query.after.as_deref());
    let outcome = reports::under(&app, asked, operator.actor()).await;
    let outcome = outcome.map(|(found, next)| {
        let used = found.into_iter().map(|it| Used {
            facility: it.facility,
            lines: it
                .lines
                .iter()
                .map(|line| {
                    (
                        minute(&line.at),
                        line.account.clone(),
                        deed(&line.deed, words),
                    )
                })
                .collect(),
            report: it.report.map(|it| (minute(&it.at), it.text)),
        });
        let page = UsagePage {
            frame: operator.frame(&format!("{HERE}/{id}")),
            heads: ["usage-at", "usage-account", "usage-deed"]
                .map(|key| words.say(key))
                .into(),
            used: used.collect(),
            next: next.map(|code| format!("{HERE}/{id}?after={code}")),
        };
        show(StatusCode::OK, &page)
    });
    operator.shown(HERE, outcome)
}

fn deed(name: &str, words: &Words) -> String {
    words.say(match name {
        "opening" => "usage-opening",
        "look" => "usage-look",
        "check" => "usage-check",
        _ => "usage-search",
    })
}
