//! 「訪問診療等・オンライン診療等」 (G32): with whom care is agreed, since when and when they were checked last; the check at a later visit without
//! the card, of one patient or of all; the end of what is agreed. Keeps nothing of it.

pub(crate) mod addresses;
pub(crate) mod devices;
pub(super) mod notices;

use std::collections::BTreeMap;

use api::check::Answer;
use api::client::ClientError;
use api::client::cards::Cause;
use api::home_care::{CheckAgain, HomeCareNotices, HomeConsent, HomeConsents, HomeWithdrawal};
use api::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::home_care::Care;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::Reason;
use domain::permissions::Action;
use serde::Deserialize;
use tokio::task::JoinSet;
use ui::component::{Banner, ButtonTone, Choice, Need, Select, Tone, Width};
use ui::language::Words;

use self::notices::EndedLine;
use crate::browsers::{hash, hex, random_text};
use crate::pages::medical::kind_key;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/home-care";

/// Patients of the list who are checked at once: a list of fifty takes a moment, and the center's other work has its places.
const AT_ONCE: usize = 4;

/// The routes of these pages.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(list))
        .route("/home-care/check", post(check))
        .route("/home-care/ended/{id}", get(notices::whose))
        .route("/home-care/check-all", post(check_all))
        .route(
            "/home-care/{id}/withdraw",
            get(withdraw_page).post(withdraw),
        )
        .route(addresses::HERE, get(addresses::page).post(addresses::make))
        .route(devices::HERE, get(devices::page).post(devices::issue))
        .route("/home-care/devices/invalidate", post(devices::invalidate))
        .route("/home-care/devices/remove", post(devices::remove))
}

/// Whose consent it is. Two patients may bear one name: what tells them apart stands beside it wherever one of them is chosen.
pub(super) struct Whose {
    pub(super) name: String,
    /// Kana, birth date and the facility's own number, as far as they are known.
    pub(super) about: String,
    /// Name and birth date, for whoever hears the name of a button alone.
    pub(super) called: String,
}

impl Whose {
    fn of(it: &HomeConsent, words: &Words) -> Self {
        let (kana, born) = (it.kana.as_deref(), it.birth_date.as_deref());
        Self::told(
            &it.name,
            (kana, born, it.reference_number.as_deref()),
            words,
        )
    }

    /// Of a name, with kana, birth date and own number as far as they are known.
    fn told(
        name: &str,
        (kana, born, number): (Option<&str>, Option<&str>, Option<&str>),
        words: &Words,
    ) -> Self {
        let born = born.map(|day| days::show(day, words));
        let number = number.map(|it| words.say_with("medical-reference", &[("number", it)]));
        let called = match &born {
            Some(born) => format!("{name} {born}"),
            None => name.to_owned(),
        };
        let about: Vec<String> = [kana.map(str::to_owned), born, number]
            .into_iter()
            .flatten()
            .collect();
        Self {
            name: name.to_owned(),
            about: about.join(words.choose("　", ", ")),
            called,
        }
    }
}

/// Somebody of the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) whose: Whose,
    pub(super) care: String,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) kinds: String,
    pub(super) checked: Option<String>,
    pub(super) check: Option<String>,
    /// Made for this page: a press that is sent twice is one check.
    pub(super) key: String,
}

#[derive(Template)]
#[template(path = "home_care.html")]
pub(super) struct ListPage {
    pub(super) frame: Frame,
    pub(super) lines: Vec<Line>,
    pub(super) ended: Vec<EndedLine>,
    pub(super) manages: bool,
    pub(super) withdraws: bool,
    pub(super) key: String,
}

#[derive(Template)]
#[template(path = "home_care_withdraw.html")]
pub(super) struct WithdrawPage {
    pub(super) frame: Frame,
    pub(super) id: String,
    pub(super) whose: Whose,
    pub(super) care: String,
    pub(super) reason: Select,
    pub(super) key: String,
}

#[derive(Template)]
#[template(path = "home_care_checked.html")]
pub(super) struct CheckedPage {
    pub(super) frame: Frame,
    pub(super) lines: Vec<Checked>,
}

/// What became of one of them.
pub(super) struct Checked {
    pub(super) whose: Whose,
    pub(super) text: String,
    pub(super) tone: &'static str,
    pub(super) href: Option<String>,
}

/// Which consent, and the key of the page it was pressed on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Pressed {
    id: String,
    key: String,
    reason: String,
}

fn line(it: HomeConsent, words: &Words) -> Line {
    let kinds = it.kinds.iter().filter_map(|it| InformationKind::parse(it));
    let kinds: Vec<String> = kinds.map(|it| words.say(kind_key(it))).collect();
    let whose = Whose::of(&it, words);
    Line {
        whose,
        care: care(&it.care, words),
        since: days::show_instant(&it.given_at),
        until: match &it.until {
            Some(until) => days::show_instant(until),
            None => words.say("home-until-withdrawn"),
        },
        kinds: if kinds.is_empty() {
            words.say("home-no-kinds")
        } else {
            kinds.join(words.choose("・", ", "))
        },
        checked: it.checked_at.as_deref().map(days::show_instant),
        check: it.last_check.map(|id| format!("/checks/{id}")),
        key: new_key(),
        id: it.id,
    }
}

/// The words for a care.
pub(super) fn care(name: &str, words: &Words) -> String {
    match Care::parse(name) {
        Some(Care::HomeVisit) => words.say("home-care-visit"),
        Some(Care::RemoteCare) => words.say("home-care-remote"),
        None => name.to_owned(),
    }
}

/// A key for a form, so that one that is sent twice is done once.
pub(super) fn new_key() -> String {
    random_text().unwrap_or_default()
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    page(&app, &staff, None).await
}

async fn page(app: &App, staff: &Staff, banner: Option<Banner>) -> Response {
    let found = staff.client.home_consents(staff.token(), Cause::Person);
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    frame.banners.extend(banner);
    let notices = notices::read(staff).await;
    frame.banners.extend(notices::ending(staff, &notices));
    show(StatusCode::OK, &list_page(staff, frame, found, &notices))
}

/// The list as it is shown.
pub(super) fn list_page(
    staff: &Staff,
    frame: Frame,
    found: HomeConsents,
    notices: &HomeCareNotices,
) -> ListPage {
    let lines = found.consents.into_iter();
    ListPage {
        lines: lines.map(|it| line(it, &staff.words)).collect(),
        ended: notices::ended(staff, notices),
        manages: staff.may(Action::ManageHomeCare),
        withdraws: staff.may(Action::WithdrawConsent),
        key: new_key(),
        frame,
    }
}

/// One patient at a later visit: leads to the answer.
pub(crate) async fn check(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<Pressed>,
) -> Response {
    let asked = CheckAgain::default();
    let checked = staff
        .client
        .check_again(staff.token(), &form.key, (&form.id, &asked));
    match checked.await {
        Ok(answer) => Redirect::to(&format!("/checks/{}", answer.check_id)).into_response(),
        Err(ClientError::Problem(problem)) if problem.code == "home_not_agreed" => {
            let fault = faults::of_problem(&problem, &staff.words);
            page(&app, &staff, Some(Banner::new(Tone::Warning, fault))).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// All of the list, a few at once. Each has a key of the page's own, so that a press that is sent twice checks nobody twice.
pub(crate) async fn check_all(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<Pressed>,
) -> Response {
    let found = staff.client.home_consents(staff.token(), Cause::Person);
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let checked = match all_checked(&staff, &form.key, &found.consents).await {
        Ok(checked) => checked,
        // What was checked is on record, and the same press goes on where it stopped.
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    show(
        StatusCode::OK,
        &checked_page(&staff, &found.consents, checked),
    )
}

/// What became of all of them, in the order of the list.
pub(super) fn checked_page(
    staff: &Staff,
    consents: &[HomeConsent],
    checked: Vec<Result<Answer, Box<Problem>>>,
) -> CheckedPage {
    let lines = consents.iter().zip(checked);
    CheckedPage {
        frame: staff.frame(HERE),
        lines: lines
            .map(|(it, outcome)| told(it, outcome, &staff.words))
            .collect(),
    }
}

/// Checks everybody, in the order of the list whoever is answered first. Of what the center cannot do now the first is told, and nobody is begun
/// with after it.
async fn all_checked(
    staff: &Staff,
    key: &str,
    consents: &[HomeConsent],
) -> Result<Vec<Result<Answer, Box<Problem>>>, ClientError> {
    let mut waiting = consents.iter().enumerate();
    let mut under_way = JoinSet::new();
    let mut checked = BTreeMap::new();
    loop {
        for (place, it) in waiting.by_ref().take(AT_ONCE - under_way.len()) {
            let key = hash(&format!("{key}\u{1f}{}", it.id));
            let key = key.map(|it| hex(&it)).unwrap_or_default();
            let (client, id) = (staff.client.clone(), it.id.clone());
            let token = staff.token().to_owned();
            under_way.spawn(async move {
                let asked = CheckAgain::default();
                let answer = client.check_again(&token, &key, (&id, &asked)).await;
                (place, answer)
            });
        }
        let Some(ended) = under_way.join_next().await else {
            return Ok(checked.into_values().collect());
        };
        let (place, answer) = ended.map_err(|_| ClientError::Answer)?;
        let outcome = match answer {
            Ok(answer) => Ok(answer),
            Err(ClientError::Problem(problem)) if problem.status < 500 => Err(problem),
            Err(error) => return Err(error),
        };
        checked.insert(place, outcome);
    }
}

/// What became of one of them, in words.
fn told(it: &HomeConsent, outcome: Result<Answer, Box<Problem>>, words: &Words) -> Checked {
    match outcome {
        Ok(answer) => {
            let verdict = api::check::answered::verdict_of_number(answer.verdict);
            let text = verdict.map_or_else(String::new, |it| {
                words.choose(it.label_ja(), it.label_en()).to_owned()
            });
            let is_good = matches!(answer.verdict, 1 | 6);
            Checked {
                whose: Whose::of(it, words),
                text,
                tone: if is_good { "good" } else { "bad" },
                href: Some(format!("/checks/{}", answer.check_id)),
            }
        }
        Err(problem) => Checked {
            whose: Whose::of(it, words),
            text: faults::of_problem(&problem, words).text,
            tone: "warn",
            href: None,
        },
    }
}

/// Asks once more before anything ends.
pub(crate) async fn withdraw_page(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    let found = staff.client.home_consents(staff.token(), Cause::Person);
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let Some(it) = found.consents.into_iter().find(|it| it.id == id) else {
        return Redirect::to(HERE).into_response();
    };
    show(StatusCode::OK, &asked_again(&staff, it))
}

/// The question before anything ends.
pub(super) fn asked_again(staff: &Staff, it: HomeConsent) -> WithdrawPage {
    let words = &staff.words;
    let reason = Select {
        name: "reason",
        label: words.say("home-withdraw-reason"),
        support: String::new(),
        need: Need::Required,
        width: Width::Full,
        options: [
            (Reason::Patient, "home-reason-patient"),
            (Reason::Facility, "home-reason-facility"),
            (Reason::Purpose, "home-reason-purpose"),
        ]
        .map(|(reason, key)| Choice {
            value: reason.as_str().into(),
            label: words.say(key),
        })
        .into(),
        value: Reason::Patient.as_str().into(),
        errors: Vec::new(),
    };
    WithdrawPage {
        frame: staff.frame(&format!("{HERE}/{}/withdraw", it.id)),
        care: care(&it.care, words),
        whose: Whose::of(&it, words),
        id: it.id,
        reason,
        key: new_key(),
    }
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<Pressed>,
) -> Response {
    let body = HomeWithdrawal {
        reason: form.reason,
    };
    let ended = staff
        .client
        .withdraw_home_consent(staff.token(), &form.key, (&id, &body));
    match ended.await {
        Ok(_) => {
            let told = faults::own(&staff.words, "home", "home-withdrawn-now");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        Err(ClientError::Problem(problem)) if problem.code == "home_not_agreed" => {
            let fault = faults::of_problem(&problem, &staff.words);
            page(&app, &staff, Some(Banner::new(Tone::Warning, fault))).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
