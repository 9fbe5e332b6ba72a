//! The check by insurance card or prescription (G13): the form. Judges no coverage; says at once what cannot be asked.

use api::check::CheckRequest;
use api::client::ClientError;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::CivilDate;
use domain::insurer_number::{CheckDigit, InsurerNumber};
use serde::Deserialize;
use ui::component::{Banner, Checkbox, ErrorSummary, Fault, Kind, Need, TextField, Tone, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::copies::PastAnswer;
use crate::pages::{Filled, Frame, Staff, Turned, copies, receipt_link, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(super) const HERE: &str = "/check";

#[derive(Template)]
#[template(path = "check.html")]
pub(super) struct CheckPage {
    pub(super) frame: Frame,
    pub(super) key: String,
    pub(super) summary: ErrorSummary,
    pub(super) insurer_number: TextField,
    /// The insurer number whose check digit is wrong, where that was found: asking anyway is offered.
    pub(super) ask_anyway: Option<String>,
    pub(super) card: Vec<TextField>,
    pub(super) dates: Vec<TextField>,
    pub(super) ceiling_consent: Checkbox,
}

/// The form as filled.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct CheckForm {
    key: String,
    insurer_number: String,
    symbol: String,
    number: String,
    branch: String,
    birth_date: String,
    visit_date: String,
    ceiling_consent: Option<String>,
    ask_anyway: String,
}

impl CheckForm {
    fn request(&self) -> CheckRequest {
        let optional = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        CheckRequest {
            birth_date: days::to_iso(&self.birth_date),
            branch: optional(&self.branch),
            ceiling_consent: self.ceiling_consent.is_some(),
            insurer_number: self.insurer_number.trim().to_owned(),
            number: self.number.trim().to_owned(),
            origin: Some("page".into()),
            symbol: optional(&self.symbol),
            visit_date: optional(&self.visit_date).map(|text| days::to_iso(&text)),
        }
    }

    /// What is wrong, each with its field. The rules are the center's own; only days are told of as they are typed here.
    fn faults(&self, today: CivilDate, words: &Words) -> Vec<(String, Fault)> {
        let errors = api::check::asked::read(&self.request(), today).err();
        let told = errors.iter().flatten().map(|error| {
            let typed = match error.member.as_str() {
                "birth_date" => days::fault(&self.birth_date, words),
                "visit_date" => days::fault(&self.visit_date, words),
                _ => None,
            };
            let (member, fault) = faults::of_member(error, words);
            (member, typed.unwrap_or(fault))
        });
        told.collect()
    }

    /// The insurer number if its check digit is wrong and it was not said to be asked about anyway.
    fn doubtful_insurer(&self) -> Option<String> {
        let number = InsurerNumber::parse(&self.insurer_number).ok()?;
        let digits = number.as_digits();
        (number.check_digit() == CheckDigit::Wrong && self.ask_anyway != digits).then_some(digits)
    }
}

/// The idempotency key of a form: the same contents sent twice are one check, other contents are another.
fn idempotency_key(form: &CheckForm, request: &CheckRequest) -> Option<String> {
    let parts = [
        form.key.as_str(),
        &request.insurer_number,
        request.symbol.as_deref().unwrap_or_default(),
        &request.number,
        request.branch.as_deref().unwrap_or_default(),
        &request.birth_date,
        request.visit_date.as_deref().unwrap_or_default(),
        if request.ceiling_consent { "1" } else { "" },
    ];
    hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
}

fn field(name: &'static str, label: &str, support: &str, value: &str, words: &Words) -> TextField {
    TextField {
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    }
}

pub(super) fn check_page(staff: &Staff, form: &CheckForm, faults: &[(String, Fault)]) -> CheckPage {
    let words = &staff.words;
    let mut insurer_number = [TextField {
        kind: Kind::Digits,
        ..field(
            "insurer_number",
            "insurer-number",
            "insurer-number-support",
            &form.insurer_number,
            words,
        )
    }];
    let mut card = vec![
        TextField {
            need: Need::Optional,
            ..field("symbol", "symbol", "symbol-support", &form.symbol, words)
        },
        field("number", "number", "number-support", &form.number, words),
        TextField {
            kind: Kind::Digits,
            need: Need::Optional,
            width: Width::Short,
            ..field("branch", "branch", "branch-support", &form.branch, words)
        },
    ];
    let mut dates = vec![
        field(
            "birth_date",
            "birth-date",
            "birth-date-support",
            &form.birth_date,
            words,
        ),
        TextField {
            need: Need::Optional,
            ..field(
                "visit_date",
                "visit-date",
                "visit-date-support",
                &form.visit_date,
                words,
            )
        },
    ];
    let summary = faults::spread(faults, &mut insurer_number, &mut []);
    faults::spread(faults, &mut card, &mut []);
    faults::spread(faults, &mut dates, &mut []);
    let [insurer_number] = insurer_number;
    CheckPage {
        frame: staff.frame(HERE),
        key: if form.key.is_empty() {
            random_text().unwrap_or_default()
        } else {
            form.key.clone()
        },
        summary,
        insurer_number,
        ask_anyway: None,
        card,
        dates,
        ceiling_consent: Checkbox {
            name: "ceiling_consent",
            label: words.say("ceiling-consent"),
            support: words.say("ceiling-consent-support"),
            value: "1".into(),
            checked: form.ceiling_consent.is_some(),
        },
    }
}

/// The empty form, or the one a session's end interrupted.
pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    let kept = app.browsers.with(&staff.key, |browser| browser.kept.take());
    let kept = kept.flatten().and_then(|kept| kept.check);
    let was_kept = kept.is_some();
    let mut page = check_page(&staff, &kept.unwrap_or_default(), &[]);
    if was_kept {
        let fault = faults::own(&staff.words, "form_kept", "form-kept");
        page.frame.banners.push(Banner::new(Tone::Note, fault));
    }
    let elsewhere = receipt_link::of_checks(&app, &staff);
    page.frame.banners.extend(elsewhere);
    show(StatusCode::OK, &page)
}

pub(crate) async fn check(
    State(app): State<App>,
    staff: Result<Staff, Turned>,
    Filled(form): Filled<CheckForm>,
) -> Response {
    let staff = match staff {
        Ok(staff) => staff,
        Err(turned) => {
            // Whoever was signed in is not known any more; the form is for who signs in now, at the same browser.
            if let Some(key) = turned.key {
                app.browsers.with(&key, |browser| {
                    browser.end_session(HERE, Some(form), app.now())
                });
            }
            return turned.into_response();
        }
    };
    let faults = form.faults(app.now().date_in_japan(), &staff.words);
    if !faults.is_empty() {
        return show(
            StatusCode::UNPROCESSABLE_ENTITY,
            &check_page(&staff, &form, &faults),
        );
    }
    if let Some(digits) = form.doubtful_insurer() {
        let mut page = check_page(&staff, &form, &[]);
        page.ask_anyway = Some(digits);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let request = form.request();
    let Some(key) = idempotency_key(&form, &request) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    match staff.client.check(staff.token(), &key, &request).await {
        Ok((answer, _)) => {
            let to = format!("/checks/{}", answer.check_id);
            let account = &staff.session.account.id;
            let copy = PastAnswer::made(answer, account, &request.insurer_number);
            copies::keep(&app, &staff, vec![copy]);
            Redirect::to(&to).into_response()
        }
        Err(error) => unanswered(&app, &staff, &form, &error),
    }
}

/// The form again, with what kept it from being answered; nothing typed is lost.
fn unanswered(app: &App, staff: &Staff, form: &CheckForm, error: &ClientError) -> Response {
    if staff.has_ended(app, error, HERE, Some(form)) {
        return Redirect::to("/sign-in").into_response();
    }
    if let ClientError::Problem(problem) = error
        && problem.status < 500
    {
        if problem.errors.is_empty() {
            return staff.failed(app, error, HERE);
        }
        let faults = faults::of_members(problem, &staff.words);
        let page = check_page(staff, form, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let mut page = check_page(staff, form, &[]);
    let mut banner = Banner::new(Tone::Error, faults::of_client(error, &staff.words));
    banner.title = staff.words.say("check-not-answered");
    banner.way_on = copies::way_on(app, staff, error);
    page.frame.banners.push(banner);
    show(StatusCode::BAD_GATEWAY, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> CheckForm {
        CheckForm {
            key: "k".into(),
            insurer_number: "06139992".into(),
            number: "4567".into(),
            birth_date: "昭和45年1月2日".into(),
            ..CheckForm::default()
        }
    }

    #[test]
    fn the_same_contents_have_the_same_key_and_others_another() {
        let key = |form: &CheckForm| idempotency_key(form, &form.request()).unwrap();
        let mut other = form();
        other.branch = "01".into();
        assert_eq!(key(&form()), key(&form()));
        assert_ne!(key(&form()), key(&other));
        assert_eq!(key(&form()).len(), 64);
    }

    #[test]
    fn a_wrong_check_digit_is_asked_about_only_until_it_is_confirmed() {
        let mut wrong = form();
        assert_eq!(wrong.doubtful_insurer(), None);
        wrong.insurer_number = "06139991".into();
        assert_eq!(wrong.doubtful_insurer().as_deref(), Some("06139991"));
        wrong.ask_anyway = "06139991".into();
        assert_eq!(wrong.doubtful_insurer(), None);
        wrong.insurer_number = "06139993".into();
        assert!(wrong.doubtful_insurer().is_some());
    }
}
