//! The set-up of a bare PC (G35, contracts §9): from the notice to a terminal that starts. Its pages are served on loopback while no
//! terminal is set up there, and no longer; they show no secret again that was typed. Each step writes all of its files or says why not.

mod backup;
mod certificate;
mod fields;
mod files;
mod machines;
mod pages;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::client::Client;
use axum::Router;
use axum::routing::{get, post};
use pki::identity::Holder;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use ui::language::Texts;

use crate::backups::{self, Backups};
use crate::serve::{Clock, asset};
use crate::texts::SCREENS;

pub use files::{Part, Places, says_something};

/// What a wizard works with.
#[derive(Clone)]
pub struct Setup {
    /// Where the pages are served: loopback.
    pub listen: SocketAddr,
    /// Their host name.
    pub host_name: String,
    /// Where everything is written.
    pub places: Places,
    /// The clock.
    pub clock: Clock,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, {:?})", self.listen, self.places)
    }
}

/// A wizard that is being served.
pub struct Running {
    /// Address of its page.
    pub address: String,
    /// Host and port it was served at: the terminal goes on there.
    pub listen: SocketAddr,
    finished: oneshot::Receiver<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.address)
    }
}

impl Running {
    /// Waits until the set-up is finished and its socket is free again.
    pub async fn finished(self) {
        // A wizard that is gone has nothing more to say.
        let _ = self.finished.await;
    }
}

/// A page that is being read when the set-up ends gets so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is known so far.
#[derive(Default)]
struct Draft {
    center: Option<Known>,
    installed: Option<Installed>,
    /// Where the verified backup of the certificate lies, or that it is put off.
    backup: Option<String>,
    /// ID of the link app's account, once it was handed over.
    link: Option<String>,
    /// ID of the reader's account, once it was handed over.
    reader: Option<String>,
}

/// A center whose root is the one on the notice.
#[derive(Clone)]
struct Known {
    api: String,
    enroll: String,
    /// Its name, which cards sign for.
    name: String,
    root: CertificateDer<'static>,
}

/// The certificate that was installed.
#[derive(Clone)]
struct Installed {
    name: String,
    client: Client,
    holder: Holder,
    /// The file that was downloaded.
    file: PathBuf,
}

struct Shared {
    draft: Mutex<Draft>,
    /// One step at a time.
    turn: tokio::sync::Mutex<()>,
    places: Places,
    backups: Backups,
    clock: Clock,
    texts: Arc<Texts>,
    host_name: String,
    own: String,
    listen: SocketAddr,
    ended: watch::Sender<bool>,
}

type Wizard = Arc<Shared>;

impl Shared {
    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the pages.
///
/// # Errors
/// The socket's; `InvalidInput` for an address that is not loopback.
pub async fn start(setup: Setup) -> std::io::Result<Running> {
    if !setup.listen.ip().is_loopback() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "listen: set-up pages are served on loopback only",
        ));
    }
    let socket = TcpListener::bind(setup.listen).await?;
    let listen = socket.local_addr()?;
    let own = format!("{}:{}", setup.host_name, listen.port());
    let texts = Texts::new(&SCREENS).map_err(std::io::Error::other)?;
    let wizard = Arc::new(Shared {
        draft: Mutex::default(),
        turn: tokio::sync::Mutex::default(),
        backups: Backups::open(backups::Setup::of_this_machine(
            &setup.places.terminal.data_dir,
            &setup.places.downloads,
            setup.places.other_hardware.clone(),
        )),
        places: setup.places,
        clock: setup.clock,
        texts: Arc::new(texts),
        host_name: setup.host_name,
        own: own.clone(),
        listen,
        ended: watch::Sender::new(false),
    });
    let (told, finished) = oneshot::channel();
    let router = router(wizard.clone());
    tokio::spawn(async move {
        let mut ended = wizard.ended.subscribe();
        let mut long_ended = wizard.ended.subscribe();
        let served = axum::serve(socket, router).with_graceful_shutdown(async move {
            let _ = ended.wait_for(|is| *is).await;
        });
        tokio::select! {
            served = served.into_future() => if let Err(error) = served {
                tracing::error!(error = %error, "the set-up's pages ended");
            },
            // A browser that holds a connection open holds up nothing.
            () = async {
                let _ = long_ended.wait_for(|is| *is).await;
                tokio::time::sleep(PATIENCE).await;
            } => {}
        }
        let _ = told.send(());
    });
    Ok(Running {
        address: format!("http://{own}/setup"),
        listen,
        finished,
    })
}

fn router(wizard: Wizard) -> Router {
    let own = wizard.own.clone();
    Router::new()
        .route("/", get(pages::first))
        .route("/setup", get(pages::page))
        .route("/setup/center", post(pages::center))
        .route("/setup/certificate", post(certificate::certificate))
        .route("/setup/backup", post(backup::backup))
        .route("/setup/link", post(machines::link))
        .route("/setup/reader", post(machines::reader))
        .route("/setup/finish", post(pages::finish))
        .route("/language", post(pages::language))
        .route("/about", get(pages::first))
        .route("/assets/{file}", get(asset))
        .fallback(pages::first)
        .layer(axum::middleware::from_fn(move |request, next| {
            ui::loopback::guarded(own.clone(), request, next)
        }))
        .with_state(wizard)
}
