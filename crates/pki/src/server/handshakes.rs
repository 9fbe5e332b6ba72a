//! The handshakes under way on a listener, and how many of them one network may have. Accepts nothing and speaks no TLS.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Handshakes under way at once; further connections wait in the kernel's queue.
const ALL: usize = 512;

/// Of them, of one network once half of all places are taken; before that it may have what is free, since many terminals may stand behind one
/// address.
const OF_NETWORK: usize = 32;

/// Whether an address is a balancer's.
type IsBalancer = dyn Fn(IpAddr) -> bool + Send + Sync;

/// Whose handshakes are not bounded by network, and how many connections were closed by that bound or by time, or could not be taken in. Clones
/// count together.
#[derive(Clone, Default)]
pub struct HandshakeBounds {
    /// The listener's name in the log.
    listener: &'static str,
    is_balancer: Option<Arc<IsBalancer>>,
    closed_doors: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    timed_out: Arc<AtomicU64>,
}

impl std::fmt::Debug for HandshakeBounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HandshakeBounds({} refused)", self.refused())
    }
}

impl HandshakeBounds {
    /// Behind balancers that pass TLS through: many clients come from their addresses, so that these are bounded by all places alone.
    #[must_use]
    pub fn behind(is_balancer: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self {
            is_balancer: Some(Arc::new(is_balancer)),
            ..Self::default()
        }
    }

    /// The same for a listener that the log names so.
    #[must_use]
    pub fn of(mut self, listener: &'static str) -> Self {
        self.listener = listener;
        self
    }

    pub(super) fn listener(&self) -> &'static str {
        self.listener
    }

    pub(super) fn count_closed_door(&self) {
        self.closed_doors.fetch_add(1, Ordering::Relaxed);
    }

    /// How often since the start nobody could be taken in for a while.
    #[must_use]
    pub fn closed_doors(&self) -> u64 {
        self.closed_doors.load(Ordering::Relaxed)
    }

    /// Whether many clients come from an address.
    #[must_use]
    pub fn is_balancer(&self, from: IpAddr) -> bool {
        let is_balancer = self.is_balancer.as_ref();
        is_balancer.is_some_and(|is_balancer| is_balancer(from))
    }

    /// Connections closed before their handshake since the start.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections closed since the start because their handshake took too long.
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }
}

/// The handshakes of a listener.
#[derive(Debug)]
pub(super) struct Handshakes {
    room: Arc<Semaphore>,
    by_network: Arc<Mutex<HashMap<IpAddr, usize>>>,
    bounds: HandshakeBounds,
}

impl Handshakes {
    pub(super) fn new(bounds: HandshakeBounds) -> Self {
        Self {
            room: Arc::new(Semaphore::new(ALL)),
            by_network: Arc::default(),
            bounds,
        }
    }

    /// A place for the next connection, whoever's it will be; waits for one. `None` never comes while the listener lives.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// Counts a handshake in its place, until what is returned is dropped; `None` where its network has as many as it may.
    pub(super) fn begin(&self, place: OwnedSemaphorePermit, from: IpAddr) -> Option<Handshake> {
        if self.bounds.is_balancer(from) {
            return Some(self.handshake(place, None));
        }
        let network = network(from);
        let is_crowded = self.room.available_permits() < ALL / 2;
        let mut counts = self
            .by_network
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let own = counts.get(&network).copied().unwrap_or_default();
        if is_crowded && OF_NETWORK <= own {
            self.bounds.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        counts.insert(network, own + 1);
        Some(self.handshake(place, Some(network)))
    }

    fn handshake(&self, place: OwnedSemaphorePermit, network: Option<IpAddr>) -> Handshake {
        Handshake {
            network,
            by_network: Arc::clone(&self.by_network),
            timed_out: Arc::clone(&self.bounds.timed_out),
            _place: place,
        }
    }
}

/// A handshake that is counted.
#[derive(Debug)]
pub(super) struct Handshake {
    /// None of a balancer.
    network: Option<IpAddr>,
    by_network: Arc<Mutex<HashMap<IpAddr, usize>>>,
    timed_out: Arc<AtomicU64>,
    _place: OwnedSemaphorePermit,
}

impl Handshake {
    /// Counts it as one that took too long. Whose it was is not told.
    pub(super) fn time_out(self) {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
        tracing::debug!("a connection was closed since its TLS handshake took too long");
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        let Some(network) = self.network else {
            return;
        };
        let mut counts = self
            .by_network
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = counts.get_mut(&network) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                counts.remove(&network);
            }
        }
    }
}

/// The address itself, or the /64 an IPv6 address lies in: one subscriber has all of it.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_network_takes_half_of_the_places_at_most_and_others_find_theirs() {
        let handshakes = Handshakes::new(HandshakeBounds::default());
        let from = async |last: u8| {
            let place = handshakes.place().await.unwrap();
            handshakes.begin(place, IpAddr::from([192, 0, 2, last]))
        };
        let mut under_way = Vec::new();
        while let Some(handshake) = from(1).await {
            under_way.push(handshake);
        }
        assert_eq!(under_way.len(), ALL / 2);
        for _ in 0..OF_NETWORK {
            under_way.push(from(2).await.unwrap());
        }
        assert!(from(2).await.is_none());
        assert!(from(3).await.is_some());
        assert_eq!(handshakes.bounds.refused(), 2);
        drop(under_way);
        assert!(from(1).await.is_some());
        assert!(handshakes.by_network.lock().unwrap().is_empty());
        assert_eq!(handshakes.room.available_permits(), ALL);
    }

    #[tokio::test]
    async fn a_balancer_is_bounded_by_all_places_alone_and_others_as_ever() {
        let balancer = IpAddr::from([192, 0, 2, 1]);
        let bounds = HandshakeBounds::behind(move |from| from == balancer);
        let handshakes = Handshakes::new(bounds.clone());
        let from = async |last: u8| {
            let place = handshakes.place().await.unwrap();
            handshakes.begin(place, IpAddr::from([192, 0, 2, last]))
        };
        let mut under_way = Vec::new();
        for _ in 0..ALL - OF_NETWORK - 1 {
            under_way.push(from(1).await.unwrap());
        }
        for _ in 0..OF_NETWORK {
            under_way.push(from(2).await.unwrap());
        }
        assert!(from(2).await.is_none());
        assert_eq!(bounds.refused(), 1);
        under_way.push(from(1).await.unwrap());
        assert_eq!(handshakes.room.available_permits(), 0);
        drop(under_way);
        assert!(handshakes.by_network.lock().unwrap().is_empty());
        assert_eq!(handshakes.room.available_permits(), ALL);
    }
}
