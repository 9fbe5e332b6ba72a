//! Sign-in and sign-out (G11). Keeps no password.

use api::client::ClientError;
use api::session::SignIn;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::form::{Field, Shown};
use crate::pages::{COOKIE, Frame, Staff, explain, random_text, show, staff};
use crate::serve::App;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    certificate: String,
    fields: Vec<Field>,
    ask_force: bool,
}

pub(super) fn sign_in_page(
    app: &App,
    status: StatusCode,
    problems: Vec<Shown>,
    account: &str,
    ask_force: bool,
) -> Response {
    let page = SignInPage {
        frame: Frame {
            facility: String::new(),
            account: String::new(),
            signed_in: false,
            problems,
        },
        certificate: app.certificate.clone(),
        fields: vec![
            Field::text(
                "account",
                "ユーザーID",
                "User ID",
                "設定シート（PC設定）に記載 / on the set-up sheet, tab PC",
            )
            .with(account),
            Field::password(
                "password",
                "パスワード",
                "Password",
                "8〜20文字 / 8 to 20 characters",
            ),
        ],
        ask_force,
    };
    show(status, &page)
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    account: String,
    password: String,
    #[serde(default)]
    force: Option<String>,
}

pub(crate) async fn sign_in(State(app): State<App>, Form(form): Form<SignInForm>) -> Response {
    let body = SignIn {
        account: form.account.clone(),
        force: form.force.is_some(),
        password: form.password,
    };
    match app.client.sign_in(&body).await {
        Ok(session) => {
            let id = random_text();
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, id.as_bytes());
            if let Ok(hash) = <[u8; 32]>::try_from(digest.as_ref()) {
                staff(&app).insert(hash, session);
            }
            let cookie = format!("{COOKIE}={id}; HttpOnly; SameSite=Strict; Path=/");
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(error) => {
            let ask = matches!(&error, ClientError::Problem(problem) if problem.code == "already_signed_in");
            sign_in_page(
                &app,
                StatusCode::OK,
                vec![explain(&error)],
                &form.account,
                ask,
            )
        }
    }
}

pub(crate) async fn sign_out(State(app): State<App>, Staff(session): Staff) -> Response {
    staff(&app).retain(|_, kept| kept.token != session.token);
    // The session ends at the center as well; if the line is down it ends there by itself.
    let _ = app.client.sign_out(&session.token).await;
    Redirect::to("/").into_response()
}
