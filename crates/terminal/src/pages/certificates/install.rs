//! Giving the terminal a certificate: by the notice's two IDs, or from a backup file. Whoever holds them may, signed in or not, so that
//! a terminal whose certificate is missing, expired or revoked is never stuck. Repeats no secret that was typed.

use api::client::ClientError;
use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use pki::authority::printed_fingerprint;
use serde::Deserialize;
use ui::component::{Banner, Checkbox, ErrorSummary, Fact, Fault, Kind, TextField, Tone, Width};
use ui::language::Words;

use super::{new_password, of_install, password_faults};
use crate::certificates::{InstallFailed, Installation, for_notice, from_file};
use crate::pages::{Filled, Frame, Staff, Visitor, show};
use crate::serve::App;
use crate::{days, faults};

/// By notice.
pub(crate) const HERE: &str = "/certificates/install";

/// From a file.
pub(crate) const FILE: &str = "/certificates/install-file";

#[derive(Template)]
#[template(path = "certificate_install.html")]
pub(crate) struct InstallPage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    pub(crate) fingerprint: String,
    pub(crate) accept: Checkbox,
    pub(crate) fields: [TextField; 4],
}

#[derive(Template)]
#[template(path = "certificate_file.html")]
pub(crate) struct FilePage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    pub(crate) file: TextField,
    pub(crate) password: TextField,
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
}

pub(crate) fn install_page(
    mut frame: Frame,
    fingerprint: String,
    typed: &InstallForm,
    general: Option<Fault>,
    faults: &[(String, Fault)],
) -> InstallPage {
    let words = frame.words.clone();
    let [password, again] = new_password(&words);
    let mut fields = [
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
    printed_fingerprint(&app.certificates.setup().root)
}

pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    let frame = frame(&app, &visitor, HERE);
    let page = install_page(frame, fingerprint(&app), &InstallForm::default(), None, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn install(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<InstallForm>,
) -> Response {
    let words = &visitor.words;
    let answer = |general: Option<Fault>, found: &[(String, Fault)]| {
        let frame = frame(&app, &visitor, HERE);
        let page = install_page(frame, fingerprint(&app), &form, general, found);
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
    let installed = for_notice(
        &app.certificates,
        &form.request_id,
        &form.reference_id,
        &form.password,
    );
    match installed.await {
        Ok(installed) => {
            // Sessions were opened with the certificate before, and do not go on with this one.
            app.browsers.end_sessions(app.now());
            installed_page(&app, &visitor, &installed)
        }
        Err(InstallFailed::Client(ClientError::Problem(problem))) if !problem.errors.is_empty() => {
            answer(None, &faults::of_members(&problem, words))
        }
        Err(error) => answer(Some(of_install(&error, words)), &[]),
    }
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
    let fact = |key: &str, text: String| Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    };
    let holder = &installed.holder;
    let mut facts = vec![
        fact("certificate-issued-to", holder.facility.to_string()),
        fact("certificate-terminal", holder.terminal.clone()),
        fact(
            "certificate-last-day",
            days::show(&holder.not_after.date_in_japan().to_string(), words),
        ),
    ];
    let file = installed.file.as_ref();
    facts.extend(file.map(|file| fact("certificate-file", file.display().to_string())));
    facts
}

pub(crate) fn file_page(
    mut frame: Frame,
    general: Option<Fault>,
    faults: &[(String, Fault)],
) -> FilePage {
    let words = frame.words.clone();
    let mut fields = [
        TextField {
            width: Width::Full,
            support: words.say("certificate-choose-file-support"),
            ..TextField::new("file", words.say("certificate-choose-file"))
        },
        TextField {
            kind: Kind::Password,
            support: words.say("file-own-password-support"),
            ..TextField::new("password", words.say("file-password"))
        },
    ];
    let summary = faults::spread(faults, &mut fields, &mut []);
    frame
        .banners
        .extend(general.map(|fault| Banner::new(Tone::Error, fault)));
    let [file, password] = fields;
    FilePage {
        summary,
        file,
        password,
        frame,
    }
}

pub(crate) async fn file_form(State(app): State<App>, visitor: Visitor) -> Response {
    show(
        StatusCode::OK,
        &file_page(frame(&app, &visitor, FILE), None, &[]),
    )
}

pub(crate) async fn install_file(
    State(app): State<App>,
    visitor: Visitor,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let words = &visitor.words;
    let answer = |general: Option<Fault>, found: &[(String, Fault)]| {
        let page = file_page(frame(&app, &visitor, FILE), general, found);
        show(StatusCode::UNPROCESSABLE_ENTITY, &page)
    };
    let unreadable = || faults::own(words, "form_unreadable", "form-unreadable");
    let Ok(sent) = sent else {
        return answer(Some(unreadable()), &[]);
    };
    let Some((file, password)) = read(sent).await else {
        return answer(Some(unreadable()), &[]);
    };
    if file.is_empty() {
        let fault = faults::own(words, "required", "certificate-file-missing");
        return answer(None, &[("file".to_owned(), fault)]);
    }
    match from_file(&app.certificates, &file, &password).await {
        Ok(installed) => {
            app.browsers.end_sessions(app.now());
            installed_page(&app, &visitor, &installed)
        }
        Err(error) => answer(Some(of_install(&error, words)), &[]),
    }
}

/// File and password of the form; `None` for a form that breaks off or is too large.
async fn read(mut sent: Multipart) -> Option<(Vec<u8>, zeroize::Zeroizing<String>)> {
    let (mut file, mut password) = (Vec::new(), zeroize::Zeroizing::new(String::new()));
    while let Some(field) = sent.next_field().await.ok()? {
        match field.name() {
            Some("file") => file = field.bytes().await.ok()?.to_vec(),
            Some("password") => *password = field.text().await.ok()?,
            Some(_) | None => {}
        }
    }
    Some((file, password))
}
