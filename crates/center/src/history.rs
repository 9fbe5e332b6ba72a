//! The history of a facility's checks (G15). Never reaches beyond the permit's facility.

use api::history::{History, HistoryEntry, Search};
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::State;
use domain::audit::Deed;
use domain::civil_date::{CivilDate, Instant};
use domain::permit::ReadHistory;

use crate::app::App;
use crate::extract::{Body, Granted};
use crate::sessions::{actor, event};
use crate::trouble::Refused;

/// Lines of one page.
const PAGE: u32 = 50;

pub(crate) async fn search(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    body: Body<Search>,
) -> Result<Json<History>, Refused> {
    let now = app.now();
    let today = now.date_in_japan();
    let body = body.value;
    let from = day("from", body.from.as_deref(), today.plus_days(-30))?;
    let to = day("to", body.to.as_deref(), today)?;
    let after = body
        .after
        .as_deref()
        .map(uuid::Uuid::parse_str)
        .transpose()
        .map_err(|_| {
            let error = MemberError::new(
                "after",
                "form",
                "after には前のページの next をそのまま指定してください。",
                "Give the next of the page before as after.",
            );
            Refused::members(Trouble::InvalidInput, vec![error])
        })?;
    let search = store::checks::Search {
        from: Instant::start_of_day_in_japan(from),
        until: Instant::start_of_day_in_japan(to.plus_days(1)),
        name: body.name.filter(|name| !name.trim().is_empty()),
        verdict: body.verdict,
        origin: body.origin,
        account: body.account,
        after: after.map(|id| id.as_u128()),
        limit: PAGE + 1,
    };
    let mut lines = app.engine.search_checks(&permit, &search)?;
    app.engine
        .record(event(
            now,
            actor(permit.holder().clone()),
            Deed::HistorySearch,
        ))
        .await?;
    let more = (PAGE as usize) < lines.len();
    lines.truncate(PAGE as usize);
    let id = |id| uuid::Uuid::from_u128(id).to_string();
    let next = lines.last().filter(|_| more).map(|line| id(line.id));
    let checks = lines.into_iter().map(|line| HistoryEntry {
        account: line.account,
        at: line.at.to_string(),
        check_id: id(line.id),
        insurer_number: line.insurer,
        name: line.name,
        origin: line.origin,
        verdict: line.verdict,
        visit_date: line.visit_date.to_string(),
    });
    Ok(Json(History {
        checks: checks.collect(),
        next,
    }))
}

fn day(member: &str, text: Option<&str>, default: CivilDate) -> Result<CivilDate, Refused> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => CivilDate::parse_iso(text).map_err(|_| wrong(member)),
        None => Ok(default),
    }
}

fn wrong(member: &str) -> Refused {
    let error = MemberError::new(
        member,
        "form",
        "日付は「2026-11-23」の形で入力してください。",
        "Write the date like 2026-11-23.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}
