//! The page on which a facility downloads its certificate (G08): a form without script, in Japanese or English. Shows no notice and
//! repeats no secret that was typed.

use std::net::SocketAddr;
use std::sync::Arc;

use api::problem::{MemberError, Trouble};
use askama::Template;
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use ui::assets;
use ui::component::{ButtonTone, Choice, Fault, Kind, Need, Select, TextField, Width};
use ui::language::{Language, Screen, Texts, Words};
use ui::security::{Foreign, HEADERS, check_secure};

use crate::app::App;
use crate::downloads::{Download, attachment, examine, issue};
use crate::trouble::Refused;

/// The texts of the page.
const SCREEN: Screen = Screen {
    name: "download",
    ja: include_str!("../languages/ja/download.ftl"),
    en: include_str!("../languages/en/download.ftl"),
};

/// Reads the page's texts.
///
/// # Errors
/// A text file that is no Fluent.
pub(crate) fn texts() -> Result<Arc<Texts>, ui::language::InvalidTexts> {
    Ok(Arc::new(Texts::new(&[SCREEN])?))
}

#[derive(Template)]
#[template(path = "download.html")]
struct Page {
    words: Words,
    other: Language,
    general: Option<Fault>,
    request_id: TextField,
    reference_id: TextField,
    password: TextField,
    password_again: TextField,
    selects: [Select; 2],
}

/// The language asked for in the page's address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    lang: Option<String>,
}

/// What the form sends. Unknown members are refused as anywhere.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    request_id: String,
    reference_id: String,
    password: String,
    password_again: String,
    windows: String,
    key: String,
}

pub(crate) async fn show(State(app): State<App>, asked: Query<Asked>) -> Response {
    let page = page(&app, &asked.0, &Typed::default(), None);
    rendered(StatusCode::OK, &page)
}

pub(crate) async fn send(
    State(app): State<App>,
    asked: Query<Asked>,
    typed: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Ok(Form(typed)) = typed else {
        let refused = Refused::from(Trouble::InvalidInput);
        let page = page(&app, &asked.0, &Typed::default(), Some(&refused));
        return rendered(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let wish = Download {
        request_id: typed.request_id.clone(),
        reference_id: typed.reference_id.clone(),
        password: typed.password.clone(),
        legacy: typed.windows == "old",
        rsa: typed.key == "rsa",
    };
    let outcome = if typed.password == typed.password_again {
        issue(&app, &wish).await
    } else {
        // No try is counted: the person types the form again anyway.
        let other = examine(&wish).err();
        let other = other.unwrap_or_else(|| Refused::members(Trouble::InvalidInput, Vec::new()));
        Err(other.and(not_the_same()))
    };
    match outcome {
        Ok(file) => attachment(file),
        Err(refused) => {
            let page = page(&app, &asked.0, &typed, Some(&refused));
            rendered(refused.status(), &page)
        }
    }
}

/// Stylesheet and fonts.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match assets::find(&format!("/assets/{name}")) {
        Some(found) => {
            let headers = [
                (header::CONTENT_TYPE, found.media_type),
                (header::CACHE_CONTROL, assets::CACHE_CONTROL),
            ];
            (headers, found.bytes).into_response()
        }
        None => Refused::from(Trouble::NotFound).into_response(),
    }
}

/// Refuses foreign hosts and foreign pages' forms, and adds the headers of every page.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if let Err(foreign) = own(&app, &request) {
        let status = match foreign {
            Foreign::Host => StatusCode::MISDIRECTED_REQUEST,
            Foreign::Origin => StatusCode::FORBIDDEN,
        };
        return status.into_response();
    }
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        // Files under a name of their content are kept for good.
        if name != header::CACHE_CONTROL || !response.headers().contains_key(&name) {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Looks at where a request comes from.
fn own(app: &App, request: &Request) -> Result<(), Foreign> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    let host = text(header::HOST);
    let hosts = app.download_site.get().map_or(&[][..], |site| &site.hosts);
    let own = host.filter(|host| hosts.iter().any(|it| it == host));
    let changes = request.method() != Method::GET;
    let fetch_site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    check_secure(own.unwrap_or_default(), host, fetch_site, origin, changes)
}

/// The `Host` values of the enroll listener: its names and addresses with its port.
pub(crate) fn hosts(names: &[String], at: SocketAddr) -> Vec<String> {
    let mut all = vec!["localhost".to_owned(), "127.0.0.1".into(), "[::1]".into()];
    all.extend(names.iter().cloned());
    if !at.ip().is_unspecified() {
        all.push(match at.ip() {
            std::net::IpAddr::V4(four) => four.to_string(),
            std::net::IpAddr::V6(six) => format!("[{six}]"),
        });
    }
    // A browser leaves the usual port out.
    let bare = (at.port() == 443).then(|| all.clone());
    let with_port = all.iter().map(|name| format!("{name}:{}", at.port()));
    with_port.chain(bare.into_iter().flatten()).collect()
}

fn rendered(status: StatusCode, page: &Page) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the download page could not be rendered");
            Refused::from(Trouble::Internal).into_response()
        }
    }
}

fn page(app: &App, asked: &Asked, typed: &Typed, refused: Option<&Refused>) -> Page {
    let language = asked.lang.as_deref().and_then(Language::parse);
    let words = Words::new(app.texts.clone(), language.unwrap_or_default());
    let errors: &[MemberError] = refused.map_or(&[], |refused| &refused.problem().errors);
    let faults = |member: &str| -> Vec<Fault> {
        let own = errors.iter().filter(|error| error.member == member);
        own.map(|error| Fault {
            code: error.code.clone(),
            text: words.choose(&error.text.ja, &error.text.en).clone(),
        })
        .collect()
    };
    let field = |name: &'static str, kind: Kind, value: &str| TextField {
        support: words.say(&format!("{}-support", name.replace('_', "-"))),
        kind,
        width: Width::Medium,
        autocomplete: if kind == Kind::Password {
            "new-password"
        } else {
            "off"
        },
        value: value.to_owned(),
        errors: faults(name),
        ..TextField::new(name, words.say(&name.replace('_', "-")))
    };
    let select = |name: &'static str, values: [&str; 2], value: &str| Select {
        name,
        label: words.say(name),
        support: words.say(&format!("{name}-support")),
        need: Need::Plain,
        width: Width::Full,
        options: values
            .map(|value| Choice {
                value: value.into(),
                label: words.say(&format!("{name}-{value}")),
            })
            .into(),
        value: value.to_owned(),
        errors: Vec::new(),
    };
    let general = refused.filter(|refused| refused.problem().errors.is_empty());
    Page {
        other: words.choose(Language::English, Language::Japanese),
        general: general.map(|refused| Fault {
            code: refused.problem().code.clone(),
            text: words
                .choose(&refused.problem().clerk.ja, &refused.problem().clerk.en)
                .clone(),
        }),
        request_id: field("request_id", Kind::Text, &typed.request_id),
        // The secret ones are typed again.
        reference_id: field("reference_id", Kind::Password, ""),
        password: field("password", Kind::Password, ""),
        password_again: field("password_again", Kind::Password, ""),
        selects: [
            select("windows", ["new", "old"], &typed.windows),
            select("key", ["p256", "rsa"], &typed.key),
        ],
        words,
    }
}

fn not_the_same() -> MemberError {
    MemberError::new(
        "password_again",
        "not_the_same",
        "2つのパスワードが違います。もう一度入力してください。",
        "The two passwords differ. Type them again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_both_languages_with_the_same_keys() {
        texts().unwrap();
        let keys = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.split_once(" = "));
            lines.map(|(key, _)| key.to_owned()).collect()
        };
        assert_eq!(keys(SCREEN.ja), keys(SCREEN.en));
    }

    #[test]
    fn the_hosts_are_the_listeners_own() {
        let hosts = hosts(
            &["center.example".into()],
            SocketAddr::from(([127, 0, 0, 1], 443)),
        );
        assert!(hosts.contains(&"center.example".into()));
        assert!(hosts.contains(&"localhost:443".into()));
    }
}
