//! The claims entry (オンライン請求) for its operators: accounts of review bodies, filings of facilities, time beside the calendar. What is done is the
//! shell's `onshi claims`; shows nothing of a claim.

pub(super) mod accounts;
pub(super) mod filings;
pub(super) mod windows;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use domain::claims::tenant::Tenant;
use domain::posted_notice::Prefecture;
use ui::component::Choice;
use ui::language::Words;

use super::{Frame, Operator, show};
use crate::app::App;
use crate::claims::operating;
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/claims";

/// A page below.
struct Below {
    href: &'static str,
    name: String,
    about: String,
}

#[derive(Template)]
#[template(path = "operator/claims.html")]
struct ClaimsPage {
    frame: Frame,
    pages: Vec<Below>,
}

pub(super) async fn page(State(app): State<App>, operator: Operator) -> Response {
    let outcome = claims_page(&app, &operator);
    operator.shown(HERE, outcome)
}

fn claims_page(app: &App, operator: &Operator) -> Result<Response, Told> {
    let words = &operator.words;
    let waiting = app.engine.count_waiting_filings()?;
    let opened = operating::openings::open_times(app)?;
    let opened = opened.iter().filter(|it| it.state == "open").count();
    let below = |href: &'static str, name: &str, about: String| Below {
        href,
        name: words.say(name),
        about,
    };
    let page = ClaimsPage {
        frame: operator.frame(HERE),
        pages: vec![
            below(
                accounts::HERE,
                "claims-accounts",
                words.say("claims-accounts-about"),
            ),
            below(
                filings::HERE,
                "claims-filings",
                words.say_with("claims-filings-about", &[("count", waiting)]),
            ),
            below(
                windows::HERE,
                "claims-windows",
                words.say_with("claims-windows-about", &[("count", opened)]),
            ),
        ],
    };
    Ok(show(StatusCode::OK, &page))
}

/// The name of a review body.
fn tenant_label(it: Tenant, words: &Words) -> String {
    let (ja, en) = it.label();
    words.choose(ja, en)
}

/// The name of the review body of an identifier.
fn tenant_name(text: &str, words: &Words) -> String {
    Tenant::parse(text).map_or_else(|| text.to_owned(), |it| tenant_label(it, words))
}

/// Every review body to choose from.
fn tenants(words: &Words) -> impl Iterator<Item = Choice> + '_ {
    let federations = Prefecture::all().map(Tenant::Federation);
    let all = [Tenant::Fund].into_iter().chain(federations);
    all.map(|it| Choice {
        value: it.to_string(),
        label: tenant_label(it, words),
    })
}

fn minute(text: &str) -> String {
    Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
}
