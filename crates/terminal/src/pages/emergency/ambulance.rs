//! 救急時医療情報閲覧: what is missing before it may be used, the cards that were checked here within a day, and the consent that could not be obtained.

use api::client::ClientError;
use api::client::cards::Cause;
use api::emergency::{AmbulanceAccess, AmbulanceSearch};
use api::history::{History, HistoryEntry, Search};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use domain::emergency::Mode;
use domain::emergency::ambulance::{CARD_COUNTS_FOR_S, card_counts};
use serde::Deserialize;
use ui::component::{Banner, Fault, NextPage, Radio, Tone};
use ui::language::Words;

use super::asking::Steps;
use super::search::{FoundForm, SearchForm};
use crate::pages::second_factor::{ProofForm, Proving};
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/ambulance";
/// The search by data, where the center allows it.
pub(crate) const DATA: &str = "/emergency/ambulance/data";

pub(in crate::pages) const STEPS: Steps = Steps {
    mode: Mode::Ambulance,
    start: HERE,
    open: "/emergency/ambulance/open",
    check: None,
};

#[derive(Template)]
#[template(path = "emergency_ambulance.html")]
pub(in crate::pages) struct AmbulancePage {
    pub(in crate::pages) frame: Frame,
    /// Why it cannot be used yet.
    pub(in crate::pages) missing: Option<String>,
    /// The forms that prove a second factor, where that is what is missing and the person has one.
    pub(in crate::pages) proving: Option<Proving>,
    /// Whether the person has none, and adds one first.
    pub(in crate::pages) enrols: bool,
    /// Whose cards were checked here in the last 24 hours.
    pub(in crate::pages) cards: Vec<Radio>,
    /// Where earlier ones stand.
    pub(in crate::pages) next: Option<NextPage>,
    pub(in crate::pages) may: bool,
    pub(in crate::pages) by_data: bool,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    listed(&app, &staff, None).await
}

/// The cards after the last of an earlier page, or the newest.
async fn listed(app: &App, staff: &Staff, after: Option<String>) -> Response {
    match shown(app, staff, (after, None)).await {
        Ok(page) => show(StatusCode::OK, &page),
        Err(error) => staff.failed(app, &error, HERE),
    }
}

async fn shown(
    app: &App,
    staff: &Staff,
    (after, wrong): (Option<String>, Option<Fault>),
) -> Result<AmbulancePage, ClientError> {
    let access = staff.client.ambulance_access(staff.token()).await?;
    let now = app.now();
    let mut found = History::default();
    if access.missing.is_none() {
        let search = Search {
            after,
            from: Some(day(now.plus_seconds(-CARD_COUNTS_FOR_S))),
            to: Some(day(now)),
            origin: Some("card".into()),
            ..Search::default()
        };
        let listed = staff
            .client
            .search_by(staff.token(), &search, Cause::Person);
        found = listed.await?;
    }
    let proving = match access.missing.as_deref() {
        Some("factor") => Proving::of(app, staff, "/emergency/ambulance/factor").await?,
        _ => None,
    };
    let mut frame = staff.frame(HERE);
    let wrong = wrong.map(|fault| Banner::new(Tone::Error, fault));
    frame.banners.extend(wrong);
    let found = recent(found, now);
    Ok(ambulance_page(frame, &access, found, proving))
}

fn day(at: Instant) -> String {
    at.date_in_japan().to_string()
}

/// The cards that still count, newest first; nothing after the first that does not.
pub(in crate::pages) fn recent(mut found: History, now: Instant) -> History {
    let all = found.checks.len();
    let counts = |it: &HistoryEntry| Instant::parse(&it.at).is_ok_and(|at| card_counts(at, now));
    found.checks.retain(counts);
    if found.checks.len() < all {
        found.next = None;
    }
    found
}

pub(in crate::pages) fn ambulance_page(
    frame: Frame,
    access: &AmbulanceAccess,
    found: History,
    proving: Option<Proving>,
) -> AmbulancePage {
    let words = frame.words.clone();
    let needs_factor = access.missing.as_deref() == Some("factor");
    let enrols = needs_factor && proving.is_none();
    let missing = access.missing.as_deref().map(|it| {
        words.say(match it {
            "factor" if enrols => "ambulance-no-factor",
            "factor" => "ambulance-missing-factor",
            "right" => "ambulance-missing-right",
            _ => "ambulance-missing-facility",
        })
    });
    let cards = found.checks.into_iter().map(|it| card(it, &words));
    AmbulancePage {
        may: missing.is_none(),
        proving,
        enrols,
        cards: cards.collect(),
        next: found.next.map(|next| NextPage {
            action: HERE,
            terms: vec![("after", next)],
        }),
        by_data: access.by_data,
        missing,
        frame,
    }
}

fn card(it: HistoryEntry, words: &Words) -> Radio {
    let at = days::show_instant(&it.at);
    let name = it.name.unwrap_or_default();
    Radio {
        value: it.check_id,
        label: name,
        support: vec![words.say_with("ambulance-card-at", &[("at", at.as_str())])],
        chosen: false,
        barred: false,
    }
}

pub(crate) async fn prove(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ProofForm>,
) -> Response {
    let Some(proof) = form.proof() else {
        let fault = faults::own(&staff.words, "required", "prove-nothing");
        return not_proved(&app, &staff, fault).await;
    };
    let error = match staff
        .client
        .prove_second_factor(staff.token(), &proof)
        .await
    {
        Ok(()) => return Redirect::to(HERE).into_response(),
        Err(error) => error,
    };
    let ClientError::Problem(problem) = &error else {
        return staff.failed(&app, &error, HERE);
    };
    let is_told_here = ["second_factor_wrong", "account_locked"].contains(&problem.code.as_str());
    if !is_told_here && problem.status != 409 {
        return staff.failed(&app, &error, HERE);
    }
    let wrong = faults::of_problem(problem, &staff.words);
    not_proved(&app, &staff, wrong).await
}

async fn not_proved(app: &App, staff: &Staff, wrong: Fault) -> Response {
    match shown(app, staff, (None, Some(wrong))).await {
        Ok(page) => show(StatusCode::UNPROCESSABLE_ENTITY, &page),
        Err(error) => staff.failed(app, &error, HERE),
    }
}

/// A card, or the last one of a page that more follow.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct CardForm {
    pub(in crate::pages) card_check: String,
    after: String,
}

pub(crate) async fn choose(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<CardForm>,
) -> Response {
    if form.card_check.is_empty() && !form.after.is_empty() {
        return listed(&app, &staff, Some(form.after)).await;
    }
    let body = AmbulanceSearch {
        card_check: Some(form.card_check),
        person: None,
    };
    match staff.client.search_in_ambulance(staff.token(), &body).await {
        Ok(outcome) => match FoundForm::of(&outcome) {
            Some(found) => STEPS.confirmation(&staff, &found, StatusCode::OK),
            None => Redirect::to(HERE).into_response(),
        },
        Err(ClientError::Problem(problem)) if problem.code == "ambulance_card_needed" => {
            let fault = faults::of_problem(&problem, &staff.words);
            match shown(&app, &staff, (None, None)).await {
                Ok(mut page) => {
                    page.frame.banners.push(Banner::new(Tone::Error, fault));
                    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
                }
                Err(error) => staff.failed(&app, &error, HERE),
            }
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(crate) async fn form(staff: Staff) -> Response {
    STEPS.form(&staff)
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    let body = AmbulanceSearch {
        card_check: None,
        person: Some(form.search()),
    };
    let came = staff.client.search_in_ambulance(staff.token(), &body).await;
    STEPS.searched((&app, &staff), &form, came)
}

pub(crate) async fn open(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FoundForm>,
) -> Response {
    let body = form.opening();
    let came = staff.client.open_in_ambulance(staff.token(), &body).await;
    STEPS.opened((&app, &staff), &form, came)
}
