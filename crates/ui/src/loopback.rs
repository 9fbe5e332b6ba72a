//! Serves a part's pages to the browsers of this machine; goes on after a connection that could not be accepted. Refuses foreign hosts and
//! foreign pages, and decides nothing else about a request.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::security::{Foreign, HEADERS, check};

/// After a connection that could not be accepted, most likely for want of file handles: let some others end first.
const PAUSE: Duration = Duration::from_millis(50);

/// What connections may take.
#[derive(Clone, Copy)]
struct Bounds {
    /// Connections at once; further ones wait until one of them ends.
    connections: usize,
    /// How long a request's head may take. A connection between requests is closed after as long, and browsers open another; an answer that is
    /// being sent, such as a stream of events, is not cut.
    head: Duration,
}

/// A browser has six connections to a place. Pages ask for a part of themselves every half minute at the slowest: their connection stays open
/// between.
const BOUNDS: Bounds = Bounds {
    connections: 128,
    head: Duration::from_secs(75),
};

/// Serves without end.
pub async fn serve(socket: TcpListener, router: Router) {
    let socket = &socket;
    serve_each(|| socket.accept(), router, BOUNDS).await;
}

async fn serve_each<A>(mut accept: impl FnMut() -> A, router: Router, bounds: Bounds)
where
    A: Future<Output = io::Result<(TcpStream, SocketAddr)>>,
{
    let places = Arc::new(Semaphore::new(bounds.connections));
    loop {
        // Silent connections do not keep their places.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // A page is small and wanted at once.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.head)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _place = place;
            // Whoever went away or said nothing is told nothing.
            let _ = serving.await;
        });
    }
}

/// Lets through what belongs to the pages at `own`, host and port; every answer carries the headers of ours.
pub async fn guarded(own: String, request: Request, next: Next) -> Response {
    let mut response = match allowed(&own, &request) {
        Ok(()) => next.run(request).await,
        Err(Foreign::Host) => (
            StatusCode::MISDIRECTED_REQUEST,
            "この端末の画面ではありません。 / not a page of this host\n",
        )
            .into_response(),
        Err(Foreign::Origin) => (
            StatusCode::FORBIDDEN,
            "この画面からの操作ではありません。 / not a form of this page\n",
        )
            .into_response(),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            // Files under a name of their content are kept for good.
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Looks at where a request comes from.
fn allowed(own: &str, request: &Request) -> Result<(), Foreign> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let (host, origin) = (text(header::HOST), text(header::ORIGIN));
    check(own, host, site, origin, changes)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;

    use super::*;

    /// A test that waits longer has failed.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Serves within bounds; returns where.
    async fn serve_within(bounds: Bounds, router: Router) -> SocketAddr {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let socket = &socket;
            serve_each(|| socket.accept(), router, bounds).await;
        });
        address
    }

    async fn ask(address: SocketAddr, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
        send(address, &request).await
    }

    async fn send(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Waits until the other end closes a connection.
    async fn closed(stream: &mut TcpStream) {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest));
        assert!(closed.await.is_ok(), "it stays open");
    }

    #[tokio::test]
    async fn foreign_requests_are_refused_and_every_answer_carries_our_headers() {
        let guard =
            axum::middleware::from_fn(|request, next| guarded("here".into(), request, next));
        let page = get(|| async { "page" }).post(|| async { "changed" });
        let router = Router::new().route("/", page).layer(guard);
        let address = serve_within(BOUNDS, router).await;
        for (method, headers, status) in [
            ("GET", "host: here", "200"),
            ("GET", "host: elsewhere", "421"),
            ("GET", "host: here\r\nsec-fetch-site: cross-site", "200"),
            ("POST", "host: here", "403"),
            ("POST", "host: here\r\nsec-fetch-site: cross-site", "403"),
            ("POST", "host: here\r\norigin: http://elsewhere", "403"),
            ("POST", "host: here\r\norigin: http://here", "200"),
            ("POST", "host: here\r\nsec-fetch-site: same-origin", "200"),
        ] {
            let request = format!(
                "{method} / HTTP/1.1\r\n{headers}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let answer = send(address, &request).await;
            let line = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&line), "{request}{answer}");
            for (name, value) in HEADERS {
                assert!(answer.contains(&format!("{name}: {value}\r\n")), "{answer}");
            }
        }
    }

    #[tokio::test]
    async fn silent_connections_are_closed_and_leave_their_places_to_others() {
        let bounds = Bounds {
            connections: 2,
            head: Duration::from_millis(100),
        };
        let router = Router::new().route("/", get(|| async { "here" }));
        let address = serve_within(bounds, router).await;
        let mut silent = Vec::new();
        for begun in ["", "GET / HTTP/1.1\r\nhost:", ""] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            silent.push(stream);
        }
        let answer = tokio::time::timeout(PATIENCE, ask(address, "/")).await;
        let answer = answer.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
        for stream in &mut silent {
            closed(stream).await;
        }
    }

    #[tokio::test]
    async fn an_answer_that_takes_longer_than_a_head_may_is_not_cut() {
        let bounds = Bounds {
            connections: 2,
            head: Duration::from_millis(100),
        };
        let (begun, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begins, waits) = (Arc::clone(&begun), Arc::clone(&goes_on));
        let slow = move || async move {
            begins.notify_one();
            waits.notified().await;
            "here"
        };
        let address = serve_within(bounds, Router::new().route("/", get(slow))).await;
        let asking = tokio::spawn(async move { ask(address, "/").await });
        begun.notified().await;
        // One that came later and is silent is closed first.
        let mut silent = TcpStream::connect(address).await.unwrap();
        closed(&mut silent).await;
        goes_on.notify_one();
        let answer = asking.await.unwrap();
        assert!(answer.ends_with("here"), "{answer}");
    }

    #[tokio::test]
    async fn pages_are_served_after_a_connection_that_could_not_be_accepted() {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(async move {
            let socket = &socket;
            let mut fails = true;
            let accept = || {
                let failed = std::mem::take(&mut fails);
                async move {
                    if failed {
                        return Err(io::Error::other("too many open files"));
                    }
                    socket.accept().await
                }
            };
            serve_each(accept, router, BOUNDS).await;
        });
        let answer = ask(address, "/").await;
        assert!(answer.ends_with("here"), "{answer}");
    }
}
