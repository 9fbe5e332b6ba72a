//! The sealed sheet (G35): new passwords for administrator and terminal user, shown once to be printed, and in force only after both were
//! typed in from the paper. Until then the old ones count, and a page left half-way changes nothing. Kept nowhere.

use api::client::ClientError;
use api::session::{PasswordChange, PasswordState};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::password::{Length, Password, last_day};
use domain::terminal_user::TerminalUserName;
use serde::Deserialize;
use ui::component::{Banner, Fault, Kind, TextField, Tone, Width};
use ui::language::Words;

use crate::pages::{Filled, Frame, Staff, setup, show, trouble};
use crate::serve::App;
use crate::{days, faults, setup_state, terminal_user};

/// The page's own path.
pub(crate) const HERE: &str = "/credential-sheet";

/// Name of a terminal user where there is none yet.
const USUAL_USER: &str = "OqsUser";

/// A sheet that waits for its confirmation.
#[derive(Clone)]
pub(crate) struct Waiting {
    old: String,
    administrator: Password,
    user: TerminalUserName,
    terminal: Password,
}

#[derive(Template)]
#[template(path = "credential_sheet.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    pub(super) fields: Vec<TextField>,
}

/// The sheet itself, with the form that puts it in force.
#[derive(Template)]
#[template(path = "credential_sheet_made.html")]
pub(super) struct MadePage {
    pub(super) frame: Frame,
    pub(super) made: String,
    pub(super) facility: String,
    pub(super) administrator: (String, String),
    pub(super) terminal_user: (String, String),
    pub(super) fields: Vec<TextField>,
}

fn refused(staff: &Staff) -> Option<Response> {
    if staff.kind() == Some(AccountKind::Administrator) {
        return None;
    }
    let fault = faults::own(&staff.words, "not_permitted", "sheet-administrator");
    Some(trouble(StatusCode::FORBIDDEN, staff.frame(HERE), fault))
}

pub(super) fn form_page(staff: &Staff, user: &str, faults: &[(String, Fault)]) -> FormPage {
    let words = &staff.words;
    let mut fields = vec![
        TextField {
            kind: Kind::Password,
            autocomplete: "current-password",
            support: words.say("credential-old-support"),
            ..TextField::new("old_password", words.say("credential-old"))
        },
        TextField {
            support: words.say("credential-user-support"),
            value: user.to_owned(),
            ..TextField::new("terminal_user", words.say("credential-user"))
        },
    ];
    faults::spread(faults, &mut fields, &mut []);
    FormPage {
        frame: staff.frame(HERE),
        fields,
    }
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let user = app
        .lock
        .user_name()
        .unwrap_or_else(|| USUAL_USER.to_owned());
    show(StatusCode::OK, &form_page(&staff, &user, &[]))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct MakeForm {
    old_password: String,
    terminal_user: String,
}

/// Makes both passwords, which wait in memory for their confirmation.
pub(crate) async fn make(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<MakeForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let words = &staff.words;
    let Some(user) = TerminalUserName::parse(&form.terminal_user) else {
        let fault = faults::own(words, "terminal_user", "credential-user-wrong");
        let faults = [("terminal_user".to_owned(), fault)];
        let page = form_page(&staff, &form.terminal_user, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let (Some(administrator), Some(terminal)) = (generate(), generate()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let waiting = Waiting {
        old: form.old_password,
        administrator,
        user,
        terminal,
    };
    let page = made_page(&app, &staff, &waiting, &[]);
    app.browsers.with(&staff.key, |browser| {
        browser.credential_sheet = Some(waiting);
    });
    show(StatusCode::OK, &page)
}

fn generate() -> Option<Password> {
    let mut random = [0; 40];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    Some(Password::generate(&random))
}

fn made_page(app: &App, staff: &Staff, waiting: &Waiting, faults: &[(String, Fault)]) -> MadePage {
    let at = days::show_instant(&app.now().to_string());
    let administrator = waiting.administrator.expose().to_owned();
    let terminal = waiting.terminal.expose().to_owned();
    let users = (waiting.user.as_str().to_owned(), terminal);
    sheet_page(staff, at, administrator, users, faults)
}

pub(super) fn sheet_page(
    staff: &Staff,
    at: String,
    administrator: String,
    terminal_user: (String, String),
    faults: &[(String, Fault)],
) -> MadePage {
    let words = &staff.words;
    let typed = |name, label: &str| TextField {
        kind: Kind::Password,
        width: Width::Medium,
        support: words.say("credential-typed-support"),
        ..TextField::new(name, words.say(label))
    };
    let mut fields = vec![
        typed("administrator", "credential-typed-administrator"),
        typed("terminal", "credential-typed-terminal"),
    ];
    faults::spread(faults, &mut fields, &mut []);
    let facility = &staff.session.facility;
    MadePage {
        made: words.say_with("sheet-made", &[("at", at)]),
        facility: format!("{} {}", facility.code, facility.name),
        administrator: (staff.session.account.id.clone(), administrator),
        terminal_user,
        fields,
        frame: staff.frame(HERE),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TypedForm {
    administrator: String,
    terminal: String,
}

/// Puts both in force, if they were typed as printed: the center's first, then the terminal's.
pub(crate) async fn confirm(
    State(app): State<App>,
    staff: Staff,
    Filled(typed): Filled<TypedForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let waiting = app
        .browsers
        .with(&staff.key, |browser| browser.credential_sheet.clone());
    let Some(waiting) = waiting.flatten() else {
        return Redirect::to(HERE).into_response();
    };
    let wrong = wrong(&waiting, &typed, &staff.words);
    if !wrong.is_empty() {
        let page = made_page(&app, &staff, &waiting, &wrong);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let change = PasswordChange {
        new_password: waiting.administrator.expose().to_owned(),
        old_password: waiting.old.clone(),
    };
    match staff.client.change_password(staff.token(), &change).await {
        Ok(()) => {}
        Err(ClientError::Problem(problem)) if problem.status == 422 => {
            forget(&app, &staff);
            let faults = faults::of_members(&problem, &staff.words);
            let page = form_page(&staff, waiting.user.as_str(), &faults);
            return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        Err(error) => return staff.failed(&app, &error, HERE),
    }
    note_change(&app, &staff, &waiting.administrator);
    forget(&app, &staff);
    let kept = {
        let (app, waiting) = (app.clone(), waiting.clone());
        tokio::task::spawn_blocking(move || {
            terminal_user::keep(&app.data_dir, &waiting.user, &waiting.terminal)
        })
        .await
    };
    if !matches!(kept, Ok(Ok(_))) {
        tracing::error!("the terminal user was not kept");
        let fault = faults::own(&staff.words, "half_done", "credential-half-done");
        let mut frame = staff.frame(HERE);
        frame.banners.push(Banner::new(Tone::Error, fault));
        let page = FormPage {
            frame,
            fields: Vec::new(),
        };
        return show(StatusCode::INSUFFICIENT_STORAGE, &page);
    }
    setup_state::note_sheet(&app.data_dir, &staff.session.account.id, app.now());
    let fault = faults::own(&staff.words, "sheet_in_force", "credential-in-force");
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(setup::HERE).into_response()
}

fn wrong(waiting: &Waiting, typed: &TypedForm, words: &Words) -> Vec<(String, Fault)> {
    let each = [
        (
            "administrator",
            &typed.administrator,
            &waiting.administrator,
        ),
        ("terminal", &typed.terminal, &waiting.terminal),
    ];
    let wrong = each
        .into_iter()
        .filter(|(_, typed, made)| typed.as_str() != made.expose());
    wrong
        .map(|(name, _, _)| {
            let fault = faults::own(words, "typed", "credential-typed-wrong");
            (name.to_owned(), fault)
        })
        .collect()
}

fn forget(app: &App, staff: &Staff) {
    app.browsers
        .with(&staff.key, |browser| browser.credential_sheet = None);
}

/// The new state of the administrator's password, as the browser's session knows it.
fn note_change(app: &App, staff: &Staff, password: &Password) {
    let now = app.now();
    let last = last_day(Length::of(password), now);
    app.browsers.with(&staff.key, |browser| {
        if let Some(session) = &mut browser.session {
            session.password = PasswordState {
                change_needed: false,
                expires_on: last.map(|day| day.to_string()),
                set_at: now.to_string(),
            };
        }
    });
}
