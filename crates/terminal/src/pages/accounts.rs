//! Account management (G04, G05): list, register, edit, disable, new password. Who manages whom is `domain`'s table; the center
//! decides each time.

use api::account::{Account, AccountChange, Accounts, NewAccount};
use api::client::ClientError;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::{AccountId, AccountKind, AccountState};
use serde::Deserialize;
use ui::component::{
    Banner, Choice, ErrorSummary, Fact, Fault, Kind, Live, Need, Select, TextField, Tone, WayOn,
    Width,
};
use ui::language::Words;

use crate::pages::password::{Rule, rules};
use crate::pages::{Filled, Frame, Staff, done, show, trouble};
use crate::serve::App;
use crate::{days, faults};

/// The list's own path.
const HERE: &str = "/accounts";

#[derive(Template)]
#[template(path = "accounts.html")]
pub(super) struct AccountsPage {
    pub(super) frame: Frame,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
    pub(super) may_register: bool,
}

/// An account in the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) password: String,
}

#[derive(Template)]
#[template(path = "account_new.html")]
pub(super) struct NewPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) kind: Select,
    pub(super) fields: Vec<TextField>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) account: Account,
    pub(super) facts: Vec<Fact>,
    pub(super) fields: Vec<TextField>,
    /// What would break if a system account were changed by hand (G05); a person's account has none and gets the forms.
    pub(super) breaks: Option<String>,
    pub(super) active: bool,
    pub(super) password: TextField,
    pub(super) rules: Vec<Rule>,
}

fn kind_label(name: &str, words: &Words) -> String {
    AccountKind::parse(name).map_or_else(
        || name.to_owned(),
        |kind| words.choose(kind.label_ja(), kind.label_en()).to_owned(),
    )
}

fn state_label(account: &Account, words: &Words) -> (String, &'static str) {
    if account.state != AccountState::Active.as_str() {
        return (words.say("state-disabled"), "bad");
    }
    if account.locked {
        return (words.say("state-locked"), "warn");
    }
    (words.say("state-active"), "good")
}

/// When the password expires, in words.
pub(super) fn expiry(state: &api::session::PasswordState, words: &Words) -> String {
    if state.change_needed {
        return words.say("password-change-needed");
    }
    match &state.expires_on {
        Some(day) => words.say_with("password-until", &[("day", days::show(day, words))]),
        None => words.say("password-never"),
    }
}

/// The list with its proposals: kinds a facility makes for itself (G04) and has not made yet.
pub(super) fn list_page(
    mut frame: Frame,
    kind: Option<AccountKind>,
    list: Accounts,
) -> AccountsPage {
    let words = frame.words.clone();
    let manages = |other: AccountKind| kind.is_some_and(|kind| kind.manages(other));
    for (proposed, code, key) in [
        (AccountKind::General, "propose_general", "propose-general"),
        (
            AccountKind::MedicalViewer,
            "propose_medical_viewer",
            "propose-medical-viewer",
        ),
    ] {
        let has = list.accounts.iter().any(|it| it.kind == proposed.as_str());
        if manages(proposed) && !has {
            let mut banner = Banner::new(Tone::Note, faults::own(&words, code, key));
            banner.way_on = Some(WayOn {
                href: format!("/new-account?kind={}", proposed.as_str()),
                text: words.say("propose-now"),
            });
            frame.banners.push(banner);
        }
    }
    let line = |account: Account| {
        let (state, tone) = state_label(&account, &words);
        Line {
            kind: kind_label(&account.kind, &words),
            password: expiry(&account.password, &words),
            name: account.display_name,
            id: account.id,
            state,
            tone,
        }
    };
    let heads = ["user-id", "display-name", "kind", "state", "password"];
    AccountsPage {
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        lines: list.accounts.into_iter().map(line).collect(),
        may_register: AccountKind::ALL.into_iter().any(manages),
        frame,
    }
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    let found = staff.client.accounts(staff.token()).await;
    match found {
        Ok(list) => {
            let mut frame = staff.frame(HERE);
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &list_page(frame, staff.kind(), list))
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// Back to the list, with what was done told there.
fn told(app: &App, staff: &Staff, code: &str, key: &str, id: &str) -> Response {
    let fault = Fault {
        code: code.into(),
        text: staff.words.say_with(key, &[("id", id)]),
    };
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(HERE).into_response()
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct NewForm {
    kind: String,
    id: String,
    display_name: String,
    designation: String,
    password: String,
}

/// A password a manager sets: an account's first one, or a temporary one.
fn password_field(words: &Words, label: &str, support: &str) -> TextField {
    TextField {
        kind: Kind::Password,
        autocomplete: "new-password",
        support: words.say(support),
        live: Some(Live {
            post: "/password/rule",
            target: "password-rule",
        }),
        ..TextField::new("password", words.say(label))
    }
}

fn designation_field(value: &str, words: &Words) -> TextField {
    TextField {
        need: Need::Optional,
        width: Width::Full,
        support: words.say("designation-support"),
        value: value.to_owned(),
        ..TextField::new("designation", words.say("designation"))
    }
}

fn name_field(value: &str, words: &Words) -> TextField {
    TextField {
        support: words.say("display-name-support"),
        value: value.to_owned(),
        ..TextField::new("display_name", words.say("display-name"))
    }
}

pub(super) fn new_page(
    frame: Frame,
    manager: Option<AccountKind>,
    form: &NewForm,
    faults: &[(String, Fault)],
) -> NewPage {
    let words = frame.words.clone();
    let kinds = AccountKind::ALL.into_iter();
    let managed = kinds.filter(|kind| manager.is_some_and(|it| it.manages(*kind)));
    let mut fields = vec![
        TextField {
            support: words.say("id-support"),
            value: form.id.clone(),
            ..TextField::new("id", words.say("user-id"))
        },
        name_field(&form.display_name, &words),
        designation_field(&form.designation, &words),
        password_field(&words, "first-password", "first-password-support"),
    ];
    let mut kind = [Select {
        name: "kind",
        label: words.say("kind"),
        support: words.say("kind-support"),
        need: Need::Required,
        width: Width::Medium,
        options: managed
            .map(|kind| Choice {
                value: kind.as_str().into(),
                label: kind_label(kind.as_str(), &words),
            })
            .collect(),
        value: form.kind.clone(),
        errors: Vec::new(),
    }];
    let summary = faults::spread(faults, &mut fields, &mut kind);
    let [kind] = kind;
    NewPage {
        rules: rules("", &words),
        summary,
        kind,
        fields,
        frame,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Proposed {
    kind: String,
}

pub(crate) async fn new(
    staff: Staff,
    proposed: Result<Query<Proposed>, QueryRejection>,
) -> Response {
    let form = NewForm {
        kind: proposed.map(|it| it.0.kind).unwrap_or_default(),
        ..NewForm::default()
    };
    let page = new_page(staff.frame("/new-account"), staff.kind(), &form, &[]);
    show(StatusCode::OK, &page)
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(crate) async fn register(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<NewForm>,
) -> Response {
    let body = NewAccount {
        designation: given(&form.designation),
        display_name: form.display_name.trim().to_owned(),
        id: form.id.trim().to_owned(),
        kind: form.kind.clone(),
        password: form.password.clone(),
    };
    let made = staff.client.register_account(staff.token(), &body).await;
    let error = match made {
        Ok(account) => {
            return told(
                &app,
                &staff,
                "registered",
                "account-registered",
                &account.id,
            );
        }
        Err(error) => error,
    };
    let mut faults = Vec::new();
    if let ClientError::Problem(problem) = &error {
        faults = form_faults(problem, &staff.words);
    }
    if faults.is_empty() {
        return staff.failed(&app, &error, "/new-account");
    }
    let page = new_page(staff.frame("/new-account"), staff.kind(), &form, &faults);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A problem's faults by field: its members', or a taken identifier at the field of the identifier.
fn form_faults(problem: &api::problem::Problem, words: &Words) -> Vec<(String, Fault)> {
    if problem.code == "account_exists" {
        return vec![("id".into(), faults::of_problem(problem, words))];
    }
    faults::of_members(problem, words)
}

pub(super) fn account_page(
    mut frame: Frame,
    account: Account,
    problem: Option<(Tone, Fault)>,
    faults: &[(String, Fault)],
) -> AccountPage {
    let words = frame.words.clone();
    let kind = AccountKind::parse(&account.kind);
    let breaks = kind.and_then(AccountKind::breaks_when_changed);
    let mut fields = vec![name_field(&account.display_name, &words)];
    if kind == Some(AccountKind::MedicalViewer) {
        let value = account.designation.clone().unwrap_or_default();
        fields.push(designation_field(&value, &words));
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
            show(StatusCode::OK, &account_page(frame, account, None, &[]))
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
    let told = form_faults(problem, &staff.words);
    let problem = (Tone::Error, faults::of_problem(problem, &staff.words));
    // Shown as it is now; what is wrong stands at its field.
    match find(app, staff, id).await {
        Ok(account) => {
            let problem = Some(problem).filter(|_| told.is_empty());
            let page = account_page(staff.frame(&here), account, problem, &told);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(response) => response,
    }
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
