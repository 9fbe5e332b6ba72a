//! The TLS side of a server: handshakes with a time limit, client certificates, revocation that ends open connections. Speaks no HTTP.

pub mod arrivals;
pub mod certificate;
mod handshakes;
mod offered;
mod verifier;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use handshakes::{HandshakeBounds, network};
pub use offered::{Examiner, Unfit};

use crate::clock::{Clock, TlsClock};
use crate::identity::{Holder, holder};
use crate::server::arrivals::Arrivals;
use crate::server::certificate::ServerCertificate;
use crate::server::handshakes::Handshakes;
use crate::server::offered::Unexamined;
use crate::server::verifier::NotRevoked;

/// Whether a listener asks for a client certificate.
#[derive(Debug, Clone)]
pub enum ClientCertificate {
    /// It must show one that is not among the revoked.
    Required(Revocations),
    /// It may show one, good or not: an [`Examiner`] says later what it is worth, so that the refusal has words. Its key is proved.
    Offered,
    /// It is not asked.
    None,
}

/// Which versions of TLS a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// TLS 1.3 only.
    #[default]
    Tls13,
    /// TLS 1.2 as well, for old receipt computers.
    Tls12Too,
}

/// The TLS library refused the configuration.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS: {0}")]
pub struct TlsSetup(pub String);

/// A server's TLS configuration, by the machine's clock.
///
/// # Errors
/// [`TlsSetup`].
pub fn config(
    certificate: &ServerCertificate,
    root: &CertificateDer<'static>,
    clients: ClientCertificate,
    versions: Versions,
) -> Result<Arc<ServerConfig>, TlsSetup> {
    build(
        certificate,
        root,
        clients,
        versions,
        Arc::new(DefaultTimeProvider),
    )
}

/// The same by a clock that is handed in.
///
/// # Errors
/// [`TlsSetup`].
pub fn config_by(
    clock: Clock,
    certificate: &ServerCertificate,
    root: &CertificateDer<'static>,
    clients: ClientCertificate,
    versions: Versions,
) -> Result<Arc<ServerConfig>, TlsSetup> {
    build(
        certificate,
        root,
        clients,
        versions,
        Arc::new(TlsClock(clock)),
    )
}

fn build(
    certificate: &ServerCertificate,
    root: &CertificateDer<'static>,
    clients: ClientCertificate,
    versions: Versions,
    time: Arc<dyn TimeProvider>,
) -> Result<Arc<ServerConfig>, TlsSetup> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let spoken: &[&rustls::SupportedProtocolVersion] = match versions {
        Versions::Tls13 => &[&rustls::version::TLS13],
        Versions::Tls12Too => &[&rustls::version::TLS13, &rustls::version::TLS12],
    };
    let setup = |error: &dyn std::fmt::Display| TlsSetup(error.to_string());
    let builder = ServerConfig::builder_with_details(Arc::clone(&provider), time)
        .with_protocol_versions(spoken)
        .map_err(|e| setup(&e))?;
    let chain = || {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).map_err(|e| setup(&e))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        verifier.build().map_err(|e| setup(&e))
    };
    let builder = match clients {
        ClientCertificate::None => builder.with_no_client_auth(),
        ClientCertificate::Offered => {
            builder.with_client_cert_verifier(Arc::new(Unexamined(chain()?)))
        }
        ClientCertificate::Required(revocations) => {
            let chain = chain()?;
            let issuers = certificate.issuers();
            builder.with_client_cert_verifier(Arc::new(NotRevoked {
                chain,
                revocations,
                issuers,
            }))
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(certificate.clone()));
    // What a session is resumed with lies with the client, sealed: a server remembers none of a country's terminals, and a revocation
    // is looked at all the same.
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|e| setup(&e))?;
    Ok(Arc::new(config))
}

/// The revoked certificates, shared by all listeners of a process. A revocation counts from the moment [`Revocations::add`] returns.
#[derive(Debug, Clone)]
pub struct Revocations {
    set: Arc<RwLock<HashSet<[u8; 32]>>>,
    changed: watch::Sender<u64>,
}

impl Default for Revocations {
    fn default() -> Self {
        Self {
            set: Arc::default(),
            changed: watch::Sender::new(0),
        }
    }
}

impl Revocations {
    /// Adds the SHA-256 of a revoked certificate and wakes every open connection to look.
    pub fn add(&self, fingerprint: [u8; 32]) {
        self.set
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(fingerprint);
        self.changed.send_modify(|version| *version += 1);
    }

    /// True when the certificate was revoked.
    #[must_use]
    pub fn holds(&self, fingerprint: &[u8; 32]) -> bool {
        self.set
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(fingerprint)
    }

    /// How often something was added: a list made at one version is whole until the next.
    #[must_use]
    pub fn version(&self) -> u64 {
        *self.changed.borrow()
    }

    /// Ends when the certificate is revoked: a connection races its work against this.
    pub async fn revoked(&self, fingerprint: [u8; 32]) {
        let mut changed = self.changed.subscribe();
        while !self.holds(&fingerprint) {
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// A refused client has this long to read why.
const DRAIN: Duration = Duration::from_secs(1);

/// Reads from a refused client at most.
const MOST_DRAINED: usize = 16;

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct Accepted {
    /// The stream.
    pub stream: TlsStream<TcpStream>,
    /// Where it comes from.
    pub from: SocketAddr,
    /// The client certificate's holder, where one was required.
    pub peer: Option<Holder>,
    /// The chain a client offered, leaf first, not examined yet; empty where none was, or where one was required.
    pub offered: Vec<CertificateDer<'static>>,
}

/// Accepts connections, each handshake in its own task with a time limit, so that a slow client delays no other.
#[derive(Debug)]
pub struct Listener {
    accepted: mpsc::Receiver<Accepted>,
    address: SocketAddr,
}

impl Listener {
    /// Starts accepting on a bound socket; a handshake that takes longer than the limit is dropped. Ends when dropped.
    ///
    /// # Errors
    /// The socket's.
    pub fn start(
        socket: TcpListener,
        config: Arc<ServerConfig>,
        clients: ClientCertificate,
        handshake_limit: Duration,
    ) -> std::io::Result<Self> {
        let bounds = HandshakeBounds::default();
        Self::start_bounded(socket, config, clients, handshake_limit, bounds)
    }

    /// The same with bounds that are handed in.
    ///
    /// # Errors
    /// The socket's.
    pub fn start_bounded(
        socket: TcpListener,
        config: Arc<ServerConfig>,
        clients: ClientCertificate,
        handshake_limit: Duration,
        bounds: HandshakeBounds,
    ) -> std::io::Result<Self> {
        let address = socket.local_addr()?;
        let (sender, accepted) = mpsc::channel(64);
        tokio::spawn(accept(
            Arrivals::new(socket, bounds.clone()),
            TlsAcceptor::from(config),
            clients,
            handshake_limit,
            Handshakes::new(bounds),
            sender,
        ));
        Ok(Self { accepted, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection; `None` when the socket failed for good.
    pub async fn next(&mut self) -> Option<Accepted> {
        self.accepted.recv().await
    }
}

/// Keeps a refused connection open until its client has read the alert: closing at once while the client still sends would
/// reset the connection, and the client would take a bad certificate for a bad line.
async fn let_read_why(mut refused: TcpStream) {
    let mut rest = [0; 1024];
    let drain = async {
        refused.shutdown().await?;
        for _ in 0..MOST_DRAINED {
            if refused.read(&mut rest).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    // Whatever comes of it, the connection is refused.
    let _ = tokio::time::timeout(DRAIN, drain).await;
}

/// Whom a chain lets in where one is required.
fn let_in(chain: &[CertificateDer<'_>], revocations: &Revocations) -> Option<Holder> {
    // A certificate of our root that names no facility is a server's: it opens nothing.
    let peer = chain.first().and_then(holder)?;
    // The verifier refuses them; this is for sessions that were resumed without it.
    (!revocations.holds(&peer.fingerprint)).then_some(peer)
}

async fn accept(
    mut arrivals: Arrivals<TcpListener>,
    acceptor: TlsAcceptor,
    clients: ClientCertificate,
    handshake_limit: Duration,
    handshakes: Handshakes,
    sender: mpsc::Sender<Accepted>,
) {
    loop {
        let Some(place) = handshakes.place().await else {
            return;
        };
        let (stream, from) = tokio::select! {
            arrived = arrivals.next() => arrived,
            () = sender.closed() => return,
        };
        // One host that says nothing is let go at once where it would keep others out.
        let Some(place) = handshakes.begin(place, from.ip()) else {
            continue;
        };
        let (acceptor, clients, sender) = (acceptor.clone(), clients.clone(), sender.clone());
        tokio::spawn(async move {
            let under_way = place;
            let _ = stream.set_nodelay(true);
            let handshake = acceptor.accept(stream).into_fallible();
            let stream = match tokio::time::timeout(handshake_limit, handshake).await {
                Ok(Ok(stream)) => stream,
                Ok(Err((_, refused))) => return let_read_why(refused).await,
                Err(_) => return under_way.time_out(),
            };
            let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let (peer, offered) = match clients {
                ClientCertificate::Required(revocations) => {
                    let Some(peer) = let_in(certificates, &revocations) else {
                        return;
                    };
                    (Some(peer), Vec::new())
                }
                ClientCertificate::Offered | ClientCertificate::None => {
                    let offered = certificates.iter().map(|it| it.clone().into_owned());
                    (None, offered.collect())
                }
            };
            let _ = sender
                .send(Accepted {
                    stream,
                    from,
                    peer,
                    offered,
                })
                .await;
        });
    }
}
