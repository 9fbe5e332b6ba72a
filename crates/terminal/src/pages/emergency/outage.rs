//! システム障害時の資格照会: eligibility alone; no way leads from here to medical information.

use api::emergency::{OutageCheck, SearchOutcome};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::emergency::Mode;

use super::asking::Steps;
use super::eligibility::{EligibilityPage, eligibility_page};
use super::search::SearchForm;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/outage";

/// A person who is found is asked about at once, and nothing is opened.
const STEPS: Steps = Steps {
    mode: Mode::Outage,
    start: HERE,
    open: "",
    check: None,
};

pub(crate) async fn form(staff: Staff) -> Response {
    STEPS.form(&staff)
}

pub(crate) async fn ask(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let body = form.search();
    let Some(key) = form.idempotency_key() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let asked = staff.client.check_in_outage(staff.token(), &key, &body);
    let came = match asked.await {
        Ok(answered) => match outage_page(staff.frame(HERE), &answered) {
            Some(page) => return show(StatusCode::OK, &page),
            None => Ok(SearchOutcome {
                found: None,
                item: answered.item,
                outcome: answered.outcome,
            }),
        },
        Err(error) => Err(error),
    };
    STEPS.searched((&app, &staff), &form, came)
}

pub(in crate::pages) fn outage_page(
    frame: Frame,
    answered: &OutageCheck,
) -> Option<EligibilityPage> {
    let check = answered.check.as_ref()?;
    let words = ("outage-result", "outage-recorded");
    Some(eligibility_page(frame, HERE, words, check))
}
