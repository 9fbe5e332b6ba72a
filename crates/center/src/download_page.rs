//! The page on which a facility downloads its certificate (G08): a form without script, in Japanese or English. Shows no notice and
//! repeats no secret that was typed.

use std::sync::Arc;

use api::problem::{MemberError, Trouble};
use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use ui::component::{ButtonTone, Choice, Fault, Kind, Need, Select, TextField, Width};
use ui::language::{Language, Screen, Texts, Words};

use crate::app::App;
use crate::application_page;
use crate::downloads::{Download, attachment, examine, issue};
use crate::extract::{OPEN_FORM_BYTES, form};
use crate::page_guard;
use crate::trouble::Refused;

/// The texts of the page.
pub(crate) const SCREEN: Screen = Screen {
    name: "download",
    ja: include_str!("../languages/ja/download.ftl"),
    en: include_str!("../languages/en/download.ftl"),
};

/// Reads the texts of the enroll listener's pages.
///
/// # Errors
/// A text file that is no Fluent.
pub(crate) fn texts() -> Result<Arc<Texts>, ui::language::InvalidTexts> {
    Ok(Arc::new(Texts::new(&[SCREEN, application_page::SCREEN])?))
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

impl Asked {
    /// The texts in that language.
    pub(crate) fn words(&self, app: &App) -> Words {
        let language = self.lang.as_deref().and_then(Language::parse);
        Words::new(app.texts.clone(), language.unwrap_or_default())
    }
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
    request: Request,
) -> Response {
    let read = form::<Typed>(request, OPEN_FORM_BYTES, &app).await;
    let typed = match read {
        Ok(Ok(typed)) => typed,
        Ok(Err(_)) => {
            let refused = Refused::from(Trouble::InvalidInput);
            let page = page(&app, &asked.0, &Typed::default(), Some(&refused));
            return rendered(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        Err(refused) => {
            let page = page(&app, &asked.0, &Typed::default(), Some(&refused));
            return rendered(refused.status(), &page);
        }
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

/// Refuses foreign hosts and foreign pages' forms, and adds the headers of every page.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let hosts = app.download_site.get().map_or(&[][..], |site| &site.hosts);
    page_guard::guarded(hosts, request, next).await
}

fn rendered(status: StatusCode, page: &Page) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            Refused::internal("the download page is not rendered", &error).into_response()
        }
    }
}

fn page(app: &App, asked: &Asked, typed: &Typed, refused: Option<&Refused>) -> Page {
    let words = asked.words(app);
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
}
