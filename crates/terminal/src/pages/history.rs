//! The history of the facility's checks (G15). Keeps no line.

use api::check::answered::verdict_of_number;
use api::history::Search;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::check::Verdict;

use crate::pages::{Frame, Staff, show};
use crate::serve::App;

struct Line {
    id: String,
    at: String,
    name: String,
    insurer: String,
    verdict: &'static str,
    account: String,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    lines: Vec<Line>,
}

pub(crate) async fn history(State(app): State<App>, staff: Staff) -> Response {
    let found = match app.client.search(&staff.0.token, &Search::default()).await {
        Ok(found) => found,
        Err(error) => return staff.failed(&app, &error),
    };
    let line = |entry: api::history::HistoryEntry| Line {
        at: domain::civil_date::Instant::parse(&entry.at)
            .map_or(entry.at, |at| at.to_minute_in_japan()),
        id: entry.check_id,
        name: entry.name.unwrap_or_default(),
        insurer: entry.insurer_number,
        verdict: verdict_of_number(entry.verdict).map_or("", Verdict::label_ja),
        account: entry.account,
    };
    let page = HistoryPage {
        frame: staff.frame(Vec::new()),
        lines: found.checks.into_iter().map(line).collect(),
    };
    show(StatusCode::OK, &page)
}
