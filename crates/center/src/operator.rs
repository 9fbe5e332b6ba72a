//! The operators' pages (contracts §1, §12), one module each. Here is what they share: who looks, the frame, forms, what went wrong. Every
//! page works without JavaScript; none is there without a sign-in but the sign-in itself, the one-time link, and what the product is.
//!
//! A new page: a module below with its handlers, whose argument [`Operator`] is whoever is signed in; its routes in [`pages`]; a line in
//! `menu::ENTRIES`; its Fluent files in `texts::SCREENS`; a template that extends `operator/page.html`. Whatever it changes is an event of
//! [`Operator::actor`] in the same transaction. A form that must not be done twice, or shows something once, carries [`Frame::key`].

mod about;
pub(crate) mod answers;
mod audit;
mod claims;
mod deed_page;
mod facilities;
mod feeds;
mod load;
mod menu;
mod modes;
mod notices;
mod own_password;
mod paged_file;
mod people;
mod set_up;
mod sign_in;
pub(crate) mod texts;

use std::convert::Infallible;

use api::problem::Trouble;
use askama::Template;
use axum::Router;
use axum::extract::{Extension, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::admission::WorkClass;
use domain::audit::{Actor, Deed, Event};
use domain::operator::OperatorName;
use domain::password::has_expired;
use domain::session::ACTIVITY_STEP_S;
use serde::de::DeserializeOwned;
use store::sessions::TokenHash;
use ui::component::{Banner, Fault, Tone, WayOn};
use ui::language::{Language, Words};
use ui::language_choice;
use ui::security::find_cookie;

use crate::admission::Admission;
use crate::app::App;
use crate::extract::form;
use crate::listeners::From;
use crate::operators::{self, SET_UP};
use crate::page_guard;
use crate::told::Told;
use crate::trouble::Refused;

/// Name of the cookie with a session's token. The prefix binds it to this host, its root and TLS.
const COOKIE: &str = "__Host-onshi_operator";

/// The largest form taken, in bytes: a notice's text of 10,000 characters in two languages, each character nine bytes in a form.
const FORM_BYTES: usize = 256 << 10;

/// The router of the operator listener.
pub(crate) fn router(app: &App) -> Router {
    pages()
        .route_layer(from_fn_with_state(app.clone(), answers::once))
        .merge(entrance().layer(from_fn_with_state(app.clone(), bounded)))
        .route("/about", get(about::page))
        .route("/language", post(about::language))
        .route("/assets/{name}", get(page_guard::asset))
        .fallback(nowhere)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(app.clone(), guard))
        .layer(Admission::new(&app.operator_gate, |_| WorkClass::Operators))
        .with_state(app.clone())
}

/// The pages of whoever is signed in.
fn pages() -> Router<App> {
    Router::new()
        .route("/", get(menu::page))
        .route("/sign-out", post(sign_in::sign_out))
        .route(
            own_password::HERE,
            get(own_password::form).post(own_password::change),
        )
        .route(people::HERE, get(people::list).post(people::add))
        .route("/operators/{name}", get(people::one))
        .route(
            "/operators/{name}/disable",
            get(people::before_disabling).post(people::disable),
        )
        .route(
            "/operators/{name}/reset",
            get(people::before_reset).post(people::reset),
        )
        .merge(facility_pages())
        .merge(audit_pages())
        .route(load::HERE, get(load::page))
        .merge(feed_pages())
        .merge(claims_pages())
        .route(notices::HERE, get(notices::list).post(notices::post))
        .route(
            "/notices/{id}/withdraw",
            get(notices::before_withdrawal).post(notices::withdraw),
        )
        .route(modes::HERE, get(modes::list).post(modes::open))
        .route("/modes/{id}", get(modes::usage))
        .route(
            "/modes/{id}/{step}",
            get(modes::before_closing).post(modes::step),
        )
}

/// Feeds, and what is done with batches.
fn feed_pages() -> Router<App> {
    use feeds::one;
    Router::new()
        .route(feeds::HERE, get(feeds::page))
        .route(feeds::LATE, get(feeds::late))
        .route("/feeds/{batch}", get(one::page))
        .route("/feeds/{batch}/report.csv", post(one::report))
        .route("/feeds/{batch}/{deed}", post(one::fulfil))
}

/// The claims entry: accounts, filings, when claims are taken.
fn claims_pages() -> Router<App> {
    use claims::{accounts, filings, windows};
    Router::new()
        .route(claims::HERE, get(claims::page))
        .route(accounts::HERE, get(accounts::form).post(accounts::search))
        .route("/claims/accounts/{code}", get(accounts::list))
        .route(
            "/claims/accounts/{code}/{deed}",
            get(accounts::before).post(accounts::fulfil),
        )
        .route(filings::HERE, get(filings::list))
        .route("/claims/filings/{id}", get(filings::one))
        .route("/claims/filings/{id}/{deed}", post(filings::decide))
        .route(windows::HERE, get(windows::list).post(windows::make))
        .route(
            "/claims/windows/{id}/{deed}",
            get(windows::before_stop).post(windows::stop),
        )
}

/// The audit chain and the looks.
fn audit_pages() -> Router<App> {
    use audit::{looks, verify};
    Router::new()
        .route(audit::HERE, get(audit::form).post(audit::search))
        .route("/audit/export.csv", post(audit::csv))
        .route("/audit/export.jsonl", post(audit::json))
        .route(verify::HERE, get(verify::page).post(verify::begin))
        .route(looks::HERE, get(looks::form).post(looks::search))
}

/// Facilities, what is done for them, and what they apply for.
fn facility_pages() -> Router<App> {
    use facilities::{applications, deeds, one};
    Router::new()
        .route(
            applications::HERE,
            get(applications::list).post(applications::next),
        )
        .route("/applications/{number}", get(applications::one))
        .route("/applications/{number}/{deed}", post(applications::close))
        .route(
            facilities::HERE,
            get(facilities::list).post(facilities::enrol),
        )
        .route(
            "/facilities/search",
            get(facilities::list).post(facilities::search),
        )
        .route(facilities::NEW, get(facilities::new))
        .route("/facilities/{code}", get(one::page))
        .route(
            "/facilities/{code}/{order}",
            get(deeds::form).post(deeds::fulfil),
        )
}

/// What is there without a sign-in, and lets guesses in: each address sends only so much.
fn entrance() -> Router<App> {
    Router::new()
        .route(sign_in::HERE, get(sign_in::form).post(sign_in::sign_in))
        .route(
            &format!("{SET_UP}/{{token}}"),
            get(set_up::form).post(set_up::set_up),
        )
}

async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let hosts = app.operator_site.get().map_or(&[][..], |site| &site.hosts);
    page_guard::guarded(hosts, request, next).await
}

async fn bounded(
    State(app): State<App>,
    Extension(From(from)): Extension<From>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    match app.operator_throttle.take(from.ip(), app.now()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => Refused::after(Trouble::TooManyRequests, seconds).into_response(),
    }
}

/// Head and banners of a page.
pub(crate) struct Frame {
    pub(crate) words: Words,
    /// The page's own path: where the language selector comes back to.
    pub(crate) here: String,
    /// Who is signed in.
    pub(crate) name: Option<String>,
    /// What its forms are known again by when they come twice; empty where nobody is signed in.
    pub(crate) key: String,
    pub(crate) banners: Vec<Banner>,
}

/// Whoever looks at a page: a browser, and the language it chose.
pub(crate) struct Visitor {
    pub(crate) words: Words,
}

impl Visitor {
    fn of(headers: &HeaderMap, app: &App) -> Self {
        let language = cookie(headers, language_choice::COOKIE).and_then(Language::parse);
        Self {
            words: Words::new(app.operator_texts.clone(), language.unwrap_or_default()),
        }
    }

    pub(crate) fn frame(&self, here: &str) -> Frame {
        Frame {
            words: self.words.clone(),
            here: here.to_owned(),
            name: None,
            key: String::new(),
            banners: Vec::new(),
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, app))
    }
}

/// Whoever is signed in; others are led to the sign-in.
pub(crate) struct Operator {
    pub(crate) words: Words,
    pub(crate) name: OperatorName,
    token: TokenHash,
}

impl FromRequestParts<App> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::of(&parts.headers, app);
        let path = parts.uri.path();
        let now = app.now();
        let Some(token) = cookie(&parts.headers, COOKIE).map(operators::hash) else {
            return Err(turned(parts));
        };
        let found = app.engine.operator_session(&token, now);
        let failed = |error| {
            let told = Told::from(error);
            trouble(
                told.status(),
                visitor.frame("/"),
                told.fault(&visitor.words),
            )
        };
        let Some(session) = found.map_err(failed)? else {
            return Err(turned(parts));
        };
        let expired = has_expired(
            session.password_length,
            session.password_set,
            now.date_in_japan(),
        );
        if expired && ![own_password::HERE, "/sign-out"].contains(&path) {
            return Err(Redirect::to(own_password::HERE).into_response());
        }
        if ACTIVITY_STEP_S <= session.active.seconds_until(now) {
            let touched = app.engine.touch_operator_session(token, now).await;
            touched.map_err(failed)?;
        }
        Ok(Self {
            words: visitor.words,
            name: session.name,
            token,
        })
    }
}

/// Leads to the sign-in, and back to a page that was read. A part of a page that is open gets nothing.
fn turned(parts: &Parts) -> Response {
    if parts.headers.contains_key("hx-request") {
        return StatusCode::NO_CONTENT.into_response();
    }
    let path = parts.uri.path();
    if parts.method == Method::GET && path != "/" {
        let back = language_choice::own_path(path);
        return Redirect::to(&format!("{}?back={back}", sign_in::HERE)).into_response();
    }
    Redirect::to(sign_in::HERE).into_response()
}

impl Operator {
    /// Who acts, in the audit chain.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Operator(self.name.to_string())
    }

    /// An event of this operator, now.
    pub(crate) fn event(&self, app: &App, deed: Deed) -> Event {
        crate::sessions::event(app.now(), self.actor(), deed)
    }

    /// The frame of a page at this path.
    pub(crate) fn frame(&self, here: &str) -> Frame {
        Frame {
            words: self.words.clone(),
            here: here.to_owned(),
            name: Some(self.name.to_string()),
            // Without one a form is done as often as it comes.
            key: operators::new_token().unwrap_or_default(),
            banners: Vec::new(),
        }
    }

    /// A page, or what went wrong on the way to it.
    pub(crate) fn shown(&self, here: &str, outcome: Result<Response, Told>) -> Response {
        outcome.unwrap_or_else(|told| {
            trouble(told.status(), self.frame(here), told.fault(&self.words))
        })
    }
}

/// A cookie of a request.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    find_cookie(headers.get(header::COOKIE)?.to_str().ok()?, name)
}

/// A page as it goes out.
pub(crate) fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A banner of something done.
pub(crate) fn done(words: &Words, code: &str, key: &str) -> Banner {
    Banner::new(Tone::Success, own_fault(words, code, key))
}

/// A fault with a code and a text of the pages' own.
pub(crate) fn own_fault(words: &Words, code: &str, key: &str) -> Fault {
    Fault {
        code: code.into(),
        text: words.say(key),
    }
}

#[derive(Template)]
#[template(path = "operator/trouble.html")]
struct TroublePage {
    frame: Frame,
}

/// A page that says what happened and how to go on.
pub(crate) fn trouble(status: StatusCode, mut frame: Frame, fault: Fault) -> Response {
    let again = WayOn {
        href: frame.here.clone(),
        text: frame.words.say("try-again"),
    };
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = status.is_server_error().then_some(again);
    frame.banners.push(banner);
    show(status, &TroublePage { frame })
}

async fn nowhere(visitor: Visitor) -> Response {
    let fault = own_fault(&visitor.words, "no_such_page", "no-such-page");
    trouble(StatusCode::NOT_FOUND, visitor.frame("/"), fault)
}

async fn no_such_method(visitor: Visitor) -> Response {
    let fault = own_fault(&visitor.words, "no_such_page", "no-such-page");
    trouble(StatusCode::METHOD_NOT_ALLOWED, visitor.frame("/"), fault)
}

/// A form as sent, in time and of bounded size. What cannot be read gets a page of its own.
pub(crate) struct Filled<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Filled<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::of(request.headers(), app);
        let read = form(request, FORM_BYTES, app).await.map_err(|refused| {
            let told = Told::from(refused);
            trouble(
                told.status(),
                visitor.frame("/"),
                told.fault(&visitor.words),
            )
        })?;
        match read {
            Ok(form) => Ok(Self(form)),
            Err(rejected) => {
                let fault = own_fault(&visitor.words, "form_unreadable", "form-unreadable");
                Err(trouble(rejected.status(), visitor.frame("/"), fault))
            }
        }
    }
}

/// What a page tells that a deed led to: the query `done` of its address. Anything but the codes a page knows says nothing.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub(crate) struct Done {
    done: String,
}

impl Done {
    /// The banner of a code, if it is one of these with its key.
    pub(crate) fn banner(&self, words: &Words, known: &[(&str, &str)]) -> Option<Banner> {
        let (code, key) = known.iter().find(|(code, _)| *code == self.done)?;
        Some(done(words, code, key))
    }
}
