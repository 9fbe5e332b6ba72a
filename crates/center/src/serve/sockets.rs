//! The listeners of a center: each is bound before anything is recorded, and none serves before all are.

use std::net::SocketAddr;

use api::routes;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use pki::server::ClientCertificate;

use super::StartError;
use crate::app::{App, Site};
use crate::config::Config;
use crate::listeners::{self, Bound};
use crate::training::{MadeUpPatients, Practice};
use crate::{home_care, metrics, operator, router};

/// All of them, bound and not open yet. Dropped they let go of their addresses.
pub(super) struct Sockets {
    pub(super) api: Bound,
    pub(super) enroll: Bound,
    pub(super) operator: Bound,
    pub(super) metrics: Bound,
    pub(super) search: Option<Bound>,
    pub(super) home: Option<Bound>,
}

impl Sockets {
    pub(super) async fn bind(
        app: &App,
        config: &Config,
        made_up: MadeUpPatients,
    ) -> Result<Self, StartError> {
        let enroll = listeners::tls(
            app,
            config,
            "listen.enroll",
            config.listen.enroll,
            ClientCertificate::Offered,
            router::enroll(app),
        )
        .await?;
        let site = Site::new(&config.hosts(), enroll.address);
        // Set once: this is the only place, and it runs once.
        let _ = app.download_site.set(site);
        let ward = Practice::open(app, &config.data_dir, made_up)?;
        let api = listeners::tls(
            app,
            config,
            "listen.api",
            config.listen.api,
            ClientCertificate::Required(app.revocations.clone()),
            router::api(app, &ward),
        )
        .await?;
        let operator = operator_listener(app, config).await?;
        let search = match config.link.search_listener {
            Some(settings) => Some(search_listener(app, config, settings.listen).await?),
            None => None,
        };
        let home = match config.listen.home {
            Some(at) => Some(home_listener(app, config, at).await?),
            None => None,
        };
        let metrics = listeners::plain(app, config.listen.metrics, metrics_router(app)).await?;
        Ok(Self {
            api,
            enroll,
            operator,
            metrics,
            search,
            home,
        })
    }

    /// Serves on all of them from now on.
    pub(super) fn open(self) {
        let all = [self.enroll, self.api, self.operator, self.metrics].into_iter();
        all.chain(self.search)
            .chain(self.home)
            .for_each(Bound::open);
    }
}

/// The operators' pages. On loopback they are named so, whatever names the center has elsewhere.
async fn operator_listener(app: &App, config: &Config) -> Result<Bound, StartError> {
    let (at, none) = (config.listen.operator, ClientCertificate::None);
    let router = operator::router(app);
    let bound = listeners::tls(app, config, listeners::OPERATOR, at, none, router).await?;
    let names = if bound.address.ip().is_loopback() {
        Vec::new()
    } else {
        config.hosts()
    };
    // Set once: this is the only place, and it runs once.
    let _ = app.operator_site.set(Site::new(&names, bound.address));
    Ok(bound)
}

/// Home care: pages and devices. They are named as the setting says, where something stands in front of the listener.
async fn home_listener(app: &App, config: &Config, at: SocketAddr) -> Result<Bound, StartError> {
    let (none, router) = (ClientCertificate::None, home_care::listener::router(app));
    let bound = listeners::tls(app, config, listeners::HOME, at, none, router).await?;
    let mut site = Site::new(&config.hosts(), bound.address);
    if let Some(address) = &config.home.address {
        site.hosts.push(address.host().to_owned());
        site.address = address.base();
    }
    // Set once: this is the only place, and it runs once.
    let _ = app.home_site.set(site);
    Ok(bound)
}

/// The second listener for existing clients (interface R5): less than the others ask for, so its start is told.
async fn search_listener(app: &App, config: &Config, at: SocketAddr) -> Result<Bound, StartError> {
    tracing::warn!(
        "link.search_listener is on: searches without a client certificate are served to Web API accounts for 30 minutes from the address that signed in"
    );
    let (none, router) = (ClientCertificate::None, router::search(app));
    listeners::tls(app, config, "link.search_listener", at, none, router).await
}

fn metrics_router(app: &App) -> Router {
    Router::new()
        .route(routes::HEALTH, get(health))
        .route("/metrics", get(metrics::read))
        .with_state(app.clone())
}

async fn health(State(app): State<App>) -> impl IntoResponse {
    match app.engine.probe() {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}
