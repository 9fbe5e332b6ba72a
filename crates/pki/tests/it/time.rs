//! Certificates over time: by the clock that is handed in, not the machine's.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::civil_date::Instant;
use pki::client::{Refusal, refusal};
use pki::clock::Clock;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Examiner, Listener, Revocations, Unfit, Versions};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{Fixture, client, fixture_at, now};

const DAY: i64 = 86_400;

fn turned(micros: &Arc<AtomicI64>) -> Clock {
    let micros = Arc::clone(micros);
    Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)))
}

/// A server that says a byte, by a clock.
async fn serve(fixture: &Arc<Fixture>, clock: &Clock) -> SocketAddr {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let maker = Arc::clone(fixture);
    let issue = move |now| {
        maker
            .authority
            .issue_server(&["localhost".into()], &[local], now)
            .ok()
    };
    let certificate = ServerCertificate::renewed(Arc::clone(clock), issue).unwrap();
    let required = ClientCertificate::Required(Revocations::default());
    let tls = pki::server::config_by(
        Arc::clone(clock),
        &certificate,
        fixture.authority.root(),
        required.clone(),
        Versions::Tls13,
    );
    let socket = TcpListener::bind((local, 0)).await.unwrap();
    let mut listener =
        Listener::start(socket, tls.unwrap(), required, Duration::from_secs(10)).unwrap();
    let address = listener.address();
    tokio::spawn(async move {
        while let Some(mut accepted) = listener.next().await {
            let _ = accepted.stream.write_all(b"!").await;
            let _ = accepted.stream.shutdown().await;
        }
    });
    address
}

async fn hears(
    fixture: &Fixture,
    clock: &Clock,
    identity: &pki::identity::Identity,
    to: SocketAddr,
) -> Result<(), Refusal> {
    let root = fixture.authority.root();
    let config = pki::client::config_by(Arc::clone(clock), root, Some(identity)).unwrap();
    let stream = TcpStream::connect(to).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connected = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream);
    let mut connected = connected.await.map_err(|error| refusal(&error))?;
    let read = connected.read_exact(&mut [0; 1]).await;
    read.map(|_| ()).map_err(|error| refusal(&error))
}

#[tokio::test]
async fn a_server_that_runs_for_years_shows_a_good_certificate_on_every_day() {
    let fixture = Arc::new(fixture_at(now()));
    let micros = Arc::new(AtomicI64::new(now().as_micros()));
    let clock = turned(&micros);
    let address = serve(&fixture, &clock).await;
    for _ in 0..40 {
        let fresh = client(&fixture, clock());
        hears(&fixture, &clock, &fresh.identity, address)
            .await
            .unwrap();
        micros.fetch_add(30 * DAY * 1_000_000, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_clock_a_year_off_is_told_from_a_foreign_server_and_from_a_bad_certificate() {
    let start = now();
    let fixture = Arc::new(fixture_at(start.plus_seconds(-700 * DAY)));
    let micros = Arc::new(AtomicI64::new(start.as_micros()));
    let address = serve(&fixture, &turned(&micros)).await;
    let own = client(&fixture, start);
    for days in [-365, 366] {
        let off = Arc::new(AtomicI64::new(start.plus_seconds(days * DAY).as_micros()));
        let heard = hears(&fixture, &turned(&off), &own.identity, address).await;
        assert_eq!(heard, Err(Refusal::Clock), "{days} days");
    }
    let foreign = fixture_at(start);
    let heard = hears(&foreign, &turned(&micros), &own.identity, address).await;
    assert_eq!(heard, Err(Refusal::Server));
    micros.fetch_add(40 * 31 * DAY * 1_000_000, Ordering::SeqCst);
    let heard = hears(&fixture, &turned(&micros), &own.identity, address).await;
    assert_eq!(
        heard,
        Err(Refusal::Certificate),
        "expired by the server's clock"
    );
}

#[test]
fn an_offered_certificate_is_worth_what_the_examiner_says() {
    let fixture = fixture_at(now());
    let revocations = Revocations::default();
    let examiner = Examiner::new(fixture.authority.root(), revocations.clone()).unwrap();
    let own = client(&fixture, now());
    let chain = own.identity.chain();
    assert_eq!(
        examiner.examine(chain, now()).unwrap(),
        own.identity.holder().unwrap()
    );
    assert_eq!(examiner.examine(&[], now()), Err(Unfit::Missing));
    assert_eq!(
        examiner.examine(chain, own.not_after.plus_seconds(1)),
        Err(Unfit::Expired)
    );
    let foreign = client(&fixture_at(now()), now());
    assert_eq!(
        examiner.examine(foreign.identity.chain(), now()),
        Err(Unfit::Foreign)
    );
    let server = fixture
        .authority
        .issue_server(&["localhost".into()], &[], now())
        .unwrap();
    assert_eq!(examiner.examine(server.chain(), now()), Err(Unfit::Foreign));
    revocations.add(own.fingerprint);
    assert_eq!(examiner.examine(chain, now()), Err(Unfit::Revoked));
}
