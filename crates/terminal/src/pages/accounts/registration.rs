//! Registering one account (G04). Keeps nothing typed but on the page itself, and no password.

use api::account::NewAccount;
use api::client::ClientError;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::AccountKind;
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fault, Need, Select, TextField, Width};

use crate::faults;
use crate::pages::accounts::{
    designation_fields, form_faults, given, kind_label, name_field, password_field,
    profession_select, told,
};
use crate::pages::password::{Rule, rules};
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

#[derive(Template)]
#[template(path = "account_new.html")]
pub(in crate::pages) struct NewPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) kind: Select,
    /// Of a medical viewer: as what the person looks.
    pub(in crate::pages) profession: Select,
    pub(in crate::pages) fields: Vec<TextField>,
    pub(in crate::pages) rules: Vec<Rule>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct NewForm {
    kind: String,
    id: String,
    display_name: String,
    profession: String,
    designation: String,
    designated_by: String,
    password: String,
}

pub(in crate::pages) fn new_page(
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
    ];
    fields.extend(designation_fields(
        &form.designation,
        &form.designated_by,
        &words,
    ));
    fields.push(password_field(
        &words,
        "first-password",
        "first-password-support",
    ));
    let kind = Select {
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
    };
    let profession = profession_select(&form.profession, Some("profession-of-a-viewer"), &words);
    let mut selects = [kind, profession];
    let summary = faults::spread(faults, &mut fields, &mut selects);
    let [kind, profession] = selects;
    NewPage {
        rules: rules("", &words),
        summary,
        kind,
        profession,
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

pub(crate) async fn register(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<NewForm>,
) -> Response {
    let body = NewAccount {
        ambulance: false,
        designated_by: given(&form.designated_by),
        designation: given(&form.designation),
        display_name: form.display_name.trim().to_owned(),
        id: form.id.trim().to_owned(),
        kind: form.kind.clone(),
        password: form.password.clone(),
        profession: given(&form.profession),
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
