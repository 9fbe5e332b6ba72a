//! The home listener: TLS without a client certificate, off unless it is configured. Pages for whoever has an address, routes for devices; each
//! address of the network has its bucket of requests. Whatever comes takes a place of the listener's own; those of card checks are for devices that
//! proved themselves.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use api::openapi::operations::Method;
use api::routes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::admission::WorkClass;

use super::{at_device, consents, pages};
use crate::app::App;
use crate::config::network::Network;
use crate::listeners::From;
use crate::page_guard;
use crate::router::{Route, admitted_by};
use crate::trouble::Refused;

/// The router of the listener.
pub(crate) fn router(app: &App) -> Router {
    let mut devices = Router::new();
    for (method, path, handler) in of_devices() {
        let route = (method, path, handler);
        let handler = admitted_by(app, &app.home_gate, route, |_| WorkClass::Home);
        devices = devices.route(path, handler);
    }
    Router::new()
        .merge(devices)
        .merge(pages::router(app))
        .fallback(async || Refused::from(api::problem::Trouble::NotFound))
        .method_not_allowed_fallback(async || {
            Refused::from(api::problem::Trouble::MethodNotAllowed)
        })
        .layer(from_fn_with_state(app.clone(), bounded))
        .layer(from_fn_with_state(app.clone(), tell_time))
        .with_state(app.clone())
}

/// The routes of devices.
fn of_devices() -> Vec<Route> {
    use Method::{Get, Post};
    vec![
        (Get, routes::HOME_ADDRESS, get(at_device::address)),
        (Post, routes::HOME_DEVICES, post(at_device::register)),
        (Post, routes::HOME_CHALLENGES, post(at_device::challenge)),
        (Post, routes::HOME_CARD_CHECKS, post(at_device::ask)),
        (
            Post,
            routes::HOME_CARD_CHECK_PRESENCE,
            post(at_device::renew),
        ),
        (
            Post,
            routes::HOME_CARD_CHECK_ANSWERS,
            post(at_device::answer),
        ),
        (Get, routes::HOME_CONSENTS, get(consents::list_at_device)),
        (
            Post,
            routes::HOME_CONSENT_CHECKS,
            post(consents::check_at_device),
        ),
        (
            Post,
            routes::HOME_CONSENT_WITHDRAWAL,
            post(consents::withdraw_at_device),
        ),
    ]
}

/// Lets an address send only so much. What pages load under the name of its content costs nothing and counts nothing.
async fn bounded(
    State(app): State<App>,
    Extension(From(from)): Extension<From>,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    let from = caller(from.ip(), request.headers(), &app.home.proxies);
    if app.home.proxies.iter().any(|network| network.holds(from)) {
        tell_unnamed(from, &request);
    }
    match app.home_throttle.take(from, app.now()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => {
            let trouble = api::problem::Trouble::TooManyRequests;
            let refused = Refused::after(trouble, seconds).into_response();
            match pages::trouble::Page::of(request.method(), request.uri()) {
                Some(page) => page.refused(&app, refused),
                None => refused,
            }
        }
    }
}

/// What a proxy adds: whom it was asked by, behind what the one before it said.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whom a request is counted for: who connected, or who asked it, if it is a proxy. Each proxy appends whom it saw itself, so what stands before
/// the last address that is no proxy's may be anything.
fn caller(from: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |it: &IpAddr| proxies.iter().any(|network| network.holds(*it));
    let mut caller = from;
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    // As bytes, and each part alone: what strangers send before it makes no proxy's own part unreadable.
    let mut named = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    while is_proxy(&caller) {
        let Some(before) = named.next().and_then(address) else {
            break;
        };
        caller = before;
    }
    caller
}

/// An address as proxies write it: bare, in brackets, or with the port behind it.
fn address(part: &[u8]) -> Option<IpAddr> {
    let part = std::str::from_utf8(part).ok()?.trim();
    let inner = part.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    if let Ok(bare) = inner.unwrap_or(part).parse() {
        return Some(bare);
    }
    let with_port: SocketAddr = part.parse().ok()?;
    Some(with_port.ip())
}

/// Says once of each proxy that it names nobody: all who come through it are one to the center, and wait for each other.
fn tell_unnamed(proxy: IpAddr, request: &Request) {
    static TOLD: Unnamed = Unnamed(Mutex::new(BTreeSet::new()));
    if TOLD.is_first(proxy, request) {
        tracing::warn!(
            proxy = %proxy,
            "a proxy of home.proxies names no address in X-Forwarded-For; requests through it are counted as the proxy's own"
        );
    }
}

/// Proxies that were told of: those that name nobody.
struct Unnamed(Mutex<BTreeSet<IpAddr>>);

/// Proxies told of at most.
const MOST_TOLD: usize = 64;

impl Unnamed {
    /// Whether a request is the first by which a proxy shows that it names nobody. Whether the center is up a proxy asks for itself, and need
    /// name nobody then: such a request shows nothing.
    fn is_first(&self, proxy: IpAddr, request: &Request) -> bool {
        let reads = [axum::http::Method::GET, axum::http::Method::HEAD].contains(request.method());
        let is_browser = request.headers().contains_key(header::COOKIE);
        if reads && request.uri().path() == "/" && !is_browser {
            return false;
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MOST_TOLD && told.insert(proxy)
    }
}

/// Every answer bears the center's time: a device's clock may be off.
async fn tell_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(time) = HeaderValue::from_str(&app.now().to_string()) {
        let name = HeaderName::from_static(routes::TIME_HEADER);
        response.headers_mut().insert(name, time);
    }
    response
}

/// Refuses foreign hosts and foreign pages' forms, and adds the headers of every page.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(site) = app.home_site.get() else {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    };
    page_guard::guarded(&site.hosts, request, next).await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn each_proxy_that_names_nobody_is_told_of_once_and_not_for_what_it_asks_itself() {
        let unnamed = Unnamed(Mutex::default());
        let is_told = |proxy: &str, (method, path): (&str, &str), cookie: Option<&str>| {
            let request = axum::http::Request::builder().method(method).uri(path);
            let request = cookie
                .into_iter()
                .fold(request, |it, cookie| it.header(header::COOKIE, cookie));
            let request = request.body(Body::empty()).unwrap();
            unnamed.is_first(proxy.parse().unwrap(), &request)
        };
        // Both look whether the center is up.
        for (proxy, method) in [("10.0.0.1", "GET"), ("10.0.0.2", "HEAD")] {
            assert!(!is_told(proxy, (method, "/"), None));
        }
        assert!(is_told("10.0.0.2", ("GET", "/f/x"), None));
        assert!(!is_told("10.0.0.2", ("GET", "/f/x"), None));
        assert!(is_told("10.0.0.1", ("GET", "/"), Some("a=b")));
        assert!(!is_told("10.0.0.1", ("POST", "/visit"), None));
        assert!(is_told("10.0.0.3", ("POST", "/"), None));
    }

    /// Whom a request that came from an address with these headers is counted for, behind proxies in 10.0.0.0/8.
    fn counted(from: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(FORWARDED_FOR, line);
        }
        let proxies = [Network::try_from("10.0.0.0/8".to_owned()).unwrap()];
        caller(from.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn behind_a_proxy_the_last_address_that_is_no_proxys_counts() {
        assert_eq!(counted("10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(
            counted("10.0.0.1", &["198.51.100.1, 192.0.2.7, 10.0.0.2"]),
            "192.0.2.7"
        );
        assert_eq!(
            counted("10.0.0.1", &["198.51.100.1", "2001:db8::7"]),
            "2001:db8::7"
        );
        for (named, expected) in [
            ("203.0.113.5:51234", "203.0.113.5"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("誰か, 192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, 10.0.0.2:443", "192.0.2.7"),
        ] {
            assert_eq!(counted("10.0.0.1", &[named]), expected, "{named}");
        }
    }

    #[test]
    fn whoever_is_no_proxy_names_nobody_and_a_proxy_that_names_nobody_counts_itself() {
        assert_eq!(counted("192.0.2.9", &["192.0.2.7"]), "192.0.2.9");
        assert_eq!(counted("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(counted("10.0.0.1", &["unknown"]), "10.0.0.1");
        for nobody in ["192.0.2.7, nobody", "192.0.2.7, 誰か", "192.0.2.7:x"] {
            assert_eq!(counted("10.0.0.1", &[nobody]), "10.0.0.1", "{nobody}");
        }
    }
}
