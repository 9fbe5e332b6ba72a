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

/// Characters of a question after a path that is taken back; a longer one is left out.
const QUESTION_CHARACTERS: usize = 2_000;

/// Where the language selector leads back to: the path that the page itself named, with what was asked there, as the `Referer` of the
/// same host tells.
#[must_use]
pub fn way_back(path: &str, referer: Option<&str>) -> String {
    let path = own_path(path);
    let asked = || {
        let (_, rest) = referer?.split_once("://")?;
        let (host, rest) = rest.split_once(path)?;
        let question = rest.split('#').next().filter(|_| !host.contains('/'))?;
        let is_plain = question.bytes().all(|it| it.is_ascii_graphic());
        let is_short = question.len() <= QUESTION_CHARACTERS;
        (question.starts_with('?') && is_plain && is_short).then_some(question)
    };
    format!("{path}{}", asked().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selector_keeps_what_was_asked_at_the_page_itself() {
        let at = |url: &str| way_back("/manuals", Some(url));
        assert_eq!(
            at("http://a.localhost:1/manuals?q=%E8%B3%87&n=2"),
            "/manuals?q=%E8%B3%87&n=2"
        );
        assert_eq!(at("http://a.localhost:1/manuals?q=a#top"), "/manuals?q=a");
        for url in [
            "http://a.localhost:1/manuals",
            "http://a.localhost:1/manuals/csv?q=a",
            "http://a.localhost:1/check?q=a",
            "http://a.localhost:1/a/manuals?q=a",
            "http://a.localhost:1/manuals?q=a\r\nSet-Cookie: x=1",
            "/manuals?q=a",
            "",
        ] {
            assert_eq!(at(url), "/manuals", "{url}");
        }
        let long = format!(
            "http://a.localhost:1/manuals?q={}",
            "a".repeat(QUESTION_CHARACTERS)
        );
        assert_eq!(at(&long), "/manuals");
        assert_eq!(way_back("/manuals", None), "/manuals");
        assert_eq!(
            way_back("//evil.example", Some("http://x//evil.example?q=a")),
            "/"
        );
    }

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
