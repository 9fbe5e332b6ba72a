//! Sign-in with name, password and code in one form, and sign-out. Tells of no part of them whether it was right, nor whether there is such
//! an operator; what was right stands in the audit chain.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::audit::{Actor, Deed};
use domain::lockout::Settled;
use domain::operator::OperatorName;
use domain::second_factor::{digits, steps};
use pki::totp::matching;
use serde::Deserialize;
use ui::component::{Banner, Fault, Kind, TextField, Tone};
use ui::language_choice::own_path;

use super::{COOKIE, Filled, Frame, Operator, Visitor, own_fault, show, trouble};
use crate::app::App;
use crate::operators;
use crate::passwords::{self, Asker};
use crate::sessions::event;
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/sign-in";

#[derive(Template)]
#[template(path = "operator/sign_in.html")]
struct SignInPage {
    frame: Frame,
    fields: [TextField; 3],
    back: String,
}

fn page(visitor: &Visitor, name: &str, back: &str, fault: Option<Fault>) -> Response {
    let words = &visitor.words;
    let mut frame = visitor.frame(HERE);
    let status = match &fault {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    let page = SignInPage {
        fields: [
            TextField {
                autocomplete: "username",
                value: name.to_owned(),
                ..TextField::new("name", words.say("operator-name"))
            },
            TextField {
                kind: Kind::Password,
                autocomplete: "current-password",
                ..TextField::new("password", words.say("password"))
            },
            code_field(words),
        ],
        back: own_path(back).to_owned(),
        frame,
    };
    show(status, &page)
}

/// The field for the code of the authenticator application.
pub(super) fn code_field(words: &ui::language::Words) -> TextField {
    TextField {
        kind: Kind::Digits,
        autocomplete: "one-time-code",
        support: words.say("code-support"),
        ..TextField::new("code", words.say("code"))
    }
}

/// The page to go on to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Way {
    back: String,
}

pub(super) async fn form(visitor: Visitor, Query(way): Query<Way>) -> Response {
    page(&visitor, "", &way.back, None)
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SignInForm {
    name: String,
    password: String,
    code: String,
    back: String,
}

pub(super) async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<SignInForm>,
) -> Response {
    match settle(&app, &form).await {
        Ok((Settled::Open, token)) => entered(&token, own_path(&form.back)),
        Ok((Settled::Locked(seconds), _)) => {
            let minutes = seconds.div_euclid(60) + 1;
            let fault = Fault {
                code: "account_locked".into(),
                text: visitor
                    .words
                    .say_with("sign-in-locked", &[("minutes", minutes)]),
            };
            page(&visitor, &form.name, &form.back, Some(fault))
        }
        Ok((Settled::Wrong, _)) => {
            let fault = own_fault(&visitor.words, "wrong_credentials", "sign-in-wrong");
            page(&visitor, &form.name, &form.back, Some(fault))
        }
        Err(told) => trouble(
            told.status(),
            visitor.frame(HERE),
            told.fault(&visitor.words),
        ),
    }
}

/// Looks at what was typed and settles the try; the token opens a session where it was right. The same steps are taken where there is no
/// such operator.
async fn settle(app: &App, form: &SignInForm) -> Result<(Settled, String), Told> {
    let now = app.now();
    let token = operators::new_token()?;
    let Ok(name) = OperatorName::parse(form.name.trim()) else {
        // What is no name is nobody's: it is not counted, and not written down, for it may be a password.
        passwords::verify(app, Asker::Operator, form.password.clone(), None).await?;
        let mut failure = event(now, Actor::Center, Deed::SignInRefused);
        failure.detail = "operator=".into();
        app.engine.record(failure).await?;
        return Ok((Settled::Wrong, token));
    };
    let known = app.engine.operator_credentials(&name)?;
    let waits = app.engine.operator_lockout(&name)?.waits_s(now).is_some();
    let hash = known.as_ref().map(|it| it.password.hash.clone());
    // A name that waits is refused by the store whatever was typed; no slow hash is spent on it.
    let is_password =
        !waits && passwords::verify(app, Asker::Operator, form.password.clone(), hash).await?;
    let mut failure = event(now, Actor::Center, Deed::SignInRefused);
    failure.detail = match (&known, is_password) {
        (None, _) => "operator=".into(),
        (Some(_), false) => format!("operator={name}"),
        // A right password with a wrong code is the plainest sign of a stolen one.
        (Some(_), true) => format!("operator={name} second_factor=wrong"),
    };
    let step = known.filter(|_| is_password).and_then(|it| {
        let secret = app.machine.unseal_bytes(&it.secret)?;
        matching(&secret, &digits(&form.code)?, &steps(now, it.last_step))
    });
    let mut success = event(now, Actor::Operator(name.to_string()), Deed::SignIn);
    success.detail = "second_factor=totp".into();
    let settled = app.engine.settle_operator_sign_in(
        name,
        step,
        operators::hash(&token),
        app.lockout,
        (success, failure),
    );
    Ok((settled.await?, token))
}

/// Leads on with a new session's cookie.
pub(super) fn entered(token: &str, to: &str) -> Response {
    let cookie = format!("{COOKIE}={token}; Secure; HttpOnly; SameSite=Strict; Path=/");
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

pub(super) async fn sign_out(State(app): State<App>, operator: Operator) -> Response {
    let event = operator.event(&app, Deed::SignOut);
    app.operator_answers.forget_session(&operator.token);
    let ended = app.engine.end_operator_session(operator.token, event);
    if let Err(error) = ended.await {
        return operator.shown("/", Err(error.into()));
    }
    let gone = format!("{COOKIE}=; Secure; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to(HERE)).into_response()
}
