//! The sealed sheet (G35): new passwords for administrator and terminal user, shown once to be printed, and in force only after both were
//! typed in from the paper. Until then the old ones count, and a page left half-way changes nothing. Kept nowhere. What was sent to the center
//! and not answered may count: it waits to be sent again, under the same key.

use std::sync::Arc;

use api::client::ClientError;
use api::problem::Problem;
use api::session::{PasswordChange, PasswordState};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::password::{Length, Password, last_day};
use domain::terminal_user::TerminalUserName;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Duration, timeout};
use ui::component::{Banner, Fault, Kind, TextField, Tone, Width};
use ui::language::Words;

use crate::browsers::random_text;
use crate::pages::{Filled, Frame, Staff, setup, setup_sheet, show};
use crate::serve::App;
use crate::setup_state::{Passwords, Whose};
use crate::{days, faults, setup_state, terminal_user};

/// The page's own path.
pub(crate) const HERE: &str = "/credential-sheet";

/// Name of a terminal user where there is none yet.
const USUAL_USER: &str = "OqsUser";

/// Code of what is told when both passwords count.
const IN_FORCE: &str = "sheet_in_force";

/// How long the center may take to tell when it set the administrator's.
const ASK: Duration = Duration::from_secs(2);

/// A sheet that waits for its confirmation, or for the center's answer to it.
#[derive(Clone)]
pub(crate) struct Waiting {
    old: String,
    administrator: Password,
    user: TerminalUserName,
    terminal: Password,
    /// The key it is sent under, so that it is one change however often it is sent.
    key: String,
    /// Whether it was typed rightly and sent: from then on it may count.
    sent: bool,
    /// What became of it. Held while it is put in force: whoever presses meanwhile waits, and is told the same.
    outcome: Arc<Mutex<Option<Outcome>>>,
}

/// What became of a sheet.
enum Outcome {
    InForce,
    /// The administrator's part alone counts.
    HalfDone,
    Refused(Box<Problem>),
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
    /// Whether anything changed yet.
    pub(super) stands: String,
    /// None where both were typed already.
    pub(super) fields: Vec<TextField>,
}

fn refused(staff: &Staff) -> Option<Response> {
    setup_sheet::for_administrators(staff, HERE, "credential-sheet")
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
    if let Some(waiting) = sent(&app, &staff) {
        return show(StatusCode::OK, &made_page(&app, &staff, &waiting, &[]));
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
    // One that may count already gives way to no other.
    if let Some(waiting) = sent(&app, &staff) {
        return show(StatusCode::OK, &made_page(&app, &staff, &waiting, &[]));
    }
    let words = &staff.words;
    let Some(user) = TerminalUserName::parse(&form.terminal_user) else {
        let fault = faults::own(words, "terminal_user", "credential-user-wrong");
        let faults = [("terminal_user".to_owned(), fault)];
        let page = form_page(&staff, &form.terminal_user, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let made = (generate(), generate(), random_text());
    let (Some(administrator), Some(terminal), Some(key)) = made else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let waiting = Waiting {
        old: form.old_password,
        administrator,
        user,
        terminal,
        key,
        sent: false,
        outcome: Arc::default(),
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
    let mut page = sheet_page(staff, at, administrator, users, faults);
    if waiting.sent {
        page.stands = staff.words.say("credential-perhaps");
        page.fields.clear();
    }
    page
}

/// The browser's sheet, if it was sent and may count.
fn sent(app: &App, staff: &Staff) -> Option<Waiting> {
    let waiting = app
        .browsers
        .with(&staff.key, |browser| browser.credential_sheet.clone());
    waiting.flatten().filter(|it| it.sent)
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
        stands: words.say("credential-not-yet"),
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
        return over(&app, &staff);
    };
    if !waiting.sent {
        let wrong = wrong(&waiting, &typed, &staff.words);
        if !wrong.is_empty() {
            let page = made_page(&app, &staff, &waiting, &wrong);
            return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    }
    // Goes on though the browser leaves: what counts at the center is to count at this terminal too.
    let settled = tokio::spawn(settle(app, staff, waiting)).await;
    settled.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The way on from a sheet that waits no longer, pressed once more or not.
fn over(app: &App, staff: &Staff) -> Response {
    let in_force = app.browsers.with(&staff.key, |browser| {
        let told = browser.told.as_ref();
        told.is_some_and(|it| it.code == IN_FORCE)
    });
    let to = if in_force == Some(true) {
        setup::HERE
    } else {
        HERE
    };
    Redirect::to(to).into_response()
}

/// Puts a sheet in force, once at a time, and says what became of it.
async fn settle(app: App, staff: Staff, mut waiting: Waiting) -> Response {
    let turn = Arc::clone(&waiting.outcome);
    let mut outcome = turn.lock().await;
    let settled = if let Some(before) = outcome.take() {
        before
    } else {
        waiting.sent = note_sent(&app, &staff, &waiting, true);
        match put_in_force(&app, &staff, &waiting).await {
            Ok(settled) => {
                forget(&app, &staff, &waiting);
                settled
            }
            Err(error) => return not_settled(&app, &staff, &waiting, &error),
        }
    };
    let told = tell(&app, &staff, &waiting, &settled);
    *outcome = Some(settled);
    told
}

/// The center's part first, then the terminal's.
async fn put_in_force(app: &App, staff: &Staff, waiting: &Waiting) -> Result<Outcome, ClientError> {
    let change = PasswordChange {
        new_password: waiting.administrator.expose().to_owned(),
        old_password: waiting.old.clone(),
    };
    let (token, key) = (staff.token(), waiting.key.as_str());
    match staff.client.change_password_once(token, key, &change).await {
        Ok(()) => {}
        Err(ClientError::Problem(problem)) if problem.status == 422 => {
            return Ok(Outcome::Refused(problem));
        }
        Err(error) => return Err(error),
    }
    note_change(app, staff, &waiting.administrator);
    let kept = {
        let (app, waiting) = (app.clone(), waiting.clone());
        tokio::task::spawn_blocking(move || {
            terminal_user::keep(&app.data_dir, &waiting.user, &waiting.terminal)
        })
        .await
    };
    if !matches!(kept, Ok(Ok(_))) {
        tracing::error!("the terminal user was not kept");
        return Ok(Outcome::HalfDone);
    }
    let own = timeout(ASK, staff.client.own_account(token)).await;
    let own = own.ok().and_then(Result::ok);
    let passwords = Passwords {
        set_at: own.and_then(|it| it.passwords_set_at.into_iter().next()),
        terminal_user: terminal_user::mark_now(&app.data_dir),
    };
    let by = account_of(staff, &staff.session.account.id);
    setup_state::note_sheet(&app.data_dir, by, passwords, app.now());
    Ok(Outcome::InForce)
}

/// The account with an identifier of the facility of whoever is signed in.
pub(super) fn account_of<'a>(staff: &'a Staff, account: &'a str) -> Whose<'a> {
    Whose {
        facility: &staff.session.facility.code,
        account,
    }
}

/// What is told of a password change, and where the sealed sheet held the old one that it is to be made again: that of its administrator, or
/// with `None` the terminal user's.
pub(super) fn told_of_change(
    app: &App,
    words: &Words,
    account: Option<Whose<'_>>,
    told: Fault,
) -> Fault {
    let state = setup_state::read(&app.data_dir);
    let holds = match account {
        Some(account) => state.is_of(account),
        None => state.sheet().is_some(),
    };
    if !holds {
        return told;
    }
    let again = words.say("credential-outdated");
    Fault {
        text: [told.text, again].join(words.choose("", " ")),
        ..told
    }
}

/// What is said where the center did not say whether it changed the password: that may count, and the sheet stays to be pressed again. Said no
/// to, it stands as before.
fn not_settled(app: &App, staff: &Staff, waiting: &Waiting, error: &ClientError) -> Response {
    let Some(banner) = staff.unanswered(error) else {
        note_sent(app, staff, waiting, waiting.sent);
        return staff.failed(app, error, HERE);
    };
    let may_count = faults::may_be_done(error);
    let waiting = Waiting {
        sent: waiting.sent || may_count,
        ..waiting.clone()
    };
    note_sent(app, staff, &waiting, waiting.sent);
    let mut page = made_page(app, staff, &waiting, &[]);
    let title = if may_count {
        staff.words.say("change-unanswered")
    } else {
        String::new()
    };
    page.frame.banners.push(Banner { title, ..banner });
    show(StatusCode::BAD_GATEWAY, &page)
}

fn tell(app: &App, staff: &Staff, waiting: &Waiting, outcome: &Outcome) -> Response {
    let words = &staff.words;
    match outcome {
        Outcome::InForce => {
            let fault = faults::own(words, IN_FORCE, "credential-in-force");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(setup::HERE).into_response()
        }
        Outcome::HalfDone => {
            let fault = faults::own(words, "half_done", "credential-half-done");
            let mut frame = staff.frame(HERE);
            frame.banners.push(Banner::new(Tone::Error, fault));
            let page = FormPage {
                frame,
                fields: Vec::new(),
            };
            show(StatusCode::INSUFFICIENT_STORAGE, &page)
        }
        Outcome::Refused(problem) => {
            let faults = faults::of_members(problem, words);
            let page = form_page(staff, waiting.user.as_str(), &faults);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
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

/// Notes at the browser's sheet, if it is still this one, whether it was sent; returns whether it was before.
fn note_sent(app: &App, staff: &Staff, waiting: &Waiting, sent: bool) -> bool {
    let before = app.browsers.with(&staff.key, |browser| {
        let own = browser.credential_sheet.as_mut();
        let own = own.filter(|it| it.key == waiting.key);
        own.map(|it| std::mem::replace(&mut it.sent, sent))
    });
    before.flatten() == Some(true)
}

fn forget(app: &App, staff: &Staff, waiting: &Waiting) {
    app.browsers.with(&staff.key, |browser| {
        let own = browser.credential_sheet.as_ref();
        if own.is_some_and(|it| it.key == waiting.key) {
            browser.credential_sheet = None;
        }
    });
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
