//! The change of an operator's own password by the rule (G02): the old one, the new one twice. Every other session ended long ago: there
//! is one.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::audit::Deed;
use domain::lockout::Settled;
use serde::Deserialize;
use ui::component::{ErrorSummary, Fault, Kind, TextField};

use super::set_up::{choose_password, of, password_fields, summary};
use super::{Done, Filled, Frame, Operator, own_fault, show};
use crate::app::App;
use crate::passwords::{self, Asker};
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/password";

#[derive(Template)]
#[template(path = "operator/own_password.html")]
struct OwnPasswordPage {
    frame: Frame,
    summary: ErrorSummary,
    old: TextField,
    new: [TextField; 2],
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PasswordForm {
    old_password: String,
    new_password: String,
    again: String,
}

fn page(operator: &Operator, done: &Done, faults: &[(String, Fault)]) -> Response {
    let words = &operator.words;
    let mut frame = operator.frame(HERE);
    let known = [("password_changed", "password-changed")];
    frame.banners.extend(done.banner(words, &known));
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = OwnPasswordPage {
        frame,
        summary: summary(faults),
        old: TextField {
            kind: Kind::Password,
            autocomplete: "current-password",
            errors: of("old_password", faults),
            ..TextField::new("old_password", words.say("old-password"))
        },
        new: password_fields(words, faults),
    };
    show(status, &page)
}

pub(super) async fn form(operator: Operator, Query(done): Query<Done>) -> Response {
    page(&operator, &done, &[])
}

pub(super) async fn change(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<PasswordForm>,
) -> Response {
    match try_change(&app, &operator, &form).await {
        Ok(faults) if faults.is_empty() => {
            Redirect::to(&format!("{HERE}?done=password_changed")).into_response()
        }
        Ok(faults) => page(&operator, &Done::default(), &faults),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

/// Changes the password, or says what is wrong by field.
async fn try_change(
    app: &App,
    operator: &Operator,
    form: &PasswordForm,
) -> Result<Vec<(String, Fault)>, Told> {
    let (now, words) = (app.now(), &operator.words);
    let known = app.engine.operator_credentials(&operator.name)?;
    let hash = known.map(|it| it.password.hash);
    let is_right = passwords::verify(app, Asker::Operator, form.old_password.clone(), hash).await?;
    let settled = app.engine.settle_operator_password(
        operator.name.clone(),
        is_right,
        app.lockout,
        operator.event(app, Deed::PasswordRefused),
    );
    let wrong = match settled.await? {
        Settled::Open => None,
        Settled::Wrong => Some(own_fault(words, "wrong", "old-password-wrong")),
        Settled::Locked(seconds) => Some(Fault {
            code: "account_locked".into(),
            text: words.say_with("sign-in-locked", &[("minutes", seconds.div_euclid(60) + 1)]),
        }),
    };
    if let Some(fault) = wrong {
        return Ok(vec![("old_password".into(), fault)]);
    }
    let before = app.engine.operator_generations(&operator.name)?;
    let typed = [&form.new_password, &form.again].map(String::as_str);
    let (password, faults) = choose_password(app, words, typed, before).await?;
    let Some(password) = password else {
        return Ok(faults);
    };
    let row = passwords::hash(app, Asker::Operator, password, now, false).await?;
    let event = operator.event(app, Deed::PasswordChange);
    app.engine
        .set_operator_password(operator.name.clone(), row, operator.token, event)
        .await?;
    Ok(Vec::new())
}
