//! What practice has of its own: the list of patients, a fresh start, and ambulance mode without what only a real one asks for. Gives nobody a
//! list of real people.

use api::check::Origin;
use api::emergency::{AmbulanceAccess, AmbulanceSearch, NewOpening, Opening, SearchOutcome};
use api::training::{TrainingPatient, TrainingPatients};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::coverage::Registration;
use domain::emergency::training::{CardAtHand, MadeUpPatient};
use domain::permit::{AskInOutage, ViewInAmbulance};
use uuid::Uuid;

use super::Ward;
use crate::emergency::ambulance::{By, find};
use crate::emergency::opening;
use crate::extract::{Body, Granted};
use crate::trouble::Refused;

pub(super) async fn patients(
    State(ward): State<Ward>,
    _: Granted<AskInOutage>,
) -> Result<Json<TrainingPatients>, Refused> {
    let patients = ward.patients().await?;
    Ok(Json(TrainingPatients {
        patients: patients.iter().map(told).collect(),
    }))
}

pub(super) async fn start_afresh(
    State(ward): State<Ward>,
    Granted(permit): Granted<AskInOutage>,
) -> Result<StatusCode, Refused> {
    ward.store.start_afresh(&permit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever is of a kind that may use the mode may practise it, at any facility and without a second factor.
pub(super) async fn ambulance_access(
    State(ward): State<Ward>,
    _: Granted<ViewInAmbulance>,
) -> Json<AmbulanceAccess> {
    Json(AmbulanceAccess {
        by_data: ward.records.emergency.ambulance_by_data,
        missing: None,
        proved_by: None,
    })
}

pub(super) async fn search_in_ambulance(
    State(ward): State<Ward>,
    Granted(permit): Granted<ViewInAmbulance>,
    body: Body<AmbulanceSearch>,
) -> Result<Json<SearchOutcome>, Refused> {
    let patients = ward.patients().await?;
    let holder = |card: &str| holder_of(&patients, card);
    let by = By::of(&body.value, |card| Ok(holder(card)))?;
    Ok(Json(find(&ward.records, &permit, by).await?))
}

pub(super) async fn open_in_ambulance(
    State(ward): State<Ward>,
    Granted(permit): Granted<ViewInAmbulance>,
    body: Body<NewOpening>,
) -> Result<Json<Opening>, Refused> {
    let origin = (Origin::Ambulance, None);
    let made = opening::make(&ward.records, &permit, &body, origin).await?;
    Ok(Json(made))
}

/// Whose made-up card this is.
fn holder_of(patients: &[MadeUpPatient], card: &str) -> Option<Registration> {
    let holder = patients
        .iter()
        .find(|it| card_of(it).as_deref() == Some(card));
    holder.map(|it| it.registration.clone())
}

/// The card a patient brings. Nobody real has the identifier it is named by.
fn card_of(it: &MadeUpPatient) -> Option<String> {
    match it.card {
        CardAtHand::Yes => {
            let id = it.registration.person.id.as_u128();
            Some(Uuid::from_u128(id).to_string())
        }
        CardAtHand::No => None,
    }
}

fn told(it: &MadeUpPatient) -> TrainingPatient {
    let person = &it.registration.person;
    let coverage = it.registration.coverages.first();
    TrainingPatient {
        address: person.address.as_ref().map(|it| it.as_str().to_owned()),
        birth_date: person.birth_date.to_string(),
        branch: coverage.and_then(|it| it.branch.map(domain::insured::Branch::to_digits)),
        card_check: card_of(it),
        insurer_number: coverage.map(|it| it.insurer.as_digits()),
        kana: person.kana.as_ref().map(|it| it.as_str().to_owned()),
        mode: it.scene.mode.as_str().into(),
        name: person.name.as_str().to_owned(),
        number: coverage.map(|it| it.number.as_str().to_owned()),
        scene_en: it.scene.en.into(),
        scene_ja: it.scene.ja.into(),
        sex: person.sex.code().into(),
        symbol: coverage.and_then(|it| it.symbol.as_ref().map(|it| it.as_str().to_owned())),
    }
}
