//! Asks the center: TLS with the facility's certificate, then one read that needs no session. Tells apart a center that is silent, one
//! that is not ours, and one that does not accept us; asks for the time even where our clock makes its certificate seem wrong.

use std::sync::Arc;

use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{Fact, FactName, Observation, Step};
use rustls::{AlertDescription, CertificateError, ClientConfig};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant as Stopwatch, timeout};
use tokio_rustls::TlsConnector;

use super::certificate::Credentials;
use super::network::host_and_port;
use super::{Workplace, broken, fact, timed};

/// The longest head of an answer read, in bytes.
const MOST_HEAD: usize = 16 << 10;

/// Why the center did not answer.
#[derive(Debug)]
enum Failed {
    Tls(rustls::Error),
    /// An alert before the center has proved itself: in plain text, of whoever answers. It says nothing of our certificate.
    Unproved(rustls::Error),
    /// Closed, reset or not HTTP.
    Broken(std::io::Error),
    Time,
}

/// Head of an answer.
struct Head {
    status: u16,
    time: Option<Instant>,
}

pub(super) async fn ask(
    workplace: &Workplace,
    credentials: &Credentials,
    stream: TcpStream,
) -> (Observation, Option<Instant>) {
    let watch = Stopwatch::now();
    let address = stream.peer_addr();
    let evidence: Vec<Fact> = address
        .iter()
        .map(|it| fact(FactName::Address, it.to_string()))
        .collect();
    let strict = pki::client::config(&credentials.root, Some(&credentials.identity));
    let failed = match strict {
        Err(setup) => Failed::Broken(std::io::Error::other(setup)),
        Ok(config) => match exchange(workplace, config, stream).await {
            Ok(head) if 500 <= head.status => {
                let mut evidence = evidence;
                evidence.push(fact(FactName::Code, head.status.to_string()));
                let trouble = broken(Step::CenterTls, Fault::CenterTrouble, evidence);
                return (trouble, head.time);
            }
            Ok(head) => {
                return (
                    timed(Step::CenterTls, workplace, watch, evidence),
                    head.time,
                );
            }
            Err(failed) => failed,
        },
    };
    let told = match (&failed, address) {
        (Failed::Tls(error), Ok(address)) if is_of_time(error) => {
            time_alone(workplace, credentials, address).await
        }
        _ => None,
    };
    let (fault, said) = fault(&failed);
    let mut evidence = evidence;
    evidence.push(fact(FactName::System, said));
    (broken(Step::CenterTls, fault, evidence), told)
}

/// The center's time, whose certificate is good but for the time that our clock says it is.
async fn time_alone(
    workplace: &Workplace,
    credentials: &Credentials,
    address: std::net::SocketAddr,
) -> Option<Instant> {
    let config = pki::client::config_for_the_time(&credentials.root, &credentials.identity).ok()?;
    let stream = timeout(workplace.limits.each, TcpStream::connect(address)).await;
    let head = exchange(workplace, config, stream.ok()?.ok()?).await;
    head.ok()?.time
}

/// One read over TLS, with a limit for each half.
async fn exchange(
    workplace: &Workplace,
    config: ClientConfig,
    stream: TcpStream,
) -> Result<Head, Failed> {
    let host = host_and_port(&workplace.center).unwrap_or_default().0;
    let name = ServerName::try_from(host.clone())
        .map_err(|error| Failed::Broken(std::io::Error::other(error)))?;
    let connect = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let limit = workplace.limits.each;
    let mut tls = timeout(limit, connect)
        .await
        .map_err(|_| Failed::Time)?
        .map_err(unconnected)?;
    let question = format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
        api::routes::KEYS
    );
    let read = async {
        // A refusal of our certificate arrives only now; a write that fails on it must not hide why.
        let written = tls.write_all(question.as_bytes()).await;
        let mut head = Vec::new();
        let mut part = [0; 2048];
        while !ends(&head) && head.len() < MOST_HEAD {
            match tls.read(&mut part).await? {
                0 => break,
                length => head.extend(part.get(..length).unwrap_or_default()),
            }
        }
        written.map(|()| head)
    };
    let head = timeout(limit, read).await.map_err(|_| Failed::Time)?;
    let head = head.map_err(failed)?;
    parse(&head).ok_or_else(|| Failed::Broken(std::io::Error::other("the answer is no HTTP")))
}

fn ends(head: &[u8]) -> bool {
    head.windows(4).any(|it| it == b"\r\n\r\n")
}

fn parse(head: &[u8]) -> Option<Head> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?;
    let status = status.split(' ').nth(1)?.parse().ok()?;
    let time = lines.take_while(|it| !it.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_time = name.eq_ignore_ascii_case(api::routes::TIME_HEADER);
        is_time.then(|| Instant::parse(value.trim()).ok()).flatten()
    });
    Some(Head { status, time })
}

/// Why the handshake failed.
fn unconnected(error: std::io::Error) -> Failed {
    match failed(error) {
        Failed::Tls(alert @ rustls::Error::AlertReceived(_)) => Failed::Unproved(alert),
        other => other,
    }
}

fn failed(error: std::io::Error) -> Failed {
    let tls = error
        .get_ref()
        .and_then(|it| it.downcast_ref::<rustls::Error>());
    match tls.cloned() {
        Some(tls) => Failed::Tls(tls),
        None => Failed::Broken(error),
    }
}

/// Whether a certificate is refused for the time alone.
fn is_of_time(error: &rustls::Error) -> bool {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        error,
        rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
        )
    )
}

fn fault(failed: &Failed) -> (Fault, String) {
    use CertificateError::{NotValidForName, NotValidForNameContext};
    let error = match failed {
        Failed::Time => return (Fault::CenterSilent, "no answer in time".into()),
        Failed::Broken(error) => return (Fault::CenterSilent, error.to_string()),
        Failed::Unproved(alert) => return (Fault::CenterNotOurs, said(alert)),
        Failed::Tls(error) => error,
    };
    let fault = match error {
        _ if is_of_time(error) => Fault::CenterCertificateExpired,
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            Fault::CenterOfOtherName
        }
        rustls::Error::InvalidCertificate(_) => Fault::CenterNotOurs,
        rustls::Error::AlertReceived(AlertDescription::CertificateRevoked) => {
            Fault::CertificateRevoked
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
            Fault::CertificateExpired
        }
        rustls::Error::AlertReceived(_) => Fault::CertificateNotAccepted,
        _ => Fault::CenterSilent,
    };
    (fault, said(error))
}

/// What TLS said, without names of certificates: those may be of others.
fn said(error: &rustls::Error) -> String {
    match error {
        rustls::Error::AlertReceived(alert) => format!("alert {alert:?}"),
        rustls::Error::InvalidCertificate(_) => "the center's certificate is not accepted".into(),
        other => other.to_string(),
    }
}
