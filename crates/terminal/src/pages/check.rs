//! The check by insurance card or prescription (G13): form and result. Judges no coverage.

use api::check::answered::verdict_of_number;
use api::check::{Answer, CheckRequest};
use api::client::ClientError;
use api::problem::{MemberError, Problem};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::check::Verdict;
use serde::Deserialize;

use crate::form::{Field, Shown, with_errors};
use crate::pages::{Frame, Staff, random_text, show};
use crate::serve::App;
use crate::shown::{self, Person};

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    frame: Frame,
    key: String,
    fields: Vec<Field>,
    ceiling_consent: bool,
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    frame: Frame,
    answer: Answer,
    verdict_ja: &'static str,
    verdict_en: &'static str,
    todo_ja: &'static str,
    todo_en: &'static str,
    people: Vec<Person>,
}

#[derive(Deserialize, Default)]
pub(crate) struct CheckForm {
    #[serde(default)]
    key: String,
    insurer_number: String,
    symbol: String,
    number: String,
    branch: String,
    birth_date: String,
    visit_date: String,
    #[serde(default)]
    ceiling_consent: Option<String>,
}

fn check_fields(form: &CheckForm) -> Vec<Field> {
    vec![
        Field::text(
            "insurer_number",
            "保険者番号",
            "Insurer number",
            "8桁、国民健康保険は6桁 / 8 digits, 6 for National Health Insurance",
        )
        .with(&form.insurer_number),
        Field::text(
            "symbol",
            "記号",
            "Symbol",
            "後期高齢者は空欄 / empty for the elderly",
        )
        .with(&form.symbol),
        Field::text(
            "number",
            "番号",
            "Number",
            "全角でも半角でも可 / full or half width",
        )
        .with(&form.number),
        Field::text(
            "branch",
            "枝番",
            "Branch",
            "2桁。不明なら空欄 / 2 digits, empty when unknown",
        )
        .with(&form.branch),
        Field::text(
            "birth_date",
            "生年月日",
            "Birth date",
            "例: S45.1.2、昭和45年1月2日、1970-01-02",
        )
        .with(&form.birth_date),
        Field::text(
            "visit_date",
            "受診日",
            "Date of visit",
            "空欄は今日 / empty: today",
        )
        .with(&form.visit_date),
    ]
}

fn check_page(
    staff: &Staff,
    form: &CheckForm,
    problem: Option<&Problem>,
    errors: &[MemberError],
) -> Response {
    let problems = problem.map(Shown::problem).into_iter().collect();
    let page = CheckPage {
        frame: staff.frame(problems),
        key: if form.key.is_empty() {
            random_text()
        } else {
            form.key.clone()
        },
        fields: with_errors(check_fields(form), errors),
        ceiling_consent: form.ceiling_consent.is_some(),
    };
    show(StatusCode::OK, &page)
}

pub(crate) async fn check_form(staff: Staff) -> Response {
    check_page(&staff, &CheckForm::default(), None, &[])
}

/// A date as typed, in the center's form; what is no date goes on as it is, so that the center names what is wrong.
fn iso(text: &str) -> String {
    domain::era::parse(text).map_or_else(|_| text.to_owned(), |day| day.to_string())
}

pub(crate) async fn check(
    State(app): State<App>,
    staff: Staff,
    Form(form): Form<CheckForm>,
) -> Response {
    let optional = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let request = CheckRequest {
        birth_date: iso(&form.birth_date),
        branch: optional(&form.branch),
        ceiling_consent: form.ceiling_consent.is_some(),
        insurer_number: form.insurer_number.clone(),
        number: form.number.clone(),
        origin: Some("page".into()),
        symbol: optional(&form.symbol),
        visit_date: optional(&form.visit_date).map(|text| iso(&text)),
    };
    // The form's own key: sent twice it is one check.
    match app.client.check(&staff.0.token, &form.key, &request).await {
        Ok((answer, _)) => Redirect::to(&format!("/checks/{}", answer.check_id)).into_response(),
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let mut again = form;
            again.key.clear();
            check_page(&staff, &again, Some(&problem), &problem.errors)
        }
        Err(error) => staff.failed(&app, &error),
    }
}

pub(crate) async fn result(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    let answer = match app.client.past_check(&staff.0.token, &id).await {
        Ok(answer) => answer,
        Err(error) => return staff.failed(&app, &error),
    };
    let verdict = verdict_of_number(answer.verdict).unwrap_or(Verdict::NotFound);
    let (todo_ja, todo_en) = shown::what_to_do(verdict);
    let page = ResultPage {
        frame: staff.frame(Vec::new()),
        verdict_ja: verdict.label_ja(),
        verdict_en: verdict.label_en(),
        todo_ja,
        todo_en,
        people: answer.results.iter().map(shown::person).collect(),
        answer,
    };
    show(StatusCode::OK, &page)
}
