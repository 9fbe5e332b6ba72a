//! The terminal user's password made anew (G05), on this terminal alone: shown once to be written down, and in force only after it was
//! typed in from the paper. Until then the old one unlocks; a page left half-way changes nothing.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::password::Password;
use domain::terminal_user::TerminalUserName;
use serde::Deserialize;
use ui::component::{Banner, Fault, Kind, TextField, Tone};

use super::HERE;
use crate::pages::credential_sheet::told_of_change;
use crate::pages::{Filled, Frame, Staff, show, trouble};
use crate::serve::App;
use crate::{faults, terminal_user};

#[derive(Template)]
#[template(path = "rotation_terminal_user.html")]
pub(in crate::pages) struct TerminalUserPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) user: String,
    pub(in crate::pages) password: String,
    pub(in crate::pages) typed: TextField,
}

/// The answer to everybody but an administrator.
fn refused(staff: &Staff) -> Option<Response> {
    if staff.kind() == Some(AccountKind::Administrator) {
        return None;
    }
    let fault = faults::own(
        &staff.words,
        "administrators_only",
        "rotation-administrators-only",
    );
    Some(trouble(StatusCode::FORBIDDEN, staff.frame("/"), fault))
}

pub(in crate::pages) fn made_page(
    mut frame: Frame,
    user: String,
    password: &Password,
    fault: Option<Fault>,
) -> TerminalUserPage {
    let words = frame.words.clone();
    let mut typed = TextField {
        kind: Kind::Password,
        support: words.say("rotation-type-support"),
        ..TextField::new("typed", words.say("rotation-type"))
    };
    if let Some(fault) = fault {
        frame.banners.push(Banner::new(Tone::Error, fault.clone()));
        typed.errors.push(fault);
    }
    TerminalUserPage {
        password: password.expose().to_owned(),
        user,
        typed,
        frame,
    }
}

/// Makes a password that waits in memory for its confirmation.
pub(crate) async fn make(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    // An account that was locked or signed in elsewhere since changes nothing any more.
    let asked = staff.client.rotations(staff.token()).await;
    if let Err(error) = asked {
        return staff.failed(&app, &error, HERE);
    }
    let mut random = [0; 40];
    let Some(user) = app.lock.user_name() else {
        return Redirect::to(HERE).into_response();
    };
    if aws_lc_rs::rand::fill(&mut random).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let password = Password::generate(&random);
    app.browsers.with(&staff.key, |browser| {
        browser.next_terminal_password = Some(password.clone());
    });
    let page = made_page(staff.frame(HERE), user, &password, None);
    show(StatusCode::OK, &page)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TypedForm {
    typed: String,
}

/// Puts the new password in force, if it was typed as shown.
pub(crate) async fn confirm(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<TypedForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let waiting = app
        .browsers
        .with(&staff.key, |browser| browser.next_terminal_password.take());
    let user = app.lock.user_name();
    let (Some(password), Some(user)) = (waiting.flatten(), user) else {
        return Redirect::to(HERE).into_response();
    };
    if form.typed != password.expose() {
        let fault = faults::own(&staff.words, "typed_differs", "rotation-typed-differs");
        let page = made_page(staff.frame(HERE), user, &password, Some(fault));
        app.browsers.with(&staff.key, |browser| {
            browser.next_terminal_password = Some(password);
        });
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let kept = TerminalUserName::parse(&user)
        .map(|name| terminal_user::keep(app.lock.data_dir(), &name, &password));
    let (code, key) = match kept {
        Some(Ok(_)) => ("terminal_user_rotated", "rotation-terminal-user-done"),
        Some(Err(error)) => {
            tracing::error!(error = %error, "the terminal user's password was not changed");
            ("not_written", "rotation-terminal-user-failed")
        }
        None => ("not_written", "rotation-terminal-user-failed"),
    };
    let fault = faults::own(&staff.words, code, key);
    if code == "not_written" {
        return trouble(StatusCode::INTERNAL_SERVER_ERROR, staff.frame(HERE), fault);
    }
    tracing::info!(
        account.id = staff.session.account.id,
        "the terminal user's password was changed"
    );
    let fault = told_of_change(&app, &staff.words, None, fault);
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(HERE).into_response()
}
