//! How long whoever was not answered waits before asking again: longer each time, never two alike, and not before it was told to. Draws no
//! lots: randomness is handed in.

use core::time::Duration;

/// The longest wait the center may ask for: who is told more comes back after this, and is told again \[ours\].
///
/// ```
/// assert_eq!(domain::back_off::LONGEST_WISH.as_secs(), 3_600);
/// ```
pub const LONGEST_WISH: Duration = Duration::from_secs(3_600);

/// Waits that double from a first one to a longest one, each spread over its upper half by the lot, so that thousands whom one outage cut off
/// do not come back in the same moment.
///
/// ```
/// use core::time::Duration;
/// use domain::back_off::BackOff;
/// let mut waits = BackOff::new(Duration::from_secs(1), Duration::from_secs(4));
/// assert_eq!(waits.next(None, 0), Duration::from_millis(500));
/// assert_eq!(waits.next(None, u64::MAX), Duration::from_secs(2));
/// waits.answered();
/// assert!(waits.next(None, u64::MAX) <= Duration::from_secs(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl BackOff {
    /// With its first and its longest wait.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
        }
    }

    /// The wait after another failure. `wish_s` is what the center said about when to come back (`Retry-After`, RFC 9110 §10.2.3); nobody comes
    /// earlier, and up to half as long after it.
    ///
    /// ```
    /// use core::time::Duration;
    /// use domain::back_off::BackOff;
    /// let mut waits = BackOff::new(Duration::from_secs(1), Duration::from_secs(30));
    /// assert_eq!(waits.next(Some(20), 0), Duration::from_secs(20));
    /// assert_eq!(waits.next(Some(20), u64::MAX), Duration::from_secs(30));
    /// ```
    pub fn next(&mut self, wish_s: Option<u32>, lot: u64) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(20));
        self.failures = self.failures.saturating_add(1);
        match wish_s {
            Some(wish) => after_wish(wish, lot),
            None => upper_half(doubled.min(self.longest), lot),
        }
    }

    /// It was answered: the next failure is a first one.
    pub fn answered(&mut self) {
        self.failures = 0;
    }
}

/// A wait the center asked for, and up to half as long after it.
///
/// ```
/// use core::time::Duration;
/// use domain::back_off::after_wish;
/// assert_eq!(after_wish(2, 0), Duration::from_secs(2));
/// assert_eq!(after_wish(2, u64::MAX), Duration::from_secs(3));
/// ```
#[must_use]
pub fn after_wish(wish_s: u32, lot: u64) -> Duration {
    let wish = Duration::from_secs(wish_s.into()).min(LONGEST_WISH);
    wish + part(wish / 2, lot)
}

/// Something between half of a wait and all of it.
///
/// ```
/// use core::time::Duration;
/// use domain::back_off::upper_half;
/// assert_eq!(upper_half(Duration::from_secs(8), 0), Duration::from_secs(4));
/// assert_eq!(upper_half(Duration::from_secs(8), u64::MAX), Duration::from_secs(8));
/// ```
#[must_use]
pub fn upper_half(wait: Duration, lot: u64) -> Duration {
    wait / 2 + part(wait / 2, lot)
}

/// The next turn of whoever asks again and again: between three quarters and five quarters of the time between turns. Those who began in one moment
/// are spread over all of it after a few turns.
///
/// ```
/// use core::time::Duration;
/// use domain::back_off::turn;
/// assert_eq!(turn(Duration::from_secs(60), 0), Duration::from_secs(45));
/// assert_eq!(turn(Duration::from_secs(60), u64::MAX), Duration::from_secs(75));
/// ```
#[must_use]
pub fn turn(every: Duration, lot: u64) -> Duration {
    every - every / 4 + part(every / 2, lot)
}

/// As much of a time as the lot says: nothing at 0, all at the greatest.
fn part(of: Duration, lot: u64) -> Duration {
    let thousandths =
        u32::try_from((u128::from(lot) * 1_000) / u128::from(u64::MAX)).unwrap_or(1_000);
    of * thousandths / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lots of a seed (SplitMix64), the same at every run.
    fn lots(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    #[test]
    fn a_thousand_who_lost_the_line_together_do_not_come_back_together() {
        let mut lot = lots(7);
        let mut tenths = [0; 10];
        for _ in 0..1_000 {
            let mut waits = BackOff::new(Duration::from_secs(1), Duration::from_secs(60));
            for _ in 0..4 {
                waits.next(None, lot());
            }
            let wait = waits.next(None, lot());
            assert!((8_000..=16_000).contains(&wait.as_millis()), "{wait:?}");
            tenths[usize::try_from((wait.as_millis() - 8_000) / 800)
                .unwrap()
                .min(9)] += 1;
        }
        assert!(tenths.iter().all(|it| (60..160).contains(it)), "{tenths:?}");
    }

    #[test]
    fn a_thousand_who_ask_every_minute_from_one_moment_on_are_spread_over_the_minute() {
        let mut lot = lots(11);
        let mut sixths = [0; 6];
        for _ in 0..1_200 {
            // Twenty turns, as in the twenty minutes after a morning's start.
            let asked: Duration = (0..20).map(|_| turn(Duration::from_secs(60), lot())).sum();
            assert!((900..=1_500).contains(&asked.as_secs()), "{asked:?}");
            sixths[usize::try_from(asked.as_secs() % 60 / 10).unwrap()] += 1;
        }
        // Without lots all 1,200 come in one second of it.
        assert!(
            sixths.iter().all(|it| (140..260).contains(it)),
            "{sixths:?}"
        );
    }

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_an_answer() {
        let mut waits = BackOff::new(Duration::from_millis(250), Duration::from_secs(10));
        let mut taken = Vec::new();
        for _ in 0..8 {
            taken.push(waits.next(None, u64::MAX).as_millis());
        }
        assert_eq!(
            taken,
            [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]
        );
        waits.answered();
        assert_eq!(waits.next(None, u64::MAX).as_millis(), 250);
    }

    #[test]
    fn nobody_comes_before_the_center_said_and_nobody_waits_for_ever() {
        let mut waits = BackOff::new(Duration::from_secs(1), Duration::from_secs(4));
        for lot in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(Duration::from_secs(30) <= waits.next(Some(30), lot));
            assert!(waits.next(Some(u32::MAX), lot) <= LONGEST_WISH * 3 / 2);
        }
        for _ in 0..100 {
            assert!(waits.next(None, u64::MAX) <= Duration::from_secs(4));
        }
    }
}
