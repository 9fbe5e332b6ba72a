//! What was done under each window, for review, and the facility's report on it (利用報告). A facility sees its own with names, the operator
//! all of them without.

use api::emergency::{
    EmergencyReports, FiledReport, NewReport, ReportsQuery, UsageLine, WindowUsage,
};
use api::problem::{MemberError, Trouble};
use api::routes;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::audit::{Actor, Deed};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskInOutage, Permit};
use store::emergency::reports::{Done, Filed, Report, Usage};
use uuid::Uuid;

use crate::app::App;
use crate::emergency::shown;
use crate::emergency::windows::unknown;
use crate::extract::{Body, Granted, Query};
use crate::records::Records;
use crate::repeats::{Repeatable, again};
use crate::sessions::{actor, event};
use crate::told::Told;
use crate::trouble::Refused;

/// Facilities told of at once: each with as many lines as the store tells.
const FACILITIES: usize = 20;

/// Windows told of at once to a facility.
const WINDOWS: usize = 20;

/// Lines told at once to a facility, whose patients' names are read: of one window, or of several together.
const LINES: usize = 500;

/// The longest report, in characters.
const REPORT_CHARS: usize = 2_000;

pub(crate) async fn list(
    State(records): State<Records>,
    Granted(permit): Granted<AskInOutage>,
    Query(asked): Query<ReportsQuery>,
) -> Result<Json<EmergencyReports>, Refused> {
    let mut read = event(
        records.now(),
        actor(permit.holder().clone()),
        Deed::EmergencyRead,
    );
    let found = match &asked.window {
        Some(window) => {
            let window = Uuid::parse_str(window).map_err(|_| Trouble::NotFound)?;
            read.subject = Some(window.as_u128());
            let used = records.engine.usage_in(&permit, window.as_u128(), LINES)?;
            let used = used.ok_or(Trouble::NotFound)?;
            EmergencyReports {
                next: None,
                windows: vec![told(used)],
            }
        }
        None => page(&records, &permit, &asked)?,
    };
    read.detail = format!("windows={}", found.windows.len());
    records.engine.record(read).await?;
    Ok(Json(found))
}

/// The windows the facility used, with the newest lines of them unless none are wanted.
fn page(
    records: &Records,
    permit: &Permit<AskInOutage>,
    asked: &ReportsQuery,
) -> Result<EmergencyReports, Refused> {
    let mut left = match asked.lines.as_deref() {
        None => LINES,
        Some("none") => 0,
        Some(_) => return Err(Trouble::InvalidQuery.into()),
    };
    let after = asked.after.as_deref().map(Uuid::parse_str).transpose();
    let after = after.map_err(|_| Trouble::InvalidQuery)?;
    let after = after.map(|it| it.as_u128());
    // One more says that there are more.
    let mut used = records.engine.used_windows(permit, after, WINDOWS + 1)?;
    let more = WINDOWS < used.len();
    used.truncate(WINDOWS);
    let next = used.last().filter(|_| more);
    let next = next.map(|it| shown(&it.window).id);
    let mut windows = Vec::new();
    for it in used {
        let id = it.window.planned.id;
        let done = if 0 < left {
            records.engine.usage_in(permit, id, left)?
        } else {
            None
        };
        let done = done.map(|it| it.done).unwrap_or_default();
        left = left.saturating_sub(done.len());
        windows.push(WindowUsage {
            facility: permit.facility().to_string(),
            lines: done.into_iter().map(line).collect(),
            openings: Some(it.openings),
            report: it.report.map(report),
            searches: Some(it.searches),
            window: shown(&it.window),
        });
    }
    Ok(EmergencyReports { next, windows })
}

pub(crate) async fn file(
    State(records): State<Records>,
    Granted(permit): Granted<AskInOutage>,
    headers: HeaderMap,
    body: Body<NewReport>,
) -> Result<StatusCode, Refused> {
    let parts = [routes::EMERGENCY_REPORTS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&records, &headers, permit.holder(), &parts)?;
    if repeatable.before(&records)?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let text = body.value.text.trim().to_owned();
    examine(&text)?;
    let window = Uuid::parse_str(&body.value.window).map_err(|_| Trouble::NotFound)?;
    let now = records.now();
    let mut filed = event(now, actor(permit.holder().clone()), Deed::EmergencyReport);
    filed.subject = Some(window.as_u128());
    let keeping = repeatable.keep(&(), now)?;
    let kept = records
        .engine
        .file_report(&permit, window.as_u128(), text, filed, keeping);
    match kept.await? {
        Filed::Done => Ok(StatusCode::NO_CONTENT),
        Filed::NothingDone => Err(Trouble::NotFound.into()),
        Filed::Before(earlier) => again(earlier).map(|_| StatusCode::NO_CONTENT),
    }
}

/// What facilities after a code did under a window, and which have not reported yet, for the operator, with the code more follow after; the
/// reading is on record.
pub(crate) async fn under(
    app: &App,
    (id, after): (&str, Option<&str>),
    by: Actor,
) -> Result<(Vec<WindowUsage>, Option<String>), Told> {
    let window = Uuid::parse_str(id).map_err(|_| unknown(id))?;
    let all = app.engine.emergency_windows()?;
    if !all.iter().any(|it| it.planned.id == window.as_u128()) {
        return Err(unknown(id));
    }
    let after = after.and_then(|code| InstitutionCode::parse(code).ok());
    // One more says that there are more.
    let limit = u32::try_from(FACILITIES + 1).unwrap_or(u32::MAX);
    let mut used = app.engine.usage_under(window.as_u128(), after, limit)?;
    let more = FACILITIES < used.len();
    used.truncate(FACILITIES);
    let next = used.last().filter(|_| more);
    let next = next.map(|it| it.facility.to_string());
    let mut read = event(app.now(), by, Deed::EmergencyRead);
    read.subject = Some(window.as_u128());
    read.detail = format!("facilities={}", used.len());
    app.engine.record(read).await?;
    Ok((used.into_iter().map(told).collect(), next))
}

/// A text of several lines: no other control character.
fn examine(text: &str) -> Result<(), Refused> {
    let flat = text.replace(['\n', '\r'], " ");
    domain::personal_text::check(&flat, REPORT_CHARS).map_err(|_| {
        let error = MemberError::new(
            "text",
            "form",
            "報告は1〜2000文字で入力してください。改行のほかの制御文字は使えません。",
            "A report has 1 to 2000 characters and no control characters but line breaks.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })
}

fn told(it: Usage) -> WindowUsage {
    WindowUsage {
        facility: it.facility.to_string(),
        lines: it.done.into_iter().map(line).collect(),
        openings: None,
        report: it.report.map(report),
        searches: None,
        window: shown(&it.window),
    }
}

fn line(it: Done) -> UsageLine {
    UsageLine {
        account: it.account,
        at: it.at.to_string(),
        deed: it.deed.into(),
        detail: it.detail,
        name: it.name,
    }
}

fn report(it: Report) -> FiledReport {
    FiledReport {
        account: it.account,
        at: it.at.to_string(),
        text: it.text,
    }
}
