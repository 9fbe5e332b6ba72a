//! One account (G04, G05): name and designation, a temporary password, use. Changes it only as it was shown, and a system
//! account's name alone.

use api::account::{Account, AccountChange};
use api::client::ClientError;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::{AccountId, AccountKind, AccountState};
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fact, Fault, TextField, Tone};
use ui::language::Words;

use crate::pages::accounts::{
    HERE, designation_field, expiry, form_faults, given, kind_label, name_field, password_field,
    state_label, told,
};
use crate::pages::password::{Rule, rules};
use crate::pages::{Filled, Frame, Staff, show, trouble};
use crate::serve::App;
use crate::{days, faults};

#[derive(Template)]
#[template(path = "account.html")]
pub(in crate::pages) struct AccountPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) account: Account,
    pub(in crate::pages) facts: Vec<Fact>,
    pub(in crate::pages) fields: Vec<TextField>,
    /// What would break if a system account were changed by hand (G05); a person's account has none and gets the forms.
    pub(in crate::pages) breaks: Option<String>,
    pub(in crate::pages) active: bool,
    /// Of a medical viewer: whether it has the right to ambulance mode (救急時閲覧権限).
    pub(in crate::pages) ambulance: Option<bool>,
    pub(in crate::pages) password: TextField,
    pub(in crate::pages) rules: Vec<Rule>,
}

/// The page of an account; what was `typed` and not taken stands in its fields.
pub(in crate::pages) fn account_page(
    mut frame: Frame,
    account: Account,
    typed: &AccountChange,
    problem: Option<(Tone, Fault)>,
    faults: &[(String, Fault)],
) -> AccountPage {
    let words = frame.words.clone();
    let kind = AccountKind::parse(&account.kind);
    let breaks = kind.and_then(AccountKind::breaks_when_changed);
    let name = typed.display_name.as_ref();
    let mut fields = vec![name_field(name.unwrap_or(&account.display_name), &words)];
    if kind == Some(AccountKind::MedicalViewer) {
        let value = typed.designation.as_ref().or(account.designation.as_ref());
        let value = value.map(String::as_str).unwrap_or_default();
        fields.push(designation_field(value, &words));
    }
    let mut password = [password_field(
        &words,
        "temporary-password",
        "temporary-password-support",
    )];
    let summary = faults::spread(faults, &mut fields, &mut []);
    faults::spread(faults, &mut password, &mut []);
    let [password] = password;
    let banner = problem.map(|(tone, fault)| Banner::new(tone, fault));
    frame.banners.extend(banner);
    AccountPage {
        facts: facts(&account, &words),
        breaks: breaks.map(|(ja, en)| words.choose(ja, en).to_owned()),
        active: account.state == AccountState::Active.as_str(),
        ambulance: (kind == Some(AccountKind::MedicalViewer)).then_some(account.ambulance),
        rules: rules("", &words),
        summary,
        account,
        fields,
        password,
        frame,
    }
}

fn facts(account: &Account, words: &Words) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    vec![
        fact("kind", kind_label(&account.kind, words)),
        fact("state", state_label(account, words).0),
        fact("password", expiry(&account.password, words)),
        fact(
            "password-set-at",
            days::show_instant(&account.password.set_at),
        ),
    ]
}

/// One account of the manager's, or the page to show instead.
async fn find(app: &App, staff: &Staff, id: &str) -> Result<Account, Response> {
    if AccountId::parse(id).is_err() {
        let fault = faults::own(&staff.words, "not_found", "no-such-account");
        return Err(trouble(StatusCode::NOT_FOUND, staff.frame(HERE), fault));
    }
    let found = staff.client.account(staff.token(), id).await;
    found.map_err(|error| staff.failed(app, &error, &format!("{HERE}/{id}")))
}

pub(crate) async fn show_one(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    match find(&app, &staff, &id).await {
        Ok(account) => {
            let frame = staff.frame(&format!("{HERE}/{id}"));
            let page = account_page(frame, account, &AccountChange::default(), None, &[]);
            show(StatusCode::OK, &page)
        }
        Err(response) => response,
    }
}

/// Sends a change of an account as it was shown; `done` is the key of what is told afterwards.
async fn change(
    app: &App,
    staff: &Staff,
    id: &str,
    version: &str,
    body: AccountChange,
    done: &str,
) -> Response {
    if AccountId::parse(id).is_err() {
        let fault = faults::own(&staff.words, "not_found", "no-such-account");
        return trouble(StatusCode::NOT_FOUND, staff.frame(HERE), fault);
    }
    let version = given(version);
    let changed = staff
        .client
        .edit_account(staff.token(), id, version.as_deref(), &body)
        .await;
    let error = match changed {
        Ok(account) => return told(app, staff, "changed", done, &account.id),
        Err(error) => error,
    };
    let here = format!("{HERE}/{id}");
    let ClientError::Problem(problem) = &error else {
        return staff.failed(app, &error, &here);
    };
    if !matches!(problem.status, 409 | 412 | 422) {
        return staff.failed(app, &error, &here);
    }
    let is_changed = problem.status == 412;
    let mut told = form_faults(problem, &staff.words);
    let problem = (Tone::Error, faults::of_problem(problem, &staff.words));
    // Its state is shown as it is now, its fields as typed; what is wrong stands at its field.
    match find(app, staff, id).await {
        Ok(account) => {
            let problem = Some(problem).filter(|_| told.is_empty());
            if is_changed {
                told.extend(meanwhile(&account, &body, &staff.words));
            }
            let page = account_page(staff.frame(&here), account, &body, problem, &told);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(response) => response,
    }
}

/// What stands in the account now, at each field where something else was typed: nobody overwrites it unseen.
pub(in crate::pages) fn meanwhile(
    account: &Account,
    typed: &AccountChange,
    words: &Words,
) -> Vec<(String, Fault)> {
    let designation = account.designation.as_deref().unwrap_or_default();
    let fields = [
        ("display_name", &typed.display_name, &*account.display_name),
        ("designation", &typed.designation, designation),
    ];
    let others = fields
        .into_iter()
        .filter(|(_, typed, now)| typed.as_deref().is_some_and(|it| it != *now));
    let fault = |now: &str| Fault {
        code: "changed".into(),
        text: if now.is_empty() {
            words.say("account-now-empty")
        } else {
            words.say_with("account-now", &[("value", now)])
        },
    };
    others
        .map(|(name, _, now)| (name.to_owned(), fault(now)))
        .collect()
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct EditForm {
    version: String,
    display_name: String,
    designation: Option<String>,
}

pub(crate) async fn edit(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<EditForm>,
) -> Response {
    let body = AccountChange {
        designation: form.designation.map(|text| text.trim().to_owned()),
        display_name: Some(form.display_name.trim().to_owned()),
        ..AccountChange::default()
    };
    change(&app, &staff, &id, &form.version, body, "account-changed").await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct StateForm {
    version: String,
    state: String,
}

pub(crate) async fn set_state(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<StateForm>,
) -> Response {
    let done = match AccountState::parse(&form.state) {
        Some(AccountState::Disabled) => "account-disabled",
        Some(AccountState::Active) | None => "account-enabled",
    };
    let body = AccountChange {
        state: Some(form.state),
        ..AccountChange::default()
    };
    change(&app, &staff, &id, &form.version, body, done).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RightForm {
    version: String,
    right: String,
}

/// Gives a medical viewer the right to ambulance mode, or takes it back.
pub(crate) async fn set_ambulance(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<RightForm>,
) -> Response {
    let gives = form.right == "1";
    let body = AccountChange {
        ambulance: Some(gives),
        ..AccountChange::default()
    };
    let done = if gives {
        "account-ambulance-given"
    } else {
        "account-ambulance-taken"
    };
    change(&app, &staff, &id, &form.version, body, done).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct PasswordForm {
    version: String,
    password: String,
}

pub(crate) async fn set_password(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<PasswordForm>,
) -> Response {
    let body = AccountChange {
        password: Some(form.password),
        ..AccountChange::default()
    };
    change(&app, &staff, &id, &form.version, body, "account-password").await
}

/// Removes the second factors of a person who lost them.
pub(crate) async fn reset_factors(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    match staff.client.reset_second_factors(staff.token(), &id).await {
        Ok(()) => told(&app, &staff, "factors_reset", "factors-reset", &id),
        Err(error) => staff.failed(&app, &error, &format!("{HERE}/{id}")),
    }
}
