//! Disaster mode 災害時医療情報閲覧: a person found without a card, and their information opened with the consent that was given, or their
//! eligibility alone.

use api::check::Origin;
use api::emergency::{
    DisasterCheck, NewDisasterCheck, NewOpening as Asked, Opening, PersonSearch, SearchOutcome,
};
use api::problem::emergency::EmergencyTrouble;
use axum::Json;
use axum::extract::State;
use domain::emergency::window::WindowKind;
use domain::permit::ViewInDisaster;
use store::emergency::searches::FoundChecked;

use crate::emergency::search::{Made, outcome, record, refuse, sought};
use crate::emergency::{opening, window_of};
use crate::extract::{Body, Granted};
use crate::records::Records;
use crate::trouble::{Refused, unreadable};

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

/// Eligibility alone of whom a search found: of a patient who does not agree, and of one nobody wants to see more of.
pub(crate) async fn check(
    State(records): State<Records>,
    Granted(permit): Granted<ViewInDisaster>,
    body: Body<NewDisasterCheck>,
) -> Result<Json<DisasterCheck>, Refused> {
    window_of(&records, &permit, WindowKind::Disaster).await?;
    let (found, registration) = opening::found_by(&records, &permit, &body.value.search).await?;
    let asked = (Origin::Disaster, &body.bytes);
    let (answer, check) = opening::check(&records, permit.facility(), &registration, asked)?;
    let id = check.id;
    let check = match records.engine.check_found(&permit, found, check).await? {
        FoundChecked::Done => {
            records.events.check(permit.facility(), id);
            answer
        }
        FoundChecked::Before(kept) => {
            serde_json::from_slice(&kept).map_err(unreadable("a kept answer"))?
        }
        FoundChecked::Closed => {
            return Err(refuse(&records, &permit, EmergencyTrouble::Closed).await?);
        }
        FoundChecked::Unknown => {
            return Err(refuse(&records, &permit, EmergencyTrouble::UnknownSearch).await?);
        }
    };
    Ok(Json(DisasterCheck { check }))
}
