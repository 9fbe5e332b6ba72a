//! How a browser keeps the language a person chose, and where the selector leads back to: a page of the same host and nowhere else.

use crate::language::Language;

/// Name of the cookie.
pub const COOKIE: &str = "onshi_language";

/// A year.
const MAX_AGE_S: u32 = 365 * 24 * 60 * 60;

/// The value of `Set-Cookie` for a language.
#[must_use]
pub fn cookie(language: Language) -> String {
    format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={MAX_AGE_S}",
        language.tag()
    )
}

/// A path of the page's own host, or the first page in place of anything else.
#[must_use]
pub fn own_path(path: &str) -> &str {
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
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "/a\r\nSet-Cookie: x=1",
            "/?x",
        ] {
            assert_eq!(own_path(path), "/", "{path}");
        }
    }
}
