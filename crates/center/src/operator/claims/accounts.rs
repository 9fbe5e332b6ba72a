//! Claims accounts of a facility at its review bodies: made, given a new first password, disabled and enabled. A first password is shown once, on the
//! page that answers.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountState;
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fact, Fault, Need, Select, TextField, Width};

use super::super::deed_page::{Loss, confirmed};
use super::super::{Done, Filled, Frame, Operator, set_up, show};
use super::{minute, tenant_label, tenant_name};
use crate::app::App;
use crate::claims::operating::{self, ClaimsAccountName, FirstPassword};
use crate::enroll::institution;
use crate::told::{Told, faults};

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/claims/accounts";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 2] = [
    ("disabled", "claims-account-disabled"),
    ("enabled", "claims-account-enabled"),
];

#[derive(Template)]
#[template(path = "operator/claims_accounts.html")]
struct SearchPage {
    frame: Frame,
    summary: ErrorSummary,
    code: TextField,
}

struct Line {
    tenant: String,
    tenant_name: String,
    id: String,
    display_name: String,
    state: String,
    tone: &'static str,
    locked: Option<String>,
    is_active: bool,
}

#[derive(Template)]
#[template(path = "operator/claims_facility.html")]
struct FacilityPage {
    frame: Frame,
    code: String,
    name: String,
    summary: ErrorSummary,
    heads: Vec<String>,
    lines: Vec<Line>,
    tenant: Select,
    id: TextField,
    display_name: TextField,
}

#[derive(Template)]
#[template(path = "operator/claims_account_issued.html")]
struct IssuedPage {
    frame: Frame,
    facts: Vec<Fact>,
    back: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct SearchForm {
    code: String,
}

pub(in crate::operator) async fn form(operator: Operator) -> Response {
    search_page(&operator, &SearchForm::default(), None)
}

fn search_page(operator: &Operator, form: &SearchForm, told: Option<&Told>) -> Response {
    let words = &operator.words;
    let faults: Vec<(String, Fault)> = told
        .map(|told| ("code".to_owned(), told.fault(words)))
        .into_iter()
        .collect();
    let page = SearchPage {
        frame: operator.frame(HERE),
        summary: set_up::summary(&faults),
        code: TextField {
            value: form.code.clone(),
            support: words.say("institution-code-support"),
            errors: set_up::of("code", &faults),
            ..TextField::new("code", words.say("institution-code"))
        },
    };
    show(told.map_or(StatusCode::OK, Told::status), &page)
}

pub(in crate::operator) async fn search(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<SearchForm>,
) -> Response {
    match known(&app, form.code.trim()) {
        Ok((code, _)) => Redirect::to(&format!("{HERE}/{code}")).into_response(),
        Err(told) => search_page(&operator, &form, Some(&told)),
    }
}

/// The facility of a code, with its name.
fn known(app: &App, code: &str) -> Result<(InstitutionCode, String), Told> {
    let code = institution(code)?;
    let found = app.engine.facility(code)?.ok_or_else(|| {
        Told::none(
            "code",
            "この医療機関は登録されていません。",
            "no such facility is enrolled",
        )
    })?;
    Ok((code, found.name))
}

pub(in crate::operator) async fn list(
    State(app): State<App>,
    operator: Operator,
    Path(code): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let outcome = facility_page(&app, &operator, &code, &done, &AccountForm::default(), None);
    operator.shown(HERE, outcome)
}

/// What the forms of the page send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct AccountForm {
    tenant: String,
    id: String,
    display_name: String,
    confirm: String,
}

/// Keys of title and of what will follow, of a deed that takes something away.
fn texts(deed: &str) -> Option<(&'static str, &'static str)> {
    match deed {
        "reset" => Some(("claims-account-resetting", "claims-account-resetting-lead")),
        "disable" => Some(("claims-account-disabling", "claims-account-disabling-lead")),
        _ => None,
    }
}

/// The page before such a deed.
fn before_page(
    app: &App,
    operator: &Operator,
    (code, deed): (&str, &str),
    form: &AccountForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let texts = texts(deed).ok_or_else(Told::no_such_deed)?;
    let (code, facility) = known(app, code)?;
    let found = operating::accounts(app, Some(&code.to_string()))?.into_iter();
    let mut found = found.map(|it| it.name);
    let found = found.find(|it| it.tenant == form.tenant && it.id == form.id);
    let found = found.ok_or_else(operating::unknown)?;
    let tenant = tenant_name(&found.tenant, &operator.words);
    let loss = Loss {
        here: format!("{HERE}/{code}/{deed}"),
        texts,
        facts: vec![
            ("institution-code", code.to_string()),
            ("facility-name", facility),
            ("claims-tenant", tenant),
            ("claims-account-id", found.id.clone()),
        ],
        hidden: vec![("tenant", found.tenant), ("id", found.id)],
        back: (format!("{HERE}/{code}"), "claims-accounts-back"),
    };
    Ok(loss.page(operator, told))
}

pub(in crate::operator) async fn before(
    State(app): State<App>,
    operator: Operator,
    Path((code, deed)): Path<(String, String)>,
    Query(form): Query<AccountForm>,
) -> Response {
    let outcome = before_page(&app, &operator, (&code, &deed), &form, None);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn fulfil(
    State(app): State<App>,
    operator: Operator,
    Path((code, deed)): Path<(String, String)>,
    Filled(form): Filled<AccountForm>,
) -> Response {
    if texts(&deed).is_some()
        && let Err(told) = confirmed(&form.confirm)
    {
        let outcome = before_page(&app, &operator, (&code, &deed), &form, Some(&told));
        return operator.shown(HERE, outcome);
    }
    let name = ClaimsAccountName {
        tenant: form.tenant.clone(),
        code: code.clone(),
        id: form.id.trim().to_owned(),
    };
    let by = operator.actor();
    let changed = |what: &str| Redirect::to(&format!("{HERE}/{code}?done={what}")).into_response();
    let outcome = match deed.as_str() {
        "add" => operating::add_account(&app, &name, &form.display_name, by)
            .await
            .map(|made| issued(&operator, &made)),
        "reset" => operating::reset_account(&app, &name, by)
            .await
            .map(|made| issued(&operator, &made)),
        "disable" => operating::set_state(&app, &name, AccountState::Disabled, by)
            .await
            .map(|()| changed("disabled")),
        "enable" => operating::set_state(&app, &name, AccountState::Active, by)
            .await
            .map(|()| changed("enabled")),
        _ => Err(Told::no_such_deed()),
    };
    let outcome = match outcome {
        Err(told) if told.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let done = Done::default();
            facility_page(&app, &operator, &code, &done, &form, Some(&told))
        }
        other => other,
    };
    operator.shown(HERE, outcome)
}

fn facility_page(
    app: &App,
    operator: &Operator,
    code: &str,
    done: &Done,
    form: &AccountForm,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let (code, name) = known(app, code)?;
    let faults = faults(told, words);
    let mut frame = operator.frame(&format!("{HERE}/{code}"));
    frame.banners.extend(done.banner(words, &DONE));
    let found = operating::accounts(app, Some(&code.to_string()))?;
    let lines = found.into_iter().map(|it| {
        let is_active = it.state == AccountState::Active.as_str();
        Line {
            tenant_name: tenant_name(&it.name.tenant, words),
            tenant: it.name.tenant,
            id: it.name.id,
            display_name: it.display_name,
            state: words.say(if is_active {
                "claims-account-active"
            } else {
                "claims-account-off"
            }),
            tone: if is_active { "good" } else { "bad" },
            locked: it
                .locked_until
                .map(|at| words.say_with("claims-account-locked", &[("until", minute(&at))])),
            is_active,
        }
    });
    let field = |name: &'static str, key: &str, support: &str, value: &str| TextField {
        value: value.to_owned(),
        support: words.say(support),
        errors: set_up::of(name, &faults),
        ..TextField::new(name, words.say(key))
    };
    let options = Tenant::of_facility(code).map(|it| Choice {
        value: it.to_string(),
        label: tenant_label(it, words),
    });
    let page = FacilityPage {
        frame,
        name,
        summary: set_up::summary(&faults),
        heads: [
            "claims-tenant",
            "claims-account-id",
            "claims-account-state",
            "deeds",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: lines.collect(),
        tenant: Select {
            name: "tenant",
            label: words.say("claims-tenant"),
            support: String::new(),
            need: Need::Required,
            width: Width::Full,
            options: options.collect(),
            value: form.tenant.clone(),
            errors: set_up::of("tenant", &faults),
        },
        id: field(
            "id",
            "claims-account-id",
            "claims-account-id-support",
            &form.id,
        ),
        display_name: TextField {
            need: Need::Optional,
            ..field(
                "display_name",
                "claims-account-name",
                "claims-account-name-support",
                &form.display_name,
            )
        },
        code: code.to_string(),
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

/// The first password, shown once.
fn issued(operator: &Operator, made: &FirstPassword) -> Response {
    let words = &operator.words;
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    let back = format!("{HERE}/{}", made.name.code);
    let page = IssuedPage {
        frame: operator.frame(&back),
        facts: vec![
            fact("institution-code", made.name.code.clone()),
            fact("claims-tenant", tenant_name(&made.name.tenant, words)),
            fact("claims-account-id", made.name.id.clone()),
            fact("claims-account-password", made.password.clone()),
        ],
        back,
    };
    show(StatusCode::OK, &page)
}
