//! What guards the pages of every listener of the center: hosts and forms of its own alone, and the headers of every page (contracts §1).

use std::net::SocketAddr;

use api::problem::Trouble;
use axum::extract::{Path, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ui::assets;
use ui::security::{Foreign, HEADERS, check_secure};

use crate::config::host_name::HostName;
use crate::trouble::Refused;

/// Lets through what belongs to pages at one of these hosts, and adds the headers of every page.
pub(crate) async fn guarded(hosts: &[String], request: Request, next: Next) -> Response {
    let mut response = match own(hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(Foreign::Host) => StatusCode::MISDIRECTED_REQUEST.into_response(),
        Err(Foreign::Origin) => StatusCode::FORBIDDEN.into_response(),
    };
    bear_headers(&mut response);
    response
}

/// Adds the headers of every page.
pub(crate) fn bear_headers(response: &mut Response) {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            // Files under a name of their content are kept for good.
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
}

/// Looks at where a request comes from.
fn own(hosts: &[String], request: &Request) -> Result<(), Foreign> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    let host = text(header::HOST);
    let own = host.filter(|host| hosts.iter().any(|it| it == host));
    // An empty Host is nobody's, not even a page's without one.
    let own = own.ok_or(Foreign::Host)?;
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    let fetch_site = text(HeaderName::from_static("sec-fetch-site"));
    let origin = text(header::ORIGIN);
    check_secure(own, host, fetch_site, origin, changes)
}

/// The `Host` values of a listener: its names and addresses with its port.
pub(crate) fn hosts(names: &[HostName], at: SocketAddr) -> Vec<String> {
    let mut all = vec!["localhost".to_owned(), "127.0.0.1".into(), "[::1]".into()];
    all.extend(names.iter().map(HostName::in_address));
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

/// Stylesheet, scripts and fonts.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_are_the_listeners_own() {
        let hosts = hosts(
            &[HostName::parse("center.example").unwrap()],
            SocketAddr::from(([127, 0, 0, 1], 443)),
        );
        assert!(hosts.contains(&"center.example".into()));
        assert!(hosts.contains(&"localhost:443".into()));
    }
}
