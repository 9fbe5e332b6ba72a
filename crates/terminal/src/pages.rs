//! The staff pages (G03, G04, G11-G13, G15, G17), one module each. Here is what they share; every page works without JavaScript.

pub(crate) mod about;
pub(crate) mod accounts;
pub(crate) mod bulk;
pub(crate) mod card;
pub(crate) mod certificates;
pub(crate) mod check;
pub(crate) mod claims;
pub(crate) mod copies;
pub(crate) mod credential_sheet;
mod csv_export;
pub(crate) mod emergency;
pub(crate) mod history;
pub(crate) mod home_care;
pub(crate) mod import;
pub(crate) mod inventory;
pub(crate) mod language;
pub(crate) mod link_state;
pub(crate) mod lock;
pub(crate) mod looks;
pub(crate) mod manuals;
pub(crate) mod medical;
pub(crate) mod menu;
pub(crate) mod notices;
pub(crate) mod own_access;
pub(crate) mod password;
pub(crate) mod procedures;
pub(crate) mod readers;
mod receipt_link;
pub(crate) mod recovery;
pub(crate) mod reference_material;
pub(crate) mod reference_numbers;
pub(crate) mod result;
pub(crate) mod rotations;
pub(crate) mod screen_lock;
pub(crate) mod second_factor;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod setup_sheet;
pub(crate) mod sign_in;
pub(crate) mod start_stop;
pub(crate) mod support;
pub(crate) mod training;
mod updates;
pub(crate) mod withdrawal;

use std::convert::Infallible;
use std::sync::Arc;

use api::client::events::Events;
use api::client::{Client, ClientError};
use api::emergency::OpenWindow;
use api::problem::Trouble;
use api::session::Session;
use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::facility_kind::FacilityKind;
use domain::permissions::{Action, EmergencyMode, MenuEntry, allows, menu};
use domain::second_factor::Entry;
use serde::de::DeserializeOwned;
use ui::component::{Banner, Fault, Tone, WayOn};
use ui::language::{Language, Words};
use ui::language_choice;

use crate::browsers::{self, Browser, Key};
use crate::faults;
use crate::lock::Head;
use crate::pages::emergency::ModeBanner;
use crate::serve::{App, Certificate};
use crate::training::Ground;

/// Head and banners of a page.
pub(crate) struct Frame {
    pub(crate) words: Words,
    /// The page's own path: where the language selector comes back to.
    pub(crate) here: String,
    pub(crate) person: Option<Person>,
    pub(crate) banners: Vec<Banner>,
    /// Emergency windows that are open.
    pub(crate) modes: Vec<ModeBanner>,
    /// Whether the page asks now and then what is open.
    pub(crate) follows_modes: bool,
    /// Whether the page asks now and then which readers are still in visual mode (G14). Pages that show it themselves do not.
    pub(crate) reminds: bool,
    pub(crate) lock: Head,
    /// Which people the page is about: on a page of practice that is said everywhere.
    pub(crate) ground: Ground,
}

impl Frame {
    /// What the page shows of the modes, so that it is not told again.
    pub(crate) fn modes_seen(&self) -> String {
        emergency::seen(&self.modes)
    }

    /// Where another page lies on this page's side.
    pub(crate) fn at(&self, path: &str) -> String {
        self.ground.at(path)
    }
}

/// Who is signed in, for the head of the page.
pub(crate) struct Person {
    pub(crate) facility_code: String,
    pub(crate) facility_name: String,
    pub(crate) account: String,
    pub(crate) kind: String,
}

fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whoever looks at a page: a browser, and the language it chose.
pub(crate) struct Visitor {
    pub(crate) words: Words,
    pub(crate) key: Option<Key>,
    /// Emergency windows that are open for this terminal's facilities.
    windows: Vec<OpenWindow>,
    lock: Head,
}

impl Visitor {
    fn of(headers: &HeaderMap, app: &App) -> Self {
        let language = browsers::cookie(headers, language_choice::COOKIE).and_then(Language::parse);
        Self {
            words: Words::new(app.texts.clone(), language.unwrap_or_default()),
            key: browsers::key(headers),
            windows: app.emergencies.all_windows(app.now()),
            lock: app.lock.head(app.now()),
        }
    }

    fn frame(&self, here: &str) -> Frame {
        Frame {
            words: self.words.clone(),
            here: here.to_owned(),
            person: None,
            banners: Vec::new(),
            // A locked screen tells nobody anything.
            modes: if self.lock.is_closed {
                Vec::new()
            } else {
                emergency::banners(&self.windows, None, &self.words)
            },
            follows_modes: !self.lock.is_closed,
            reminds: false,
            lock: self.lock,
            ground: Ground::Real,
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, app))
    }
}

/// A signed-in person at a browser; others are [`Turned`] to the sign-in.
pub(crate) struct Staff {
    pub(crate) words: Words,
    key: Key,
    /// The center, asked with the certificate the person chose.
    client: Client,
    session: Session,
    /// Emergency windows that are open for the facility.
    windows: Vec<OpenWindow>,
    lock: Head,
    /// Which people the page is about; the client reaches no others.
    ground: Ground,
}

/// The pages of daily reception work.
const RECEPTION: [&str; 6] = [
    check::HERE,
    readers::HERE,
    card::HERE,
    history::HERE,
    bulk::HERE,
    reference_numbers::HERE,
];

/// Whoever asks must do something else first: sign in, with the page kept for afterwards, prove a second factor, or change the password.
pub(crate) struct Turned {
    /// The browser that signs in, old or new.
    key: Option<Key>,
    cookie: Option<String>,
    to: &'static str,
    /// What is asked is a part of a page that is open: it gets nothing, since the page it would be led to must not be asked behind a
    /// person's back.
    is_part: bool,
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        if self.is_part {
            return StatusCode::NO_CONTENT.into_response();
        }
        let to = Redirect::to(self.to);
        match self.cookie {
            Some(cookie) => ([(header::SET_COOKIE, cookie)], to).into_response(),
            None => to.into_response(),
        }
    }
}

impl FromRequestParts<App> for Staff {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Turned> {
        let visitor = Visitor::of(&parts.headers, app);
        let staff = Self::of(&visitor, app)
            .ok_or_else(|| turn(app, visitor.key, &parts.method, &parts.uri))?;
        match staff.first_to_do(parts.uri.path()) {
            Some(to) => Err(Turned {
                key: None,
                cookie: None,
                to,
                is_part: is_part(&parts.headers),
            }),
            None => Ok(staff),
        }
    }
}

/// Whether a page asks for a part of itself: by htmx, or for its news.
fn is_part(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    headers.contains_key("hx-request") || accepted == Some("text/event-stream")
}

/// Sends a browser to the sign-in, or to the choice of a certificate first. A page that was read is kept for afterwards.
fn turn(app: &App, key: Option<Key>, method: &Method, uri: &Uri) -> Turned {
    let now = app.now();
    let path = if method == Method::GET {
        uri.path()
    } else {
        "/"
    };
    let chosen = key.and_then(|key| {
        app.browsers.with(&key, |browser| {
            if browser.kept.is_none() {
                browser.end_session(path, None, now);
            }
            browser.certificate.is_some()
        })
    });
    if let Some(chosen) = chosen {
        return Turned {
            key,
            cookie: None,
            to: if chosen { "/sign-in" } else { "/" },
            is_part: false,
        };
    }
    let mut browser = Browser::default();
    browser.end_session(path, None, now);
    let (key, cookie) = app.browsers.open(browser, now).unzip();
    Turned {
        key,
        cookie,
        to: "/",
        is_part: false,
    }
}

impl Staff {
    /// The person signed in at a visitor's browser.
    fn of(visitor: &Visitor, app: &App) -> Option<Self> {
        let key = visitor.key?;
        let (certificate, session) = app.browsers.session(&key, app.now())?;
        let staff = Self {
            words: visitor.words.clone(),
            key,
            client: app.certificates.get(certificate)?.client.clone(),
            windows: app.emergencies.windows(&session.facility.code, app.now()),
            session,
            lock: visitor.lock,
            ground: Ground::Real,
        };
        let hears = staff
            .kind()
            .is_some_and(|it| allows(it, Action::ReceiveEvents));
        if hears && staff.first_to_do("/").is_none() {
            let events = || staff.client.events(staff.token(), None);
            crate::emergency::follow(app, &staff.session.facility.code, staff.token(), events);
        }
        Some(staff)
    }

    /// The same person, to practise: whatever the client asks for from now on, it asks for among made-up patients.
    pub(crate) fn in_training(self) -> Self {
        Self {
            client: self.client.in_training(),
            ground: Ground::Training,
            ..self
        }
    }

    /// The same browser, as pages see it that need no sign-in.
    fn visitor(&self) -> Visitor {
        Visitor {
            words: self.words.clone(),
            key: Some(self.key),
            windows: self.windows.clone(),
            lock: self.lock,
        }
    }

    /// Where a person is led who must do something else before looking at a page: prove the second factor, change the password (G02: it
    /// opens the change form and nothing else), add a second factor.
    fn first_to_do(&self, path: &str) -> Option<&'static str> {
        let is_at = |here: &str| path == here || path.starts_with(here);
        if path == "/sign-out" {
            return None;
        }
        if self.waits_for_proof() {
            return (!is_at(second_factor::HERE)).then_some(second_factor::HERE);
        }
        if is_at("/password") {
            return None;
        }
        if self.session.password.change_needed {
            return Some("/password");
        }
        let enrols = Entry::parse(&self.session.entry) == Some(Entry::Enrol);
        (enrols && !is_at(own_access::HERE)).then_some(own_access::HERE)
    }

    /// Whether the session waits for the proof of the second factor.
    fn waits_for_proof(&self) -> bool {
        Entry::parse(&self.session.entry) == Some(Entry::Prove)
    }

    fn token(&self) -> &str {
        &self.session.token
    }

    /// The certificate the person chose.
    fn certificate(&self, app: &App) -> Option<Arc<Certificate>> {
        let chosen = app.browsers.session(&self.key, app.now())?.0;
        app.certificates.get(chosen)
    }

    /// The name of this PC, as the chosen certificate says it.
    fn terminal(&self, app: &App) -> Option<String> {
        Some(self.certificate(app)?.holder.terminal.clone())
    }

    /// What happens at the facility from now on.
    pub(crate) fn events(&self) -> Events {
        self.client.events(self.token(), None)
    }

    fn kind(&self) -> Option<AccountKind> {
        AccountKind::parse(&self.session.account.kind)
    }

    /// Whether the account's kind has a right. The center decides; a page only leaves out what would be refused.
    fn may(&self, action: Action) -> bool {
        self.kind().is_some_and(|kind| allows(kind, action))
    }

    fn frame(&self, here: &str) -> Frame {
        let kind = self.kind().map(|kind| {
            let name = self.words.choose(kind.label_ja(), kind.label_en());
            self.words.say_with("account-kind", &[("kind", name)])
        });
        Frame {
            words: self.words.clone(),
            here: self.ground.at(here),
            person: Some(Person {
                facility_code: self.session.facility.code.clone(),
                facility_name: self.session.facility.name.clone(),
                account: self.session.account.display_name.clone(),
                kind: kind.unwrap_or_default(),
            }),
            banners: self.advice(here).into_iter().collect(),
            modes: emergency::banners(&self.windows, self.kind(), &self.words),
            follows_modes: true,
            reminds: !readers::SHOW_MODES.contains(&here) && self.controls_readers(),
            lock: self.lock,
            ground: self.ground,
        }
    }

    /// G01: the product says so while an administrator does daily reception work.
    fn advice(&self, here: &str) -> Option<Banner> {
        let applies = self.kind() == Some(AccountKind::Administrator) && RECEPTION.contains(&here);
        applies.then(|| {
            let fault = faults::own(&self.words, "use_general_account", "use-general-account");
            Banner::new(Tone::Note, fault)
        })
    }

    /// Whether the main screen offers the readers to this account (G12, G37).
    fn controls_readers(&self) -> bool {
        let facility = FacilityKind::parse(&self.session.facility.kind);
        let shown = self.kind().zip(facility);
        shown.is_some_and(|(kind, facility)| {
            menu(kind, facility, EmergencyMode::Closed).contains(&MenuEntry::ReaderControl)
        })
    }

    /// What to show when the center did not answer as hoped: the sign-in when the session ended, the password form when it
    /// must be changed first, else what happened and a way on.
    fn failed(&self, app: &App, error: &ClientError, here: &str) -> Response {
        if self.has_ended(app, error, here, None) {
            return Redirect::to("/sign-in").into_response();
        }
        let mut status = StatusCode::BAD_GATEWAY;
        if let ClientError::Problem(problem) = error {
            match problem.code.as_str() {
                "password_change_needed" => return Redirect::to("/password").into_response(),
                "second_factor_missing" => {
                    return Redirect::to(own_access::HERE).into_response();
                }
                "second_factor_needed" => {
                    return Redirect::to(second_factor::HERE).into_response();
                }
                _ => {}
            }
            status = StatusCode::from_u16(problem.status).unwrap_or(status);
        }
        let fault = faults::of_client(error, &self.words);
        let copies = copies::way_on(app, self, error);
        trouble_with(status, self.frame(here), fault, copies)
    }

    /// What to say above a form that was not answered, so that it can be shown as filled: the line is lost, or the center itself failed.
    fn unanswered(&self, error: &ClientError) -> Option<Banner> {
        if matches!(error, ClientError::Problem(problem) if problem.status < 500) {
            return None;
        }
        Some(Banner {
            title: self.words.say("form-not-answered"),
            ..Banner::new(Tone::Error, faults::of_client(error, &self.words))
        })
    }

    /// Whether the session ended; then what was being done is kept for after the next sign-in.
    fn has_ended(
        &self,
        app: &App,
        error: &ClientError,
        here: &str,
        check: Option<&check::CheckForm>,
    ) -> bool {
        let ClientError::Problem(problem) = error else {
            return false;
        };
        if problem.status != 401 {
            return false;
        }
        // The center does not know an ended session's token any more; here it is known that there was one.
        let told = faults::of_problem(&Trouble::SessionEnded.problem(), &self.words);
        app.browsers.with(&self.key, |browser| {
            browser.end_session(&self.ground.at(here), check.cloned(), app.now());
            browser.told = Some(told);
        });
        true
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage {
    frame: Frame,
    signed_in: bool,
    /// The way to what the center answered before it was out of reach.
    copies: Option<WayOn>,
}

/// A banner of something done.
fn done(fault: Fault) -> Banner {
    Banner::new(Tone::Success, fault)
}

/// A page that says what happened and how to go on.
fn trouble(status: StatusCode, frame: Frame, fault: Fault) -> Response {
    trouble_with(status, frame, fault, None)
}

fn trouble_with(
    status: StatusCode,
    mut frame: Frame,
    fault: Fault,
    copies: Option<WayOn>,
) -> Response {
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = status.is_server_error().then(|| try_again(&frame));
    frame.banners.push(banner);
    let signed_in = frame.person.is_some();
    let page = TroublePage {
        frame,
        signed_in,
        copies,
    };
    show(status, &page)
}

/// The way to the same page once more.
fn try_again(frame: &Frame) -> WayOn {
    WayOn {
        href: frame.here.clone(),
        text: frame.words.say("try-again"),
    }
}

/// The page of an address that leads nowhere.
pub(crate) async fn no_such_page(visitor: Visitor) -> Response {
    nowhere(StatusCode::NOT_FOUND, &visitor)
}

/// The page of an address that is asked in a way it has no answer to, such as a form's by its address alone.
pub(crate) async fn no_such_method(visitor: Visitor) -> Response {
    nowhere(StatusCode::METHOD_NOT_ALLOWED, &visitor)
}

fn nowhere(status: StatusCode, visitor: &Visitor) -> Response {
    let fault = faults::own(&visitor.words, "no_such_page", "no-such-page");
    trouble(status, visitor.frame("/"), fault)
}

/// A form as sent. What is not sent is empty; what cannot be read gets a page of its own.
pub(crate) struct Filled<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Filled<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::of(request.headers(), app);
        match Form::<T>::from_request(request, app).await {
            Ok(Form(form)) => Ok(Self(form)),
            Err(rejected) => {
                let (code, key) = match rejected.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => ("form_too_large", "form-too-large"),
                    _ => ("form_unreadable", "form-unreadable"),
                };
                let fault = faults::own(&visitor.words, code, key);
                Err(trouble(rejected.status(), visitor.frame("/"), fault))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
