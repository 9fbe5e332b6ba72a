//! 災害時医療情報閲覧: search, compare, record the consent; from there on it is the patient's page as any other.

use api::client::ClientError;
use api::emergency::NewOpening;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::emergency::Mode;

use super::search::{FoundForm, FoundPage, Place, SearchForm, SearchPage, found_view, view};
use crate::faults;
use crate::pages::{Filled, Staff, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/disaster";
/// Where a consent is recorded.
const OPEN: &str = "/emergency/disaster/open";

pub(crate) async fn form(staff: Staff) -> Response {
    let view = view(
        Place::of(Mode::Disaster),
        &SearchForm::default(),
        None,
        &[],
        &staff.words,
    );
    let frame = staff.frame(HERE);
    show(StatusCode::OK, &SearchPage { frame, view })
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let place = Place::of(Mode::Disaster);
    let body = form.search();
    let searched = staff.client.search_in_disaster(staff.token(), &body);
    match searched.await {
        Ok(outcome) => match FoundForm::of(&outcome) {
            Some(found) => confirmation(&staff, &found, StatusCode::OK),
            None => {
                let view = view(place, &form, Some(&outcome), &[], &staff.words);
                let frame = staff.frame(HERE);
                show(StatusCode::OK, &SearchPage { frame, view })
            }
        },
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let wrong = faults::of_members(&problem, &staff.words);
            let view = view(place, &form, None, &wrong, &staff.words);
            let frame = staff.frame(HERE);
            show(
                StatusCode::UNPROCESSABLE_ENTITY,
                &SearchPage { frame, view },
            )
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

fn confirmation(staff: &Staff, found: &FoundForm, status: StatusCode) -> Response {
    let mut view = found_view((OPEN, HERE), Mode::Disaster, found, &staff.words);
    if status != StatusCode::OK {
        view.wrong = Some(staff.words.say("consent-needed"));
    }
    let frame = staff.frame(HERE);
    show(status, &FoundPage { frame, view })
}

pub(crate) async fn open(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FoundForm>,
) -> Response {
    let body = NewOpening {
        consent: form.consent.clone(),
        search: form.search.clone(),
    };
    match staff.client.open_in_disaster(staff.token(), &body).await {
        Ok(opening) => Redirect::to(&format!("/medical/{}", opening.id)).into_response(),
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            confirmation(&staff, &form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
