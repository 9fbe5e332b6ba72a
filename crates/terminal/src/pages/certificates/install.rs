//! Giving the terminal a certificate: by the notice's two IDs, or from a backup file. A step back from a good one, and one of another
//! terminal, are asked about first.
//! Repeats no secret that was typed.

use std::path::Path;

use api::client::ClientError;
use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use pki::identity::Holder;
use serde::Deserialize;
use ui::component::{Banner, Checkbox, ErrorSummary, Fact, Fault, Kind, TextField, Tone, Width};
use ui::language::Words;

use super::permitted::{self, permitted};
use super::{new_password, of_install, password_faults};
use crate::certificates::{
    Doubt, InstallFailed, Installation, Offered, Question, Replaced, anyway, for_notice, from_file,
};
use crate::pages::lock::sign_out;
use crate::pages::{Filled, Frame, Staff, Visitor, show};
use crate::serve::App;
use crate::{days, faults};

/// By notice.
pub(crate) const HERE: &str = "/certificates/install";

/// From a file.
pub(crate) const FILE: &str = "/certificates/install-file";

/// From a file, after a person was asked.
pub(crate) const ANYWAY: &str = "/certificates/install-file/anyway";

#[derive(Template)]
#[template(path = "certificate_install.html")]
pub(crate) struct InstallPage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    pub(crate) fingerprint: String,
    pub(crate) accept: Checkbox,
    pub(crate) fields: Vec<TextField>,
}

#[derive(Template)]
#[template(path = "certificate_file.html")]
pub(crate) struct FilePage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    pub(crate) file: TextField,
    pub(crate) fields: Vec<TextField>,
}

#[derive(Template)]
#[template(path = "certificate_question.html")]
pub(crate) struct QuestionPage {
    pub(crate) frame: Frame,
    pub(crate) code: &'static str,
    pub(crate) heading: String,
    pub(crate) lead: String,
    /// The button of whoever wants it so.
    pub(crate) go_on: String,
    /// What the certificate in use says, and what the offered one does.
    pub(crate) present: Vec<Fact>,
    pub(crate) offered: Vec<Fact>,
    pub(crate) token: String,
}

#[derive(Template)]
#[template(path = "certificate_installed.html")]
pub(crate) struct InstalledPage {
    pub(crate) frame: Frame,
    pub(crate) facts: Vec<Fact>,
    pub(crate) signed_in: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct InstallForm {
    request_id: String,
    reference_id: String,
    password: String,
    password_again: String,
    compared: Option<String>,
    terminal_password: String,
}

pub(crate) fn install_page(
    mut frame: Frame,
    fingerprint: String,
    typed: &InstallForm,
    proof: Option<TextField>,
    general: Option<Fault>,
    faults: &[(String, Fault)],
) -> InstallPage {
    let words = frame.words.clone();
    let [password, again] = new_password(&words);
    let mut fields = vec![
        TextField {
            support: words.say("request-id-support"),
            value: typed.request_id.clone(),
            ..TextField::new("request_id", words.say("request-id"))
        },
        TextField {
            kind: Kind::Password,
            support: words.say("reference-id-support"),
            ..TextField::new("reference_id", words.say("reference-id"))
        },
        password,
        again,
    ];
    fields.extend(proof);
    let summary = faults::spread(faults, &mut fields, &mut []);
    frame
        .banners
        .extend(general.map(|fault| Banner::new(Tone::Error, fault)));
    InstallPage {
        summary,
        fingerprint,
        accept: Checkbox {
            name: "compared",
            label: words.say("root-compared"),
            support: words.say("root-compared-support"),
            value: "1".into(),
            checked: typed.compared.is_some(),
        },
        fields,
        frame,
    }
}

fn frame(app: &App, visitor: &Visitor, here: &str) -> Frame {
    match Staff::of(visitor, app) {
        Some(staff) => staff.frame(here),
        None => visitor.frame(here),
    }
}

fn fingerprint(app: &App) -> String {
    app.certificates.setup().root_fingerprint()
}

pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    let frame = frame(&app, &visitor, HERE);
    let proof = permitted::field(&app, &visitor).await;
    let typed = InstallForm::default();
    let page = install_page(frame, fingerprint(&app), &typed, proof, None, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn install(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<InstallForm>,
) -> Response {
    let words = &visitor.words;
    let proof = permitted::field(&app, &visitor).await;
    let answer = |general: Option<Fault>, found: &[(String, Fault)]| {
        let frame = frame(&app, &visitor, HERE);
        let proof = permitted::field_for(proof, found, words);
        let page = install_page(frame, fingerprint(&app), &form, proof, general, found);
        show(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let mut found = password_faults(&form.password, &form.password_again, words);
    if form.compared.is_none() {
        let fault = faults::own(words, "not_compared", "root-not-compared");
        found.push(("compared".to_owned(), fault));
    }
    if !found.is_empty() {
        return answer(None, &found);
    }
    let right = match permitted(&app, &visitor, &form.terminal_password).await {
        Ok(right) => right,
        Err(fault) => return answer(None, &[fault]),
    };
    let installed = for_notice(
        &app.certificates,
        right,
        &form.request_id,
        &form.reference_id,
        &form.password,
    );
    match installed.await {
        Ok(Offered::Installed(put)) => {
            end_sessions(&app, put.replaced);
            installed_page(&app, &visitor, &put.installed)
        }
        Ok(Offered::Questioned(asked)) => {
            let page = question_page(frame(&app, &visitor, HERE), asked);
            show(StatusCode::CONFLICT, &page)
        }
        Err(InstallFailed::Client(ClientError::Problem(problem))) if !problem.errors.is_empty() => {
            answer(None, &faults::of_members(&problem, words))
        }
        Err(InstallFailed::Unproved) => answer(None, &[permitted::missing(words)]),
        Err(error) => answer(Some(of_install(&error, words)), &[]),
    }
}

/// Sessions were opened with the certificate before, and do not go on with this one. Those of the terminal's other certificates do.
fn end_sessions(app: &App, replaced: Option<Replaced>) {
    let Some(Replaced { place, client }) = replaced else {
        return;
    };
    let ended = app.browsers.end_sessions_of(place, app.now());
    tokio::spawn(sign_out(app.clone(), ended, Some(client)));
}

pub(super) fn installed_page(app: &App, visitor: &Visitor, installed: &Installation) -> Response {
    let words = &visitor.words;
    let frame = frame(app, visitor, HERE);
    let signed_in = frame.person.is_some();
    let page = InstalledPage {
        facts: facts(installed, words),
        signed_in,
        frame,
    };
    show(StatusCode::OK, &page)
}

pub(crate) fn facts(installed: &Installation, words: &Words) -> Vec<Fact> {
    let holder = &installed.holder;
    let mut facts = vec![
        fact("certificate-issued-to", holder.facility.to_string(), words),
        fact("certificate-terminal", holder.terminal.clone(), words),
        last_day(holder, words),
    ];
    facts.extend(kept_file(installed.file.as_deref(), words));
    facts
}

fn kept_file(file: Option<&Path>, words: &Words) -> Option<Fact> {
    file.map(|file| fact("certificate-file", file.display().to_string(), words))
}

fn fact(key: &str, text: String, words: &Words) -> Fact {
    Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    }
}

fn last_day(holder: &Holder, words: &Words) -> Fact {
    let day = holder.not_after.date_in_japan().to_string();
    fact("certificate-last-day", days::show(&day, words), words)
}

/// The page that asks whether the offered certificate is wanted.
pub(crate) fn question_page(frame: Frame, asked: Question) -> QuestionPage {
    let words = frame.words.clone();
    let facts = |holder: &Holder| {
        let begins = days::show_instant(&holder.not_before.to_string());
        vec![
            fact("certificate-terminal", holder.terminal.clone(), &words),
            fact("certificate-begins", begins, &words),
            last_day(holder, &words),
        ]
    };
    let (code, heading, lead, go_on) = match asked.doubt {
        Doubt::StepBack => (
            "certificate_step_back",
            words.say("certificate-step-back"),
            words.say("certificate-step-back-lead"),
            words.say("certificate-anyway"),
        ),
        Doubt::OtherTerminal => (
            "certificate_of_other_terminal",
            words.say("certificate-other-terminal"),
            words.say("certificate-other-terminal-lead"),
            words.say("certificate-put-it"),
        ),
    };
    let mut offered = facts(&asked.offered);
    offered.extend(kept_file(asked.file.as_deref(), &words));
    QuestionPage {
        code,
        heading,
        lead,
        go_on,
        present: facts(&asked.present),
        offered,
        token: asked.token,
        frame,
    }
}

pub(crate) fn file_page(
    mut frame: Frame,
    proof: Option<TextField>,
    general: Option<Fault>,
    faults: &[(String, Fault)],
) -> FilePage {
    let words = frame.words.clone();
    let mut file = TextField {
        width: Width::Full,
        support: words.say("certificate-choose-file-support"),
        ..TextField::new("file", words.say("certificate-choose-file"))
    };
    let mut fields = vec![TextField {
        kind: Kind::Password,
        support: words.say("file-own-password-support"),
        ..TextField::new("password", words.say("file-password"))
    }];
    fields.extend(proof);
    let summary = faults::spread(faults, &mut fields, &mut []);
    faults::spread(faults, std::slice::from_mut(&mut file), &mut []);
    frame
        .banners
        .extend(general.map(|fault| Banner::new(Tone::Error, fault)));
    FilePage {
        summary,
        file,
        fields,
        frame,
    }
}

pub(crate) async fn file_form(State(app): State<App>, visitor: Visitor) -> Response {
    let proof = permitted::field(&app, &visitor).await;
    let page = file_page(frame(&app, &visitor, FILE), proof, None, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn install_file(
    State(app): State<App>,
    visitor: Visitor,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let words = &visitor.words;
    let proof = permitted::field(&app, &visitor).await;
    let answer = |general: Option<Fault>, found: &[(String, Fault)]| {
        let proof = permitted::field_for(proof, found, words);
        let page = file_page(frame(&app, &visitor, FILE), proof, general, found);
        show(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let unreadable = || faults::own(words, "form_unreadable", "form-unreadable");
    let Ok(sent) = sent else {
        return answer(Some(unreadable()), &[]);
    };
    let Some(sent) = SentFile::read(sent).await else {
        return answer(Some(unreadable()), &[]);
    };
    if sent.file.is_empty() {
        let fault = faults::own(words, "required", "certificate-file-missing");
        return answer(None, &[("file".to_owned(), fault)]);
    }
    let right = match permitted(&app, &visitor, &sent.terminal_password).await {
        Ok(right) => right,
        Err(fault) => return answer(None, &[fault]),
    };
    match from_file(&app.certificates, right, &sent.file, &sent.password).await {
        Ok(Offered::Installed(put)) => {
            end_sessions(&app, put.replaced);
            installed_page(&app, &visitor, &put.installed)
        }
        Ok(Offered::Questioned(asked)) => {
            let page = question_page(frame(&app, &visitor, FILE), asked);
            show(StatusCode::CONFLICT, &page)
        }
        Err(InstallFailed::Unproved) => answer(None, &[permitted::missing(words)]),
        Err(error) => answer(Some(of_install(&error, words)), &[]),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AnywayForm {
    token: String,
}

/// Installs what was asked about; whoever was asked had the right to, unless a good one lies there since.
pub(crate) async fn install_anyway(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<AnywayForm>,
) -> Response {
    let words = &visitor.words;
    let (general, found) = match anyway(&app.certificates, &form.token).await {
        Ok(Some(put)) => {
            end_sessions(&app, put.replaced);
            return installed_page(&app, &visitor, &put.installed);
        }
        Ok(None) => {
            let code = "asked_too_long_ago";
            let fault = faults::own(words, code, "certificate-asked-too-long-ago");
            (Some(fault), None)
        }
        Err(InstallFailed::Unproved) => (None, Some(permitted::missing(words))),
        Err(error) => (Some(of_install(&error, words)), None),
    };
    let found: Vec<_> = found.into_iter().collect();
    let proof = permitted::field(&app, &visitor).await;
    let proof = permitted::field_for(proof, &found, words);
    let page = file_page(frame(&app, &visitor, FILE), proof, general, &found);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The form of a file.
#[derive(Default)]
struct SentFile {
    file: Vec<u8>,
    password: zeroize::Zeroizing<String>,
    terminal_password: zeroize::Zeroizing<String>,
}

impl SentFile {
    /// As it was sent; `None` for a form that breaks off or is too large.
    async fn read(mut sent: Multipart) -> Option<Self> {
        let mut form = Self::default();
        while let Some(field) = sent.next_field().await.ok()? {
            match field.name() {
                Some("file") => form.file = field.bytes().await.ok()?.to_vec(),
                Some("password") => *form.password = field.text().await.ok()?,
                Some("terminal_password") => *form.terminal_password = field.text().await.ok()?,
                Some(_) | None => {}
            }
        }
        Some(form)
    }
}
