//! What all handlers share: store, keys, clock. Holds nothing a restart may lose.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use domain::civil_date::Instant;
use domain::lockout;
use pki::authority::Authority;
use pki::receipt_key::ReceiptKey;
use pki::server::Revocations;
use store::engine::Engine;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::config::Limits;
use crate::serve::Clock;

pub(crate) type App = Arc<Shared>;

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) authority: Authority,
    pub(crate) receipt_key: ReceiptKey,
    pub(crate) revocations: Revocations,
    pub(crate) clock: Clock,
    pub(crate) name: String,
    /// Key of the hashes of passwords' first characters.
    pub(crate) prefix_key: Zeroizing<[u8; 32]>,
    /// At most this many slow hashes at once.
    pub(crate) hashing: Semaphore,
    /// At most this many exports at once: each holds its file in memory.
    pub(crate) exporting: Semaphore,
    /// One import at a time, so that its slow hashes leave turns to sign-ins.
    pub(crate) importing: Semaphore,
    pub(crate) limits: Limits,
    pub(crate) lockout: lockout::Policy,
    pub(crate) checkpoint_dir: Option<std::path::PathBuf>,
    pub(crate) checks: AtomicU64,
}

impl Shared {
    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], crate::trouble::Refused> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| api::problem::Trouble::Internal)?;
    Ok(bytes)
}
