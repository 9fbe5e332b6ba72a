//! The pages that an address leads to, on a patient's phone or a nurse's tablet: whose it is, what is asked, and, when a device has read the
//! card, the questions. Work without script on a poor line; read no card, since a page cannot; say what is stored.

pub(super) mod trouble;

use api::problem::Trouble;
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
use domain::questions::{Answered, Choice, Question, QuestionsState};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::cards::questions::Delivered;
use store::home_care::pages::HomePage;
use ui::component::{ButtonTone, Radio};
use ui::language::{Language, Screen, Words};

use super::at_device::{in_force, record_answers};
use super::listener::guard;
use crate::admission::Admission;
use crate::app::{App, random};
use crate::extract::{OPEN_FORM_BYTES, form, grant};
use crate::page_guard;
use crate::trouble::Refused;

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
}

impl Frame {
    fn new(app: &App, asked: &Asked, here: &str) -> Self {
        let language = asked.lang.as_deref().and_then(Language::parse);
        let words = Words::new(app.home_texts.clone(), language.unwrap_or_default());
        Self {
            other: words.choose(Language::English, Language::Japanese),
            here: here.to_owned(),
            words,
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
}

/// One question with its answers.
struct AskedQuestion {
    name: &'static str,
    legend: String,
    choices: Vec<Radio>,
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
    stand(&app, frame, &page, false).await
}

/// How a page stands: it waits, asks, or is through.
async fn stand(
    app: &App,
    frame: Frame,
    page: &HomePage,
    missing: bool,
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
        let status = if missing {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        let page = questions(frame, facility, &found, missing);
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
        return stand(&app, frame, &page, false).await;
    };
    let Some(permit) = permit(&app, device).await? else {
        return Ok(over(frame));
    };
    let Some(found) = app.engine.own_card_check(&permit, check)? else {
        return Ok(over(frame));
    };
    let given = given.unwrap_or_default();
    let Some(answers) = read(&found, &given) else {
        return stand(&app, frame, &page, true).await;
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

/// What is asked, home care first.
fn questions(frame: Frame, facility: String, found: &Delivered, missing: bool) -> QuestionsPage {
    let words = &frame.words;
    let choice = |value: &'static str, label: String, support: String| Radio {
        value: value.into(),
        label,
        support: vec![support],
        chosen: false,
        barred: false,
    };
    let mut asked = vec![AskedQuestion {
        name: HOME_CARE,
        legend: words.say("ask-home"),
        choices: vec![
            choice("yes", words.say("agree"), words.say("home-yes")),
            choice("no", words.say("not-agree"), words.say("home-no")),
        ],
    }];
    for question in &found.card.questions {
        let of = |choice_of: Choice| {
            let key = format!("{}-{}", group(*question), choice_of.as_str());
            choice(choice_of.as_str(), words.say(&key), String::new())
        };
        asked.push(AskedQuestion {
            name: question.as_str(),
            legend: words.say(&format!("ask-{}", question.as_str().replace('_', "-"))),
            choices: question.choices().iter().map(|it| of(*it)).collect(),
        });
    }
    let name = found.name.clone().unwrap_or_default();
    QuestionsPage {
        who: words.say_with("questions-who", &[("name", name)]),
        facility,
        asked,
        missing,
        frame,
    }
}

/// The name of the question about home care among the others.
const HOME_CARE: &str = "home_care";

fn group(question: Question) -> &'static str {
    use domain::questions::Group;
    match question.group() {
        Group::Certificate => "certificate",
        Group::MedicalInformation => "medical",
        Group::Prescription => "prescription",
    }
}

/// The answers of a form; `None` where one is missing or is none.
fn read(found: &Delivered, given: &[(String, String)]) -> Option<(Vec<Answered>, Option<Choice>)> {
    let of = |name: &str| {
        let value = given.iter().find(|(key, _)| key == name);
        value.and_then(|(_, value)| Choice::parse(value))
    };
    let home_care = of(HOME_CARE).filter(|it| matches!(it, Choice::Yes | Choice::No))?;
    let mut answers = Vec::new();
    for question in &found.card.questions {
        let choice = of(question.as_str()).filter(|it| question.choices().contains(it))?;
        answers.push(Answered {
            question: *question,
            choice,
        });
    }
    Some((answers, Some(home_care)))
}

/// What became of it: what is stored, and what not.
fn done(frame: Frame, facility: String, found: &Delivered) -> DonePage {
    let words = &frame.words;
    let agreed = found.home.and_then(|it| it.agreed);
    let mut kept = Vec::new();
    if found.card.state == QuestionsState::Answered {
        kept.push(words.say(match agreed {
            Some(Choice::Yes) => "stored-home-yes",
            _ => "stored-home-no",
        }));
        for it in &found.consents {
            let question = it.answered.question.as_str().replace('_', "-");
            let key = format!(
                "{}-{}",
                group(it.answered.question),
                it.answered.choice.as_str()
            );
            let (asked, answered) = (words.say(&format!("told-{question}")), words.say(&key));
            let values = [("asked", asked), ("answered", answered)];
            kept.push(words.say_with("stored-line", &values));
        }
    }
    let (title, text) = match (found.card.state, agreed) {
        (QuestionsState::Answered, Some(Choice::Yes)) => ("done-title", "done-home"),
        (QuestionsState::Answered, _) => ("done-title", "done-day"),
        (QuestionsState::Open | QuestionsState::ClosedWithoutAnswers, _) => {
            ("closed-title", "closed")
        }
    };
    DonePage {
        frame,
        facility,
        title,
        text,
        kept,
    }
}

fn care_key(care: Care) -> &'static str {
    match care {
        Care::HomeVisit => "care-home-visit",
        Care::RemoteCare => "care-remote-care",
    }
}

fn name(app: &App, facility: InstitutionCode) -> Result<String, Refused> {
    let found = app.engine.facility(facility)?;
    Ok(found.ok_or(Trouble::Internal)?.name)
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
            tracing::error!(error = %error, "a page of home care could not be rendered");
            Refused::from(Trouble::Internal).into_response()
        }
    }
}

/// The keys that are made of the names of questions and answers.
#[cfg(test)]
pub(crate) fn made_keys() -> Vec<String> {
    let of = |question: &Question| {
        let name = question.as_str().replace('_', "-");
        let group = group(*question);
        let choices = question.choices().iter();
        let choices: Vec<String> = choices
            .map(|it| format!("{group}-{}", it.as_str()))
            .collect();
        [format!("ask-{name}"), format!("told-{name}")]
            .into_iter()
            .chain(choices)
            .collect::<Vec<String>>()
    };
    Question::ALL.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::medical_information::kind::InformationKind;
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
            for key in ["asked-no", "stored-withdraw"] {
                assert!(text(own, key).contains(name), "{key}: {name}");
            }
        }
    }
}
