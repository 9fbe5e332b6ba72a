//! A facility's settings (環境設定情報更新): read by every account, changed by the administrator. A change counts from the next check on.

use api::problem::Trouble;
use api::routes;
use api::settings::Settings;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::facility_settings::FacilitySettings;
use domain::permit::{EditSettings, ReadSettings};
use store::facility_settings::Changed;

use crate::app::App;
use crate::conditional::fits;
use crate::extract::{Body, Granted};
use crate::repeats::{self, Repeatable};
use crate::trouble::Refused;

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

fn again(before: &[u8]) -> Result<Response, Refused> {
    let shown = serde_json::from_slice(before).map_err(|_| Trouble::Internal)?;
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
