//! 「オンライン請求」 (G33): the door with review body and certificate, and the sign-in with a claims account. A session of its own: it opens nothing
//! else of the terminal, and whoever is signed in at the center is not signed in here.

pub(in crate::pages) mod contacts;
pub(crate) mod filings;
pub(crate) mod findings;
pub(crate) mod password;
pub(crate) mod sending;
pub(crate) mod submission;
pub(crate) mod work;

use std::mem::replace;

use api::claims::{ClaimsEntry, ClaimsSession, ClaimsSignIn, ClaimsTenant, ClaimsWindow};
use api::client::{Client, ClientError};
use api::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use ui::component::{Banner, Checkbox, Fault, Kind, Radio, TextField, Tone};
use ui::language::Words;

use self::contacts::Contacts;
use crate::browsers::Browser;
use crate::pages::sign_in::end_at_center;
use crate::pages::{Filled, Frame, Visitor, show, trouble};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/claims";

/// Where whoever is signed in works.
pub(super) const WORK: &str = "/claims/work";

/// The largest form with a claim file, in bytes: files are read as they come, and the center says how large one may be.
const FILE_BYTES: usize = 1 << 30;

/// Who is signed in at the claims entry in a browser. Not to be copied: its changes hold passwords.
pub(crate) struct Login {
    /// Place of the certificate it was opened with.
    pub(crate) certificate: usize,
    pub(crate) session: ClaimsSession,
    /// Its changes of the password.
    pub(crate) changes: password::Changes,
}

/// The pages.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(door).post(choose))
        .route("/claims/sign-in", post(sign_in))
        .route("/claims/sign-in/{tenant}/{place}", get(form))
        .route("/claims/sign-out", post(sign_out))
        .route(password::HERE, get(password::form).post(password::change))
        .route(WORK, get(work::page).post(work::further))
        .route(
            "/claims/send",
            post(sending::send).layer(DefaultBodyLimit::max(FILE_BYTES)),
        )
        .route("/claims/uploads/{id}", get(sending::one))
        .route("/claims/uploads/{id}/drop", post(sending::forget))
        .route("/claims/submissions/{id}", get(submission::one))
        .route(
            "/claims/submissions/{id}/found/{weight}/{rule}/{from}",
            get(submission::found),
        )
        .route("/claims/submissions/{id}/accept", post(submission::accept))
        .route(
            "/claims/submissions/{id}/withdraw",
            post(submission::withdraw),
        )
        .route("/claims/submissions/{id}/file", post(submission::fetch))
        .route(filings::HERE, get(filings::list).post(filings::make))
        .route("/claims/filings/hand-in", post(filings::hand_in))
        .route("/claims/filings/{id}", get(filings::form))
}

#[derive(Template)]
#[template(path = "claims_door.html")]
pub(super) struct DoorPage {
    pub(super) frame: Frame,
    pub(super) tenants: Vec<Radio>,
    pub(super) certificates: Vec<Radio>,
    pub(super) contacts: Contacts,
}

#[derive(Template)]
#[template(path = "claims_form.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) action: &'static str,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<TextField>,
    pub(super) force: Option<Checkbox>,
    pub(super) submit: String,
    /// Whom to ask, where somebody signs in.
    pub(super) contacts: Option<Contacts>,
}

/// The certificate of a place, if it is good now.
fn client_of(app: &App, place: usize) -> Option<Client> {
    let certificate = app.certificates.get(place)?;
    (app.now() < certificate.holder.not_after).then(|| certificate.client.clone())
}

pub(crate) async fn door(State(app): State<App>, visitor: Visitor) -> Response {
    shown(&app, &visitor, StatusCode::OK, None).await
}

async fn shown(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problem: Option<Fault>,
) -> Response {
    let words = &visitor.words;
    let mut frame = visitor.frame(HERE);
    frame
        .banners
        .extend(problem.map(|fault| Banner::new(Tone::Warning, fault)));
    let now = app.now();
    let known = app.certificates.all();
    let chosen = visitor.key.and_then(|key| {
        app.browsers
            .with(&key, |browser| (browser.certificate, browser.told.take()))
    });
    let (chosen, told) = chosen.unwrap_or_default();
    frame
        .banners
        .extend(told.map(|fault| Banner::new(Tone::Warning, fault)));
    let mut certificates: Vec<Radio> = known
        .iter()
        .map(|it| Radio {
            value: it.name.clone(),
            label: it.holder.terminal.clone(),
            support: vec![words.say_with(
                "certificate-holder",
                &[
                    ("facility", it.holder.facility.to_string()),
                    ("name", it.name.clone()),
                ],
            )],
            chosen: false,
            barred: it.holder.not_after <= now,
        })
        .collect();
    let first = certificates.iter().position(|it| !it.barred);
    let place = chosen.or(first);
    if let Some(radio) = place.and_then(|it| certificates.get_mut(it)) {
        radio.chosen = true;
    }
    let contacts = Contacts::of(app, words);
    let entry = match place.and_then(|it| client_of(app, it)) {
        Some(client) => client.claims_entry().await,
        None => {
            let fault = faults::own(words, "no_certificate", "no-certificate");
            frame.banners.push(Banner::new(Tone::Error, fault));
            return show(
                status,
                &DoorPage {
                    frame,
                    tenants: Vec::new(),
                    certificates,
                    contacts,
                },
            );
        }
    };
    let tenants = match entry {
        Ok(entry) => tenants(&entry, words),
        Err(error) => {
            let fault = faults::of_client(&error, words);
            frame.banners.push(Banner::new(Tone::Error, fault));
            Vec::new()
        }
    };
    show(
        status,
        &DoorPage {
            frame,
            tenants,
            certificates,
            contacts,
        },
    )
}

fn tenants(entry: &ClaimsEntry, words: &Words) -> Vec<Radio> {
    let radio = |(at, it): (usize, &ClaimsTenant)| Radio {
        value: it.id.clone(),
        label: words.choose(&it.name.ja, &it.name.en).clone(),
        support: vec![window(&it.submission, words), filings::at_door(it, words)],
        chosen: at == 0,
        barred: false,
    };
    entry.tenants.iter().enumerate().map(radio).collect()
}

/// When claims are taken, told before it bites.
pub(super) fn window(it: &ClaimsWindow, words: &Words) -> String {
    let at = |text: &Option<String>| text.as_deref().map(days::show_instant).unwrap_or_default();
    let mut text = if it.is_open {
        words.say_with(
            "claims-open",
            &[("closes", at(&it.closes_at)), ("last", at(&it.last_at))],
        )
    } else {
        words.say_with("claims-closed", &[("opens", at(&it.opens_at))])
    };
    for opening in &it.openings {
        let until = days::show_instant(&opening.until);
        text.push_str(&words.say_with(
            "claims-opened",
            &[("until", until), ("reason", opening.reason.clone())],
        ));
    }
    text
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DoorForm {
    certificate: String,
    tenant: String,
}

/// 「請求」.
pub(crate) async fn choose(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<DoorForm>,
) -> Response {
    let known = app.certificates.all();
    let place = known.iter().position(|it| it.name == form.certificate);
    let Some(place) = place.filter(|it| client_of(&app, *it).is_some()) else {
        let fault = faults::own(&visitor.words, "choose_certificate", "choose-certificate");
        return shown(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(fault),
        )
        .await;
    };
    if form.tenant.is_empty() {
        return Redirect::to(HERE).into_response();
    }
    let to = Redirect::to(&sign_in_at(&form.tenant, place));
    let known = visitor
        .key
        .and_then(|key| app.browsers.with(&key, |_| ()))
        .is_some();
    if known {
        return to.into_response();
    }
    match app.browsers.open(Browser::choosing(place), app.now()) {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], to).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The sign-in of a review body with a certificate; what is no name of one is left out.
fn sign_in_at(tenant: &str, place: usize) -> String {
    let tenant: String = tenant
        .chars()
        .filter(|it| it.is_ascii_alphanumeric() || *it == '-')
        .collect();
    format!("/claims/sign-in/{tenant}/{place}")
}

pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path((tenant, place)): Path<(String, String)>,
) -> Response {
    let place = place.parse().ok();
    let Some(place) = place.filter(|it| client_of(&app, *it).is_some()) else {
        return Redirect::to(HERE).into_response();
    };
    let typed = SignInForm {
        tenant,
        place,
        ..SignInForm::default()
    };
    sign_in_page(&app, &visitor, &typed, None)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct SignInForm {
    tenant: String,
    place: usize,
    account: String,
    password: String,
    force: Option<String>,
}

fn sign_in_page(
    app: &App,
    visitor: &Visitor,
    typed: &SignInForm,
    fault: Option<Fault>,
) -> Response {
    let words = &visitor.words;
    let mut frame = visitor.frame(&sign_in_at(&typed.tenant, typed.place));
    let asks = fault
        .as_ref()
        .is_some_and(|it| it.code == "already_signed_in");
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    show(
        StatusCode::OK,
        &FormPage {
            title: words.say("claims-sign-in"),
            lead: words.say("claims-sign-in-lead"),
            action: "/claims/sign-in",
            hidden: vec![
                ("tenant", typed.tenant.clone()),
                ("place", typed.place.to_string()),
            ],
            fields: vec![
                TextField {
                    autocomplete: "username",
                    value: typed.account.clone(),
                    ..TextField::new("account", words.say("claims-account"))
                },
                TextField {
                    kind: Kind::Password,
                    autocomplete: "current-password",
                    ..TextField::new("password", words.say("password"))
                },
            ],
            force: asks.then(|| Checkbox {
                name: "force",
                label: words.say("end-earlier"),
                support: words.say("end-earlier-support"),
                value: "1".into(),
                checked: false,
            }),
            submit: words.say("sign-in-now"),
            contacts: Some(Contacts::of(app, words)),
            frame,
        },
    )
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<SignInForm>,
) -> Response {
    let Some(client) = client_of(&app, form.place) else {
        return Redirect::to(HERE).into_response();
    };
    let body = ClaimsSignIn {
        account: form.account.clone(),
        force: form.force.is_some(),
        password: form.password.clone(),
        tenant: form.tenant.clone(),
    };
    let session = match client.claims_sign_in(&body).await {
        Ok(session) => session,
        Err(error) => {
            let mut fault = faults::of_client(&error, &visitor.words);
            if fault.code == "wrong_credentials" {
                // The set-up sheet, which the center names, knows no claims account.
                fault.text = visitor.words.say("claims-refused");
            }
            if let ClientError::Problem(problem) = &error {
                add_members(&mut fault, problem, &visitor.words);
            }
            return sign_in_page(&app, &visitor, &form, Some(fault));
        }
    };
    let to = if session.password.change_needed {
        password::HERE
    } else {
        WORK
    };
    let login = Login {
        certificate: form.place,
        session,
        changes: password::Changes::default(),
    };
    // A browser that is signed in at the center stays so: both go on beside each other.
    let mut login = Some(login);
    let kept = visitor.key.and_then(|key| {
        app.browsers
            .with(&key, |browser| replace(&mut browser.claims, login.take()))
    });
    if let Some(earlier) = kept {
        if let Some(earlier) = earlier {
            end_earlier(&app, earlier).await;
        }
        return Redirect::to(to).into_response();
    }
    let mut browser = Browser::choosing(form.place);
    browser.claims = login;
    match app.browsers.open(browser, app.now()) {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Ends at the center a sign-in whose place another took here.
async fn end_earlier(app: &App, earlier: Login) {
    let Some(client) = client_of(app, earlier.certificate) else {
        return;
    };
    let token = earlier.session.token;
    end_at_center(async move {
        let _ = client.claims_sign_out(&token).await;
    })
    .await;
}

/// Whoever is signed in at the claims entry in this browser; others are led to the door.
pub(crate) struct Claimant {
    pub(super) visitor: Visitor,
    pub(super) client: Client,
    /// Place of the certificate it was opened with.
    certificate: usize,
    pub(super) session: ClaimsSession,
}

impl FromRequestParts<App> for Claimant {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Redirect> {
        let visitor = Visitor::of(&parts.headers, app);
        let now = app.now();
        let login = visitor.key.and_then(|key| {
            app.browsers.with(&key, |browser| {
                let login = browser.claims.as_mut()?;
                login.changes.let_go(now);
                Some((login.certificate, login.session.clone()))
            })
        });
        let (certificate, session) = login.flatten().ok_or_else(|| Redirect::to(HERE))?;
        let client = client_of(app, certificate).ok_or_else(|| Redirect::to(HERE))?;
        Ok(Self {
            visitor,
            client,
            certificate,
            session,
        })
    }
}

impl Claimant {
    pub(super) fn token(&self) -> &str {
        &self.session.token
    }

    pub(super) fn words(&self) -> &Words {
        &self.visitor.words
    }

    /// A page that says what went wrong, or the way to where it is put right.
    pub(super) fn failed(&self, app: &App, error: &ClientError) -> Response {
        match turned(app, &self.visitor, error) {
            Ok(fault) => {
                let status = match error {
                    ClientError::Problem(problem) => StatusCode::from_u16(problem.status).ok(),
                    _ => None,
                };
                let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
                trouble(status, self.visitor.frame(WORK), fault)
            }
            Err(to) => Redirect::to(to).into_response(),
        }
    }
}

/// What to do where the center did not answer as hoped: back to the door when the session is over, to the password when it must be
/// changed, else the fault: where to go on, or what to say.
pub(super) fn turned(
    app: &App,
    visitor: &Visitor,
    error: &ClientError,
) -> Result<Fault, &'static str> {
    if let ClientError::Problem(problem) = error {
        if problem.status == 401 {
            let fault = faults::of_problem(problem, &visitor.words);
            if let Some(key) = visitor.key {
                app.browsers.with(&key, |browser| {
                    browser.claims = None;
                    browser.told = Some(fault);
                });
            }
            return Err(HERE);
        }
        if problem.code == "password_change_needed" {
            return Err(password::HERE);
        }
        let mut fault = faults::of_problem(problem, &visitor.words);
        add_members(&mut fault, problem, &visitor.words);
        return Ok(fault);
    }
    Ok(faults::of_client(error, &visitor.words))
}

/// Adds what is said of single members.
fn add_members(fault: &mut Fault, problem: &Problem, words: &Words) {
    for (_, member) in faults::of_members(problem, words).iter().take(5) {
        fault.text.push(' ');
        fault.text.push_str(&member.text);
    }
}

pub(crate) async fn sign_out(State(app): State<App>, claimant: Claimant) -> Response {
    // Whatever the center says: here it is over.
    if let Some(key) = claimant.visitor.key {
        app.browsers.with(&key, |browser| browser.claims = None);
    }
    end_at_center(async move {
        let _ = claimant.client.claims_sign_out(claimant.token()).await;
    })
    .await;
    Redirect::to(HERE).into_response()
}
