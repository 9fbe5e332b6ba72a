//! The floor: the center's own listener and TLS, one fixed answer, nothing behind it. Looks at no request.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use bytes::Bytes;
use center::listeners::speak;
use clap::Args;
use pki::authority::{Authority, KeyKind};
use pki::identity::{Identity, first_certificate};
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

use crate::load::Asker;
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
    /// Only the TLS library around a socket, for counting handshakes: none of the center's listener.
    #[arg(long)]
    bare: bool,
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
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("floor: {}", socket.local_addr()?);
    // The parent holds the other end of the pipe: when it ends, so does this.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    if arguments.bare {
        return bare(socket, &server, authority.root().clone()).await;
    }
    let tls = pki::server::config(
        &ServerCertificate::new(&server)?,
        authority.root(),
        ClientCertificate::Required(Revocations::default()),
        Versions::Tls13,
    )?;
    let revocations = Revocations::default();
    let mut listener = Listener::start(
        socket,
        tls,
        ClientCertificate::Required(Revocations::default()),
        std::time::Duration::from_secs(10),
    )?;
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

/// The TLS library with client certificates around a socket, and a few fixed bytes for whoever asks.
async fn bare(
    socket: TcpListener,
    server: &Identity,
    root: CertificateDer<'static>,
) -> anyhow::Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(root)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(clients.build()?)
        .with_single_cert(server.chain().to_vec(), server.key())?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    loop {
        let (stream, _) = socket.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            let mut stream = acceptor.accept(stream).await?;
            let mut question = [0; 256];
            // However much of it came: nothing in it counts.
            let _ = stream.read(&mut question).await?;
            let answer =
                b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await?;
            stream.shutdown().await
        });
    }
}

/// Who may ask a floor, from the folder it made.
pub(crate) fn asker(dir: &Path) -> anyhow::Result<Asker> {
    let read = |name: &str| std::fs::read(dir.join(name));
    Ok(Asker {
        root: first_certificate(&read("root.pem")?).context("no root")?,
        identity: Identity::from_pem(&read("client.pem")?, &read("client.key")?)?,
        token: "0".repeat(43),
    })
}
