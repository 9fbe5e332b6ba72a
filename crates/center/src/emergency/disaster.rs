//! Disaster mode 災害時医療情報閲覧: a person found without a card, and their information opened with the consent that was given.

use api::check::Origin;
use api::emergency::{NewOpening as Asked, Opening, PersonSearch, SearchOutcome};
use axum::Json;
use axum::extract::State;
use domain::emergency::window::WindowKind;
use domain::permit::ViewInDisaster;

use crate::emergency::search::{Made, outcome, record, sought};
use crate::emergency::{opening, window_of};
use crate::extract::{Body, Granted};
use crate::records::Records;
use crate::trouble::Refused;

pub(crate) async fn search(
    State(records): State<Records>,
    Granted(permit): Granted<ViewInDisaster>,
    body: Body<PersonSearch>,
) -> Result<Json<SearchOutcome>, Refused> {
    let window = window_of(&records, &permit, WindowKind::Disaster).await?;
    let (sought, way) = sought(&body.value)?;
    let made = Made {
        window: Some(window.planned.id),
        way,
        found: records.engine.find_without_card(&permit, &sought)?,
    };
    let found = record(&records, &permit, made).await?;
    Ok(Json(outcome(&records, &found)))
}

pub(crate) async fn open(
    State(records): State<Records>,
    Granted(permit): Granted<ViewInDisaster>,
    body: Body<Asked>,
) -> Result<Json<Opening>, Refused> {
    window_of(&records, &permit, WindowKind::Disaster).await?;
    let made = opening::make(&records, &permit, &body, (Origin::Disaster, None)).await?;
    Ok(Json(made))
}
