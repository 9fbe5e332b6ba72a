//! Serves the patients' pages on loopback; refuses foreign hosts, foreign pages and browsers it did not launch. Opens the
//! one socket of this crate.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use api::client::Client;
use api::client::machine::MachineAccount;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use card::card_desk::CardDesk;
use domain::card_challenge::CenterName;
use domain::facility_kind::FacilityKind;
use tokio::net::TcpListener;
use ui::loopback;

use crate::config::Times;
use crate::launch::Launch;
use crate::link::{self, Link};
use crate::machine::Machine;
use crate::pages;
use crate::profile::Profile;
use crate::room::{self, Front, Parts};
use crate::texts::{Language, Texts, Words};

/// The largest body taken, in bytes: a PIN or a press.
const FORM_BYTES: usize = 1 << 10;

/// What a kiosk works with.
pub struct Setup {
    /// Card reader and terminal keys.
    pub machine: Machine,
    /// The client of the center.
    pub client: Client,
    /// The center's name: nothing is signed for another.
    pub center: CenterName,
    /// The reader account.
    pub account: MachineAccount,
    /// The reader profile.
    pub profile: Profile,
    /// Host name of the pages; `kiosk.localhost` by default.
    pub host_name: String,
    /// Where to listen: loopback.
    pub listen: SocketAddr,
    /// How long the kiosk waits.
    pub times: Times,
    /// The file with the launch address.
    pub launch_file: PathBuf,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, …)", self.listen)
    }
}

/// A kiosk that runs; it ends with the runtime.
#[derive(Clone)]
pub struct Kiosk {
    /// Address of the pages.
    pub address: String,
    launch: Arc<Launch>,
}

impl std::fmt::Debug for Kiosk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kiosk({}, …)", self.address)
    }
}

/// Why a kiosk did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The pages cannot be served there.
    #[error("listen.pages: cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The address is not loopback.
    #[error("listen.pages: patients' pages are served on loopback only")]
    NotLoopback,
    /// The texts of the reader profile cannot be used.
    #[error(transparent)]
    Texts(#[from] crate::texts::InvalidTexts),
    /// The launch address cannot be made.
    #[error("{0}")]
    Launch(String),
    /// The card reader's thread cannot be started.
    #[error("the card reader's thread cannot be started: {0}")]
    Desk(#[source] std::io::Error),
}

impl Kiosk {
    /// A fresh launch address for a browser; the one before is good no more.
    ///
    /// # Errors
    /// [`StartError::Launch`].
    pub fn launch_address(&self) -> Result<String, StartError> {
        let renewed = self.launch.renew();
        renewed.map_err(|error| StartError::Launch(error.to_string()))
    }
}

pub(crate) struct Shared {
    pub(crate) front: Front,
    pub(crate) launch: Arc<Launch>,
    /// For pages outside the flow.
    pub(crate) words: Words,
    own: String,
}

pub(crate) type App = Arc<Shared>;

/// Starts desk, link and pages.
///
/// # Errors
/// [`StartError`].
pub async fn start(setup: Setup) -> Result<Kiosk, StartError> {
    if !setup.listen.ip().is_loopback() {
        return Err(StartError::NotLoopback);
    }
    let texts = Texts::new(FacilityKind::Medical, &setup.profile.texts)?;
    let words = Words::new(
        Arc::new(Texts::new(FacilityKind::Medical, &setup.profile.texts)?),
        Language::default(),
    );
    let listening = |error| StartError::Listen(setup.listen, error);
    let socket = TcpListener::bind(setup.listen).await.map_err(listening)?;
    let port = socket.local_addr().map_err(listening)?.port();
    let own = format!("{}:{port}", setup.host_name);
    let address = format!("http://{own}/");
    let keys = setup.machine.keys();
    let (reader, settings) = setup.machine.desk_settings();
    let (desk, desk_events) = CardDesk::open(reader, settings).map_err(StartError::Desk)?;
    let front = room::open(Parts {
        desk,
        desk_events,
        link: Link::new(setup.client, setup.center),
        kiosk: link::Kiosk {
            account: setup.account,
            profile: setup.profile.id,
        },
        keys,
        times: setup.times,
        steps: setup.profile.steps,
        overrides: setup.profile.texts,
        texts,
    });
    let launch = Arc::new(Launch::new(address.clone(), setup.launch_file));
    let app = Arc::new(Shared {
        front,
        launch: launch.clone(),
        words,
        own,
    });
    let router = routes(&app).with_state(app);
    tokio::spawn(loopback::serve(socket, router));
    Ok(Kiosk { address, launch })
}

fn routes(app: &App) -> Router<App> {
    let own = app.own.clone();
    let guarded = axum::middleware::from_fn(move |request, next| {
        loopback::guarded(own.clone(), request, next)
    });
    Router::new()
        .route("/", get(pages::home))
        .route("/events", get(pages::events))
        .route("/press", post(pages::press))
        .route("/pin", post(pages::pin))
        .route("/touch", post(pages::touch))
        .route("/call", post(pages::call))
        .route("/language", post(pages::language))
        .route("/comfort", post(pages::comfort))
        .route("/kiosk.css", get(pages::stylesheet))
        .route("/kiosk.js", get(pages::script))
        .route("/assets/{file}", get(pages::asset))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(guarded)
}
