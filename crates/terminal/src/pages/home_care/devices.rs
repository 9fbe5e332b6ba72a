//! Devices of home care: activation codes are issued, listed and invalidated, devices listed and removed. A code is shown once.

use api::client::ClientError;
use api::home_care::{ActivationCodeRecord, HomeDevice, IssuedActivationCode, NewActivationCode};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::home_care::activation::{ActivationCode, CodeState};
use domain::permissions::{Action, allows};
use serde::Deserialize;
use ui::component::{ButtonTone, Checkbox, Choice, Fault, Need, Select, TextField, Width};

use super::new_key;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/home-care/devices";

/// A code in the list.
pub(in crate::pages) struct CodeLine {
    id: String,
    label: String,
    account: String,
    visual: String,
    until: String,
    tries: u32,
    state: String,
    tone: &'static str,
    is_open: bool,
}

/// A device in the list.
pub(in crate::pages) struct DeviceLine {
    id: String,
    label: String,
    account: String,
    visual: String,
    since: String,
    removed: Option<String>,
}

#[derive(Template)]
#[template(path = "home_care_devices.html")]
pub(in crate::pages) struct DevicesPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) issued: Option<Issued>,
    pub(in crate::pages) codes: Vec<CodeLine>,
    pub(in crate::pages) devices: Vec<DeviceLine>,
    pub(in crate::pages) account: Select,
    pub(in crate::pages) label: TextField,
    pub(in crate::pages) visual: Checkbox,
    pub(in crate::pages) key: String,
}

/// A code that was just issued.
pub(in crate::pages) struct Issued {
    code: Option<String>,
    account: String,
    label: String,
}

/// The form, and which line was pressed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DeviceForm {
    account: String,
    label: String,
    visual: String,
    key: String,
    id: String,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    shown(&app, &staff, &DeviceForm::default(), None, &[]).await
}

async fn shown(
    app: &App,
    staff: &Staff,
    form: &DeviceForm,
    issued: Option<IssuedActivationCode>,
    wrong: &[(String, Fault)],
) -> Response {
    match filled(app, staff, form, issued, wrong).await {
        Ok(page) if wrong.is_empty() => show(StatusCode::OK, &page),
        Ok(page) => show(StatusCode::UNPROCESSABLE_ENTITY, &page),
        Err(error) => staff.failed(app, &error, HERE),
    }
}

async fn filled(
    app: &App,
    staff: &Staff,
    form: &DeviceForm,
    issued: Option<IssuedActivationCode>,
    wrong: &[(String, Fault)],
) -> Result<DevicesPage, ClientError> {
    let (client, words) = (&staff.client, &staff.words);
    let codes = client.activation_codes(staff.token()).await?.codes;
    let devices = client.home_devices(staff.token()).await?.devices;
    let own = &staff.session.account;
    let mut options = vec![Choice {
        value: own.id.clone(),
        label: format!("{} ({})", own.display_name, own.id),
    }];
    for account in client.accounts(staff.token()).await?.accounts {
        let kind = AccountKind::parse(&account.kind);
        let cares = kind.is_some_and(|it| allows(it, Action::HomeCare));
        if cares && account.state == "active" && account.id != own.id {
            options.push(Choice {
                label: format!("{} ({})", account.display_name, account.id),
                value: account.id,
            });
        }
    }
    let of = |member: &str| -> Vec<Fault> {
        let own = wrong.iter().filter(|(name, _)| name == member);
        own.map(|(_, fault)| fault.clone()).collect()
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    Ok(DevicesPage {
        issued: issued.map(|it| Issued {
            code: it
                .code
                .and_then(|it| ActivationCode::parse(&it).ok())
                .map(|it| it.spaced()),
            account: it.listed.account,
            label: it.listed.label,
        }),
        codes: codes.into_iter().map(|it| code_line(it, staff)).collect(),
        devices: devices
            .into_iter()
            .map(|it| device_line(it, staff))
            .collect(),
        account: Select {
            name: "account",
            label: words.say("home-code-account"),
            support: words.say("home-code-account-support"),
            need: Need::Required,
            width: Width::Full,
            options,
            value: form.account.clone(),
            errors: of("account"),
        },
        label: TextField {
            support: words.say("home-code-label-support"),
            value: form.label.clone(),
            errors: of("label"),
            ..TextField::new("label", words.say("home-code-label"))
        },
        visual: Checkbox {
            name: "visual",
            label: words.say("home-code-visual"),
            support: words.say("home-code-visual-support"),
            value: "yes".into(),
            checked: form.visual == "yes",
        },
        key: new_key(),
        frame,
    })
}

fn visual(allowed: bool, staff: &Staff) -> String {
    staff.words.say(if allowed {
        "home-visual-yes"
    } else {
        "home-visual-no"
    })
}

fn code_line(it: ActivationCodeRecord, staff: &Staff) -> CodeLine {
    let state = CodeState::parse(&it.state);
    let (key, tone) = match state {
        Some(CodeState::Open) => ("home-code-open", "good"),
        Some(CodeState::Used) => ("home-code-used", "plain"),
        Some(CodeState::Invalidated) => ("home-code-invalidated", "plain"),
        Some(CodeState::Replaced) => ("home-code-replaced", "plain"),
        Some(CodeState::Locked) => ("home-code-locked", "bad"),
        Some(CodeState::Expired) | None => ("home-code-expired", "plain"),
    };
    CodeLine {
        visual: visual(it.visual, staff),
        until: days::show_instant(&it.valid_until),
        state: staff.words.say(key),
        is_open: state == Some(CodeState::Open),
        id: it.id,
        label: it.label,
        account: it.account,
        tries: it.tries,
        tone,
    }
}

fn device_line(it: HomeDevice, staff: &Staff) -> DeviceLine {
    DeviceLine {
        visual: visual(it.visual, staff),
        since: days::show_instant(&it.activated_at),
        removed: it.removed_at.as_deref().map(days::show_instant),
        id: it.id,
        label: it.label,
        account: it.account,
    }
}

pub(crate) async fn issue(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<DeviceForm>,
) -> Response {
    let body = NewActivationCode {
        account: form.account.clone(),
        label: form.label.trim().to_owned(),
        visual: form.visual == "yes",
    };
    let issued = staff
        .client
        .issue_activation_code(staff.token(), &form.key, &body);
    match issued.await {
        Ok(issued) => {
            let fresh = DeviceForm::default();
            shown(&app, &staff, &fresh, Some(issued), &[]).await
        }
        Err(ClientError::Problem(problem)) if problem.status == 422 => {
            let wrong = problem.errors.iter().map(|it| {
                let text = staff.words.choose(&it.text.ja, &it.text.en).clone();
                let code = it.code.clone();
                (it.member.clone(), Fault { code, text })
            });
            let wrong: Vec<(String, Fault)> = wrong.collect();
            shown(&app, &staff, &form, None, &wrong).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(crate) async fn invalidate(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<DeviceForm>,
) -> Response {
    let ended = staff
        .client
        .invalidate_activation_code(staff.token(), &form.id);
    after(&app, &staff, ended.await, "home-code-invalidated-now")
}

pub(crate) async fn remove(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<DeviceForm>,
) -> Response {
    let removed = staff.client.remove_home_device(staff.token(), &form.id);
    after(&app, &staff, removed.await, "home-device-removed-now")
}

fn after(app: &App, staff: &Staff, outcome: Result<(), ClientError>, key: &str) -> Response {
    match outcome {
        Ok(()) => {
            let told = faults::own(&staff.words, "home", key);
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        // It had ended meanwhile: the page shows how it stands.
        Err(ClientError::Problem(problem)) if problem.status == 404 => {
            Redirect::to(HERE).into_response()
        }
        Err(error) => staff.failed(app, &error, HERE),
    }
}
