//! Starts the center: store, keys, listeners, checkpoints. The one place of this crate that touches sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::routes;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use pki::authority::Authority;
use pki::receipt_key::ReceiptKey;
use pki::sealed::MachineKey;
use pki::server::{Accepted, ClientCertificate, Listener, Revocations, Versions};
use store::audit::{Checkpoint, checkpoint_message};
use store::engine::Engine;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::app::{App, Shared};
use crate::config::Config;
use crate::extract::Peer;
use crate::{control, enroll, sessions};

/// Reads the time; handed in, so that a test may choose it.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Slow hashes at once: each takes 19 MiB and a core.
const HASHES: usize = 2;

/// Exports at once: each holds up to 16 MiB.
const EXPORTS: usize = 4;

/// A checkpoint of the audit chain is signed this often.
const CHECKPOINT: Duration = Duration::from_secs(60);

/// A running center. Its tasks end with the runtime.
pub struct Center {
    /// The api listener.
    pub api: SocketAddr,
    /// The enroll listener.
    pub enroll: SocketAddr,
    /// Health and metrics.
    pub metrics: SocketAddr,
    app: App,
}

impl std::fmt::Debug for Center {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Center({})", self.api)
    }
}

/// Why the center did not start. The texts name the setting or file.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("data_dir {0}: {1}")]
    DataDir(std::path::PathBuf, std::io::Error),
    /// A listener's address.
    #[error("listen.{0} = \"{1}\": {2}; is another program listening there?")]
    Listen(&'static str, SocketAddr, std::io::Error),
    /// The control socket.
    #[error("the control socket in data_dir: {0}")]
    Control(std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::engine::OpenError),
    /// The database, after opening.
    #[error(transparent)]
    Read(#[from] store::engine::StoreError),
    /// The certificate authority.
    #[error(transparent)]
    Authority(#[from] pki::authority::AuthorityError),
    /// The receipt key.
    #[error(transparent)]
    ReceiptKey(#[from] pki::receipt_key::ReceiptKeyError),
    /// The machine key.
    #[error(transparent)]
    Seal(#[from] pki::sealed::SealError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] pki::server::TlsSetup),
    /// The random generator.
    #[error("the system's random generator failed")]
    Random,
}

impl Center {
    /// Starts a center and answers when all listeners do.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: &Config, clock: Clock) -> Result<Self, StartError> {
        let dir = &config.data_dir;
        std::fs::create_dir_all(dir).map_err(|error| StartError::DataDir(dir.clone(), error))?;
        let now = clock();
        let machine = MachineKey::open(&dir.join("machine.key"))?;
        let mut chain = [0; 16];
        aws_lc_rs::rand::fill(&mut chain).map_err(|_| StartError::Random)?;
        let engine = Engine::open_center(&dir.join("center.db"), chain)?;
        let revocations = Revocations::default();
        engine
            .revoked_certificates(now)?
            .into_iter()
            .for_each(|it| revocations.add(it));
        let app = Arc::new(Shared {
            authority: Authority::open(&dir.join("ca"), &machine, now)?,
            receipt_key: ReceiptKey::open(&dir.join("receipt.key"), &machine)?,
            prefix_key: machine.derive("password-prefix"),
            engine,
            revocations,
            clock,
            name: config.name.clone(),
            hashing: Semaphore::new(HASHES),
            exporting: Semaphore::new(EXPORTS),
            importing: Semaphore::new(1),
            lockout: config.lockout.into(),
            checkpoint_dir: config.checkpoint_dir.clone(),
            checks: Default::default(),
        });
        app.engine
            .record(sessions::event(now, Actor::Center, Deed::Start))
            .await?;
        pki::sealed::write_private(&dir.join("root.pem"), app.authority.root_pem().as_bytes())?;
        control::listen(dir, app.clone()).map_err(StartError::Control)?;
        tokio::spawn(sign_checkpoints(app.clone()));
        let center = Self {
            api: tls(
                &app,
                config,
                "api",
                config.listen.api,
                ClientCertificate::Required,
                crate::router::api(&app),
            )
            .await?,
            enroll: tls(
                &app,
                config,
                "enroll",
                config.listen.enroll,
                ClientCertificate::None,
                enroll_router(&app),
            )
            .await?,
            metrics: plain(config.listen.metrics, metrics_router(&app)).await?,
            app,
        };
        Ok(center)
    }

    /// Signs a last checkpoint, so that the chain's end is vouched for. Call before the process ends.
    ///
    /// # Errors
    /// [`store::engine::StoreError`].
    pub async fn stop(self) -> Result<(), store::engine::StoreError> {
        checkpoint(&self.app).await
    }
}

fn enroll_router(app: &App) -> Router {
    Router::new()
        .route(routes::CERTIFICATE_DOWNLOAD, post(enroll::download))
        .with_state(app.clone())
}

fn metrics_router(app: &App) -> Router {
    Router::new()
        .route(routes::HEALTH, get(health))
        .route("/metrics", get(metrics))
        .with_state(app.clone())
}

async fn health(State(app): State<App>) -> impl IntoResponse {
    match app.engine.probe() {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let written = app.engine.written();
    let counters = [
        (
            "onshi_checks_total",
            "Checks answered since the start.",
            app.checks.load(Ordering::Relaxed),
        ),
        (
            "onshi_store_commits_total",
            "Transactions of the store, each with one sync.",
            written.commits,
        ),
        (
            "onshi_store_jobs_total",
            "Writes that shared those transactions.",
            written.jobs,
        ),
    ];
    let lines = counters.map(|(name, help, value)| {
        format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n")
    });
    let text = lines.concat();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

async fn tls(
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
    let identity = app.authority.issue_server(&names, &addresses, app.now())?;
    let versions = if config.tls12 {
        Versions::Tls12Too
    } else {
        Versions::Tls13
    };
    let tls = pki::server::config(&identity, app.authority.root(), clients, versions)?;
    let failed = |error| StartError::Listen(name, at, error);
    let socket = TcpListener::bind(at).await.map_err(failed)?;
    let mut listener = Listener::start(socket, tls, app.revocations.clone()).map_err(failed)?;
    let address = listener.address();
    let app = app.clone();
    tokio::spawn(async move {
        while let Some(accepted) = listener.next().await {
            tokio::spawn(connection(app.clone(), router.clone(), accepted));
        }
    });
    Ok(address)
}

async fn connection(app: App, router: Router, accepted: Accepted) {
    let mut router = router;
    let revoked = async {
        match &accepted.peer {
            Some(peer) => app.revocations.revoked(peer.fingerprint).await,
            None => std::future::pending().await,
        }
    };
    if let Some(peer) = accepted.peer.clone() {
        // The first use of a certificate revokes the earlier ones of its notice.
        if let Ok(gone) = app
            .engine
            .use_certificate(peer.fingerprint, app.now())
            .await
        {
            gone.into_iter().for_each(|it| app.revocations.add(it));
        }
        router = router.layer(axum::Extension(Peer(peer)));
    }
    let serve = hyper::server::conn::http1::Builder::new().serve_connection(
        TokioIo::new(accepted.stream),
        TowerToHyperService::new(router),
    );
    tokio::select! {
        _ = serve => {}
        () = revoked => tracing::info!("a connection ended because its certificate was revoked"),
    }
}

async fn plain(at: SocketAddr, router: Router) -> Result<SocketAddr, StartError> {
    let failed = |error| StartError::Listen("metrics", at, error);
    let socket = TcpListener::bind(at).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Ok(address)
}

async fn sign_checkpoints(app: App) {
    let mut every = tokio::time::interval(CHECKPOINT);
    loop {
        every.tick().await;
        let outcome = checkpoint(&app).await;
        let forgotten = forget_old_keys(&app).await;
        if let Err(error) = outcome.and(forgotten) {
            tracing::error!(error = %error, "no checkpoint could be kept");
        }
    }
}

async fn forget_old_keys(app: &App) -> Result<(), store::engine::StoreError> {
    while app.engine.forget_old_keys(app.now()).await? {}
    Ok(())
}

async fn checkpoint(app: &App) -> Result<(), store::engine::StoreError> {
    let (at, heads) = (app.now(), app.engine.heads()?);
    let signature = app.receipt_key.sign(&checkpoint_message(at, &heads));
    let signature =
        signature.map_err(|error| store::engine::StoreError::Failed(error.to_string()))?;
    let kid = app.receipt_key.kid().to_owned();
    let checkpoint = Checkpoint {
        at,
        heads,
        kid,
        signature,
    };
    if let Some(dir) = &app.checkpoint_dir
        && let Err(error) = append_outside(dir, &checkpoint)
    {
        // The store's own copy is kept all the same; the operator must see that the outside one is not.
        tracing::error!(folder = %dir.display(), error = %error, "no checkpoint could be appended outside the store");
    }
    app.engine.keep_checkpoint(checkpoint).await
}

fn append_outside(dir: &std::path::Path, checkpoint: &Checkpoint) -> std::io::Result<()> {
    use std::io::Write;
    let path = dir.join("checkpoints.jsonl");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(checkpoint.to_line().as_bytes())?;
    file.sync_all()
}
