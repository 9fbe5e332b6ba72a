//! The lock-out after wrong passwords: 5 failures, then 15 minutes, growing; forgotten two days after the last. Runs alike for accounts
//! that do not exist, so that no wait tells which do.

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

/// Seconds after the last failure, and after the lock it led to, when the count begins anew. Ours, as the other numbers are.
///
/// ```
/// use domain::{civil_date::Instant, lockout::{FORGOTTEN_AFTER_S, Policy, State}};
/// let now = Instant::from_micros(0);
/// let four = (0..4).fold(State::default(), |state, _| state.after_failure(Policy::default(), now));
/// let later = now.plus_seconds(FORGOTTEN_AFTER_S);
/// assert_eq!(four.after_failure(Policy::default(), later).failures, 1);
/// assert_eq!(four.after_failure(Policy::default(), later.plus_seconds(-1)).waits_s(later), Some(899));
/// ```
pub const FORGOTTEN_AFTER_S: i64 = 2 * 24 * 60 * 60;

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
    /// When the last failure was; a count without it is as old as can be.
    pub last: Option<Instant>,
}

/// Whether what was shown at a try was right.
///
/// ```
/// use domain::{civil_date::Instant, lockout::{Policy, State, Try}};
/// let now = Instant::from_micros(0);
/// let after = |outcome| {
///     let one = State::default().after_failure(Policy::default(), now);
///     one.after_try(outcome, Policy::default(), now).0.failures
/// };
/// assert_eq!((after(Try::Right), after(Try::RightSoFar), after(Try::Wrong)), (0, 1, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// It was.
    Right,
    /// It was, and more is asked for: nothing is cleared before that is shown.
    RightSoFar,
    /// It was not, or there is no such account to use.
    Wrong,
}

/// What became of a try.
///
/// ```
/// use domain::{civil_date::Instant, lockout::{Policy, Settled, State, Try}};
/// let now = Instant::from_micros(0);
/// let (_, settled) = State::default().after_try(Try::Wrong, Policy::default(), now);
/// assert_eq!(settled, Settled::Wrong);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// What was shown was right and the account does not wait.
    Open,
    /// It was wrong.
    Wrong,
    /// The account waits this many seconds, by this try or by an earlier one.
    Locked(i64),
}

impl State {
    /// What still counts now.
    ///
    /// ```
    /// use domain::{civil_date::Instant, lockout::{FORGOTTEN_AFTER_S, State}};
    /// let last = Instant::from_micros(0);
    /// let state = State { failures: 3, locks: 1, until: None, last: Some(last) };
    /// assert_eq!(state.counting(last.plus_seconds(FORGOTTEN_AFTER_S - 1)), state);
    /// assert_eq!(state.counting(last.plus_seconds(FORGOTTEN_AFTER_S)), State::default());
    /// ```
    #[must_use]
    pub fn counting(self, now: Instant) -> Self {
        let ended = self.last.max(self.until);
        match ended.map(|at| at.plus_seconds(FORGOTTEN_AFTER_S)) {
            Some(forgotten) if now < forgotten => self,
            Some(_) | None => Self::default(),
        }
    }

    /// The state after a wrong password.
    #[must_use]
    pub fn after_failure(self, policy: Policy, now: Instant) -> Self {
        let before = self.counting(now);
        let failures = before.failures.saturating_add(1);
        let last = Some(now);
        if failures < policy.failures {
            return Self {
                failures,
                last,
                ..before
            };
        }
        let grown = i64::from(policy.growth).saturating_pow(before.locks);
        let lasts_s = policy.first_lock_s.saturating_mul(grown);
        Self {
            failures: 0,
            locks: before.locks.saturating_add(1),
            until: Some(now.plus_seconds(lasts_s.min(policy.longest_lock_s))),
            last,
        }
    }

    /// The state after a try, and what became of it. While the account waits even a right one is none, and none is counted.
    ///
    /// ```
    /// use domain::{civil_date::Instant, lockout::{Policy, Settled, State, Try}};
    /// let now = Instant::from_micros(0);
    /// let policy = Policy { failures: 1, ..Policy::default() };
    /// let (locked, settled) = State::default().after_try(Try::Wrong, policy, now);
    /// assert_eq!(settled, Settled::Locked(900));
    /// assert_eq!(locked.after_try(Try::Right, policy, now), (locked, Settled::Locked(900)));
    /// ```
    #[must_use]
    pub fn after_try(self, outcome: Try, policy: Policy, now: Instant) -> (Self, Settled) {
        if let Some(seconds) = self.waits_s(now) {
            return (self, Settled::Locked(seconds));
        }
        match outcome {
            Try::Right => (Self::default(), Settled::Open),
            Try::RightSoFar => (self, Settled::Open),
            Try::Wrong => {
                let after = self.after_failure(policy, now);
                let settled = after.waits_s(now).map_or(Settled::Wrong, Settled::Locked);
                (after, settled)
            }
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
    fn a_lock_longer_than_the_memory_is_not_forgotten_before_its_end() {
        let policy = Policy {
            failures: 1,
            first_lock_s: 5 * FORGOTTEN_AFTER_S,
            longest_lock_s: 5 * FORGOTTEN_AFTER_S,
            ..Policy::default()
        };
        let now = Instant::from_micros(0);
        let locked = State::default().after_failure(policy, now);
        let ended = now.plus_seconds(5 * FORGOTTEN_AFTER_S);
        assert_eq!(locked.counting(ended).locks, 1);
        let forgotten = ended.plus_seconds(FORGOTTEN_AFTER_S);
        assert_eq!(locked.counting(forgotten), State::default());
    }

    #[test]
    fn a_right_try_clears_the_count_and_one_right_so_far_keeps_it() {
        let now = Instant::from_micros(0);
        let policy = Policy::default();
        let four = fail(State::default(), 4, now);
        assert_eq!(
            four.after_try(Try::Right, policy, now),
            (State::default(), Settled::Open)
        );
        assert_eq!(
            four.after_try(Try::RightSoFar, policy, now),
            (four, Settled::Open)
        );
    }

    #[test]
    fn wrong_tries_count_as_failures_and_the_fifth_locks() {
        let now = Instant::from_micros(0);
        let policy = Policy::default();
        let mut state = State::default();
        for failures in 1..5 {
            let (after, settled) = state.after_try(Try::Wrong, policy, now);
            assert_eq!((after.failures, settled), (failures, Settled::Wrong));
            state = after;
        }
        let (after, settled) = state.after_try(Try::Wrong, policy, now);
        assert_eq!(settled, Settled::Locked(900));
        assert_eq!(after, state.after_failure(policy, now));
    }

    #[test]
    fn no_try_counts_while_the_account_waits() {
        let now = Instant::from_micros(0);
        let policy = Policy::default();
        let locked = fail(State::default(), 5, now);
        let last = now.plus_seconds(899);
        for outcome in [Try::Right, Try::RightSoFar, Try::Wrong] {
            assert_eq!(
                locked.after_try(outcome, policy, last),
                (locked, Settled::Locked(1))
            );
        }
        let end = now.plus_seconds(900);
        let (after, settled) = locked.after_try(Try::Right, policy, end);
        assert_eq!((after, settled), (State::default(), Settled::Open));
    }

    #[test]
    fn the_wait_is_rounded_up() {
        let state = fail(State::default(), 5, Instant::from_micros(0));
        assert_eq!(state.waits_s(Instant::from_micros(899_999_999)), Some(1));
        assert_eq!(state.waits_s(Instant::from_micros(900_000_000)), None);
    }
}
