//! The staff pages: sign-in, menu, check, result, history, password (G11-G13, G15). Every page works without JavaScript.

use api::check::answered::verdict_of_number;
use api::check::{Answer, CheckRequest};
use api::client::ClientError;
use api::history::Search;
use api::problem::{MemberError, Problem};
use api::session::{PasswordChange, Session, SignIn};
use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::check::Verdict;
use domain::facility_kind::FacilityKind;
use domain::permissions::{MenuEntry, menu};
use pki::client::Refusal;
use serde::Deserialize;

use crate::form::{Field, Shown, with_errors};
use crate::serve::App;
use crate::shown::{self, Person};

/// Name of the browser's cookie.
const COOKIE: &str = "onshi_terminal";

struct Frame {
    facility: String,
    account: String,
    signed_in: bool,
    problems: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    certificate: String,
    fields: Vec<Field>,
    ask_force: bool,
}

struct Entry {
    href: &'static str,
    ja: &'static str,
    en: &'static str,
}

#[derive(Template)]
#[template(path = "menu.html")]
struct MenuPage {
    frame: Frame,
    entries: Vec<Entry>,
}

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

struct Line {
    id: String,
    at: String,
    name: String,
    insurer: String,
    verdict: &'static str,
    account: String,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    frame: Frame,
    fields: Vec<Field>,
}

fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The signed-in person of a browser; others are led to the sign-in.
pub(crate) struct Staff(Session);

fn cookie_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mine = cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, mine.as_bytes());
    digest.as_ref().try_into().ok()
}

fn staff(app: &App) -> std::sync::MutexGuard<'_, std::collections::HashMap<[u8; 32], Session>> {
    app.staff
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl FromRequestParts<App> for Staff {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Redirect> {
        let hash = cookie_hash(&parts.headers).ok_or_else(|| Redirect::to("/"))?;
        staff(app)
            .get(&hash)
            .cloned()
            .map(Self)
            .ok_or_else(|| Redirect::to("/"))
    }
}

impl Staff {
    fn frame(&self, problems: Vec<Shown>) -> Frame {
        Frame {
            facility: format!("{} {}", self.0.facility.code, self.0.facility.name),
            account: self.0.account.display_name.clone(),
            signed_in: true,
            problems,
        }
    }

    /// What to show when the center did not answer as hoped: the sign-in when the session ended, else the problem.
    fn failed(&self, app: &App, error: &ClientError) -> Response {
        if let ClientError::Problem(problem) = error
            && problem.status == 401
        {
            staff(app).retain(|_, session| session.token != self.0.token);
            return sign_in_page(
                app,
                StatusCode::OK,
                vec![Shown::problem(problem)],
                "",
                false,
            );
        }
        let page = MenuPage {
            frame: self.frame(vec![explain(error)]),
            entries: entries(&self.0),
        };
        show(StatusCode::BAD_GATEWAY, &page)
    }
}

fn explain(error: &ClientError) -> Shown {
    let shown = |code: &str, ja: &str, en: &str| Shown {
        code: code.into(),
        ja: ja.into(),
        en: en.into(),
    };
    match error {
        ClientError::Problem(problem) => Shown::problem(problem),
        ClientError::Connection(Refusal::Certificate) => shown(
            "certificate_refused",
            "電子証明書が期限切れか失効しています。再発行を申請してください。",
            "The certificate has expired or was revoked. Apply for a new one.",
        ),
        ClientError::Connection(Refusal::Server | Refusal::Line) => shown(
            "center_unreachable",
            "センターに接続できません。回線を確かめて、もう一度お試しください。",
            "The center cannot be reached. Look at the line and try again.",
        ),
        ClientError::Address | ClientError::Answer | ClientError::Tls(_) => shown(
            "center_not_understood",
            "センターの応答を読み取れません。システム担当者に連絡してください。",
            "The center's answer is not understood. Tell your system administrator.",
        ),
    }
}

fn entries(session: &Session) -> Vec<Entry> {
    let kind = AccountKind::parse(&session.account.kind);
    let facility = FacilityKind::parse(&session.facility.kind);
    let shown = kind
        .zip(facility)
        .map(|(kind, facility)| menu(kind, facility))
        .unwrap_or_default();
    let href = |entry| match entry {
        MenuEntry::CheckByNumber => Some("/check"),
        MenuEntry::History => Some("/history"),
        MenuEntry::Password => Some("/password"),
        // The page of accounts is not built yet; the center's route is.
        MenuEntry::Accounts => None,
    };
    let entry = |entry: MenuEntry| {
        Some(Entry {
            href: href(entry)?,
            ja: entry.label_ja(),
            en: entry.label_en(),
        })
    };
    shown.into_iter().filter_map(entry).collect()
}

fn sign_in_page(
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

pub(crate) async fn home(State(app): State<App>, staff: Result<Staff, Redirect>) -> Response {
    match staff {
        Ok(staff) if staff.0.password.change_needed => Redirect::to("/password").into_response(),
        Ok(staff) => {
            let page = MenuPage {
                frame: staff.frame(Vec::new()),
                entries: entries(&staff.0),
            };
            show(StatusCode::OK, &page)
        }
        Err(_) => sign_in_page(&app, StatusCode::OK, Vec::new(), "", false),
    }
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

pub(crate) async fn history(State(app): State<App>, staff: Staff) -> Response {
    let found = match app.client.search(&staff.0.token, &Search::default()).await {
        Ok(found) => found,
        Err(error) => return staff.failed(&app, &error),
    };
    let line = |entry: api::history::HistoryEntry| Line {
        at: domain::civil_date::Instant::parse(&entry.at)
            .map_or(entry.at, |at| at.to_minute_in_japan()),
        id: entry.check_id,
        name: entry.name.unwrap_or_default(),
        insurer: entry.insurer_number,
        verdict: verdict_of_number(entry.verdict).map_or("", Verdict::label_ja),
        account: entry.account,
    };
    let page = HistoryPage {
        frame: staff.frame(Vec::new()),
        lines: found.checks.into_iter().map(line).collect(),
    };
    show(StatusCode::OK, &page)
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

/// 256 random bits as text.
fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
