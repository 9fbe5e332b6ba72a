//! What the product is, with the licences that must go with it, and the language selector. There without a sign-in.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::language::Language;
use ui::language_choice::{cookie, way_back};

use super::{Filled, Frame, Visitor, own_fault, show, trouble};

#[derive(Template)]
#[template(path = "operator/about.html")]
struct AboutPage {
    frame: Frame,
    version: &'static str,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let page = AboutPage {
        frame: visitor.frame("/about"),
        version: env!("CARGO_PKG_VERSION"),
    };
    show(StatusCode::OK, &page)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct LanguageForm {
    language: String,
    back: String,
}

pub(super) async fn language(
    visitor: Visitor,
    headers: HeaderMap,
    Filled(form): Filled<LanguageForm>,
) -> Response {
    let Some(language) = Language::parse(&form.language) else {
        let fault = own_fault(&visitor.words, "no_such_language", "no-such-language");
        return trouble(StatusCode::UNPROCESSABLE_ENTITY, visitor.frame("/"), fault);
    };
    let cookie = format!("{}; Secure", cookie(language));
    let referer = headers.get(header::REFERER).and_then(|it| it.to_str().ok());
    let back = Redirect::to(&way_back(&form.back, referer));
    ([(header::SET_COOKIE, cookie)], back).into_response()
}
