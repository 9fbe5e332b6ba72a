//! The floor: the center's own listener and TLS, one fixed answer, nothing behind it. Looks at no request.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use bytes::Bytes;
use center::listeners::speak;
use clap::Args;
use pki::authority::{Authority, KeyKind};
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use tokio::net::TcpListener;

use crate::running;

/// For a request's head and for a handshake: never reached here.
const LIMIT: Duration = Duration::from_secs(10);

/// `bench floor`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder for keys and for `ready.json`.
    #[arg(long)]
    dir: PathBuf,
    /// Bytes of the answer.
    #[arg(long)]
    bytes: usize,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let dir = &arguments.dir;
    let now = running::now();
    let machine = MachineKey::open(&dir.join("machine.key"))?;
    let authority = Authority::open(&dir.join("ca"), &machine, now)?;
    let local = std::net::IpAddr::from([127, 0, 0, 1]);
    let server = authority.issue_server(&["localhost".into()], &[local], now)?;
    let facility = domain::institution_code::InstitutionCode::parse("1319999999")?;
    let client = authority.issue_client(facility, "bench", KeyKind::P256, now)?;
    let (chain, key) = client.identity.to_pem();
    for (name, text) in [
        ("client.pem", chain),
        ("client.key", key),
        ("root.pem", authority.root_pem()),
    ] {
        pki::sealed::write_private(&dir.join(name), text.as_bytes())?;
    }
    let tls = pki::server::config(
        &ServerCertificate::new(&server)?,
        authority.root(),
        ClientCertificate::Required(Revocations::default()),
        Versions::Tls13,
    )?;
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let revocations = Revocations::default();
    let mut listener = Listener::start(
        socket,
        tls,
        ClientCertificate::Required(Revocations::default()),
        std::time::Duration::from_secs(10),
    )?;
    println!("floor: {}", listener.address());
    // The parent holds the other end of the pipe: when it ends, so does this.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let answer = Bytes::from(vec![b'x'; arguments.bytes]);
    // The question is read to its end, as a check's is.
    let fixed =
        move |_: Bytes| std::future::ready(([(CONTENT_TYPE, "application/json")], answer.clone()));
    let router = Router::new().route(api::routes::CHECKS, post(fixed));
    while let Some(accepted) = listener.next().await {
        let (router, revocations) = (router.clone(), revocations.clone());
        tokio::spawn(async move { speak(accepted, router, LIMIT, &revocations).await });
    }
    bail!("the floor's socket failed")
}
