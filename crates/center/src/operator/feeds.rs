//! Feeds (取込): the batches that were loaded by `onshi feed`, with how many lines were taken and refused; those of insurers that wait for
//! review are released or rejected here. Loads none and shows no line of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use domain::feed::{BatchKind, BatchState};

use super::{Frame, Operator, show};
use crate::app::App;
use crate::feeds::{self, BatchLine};
use crate::insurer_feeds;
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
    insurer: Option<String>,
    number: u32,
    held: Option<Held>,
}

/// What an operator looks at before a batch is released or rejected.
struct Held {
    causes: Vec<String>,
    /// What is counted, before, after.
    figures: Vec<(String, u64, u64)>,
}

#[derive(Template)]
#[template(path = "operator/feeds.html")]
struct FeedsPage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<Line>,
}

pub(super) async fn release(
    State(app): State<App>,
    operator: Operator,
    Path(batch): Path<String>,
) -> Response {
    match insurer_feeds::release(&app, &batch, operator.actor()).await {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

pub(super) async fn reject(
    State(app): State<App>,
    operator: Operator,
    Path(batch): Path<String>,
) -> Response {
    match insurer_feeds::reject(&app, &batch, operator.actor()).await {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

fn held(app: &App, operator: &Operator, it: &BatchLine) -> Held {
    let words = &operator.words;
    let Some(weighed) = it.weighed else {
        return Held {
            causes: Vec::new(),
            figures: Vec::new(),
        };
    };
    let (before, after) = (weighed.before, weighed.after);
    let figures = [
        ("feed-members", before.members, after.members),
        ("feed-with-ratio", before.with_ratio, after.with_ratio),
        ("feed-with-ceiling", before.with_ceiling, after.with_ceiling),
        ("feed-lost", before.lost, after.lost),
    ];
    let causes = insurer_feeds::causes(app, &weighed.into());
    Held {
        causes: causes
            .iter()
            .map(|(ja, en)| words.choose(ja, en).clone())
            .collect(),
        figures: figures
            .into_iter()
            .map(|(key, before, after)| (words.say(key), before, after))
            .collect(),
    }
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
        let held = (state == Some(BatchState::Held)).then(|| held(app, operator, &it));
        Line {
            kind: kind.map_or(it.kind, |it| {
                words.choose(it.label_ja(), it.label_en()).to_owned()
            }),
            tone: match state {
                Some(BatchState::Published) => "good",
                Some(BatchState::Receiving | BatchState::Held | BatchState::Interrupted) => "note",
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
            insurer: it.insurer,
            number: it.number,
            held,
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
