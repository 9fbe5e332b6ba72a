//! How many requests one address may send to a listener that is open to everybody: a bucket per address, in bounded memory. Whoever finds no room
//! shares a bucket with its neighbours, and at the last with all the rest: those who fill the memory shut nobody out. Knows no route.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use domain::civil_date::Instant;
use pki::server::network;

use crate::admission::connections::Opener;

/// What a bucket holds.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Requests at once.
    burst: i64,
    /// How many more are allowed after each [`REFILL_S`].
    gains: i64,
}

/// The bucket of an address. Several clinics may share one.
const ONE: Size = Size {
    burst: 30,
    gains: 1,
};

/// The bucket of all who find room in no other.
const REST: Size = Size {
    burst: 3_000,
    gains: 100,
};

/// A bucket gains after this many seconds.
const REFILL_S: i64 = 2;

/// Buckets remembered at most of addresses, and as many of wider networks; a full bucket is forgotten.
const MOST: usize = 4_096;

/// The buckets of all addresses, or of all certificates.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Of addresses, and of wider networks.
    buckets: [Buckets; 2],
    rest: Option<Bucket>,
}

#[derive(Debug, Default)]
struct Buckets {
    of: HashMap<Opener, Bucket>,
    /// When full ones were looked for last.
    tidied: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: i64,
    since: Instant,
}

impl Throttle {
    /// Takes one request of an address.
    ///
    /// # Errors
    /// Seconds to wait.
    pub(crate) fn take(&self, from: IpAddr, now: Instant) -> Result<(), i64> {
        let of = [network(from), wide(from)].map(Opener::Address);
        self.take_first(&of, now)
    }

    /// Takes one request of a certificate, by its fingerprint.
    ///
    /// # Errors
    /// Seconds to wait.
    pub(crate) fn take_of(&self, certificate: [u8; 32], now: Instant) -> Result<(), i64> {
        self.take_first(&[Opener::Certificate(certificate)], now)
    }

    /// Takes of the first bucket there is room for.
    fn take_first(&self, of: &[Opener], now: Instant) -> Result<(), i64> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { buckets, rest } = &mut *kept;
        for (buckets, of) in buckets.iter_mut().zip(of) {
            if let Some(bucket) = buckets.get(*of, now) {
                return bucket.take(ONE, now);
            }
        }
        rest.get_or_insert(Bucket::full(REST, now)).take(REST, now)
    }
}

impl Buckets {
    /// The bucket of one; `None` where there is no room for it.
    fn get(&mut self, of: Opener, now: Instant) -> Option<&mut Bucket> {
        if MOST <= self.of.len() && !self.of.contains_key(&of) {
            // At most once a second: sooner hardly any would be full.
            if self.tidied.is_none_or(|at| at.seconds_until(now) != 0) {
                self.of
                    .retain(|_, bucket| bucket.refilled(ONE, now).left < ONE.burst);
                self.tidied = Some(now);
            }
            if MOST <= self.of.len() {
                return None;
            }
        }
        Some(self.of.entry(of).or_insert(Bucket::full(ONE, now)))
    }
}

impl Bucket {
    fn full(size: Size, now: Instant) -> Self {
        Self {
            left: size.burst,
            since: now,
        }
    }

    fn take(&mut self, size: Size, now: Instant) -> Result<(), i64> {
        *self = self.refilled(size, now);
        if self.left < 1 {
            return Err(REFILL_S);
        }
        self.left -= 1;
        Ok(())
    }

    fn refilled(self, size: Size, now: Instant) -> Self {
        let times = self.since.seconds_until(now).max(0).div_euclid(REFILL_S);
        let left = self.left.saturating_add(times.saturating_mul(size.gains));
        if size.burst <= left {
            return Self::full(size, now);
        }
        Self {
            left,
            since: self.since.plus_seconds(times * REFILL_S),
        }
    }
}

/// The network around it: the /48 of an IPv6 address, the /24 of an IPv4 address.
fn wide(address: IpAddr) -> IpAddr {
    match network(address) {
        IpAddr::V4(four) => Ipv4Addr::from_bits(four.to_bits() & !0xff).into(),
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !(u128::MAX >> 48)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    /// The first address of the /24 of a number.
    fn address(number: usize) -> IpAddr {
        let bits = u32::try_from(number).unwrap() << 8;
        IpAddr::from(bits.to_be_bytes())
    }

    #[test]
    fn an_address_waits_after_its_burst_and_others_do_not() {
        let (throttle, one) = (Throttle::default(), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..ONE.burst {
            assert_eq!(throttle.take(one, second(0)), Ok(()));
        }
        assert_eq!(throttle.take(one, second(1)), Err(REFILL_S));
        assert_eq!(throttle.take(one, second(2)), Ok(()));
        assert_eq!(throttle.take(one, second(2)), Err(REFILL_S));
        assert_eq!(throttle.take([192, 0, 2, 2].into(), second(2)), Ok(()));
    }

    #[test]
    fn a_subscribers_addresses_share_one_bucket() {
        let throttle = Throttle::default();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        for last in 0..30 {
            assert_eq!(throttle.take(address(last), second(0)), Ok(()));
        }
        assert!(throttle.take(address(99), second(0)).is_err());
        let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201]);
        assert_eq!(network(mapped), IpAddr::from([192, 0, 2, 1]));
        assert_eq!(wide(mapped), IpAddr::from([192, 0, 2, 0]));
        let far = IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]);
        let around = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]);
        assert_eq!(wide(far), around);
    }

    #[test]
    fn a_stranger_is_answered_though_all_that_are_remembered_are_busy() {
        let throttle = Throttle::default();
        for at in 0..MOST {
            assert_eq!(throttle.take(address(at), second(0)), Ok(()));
        }
        // It shares with its neighbours, who use up what they have together.
        let (one, neighbour) = ([203, 0, 113, 1], [203, 0, 113, 2]);
        for _ in 0..ONE.burst {
            assert_eq!(throttle.take(one.into(), second(0)), Ok(()));
        }
        assert_eq!(throttle.take(neighbour.into(), second(0)), Err(REFILL_S));
        // When those are many as well, with everybody.
        for at in MOST..2 * MOST {
            assert_eq!(throttle.take(address(at), second(0)), Ok(()));
        }
        assert_eq!(throttle.take([198, 51, 100, 1].into(), second(0)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_idle_addresses_make_room() {
        let throttle = Throttle::default();
        for at in 0..2 * MOST + 10 {
            assert_eq!(throttle.take(address(at), second(0)), Ok(()));
        }
        let counts = || {
            let kept = throttle.kept.lock().unwrap();
            kept.buckets.each_ref().map(|it| it.of.len())
        };
        assert_eq!(counts(), [MOST; 2]);
        assert_eq!(throttle.take(address(0), second(0)), Ok(()));
        assert_eq!(throttle.take(address(3 * MOST), second(2)), Ok(()));
        // The one that is not full yet, and the new one.
        assert_eq!(counts(), [2, MOST]);
    }
}
