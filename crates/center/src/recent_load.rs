//! How busy the center was in each of the last sixty minutes: checks and how long they took. In memory only; the figures that last are the
//! metrics'. Knows no facility and no person.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use domain::civil_date::Instant;

use crate::metrics::BOUNDS_S;

/// Minutes that are kept.
pub(crate) const MINUTES: usize = 60;

/// One minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Minute {
    /// Minutes since 1970.
    at: i64,
    /// Checks answered, those of bulk orders among them.
    pub(crate) checks: u64,
    /// Requests for checks, by the bound their time stayed under; the last is beyond all.
    took: [u64; BOUNDS_S.len() + 1],
}

/// The minutes in which something happened, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct RecentLoad(Mutex<VecDeque<Minute>>);

impl RecentLoad {
    /// Notes a check that was answered.
    pub(crate) fn note_check(&self, now: Instant) {
        self.at(now, |minute| minute.checks += 1);
    }

    /// Notes how long a request for a check took.
    pub(crate) fn note_answer(&self, now: Instant, seconds: f64) {
        let place = BOUNDS_S.iter().position(|bound| seconds <= *bound);
        self.at(now, |minute| {
            let place = place.unwrap_or(BOUNDS_S.len());
            if let Some(count) = minute.took.get_mut(place) {
                *count += 1;
            }
        });
    }

    fn at(&self, now: Instant, note: impl FnOnce(&mut Minute)) {
        let at = minute_of(now);
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back adds to the newest minute there is.
        if minutes.back().is_none_or(|newest| newest.at < at) {
            minutes.push_back(Minute {
                at,
                ..Minute::default()
            });
            while MINUTES < minutes.len() {
                minutes.pop_front();
            }
        }
        if let Some(minute) = minutes.back_mut() {
            note(minute);
        }
    }

    /// The last sixty minutes, the present one last; those without anything are empty.
    pub(crate) fn minutes(&self, now: Instant) -> Vec<Minute> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = minute_of(now);
        let first = last - MINUTES as i64 + 1;
        (first..=last)
            .map(|at| {
                let found = kept.iter().find(|minute| minute.at == at);
                found.copied().unwrap_or(Minute {
                    at,
                    ..Minute::default()
                })
            })
            .collect()
    }
}

impl Minute {
    /// When it began.
    pub(crate) fn begun(&self) -> Instant {
        Instant::from_micros(0).plus_seconds(self.at * 60)
    }

    /// Adds another minute's requests to this one's.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.checks += other.checks;
        for (own, its) in self.took.iter_mut().zip(other.took) {
            *own += its;
        }
        self
    }

    /// The bound, in seconds, under which this share of the requests stayed; `None` where there was none. Beyond all bounds it is infinite.
    pub(crate) fn stayed_under_s(&self, share: f64) -> Option<f64> {
        let all: u64 = self.took.iter().sum();
        if all == 0 {
            return None;
        }
        let wanted = share * all as f64;
        let mut seen = 0;
        for (place, count) in self.took.iter().enumerate() {
            seen += count;
            if wanted <= seen as f64 {
                return Some(BOUNDS_S.get(place).copied().unwrap_or(f64::INFINITY));
            }
        }
        None
    }
}

fn minute_of(now: Instant) -> i64 {
    now.as_micros().div_euclid(60_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Instant {
        Instant::from_micros(0).plus_seconds(second)
    }

    #[test]
    fn each_minute_counts_its_own_and_an_hour_is_kept() {
        let load = RecentLoad::default();
        for at in [0, 59, 60, 61] {
            load.note_check(second(at));
        }
        let minutes = load.minutes(second(119));
        assert_eq!(minutes.len(), MINUTES);
        let counts: Vec<u64> = minutes.iter().rev().take(3).map(|it| it.checks).collect();
        assert_eq!(counts, [2, 2, 0]);
        assert!(load.minutes(second(3_661)).iter().all(|it| it.checks == 0));
        for at in 0..1_000 {
            load.note_check(second(at * 60));
        }
        assert_eq!(load.0.lock().unwrap().len(), MINUTES);
    }

    #[test]
    fn a_share_of_the_requests_stayed_under_a_bound() {
        let load = RecentLoad::default();
        for _ in 0..98 {
            load.note_answer(second(0), 0.0015);
        }
        load.note_answer(second(0), 0.2);
        load.note_answer(second(0), 60.0);
        let minutes = load.minutes(second(0));
        let all = minutes.iter().fold(Minute::default(), Minute::and);
        assert_eq!(all.stayed_under_s(0.5), Some(0.002));
        assert_eq!(all.stayed_under_s(0.99), Some(0.25));
        assert_eq!(all.stayed_under_s(1.0), Some(f64::INFINITY));
        assert_eq!(Minute::default().stayed_under_s(0.5), None);
    }
}
