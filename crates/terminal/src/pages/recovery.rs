//! A forgotten password of a master or an administrator, reset with a recovery code (G06), before anybody is signed in. Keeps no code and no
//! password.

use api::access::Recovery;
use api::client::ClientError;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fault, Kind, Live, TextField, Tone, WayOn};

use crate::faults;
use crate::pages::credential_sheet::told_of_change;
use crate::pages::password::{Rule, rules};
use crate::pages::sign_in::chosen;
use crate::pages::{Filled, Frame, Visitor, show};
use crate::serve::App;
use crate::setup_state::Whose;

/// The page's own path.
pub(crate) const HERE: &str = "/recover";

#[derive(Template)]
#[template(path = "recover.html")]
pub(super) struct RecoverPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) fields: Vec<TextField>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RecoverForm {
    account: String,
    code: String,
    new_password: String,
    again: String,
}

pub(super) fn recover_page(
    mut frame: Frame,
    form: &RecoverForm,
    problem: Option<Fault>,
    faults: &[(String, Fault)],
) -> RecoverPage {
    let words = frame.words.clone();
    let password = |name, label: &str| TextField {
        kind: Kind::Password,
        autocomplete: "new-password",
        ..TextField::new(name, words.say(label))
    };
    let mut fields = vec![
        TextField {
            autocomplete: "username",
            value: form.account.clone(),
            ..TextField::new("account", words.say("account"))
        },
        TextField {
            support: words.say("recover-code-support"),
            ..TextField::new("code", words.say("recover-code"))
        },
        TextField {
            live: Some(Live {
                post: "/password/rule",
                target: "password-rule",
            }),
            ..password("new_password", "new-password")
        },
        password("again", "new-password-again"),
    ];
    let summary = faults::spread(faults, &mut fields, &mut []);
    frame
        .banners
        .extend(problem.map(|fault| Banner::new(Tone::Error, fault)));
    RecoverPage {
        rules: rules("", &words),
        summary,
        fields,
        frame,
    }
}

pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    if chosen(&app, &visitor).is_none() {
        return Redirect::to("/").into_response();
    }
    let page = recover_page(visitor.frame(HERE), &RecoverForm::default(), None, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn recover(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<RecoverForm>,
) -> Response {
    let Some((_, certificate)) = chosen(&app, &visitor) else {
        return Redirect::to("/").into_response();
    };
    let words = &visitor.words;
    if form.new_password != form.again {
        let fault = faults::own(words, "differs", "passwords-differ");
        let page = recover_page(visitor.frame(HERE), &form, None, &[("again".into(), fault)]);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let body = Recovery {
        account: form.account.trim().to_owned(),
        code: form.code.clone(),
        new_password: form.new_password.clone(),
    };
    match certificate.client.recover(&body).await {
        Ok(()) => {
            let told = faults::own(words, "recovered", "recovered");
            let facility = certificate.holder.facility.to_string();
            let whose = Whose {
                facility: &facility,
                account: &body.account,
            };
            let told = told_of_change(&app, words, Some(whose), told);
            let key = visitor.key.unwrap_or_default();
            app.browsers.with(&key, |browser| browser.told = Some(told));
            Redirect::to("/sign-in").into_response()
        }
        // No second code is to be used up where the first one did it and only its answer was lost.
        Err(error) if faults::may_be_done(&error) => {
            let mut page = recover_page(visitor.frame(HERE), &form, None, &[]);
            page.frame.banners.push(Banner {
                title: words.say("recover-perhaps"),
                way_on: Some(WayOn {
                    href: "/sign-in".into(),
                    text: words.say("sign-in"),
                }),
                ..Banner::new(Tone::Error, faults::of_client(&error, words))
            });
            show(StatusCode::BAD_GATEWAY, &page)
        }
        Err(error) => {
            let told = match &error {
                ClientError::Problem(problem) => faults::of_members(problem, words),
                _ => Vec::new(),
            };
            let fault = faults::of_client(&error, words);
            let problem = told.is_empty().then_some(fault);
            let page = recover_page(visitor.frame(HERE), &form, problem, &told);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
