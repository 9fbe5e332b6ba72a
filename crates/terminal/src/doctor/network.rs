//! Looks at the way to the center: its name, the name servers, cable, router, and whether a connection is taken. Sends nothing but
//! questions for that name.

use std::net::{IpAddr, SocketAddr};

use domain::diagnosis::fault::Fault;
use domain::diagnosis::{Fact, FactName, Observation, Step};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::{Instant as Stopwatch, timeout};

use super::{Workplace, after, broken, fact, timed};

/// Host and port of the center's address; `None` for an address of another form.
pub(super) fn host_and_port(center: &str) -> Option<(String, u16)> {
    let uri: axum::http::Uri = center.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some((host, uri.port_u16().unwrap_or(443)))
}

/// The addresses of the center's name.
pub(super) async fn resolve(workplace: &Workplace) -> (Observation, Vec<SocketAddr>) {
    let Some((host, port)) = host_and_port(&workplace.center) else {
        let evidence = vec![fact(FactName::Host, workplace.center.clone())];
        let unknown = broken(Step::NameResolution, Fault::NameUnknown, evidence);
        return (unknown, Vec::new());
    };
    let watch = Stopwatch::now();
    let mut evidence = vec![fact(FactName::Host, host.clone())];
    let found = timeout(workplace.limits.each, lookup_host((host.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let servers = workplace.system.name_servers();
        let fault = if any_answers(workplace, &servers, &host).await {
            Fault::NameUnknown
        } else {
            Fault::NameServerSilent
        };
        let servers: Vec<String> = servers.iter().map(|it| it.ip().to_string()).collect();
        evidence.push(fact(FactName::NameServers, servers.join(", ")));
        return (broken(Step::NameResolution, fault, evidence), Vec::new());
    }
    let shown: Vec<String> = addresses.iter().map(|it| it.ip().to_string()).collect();
    evidence.push(fact(FactName::Address, shown.join(", ")));
    (
        timed(Step::NameResolution, workplace, watch, evidence),
        addresses,
    )
}

/// Whether a name server answers at all, be it that there is no such name.
async fn any_answers(workplace: &Workplace, servers: &[SocketAddr], host: &str) -> bool {
    for server in servers {
        let asked = ask_name_server(*server, host);
        if timeout(workplace.limits.each, asked)
            .await
            .is_ok_and(|it| it.is_ok())
        {
            return true;
        }
    }
    false
}

/// Asks for an address by DNS (RFC 1035 §4) and waits for an answer to it, whatever it says.
async fn ask_name_server(server: SocketAddr, host: &str) -> std::io::Result<()> {
    let mut id = [0; 2];
    aws_lc_rs::rand::fill(&mut id).map_err(std::io::Error::other)?;
    let mut question = Vec::from(id);
    // Recursion desired; one question.
    question.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in host.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).map_err(std::io::Error::other)?;
        question.push(length);
        question.extend(label.as_bytes());
    }
    // The root, type A, class IN.
    question.extend([0, 0, 1, 0, 1]);
    let own: SocketAddr = match server.ip() {
        IpAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        IpAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    socket.send(&question).await?;
    let mut answer = [0; 512];
    loop {
        let length = socket.recv(&mut answer).await?;
        let is_answer = answer.get(2).is_some_and(|flags| flags & 0x80 != 0);
        if 12 <= length && answer.starts_with(&id) && is_answer {
            return Ok(());
        }
    }
}

/// A connection with one of the addresses. What fails is looked for from the PC outwards.
pub(super) async fn reach(
    workplace: &Workplace,
    addresses: &[SocketAddr],
) -> (Observation, Option<TcpStream>) {
    let watch = Stopwatch::now();
    let mut refused = None;
    for address in addresses {
        match timeout(workplace.limits.each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let evidence = vec![fact(FactName::Address, address.to_string())];
                return (timed(Step::Route, workplace, watch, evidence), Some(stream));
            }
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                refused = Some(*address);
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
    if let Some(address) = refused {
        let evidence = vec![fact(FactName::Address, address.to_string())];
        let fault = Fault::CenterRefusesConnection;
        return (broken(Step::Route, fault, evidence), None);
    }
    let seen = match on_the_way(workplace) {
        Some((fault, evidence)) => broken(Step::Route, fault, evidence),
        None if addresses.is_empty() => after(Step::Route, Step::NameResolution),
        None => {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let evidence = vec![fact(FactName::Address, shown.join(", "))];
            broken(Step::Route, Fault::CenterOutOfReach, evidence)
        }
    };
    (seen, None)
}

/// What is wrong between this PC and its router, as far as the system tells.
fn on_the_way(workplace: &Workplace) -> Option<(Fault, Vec<Fact>)> {
    let system = &workplace.system;
    let interfaces = system.interfaces()?;
    if !interfaces.iter().any(|it| it.is_linked) {
        let names: Vec<&str> = interfaces.iter().map(|it| it.name.as_str()).collect();
        let evidence = vec![fact(FactName::Interface, names.join(", "))];
        return Some((Fault::CableUnplugged, evidence));
    }
    let Some(router) = system.router()? else {
        return Some((Fault::NoAddress, Vec::new()));
    };
    let evidence = vec![fact(FactName::Router, router.to_string())];
    (!system.answers(router)?).then_some((Fault::RouterSilent, evidence))
}
