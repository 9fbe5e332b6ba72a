//! Reference numbers (照会番号): register or change a patient's, look one up, remove it. Decides nothing: the center does.

use api::client::ClientError;
use api::reference_number::{
    ReferenceNumberHolder, ReferenceNumberRegistration, ReferenceNumberRemoval,
    ReferenceNumberSearch,
};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{ErrorSummary, Fault, Kind, Need, TextField, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/reference-numbers";

#[derive(Template)]
#[template(path = "reference_numbers.html")]
pub(super) struct ReferenceNumbersPage {
    pub(super) frame: Frame,
    pub(super) key: String,
    pub(super) summary: ErrorSummary,
    pub(super) reference_number: TextField,
    pub(super) insurer_number: TextField,
    pub(super) card: Vec<TextField>,
    pub(super) birth_date: TextField,
    pub(super) found: Option<Found>,
}

/// Whose a number is.
pub(super) struct Found {
    pub(super) number: Option<String>,
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) outcome: String,
}

/// The form as filled.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct NumberForm {
    key: String,
    reference_number: String,
    insurer_number: String,
    symbol: String,
    number: String,
    branch: String,
    birth_date: String,
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl NumberForm {
    fn registration(&self) -> ReferenceNumberRegistration {
        ReferenceNumberRegistration {
            birth_date: days::to_iso(self.birth_date.trim()),
            branch: given(&self.branch),
            insurer_number: self.insurer_number.trim().to_owned(),
            number: self.number.trim().to_owned(),
            reference_number: self.reference_number.trim().to_owned(),
            symbol: given(&self.symbol),
        }
    }

    fn search(&self) -> ReferenceNumberSearch {
        ReferenceNumberSearch {
            birth_date: given(&self.birth_date).map(|text| days::to_iso(&text)),
            branch: given(&self.branch),
            insurer_number: given(&self.insurer_number),
            number: given(&self.number),
            reference_number: given(&self.reference_number),
            symbol: given(&self.symbol),
        }
    }

    /// The idempotency key: the same contents sent twice are done once.
    fn idempotency_key(&self, what: &str) -> Option<String> {
        let parts = [
            what,
            &self.key,
            &self.reference_number,
            &self.insurer_number,
            &self.symbol,
            &self.number,
            &self.branch,
            &self.birth_date,
        ];
        hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
    }
}

pub(super) fn numbers_page(
    frame: Frame,
    form: &NumberForm,
    found: Option<ReferenceNumberHolder>,
    faults: &[(String, Fault)],
) -> ReferenceNumbersPage {
    let words = frame.words.clone();
    let field = |name, label: &str, support: &str, value: &str| TextField {
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    };
    let mut number = [field(
        "reference_number",
        "reference-number",
        "reference-number-support",
        &form.reference_number,
    )];
    let mut insurer = [TextField {
        kind: Kind::Digits,
        ..field(
            "insurer_number",
            "insurer-number",
            "insurer-number-support",
            &form.insurer_number,
        )
    }];
    let mut card = vec![
        TextField {
            need: Need::Optional,
            ..field("symbol", "symbol", "symbol-support", &form.symbol)
        },
        field("number", "number", "number-support", &form.number),
        TextField {
            kind: Kind::Digits,
            need: Need::Optional,
            width: Width::Short,
            ..field("branch", "branch", "branch-support", &form.branch)
        },
    ];
    let mut birth_date = [field(
        "birth_date",
        "birth-date",
        "reference-birth-date-support",
        &form.birth_date,
    )];
    let summary = faults::spread(faults, &mut number, &mut []);
    faults::spread(faults, &mut insurer, &mut []);
    faults::spread(faults, &mut card, &mut []);
    faults::spread(faults, &mut birth_date, &mut []);
    let ([reference_number], [insurer_number], [birth_date]) = (number, insurer, birth_date);
    ReferenceNumbersPage {
        // Each registration is a request of its own: only the same page sent twice is one.
        key: random_text().unwrap_or_default(),
        summary,
        reference_number,
        insurer_number,
        card,
        birth_date,
        found: found.map(|found| shown(found, &words)),
        frame,
    }
}

fn shown(found: ReferenceNumberHolder, words: &Words) -> Found {
    let outcome = match (found.outcome.as_str(), &found.was) {
        ("new", _) => words.say("reference-number-new"),
        ("same", _) => words.say("reference-number-same"),
        ("changed", Some(was)) => {
            words.say_with("reference-number-changed", &[("was", was.as_str())])
        }
        _ => words.say("reference-number-found"),
    };
    Found {
        number: found.reference_number,
        name: found.name,
        kana: found.kana.unwrap_or_default(),
        outcome,
    }
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    show(
        StatusCode::OK,
        &numbers_page(frame, &NumberForm::default(), None, &[]),
    )
}

pub(crate) async fn register(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<NumberForm>,
) -> Response {
    let Some(key) = form.idempotency_key("register") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = form.registration();
    let done = staff
        .client
        .register_reference_number(staff.token(), &key, &body);
    told(&app, &staff, &form, done.await)
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<NumberForm>,
) -> Response {
    let body = form.search();
    let found = staff.client.search_reference_number(staff.token(), &body);
    told(&app, &staff, &form, found.await)
}

pub(crate) async fn remove(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<NumberForm>,
) -> Response {
    let Some(key) = form.idempotency_key("remove") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = ReferenceNumberRemoval {
        reference_number: form.reference_number.clone(),
    };
    match staff
        .client
        .remove_reference_number(staff.token(), &key, &body)
        .await
    {
        Ok(()) => {
            let fault = faults::own(
                &staff.words,
                "reference_number_removed",
                "reference-number-removed",
            );
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(error) => told(&app, &staff, &form, Err(error)),
    }
}

fn told(
    app: &App,
    staff: &Staff,
    form: &NumberForm,
    outcome: Result<ReferenceNumberHolder, ClientError>,
) -> Response {
    match outcome {
        Ok(found) => {
            let page = numbers_page(staff.frame(HERE), form, Some(found), &[]);
            show(StatusCode::OK, &page)
        }
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let faults = faults::of_members(&problem, &staff.words);
            let page = numbers_page(staff.frame(HERE), form, None, &faults);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => match staff.unanswered(&error) {
            Some(banner) => {
                let mut page = numbers_page(staff.frame(HERE), form, None, &[]);
                // It is not known whether it was done: sent again under the same key, it is done once.
                page.key.clone_from(&form.key);
                page.frame.banners.push(banner);
                show(StatusCode::BAD_GATEWAY, &page)
            }
            None => staff.failed(app, &error, HERE),
        },
    }
}
