//! The pages that an address leads to, on a patient's phone or a nurse's tablet: whose it is, what is asked, and, when a device has read the
//! card, the questions. Work without script on a poor line; read no card, since a page cannot; say what is stored.

mod asked;
pub(super) mod trouble;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::admission::WorkClass;
use domain::home_care::Care;
use domain::home_care::address::JoinCode;
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByCard, Permit};
use domain::questions::QuestionsState;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::home_care::pages::HomePage;
use ui::component::{ButtonTone, Radio};
use ui::language::{Language, Screen, Words};

#[cfg(test)]
pub(crate) use asked::made_keys;
use asked::{done, questions, read};

use super::at_device::{in_force, record_answers};
use super::listener::guard;
use crate::admission::Admission;
use crate::app::{App, random};
use crate::extract::{OPEN_FORM_BYTES, form, grant};
use crate::page_guard;
use crate::trouble::{Refused, absent};

/// The texts of the pages.
pub(crate) const SCREEN: Screen = Screen {
    name: "home",
    ja: include_str!("../../languages/ja/home.ftl"),
    en: include_str!("../../languages/en/home.ftl"),
};

/// What the browser holds of the page it opened; nothing but this browser knows it.
const COOKIE: &str = "__Host-onshi-home";

/// Seconds after which a page that waits looks again by itself.
const LOOK_AGAIN_S: &str = "10";

/// The routes of the pages.
pub(crate) fn router(app: &App) -> Router<App> {
    Router::new()
        .route("/", get(without_address))
        .route("/f/{id}", get(facility).post(begin))
        .route("/visit", get(show).post(answer))
        .route("/visit/end", post(end))
        .layer(Admission::new(&app.home_gate, |_| WorkClass::Home))
        .layer(from_fn_with_state(app.clone(), trouble::in_words))
        .route("/assets/{name}", get(page_guard::asset))
        .layer(from_fn_with_state(app.clone(), guard))
}

/// The language asked for in the page's address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
}

/// What all pages show.
struct Frame {
    words: Words,
    other: Language,
    /// Where the page lies, for the way to the other language.
    here: String,
    /// Days after which what is agreed to ends by itself, where the operator set them.
    consent_days: Option<u16>,
}

impl Frame {
    fn new(app: &App, asked: &Asked, here: &str) -> Self {
        let language = asked.lang.as_deref().and_then(Language::parse);
        let words = Words::new(app.home_texts.clone(), language.unwrap_or_default());
        Self {
            other: words.choose(Language::English, Language::Japanese),
            here: here.to_owned(),
            consent_days: app.home.consent_days,
            words,
        }
    }

    /// What is said of how long what is agreed to lasts: until it is withdrawn, or for the operator's days.
    fn lasting(&self, until_withdrawn: &str, for_days: &str) -> String {
        match self.consent_days {
            None => self.words.say(until_withdrawn),
            Some(days) => self.words.say_with(for_days, &[("days", days)]),
        }
    }
}

#[derive(Template)]
#[template(path = "home/facility.html")]
struct FacilityPage {
    frame: Frame,
    facility: String,
    care: &'static str,
    /// What this browser's page will be known by: a form that is sent twice opens it once.
    page: String,
}

#[derive(Template)]
#[template(path = "home/waiting.html")]
struct WaitingPage {
    frame: Frame,
    facility: String,
    join: JoinCode,
    until: String,
}

#[derive(Template)]
#[template(path = "home/questions.html")]
struct QuestionsPage {
    frame: Frame,
    facility: String,
    who: String,
    asked: Vec<AskedQuestion>,
    missing: bool,
    /// Until when the answers are taken.
    until: String,
}

/// One question with its answers.
struct AskedQuestion {
    name: &'static str,
    legend: String,
    choices: Vec<Radio>,
    /// Whether the form that was sent left it out.
    missing: bool,
}

#[derive(Template)]
#[template(path = "home/done.html")]
struct DonePage {
    frame: Frame,
    facility: String,
    title: &'static str,
    text: &'static str,
    kept: Vec<String>,
}

#[derive(Template)]
#[template(path = "home/told.html")]
struct ToldPage {
    frame: Frame,
    title: &'static str,
    text: &'static str,
}

async fn without_address(State(app): State<App>, asked: Query<Asked>) -> Response {
    let frame = Frame::new(&app, &asked, "/");
    told(StatusCode::OK, frame, "no-address-title", "no-address")
}

async fn facility(
    State(app): State<App>,
    Path(id): Path<String>,
    asked: Query<Asked>,
) -> Result<Response, Refused> {
    let Ok(address) = in_force(&app, &id) else {
        let frame = Frame::new(&app, &asked, "/");
        return Ok(told(
            StatusCode::NOT_FOUND,
            frame,
            "unknown-title",
            "unknown",
        ));
    };
    let page = FacilityPage {
        frame: Frame::new(&app, &asked, &format!("/f/{}", address.id)),
        facility: name(&app, address.facility)?,
        care: care_key(address.care),
        page: URL_SAFE_NO_PAD.encode(random::<32>()?),
    };
    Ok(rendered(StatusCode::OK, &page))
}

/// What the form of the first page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    page: String,
}

async fn begin(
    State(app): State<App>,
    Path(id): Path<String>,
    asked: Query<Asked>,
    request: Request,
) -> Result<Response, Refused> {
    let begun = form::<Begun>(request, OPEN_FORM_BYTES, &app).await?;
    let secret = begun.ok().map(|it| it.page);
    let secret = secret.filter(|it| is_secret(it));
    let (Ok(address), Some(secret)) = (in_force(&app, &id), secret) else {
        let frame = Frame::new(&app, &asked, "/");
        return Ok(told(
            StatusCode::NOT_FOUND,
            frame,
            "unknown-title",
            "unknown",
        ));
    };
    let join = JoinCode::from_bytes(random()?);
    let opened = app
        .engine
        .open_home_page(hash(&secret), address.id, join, app.now());
    if !opened.await? {
        let frame = Frame::new(&app, &asked, "/");
        return Ok(told(
            StatusCode::NOT_FOUND,
            frame,
            "unknown-title",
            "unknown",
        ));
    }
    let mut response = Redirect::to(&with_language("/visit", &asked)).into_response();
    let cookie =
        format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=1800");
    keep(&mut response, header::SET_COOKIE, &cookie);
    Ok(response)
}

async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Query<Asked>,
) -> Result<Response, Refused> {
    let frame = Frame::new(&app, &asked, "/visit");
    let Some(page) = opened(&app, &headers)? else {
        return Ok(over(frame));
    };
    stand(&app, frame, &page, None).await
}

/// How a page stands: it waits, asks, again with what was given, or is through.
async fn stand(
    app: &App,
    frame: Frame,
    page: &HomePage,
    given: Option<&[(String, String)]>,
) -> Result<Response, Refused> {
    let facility = name(app, page.facility)?;
    let Some((check, device)) = page.joined else {
        let waiting = WaitingPage {
            until: page.until.to_minute_in_japan(),
            join: page.join.clone(),
            facility,
            frame,
        };
        let mut response = rendered(StatusCode::OK, &waiting);
        keep(&mut response, header::REFRESH, LOOK_AGAIN_S);
        return Ok(response);
    };
    let Some(permit) = permit(app, device).await? else {
        return Ok(over(frame));
    };
    let Some(found) = app.engine.own_card_check(&permit, check)? else {
        return Ok(over(frame));
    };
    let is_open = found.card.state == QuestionsState::Open && app.now() < found.card.present_until;
    if is_open {
        let status = if given.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        // A device may still answer after the page is over; here it is over with the page.
        let until = found.card.present_until.min(page.until);
        let page = questions(frame, facility, (&found, until), given);
        return Ok(rendered(status, &page));
    }
    Ok(rendered(StatusCode::OK, &done(frame, facility, &found)))
}

async fn answer(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Query<Asked>,
    request: Request,
) -> Result<Response, Refused> {
    let given = form::<Vec<(String, String)>>(request, OPEN_FORM_BYTES, &app).await?;
    let frame = Frame::new(&app, &asked, "/visit");
    let Some(page) = opened(&app, &headers)? else {
        return Ok(over(frame));
    };
    let Some((check, device)) = page.joined else {
        return stand(&app, frame, &page, None).await;
    };
    let Some(permit) = permit(&app, device).await? else {
        return Ok(over(frame));
    };
    let Some(found) = app.engine.own_card_check(&permit, check)? else {
        return Ok(over(frame));
    };
    let given = given.unwrap_or_default();
    let Some(answers) = read(&found, &given) else {
        return stand(&app, frame, &page, Some(&given)).await;
    };
    match record_answers(&app, &permit, check, answers).await {
        Ok(_) => {}
        // Closed meanwhile, or answered before: the page says how it stands.
        Err(refused) if refused.status().is_client_error() => {}
        Err(refused) => return Err(refused),
    }
    Ok(Redirect::to(&with_language("/visit", &asked)).into_response())
}

async fn end(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Query<Asked>,
) -> Result<Response, Refused> {
    if let Some(secret) = cookie(&headers) {
        app.engine.close_home_page(hash(&secret)).await?;
    }
    let frame = Frame::new(&app, &asked, "/");
    let mut response = told(StatusCode::OK, frame, "ended-title", "ended");
    let gone = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    keep(&mut response, header::SET_COOKIE, &gone);
    Ok(response)
}

/// The right of the device that joined the page, while it is known.
async fn permit(app: &App, device: u128) -> Result<Option<Permit<AskByCard>>, Refused> {
    let now = app.now();
    let device = app.engine.home_device(device, now)?;
    let Some(holder) = device.and_then(|it| it.holder()) else {
        return Ok(None);
    };
    grant(app, holder, now).await.map(Some)
}

/// The page of this browser, while it is open.
fn opened(app: &App, headers: &HeaderMap) -> Result<Option<HomePage>, Refused> {
    let Some(secret) = cookie(headers) else {
        return Ok(None);
    };
    Ok(app.engine.home_page(hash(&secret), app.now())?)
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter();
    let texts = all.filter_map(|it| it.to_str().ok());
    let mut pairs = texts.flat_map(|it| it.split("; "));
    let found = pairs.find_map(|it| it.strip_prefix(COOKIE)?.strip_prefix('='));
    found.filter(|it| is_secret(it)).map(str::to_owned)
}

/// Whether a text has the form of what a browser holds: 32 bytes in base64url.
fn is_secret(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|it| it.len() == 32)
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn care_key(care: Care) -> &'static str {
    match care {
        Care::HomeVisit => "care-home-visit",
        Care::RemoteCare => "care-remote-care",
    }
}

fn name(app: &App, facility: InstitutionCode) -> Result<String, Refused> {
    let found = app.engine.facility(facility)?;
    Ok(found.ok_or_else(absent("the facility of an address"))?.name)
}

fn over(frame: Frame) -> Response {
    told(StatusCode::OK, frame, "over-title", "over")
}

fn told(status: StatusCode, frame: Frame, title: &'static str, text: &'static str) -> Response {
    rendered(status, &ToldPage { frame, title, text })
}

fn with_language(path: &str, asked: &Asked) -> String {
    match asked.lang.as_deref().and_then(Language::parse) {
        Some(language) => format!("{path}?lang={}", language.tag()),
        None => path.to_owned(),
    }
}

fn keep(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn rendered(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            Refused::internal("a page of home care is not rendered", &error).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::medical_information::kind::InformationKind;
    use domain::questions::Question;
    use ui::language::Texts;

    use super::*;

    #[test]
    fn the_pages_speak_both_languages_with_the_same_keys() {
        Texts::new(&[SCREEN]).unwrap();
        let keys = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.split_once(" = "));
            lines.map(|(key, _)| key.to_owned()).collect()
        };
        assert_eq!(keys(SCREEN.ja), keys(SCREEN.en));
    }

    #[test]
    fn every_question_and_answer_has_words_on_the_page() {
        for key in made_keys() {
            assert!(SCREEN.ja.contains(&format!("{key} = ")), "{key}");
        }
    }

    #[test]
    fn every_question_of_consent_says_who_sees_what_is_agreed_to() {
        let texts = Arc::new(Texts::new(&[SCREEN]).unwrap());
        for (language, viewers, with_drugs) in [
            (
                Language::Japanese,
                "医師・歯科医師・薬剤師などが",
                "処方・調剤",
            ),
            (
                Language::English,
                "doctors, dentists, pharmacists and the like",
                "prescriptions and dispensing",
            ),
        ] {
            let words = Words::new(texts.clone(), language);
            for question in Question::ALL {
                let opened = InformationKind::of(*question);
                if opened.is_empty() {
                    continue;
                }
                let name = question.as_str().replace('_', "-");
                let legend = words.say(&format!("ask-{name}"));
                assert!(legend.contains(viewers), "{legend}");
                let opens_drugs = opened.contains(&InformationKind::Drugs);
                assert_eq!(legend.contains(with_drugs), opens_drugs, "{legend}");
            }
        }
    }

    /// The text of a key.
    fn text(file: &'static str, key: &str) -> &'static str {
        let start = format!("{key} = ");
        let found = file.lines().find_map(|line| line.strip_prefix(&start));
        found.unwrap()
    }

    #[test]
    fn the_page_to_withdraw_at_is_named_as_the_card_reader_names_it() {
        for (own, reader) in [
            (SCREEN.ja, include_str!("../../../kiosk/languages/ja.ftl")),
            (SCREEN.en, include_str!("../../../kiosk/languages/en.ftl")),
        ] {
            let name = text(reader, "own-enter");
            assert_eq!(text(reader, "own-start-title"), name);
            for key in ["asked-no", "asked-no-days", "stored-withdraw"] {
                assert!(text(own, key).contains(name), "{key}: {name}");
            }
        }
    }
}
