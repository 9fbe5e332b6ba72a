//! The language selector. Leads back to a page of this terminal and nowhere else.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::language::Language;
use ui::language_choice::{cookie, way_back};

use crate::faults;
use crate::pages::{Filled, Visitor, trouble};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct LanguageForm {
    language: String,
    back: String,
}

pub(crate) async fn switch(
    visitor: Visitor,
    headers: HeaderMap,
    Filled(form): Filled<LanguageForm>,
) -> Response {
    let Some(language) = Language::parse(&form.language) else {
        let fault = faults::own(&visitor.words, "no_such_language", "no-such-language");
        return trouble(StatusCode::UNPROCESSABLE_ENTITY, visitor.frame("/"), fault);
    };
    let cookie = cookie(language);
    let referer = headers.get(header::REFERER).and_then(|it| it.to_str().ok());
    let back = Redirect::to(&way_back(&form.back, referer));
    ([(header::SET_COOKIE, cookie)], back).into_response()
}
