//! 災害時医療情報閲覧: search, compare, record the consent; from there on it is the patient's page as any other.

use axum::extract::State;
use axum::response::Response;
use domain::emergency::Mode;

use super::asking::Steps;
use super::search::{FoundForm, SearchForm};
use crate::pages::{Filled, Staff};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/disaster";

const STEPS: Steps = Steps {
    mode: Mode::Disaster,
    start: HERE,
    open: "/emergency/disaster/open",
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
