//! `/v1/home-care/devices`: which devices are bound to the facility, and their removal, which counts at once.

use api::home_care::{HomeDevice, HomeDevices};
use api::problem::Trouble;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::home_care::VisualCheck;
use domain::permit::ManageHomeCare;
use uuid::Uuid;

use crate::app::App;
use crate::extract::Granted;
use crate::trouble::Refused;

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
) -> Result<Json<HomeDevices>, Refused> {
    let found = app.engine.home_devices(&permit)?.into_iter();
    let devices = found.map(|it| HomeDevice {
        account: it.account,
        activated_at: it.made.to_string(),
        id: Uuid::from_u128(it.id).to_string(),
        label: it.label,
        removed_at: it.ended.map(|at| at.to_string()),
        visual: it.visual == VisualCheck::Allowed,
    });
    Ok(Json(HomeDevices {
        devices: devices.collect(),
    }))
}

pub(crate) async fn remove(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let id = Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let removed = app
        .engine
        .remove_home_device(&permit, id.as_u128(), app.now());
    if removed.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Trouble::NotFound.into())
    }
}
