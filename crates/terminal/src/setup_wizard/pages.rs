//! The set-up's page: which steps are done, and the form of the next. Keeps no password that was typed.

use api::client::certificates::{NoRoot, root_of_notice};
use api::client::{Client, ClientError};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::card_challenge::CenterName;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use serde::Deserialize;
use ui::component::{Banner, Fault, Select, TextField, Tone};
use ui::language::{Language, Words};
use ui::language_choice;

use super::backup::places;
use super::fields::{Typed, fields, profiles};
use super::files::NotWritten;
use super::machines::{common, ready};
use super::{Known, Wizard};
use crate::browsers;
use crate::faults;

/// A step of the set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Center,
    Certificate,
    Backup,
    Link,
    Reader,
    Finish,
}

impl Step {
    const ALL: [Self; 6] = [
        Self::Center,
        Self::Certificate,
        Self::Backup,
        Self::Link,
        Self::Reader,
        Self::Finish,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Center => "wizard-center",
            Self::Certificate => "wizard-certificate",
            Self::Backup => "wizard-backup",
            Self::Link => "wizard-link",
            Self::Reader => "wizard-reader",
            Self::Finish => "wizard-finish",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Center => "/setup/center",
            Self::Certificate => "/setup/certificate",
            Self::Backup => "/setup/backup",
            Self::Link => "/setup/link",
            Self::Reader => "/setup/reader",
            Self::Finish => "/setup/finish",
        }
    }
}

/// A step in the list.
struct Place {
    label: String,
    /// `done`, `now` or `later`.
    state: &'static str,
    told: String,
}

/// What the layout asks of a page.
struct Frame {
    words: Words,
    here: &'static str,
}

#[derive(Template)]
#[template(path = "setup_wizard.html")]
struct SetupPage {
    frame: Frame,
    banners: Vec<Banner>,
    steps: Vec<Place>,
    heading: String,
    lead: String,
    action: &'static str,
    fields: Vec<TextField>,
    selects: Vec<Select>,
    /// What is said where the step may be left out.
    skip: Option<String>,
}

pub(super) fn words(wizard: &Wizard, headers: &HeaderMap) -> Words {
    let chosen = browsers::cookie(headers, language_choice::COOKIE).and_then(Language::parse);
    Words::new(wizard.texts.clone(), chosen.unwrap_or_default())
}

/// The step that comes next.
fn next(wizard: &Wizard) -> Step {
    let draft = wizard.draft();
    let Some(installed) = &draft.installed else {
        return if draft.center.is_some() {
            Step::Certificate
        } else {
            Step::Center
        };
    };
    if draft.backup.is_none() {
        Step::Backup
    } else if draft.link.is_none() {
        Step::Link
    } else if draft.reader.is_none() && has_reader(installed.holder.facility) {
        Step::Reader
    } else {
        Step::Finish
    }
}

fn has_reader(code: InstitutionCode) -> bool {
    let kind = FacilityKind::of_fee_table_digit(code.fee_table_digit());
    kind.is_none_or(|kind| kind.differences().has_reader)
}

/// The steps of a facility, which is known once the certificate is there: without a reader there is none to set up (G37).
fn listed(facility: Option<InstitutionCode>) -> Vec<Step> {
    let has_reader = facility.is_none_or(has_reader);
    let all = Step::ALL.into_iter();
    all.filter(|it| has_reader || *it != Step::Reader).collect()
}

fn steps(wizard: &Wizard, now: Step, words: &Words) -> Vec<Place> {
    let draft = wizard.draft();
    let told = |step: Step| match step {
        Step::Center => draft.center.as_ref().map(|it| it.api.clone()),
        Step::Certificate => draft.installed.as_ref().map(|it| {
            let (facility, until) = (it.holder.facility, it.holder.not_after.date_in_japan());
            let facts = [
                ("facility", facility.to_string()),
                ("terminal", it.holder.terminal.clone()),
                ("until", until.to_string()),
            ];
            words.say_with("wizard-installed", &facts)
        }),
        Step::Backup => draft.backup.clone(),
        Step::Link => draft.link.clone(),
        Step::Reader => draft.reader.clone(),
        Step::Finish => None,
    };
    let place = |step: &Step| {
        let index = |wanted: Step| Step::ALL.iter().position(|it| *it == wanted);
        Place {
            label: words.say(step.key()),
            state: match index(*step).cmp(&index(now)) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "later",
            },
            told: told(*step).unwrap_or_default(),
        }
    };
    let facility = draft.installed.as_ref().map(|it| it.holder.facility);
    listed(facility).iter().map(place).collect()
}

pub(super) fn answer(
    wizard: &Wizard,
    words: &Words,
    typed: &Typed,
    faults: &[(String, Fault)],
    banner: Option<Fault>,
) -> Response {
    let step = next(wizard);
    let mut fields = fields(wizard, step, typed, words);
    let mut selects: Vec<Select> = match step {
        Step::Backup => vec![places(wizard, typed, words)],
        Step::Reader => vec![profiles(typed, words)],
        Step::Center | Step::Certificate | Step::Link | Step::Finish => Vec::new(),
    };
    faults::spread(faults, &mut fields, &mut selects);
    let mut banners: Vec<Banner> = banner
        .into_iter()
        .map(|fault| Banner::new(Tone::Error, fault))
        .collect();
    // What names no field of this step is told above it.
    for (name, fault) in faults {
        let is_field = fields.iter().any(|field| field.name == name);
        if !is_field && selects.iter().all(|select| select.name != name) {
            banners.push(Banner::new(Tone::Error, fault.clone()));
        }
    }
    let file = wizard.draft().installed.as_ref().map(|it| it.file.clone());
    if let (Step::Backup, Some(file)) = (step, file) {
        let file = file.display().to_string();
        banners.push(Banner::new(
            Tone::Note,
            Fault {
                code: "backup_needed".to_owned(),
                text: words.say_with("wizard-backup-file", &[("file", file)]),
            },
        ));
        if selects.iter().all(|it| it.options.is_empty()) {
            let fault = faults::own(words, "no_place", "wizard-backup-no-place");
            banners.push(Banner::new(Tone::Warning, fault));
        }
    }
    let bad = banners.iter().any(|it| it.tone == Tone::Error) || !faults.is_empty();
    let page = SetupPage {
        steps: steps(wizard, step, words),
        heading: words.say(step.key()),
        lead: words.say(match step {
            Step::Center => "wizard-center-lead",
            Step::Certificate => "wizard-certificate-lead",
            Step::Backup => "wizard-backup-lead",
            Step::Link => "wizard-link-lead",
            Step::Reader => "wizard-reader-lead",
            Step::Finish => "wizard-finish-lead",
        }),
        action: step.action(),
        selects,
        skip: match step {
            Step::Backup => Some(words.say("wizard-backup-skip")),
            Step::Link | Step::Reader => Some(words.say("wizard-skip")),
            Step::Center | Step::Certificate | Step::Finish => None,
        },
        fields,
        banners,
        frame: Frame {
            words: words.clone(),
            here: "/setup",
        },
    };
    let status = if bad {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the set-up's page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub(super) async fn first() -> Redirect {
    Redirect::to("/setup")
}

pub(super) async fn page(State(wizard): State<Wizard>, headers: HeaderMap) -> Response {
    answer(
        &wizard,
        &words(&wizard, &headers),
        &Typed::default(),
        &[],
        None,
    )
}

/// The chosen language; there is one page to come back to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Chosen {
    language: String,
}

pub(super) async fn language(Form(chosen): Form<Chosen>) -> Response {
    let language = Language::parse(&chosen.language).unwrap_or_default();
    let cookie = language_choice::cookie(language);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/setup")).into_response()
}

pub(super) fn required(words: &Words, typed: &[(&str, &str)]) -> Vec<(String, Fault)> {
    let empty = typed.iter().filter(|(_, text)| text.trim().is_empty());
    empty
        .map(|(name, _)| {
            (
                (*name).to_owned(),
                faults::own(words, "required", "wizard-required"),
            )
        })
        .collect()
}

pub(super) async fn center(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let wanted = [
        ("enroll", typed.enroll.as_str()),
        ("fingerprint", &typed.fingerprint),
        ("center", &typed.center),
    ];
    let mut wrong = required(&words, &wanted);
    let name = CenterName::parse(typed.center_name.trim());
    if name.is_err() {
        let fault = faults::own(&words, "center_name", "wizard-center-name-wrong");
        wrong.push(("center_name".to_owned(), fault));
    }
    if !wrong.is_empty() {
        return answer(&wizard, &words, &typed, &wrong, None);
    }
    let address = |text: &str| text.trim().trim_end_matches('/').to_owned();
    let (enroll, api) = (address(&typed.enroll), address(&typed.center));
    let root = match root_of_notice(&enroll, &typed.fingerprint).await {
        Ok(root) => root,
        Err(NoRoot::Other) => {
            let fault = faults::own(&words, "other_root", "wizard-other-root");
            let at = ("fingerprint".to_owned(), fault);
            return answer(&wizard, &words, &typed, &[at], None);
        }
        Err(NoRoot::Client(error)) => {
            let at = ("enroll".to_owned(), told(&error, &words));
            return answer(&wizard, &words, &typed, &[at], None);
        }
    };
    // Is it an address at all? Whether it answers shows when there is a certificate to ask it with.
    if let Err(error) = Client::new(&api, &root, None) {
        let at = ("center".to_owned(), told(&error, &words));
        return answer(&wizard, &words, &typed, &[at], None);
    }
    wizard.draft().center = Some(Known {
        api,
        enroll,
        name: typed.center_name.trim().to_owned(),
        root,
    });
    Redirect::to("/setup").into_response()
}

pub(super) fn told(error: &ClientError, words: &Words) -> Fault {
    match error {
        ClientError::Address => faults::own(words, "address", "wizard-address-wrong"),
        other => faults::of_client(other, words),
    }
}

pub(super) fn not_written(why: NotWritten) -> Fault {
    Fault {
        code: "not_written".to_owned(),
        text: why.0,
    }
}

/// Writes the terminal's settings, which end the set-up: the terminal starts in its place.
pub(super) async fn finish(State(wizard): State<Wizard>, headers: HeaderMap) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let (Some((known, installed)), Step::Finish) = (ready(&wizard), next(&wizard)) else {
        return Redirect::to("/setup").into_response();
    };
    let written = wizard.places.write_terminal(
        &common(&known, &installed),
        &known.enroll,
        wizard.listen.to_string(),
        &wizard.host_name,
    );
    if let Err(why) = written {
        return answer(
            &wizard,
            &words,
            &Typed::default(),
            &[],
            Some(not_written(why)),
        );
    }
    crate::setup_state::set_open(&wizard.places.terminal.data_dir, true);
    wizard.ended.send_replace(true);
    // The terminal answers at the same address in a moment; this page goes there by itself.
    let page = FinishedPage {
        frame: Frame {
            words,
            here: "/setup",
        },
    };
    match page.render() {
        Ok(text) => ([(header::CONNECTION, "close")], Html(text)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "setup_finished.html")]
struct FinishedPage {
    frame: Frame,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_visit_nursing_is_asked_for_no_reader_and_sees_no_such_step() {
        let code = |text: &str| Some(InstitutionCode::parse(text).unwrap());
        assert_eq!(listed(None), Step::ALL);
        assert_eq!(listed(code("1319999999")), Step::ALL);
        let nursing = listed(code("1369999998"));
        assert_eq!(nursing.len(), Step::ALL.len() - 1);
        assert!(!nursing.contains(&Step::Reader), "{nursing:?}");
    }
}
