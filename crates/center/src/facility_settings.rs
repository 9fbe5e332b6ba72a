//! A facility's settings (環境設定情報更新): read by every account, changed by the administrator, who also reads who changed what when.
//! A change counts from the next check on.

use api::problem::Trouble;
use api::routes;
use api::settings::{
    SettingChange, Settings, SettingsChange, SettingsHistory, SettingsHistoryQuery,
};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::facility_settings::FacilitySettings;
use domain::permit::{EditSettings, ReadSettings};
use store::facility_settings::{ChangeRow, Changed};

use crate::app::App;
use crate::conditional::fits;
use crate::extract::{Body, Granted, Query};
use crate::repeats::{self, Repeatable};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn read(
    State(app): State<App>,
    Granted(permit): Granted<ReadSettings>,
) -> Result<Response, Refused> {
    let it = app.engine.settings(permit.facility())?;
    Ok(answer(shown(&it.settings, it.version)))
}

pub(crate) async fn change(
    State(app): State<App>,
    Granted(permit): Granted<EditSettings>,
    headers: HeaderMap,
    body: Body<Settings>,
) -> Result<Response, Refused> {
    let now = app.now();
    let parts = [routes::SETTINGS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return again(&before);
    }
    let settings = body
        .value
        .read()
        .map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let seen = app.engine.settings(permit.facility())?;
    let expected = headers.get(header::IF_MATCH);
    let fits_seen =
        |tag: &header::HeaderValue| fits(tag.to_str().unwrap_or_default(), &version(seen.version));
    if expected.is_some_and(|tag| !fits_seen(tag)) {
        return Err(Trouble::Changed.into());
    }
    // Without a condition the number in the answer is a guess that the store holds the change to as well.
    let shown = shown(&settings, seen.version + 1);
    let kept = repeatable.keep(&shown, now)?;
    let changed = app
        .engine
        .change_settings(&permit, settings, Some(seen.version), kept, now);
    match changed.await? {
        Changed::Done => {
            app.events.wake(permit.facility());
            Ok(answer(shown))
        }
        Changed::Since => Err(Trouble::Changed.into()),
        Changed::Before(earlier) => again(&repeats::again(earlier)?),
    }
}

/// Saves of one page of the history.
const PAGE: u32 = 50;

pub(crate) async fn history(
    State(app): State<App>,
    Granted(permit): Granted<EditSettings>,
    query: Query<SettingsHistoryQuery>,
) -> Result<Json<SettingsHistory>, Refused> {
    let Query(asked) = query;
    let before = asked.before.as_deref().map(str::parse::<i64>).transpose();
    let before = before.map_err(|_| Trouble::InvalidQuery)?;
    if before.is_some_and(|before| before < 1) {
        return Err(Trouble::InvalidQuery.into());
    }
    let before = before.unwrap_or(i64::MAX);
    let rows = app.engine.settings_history(&permit, before, PAGE + 1)?;
    Ok(Json(page(rows)))
}

/// Changes by the save they belong to.
fn page(rows: Vec<ChangeRow>) -> SettingsHistory {
    let mut changes: Vec<SettingsChange> = Vec::new();
    for row in rows {
        let change = SettingChange {
            became: row.became,
            setting: row.setting,
            was: row.was,
        };
        let number = version(row.version);
        match changes.last_mut().filter(|last| last.version == number) {
            Some(last) => last.settings.push(change),
            None => changes.push(SettingsChange {
                account: row.account.to_string(),
                at: row.at.to_string(),
                settings: vec![change],
                version: number,
            }),
        }
    }
    let most = PAGE as usize;
    let next = (most < changes.len()).then(|| changes.get(most - 1).map(|it| it.version.clone()));
    changes.truncate(most);
    SettingsHistory {
        changes,
        next: next.flatten(),
    }
}

fn again(before: &[u8]) -> Result<Response, Refused> {
    let shown = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(answer(shown))
}

fn answer(shown: Settings) -> Response {
    let tag = format!("\"{}\"", shown.version.as_deref().unwrap_or_default());
    ([(header::ETAG, tag)], Json(shown)).into_response()
}

fn shown(settings: &FacilitySettings, number: i64) -> Settings {
    Settings {
        version: Some(version(number)),
        ..Settings::from(settings)
    }
}

/// The text of a version, as it stands in the `ETag`.
pub(crate) fn version(number: i64) -> String {
    format!("{number}")
}
