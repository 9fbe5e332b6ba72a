//! How far the screen lock is weakened (G17): shown, changed by an administrator who took the warning, and undone with one press. The
//! center records it before anything is weakened.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::screen_lock::{Mode, Weakening};
use serde::Deserialize;
use tokio::time::timeout;
use ui::component::{Banner, Checkbox, Fault, Radio, Tone, WayOn};
use ui::language::Words;

use crate::pages::{Filled, Frame, Staff, done, show, trouble};
use crate::serve::App;
use crate::terminal_user::CannotTell;
use crate::{days, faults};

/// How long the center may take to record what is done anyway.
const RECORDING: Duration = Duration::from_secs(2);

/// The page's own path.
pub(crate) const HERE: &str = "/screen-lock";

#[derive(Template)]
#[template(path = "screen_lock.html")]
pub(super) struct ScreenLockPage {
    pub(super) frame: Frame,
    /// How it works now.
    pub(super) state: String,
    /// Which weakening was chosen, when and by whom.
    pub(super) weakened: Option<String>,
    pub(super) degrees: Vec<Radio>,
    pub(super) accept: Checkbox,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WeakenForm {
    degree: String,
    accepted: Option<String>,
}

fn name_of(degree: Weakening, words: &Words) -> String {
    words.say(match degree {
        Weakening::UntilNextStart => "lock-until-next-start",
        Weakening::NotStartedByItself => "lock-not-started",
        Weakening::Removed => "lock-removed",
        Weakening::NoPassword => "lock-no-password",
    })
}

fn about(degree: Weakening, words: &Words) -> String {
    words.say(match degree {
        Weakening::UntilNextStart => "lock-until-next-start-about",
        Weakening::NotStartedByItself => "lock-not-started-about",
        Weakening::Removed => "lock-removed-about",
        Weakening::NoPassword => "lock-no-password-about",
    })
}

/// Which weakening was chosen, when and by whom; `None` where the lock works in full.
fn told_of(app: &App, words: &Words) -> Option<String> {
    let weakened = app.lock.weakened().1?;
    let degree = name_of(weakened.degree()?, words);
    let day = weakened.since().date_in_japan().to_string();
    let day = days::show(&day, words);
    Some(words.say_with(
        "lock-weakened-by",
        &[
            ("degree", degree.as_str()),
            ("day", &day),
            ("account", &weakened.by),
        ],
    ))
}

/// The banner of a weakened lock, for everybody's main screen.
pub(super) fn reminder(app: &App, staff: &Staff) -> Option<Banner> {
    let text = told_of(app, &staff.words)?;
    let fault = Fault {
        code: "lock_weakened".into(),
        text,
    };
    let mut banner = Banner::new(Tone::Warning, fault);
    let is_administrator = staff.kind() == Some(AccountKind::Administrator);
    banner.way_on = is_administrator.then(|| WayOn {
        href: HERE.into(),
        text: staff.words.say("lock-settings"),
    });
    Some(banner)
}

fn page(app: &App, staff: &Staff, form: &WeakenForm, fault: Option<Fault>) -> ScreenLockPage {
    let words = &staff.words;
    let mut frame = staff.frame(HERE);
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    let missing = match app.lock.user() {
        Ok(Some(_)) => None,
        Ok(None) => Some(("no_terminal_user", "no-terminal-user", Tone::Warning)),
        Err(CannotTell) => Some((
            "terminal_user_unreadable",
            "terminal-user-unreadable",
            Tone::Error,
        )),
    };
    frame
        .banners
        .extend(missing.map(|(code, key, tone)| Banner::new(tone, faults::own(words, code, key))));
    let state = match app.lock.weakened().0 {
        Mode::Full => "lock-mode-full",
        Mode::ByHand => "lock-mode-by-hand",
        Mode::NoPassword => "lock-mode-no-password",
        Mode::Absent => "lock-mode-absent",
    };
    let degrees = Weakening::ALL.into_iter().map(|degree| Radio {
        value: degree.as_str().to_owned(),
        label: name_of(degree, words),
        support: vec![about(degree, words)],
        chosen: form.degree == degree.as_str(),
        barred: false,
    });
    ScreenLockPage {
        state: words.say(state),
        weakened: told_of(app, words),
        degrees: degrees.collect(),
        accept: Checkbox {
            name: "accepted",
            label: words.say("lock-accept"),
            support: words.say("lock-warning"),
            value: "1".into(),
            checked: false,
        },
        frame,
    }
}

/// The answer to everybody else.
fn refused(staff: &Staff) -> Option<Response> {
    if staff.kind() == Some(AccountKind::Administrator) {
        return None;
    }
    let fault = faults::own(
        &staff.words,
        "administrators_only",
        "lock-administrators-only",
    );
    Some(trouble(StatusCode::FORBIDDEN, staff.frame("/"), fault))
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let mut page = page(&app, &staff, &WeakenForm::default(), None);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    page.frame.banners.extend(told.flatten().map(done));
    show(StatusCode::OK, &page)
}

pub(crate) async fn weaken(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<WeakenForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let words = &staff.words;
    let wrong = |code, key| {
        let fault = faults::own(words, code, key);
        let page = page(&app, &staff, &form, Some(fault));
        show(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let Some(degree) = Weakening::parse(&form.degree) else {
        return wrong("no_degree", "lock-choose-degree");
    };
    if form.accepted.is_none() {
        return wrong("not_accepted", "lock-not-accepted");
    }
    // What the center cannot record is not done. So an account that was locked or signed in elsewhere since weakens nothing any more.
    let recorded = staff
        .client
        .record_screen_lock(staff.token(), degree.as_str());
    if let Err(error) = recorded.await {
        return staff.failed(&app, &error, HERE);
    }
    change(&app, &staff, Some(degree))
}

/// Undone at once, without a question: it makes nothing less safe.
pub(crate) async fn undo(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let changed = change(&app, &staff, None);
    // Safer is safer, whether the center hears of it or not.
    let recorded = staff.client.record_screen_lock(staff.token(), "full");
    if !matches!(timeout(RECORDING, recorded).await, Ok(Ok(()))) {
        tracing::warn!("the center has no record that the screen lock works in full again");
    }
    changed
}

fn change(app: &App, staff: &Staff, degree: Option<Weakening>) -> Response {
    let words = &staff.words;
    let changed = app
        .lock
        .weaken(degree, &staff.session.account.id, app.now());
    if let Err(error) = changed {
        tracing::error!(error = %error, "the weakening of the screen lock was not changed");
        let fault = faults::own(words, "not_written", "lock-not-written");
        return trouble(StatusCode::INTERNAL_SERVER_ERROR, staff.frame(HERE), fault);
    }
    let fault = match degree {
        Some(_) => faults::own(words, "lock_weakened", "lock-weakened-done"),
        None => faults::own(words, "lock_full", "lock-undone"),
    };
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(HERE).into_response()
}
