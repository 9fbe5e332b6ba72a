//! Serves the staff pages on loopback; refuses foreign hosts and foreign pages. The one place of this crate with a socket.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use api::client::Client;
use api::session::Session;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use ui::security::{Foreign, HEADERS, check};

use crate::pages;

/// What a terminal works with.
pub struct Setup {
    /// The center, with the terminal's certificate.
    pub client: Client,
    /// The certificate's terminal name, for the sign-in page.
    pub certificate: String,
    /// Host name of the pages; `terminal.localhost` by default.
    pub host_name: String,
    /// Where to listen: loopback.
    pub listen: SocketAddr,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, …)", self.listen)
    }
}

pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) certificate: String,
    own: String,
    /// Signed-in browsers by their cookie's hash. A restart asks to sign in again and loses nothing else.
    pub(crate) staff: Mutex<HashMap<[u8; 32], Session>>,
}

pub(crate) type App = Arc<Shared>;

/// Starts the pages; returns their address for a person to open. They end with the runtime.
///
/// # Errors
/// The socket's; `InvalidInput` for an address that is not loopback.
pub async fn start(setup: Setup) -> std::io::Result<String> {
    if !setup.listen.ip().is_loopback() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "listen: staff pages are served on loopback only",
        ));
    }
    let socket = TcpListener::bind(setup.listen).await?;
    let own = format!("{}:{}", setup.host_name, socket.local_addr()?.port());
    let app = Arc::new(Shared {
        client: setup.client,
        certificate: setup.certificate,
        own: own.clone(),
        staff: Mutex::default(),
    });
    let router = Router::new()
        .route("/", get(pages::menu::home))
        .route("/sign-in", post(pages::sign_in::sign_in))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route(
            "/check",
            get(pages::check::check_form).post(pages::check::check),
        )
        .route("/checks/{id}", get(pages::check::result))
        .route("/history", get(pages::history::history))
        .route(
            "/password",
            get(pages::password::password_form).post(pages::password::password),
        )
        .route("/assets/onshi.css", get(stylesheet))
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app);
    tokio::spawn(async move { axum_serve(socket, router).await });
    Ok(format!("http://{own}/"))
}

async fn axum_serve(socket: TcpListener, router: Router) {
    while let Ok((stream, _)) = socket.accept().await {
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        let io = hyper_util::rt::TokioIo::new(stream);
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
    }
}

async fn stylesheet() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        ui::STYLESHEET,
    )
}

async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let allowed = {
        let text = |name: HeaderName| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let changes = request.method() != Method::GET && request.method() != Method::HEAD;
        let site = text(HeaderName::from_static("sec-fetch-site"));
        check(
            &app.own,
            text(header::HOST),
            site,
            text(header::ORIGIN),
            changes,
        )
    };
    let mut response = match allowed {
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
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}
