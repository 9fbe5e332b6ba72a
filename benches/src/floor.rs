//! The floor: the center's listener and TLS, one fixed answer, nothing behind it. Looks at no request.

use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use pki::authority::{Authority, KeyKind};
use pki::sealed::MachineKey;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use tokio::net::TcpListener;

use crate::running;

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
        &server,
        authority.root(),
        ClientCertificate::Required(Revocations::default()),
        Versions::Tls13,
    )?;
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let mut listener = Listener::start(
        socket,
        tls,
        Revocations::default(),
        std::time::Duration::from_secs(10),
    )?;
    println!("floor: {}", listener.address());
    // The parent holds the other end of the pipe: when it ends, so does this.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let answer = Bytes::from(vec![b'x'; arguments.bytes]);
    while let Some(accepted) = listener.next().await {
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer.clone();
            async move {
                // The question is read to its end, as a check's is.
                let _ = request.into_body().collect().await;
                let mut response = Response::new(Full::new(answer));
                let json = http::HeaderValue::from_static("application/json");
                response
                    .headers_mut()
                    .insert(http::header::CONTENT_TYPE, json);
                Ok::<_, Infallible>(response)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(accepted.stream), service);
        tokio::spawn(connection);
    }
    Err(anyhow::anyhow!("the floor's socket failed")).context("floor")
}
