//! The lock screen (G17) and what leads to it. Shows the terminal user's name and nothing of staff or patients.

use api::client::Client;
use askama::Template;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::screen_lock::Cause;
use kiosk::profile::Lock as LockName;
use serde::Deserialize;
use tokio::time::{Duration, timeout};
use ui::component::{Banner, Fault, Kind, TextField, Tone};
use ui::language::Words;
use ui::language_choice::own_path;

use crate::browsers::EndedSessions;
use crate::faults;
use crate::lock::Unlocking;
use crate::pages::support::has_start_stop;
use crate::pages::{Filled, Frame, Staff, Visitor, show};
use crate::serve::App;
use crate::terminal_user::CannotTell;

/// How long the center may take to say whether the session goes on.
const ASK: Duration = Duration::from_secs(2);

/// A page without script waits so long for an answer, then asks again: some browsers give up after five minutes.
const WAIT: Duration = Duration::from_secs(4 * 60);

/// Who unlocks, as the lock screen says it.
pub(super) enum Unlocks {
    /// The terminal user of this name.
    User(String),
    /// Whoever is there, since none was made: everybody signs in again.
    Anybody,
    /// Whoever is there, since no password is asked: who is signed in stays so.
    WithoutPassword,
    /// Nobody, until the terminal user can be read.
    CannotTell,
}

#[derive(Template)]
#[template(path = "lock.html")]
pub(super) struct LockPage {
    pub(super) frame: Frame,
    /// クリアスクリーン or スクリーンセーバー.
    pub(super) name: String,
    /// What goes on meanwhile, by the kind of facility (G37).
    pub(super) goes_on: String,
    pub(super) user: Unlocks,
    /// The password, where it is asked.
    pub(super) fields: Vec<TextField>,
    pub(super) back: String,
}

fn lock_page(app: &App, visitor: &Visitor, back: &str, fault: Option<Fault>) -> LockPage {
    let words = &visitor.words;
    let mut frame = visitor.frame(back);
    frame.lock.is_closed = true;
    frame.lock.leaves_after_s = None;
    let asks_password = app.lock.weakened().0.asks_password();
    let user = match app.lock.user() {
        Ok(Some(user)) => Unlocks::User(user.id),
        Ok(None) | Err(CannotTell) if !asks_password => Unlocks::WithoutPassword,
        Ok(None) => Unlocks::Anybody,
        Err(CannotTell) => Unlocks::CannotTell,
    };
    let fault = fault.or(matches!(user, Unlocks::CannotTell).then(|| unreadable(words)));
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    let asks = asks_password && matches!(user, Unlocks::User(_));
    let field = TextField {
        kind: Kind::Password,
        autocomplete: "off",
        support: words.say("lock-where"),
        ..TextField::new("password", words.say("password"))
    };
    LockPage {
        frame,
        name: match app.lock_name() {
            LockName::ClearScreen => words.say("clear-screen"),
            LockName::ScreenSaver => words.say("screen-saver"),
        },
        goes_on: words.say(if has_start_stop(app) {
            "lock-goes-on"
        } else {
            "lock-goes-on-without-reader"
        }),
        user,
        fields: asks.then_some(field).into_iter().collect(),
        back: back.to_owned(),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct From {
    from: String,
}

/// The lock screen in place of what was asked. Nothing of the request is done.
pub(crate) fn in_place_of(app: &App, request: &Request) -> Response {
    let path = request.uri().path();
    if matches!(path, "/live" | "/card/news") {
        let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
        return (headers, Body::from(crate::live::event("locked", ""))).into_response();
    }
    let visitor = Visitor::of(request.headers(), app);
    if request.headers().contains_key("hx-request") {
        let page = request.headers().get("hx-current-url");
        let page = page.and_then(|it| it.to_str().ok());
        let page = page.and_then(|it| it.strip_prefix("http://")?.strip_prefix(app.own()));
        let to = own_path(page.unwrap_or("/")).to_owned();
        return [(HeaderName::from_static("hx-redirect"), to)].into_response();
    }
    let from = match (request.method(), path) {
        (&Method::GET, "/lock/wait") => {
            let from = Query::<From>::try_from_uri(request.uri());
            from.map(|it| it.0.from).unwrap_or_default()
        }
        (&Method::GET, path) => path.to_owned(),
        _ => "/".to_owned(),
    };
    let page = lock_page(app, &visitor, own_path(&from), None);
    show(StatusCode::FORBIDDEN, &page)
}

/// Where the lock screen leads back to, and the password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct UnlockForm {
    password: String,
    back: String,
}

/// 「ログイン解除」.
pub(crate) async fn unlock(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<UnlockForm>,
) -> Response {
    let back = own_path(&form.back);
    let words = &visitor.words;
    let fault = match app.lock.unlock(form.password, app.now()).await {
        Unlocking::Open => return opened(&app, &visitor, back).await,
        Unlocking::WithoutUser => {
            let ended = app.browsers.end_sessions(app.now());
            tokio::spawn(sign_out(app.clone(), ended, None));
            return Redirect::to(back).into_response();
        }
        Unlocking::Wrong => wrong(words),
        Unlocking::Waits(seconds) => waits(seconds, words),
        // The page says so by itself.
        Unlocking::CannotTell => {
            let page = lock_page(&app, &visitor, back, None);
            return show(StatusCode::FORBIDDEN, &page);
        }
    };
    let page = lock_page(&app, &visitor, back, Some(fault));
    show(StatusCode::FORBIDDEN, &page)
}

/// A password that is not the terminal user's.
pub(super) fn wrong(words: &Words) -> Fault {
    faults::own(words, "wrong_terminal_password", "wrong-lock-password")
}

/// Too many that were not.
pub(super) fn waits(seconds: i64, words: &Words) -> Fault {
    let mut fault = faults::own(words, "terminal_user_waits", "lock-waits");
    let minutes = u64::try_from(seconds).unwrap_or_default().div_ceil(60);
    let wait = words.say_with("wait", &[("minutes", minutes)]);
    fault.text.push_str(&wait);
    fault
}

/// The terminal user's file is there, but says nobody.
pub(super) fn unreadable(words: &Words) -> Fault {
    faults::own(
        words,
        "terminal_user_unreadable",
        "terminal-user-unreadable",
    )
}

/// Back to where the lock came from, or to the sign-in when the session ended meanwhile (contracts §8). A center that does not answer
/// soon keeps nobody from the page.
async fn opened(app: &App, visitor: &Visitor, back: &str) -> Response {
    if let Some(staff) = Staff::of(visitor, app) {
        let asked = staff
            .client
            .settings(staff.token(), api::client::cards::Cause::Background);
        if let Ok(Err(error)) = timeout(ASK, asked).await
            && staff.has_ended(app, &error, back, None)
        {
            return Redirect::to("/sign-in").into_response();
        }
    }
    Redirect::to(back).into_response()
}

/// The terminal's own sessions end at once, those at the center when it can be asked; else they end there by themselves. With the client of
/// the certificate they were opened with, where another took its place.
pub(super) async fn sign_out(app: App, ended: EndedSessions, before: Option<Client>) {
    let client_of = |place: usize| {
        let present = || Some(app.certificates.get(place)?.client.clone());
        before.clone().or_else(present)
    };
    for (key, place, session) in ended.center {
        if let Some(reader) = app.card_reader.get() {
            reader.leave(&key).await;
        }
        if let Some(client) = client_of(place) {
            let _ = client.sign_out(&session.token).await;
        }
    }
    for login in ended.claims {
        if let Some(client) = client_of(login.certificate) {
            let _ = client.claims_sign_out(&login.session.token).await;
        }
    }
}

/// Locks at a person's wish, and shows it by asking for the page again.
pub(crate) async fn close(
    State(app): State<App>,
    _: Staff,
    Filled(form): Filled<UnlockForm>,
) -> Response {
    app.lock.close();
    Redirect::to(own_path(&form.back)).into_response()
}

/// Whether it is locked, for a page that is open.
pub(crate) async fn state(State(app): State<App>) -> &'static str {
    if app.lock.is_locked(Cause::Background, app.now()) {
        "locked"
    } else {
        "open"
    }
}

/// A page's script saw somebody type or point; the gate counted it.
pub(crate) async fn active() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers when the lock locks: a page without script asks this when its minutes are over, and stays as it is until then.
pub(crate) async fn wait(State(app): State<App>, Query(from): Query<From>) -> Response {
    let mut changes = app.lock.changes();
    let left = app.lock.head(app.now()).leaves_after_s;
    let left = left.and_then(|it| u64::try_from(it).ok());
    let left = left.map_or(WAIT, Duration::from_secs).min(WAIT);
    let _ = timeout(left, changes.wait_for(|closed| *closed)).await;
    Redirect::to(&format!("/lock/wait?from={}", own_path(&from.from))).into_response()
}
