//! Feeds (取込): the batches that were loaded by `onshi feed`, with how many lines were taken and refused. Loads none and shows no line of one.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use domain::feed::{BatchKind, BatchState};

use super::{Frame, Operator, show};
use crate::app::App;
use crate::feeds::{self, BatchLine};
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/feeds";

struct Line {
    kind: String,
    file_name: String,
    begun: String,
    ended: String,
    who: String,
    state: String,
    tone: &'static str,
    counted: (u64, u64, u64),
    changed: (u64, u64, u64),
    report: Option<String>,
}

#[derive(Template)]
#[template(path = "operator/feeds.html")]
struct FeedsPage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<Line>,
}

pub(super) async fn page(State(app): State<App>, operator: Operator) -> Response {
    let outcome = feeds_page(&app, &operator);
    operator.shown(HERE, outcome)
}

fn feeds_page(app: &App, operator: &Operator) -> Result<Response, Told> {
    let words = &operator.words;
    let minute = |text: &str| {
        Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
    };
    let line = |it: BatchLine| {
        let state = BatchState::parse(&it.state);
        let kind = BatchKind::parse(&it.kind);
        Line {
            kind: kind.map_or(it.kind, |it| {
                words.choose(it.label_ja(), it.label_en()).to_owned()
            }),
            tone: match state {
                Some(BatchState::Published) => "good",
                Some(BatchState::Receiving | BatchState::Held) => "note",
                Some(
                    BatchState::Stopped
                    | BatchState::GivenUp
                    | BatchState::Rejected
                    | BatchState::Undone,
                )
                | None => "bad",
            },
            state: state.map_or(it.state, |it| {
                words.choose(it.label_ja(), it.label_en()).to_owned()
            }),
            begun: minute(&it.begun),
            ended: it.ended.as_deref().map_or_else(|| "－".into(), minute),
            file_name: it.file_name,
            who: it.who,
            counted: it.counted,
            changed: it.changed,
            report: it.report,
        }
    };
    let page = FeedsPage {
        frame: operator.frame(HERE),
        heads: [
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
