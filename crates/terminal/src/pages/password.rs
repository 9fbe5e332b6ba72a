//! The change of one's own password (G03). Keeps none.

use api::client::ClientError;
use api::problem::MemberError;
use api::session::PasswordChange;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::form::{Field, Shown, with_errors};
use crate::pages::{Frame, Staff, show, staff};
use crate::serve::App;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    fields: Vec<Field>,
}

fn password_page(staff: &Staff, problems: Vec<Shown>, errors: &[MemberError]) -> Response {
    let rule = "8〜20文字。数字・英小文字・英大文字・記号を各1文字以上 / 8 to 20 characters with digit, small and capital letter, special character";
    let fields = vec![
        Field::password("old_password", "旧パスワード", "Old password", ""),
        Field::password("new_password", "新パスワード", "New password", rule),
        Field::password("again", "新パスワード（確認）", "New password again", ""),
    ];
    let page = PasswordPage {
        frame: staff.frame(problems),
        fields: with_errors(fields, errors),
    };
    show(StatusCode::OK, &page)
}

pub(crate) async fn password_form(staff: Staff) -> Response {
    password_page(&staff, Vec::new(), &[])
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    old_password: String,
    new_password: String,
    again: String,
}

pub(crate) async fn password(
    State(app): State<App>,
    staff_member: Staff,
    Form(form): Form<PasswordForm>,
) -> Response {
    if form.new_password != form.again {
        let error = MemberError::new(
            "again",
            "differs",
            "新パスワードと一致しません。",
            "The two new passwords differ.",
        );
        return password_page(&staff_member, Vec::new(), &[error]);
    }
    let body = PasswordChange {
        new_password: form.new_password,
        old_password: form.old_password,
    };
    match app
        .client
        .change_password(&staff_member.0.token, &body)
        .await
    {
        Ok(()) => {
            for session in staff(&app).values_mut() {
                if session.token == staff_member.0.token {
                    session.password.change_needed = false;
                }
            }
            Redirect::to("/").into_response()
        }
        Err(ClientError::Problem(problem)) if problem.status != 401 => password_page(
            &staff_member,
            vec![Shown::problem(&problem)],
            &problem.errors,
        ),
        Err(error) => staff_member.failed(&app, &error),
    }
}
