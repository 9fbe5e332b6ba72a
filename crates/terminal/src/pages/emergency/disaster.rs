//! 災害時医療情報閲覧: search, compare, record the consent; from there on it is the patient's page as any other. Of whoever does not agree
//! eligibility alone.

use api::check::Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::emergency::Mode;

use super::asking::Steps;
use super::eligibility::{EligibilityPage, eligibility_page};
use super::search::{FoundForm, SearchForm};
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/disaster";

/// Where eligibility alone is asked for.
pub(crate) const CHECK: &str = "/emergency/disaster/check";

const STEPS: Steps = Steps {
    mode: Mode::Disaster,
    start: HERE,
    open: "/emergency/disaster/open",
    check: Some(CHECK),
};

pub(crate) async fn form(staff: Staff) -> Response {
    STEPS.form(&staff)
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let body = form.search();
    let came = staff.client.search_in_disaster(staff.token(), &body).await;
    STEPS.searched((&app, &staff), &form, came)
}

pub(crate) async fn open(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FoundForm>,
) -> Response {
    let body = form.opening();
    let came = staff.client.open_in_disaster(staff.token(), &body).await;
    STEPS.opened((&app, &staff), &form, came)
}

pub(crate) async fn check(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FoundForm>,
) -> Response {
    let body = form.check();
    match staff.client.check_in_disaster(staff.token(), &body).await {
        Ok(answered) => show(
            StatusCode::OK,
            &check_page(staff.frame(HERE), &answered.check),
        ),
        Err(error) => STEPS.refused((&app, &staff), &form, &error),
    }
}

pub(in crate::pages) fn check_page(frame: Frame, check: &Answer) -> EligibilityPage {
    let words = ("disaster-result", "disaster-recorded");
    eligibility_page(frame, HERE, words, check)
}
