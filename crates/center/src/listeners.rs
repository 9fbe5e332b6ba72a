//! The center's sockets: TLS with client certificates, limits of time for slow clients, revocation of open connections. Knows no
//! route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use domain::audit::{Actor, Deed};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pki::server::certificate::ServerCertificate;
use pki::server::{Accepted, ClientCertificate, Listener, Revocations, Versions};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::{Config, duration};
use crate::extract::Peer;
use crate::serve::StartError;
use crate::sessions::event;

pub(crate) async fn tls(
    app: &App,
    config: &Config,
    name: &'static str,
    at: SocketAddr,
    clients: ClientCertificate,
    router: Router,
) -> Result<SocketAddr, StartError> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(config.host_names.iter().cloned());
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
    let certificate = ServerCertificate::renewed(app.clock.clone(), issue)?;
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
    let limit = duration(app.limits.handshake_ms);
    let mut listener = Listener::start(socket, tls, clients, limit).map_err(failed)?;
    let address = listener.address();
    let app = app.clone();
    tokio::spawn(async move {
        while let Some(accepted) = listener.next().await {
            tokio::spawn(connection(app.clone(), router.clone(), accepted));
        }
    });
    Ok(address)
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From(pub(crate) SocketAddr);

/// The chain a client offered on a listener that asks for none; not examined.
#[derive(Debug, Clone)]
pub(crate) struct Offered(pub(crate) Arc<[CertificateDer<'static>]>);

async fn connection(app: App, router: Router, accepted: Accepted) {
    let _open = app.metrics.connection();
    if let Some(peer) = &accepted.peer {
        // The first use of a certificate revokes the earlier ones of its notice.
        let actor = Actor::Client {
            facility: peer.facility,
            certificate: peer.fingerprint,
        };
        let mut event = event(app.now(), actor, Deed::CertificateRevoke);
        event.detail = "why=superseded".into();
        match app.engine.use_certificate(peer.fingerprint, event).await {
            Ok(gone) => gone.into_iter().for_each(|it| app.revocations.add(it)),
            Err(error) => {
                tracing::error!(error = %error, "earlier certificates of a notice could not be revoked")
            }
        }
    }
    let limit = duration(app.limits.head_ms);
    speak(accepted, router, limit, &app.revocations).await;
}

/// Speaks HTTP on an accepted connection until it ends, is too slow with the head of a request, or its certificate is revoked.
/// Handlers find the address and the certificate's holder among the request's extensions.
pub async fn speak(
    accepted: Accepted,
    router: Router,
    head_limit: Duration,
    revocations: &Revocations,
) {
    let (from, peer) = (accepted.from, accepted.peer.map(Arc::new));
    let offered: Arc<[_]> = accepted.offered.into();
    let revoked = async {
        match &peer {
            Some(peer) => revocations.revoked(peer.fingerprint).await,
            None => std::future::pending().await,
        }
    };
    let router = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(|mut request: Request<Incoming>| {
        let extensions = request.extensions_mut();
        extensions.insert(From(from));
        match &peer {
            Some(peer) => drop(extensions.insert(Peer(Arc::clone(peer)))),
            None => drop(extensions.insert(Offered(offered.clone()))),
        }
        router.call(request)
    });
    let serve = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_limit)
        .serve_connection(TokioIo::new(accepted.stream), service);
    tokio::select! {
        _ = serve => {}
        () = revoked => tracing::info!("a connection ended because its certificate was revoked"),
    }
}

pub(crate) async fn plain(
    app: &App,
    at: SocketAddr,
    router: Router,
) -> Result<SocketAddr, StartError> {
    let limit = duration(app.limits.head_ms);
    let failed = |error| StartError::Listen("listen.metrics", at, error);
    let socket = TcpListener::bind(at).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(limit)
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Ok(address)
}
