//! Practice of 救急時医療情報閲覧: it begins with the cards of made-up patients instead of those checked here in the last 24 hours, and asks for no
//! second factor, and says that a real one does. Whoever is chosen goes on as in the mode itself.

use api::client::ClientError;
use api::emergency::AmbulanceSearch;
use api::training::{TrainingPatient, TrainingPatients};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ui::component::{Banner, Radio, Tone};
use ui::language::Words;

use crate::faults;
use crate::pages::emergency::ambulance::{AmbulancePage, CardForm, HERE, STEPS};
use crate::pages::emergency::search::FoundForm;
use crate::pages::{Filled, Staff, show};
use crate::serve::App;

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    shown(&app, &staff, None).await
}

async fn shown(app: &App, staff: &Staff, wrong: Option<Banner>) -> Response {
    let access = staff.client.ambulance_access(staff.token()).await;
    let listed = staff.client.training_patients(staff.token()).await;
    match (access, listed) {
        (Ok(access), Ok(listed)) => {
            let status = match &wrong {
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
                None => StatusCode::OK,
            };
            let mut page = ambulance_page(staff, access.by_data, listed);
            page.frame.banners.extend(wrong);
            show(status, &page)
        }
        (Err(error), _) | (_, Err(error)) => staff.failed(app, &error, HERE),
    }
}

pub(in crate::pages) fn ambulance_page(
    staff: &Staff,
    by_data: bool,
    listed: TrainingPatients,
) -> AmbulancePage {
    let words = &staff.words;
    let mut frame = staff.frame(HERE);
    let real = faults::own(words, "training_ambulance", "training-ambulance-real");
    frame.banners.push(Banner::new(Tone::Warning, real));
    let patients = listed.patients.into_iter();
    AmbulancePage {
        missing: None,
        proving: None,
        enrols: false,
        cards: patients.filter_map(|it| card(it, words)).collect(),
        next: None,
        may: true,
        by_data,
        frame,
    }
}

fn card(it: TrainingPatient, words: &Words) -> Option<Radio> {
    Some(Radio {
        value: it.card_check?,
        label: it.name,
        support: vec![words.choose(&it.scene_ja, &it.scene_en).to_owned()],
        chosen: false,
        barred: false,
    })
}

pub(crate) async fn choose(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<CardForm>,
) -> Response {
    let body = AmbulanceSearch {
        card_check: Some(form.card_check),
        person: None,
    };
    match staff.client.search_in_ambulance(staff.token(), &body).await {
        Ok(outcome) => match FoundForm::of(&outcome) {
            Some(found) => STEPS.confirmation(&staff, &found, StatusCode::OK),
            None => Redirect::to(&staff.ground.at(HERE)).into_response(),
        },
        Err(ClientError::Problem(problem)) if problem.code == "ambulance_card_needed" => {
            let fault = faults::of_problem(&problem, &staff.words);
            shown(&app, &staff, Some(Banner::new(Tone::Error, fault))).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
