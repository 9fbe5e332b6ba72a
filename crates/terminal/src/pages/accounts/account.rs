//! One account (G04, G05): name, as what a medical viewer looks, a temporary password, use. Changes it only as it was shown, and a system
//! account's name alone.

use api::account::{Account, AccountChange};
use api::client::ClientError;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::grounds::Profession;
use domain::account::{AccountId, AccountKind, AccountState};
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fact, Fault, Select, TextField, Tone};
use ui::language::Words;

use crate::pages::accounts::{
    HERE, back, designation_fields, expiry, form_faults, given, kind_label, name_field, of_account,
    password_field, profession_label, profession_select, state_label, told,
};
use crate::pages::credential_sheet::{account_of, told_of_change};
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
    /// Of a medical viewer: as what the person looks, before the fields of the designation.
    pub(in crate::pages) profession: Option<Select>,
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
    let mut selects = Vec::new();
    if kind == Some(AccountKind::MedicalViewer) {
        let said = account.profession.as_ref();
        let profession = typed
            .profession
            .as_deref()
            .or(account.profession.as_deref());
        let unsaid = said.is_none().then_some("profession-unsaid");
        selects.push(profession_select(
            profession.unwrap_or_default(),
            unsaid,
            &words,
        ));
        // What was typed while this was one free text stands among the facts, and is no one field's.
        let designation = account.designation.as_deref().filter(|_| said.is_some());
        let designation = typed.designation.as_deref().or(designation);
        let designated_by = typed
            .designated_by
            .as_deref()
            .or(account.designated_by.as_deref());
        fields.extend(designation_fields(
            designation.unwrap_or_default(),
            designated_by.unwrap_or_default(),
            &words,
        ));
    }
    let mut password = [password_field(
        &words,
        "temporary-password",
        "temporary-password-support",
    )];
    let summary = faults::spread(faults, &mut fields, &mut selects);
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
        profession: selects.pop(),
        summary,
        account,
        fields,
        password,
        frame,
    }
}

/// As what a medical viewer looks, or what was typed of it while it was one free text.
fn profession_of(account: &Account, words: &Words) -> String {
    let known = account.profession.as_deref().and_then(Profession::parse);
    match (known, &account.designation) {
        (Some(profession), _) => profession_label(profession, words),
        (None, Some(typed)) => words.say_with("profession-as-typed", &[("value", typed.as_str())]),
        (None, None) => words.say("profession-unsaid"),
    }
}

fn facts(account: &Account, words: &Words) -> Vec<Fact> {
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    let mut facts = vec![fact("kind", kind_label(&account.kind, words))];
    if AccountKind::parse(&account.kind) == Some(AccountKind::MedicalViewer) {
        facts.push(fact("profession", profession_of(account, words)));
        let said = account.profession.as_ref();
        let work = account.designation.clone().filter(|_| said.is_some());
        facts.extend(work.map(|it| fact("designation", it)));
        let by = account.designated_by.clone();
        facts.extend(by.map(|it| fact("designated-by", it)));
    }
    facts.extend([
        fact("state", state_label(account, words).0),
        fact("password", expiry(&account.password, words)),
        fact(
            "password-set-at",
            days::show_instant(&account.password.set_at),
        ),
    ]);
    facts
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
        Ok(account) => {
            let told = of_account(staff, "changed", done, &account.id);
            let told = if body.password.is_some() {
                let whose = account_of(staff, &account.id);
                told_of_change(app, &staff.words, Some(whose), told)
            } else {
                told
            };
            return back(app, staff, told);
        }
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
    let profession = account.profession.as_deref().unwrap_or_default();
    let label = Profession::parse(profession).map(|it| profession_label(it, words));
    let designation = account.designation.as_deref().unwrap_or_default();
    let designated_by = account.designated_by.as_deref().unwrap_or_default();
    let fields = [
        ("display_name", &typed.display_name, &*account.display_name),
        ("profession", &typed.profession, profession),
        ("designation", &typed.designation, designation),
        ("designated_by", &typed.designated_by, designated_by),
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
    let shown = |name: &str, now: &str| match &label {
        Some(label) if name == "profession" => fault(label),
        _ => fault(now),
    };
    others
        .map(|(name, _, now)| (name.to_owned(), shown(name, now)))
        .collect()
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct EditForm {
    pub(in crate::pages) version: String,
    pub(in crate::pages) display_name: String,
    pub(in crate::pages) profession: Option<String>,
    pub(in crate::pages) designation: Option<String>,
    pub(in crate::pages) designated_by: Option<String>,
}

impl EditForm {
    /// The change it asks for. Where nothing is said of why a medical viewer looks, what was typed of it before stays.
    pub(in crate::pages) fn change(self) -> AccountChange {
        let trimmed = |text: Option<String>| text.map(|it| it.trim().to_owned());
        let profession = trimmed(self.profession).filter(|it| !it.is_empty());
        let designation = trimmed(self.designation);
        let designated_by = trimmed(self.designated_by);
        let texts = [&designation, &designated_by];
        let says = texts.into_iter().flatten().any(|it| !it.is_empty());
        let says = says || profession.is_some();
        AccountChange {
            designated_by: designated_by.filter(|_| says),
            designation: designation.filter(|_| says),
            display_name: Some(self.display_name.trim().to_owned()),
            profession,
            ..AccountChange::default()
        }
    }
}

pub(crate) async fn edit(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<EditForm>,
) -> Response {
    let version = form.version.clone();
    change(
        &app,
        &staff,
        &id,
        &version,
        form.change(),
        "account-changed",
    )
    .await
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
