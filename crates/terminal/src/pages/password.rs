//! The change of one's own password (G03): old, new, again, a confirmation, done; and the rule as it is typed (G02). The new
//! password waits for its confirmation in memory and nowhere else, and where no answer came to be sent again under the same key: it may count.

use std::sync::Arc;

use api::client::ClientError;
use api::session::{PasswordChange, PasswordState};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::password::{Broken, Length, Password, SPECIAL, last_day};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Duration, timeout};
use ui::component::{Banner, ErrorSummary, Fact, Fault, Kind, Live, TextField, Tone};
use ui::language::Words;

use crate::browsers::random_text;
use crate::pages::accounts::expiry;
use crate::pages::credential_sheet::{account_of, told_of_change};
use crate::pages::{Filled, Frame, Staff, Visitor, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
const HERE: &str = "/password";

/// Path of the confirmation.
const CONFIRM: &str = "/password/confirm";

/// Code of what is told when the new password counts.
const CHANGED: &str = "password_changed";

/// How long the center may take to tell of earlier passwords.
const ASK: Duration = Duration::from_secs(2);

/// A change that waits for its confirmation, or for the center's answer to it.
#[derive(Clone)]
pub(crate) struct Waiting {
    change: PasswordChange,
    /// The key it is sent under, so that it is one change however often it is sent.
    key: String,
    /// Whether it was sent: from then on it may count.
    sent: bool,
    /// Whether it counts. Held while it is sent: whoever presses meanwhile waits, and is told the same.
    counts: Arc<Mutex<bool>>,
}

#[derive(Template)]
#[template(path = "password.html")]
pub(super) struct PasswordPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) state: Vec<Fact>,
    pub(super) fields: Vec<TextField>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "password_confirm.html")]
pub(super) struct ConfirmPage {
    pub(super) frame: Frame,
    pub(super) facts: Vec<Fact>,
    /// Whether it was sent without an answer.
    pub(super) sent: bool,
}

#[derive(Template)]
#[template(path = "password_rule.html")]
struct RuleFragment {
    words: Words,
    rules: Vec<Rule>,
}

/// One part of the rule, held against a password.
pub(super) struct Rule {
    pub(super) text: String,
    /// `None` while nothing is typed.
    pub(super) met: Option<bool>,
}

/// The parts of the rule that a password shows by itself. Those about earlier passwords are the center's to judge.
pub(super) fn rules(password: &str, words: &Words) -> Vec<Rule> {
    let broken = Password::parse(password).err().unwrap_or_default();
    let typed = !password.is_empty();
    let rule = |key: &str, is_part: fn(&Broken) -> bool| Rule {
        text: words.say(key),
        met: typed.then(|| !broken.iter().any(is_part)),
    };
    let characters: Vec<String> = SPECIAL.chars().map(String::from).collect();
    let special = Rule {
        text: words.say_with("rule-special", &[("characters", characters.join(" "))]),
        met: typed.then(|| !broken.contains(&Broken::NoSpecial)),
    };
    let mut rules = vec![
        rule("rule-length", |it| {
            matches!(it, Broken::TooShort | Broken::TooLong)
        }),
        rule("rule-digit", |it| matches!(it, Broken::NoDigit)),
        rule("rule-lower", |it| matches!(it, Broken::NoLowerCase)),
        rule("rule-upper", |it| matches!(it, Broken::NoUpperCase)),
        special,
        rule("rule-characters", |it| matches!(it, Broken::Character(_))),
    ];
    let offenders = broken
        .iter()
        .filter(|it| matches!(it, Broken::Character(_)));
    rules.extend(offenders.map(|it| Rule {
        text: faults::of_broken(*it, words).text,
        met: Some(false),
    }));
    rules
}

/// The field as it is typed, under its name on either page: one's own new password, or one set for another.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RuleForm {
    #[serde(alias = "new_password")]
    password: String,
}

/// The rule held against what is typed, for the page to show beside the field.
pub(crate) async fn rule(visitor: Visitor, Filled(form): Filled<RuleForm>) -> Response {
    let rules = rules(&form.password, &visitor.words);
    let fragment = RuleFragment {
        words: visitor.words,
        rules,
    };
    show(StatusCode::OK, &fragment)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PasswordForm {
    old_password: String,
    new_password: String,
    again: String,
}

fn state_facts(state: &PasswordState, words: &Words) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    vec![
        fact("password-set-at", days::show_instant(&state.set_at)),
        fact("password-expiry", expiry(state, words)),
    ]
}

/// When the passwords before the present one were set; `None` of a first one.
pub(super) fn earlier(set_at: &[String], words: &Words) -> Option<Fact> {
    let earlier = set_at.iter().skip(1).map(|at| days::show_instant(at));
    let earlier: Vec<String> = earlier.collect();
    (!earlier.is_empty()).then(|| Fact {
        label: words.say("password-set-before"),
        text: earlier.join(words.choose("、", ", ")),
        meaning: words.say("password-set-before-meaning"),
    })
}

/// The page with the passwords of before, where the center tells of them soon: the change waits for nothing it does not need. Whoever's
/// session has ended signs in first.
async fn page(
    app: &App,
    staff: &Staff,
    status: StatusCode,
    (typed, problem): (&str, Option<Fault>),
    faults: &[(String, Fault)],
) -> Response {
    let state = &staff.session.password;
    let mut page = password_page(staff.frame(HERE), state, typed, problem, faults);
    if !state.change_needed {
        match timeout(ASK, staff.client.own_account(staff.token())).await {
            Ok(Ok(own)) => page
                .state
                .extend(earlier(&own.passwords_set_at, &staff.words)),
            Ok(Err(error)) if staff.has_ended(app, &error, HERE, None) => {
                return Redirect::to("/sign-in").into_response();
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
    show(status, &page)
}

pub(super) fn password_page(
    mut frame: Frame,
    state: &PasswordState,
    typed: &str,
    problem: Option<Fault>,
    faults: &[(String, Fault)],
) -> PasswordPage {
    let words = frame.words.clone();
    let field = |name, label: &str, autocomplete| TextField {
        kind: Kind::Password,
        autocomplete,
        ..TextField::new(name, words.say(label))
    };
    let mut fields = vec![
        field("old_password", "old-password", "current-password"),
        TextField {
            support: words.say("new-password-support"),
            live: Some(Live {
                post: "/password/rule",
                target: "password-rule",
            }),
            ..field("new_password", "new-password", "new-password")
        },
        field("again", "new-password-again", "new-password"),
    ];
    let summary = faults::spread(faults, &mut fields, &mut []);
    if state.change_needed {
        let fault = faults::own(&words, "password_change_needed", "change-needed-now");
        frame.banners.push(Banner::new(Tone::Warning, fault));
    }
    frame
        .banners
        .extend(problem.map(|fault| Banner::new(Tone::Error, fault)));
    PasswordPage {
        state: state_facts(state, &words),
        rules: rules(typed, &words),
        summary,
        fields,
        frame,
    }
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    if was_sent(&app, &staff) {
        return Redirect::to(CONFIRM).into_response();
    }
    app.browsers
        .with(&staff.key, |browser| browser.password_change = None);
    page(&app, &staff, StatusCode::OK, ("", None), &[]).await
}

/// Whether the browser's change was sent and may count: it gives way to no other.
fn was_sent(app: &App, staff: &Staff) -> bool {
    let sent = app.browsers.with(&staff.key, |browser| {
        let waiting = browser.password_change.as_ref();
        waiting.is_some_and(|it| it.sent)
    });
    sent == Some(true)
}

/// What is wrong with the form by itself, before the center compares.
fn form_faults(form: &PasswordForm, words: &Words) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    if form.old_password.is_empty() {
        let fault = faults::own(words, "required", "old-password-missing");
        faults.push(("old_password".to_owned(), fault));
    }
    let broken = Password::parse(&form.new_password).err();
    for part in broken.into_iter().flatten() {
        faults.push(("new_password".to_owned(), faults::of_broken(part, words)));
    }
    if form.new_password != form.again {
        faults.push((
            "again".to_owned(),
            faults::own(words, "differs", "passwords-differ"),
        ));
    }
    faults
}

/// The form as sent: what is wrong, or the confirmation step.
pub(crate) async fn propose(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<PasswordForm>,
) -> Response {
    if was_sent(&app, &staff) {
        return Redirect::to(CONFIRM).into_response();
    }
    let faults = form_faults(&form, &staff.words);
    if !faults.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let typed = (form.new_password.as_str(), None);
        return page(&app, &staff, status, typed, &faults).await;
    }
    let Some(key) = random_text() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let waiting = Waiting {
        change: PasswordChange {
            new_password: form.new_password,
            old_password: form.old_password,
        },
        key,
        sent: false,
        counts: Arc::default(),
    };
    app.browsers.with(&staff.key, |browser| {
        browser.password_change = Some(waiting)
    });
    Redirect::to(CONFIRM).into_response()
}

/// 更新確認: what will hold afterwards, and one button.
pub(crate) async fn confirmation(State(app): State<App>, staff: Staff) -> Response {
    let waiting = app
        .browsers
        .with(&staff.key, |browser| browser.password_change.clone());
    let page = waiting
        .flatten()
        .and_then(|it| confirm_page(&it, &app, &staff));
    let Some(page) = page else {
        return Redirect::to(HERE).into_response();
    };
    show(StatusCode::OK, &page)
}

/// `None` for a password that is none; the form lets none such through.
fn confirm_page(waiting: &Waiting, app: &App, staff: &Staff) -> Option<ConfirmPage> {
    let password = Password::parse(&waiting.change.new_password).ok()?;
    let words = &staff.words;
    let last = last_day(Length::of(&password), app.now());
    let until = last.map_or_else(
        || words.say("password-never"),
        |day| {
            words.say_with(
                "password-until",
                &[("day", days::show(&day.to_string(), words))],
            )
        },
    );
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    Some(ConfirmPage {
        facts: vec![
            fact("user-id", staff.session.account.id.clone()),
            fact("password-expiry-new", until),
        ],
        frame: staff.frame(CONFIRM),
        sent: waiting.sent,
    })
}

pub(crate) async fn confirm(State(app): State<App>, staff: Staff) -> Response {
    let waiting = app
        .browsers
        .with(&staff.key, |browser| browser.password_change.clone());
    let Some(waiting) = waiting.flatten() else {
        // Also whoever pressed once more when it was done.
        let done = app.browsers.with(&staff.key, |browser| {
            let told = browser.told.as_ref();
            told.is_some_and(|it| it.code == CHANGED)
        });
        let to = if done == Some(true) { "/" } else { HERE };
        return Redirect::to(to).into_response();
    };
    // Goes on though the browser leaves: what counts at the center is noted here.
    let sent = tokio::spawn(send(app, staff, waiting)).await;
    sent.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Notes at the browser's change, if it is still this one, whether it was sent; returns whether it was before.
fn note_sent(app: &App, staff: &Staff, waiting: &Waiting, sent: bool) -> bool {
    let before = app.browsers.with(&staff.key, |browser| {
        let own = browser.password_change.as_mut();
        let own = own.filter(|it| it.key == waiting.key);
        own.map(|it| std::mem::replace(&mut it.sent, sent))
    });
    before.flatten() == Some(true)
}

/// Sends a change, once at a time, and says what became of it.
async fn send(app: App, staff: Staff, mut waiting: Waiting) -> Response {
    let turn = Arc::clone(&waiting.counts);
    let mut counts = turn.lock().await;
    if !*counts {
        waiting.sent = note_sent(&app, &staff, &waiting, true);
        let (token, key) = (staff.token(), waiting.key.as_str());
        let changed = staff
            .client
            .change_password_once(token, key, &waiting.change);
        if let Err(error) = changed.await {
            return not_changed(&app, &staff, &waiting, &error).await;
        }
        *counts = true;
        forget(&app, &staff, &waiting);
    }
    changed_now(&app, &staff, &waiting.change.new_password);
    Redirect::to("/").into_response()
}

/// What is said where the center did not say that it changed the password. Where it said nothing at all the change may count, and stays to be
/// sent again.
async fn not_changed(app: &App, staff: &Staff, waiting: &Waiting, error: &ClientError) -> Response {
    if let Some(banner) = staff.unanswered(error) {
        let may_count = faults::may_be_done(error);
        let waiting = Waiting {
            sent: waiting.sent || may_count,
            ..waiting.clone()
        };
        note_sent(app, staff, &waiting, waiting.sent);
        let Some(mut page) = confirm_page(&waiting, app, staff) else {
            return Redirect::to(HERE).into_response();
        };
        let title = if may_count {
            staff.words.say("change-unanswered")
        } else {
            String::new()
        };
        page.frame.banners.push(Banner { title, ..banner });
        return show(StatusCode::BAD_GATEWAY, &page);
    }
    match error {
        ClientError::Problem(problem) if problem.status == 422 => {
            forget(app, staff, waiting);
            let told = faults::of_members(problem, &staff.words);
            let fault = faults::of_problem(problem, &staff.words);
            let fault = told.is_empty().then_some(fault);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page(app, staff, status, ("", fault), &told).await
        }
        error => {
            // A no to this time says nothing of an earlier one that was not answered.
            if !waiting.sent {
                forget(app, staff, waiting);
            }
            staff.failed(app, error, HERE)
        }
    }
}

fn forget(app: &App, staff: &Staff, waiting: &Waiting) {
    app.browsers.with(&staff.key, |browser| {
        let own = browser.password_change.as_ref();
        if own.is_some_and(|it| it.key == waiting.key) {
            browser.password_change = None;
        }
    });
}

/// Notes the new state of the password at the browser, and what is told on the next page.
fn changed_now(app: &App, staff: &Staff, new_password: &str) {
    let now = app.now();
    let last = Password::parse(new_password)
        .ok()
        .and_then(|password| last_day(Length::of(&password), now));
    let told = faults::own(&staff.words, CHANGED, "password-changed");
    let own = account_of(staff, &staff.session.account.id);
    let told = told_of_change(app, &staff.words, Some(own), told);
    app.browsers.with(&staff.key, |browser| {
        browser.told = Some(told);
        if let Some(session) = &mut browser.session {
            session.password = PasswordState {
                change_needed: false,
                expires_on: last.map(|day| day.to_string()),
                set_at: now.to_string(),
            };
        }
    });
}
