//! The records that the modes without a card and the pages of medical information work with: a store, what they are signed and marked with.
//! Those of real people are one, those of practice another; whoever holds one cannot reach the other.

use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use exchange::medical_document::People;
use pki::receipt_key::ReceiptKeys;
use store::engine::Engine;
use tokio::sync::Semaphore;

use crate::check_ids::CheckIds;
use crate::config::emergency::Emergency;
use crate::events::Events;
use crate::keyed_hash::KeyedHash;
use crate::receipts::Sealer;
use crate::serve::Clock;

/// Copies share what they are made of.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) engine: Engine,
    /// Exchanged as a whole by a rotation.
    pub(crate) receipt_keys: Arc<ArcSwap<ReceiptKeys>>,
    /// Seals answers with those keys.
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) name: CenterName,
    pub(crate) clock: Clock,
    pub(crate) check_ids: Arc<CheckIds>,
    pub(crate) emergency: Arc<Emergency>,
    /// Of requests that may come twice.
    pub(crate) request_hash: Arc<KeyedHash>,
    /// At most this many exports at once: each holds its file in memory.
    pub(crate) exporting: Arc<Semaphore>,
    /// Who hears of what is done with them. Nobody hears of practice.
    pub(crate) events: Arc<Events>,
    /// Whether they are of people who exist; what is printed of others says so on every page.
    pub(crate) people: People,
}

impl Records {
    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }
}
