//! Feeds (取込): the batches that were loaded by `onshi feed`, with how many lines were taken and refused, and which insurers register late.
//! Loads none and shows no line of one.

pub(super) mod one;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use domain::feed::{BatchKind, BatchState};
use ui::language::Words;

use super::{Frame, Operator, show};
use crate::app::App;
use crate::feeds::{self, BatchLine};
use crate::insurer_feeds::{self, LateLine};
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/feeds";

/// The path of late registrations.
pub(super) const LATE: &str = "/feeds/late";

struct Line {
    number: u32,
    kind: String,
    insurer: Option<String>,
    file_name: String,
    begun: String,
    ended: String,
    state: String,
    tone: &'static str,
    counted: (u64, u64, u64),
    changed: (u64, u64, u64),
    who: String,
}

#[derive(Template)]
#[template(path = "operator/feeds.html")]
struct FeedsPage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "operator/feeds_late.html")]
struct LatePage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<LateLine>,
    lead: String,
}

pub(super) async fn page(State(app): State<App>, operator: Operator) -> Response {
    let outcome = feeds_page(&app, &operator);
    operator.shown(HERE, outcome)
}

fn feeds_page(app: &App, operator: &Operator) -> Result<Response, Told> {
    let words = &operator.words;
    let line = |it: BatchLine| Line {
        number: it.number,
        kind: kind(&it, words),
        tone: tone(&it),
        state: state(&it, words),
        begun: minute(&it.begun),
        ended: it.ended.as_deref().map_or_else(|| "－".into(), minute),
        insurer: it.insurer,
        file_name: it.file_name,
        who: it.who,
        counted: it.counted,
        changed: it.changed,
    };
    let page = FeedsPage {
        frame: operator.frame(HERE),
        heads: [
            "feed-number",
            "feed-kind",
            "feed-file",
            "feed-begun",
            "feed-ended",
            "feed-state",
            "feed-lines",
            "feed-changed",
            "feed-who",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: feeds::list(app)?.into_iter().map(line).collect(),
    };
    Ok(show(StatusCode::OK, &page))
}

pub(super) async fn late(State(app): State<App>, operator: Operator) -> Response {
    let words = &operator.words;
    let deadlines = app.insurer_feeds.deadlines();
    let days = [
        ("employer", u64::from(deadlines.employer_days)),
        ("insurer", u64::from(deadlines.insurer_days)),
    ];
    let outcome = insurer_feeds::late(&app).map(|lines| {
        let page = LatePage {
            frame: operator.frame(LATE),
            heads: [
                "feed-insurer",
                "late-lines",
                "late-late",
                "late-share",
                "late-employer",
                "late-insurer",
            ]
            .map(|key| words.say(key))
            .into(),
            lines,
            lead: words.say_with("late-lead", &days),
        };
        show(StatusCode::OK, &page)
    });
    operator.shown(LATE, outcome)
}

fn kind(it: &BatchLine, words: &Words) -> String {
    BatchKind::parse(&it.kind).map_or_else(
        || it.kind.clone(),
        |kind| words.choose(kind.label_ja(), kind.label_en()).to_owned(),
    )
}

fn state(it: &BatchLine, words: &Words) -> String {
    BatchState::parse(&it.state).map_or_else(
        || it.state.clone(),
        |state| words.choose(state.label_ja(), state.label_en()).to_owned(),
    )
}

fn tone(it: &BatchLine) -> &'static str {
    match BatchState::parse(&it.state) {
        Some(BatchState::Published) => "good",
        Some(BatchState::Receiving) => "note",
        // Somebody has to do something.
        Some(BatchState::Held | BatchState::Interrupted) => "warn",
        Some(
            BatchState::Stopped | BatchState::GivenUp | BatchState::Rejected | BatchState::Undone,
        )
        | None => "bad",
    }
}

fn minute(text: &str) -> String {
    Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
}

/// The share of late lines, in percent of all.
fn share(it: &LateLine) -> String {
    let per_mille = it.late.saturating_mul(1_000) / it.lines.max(1);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}
