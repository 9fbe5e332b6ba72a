//! What all handlers share: records, keys, settings. Holds nothing a restart may lose.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRef;
use domain::lockout;
use pki::authority::Authority;
use pki::sealed::MachineKey;
use pki::server::{Examiner, HandshakeBounds, Revocations};
use tokio::sync::Semaphore;
use ui::language::Texts;

use crate::admission::connections::Connections;
use crate::admission::facilities::Facilities;
use crate::admission::gate::Gate;
use crate::admission::hashes::Hashes;
use crate::audit::verification::Verification;
use crate::card_refusals::CardRefusals;
use crate::card_trust::CardTrust;
use crate::config::Limits;
use crate::config::capacity::Capacity;
use crate::config::home::Home;
use crate::config::host_name::HostName;
use crate::config::insurer_feeds::InsurerFeeds;
use crate::config::link::Link;
use crate::config::medical::Medical;
use crate::draining::Draining;
use crate::keyed_hash::KeyedHash;
use crate::metrics::Metrics;
use crate::operator::answers::Answers;
use crate::records::Records;
use crate::revocation_list::LastList;
use crate::throttle::Throttle;
use crate::trace_export::TraceExport;
use crate::trouble::{Refused, internal};

pub(crate) type App = Arc<Shared>;

pub(crate) struct Shared {
    /// Of real people; its members are read as the center's own.
    pub(crate) records: Records,
    pub(crate) authority: Authority,
    /// Seals what is kept in the data folder.
    pub(crate) machine: MachineKey,
    pub(crate) data_dir: PathBuf,
    /// Folder of releases for terminals.
    pub(crate) updates: Option<PathBuf>,
    /// One rotation of keys at a time, and the last one while the store did not answer it.
    pub(crate) rotating: tokio::sync::Mutex<Option<crate::receipt_key_rotation::Unanswered>>,
    pub(crate) revocations: Revocations,
    /// Says what a certificate offered on the enroll listener is worth.
    pub(crate) examiner: Examiner,
    /// Days before its end from which a certificate may be renewed.
    pub(crate) renewal_days: i32,
    /// Of passwords' first characters.
    pub(crate) prefix_hash: KeyedHash,
    /// Makes a session's token of its seed.
    pub(crate) token_hash: KeyedHash,
    /// Makes presence tokens of checks by card.
    pub(crate) presence_hash: KeyedHash,
    pub(crate) cards: Arc<CardTrust>,
    /// Refusals of checks by card, for requests that come twice.
    pub(crate) card_refusals: CardRefusals,
    /// Turns of slow hashes.
    pub(crate) hashes: Hashes,
    /// One import at a time, so that its slow hashes leave turns to sign-ins.
    pub(crate) importing: Semaphore,
    pub(crate) limits: Limits,
    pub(crate) capacity: Capacity,
    /// In front of the handlers of facilities' requests.
    pub(crate) gate: Arc<Gate>,
    /// In front of operators' pages.
    pub(crate) operator_gate: Arc<Gate>,
    /// In front of what comes to the home listener.
    pub(crate) home_gate: Arc<Gate>,
    /// In front of what comes to the enroll listener.
    pub(crate) enroll_gate: Arc<Gate>,
    pub(crate) facilities: Facilities,
    pub(crate) connections: Arc<Connections>,
    /// Of all listeners.
    pub(crate) handshakes: HandshakeBounds,
    /// Certificates of whose use the store knows.
    pub(crate) used: crate::listeners::Used,
    pub(crate) draining: Arc<Draining>,
    pub(crate) link: Link,
    pub(crate) claims: crate::claims::Entry,
    pub(crate) medical: Medical,
    pub(crate) insurer_feeds: InsurerFeeds,
    /// One feed at a time.
    pub(crate) feeding: tokio::sync::Mutex<()>,
    /// Which windows were open when it was last looked.
    pub(crate) open_windows: crate::emergency::Seen,
    /// Searches of the history that open pages repeat.
    pub(crate) followed: crate::history::Followed,
    /// Wakes the worker of bulk orders.
    pub(crate) bulk: tokio::sync::Notify,
    pub(crate) lockout: lockout::Policy,
    pub(crate) checkpoint_dir: Option<PathBuf>,
    /// One checkpoint at a time, and what they have signed.
    pub(crate) signing: tokio::sync::Mutex<crate::checkpoints::Signing>,
    /// The revocations outside, and what stands there.
    pub(crate) revoked_outside: crate::revoked_outside::RevokedOutside,
    pub(crate) metrics: Metrics,
    pub(crate) traces: TraceExport,
    /// Where certificates are downloaded; known when the listener has its port.
    pub(crate) download_site: OnceLock<Site>,
    /// Where operators' pages are.
    pub(crate) operator_site: OnceLock<Site>,
    /// Texts of the operators' pages.
    pub(crate) operator_texts: Arc<Texts>,
    /// Seconds an operator's one-time link opens.
    pub(crate) operator_link_s: i64,
    /// The verification of the audit chain that runs, or ran last.
    pub(crate) verification: Verification,
    /// Answers to forms of operators' pages, for those that come twice.
    pub(crate) operator_answers: Answers,
    /// Of sign-ins and one-time links on the operators' pages.
    pub(crate) operator_throttle: Throttle,
    /// Texts of the download page.
    pub(crate) texts: Arc<Texts>,
    /// Of activation codes.
    pub(crate) activation_hash: KeyedHash,
    /// Home care: how long a consent lasts.
    pub(crate) home: Home,
    /// Where the pages of home care are, while they are served.
    pub(crate) home_site: OnceLock<Site>,
    pub(crate) home_texts: Arc<Texts>,
    pub(crate) home_throttle: Throttle,
    pub(crate) throttle: Throttle,
    /// Of recoveries, by certificate.
    pub(crate) recovery_throttle: Throttle,
    /// Of the listener for searches without a certificate: what is refused there.
    pub(crate) unbound_throttle: Throttle,
    pub(crate) last_list: LastList,
}

/// A listener with pages as browsers name it.
#[derive(Debug)]
pub(crate) struct Site {
    /// The `Host` values it answers.
    pub(crate) hosts: Vec<String>,
    /// The address for people.
    pub(crate) address: String,
    /// Whether `address` is for this machine alone, though the listener is for others: the settings name no host.
    pub(crate) is_nameless: bool,
}

impl Site {
    /// Of the center's names and the listener's address.
    pub(crate) fn new(names: &[HostName], at: SocketAddr) -> Self {
        let name = names.first().map(HostName::in_address);
        let name = name.unwrap_or_else(|| "localhost".to_owned());
        Self {
            hosts: crate::page_guard::hosts(names, at),
            address: format!("https://{name}:{}/", at.port()),
            is_nameless: names.is_empty() && !at.ip().is_loopback(),
        }
    }
}

impl Deref for Shared {
    type Target = Records;

    fn deref(&self) -> &Records {
        &self.records
    }
}

impl FromRef<App> for Records {
    fn from_ref(app: &App) -> Self {
        app.records.clone()
    }
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Refused> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(internal("the system gives no random bytes"))?;
    Ok(bytes)
}
