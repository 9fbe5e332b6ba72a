//! The staff pages (G11-G13, G15), one module each. Here is what they share; every page works without JavaScript.

pub(crate) mod check;
pub(crate) mod history;
pub(crate) mod menu;
pub(crate) mod password;
pub(crate) mod sign_in;

use api::client::ClientError;
use api::session::Session;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use pki::client::Refusal;

use crate::form::Shown;
use crate::pages::menu::{MenuPage, entries};
use crate::pages::sign_in::sign_in_page;
use crate::serve::App;

/// Name of the browser's cookie.
const COOKIE: &str = "onshi_terminal";

struct Frame {
    facility: String,
    account: String,
    signed_in: bool,
    problems: Vec<Shown>,
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

/// 256 random bits as text.
fn random_text() -> String {
    let mut bytes = [0_u8; 32];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
