//! Who gets a connection: the holder of a good certificate and nobody else, and only as long as it is good.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use pki::identity::Identity;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, HandshakeBounds, Listener, Revocations, Versions};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::rustls::{ClientConfig, HandshakeKind};

use crate::{Fixture, client, fixture_at, now};

/// A server that says "hello" and then waits until the certificate is revoked.
async fn serve(fixture: &Fixture, revocations: Revocations) -> SocketAddr {
    let limit = std::time::Duration::from_secs(10);
    serve_within(fixture, revocations, limit, HandshakeBounds::default()).await
}

/// The same with another limit of time for a handshake, and other bounds.
async fn serve_within(
    fixture: &Fixture,
    revocations: Revocations,
    limit: std::time::Duration,
    bounds: HandshakeBounds,
) -> SocketAddr {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let identity = fixture
        .authority
        .issue_server(&["localhost".into()], &[local], now())
        .unwrap();
    let config = pki::server::config(
        &ServerCertificate::new(&identity).unwrap(),
        fixture.authority.root(),
        ClientCertificate::Required(revocations.clone()),
        Versions::Tls13,
    )
    .unwrap();
    let socket = TcpListener::bind((local, 0)).await.unwrap();
    let mut listener = Listener::start_bounded(
        socket,
        config,
        ClientCertificate::Required(revocations.clone()),
        limit,
        bounds,
    )
    .unwrap();
    let address = listener.address();
    tokio::spawn(async move {
        while let Some(mut accepted) = listener.next().await {
            let revocations = revocations.clone();
            tokio::spawn(async move {
                let peer = accepted.peer.unwrap();
                accepted
                    .stream
                    .write_all(peer.facility.to_string().as_bytes())
                    .await
                    .unwrap();
                revocations.revoked(peer.fingerprint).await;
                let _ = accepted.stream.shutdown().await;
            });
        }
    });
    address
}

async fn connect(
    fixture: &Fixture,
    identity: Option<&Identity>,
    to: SocketAddr,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let config = pki::client::config(fixture.authority.root(), identity).unwrap();
    let stream = TcpStream::connect(to).await?;
    let name = ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// What the server says first; an error when it refuses.
async fn greeting(
    fixture: &Fixture,
    identity: Option<&Identity>,
    to: SocketAddr,
) -> std::io::Result<String> {
    let mut stream = connect(fixture, identity, to).await?;
    let mut text = [0; 10];
    stream.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn a_good_certificate_names_its_facility() {
    let fixture = fixture_at(now());
    let address = serve(&fixture, Revocations::default()).await;
    let good = client(&fixture, now());
    let said = greeting(&fixture, Some(&good.identity), address)
        .await
        .unwrap();
    assert_eq!(said, "1319999999");
}

#[tokio::test]
async fn no_foreign_or_expired_certificate_connects() {
    let fixture = fixture_at(now());
    let address = serve(&fixture, Revocations::default()).await;
    let foreign = client(&fixture_at(now()), now());
    let expired = client(&fixture, now().plus_seconds(-5 * 365 * 86_400));
    let future = client(&fixture, now().plus_seconds(86_400));
    for identity in [
        None,
        Some(&foreign.identity),
        Some(&expired.identity),
        Some(&future.identity),
    ] {
        let error = greeting(&fixture, identity, address).await.unwrap_err();
        assert_eq!(
            pki::client::refusal(&error),
            pki::client::Refusal::Certificate,
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_servers_certificate_opens_nothing() {
    let fixture = fixture_at(now());
    let address = serve(&fixture, Revocations::default()).await;
    let server = fixture
        .authority
        .issue_server(&["localhost".into()], &[], now())
        .unwrap();
    assert!(greeting(&fixture, Some(&server), address).await.is_err());
}

#[tokio::test]
async fn a_revocation_ends_open_connections_and_refuses_new_ones() {
    let fixture = fixture_at(now());
    let revocations = Revocations::default();
    let address = serve(&fixture, revocations.clone()).await;
    let issued = client(&fixture, now());
    let other = client(&fixture, now());
    let mut open = connect(&fixture, Some(&issued.identity), address)
        .await
        .unwrap();
    let mut text = [0; 10];
    open.read_exact(&mut text).await.unwrap();
    revocations.add(issued.fingerprint);
    assert_eq!(open.read(&mut text).await.unwrap_or(0), 0);
    let refused = greeting(&fixture, Some(&issued.identity), address).await;
    assert_eq!(
        pki::client::refusal(&refused.unwrap_err()),
        pki::client::Refusal::Certificate
    );
    assert!(
        greeting(&fixture, Some(&other.identity), address)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_alert_before_the_server_proved_itself_is_no_refusal_of_the_certificate() {
    let fixture = fixture_at(now());
    let own = client(&fixture, now());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answering = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
        // It speaks no TLS 1.3.
        let protocol_version = [0x15, 3, 3, 0, 2, 2, 0x46];
        stream.write_all(&protocol_version).await.unwrap();
    };
    let (connected, ()) = tokio::join!(connect(&fixture, Some(&own.identity), address), answering);
    let error = connected.unwrap_err();
    assert_eq!(
        pki::client::refusal_in_handshake(&error),
        pki::client::Refusal::Server,
        "{error:?}"
    );
}

#[tokio::test]
async fn a_silent_client_delays_no_other() {
    let fixture = fixture_at(now());
    let address = serve(&fixture, Revocations::default()).await;
    let _silent = TcpStream::connect(address).await.unwrap();
    let good = client(&fixture, now());
    assert!(
        greeting(&fixture, Some(&good.identity), address)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn many_silent_clients_of_one_address_keep_no_other_address_out() {
    let fixture = fixture_at(now());
    let limit = std::time::Duration::from_secs(600);
    let (revoked, bounds) = (Revocations::default(), HandshakeBounds::default());
    let address = serve_within(&fixture, revoked, limit, bounds).await;
    let mut silent = Vec::new();
    // More than all handshakes that may be under way.
    for _ in 0..520 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let good = client(&fixture, now());
    let config = pki::client::config(fixture.authority.root(), Some(&good.identity)).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let stream = socket.connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let mut text = [0; 10];
    stream.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"1319999999");
}

#[tokio::test]
async fn many_silent_clients_behind_a_balancer_keep_no_other_client_of_it_out() {
    let fixture = fixture_at(now());
    let limit = std::time::Duration::from_secs(600);
    let bounds = HandshakeBounds::behind(|from| from.is_loopback());
    let counted = bounds.clone();
    let address = serve_within(&fixture, Revocations::default(), limit, bounds).await;
    let mut silent = Vec::new();
    // More than half of all handshakes that may be under way.
    for _ in 0..300 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let good = client(&fixture, now());
    let said = greeting(&fixture, Some(&good.identity), address).await;
    assert_eq!(said.unwrap(), "1319999999");
    assert_eq!(counted.refused(), 0);
}

#[tokio::test]
async fn a_refusal_is_told_even_to_a_client_that_spoke_already() {
    let fixture = fixture_at(now());
    let revocations = Revocations::default();
    let address = serve(&fixture, revocations.clone()).await;
    let issued = client(&fixture, now());
    revocations.add(issued.fingerprint);
    for _ in 0..50 {
        let mut stream = connect(&fixture, Some(&issued.identity), address)
            .await
            .unwrap();
        // Until the alert arrives these bytes go out.
        let _ = stream.write_all(&[b'x'; 4_096]).await;
        let error = stream.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(
            pki::client::refusal(&error),
            pki::client::Refusal::Certificate,
            "{error:?}"
        );
    }
}

/// Connects with sessions remembered in `config`; whether the session was resumed, and what the server said.
async fn again(
    config: &Arc<ClientConfig>,
    to: SocketAddr,
) -> std::io::Result<(Option<HandshakeKind>, String)> {
    let stream = TcpStream::connect(to).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::clone(config))
        .connect(name, stream)
        .await?;
    let mut text = [0; 10];
    stream.read_exact(&mut text).await?;
    let kind = stream.get_ref().1.handshake_kind();
    Ok((kind, String::from_utf8_lossy(&text).into_owned()))
}

#[tokio::test]
async fn more_sessions_than_a_server_remembers_are_resumed_until_a_revocation() {
    let fixture = fixture_at(now());
    let revocations = Revocations::default();
    let address = serve(&fixture, revocations.clone()).await;
    let issued = client(&fixture, now());
    let config = pki::client::config(fixture.authority.root(), Some(&issued.identity)).unwrap();
    let config = Arc::new(config);
    let (kind, _) = again(&config, address).await.unwrap();
    assert_eq!(kind, Some(HandshakeKind::Full));
    // The library's own memory of sessions holds 256.
    for _ in 0..300 {
        assert!(
            greeting(&fixture, Some(&issued.identity), address)
                .await
                .is_ok()
        );
    }
    let resumed = again(&config, address).await.unwrap();
    let facility = "1319999999".to_owned();
    assert_eq!(resumed, (Some(HandshakeKind::Resumed), facility));
    revocations.add(issued.fingerprint);
    assert!(again(&config, address).await.is_err());
}
