//! Starts the center: store, keys, listeners, checkpoints. The one place of this crate that touches sockets.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use api::routes;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use domain::audit::{Actor, Deed};
use domain::card_challenge::{CenterName, InvalidCenterName};
use domain::civil_date::Instant;
use exchange::medical_document::People;
use pki::server::{ClientCertificate, Examiner, HandshakeBounds, Revocations};
use store::engine::StoreError;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use ui::language::Texts;

use crate::admission::connections::Connections;
use crate::admission::facilities::Facilities;
use crate::admission::gate::{Bounds, Gate};
use crate::admission::hashes::Hashes;
use crate::app::{App, Shared, Site};
use crate::card_trust::CardTrust;
use crate::config::capacity::Capacity;
use crate::config::traces::NotTraced;
use crate::config::{Config, duration};
use crate::data_dir::{Held, NotHeld};
use crate::draining::{Draining, LastDrain};
use crate::keyed_hash::KeyedHash;
use crate::listeners::Bound;
use crate::metrics::sources::Sources;
use crate::metrics::{self, Metrics};
use crate::operators::ready_made::{self, ReadyMade};
use crate::receipts::Sealer;
use crate::records::Records;
use crate::trace_export::TraceExport;
use crate::training::{MadeUpPatients, Practice};
use crate::{
    authority_end, bulk, card_trust, checkpoints, control, download_page, home_care, listeners,
    operator, other_processes, public_keys, questions, reading_through, revoked_outside, router,
    sessions, shared_keys,
};

/// Reads the time; handed in, so that a test may choose it.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Exports at once: each holds up to 16 MiB.
const EXPORTS: usize = 4;

/// Files that are open beside connections of clients: the store's, and ways to a server.
const FILES: u64 = 500;

/// How long letting go of what is worked on may take.
const TURNS: Duration = Duration::from_secs(2);

/// How long the last checkpoint may take.
const LAST: Duration = Duration::from_secs(8);

/// How long the end takes at most after `capacity.drain_ms`: two seconds for traces, two for letting go of what is
/// worked on, eight for the last checkpoint, and five for the readers of either file.
pub const AFTER_DRAIN: Duration = Duration::from_secs(22);

/// A running center. Its tasks end with the runtime.
pub struct Center {
    /// The api listener.
    pub api: SocketAddr,
    /// The enroll listener.
    pub enroll: SocketAddr,
    /// Operators' pages.
    pub operator: SocketAddr,
    /// Health and metrics.
    pub metrics: SocketAddr,
    /// Searches without a certificate, where the operator switched them on.
    pub search: Option<SocketAddr>,
    /// Home care, where the operator switched it on.
    pub home: Option<SocketAddr>,
    app: App,
    /// What the center does by itself and audits: it ends before the last checkpoint.
    own_work: Vec<JoinHandle<()>>,
    /// Held until the center has ended.
    _held: Held,
}

impl std::fmt::Debug for Center {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Center({})", self.api)
    }
}

/// What to look at where an address cannot be listened on.
fn way_on(why: &std::io::Error) -> &'static str {
    match why.kind() {
        ErrorKind::AddrInUse => "is another program listening there?",
        ErrorKind::AddrNotAvailable => "is it an address of this machine?",
        ErrorKind::PermissionDenied => "ports below 1024 are for those with the right to them",
        _ => "look at the address",
    }
}

/// Why the center did not start. The texts name the setting or file.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    DataDir(#[from] NotHeld),
    /// A listener's address.
    #[error("{0} = \"{1}\": {2}; {way_on}", way_on = way_on(.2))]
    Listen(&'static str, SocketAddr, std::io::Error),
    /// The control socket.
    #[error("the control socket in data_dir: {0}")]
    Control(std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::config::database::NotOpened),
    /// The files of practice.
    #[error(transparent)]
    Practice(#[from] store::engine::OpenError),
    /// The database, after opening.
    #[error(transparent)]
    Read(#[from] StoreError),
    /// The certificate authority.
    #[error(transparent)]
    Authority(#[from] pki::authority::AuthorityError),
    /// The receipt key.
    #[error(transparent)]
    ReceiptKey(#[from] pki::receipt_key::ReceiptKeyError),
    /// Keys that are not those of the other centers over the same database.
    #[error(
        "{0} in data_dir is missing, or not that of the other centers over this database; copy machine.key and ca/ from one of them and start again (docs/operations/postgresql.md)"
    )]
    OtherKey(&'static str),
    /// The machine key is missing, and a center signed or issued something in the store.
    #[error(
        "{0} is missing, and this store was kept under one; no other was made: bring machine.key, receipt.key, receipt-retired.keys and ca/ back from where they are kept and start again (docs/operations/restore.md); where machine.key is lost for good, move the other three away, put an empty file named machine.key.lost into data_dir and one named unfinished into an empty ca: other keys are made then; second factors are set up anew, every PC is enrolled anew, and earlier signatures are not believed any more (docs/operations/certificate-and-key-ceremony.md)"
    )]
    NoMachineKey(std::path::PathBuf),
    /// The machine key is not the one the store was kept under.
    #[error(
        "{0} is not the key that this store was kept under; bring machine.key, receipt.key, receipt-retired.keys and ca/ back from where they are kept and start again (docs/operations/restore.md)"
    )]
    OtherMachineKey(std::path::PathBuf),
    /// The authority's folder is empty, and certificates were issued from what lay there.
    #[error(
        "{0} holds no authority, and certificates were issued from the one that lay there; bring it back from its backup (docs/operations/restore.md); where it is lost for good, put an empty file named unfinished there: another is made then, and every PC is enrolled anew"
    )]
    NoAuthority(std::path::PathBuf),
    /// The machine key.
    #[error(transparent)]
    Seal(#[from] pki::sealed::SealError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] pki::server::TlsSetup),
    /// The texts of the download page.
    #[error(transparent)]
    Texts(#[from] ui::language::InvalidTexts),
    /// The center's name.
    #[error("name: {0}; receipts and card challenges carry it")]
    Name(#[from] InvalidCenterName),
    /// A root of cards.
    #[error("cards.roots {0}: {1}")]
    CardRoot(std::path::PathBuf, String),
    /// Traces.
    #[error(transparent)]
    Traces(#[from] NotTraced),
    /// The random generator.
    #[error("the system's random generator failed")]
    Random,
}

impl Center {
    /// Starts a center and answers when all listeners do. `made_up` makes the patients that staff practise the emergency modes with.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        config: &Config,
        clock: Clock,
        made_up: MadeUpPatients,
    ) -> Result<Self, StartError> {
        let dir = &config.data_dir;
        let held = Held::take(dir)?;
        if config.is_nameless() {
            tracing::warn!(
                "host_names names no host: other machines do not take the center's certificate, and notices name localhost; write the center's name there"
            );
        }
        if config.link.has_too_many_lines() {
            tracing::warn!(
                most_lines = config.link.most_lines.get(),
                taken = config.link.lines(),
                "link.most_lines is more than link apps and terminals can take a result of; fewer are taken, and facilities divide what is more"
            );
        }
        tell_of_earlier_values(config);
        tell_of_few_files(&config.capacity);
        let now = clock();
        let traces = TraceExport::open(config.traces.as_ref(), &clock)?;
        let mut chain = [0; 16];
        aws_lc_rs::rand::fill(&mut chain).map_err(|_| StartError::Random)?;
        let engine = config
            .open_store(chain)?
            .looking_back(config.medical.look_back())
            .with_waiting_writes(config.capacity.waiting_writes.get().into());
        let machine = shared_keys::open_machine(&engine, dir).await?;
        let revocations = Revocations::default();
        engine
            .revoked_certificates()?
            .into_iter()
            .for_each(|it| revocations.add(it));
        let capacity = config.capacity;
        let gate = Arc::new(Gate::new(bounds(&capacity, capacity.in_progress)));
        let own_places = capacity.in_progress_of_operators;
        let operator_gate = Arc::new(Gate::new(bounds(&capacity, own_places)));
        let open_to_all = bounds(&capacity, capacity.in_progress_of_anybody());
        let [home_gate, enroll_gate] = [(); 2].map(|()| Arc::new(Gate::new(open_to_all)));
        let connections = Arc::new(Connections::new(capacity));
        let balancers = config.listen.balancers.clone();
        let handshakes =
            HandshakeBounds::behind(move |from| balancers.iter().any(|it| it.holds(from)));
        let draining = Arc::new(Draining::default());
        let cards = Arc::new(CardTrust::open(&config.cards, now)?);
        let authority = shared_keys::open_authority(&engine, &machine, dir, now).await?;
        let sources = Sources {
            cards: Arc::clone(&cards),
            authority_ends: authority.ends(),
            draining: Arc::clone(&draining),
            last_drain: LastDrain::take(dir),
            engine: engine.clone(),
            clock: clock.clone(),
            gates: [&gate, &operator_gate, &home_gate, &enroll_gate].map(Arc::clone),
            connections: Arc::clone(&connections),
            handshakes: handshakes.clone(),
            traces: traces.counts(),
        };
        let metrics = Metrics::new(sources);
        let signing = public_keys::open(&engine, dir, &machine, now).await?;
        let receipt_keys = Arc::new(ArcSwap::from_pointee(signing));
        let name = CenterName::parse(&config.name)?;
        let records = Records {
            engine,
            sealer: Arc::new(Sealer {
                keys: Arc::clone(&receipt_keys),
                name: name.clone(),
                clock: clock.clone(),
            }),
            receipt_keys,
            name,
            clock,
            check_ids: Arc::default(),
            emergency: Arc::new(config.emergency.clone()),
            request_hash: Arc::new(KeyedHash::new(&machine.derive("repeated-request"))),
            exporting: Arc::new(Semaphore::new(EXPORTS)),
            events: Arc::default(),
            people: People::Real,
        };
        let app = Arc::new(Shared {
            records,
            examiner: Examiner::new(authority.root(), revocations.clone())?
                .knowing(authority.issuers(now)),
            renewal_days: config.certificates.days().into(),
            authority,
            prefix_hash: KeyedHash::new(&machine.derive("password-prefix")),
            token_hash: KeyedHash::new(&machine.derive("session-token")),
            presence_hash: KeyedHash::new(&machine.derive("card-presence")),
            activation_hash: KeyedHash::new(&machine.derive("activation-code")),
            home: config.home.clone(),
            home_site: Default::default(),
            home_texts: Arc::new(Texts::new(&[home_care::pages::SCREEN])?),
            home_throttle: Default::default(),
            machine,
            data_dir: dir.clone(),
            updates: config.updates.dir.clone(),
            rotating: Default::default(),
            revocations,
            cards,
            hashes: Hashes::new(duration(capacity.wait_ms)),
            importing: Semaphore::new(1),
            limits: config.limits,
            capacity,
            gate,
            operator_gate,
            home_gate,
            enroll_gate,
            facilities: Facilities::default(),
            connections,
            handshakes,
            used: crate::listeners::Used::default(),
            draining,
            link: config.link.clone(),
            claims: crate::claims::Entry::new(config.claims.clone()),
            medical: config.medical,
            insurer_feeds: config.insurer_feeds,
            feeding: Default::default(),
            open_windows: crate::emergency::Seen::default(),
            followed: Default::default(),
            bulk: Default::default(),
            lockout: config.lockout.into(),
            checkpoint_dir: config.checkpoint_dir.clone(),
            signing: Default::default(),
            revoked_outside: Default::default(),
            metrics,
            traces,
            download_site: Default::default(),
            operator_site: Default::default(),
            operator_texts: operator::texts::read()?,
            operator_link_s: i64::from(config.operators.link_hours.get()) * 3600,
            verification: Default::default(),
            card_refusals: Default::default(),
            operator_answers: Default::default(),
            operator_throttle: Default::default(),
            texts: download_page::texts()?,
            throttle: Default::default(),
            recovery_throttle: Default::default(),
            unbound_throttle: Default::default(),
            last_list: Default::default(),
        });
        // Whatever may fail comes before the event: a center that is started again and again would leave a chain each time.
        let enroll = listeners::tls(
            &app,
            config,
            "listen.enroll",
            config.listen.enroll,
            ClientCertificate::Offered,
            router::enroll(&app),
        )
        .await?;
        let site = Site::new(&config.hosts(), enroll.address);
        // Set once: this is the only place, and it runs once.
        let _ = app.download_site.set(site);
        let ward = Practice::open(&app, dir, made_up)?;
        let api = listeners::tls(
            &app,
            config,
            "listen.api",
            config.listen.api,
            ClientCertificate::Required(app.revocations.clone()),
            router::api(&app, &ward),
        )
        .await?;
        let operator = operator_listener(&app, config).await?;
        let search = match config.link.search_listener {
            Some(settings) => Some(search_listener(&app, config, settings.listen).await?),
            None => None,
        };
        let home = match config.listen.home {
            Some(at) => Some(home_listener(&app, config, at).await?),
            None => None,
        };
        let metrics = listeners::plain(&app, config.listen.metrics, metrics_router(&app)).await?;
        let orders = control::bind(dir).map_err(StartError::Control)?;
        pki::sealed::write_private(&dir.join("root.pem"), app.authority.root_pem().as_bytes())?;
        app.engine
            .record(sessions::event(now, Actor::Center, Deed::Start))
            .await?;
        // Of a shared store another process may be feeding: whoever begins the next feed gives up what was cut off.
        if !app.engine.is_shared() {
            app.engine.settle_feeds(now).await?;
        }
        tokio::spawn(checkpoints::sign(app.clone()));
        tokio::spawn(checkpoints::review_contradictions(app.clone()));
        tokio::spawn(card_trust::watch(app.clone()));
        tokio::spawn(authority_end::watch(app.clone()));
        tokio::spawn(other_processes::follow(app.clone()));
        tokio::spawn(crate::emergency::tell_of_edges(app.clone()));
        if config.read_through {
            tokio::spawn(reading_through::once(app.clone()));
        }
        let own_work = vec![
            tokio::spawn(checkpoints::forget(app.clone())),
            tokio::spawn(questions::close_what_is_over(app.clone())),
            tokio::spawn(bulk::work::work_off(app.clone())),
            tokio::spawn(crate::claims::watch::look_after(app.clone())),
        ];
        let center = Self {
            api: api.address,
            enroll: enroll.address,
            operator: operator.address,
            metrics: metrics.address,
            search: search.as_ref().map(|it| it.address),
            home: home.as_ref().map(|it| it.address),
            app: app.clone(),
            own_work,
            _held: held,
        };
        let all = [enroll, api, operator, metrics].into_iter();
        all.chain(search).chain(home).for_each(Bound::open);
        // The last: an order may speak of the listeners.
        control::listen(orders, app);
        Ok(center)
    }

    /// Adds an operator whose password and second factor the caller gets, for a demo.
    ///
    /// # Errors
    /// A text in both languages.
    pub async fn ready_made_operator(&self, name: &str) -> Result<ReadyMade, String> {
        Ok(ready_made::make(&self.app, name).await?)
    }

    /// Ends the center: accepts nothing any more, lets open connections finish what is in progress for as long as `capacity.drain_ms`, and
    /// signs a last checkpoint, so that the chain's end is vouched for. Call before the process ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stop(self) -> Result<(), StoreError> {
        let draining = &self.app.draining;
        let (begun, open) = (std::time::Instant::now(), draining.connections());
        draining.begin();
        tracing::info!(
            connections = open,
            other_work = draining.other_work(),
            "the center ends after what is in progress"
        );
        let limit = duration(self.app.capacity.drain_ms);
        let mut own_work = self.own_work;
        let worked = async {
            for work in &mut own_work {
                // One that panicked has ended as well.
                let _ = work.await;
            }
        };
        let (drained, worked) = tokio::join!(
            tokio::time::timeout(limit, draining.over()),
            tokio::time::timeout(limit, worked)
        );
        let mut cut = 0;
        if drained.is_err() {
            cut = draining.connections();
            tracing::warn!(
                connections = cut,
                other_work = draining.other_work(),
                "what was in progress was cut, since it took longer than capacity.drain_ms; checks of claim files are done at the next start"
            );
        }
        if worked.is_err() {
            own_work.iter().for_each(JoinHandle::abort);
            tracing::warn!(
                "what the center was doing by itself took longer than capacity.drain_ms; it goes on at the next start"
            );
        }
        let last = LastDrain {
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            open: open as u64,
            cut: cut as u64,
        };
        last.keep(&self.app.data_dir);
        self.app.traces.end().await;
        let left = tokio::time::timeout(TURNS, self.app.engine.leave_work_turns()).await;
        let left =
            left.unwrap_or_else(|_| Err(StoreError::Failed("it was not done in time".into())));
        if let Err(error) = left {
            tracing::warn!(error = %error, "what was worked on was not let go of; other processes of this center take it up after a minute");
        }
        let app = &self.app;
        let last = async {
            let (signed, ()) = tokio::join!(checkpoints::last(app), revoked_outside::keep(app));
            signed
        };
        let signed = tokio::time::timeout(LAST, last).await;
        let signed = signed.unwrap_or_else(|_| {
            Err(StoreError::Failed(
                "the last checkpoint was not signed in time".into(),
            ))
        });
        let engine = self.app.engine.clone();
        let closing = tokio::task::spawn_blocking(move || engine.close());
        // One that panicked left the log beside the file, where the next center finds it.
        let _ = closing.await;
        signed
    }
}

/// The bounds of a gate with so many places.
pub(crate) fn bounds(capacity: &Capacity, places: NonZeroU32) -> Bounds {
    Bounds {
        places: places.get() as usize,
        of_facility: capacity.of_facility(),
        waiting: capacity.waiting as usize,
        waiting_of_facility: capacity.waiting_of_facility as usize,
        wait: duration(capacity.wait_ms),
    }
}

/// Tells of values that earlier versions took as well, and that do not do what they seem to.
fn tell_of_earlier_values(config: &Config) {
    for entry in config.that_are_no_hosts() {
        tracing::warn!(
            entry,
            "host_names holds what is no host name: it is left out, and a wildcard stands in the certificate alone; write names without https://, port and *"
        );
    }
    if config.certificates.has_too_few_days() {
        tracing::warn!(
            renewal_days = config.certificates.renewal_days,
            taken = config.certificates.days(),
            "certificates.renewal_days is too few to renew in time; more are taken"
        );
    }
    if config.home.consent_days == Some(0) {
        tracing::warn!(
            "home.consent_days is 0: consents at home end as soon as they are given; write 1 or more, or leave it out"
        );
    }
    for (key, policy) in config.cards.policies.that_are_none() {
        tracing::warn!(
            key,
            policy,
            "cards.policies holds what is no object identifier (OID): everything of that kind is refused"
        );
    }
}

/// Tells where this process may open fewer files than `capacity.connections` needs.
fn tell_of_few_files(capacity: &Capacity) {
    let needed = u64::from(capacity.connections.get()) + FILES;
    if let Some(most) = crate::system::most_open_files().filter(|most| *most < needed) {
        tracing::warn!(
            most,
            needed,
            "this process may open fewer files than capacity.connections needs: at that many nobody is taken in; raise LimitNOFILE of the unit, or lower capacity.connections"
        );
    }
}

/// The operators' pages. On loopback they are named so, whatever names the center has elsewhere.
async fn operator_listener(app: &App, config: &Config) -> Result<Bound, StartError> {
    let (at, none) = (config.listen.operator, ClientCertificate::None);
    let router = operator::router(app);
    let bound = listeners::tls(app, config, listeners::OPERATOR, at, none, router).await?;
    let names = if bound.address.ip().is_loopback() {
        Vec::new()
    } else {
        config.hosts()
    };
    // Set once: this is the only place, and it runs once.
    let _ = app.operator_site.set(Site::new(&names, bound.address));
    Ok(bound)
}

/// Home care: pages and devices. They are named as the setting says, where something stands in front of the listener.
async fn home_listener(app: &App, config: &Config, at: SocketAddr) -> Result<Bound, StartError> {
    let (none, router) = (ClientCertificate::None, home_care::listener::router(app));
    let bound = listeners::tls(app, config, listeners::HOME, at, none, router).await?;
    let mut site = Site::new(&config.hosts(), bound.address);
    if let Some(address) = &config.home.address {
        site.hosts.push(address.host().to_owned());
        site.address = address.base();
    }
    // Set once: this is the only place, and it runs once.
    let _ = app.home_site.set(site);
    Ok(bound)
}

/// The second listener for existing clients (interface R5): less than the others ask for, so its start is told.
async fn search_listener(app: &App, config: &Config, at: SocketAddr) -> Result<Bound, StartError> {
    tracing::warn!(
        "link.search_listener is on: searches without a client certificate are served to Web API accounts for 30 minutes from the address that signed in"
    );
    let (none, router) = (ClientCertificate::None, router::search(app));
    listeners::tls(app, config, "link.search_listener", at, none, router).await
}

fn metrics_router(app: &App) -> Router {
    Router::new()
        .route(routes::HEALTH, get(health))
        .route("/metrics", get(metrics::read))
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
