//! The lock-out after wrong passwords: 5 failures, then 15 minutes, growing. Runs alike for accounts that do not exist.

use crate::civil_date::Instant;

/// How soon and how long an account waits. The numbers are ours: the guideline leaves them open (operations §1.1).
///
/// ```
/// use domain::lockout::Policy;
/// assert_eq!(Policy::default().failures, 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Failures in a row that lock; at least 1.
    pub failures: u32,
    /// Seconds of the first lock.
    pub first_lock_s: i64,
    /// How many times as long as the one before each further lock lasts; 1 keeps them equal.
    pub growth: u32,
    /// The longest lock, in seconds.
    pub longest_lock_s: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            failures: 5,
            first_lock_s: 15 * 60,
            growth: 2,
            longest_lock_s: 24 * 60 * 60,
        }
    }
}

/// What is known of an account's failures.
///
/// ```
/// use domain::{civil_date::Instant, lockout::{Policy, State}};
/// let now = Instant::from_micros(0);
/// let mut state = State::default();
/// for _ in 0..5 {
///     state = state.after_failure(Policy::default(), now);
/// }
/// assert_eq!(state.waits_s(now), Some(900));
/// assert_eq!(state.waits_s(now.plus_seconds(900)), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    /// Failures since the last success or lock.
    pub failures: u32,
    /// Locks since the last success.
    pub locks: u32,
    /// Until when the account waits.
    pub until: Option<Instant>,
}

impl State {
    /// The state after a wrong password.
    #[must_use]
    pub fn after_failure(self, policy: Policy, now: Instant) -> Self {
        let failures = self.failures.saturating_add(1);
        if failures < policy.failures {
            return Self { failures, ..self };
        }
        let grown = i64::from(policy.growth).saturating_pow(self.locks);
        let lasts_s = policy.first_lock_s.saturating_mul(grown);
        Self {
            failures: 0,
            locks: self.locks.saturating_add(1),
            until: Some(now.plus_seconds(lasts_s.min(policy.longest_lock_s))),
        }
    }

    /// Seconds the account still waits, rounded up; `None` when it does not.
    #[must_use]
    pub fn waits_s(self, now: Instant) -> Option<i64> {
        let until = self.until.filter(|until| now < *until)?;
        Some(
            (until.as_micros() - now.as_micros())
                .div_euclid(1_000_000)
                .max(0)
                + i64::from((until.as_micros() - now.as_micros()) % 1_000_000 != 0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(mut state: State, times: u32, now: Instant) -> State {
        for _ in 0..times {
            state = state.after_failure(Policy::default(), now);
        }
        state
    }

    #[test]
    fn four_failures_do_not_lock_and_the_fifth_does() {
        let now = Instant::from_micros(0);
        assert_eq!(fail(State::default(), 4, now).waits_s(now), None);
        assert_eq!(fail(State::default(), 5, now).waits_s(now), Some(900));
    }

    #[test]
    fn every_further_lock_lasts_twice_as_long_up_to_a_day() {
        let now = Instant::from_micros(0);
        let mut state = State::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            state = fail(state, 5, now);
            waits.push(state.waits_s(now).unwrap());
        }
        assert_eq!(waits[..4], [900, 1800, 3600, 7200]);
        assert_eq!(waits[8], 86_400);
    }

    #[test]
    fn growth_is_a_setting_and_never_overflows() {
        let policy = Policy {
            failures: 1,
            growth: 3,
            ..Policy::default()
        };
        let now = Instant::from_micros(0);
        let mut state = State::default();
        let mut waits = Vec::new();
        for _ in 0..200 {
            state = state.after_failure(policy, now);
            waits.push(state.waits_s(now).unwrap());
        }
        assert_eq!(waits[..3], [900, 2700, 8100]);
        assert_eq!(waits[199], 86_400);
    }

    #[test]
    fn the_wait_is_rounded_up() {
        let state = fail(State::default(), 5, Instant::from_micros(0));
        assert_eq!(state.waits_s(Instant::from_micros(899_999_999)), Some(1));
        assert_eq!(state.waits_s(Instant::from_micros(900_000_000)), None);
    }
}
