//! The connections of a client with one certificate. Another certificate gets another line; the old one lives as long as requests use it.

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use pki::clock::Clock;
use pki::identity::Identity;
use pki::server::TlsSetup;
use rustls::pki_types::CertificateDer;

use super::refusals::{Noting, Refusals};

/// A connection that was idle for longer is not used again. Shorter than the center waits (`limits.head_ms`), so that a request is
/// not sent into a connection that the center closes at that moment.
const IDLE: std::time::Duration = std::time::Duration::from_secs(30);

/// Which server is believed, by which clock.
pub(super) enum Trust {
    /// One of this root, by the machine's clock.
    Root(CertificateDer<'static>),
    /// One of this root, by a clock that was handed in.
    RootBy(CertificateDer<'static>, Clock),
    /// Any: only to ask for the root.
    Anybody,
}

/// Open connections, and why the last was refused.
pub(super) struct Line {
    pub(super) http: HttpClient<Noting<HttpsConnector<HttpConnector>>, Full<Bytes>>,
    pub(super) refusals: Refusals,
}

impl Line {
    pub(super) fn new(trust: &Trust, identity: Option<&Identity>) -> Result<Self, TlsSetup> {
        let tls = match trust {
            Trust::Root(root) => pki::client::config(root, identity)?,
            Trust::RootBy(root, clock) => pki::client::config_by(clock.clone(), root, identity)?,
            Trust::Anybody => pki::client::config_before_trust()?,
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(http);
        let refusals = Refusals::default();
        let connector = Noting {
            inner: connector,
            refusals: refusals.clone(),
        };
        Ok(Self {
            http: HttpClient::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE)
                .build(connector),
            refusals,
        })
    }
}
