//! Starts and ends the center: store, keys, listeners, the work it does by itself, the last checkpoint. Sockets are bound in
//! `serve/sockets.rs`; what they do stands in `listeners.rs` and `doors.rs`, the control socket in `system.rs`, the line to a collector in `trace_export`.

mod shared_state;
mod sockets;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use domain::audit::{Actor, Deed};
use domain::card_challenge::InvalidCenterName;
use domain::civil_date::Instant;
use store::engine::StoreError;
use tokio::task::JoinHandle;

use crate::admission::gate::Bounds;
use crate::app::App;
use crate::config::capacity::Capacity;
use crate::config::traces::NotTraced;
use crate::config::{Config, duration};
use crate::data_dir::{Held, NotHeld};
use crate::draining::LastDrain;
use crate::operators::ready_made::{self, ReadyMade};
use crate::training::MadeUpPatients;
use crate::{
    authority_end, bulk, card_trust, checkpoints, control, other_processes, questions,
    reading_through, revoked_outside, sessions,
};
use sockets::Sockets;

/// Reads the time; handed in, so that a test may choose it.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

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
    /// Another authority is to be made, and the centers over the same database still have theirs.
    #[error(
        "{0} holds no authority but a file named unfinished, and the other centers over this database have one; copy ca/ from one of them and start again; where another authority is to take its place, stop all centers and run DELETE FROM center.shared_key WHERE name IN ('ca', 'issuing') in the database first: every PC is enrolled anew then (docs/operations/certificate-and-key-ceremony.md)"
    )]
    AuthorityStands(std::path::PathBuf),
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
        tell_of_odd_values(config);
        let now = clock();
        // Whatever may fail comes before the event: a center that is started again and again would leave a chain each time.
        let app = shared_state::open(config, clock, now).await?;
        let sockets = Sockets::bind(&app, config, made_up).await?;
        let orders = control::bind(dir).map_err(StartError::Control)?;
        pki::sealed::write_private(&dir.join("root.pem"), app.authority.root_pem().as_bytes())?;
        app.engine
            .record(sessions::event(now, Actor::Center, Deed::Start))
            .await?;
        // Of a shared store another process may be feeding: whoever begins the next feed gives up what was cut off.
        if !app.engine.is_shared() {
            app.engine.settle_feeds(now).await?;
        }
        let own_work = spawn_work(&app, config.read_through);
        let center = Self {
            api: sockets.api.address,
            enroll: sockets.enroll.address,
            operator: sockets.operator.address,
            metrics: sockets.metrics.address,
            search: sockets.search.as_ref().map(|it| it.address),
            home: sockets.home.as_ref().map(|it| it.address),
            app: app.clone(),
            own_work,
            _held: held,
        };
        sockets.open();
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

/// Begins what the center does by itself, and returns what of it must end before the last checkpoint: it is audited.
fn spawn_work(app: &App, reads_through: bool) -> Vec<JoinHandle<()>> {
    tokio::spawn(checkpoints::sign(app.clone()));
    tokio::spawn(checkpoints::review_contradictions(app.clone()));
    tokio::spawn(card_trust::watch(app.clone()));
    tokio::spawn(authority_end::watch(app.clone()));
    tokio::spawn(other_processes::follow(app.clone()));
    tokio::spawn(crate::emergency::tell_of_edges(app.clone()));
    if reads_through {
        tokio::spawn(reading_through::once(app.clone()));
    }
    vec![
        tokio::spawn(checkpoints::forget(app.clone())),
        tokio::spawn(questions::close_what_is_over(app.clone())),
        tokio::spawn(bulk::work::work_off(app.clone())),
        tokio::spawn(crate::claims::watch::look_after(app.clone())),
    ]
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

/// Tells of settings that may not be what is meant, although the center starts with them.
fn tell_of_odd_values(config: &Config) {
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
