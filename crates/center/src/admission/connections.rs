//! How many connections are open, of all, of one certificate and of one address. A connection beyond that is closed before anything is read
//! from it.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pki::server::network;

use crate::config::capacity::Capacity;

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Opener {
    /// The holder of a certificate, by its fingerprint.
    Certificate([u8; 32]),
    /// An address, where no certificate was shown.
    Address(IpAddr),
    /// An address on the listener of the operators' pages.
    Operator(IpAddr),
    /// A proxy in front of the home listener, or a balancer, on behalf of many.
    Proxy(IpAddr),
}

impl Opener {
    /// Whether it shows no certificate and is not the operator.
    fn is_anybody(self) -> bool {
        match self {
            Self::Address(_) | Self::Proxy(_) => true,
            Self::Certificate(_) | Self::Operator(_) => false,
        }
    }
}

/// Which bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMany {
    /// Of all connections.
    All,
    /// Of one certificate's.
    OfCertificate,
    /// Of one address's.
    OfAddress,
    /// Of those without a certificate, of all addresses.
    WithoutCertificate,
}

impl TooMany {
    pub(crate) const ALL: [Self; 4] = [
        Self::All,
        Self::OfCertificate,
        Self::OfAddress,
        Self::WithoutCertificate,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::OfCertificate => "certificate",
            Self::OfAddress => "address",
            Self::WithoutCertificate => "without_certificate",
        }
    }
}

/// The connections that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    bounds: Capacity,
    open: Mutex<Open>,
    refused: [AtomicU64; TooMany::ALL.len()],
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// Of them, of addresses: anybody's.
    anybodys: usize,
    of: HashMap<Opener, usize>,
}

impl Connections {
    pub(crate) fn new(bounds: Capacity) -> Self {
        Self {
            bounds,
            open: Mutex::default(),
            refused: Default::default(),
        }
    }

    /// Counts another connection, until what is returned is dropped.
    ///
    /// # Errors
    /// [`TooMany`].
    pub(crate) fn open(self: &Arc<Self>, opener: Opener) -> Result<OpenPlace, TooMany> {
        let opener = match opener {
            Opener::Address(address) => Opener::Address(network(address)),
            Opener::Operator(address) => Opener::Operator(network(address)),
            Opener::Certificate(_) | Opener::Proxy(_) => opener,
        };
        let counted = self.count(opener);
        if let Err(why) = counted
            && let Some(count) = self.refused.get(why as usize)
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
        counted.map(|()| OpenPlace {
            connections: Arc::clone(self),
            opener,
        })
    }

    fn count(&self, opener: Opener) -> Result<(), TooMany> {
        let (most, why) = match opener {
            Opener::Certificate(_) => (
                self.bounds.connections_of_certificate,
                TooMany::OfCertificate,
            ),
            Opener::Address(_) | Opener::Operator(_) => {
                (self.bounds.connections_of_address, TooMany::OfAddress)
            }
            // Bounded with all who show no certificate.
            Opener::Proxy(_) => (self.bounds.connections, TooMany::All),
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.bounds.connections.get() as usize;
        if all <= open.all {
            return Err(TooMany::All);
        }
        // Half is left to facilities, however many addresses somebody has.
        let is_anybodys = opener.is_anybody();
        if is_anybodys && (all / 2).max(1) <= open.anybodys {
            return Err(TooMany::WithoutCertificate);
        }
        let own = open.of.entry(opener).or_default();
        if most.get() as usize <= *own {
            return Err(why);
        }
        *own += 1;
        open.all += 1;
        open.anybodys += usize::from(is_anybodys);
        Ok(())
    }

    /// Connections refused since the start.
    pub(crate) fn refused(&self, why: TooMany) -> u64 {
        let count = self.refused.get(why as usize);
        count.map_or(0, |it| it.load(Ordering::Relaxed))
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(crate) struct OpenPlace {
    connections: Arc<Connections>,
    opener: Opener,
}

impl Drop for OpenPlace {
    fn drop(&mut self) {
        let open = &self.connections.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let is_anybodys = self.opener.is_anybody();
        open.anybodys = open.anybodys.saturating_sub(usize::from(is_anybodys));
        if let Some(own) = open.of.get_mut(&self.opener) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.of.remove(&self.opener);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn connections(all: u32, certificate: u32, address: u32) -> Arc<Connections> {
        let most = |number| NonZeroU32::new(number).unwrap();
        Arc::new(Connections::new(Capacity {
            connections: most(all),
            connections_of_certificate: most(certificate),
            connections_of_address: most(address),
            ..Capacity::default()
        }))
    }

    #[test]
    fn a_certificate_an_address_and_all_together_have_their_bounds() {
        let all = connections(4, 2, 1);
        let (one, other) = (Opener::Certificate([1; 32]), Opener::Certificate([2; 32]));
        let here = Opener::Address([192, 0, 2, 1].into());
        let first = all.open(one).unwrap();
        let _second = all.open(one).unwrap();
        assert_eq!(all.open(one).unwrap_err(), TooMany::OfCertificate);
        let _third = all.open(here).unwrap();
        assert_eq!(all.open(here).unwrap_err(), TooMany::OfAddress);
        let _fourth = all.open(other).unwrap();
        assert_eq!(all.open(other).unwrap_err(), TooMany::All);
        drop(first);
        assert!(all.open(one).is_ok());
        assert_eq!(TooMany::ALL.map(|why| all.refused(why)), [1, 1, 1, 0]);
    }

    #[test]
    fn a_proxy_has_what_all_without_a_certificate_have() {
        let all = connections(8, 1, 1);
        let proxy = Opener::Proxy([192, 0, 2, 1].into());
        let taken: Vec<_> = (0..4).map(|_| all.open(proxy).unwrap()).collect();
        assert_eq!(all.open(proxy).unwrap_err(), TooMany::WithoutCertificate);
        drop(taken);
        assert!(all.open(Opener::Address([192, 0, 2, 2].into())).is_ok());
    }

    #[test]
    fn connections_without_a_certificate_leave_half_to_facilities_and_room_to_operators() {
        let all = connections(8, 8, 1);
        let address = |last: u8| Opener::Address([192, 0, 2, last].into());
        let mut open: Vec<OpenPlace> = (0..4).map(|it| all.open(address(it)).unwrap()).collect();
        let fifth = all.open(address(4)).unwrap_err();
        assert_eq!(fifth, TooMany::WithoutCertificate);
        for number in 0..3 {
            open.push(all.open(Opener::Certificate([number; 32])).unwrap());
        }
        let operator = Opener::Operator([192, 0, 2, 9].into());
        open.push(all.open(operator).unwrap());
        assert_eq!(all.open(address(4)).unwrap_err(), TooMany::All);
        open.remove(0);
        assert!(all.open(address(4)).is_ok());
    }

    #[test]
    fn whoever_is_gone_takes_no_memory() {
        let all = connections(10, 10, 10);
        for number in 0..10_000_u32 {
            let from = IpAddr::from(number.to_be_bytes());
            drop(all.open(Opener::Address(from)).unwrap());
        }
        let open = all.open.lock().unwrap();
        assert_eq!((open.all, open.anybodys, open.of.len()), (0, 0, 0));
    }
}
