//! The center's sockets: TLS with client certificates, limits of time for slow clients, revocation of open connections. Knows no
//! route.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use domain::audit::{Actor, Deed, Event};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pki::identity::{Holder, serial};
use pki::server::certificate::ServerCertificate;
use pki::server::{Accepted, ClientCertificate, Listener, Revocations, Versions};
use rustls_pki_types::CertificateDer;
use store::engine::StoreError;
use tokio::net::TcpListener;

use crate::admission::OfFacility;
use crate::admission::connections::Opener;
use crate::adoption::adopt;
use crate::app::App;
use crate::config::{Config, duration};
use crate::doors;
use crate::extract::Peer;
use crate::patience::Patient;
use crate::serve::StartError;
use crate::sessions::event;

/// The name of the operators' listener.
pub(crate) const OPERATOR: &str = "listen.operator";

/// The name of the listener of care at home and from afar.
pub(crate) const HOME: &str = "listen.home";

/// A listener that is bound and serves nobody until it is opened. Dropped it lets go of its address.
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    serving: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Bound {
    fn new(address: SocketAddr, serving: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            address,
            serving: Box::pin(serving),
        }
    }

    /// Serves from now on.
    pub(crate) fn open(self) {
        tokio::spawn(self.serving);
    }
}

pub(crate) async fn tls(
    app: &App,
    config: &Config,
    name: &'static str,
    at: SocketAddr,
    clients: ClientCertificate,
    router: Router,
) -> Result<Bound, StartError> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(config.certificate_names());
    let addresses = [
        [127, 0, 0, 1].into(),
        std::net::Ipv6Addr::LOCALHOST.into(),
        at.ip(),
    ];
    let maker = app.clone();
    let issue = move |now| {
        let made = maker.authority.issue_server(&names, &addresses, now);
        made.inspect_err(|error| tracing::error!(error = %error, "no certificate for a listener"))
            .ok()
    };
    let issuers = app.authority.issuers(app.now());
    let certificate = ServerCertificate::renewed(app.clock.clone(), issue)?.knowing(issuers);
    let versions = if config.tls12 {
        Versions::Tls12Too
    } else {
        Versions::Tls13
    };
    let tls = pki::server::config_by(
        app.clock.clone(),
        &certificate,
        app.authority.root(),
        clients.clone(),
        versions,
    )?;
    let failed = |error| StartError::Listen(name, at, error);
    let socket = TcpListener::bind(at).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let limit = duration(app.limits.handshake_ms);
    let bounds = app.handshakes.clone().of(name);
    let app = app.clone();
    Ok(Bound::new(address, async move {
        let listener = Listener::start_bounded(socket, tls, clients, limit, bounds);
        let mut listener = match listener {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(listener = name, error = %error, "nobody is taken in");
                return;
            }
        };
        // The listener is dropped when the center ends, and with it the socket.
        let mut ends = pin!(app.draining.begun());
        loop {
            let accepted = tokio::select! {
                accepted = listener.next() => accepted,
                () = &mut ends => return,
            };
            let Some(accepted) = accepted else {
                return;
            };
            let from = accepted.from.ip();
            let opener = match &accepted.peer {
                Some(peer) => Opener::Certificate(peer.fingerprint),
                None if name == OPERATOR => Opener::Operator(from),
                None if name == HOME && app.home.proxies.iter().any(|it| it.holds(from)) => {
                    Opener::Proxy(from)
                }
                None if app.handshakes.is_balancer(from) => Opener::Proxy(from),
                None => Opener::Address(from),
            };
            tokio::spawn(connection(app.clone(), router.clone(), accepted, opener));
        }
    }))
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From(pub(crate) SocketAddr);

/// The chain a client offered on a listener that asks for none; not examined.
#[derive(Debug, Clone)]
pub(crate) struct Offered(pub(crate) Arc<[CertificateDer<'static>]>);

async fn connection(app: App, router: Router, accepted: Accepted, opener: Opener) {
    // Whoever has too many is told nothing: the metrics are, and reading a request would already cost.
    let Ok(_counted) = app.connections.open(opener) else {
        return;
    };
    let _open = (app.metrics.connection(), app.draining.connection());
    if let Some(peer) = &accepted.peer
        && !app.used.holds(peer.fingerprint)
    {
        // The first use of a certificate revokes the earlier ones of its notice.
        let actor = Actor::Client {
            facility: peer.facility,
            certificate: peer.fingerprint,
        };
        let mut event = event(app.now(), actor, Deed::CertificateRevoke);
        event.detail = "why=superseded".into();
        let leaf = accepted.stream.get_ref().1.peer_certificates();
        let leaf = leaf.and_then(|chain| chain.first());
        let serial = leaf.and_then(serial).unwrap_or_default();
        match first_use(&app, peer, serial, event).await {
            Ok(gone) => {
                gone.into_iter().for_each(|it| app.revocations.add(it));
                app.used.add(peer.fingerprint);
            }
            Err(error) => {
                tracing::error!(error = %error, "earlier certificates of a notice could not be revoked")
            }
        }
    }
    let manner = Manner {
        facility: accepted
            .peer
            .as_ref()
            .map(|peer| OfFacility(app.facilities.of(peer.facility))),
        head_limit: duration(app.limits.head_ms),
        write_limit: duration(app.limits.write_ms),
    };
    let ends = app.draining.begun();
    speak_until(accepted, router, manner, &app.revocations, ends).await;
}

/// Has the store know the certificate and that it is used. Returns what was revoked by that.
async fn first_use(
    app: &App,
    peer: &Holder,
    serial: [u8; 16],
    event: Event,
) -> Result<Vec<[u8; 32]>, StoreError> {
    adopt(app, peer, serial).await?;
    app.engine.use_certificate(peer.fingerprint, event).await
}

/// Certificates of whose use this process knows, so that the store is asked once about each. Whoever used one once has used it for good.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashSet<[u8; 32]>>);

impl Used {
    /// Certificates kept at most, 3 MB; when they are more all are asked about anew.
    const MOST: usize = 65_536;

    fn holds(&self, fingerprint: [u8; 32]) -> bool {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.contains(&fingerprint)
    }

    fn add(&self, fingerprint: [u8; 32]) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if Self::MOST <= used.len() {
            used.clear();
        }
        used.insert(fingerprint);
    }
}

/// How a connection is spoken on.
struct Manner {
    /// The facility whose work its requests are.
    facility: Option<OfFacility>,
    head_limit: Duration,
    write_limit: Duration,
}

/// Speaks HTTP on an accepted connection until it ends, is too slow, or its certificate is revoked.
/// Handlers find the address and the certificate's holder among the request's extensions.
pub async fn speak(accepted: Accepted, router: Router, limit: Duration, revocations: &Revocations) {
    let manner = Manner {
        facility: None,
        head_limit: limit,
        write_limit: limit,
    };
    speak_until(
        accepted,
        router,
        manner,
        revocations,
        std::future::pending(),
    )
    .await;
}

/// Speaks as [`speak`] does, and when the center ends finishes what is in progress and closes.
async fn speak_until(
    accepted: Accepted,
    router: Router,
    manner: Manner,
    revocations: &Revocations,
    ends: impl Future<Output = ()>,
) {
    let (from, peer) = (accepted.from, accepted.peer.map(Arc::new));
    let offered: Arc<[_]> = accepted.offered.into();
    let revoked = async {
        match &peer {
            Some(peer) => revocations.revoked(peer.fingerprint).await,
            None => std::future::pending().await,
        }
    };
    let stream = Patient::new(accepted.stream, manner.write_limit);
    let router = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(|mut request: Request<Incoming>| {
        let extensions = request.extensions_mut();
        extensions.insert(From(from));
        if let Some(facility) = &manner.facility {
            extensions.insert(facility.clone());
        }
        match &peer {
            Some(peer) => drop(extensions.insert(Peer(Arc::clone(peer)))),
            None => drop(extensions.insert(Offered(offered.clone()))),
        }
        router.call(request)
    });
    let serve = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(manner.head_limit)
        .serve_connection(TokioIo::new(stream), service);
    let mut serve = pin!(serve);
    let gone = async {
        tokio::select! {
            _ = serve.as_mut() => return,
            () = ends => {}
        }
        // What is in progress is answered, with word that the connection closes; an idle connection closes now.
        serve.as_mut().graceful_shutdown();
        let _ = serve.await;
    };
    tokio::select! {
        () = gone => {}
        () = revoked => tracing::info!("a connection ended because its certificate was revoked"),
    }
}

pub(crate) async fn plain(app: &App, at: SocketAddr, router: Router) -> Result<Bound, StartError> {
    let limit = duration(app.limits.head_ms);
    let failed = |error| StartError::Listen("listen.metrics", at, error);
    let socket = TcpListener::bind(at).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    let serving = doors::take_in("listen.metrics", socket, move |(stream, _)| {
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limit)
                .serve_connection(TokioIo::new(stream), service),
        );
    });
    Ok(Bound::new(address, serving))
}
