//! Identifiers of checks: UUIDv7, strictly increasing within a process, so that the history has one order. Knows no check.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::civil_date::Instant;

/// Bits of the counter, which stands where RFC 9562 §6.2 (method 1) lets it: after the milliseconds.
const COUNTER_BITS: u32 = 12;

/// Gives out identifiers. Where more fall into a millisecond than the counter holds, or the clock goes back, the time in the
/// identifier runs ahead of the clock.
#[derive(Debug, Default)]
pub(crate) struct CheckIds {
    /// Milliseconds and counter of the last one.
    last: AtomicU64,
}

impl CheckIds {
    /// The next identifier at an instant, with random bytes for the rest of it.
    pub(crate) fn next(&self, now: Instant, random: [u8; 8]) -> u128 {
        let now_ms = u64::try_from(now.as_micros() / 1_000).unwrap_or_default();
        let next = |last: u64| (last + 1).max(now_ms << COUNTER_BITS);
        // Never `Err`: the next one always exists.
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(next(last))
            });
        let value = next(last.unwrap_or_default());
        let (millis, counter) = (value >> COUNTER_BITS, value & ((1 << COUNTER_BITS) - 1));
        let mut rest = [0; 10];
        rest.iter_mut()
            .zip(
                u16::try_from(counter)
                    .unwrap_or_default()
                    .to_be_bytes()
                    .into_iter()
                    .chain(random),
            )
            .for_each(|(to, from)| *to = from);
        uuid::Builder::from_unix_timestamp_millis(millis, &rest)
            .into_uuid()
            .as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_one_millisecond_have_the_order_they_were_asked_in() {
        let ids = CheckIds::default();
        let now = Instant::from_micros(1_795_000_000_000_000);
        let mut last = 0;
        for turn in 0..10_000_u32 {
            // The clock stands still, and goes back once.
            let at = if turn == 5_000 {
                now.plus_seconds(-60)
            } else {
                now
            };
            let id = ids.next(at, [if turn % 2 == 0 { 0xff } else { 0 }; 8]);
            assert!(last < id, "{turn}");
            last = id;
        }
        let later = ids.next(now.plus_seconds(1), [0; 8]);
        assert_eq!(
            uuid::Uuid::from_u128(later)
                .get_timestamp()
                .unwrap()
                .to_unix(),
            (1_795_000_001, 0)
        );
    }

    #[test]
    fn an_identifier_is_a_uuid_of_version_7_with_the_clocks_time() {
        let now = Instant::from_micros(1_795_000_000_123_456);
        let id = uuid::Uuid::from_u128(CheckIds::default().next(now, [7; 8]));
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(
            id.get_timestamp().unwrap().to_unix(),
            (1_795_000_000, 123_000_000)
        );
    }
}
