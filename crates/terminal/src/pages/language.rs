//! The language selector. Leads back to a page of this terminal and nowhere else.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::language::Language;

use crate::faults;
use crate::pages::{Filled, Visitor, trouble};

/// Name of the cookie.
pub(crate) const COOKIE: &str = "onshi_language";

/// A year.
const MAX_AGE_S: u32 = 365 * 24 * 60 * 60;

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
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={MAX_AGE_S}",
        language.tag()
    );
    (
        [(header::SET_COOKIE, cookie)],
        Redirect::to(own(&form.back)),
    )
        .into_response()
}

/// A path of this terminal, or the first page in place of anything else.
pub(super) fn own(path: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let is_own = path.starts_with('/') && !path.starts_with("//") && path.chars().all(plain);
    if is_own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_leads_to_no_foreign_page() {
        for path in ["/", "/check", "/accounts/uke_1.a-b"] {
            assert_eq!(own(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "/a\r\nSet-Cookie: x=1",
            "/?x",
        ] {
            assert_eq!(own(path), "/", "{path}");
        }
    }
}
