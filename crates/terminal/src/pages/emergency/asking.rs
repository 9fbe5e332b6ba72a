//! The steps of a search without a card, the same in every mode: the form, what a search came to, the person to compare, the consent to
//! record. Knows no mode's rules.

use api::client::ClientError;
use api::emergency::{NewDisasterCheck, NewOpening, Opening, SearchOutcome};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::emergency::Mode;
use ui::component::Fault;

use super::search::{FoundForm, FoundPage, Place, SearchForm, SearchPage, found_view, view};
use crate::faults;
use crate::pages::{Staff, show};
use crate::serve::App;
use crate::training::Ground;

/// The patient's page of an opening, with the eligibility it was answered with. A check of practice stands in no history to lead to.
pub(in crate::pages) fn chart_of(ground: Ground, opening: &Opening) -> String {
    let chart = ground.at(&format!("/medical/{}", opening.id));
    match (ground, &opening.check) {
        (Ground::Real, Some(check)) => format!("{chart}?check={}", check.check_id),
        (Ground::Real, None) | (Ground::Training, _) => chart,
    }
}

/// The paths of a mode's steps.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Steps {
    pub(super) mode: Mode,
    /// Where it begins, and whoever is refused comes back to.
    pub(super) start: &'static str,
    /// Where a consent is recorded; nowhere in a mode that opens nothing.
    pub(super) open: &'static str,
    /// Where eligibility alone is asked for, in a mode that opens more.
    pub(super) check: Option<&'static str>,
}

impl Steps {
    /// The empty form.
    pub(super) fn form(self, staff: &Staff) -> Response {
        self.show_form(staff, StatusCode::OK, (&SearchForm::default(), None, &[]))
    }

    /// What a search came to: the person to compare, or the form again with why there is none.
    pub(super) fn searched(
        self,
        (app, staff): (&App, &Staff),
        form: &SearchForm,
        came: Result<SearchOutcome, ClientError>,
    ) -> Response {
        match came {
            Ok(outcome) => match FoundForm::of(&outcome) {
                Some(found) => self.confirmation(staff, &found, StatusCode::OK),
                None => self.show_form(staff, StatusCode::OK, (form, Some(&outcome), &[])),
            },
            Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
                let wrong = faults::of_members(&problem, &staff.words);
                self.show_form(
                    staff,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    (form, None, &wrong),
                )
            }
            Err(error) => match staff.unanswered(&error) {
                Some(banner) => {
                    let mut page = self.search_page(staff, (form, None, &[]));
                    page.frame.banners.push(banner);
                    show(StatusCode::BAD_GATEWAY, &page)
                }
                None => staff.failed(app, &error, self.start),
            },
        }
    }

    /// What became of a consent: the patient's page, or the question again.
    pub(super) fn opened(
        self,
        (app, staff): (&App, &Staff),
        form: &FoundForm,
        came: Result<Opening, ClientError>,
    ) -> Response {
        match came {
            Ok(opening) => Redirect::to(&chart_of(staff.ground, &opening)).into_response(),
            Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
                self.confirmation(staff, form, StatusCode::UNPROCESSABLE_ENTITY)
            }
            Err(error) => self.refused((app, staff), form, &error),
        }
    }

    /// The person who was found once more where no answer came, else why there is none.
    pub(super) fn refused(
        self,
        (app, staff): (&App, &Staff),
        form: &FoundForm,
        error: &ClientError,
    ) -> Response {
        match staff.unanswered(error) {
            Some(banner) => {
                let mut page = self.found_page(staff, form);
                page.frame.banners.push(banner);
                show(StatusCode::BAD_GATEWAY, &page)
            }
            None => staff.failed(app, error, self.start),
        }
    }

    /// The person who was found, to be compared with the patient, and the consent to record.
    pub(in crate::pages) fn confirmation(
        self,
        staff: &Staff,
        found: &FoundForm,
        status: StatusCode,
    ) -> Response {
        let mut page = self.found_page(staff, found);
        if status != StatusCode::OK {
            page.view.wrong = Some(staff.words.say("consent-needed"));
        }
        show(status, &page)
    }

    fn found_page(self, staff: &Staff, found: &FoundForm) -> FoundPage {
        let (open, start) = (staff.ground.at(self.open), staff.ground.at(self.start));
        let check = self.check.map(|path| staff.ground.at(path));
        let ways = (open.as_str(), start.as_str(), check);
        FoundPage {
            view: found_view(ways, self.mode, found, &staff.words),
            frame: staff.frame(self.start),
        }
    }

    fn show_form(
        self,
        staff: &Staff,
        status: StatusCode,
        filled: (&SearchForm, Option<&SearchOutcome>, &[(String, Fault)]),
    ) -> Response {
        show(status, &self.search_page(staff, filled))
    }

    fn search_page(
        self,
        staff: &Staff,
        (form, outcome, wrong): (&SearchForm, Option<&SearchOutcome>, &[(String, Fault)]),
    ) -> SearchPage {
        let place = Place::of(self.mode);
        let here = (place, staff.ground);
        SearchPage {
            view: view(here, form, outcome, wrong, &staff.words),
            frame: staff.frame(place.action),
        }
    }
}

impl FoundForm {
    /// What is to be recorded, as the page says it.
    pub(super) fn opening(&self) -> NewOpening {
        NewOpening {
            consent: self.consent.clone(),
            search: self.search.clone(),
        }
    }

    /// Whose eligibility alone is asked for.
    pub(super) fn check(&self) -> NewDisasterCheck {
        NewDisasterCheck {
            search: self.search.clone(),
        }
    }
}
