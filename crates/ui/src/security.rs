//! Protection of pages (contracts §1): foreign hosts, foreign pages, foreign content. Pure; reads no request itself.

/// Headers of every page: no foreign content, no framing, no copy kept by the browser.
pub const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It names a host that is not this page's: 421.
    Host,
    /// It comes from another origin's page: 403.
    Origin,
}

/// Looks at where a request comes from. `own` is `host:port` of the page; `changes` is true when the request may change state.
///
/// # Errors
/// [`Foreign`].
pub fn check(
    own: &str,
    host: Option<&str>,
    fetch_site: Option<&str>,
    origin: Option<&str>,
    changes: bool,
) -> Result<(), Foreign> {
    check_with("http://", own, host, fetch_site, origin, changes)
}

/// The same for a page served over TLS.
///
/// # Errors
/// [`Foreign`].
pub fn check_secure(
    own: &str,
    host: Option<&str>,
    fetch_site: Option<&str>,
    origin: Option<&str>,
    changes: bool,
) -> Result<(), Foreign> {
    check_with("https://", own, host, fetch_site, origin, changes)
}

fn check_with(
    scheme: &str,
    own: &str,
    host: Option<&str>,
    fetch_site: Option<&str>,
    origin: Option<&str>,
    changes: bool,
) -> Result<(), Foreign> {
    if host != Some(own) {
        return Err(Foreign::Host);
    }
    let same_site = fetch_site == Some("same-origin");
    let same_origin = origin.and_then(|origin| origin.strip_prefix(scheme)) == Some(own);
    if changes && !same_site && !same_origin {
        return Err(Foreign::Origin);
    }
    Ok(())
}

/// The value of a cookie among those of a `Cookie` header.
#[must_use]
pub fn find_cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "terminal.localhost:8100";

    #[test]
    fn a_foreign_host_is_refused_even_for_reading() {
        for host in [
            None,
            Some("127.0.0.1:8100"),
            Some("evil.example"),
            Some("terminal.localhost:8101"),
        ] {
            assert_eq!(check(OWN, host, None, None, false), Err(Foreign::Host));
        }
        assert_eq!(check(OWN, Some(OWN), None, None, false), Ok(()));
    }

    #[test]
    fn only_the_pages_own_forms_change_anything() {
        let change = |site, origin| check(OWN, Some(OWN), site, origin, true);
        assert_eq!(change(Some("same-origin"), None), Ok(()));
        assert_eq!(change(None, Some("http://terminal.localhost:8100")), Ok(()));
        for (site, origin) in [
            (None, None),
            (Some("cross-site"), None),
            (Some("same-site"), Some("http://evil.localhost:8100")),
            (None, Some("null")),
        ] {
            assert_eq!(change(site, origin), Err(Foreign::Origin));
        }
    }
}
