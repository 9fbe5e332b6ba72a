//! How many requests one address may send to the enroll listener: a bucket per address, in bounded memory. Knows no route.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use domain::civil_date::Instant;

/// Requests an address may send at once. Several clinics may share one.
const BURST: i64 = 30;

/// One more is allowed after this many seconds.
const REFILL_S: i64 = 2;

/// Addresses remembered at most; a full bucket is forgotten.
const MOST_ADDRESSES: usize = 4_096;

/// The buckets of all addresses.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
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
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        if MOST_ADDRESSES <= buckets.len() && !buckets.contains_key(&from) {
            buckets.retain(|_, bucket| bucket.refilled(now).left < BURST);
            if MOST_ADDRESSES <= buckets.len() {
                // All that are remembered were busy just now; a stranger waits.
                return Err(REFILL_S);
            }
        }
        let bucket = buckets.entry(from).or_insert(Bucket {
            left: BURST,
            since: now,
        });
        *bucket = bucket.refilled(now);
        if bucket.left < 1 {
            return Err(REFILL_S);
        }
        bucket.left -= 1;
        Ok(())
    }
}

impl Bucket {
    fn refilled(self, now: Instant) -> Self {
        let gained = self.since.seconds_until(now).max(0).div_euclid(REFILL_S);
        let left = self.left.saturating_add(gained);
        if BURST <= left {
            return Self {
                left: BURST,
                since: now,
            };
        }
        Self {
            left,
            since: self.since.plus_seconds(gained * REFILL_S),
        }
    }
}

/// The address itself, or the /64 an IPv6 address lies in: one subscriber has all of it.
pub(crate) fn network(address: IpAddr) -> IpAddr {
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

    fn second(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn an_address_waits_after_its_burst_and_others_do_not() {
        let (throttle, one) = (Throttle::default(), IpAddr::from([192, 0, 2, 1]));
        for _ in 0..BURST {
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
    }

    #[test]
    fn memory_is_bounded_and_idle_addresses_make_room() {
        let throttle = Throttle::default();
        let address = |at: usize| IpAddr::from(u32::try_from(at).unwrap().to_be_bytes());
        for at in 0..MOST_ADDRESSES {
            assert_eq!(throttle.take(address(at), second(0)), Ok(()));
        }
        assert!(throttle.take(address(MOST_ADDRESSES), second(0)).is_err());
        assert_eq!(throttle.take(address(MOST_ADDRESSES), second(2)), Ok(()));
        assert!(throttle.buckets.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
