//! The language selector. Leads back to a page of this terminal and nowhere else.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::language::Language;
use ui::language_choice::{cookie, own_path};

use crate::faults;
use crate::pages::{Filled, Visitor, trouble};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct LanguageForm {
    language: String,
    back: String,
}

pub(crate) async fn switch(visitor: Visitor, Filled(form): Filled<LanguageForm>) -> Response {
    let Some(language) = Language::parse(&form.language) else {
        let fault = faults::own(&visitor.words, "no_such_language", "no-such-language");
        return trouble(StatusCode::UNPROCESSABLE_ENTITY, visitor.frame("/"), fault);
    };
    let cookie = cookie(language);
    (
        [(header::SET_COOKIE, cookie)],
        Redirect::to(own_path(&form.back)),
    )
        .into_response()
}
