//! システム障害時の資格照会: eligibility alone; no way leads from here to medical information.

use api::emergency::{OutageCheck, SearchOutcome};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::check::Verdict;
use domain::emergency::Mode;
use ui::component::Fact;
use ui::language::Words;

use super::asking::Steps;
use super::search::SearchForm;
use crate::days;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;
use crate::training::Ground;

/// The page's own path.
pub(crate) const HERE: &str = "/emergency/outage";

#[derive(Template)]
#[template(path = "emergency_outage.html")]
pub(in crate::pages) struct OutagePage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) verdict: String,
    pub(in crate::pages) facts: Vec<Fact>,
    /// What was recorded of it.
    pub(in crate::pages) recorded: String,
    /// The whole result, as it stands in the history; a practice stands in none.
    pub(in crate::pages) details: Option<String>,
}

/// A person who is found is asked about at once, and nothing is opened.
const STEPS: Steps = Steps {
    mode: Mode::Outage,
    start: HERE,
    open: "",
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

pub(in crate::pages) fn outage_page(frame: Frame, answered: &OutageCheck) -> Option<OutagePage> {
    let check = answered.check.as_ref()?;
    let words = frame.words.clone();
    let verdict = Verdict::from_code(&check.verdict.to_string());
    Some(OutagePage {
        verdict: verdict.map_or_else(String::new, |it| {
            words.choose(it.label_ja(), it.label_en()).to_owned()
        }),
        facts: check
            .results
            .first()
            .map_or_else(Vec::new, |it| facts(it, &words)),
        recorded: words.say(match frame.ground {
            Ground::Real => "outage-recorded",
            Ground::Training => "training-recorded",
        }),
        details: match frame.ground {
            Ground::Real => Some(format!("/checks/{}", check.check_id)),
            Ground::Training => None,
        },
        frame,
    })
}

fn facts(it: &api::check::CoverageResult, words: &Words) -> Vec<Fact> {
    let lines = [
        ("name", Some(it.name.clone())),
        ("person-kana", it.kana.clone()),
        ("birth-date", Some(days::show(&it.birth_date, words))),
        ("insurer-number", Some(it.insurer_number.clone())),
        ("symbol", it.symbol.clone()),
        ("number", Some(it.number.clone())),
        ("branch", it.branch.clone()),
    ];
    let given = lines.into_iter().filter_map(|(label, text)| {
        let text = text.filter(|text| !text.is_empty())?;
        Some(Fact {
            label: words.say(label),
            text,
            meaning: String::new(),
        })
    });
    given.collect()
}
