//! Refusals of checks by card that were answered under an idempotency key: the same request that comes again since its answer was lost is refused alike,
//! and is on record once. Looked at only where a check is refused anyway. Kept in memory alone: after a restart, or at another process, such a request is
//! refused for its used challenge and is on record twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use api::problem::card::CardTrouble;
use domain::civil_date::Instant;

/// Seconds for which a refusal is known: longer than anybody repeats a request.
const KEPT_S: i64 = 600;

/// Refusals known at most; the oldest makes room.
const MOST: usize = 1_000;

/// The refusals that may be asked for again, by the hash of who asked, key and request.
#[derive(Default)]
pub(crate) struct CardRefusals(Mutex<HashMap<[u8; 32], Kept>>);

struct Kept {
    since: Instant,
    trouble: CardTrouble,
}

impl Kept {
    fn counts(&self, now: Instant) -> bool {
        (0..KEPT_S).contains(&self.since.seconds_until(now))
    }
}

impl CardRefusals {
    /// Why a request was refused before, if it was.
    pub(crate) fn of(&self, request: &[u8; 32], now: Instant) -> Option<CardTrouble> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(request).filter(|it| it.counts(now));
        kept.map(|it| it.trouble)
    }

    /// Keeps why a request was refused, once that is on record.
    pub(crate) fn keep(&self, request: [u8; 32], trouble: CardTrouble, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST <= all.len() {
            all.retain(|_, it| it.counts(now));
        }
        if MOST <= all.len() {
            let oldest = all.iter().min_by_key(|(_, it)| it.since);
            let oldest = oldest.map(|(request, _)| *request);
            all.retain(|request, _| Some(*request) != oldest);
        }
        let kept = Kept {
            since: now,
            trouble,
        };
        all.insert(request, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_for_ten_minutes_and_the_oldest_of_a_thousand_makes_room() {
        let refusals = CardRefusals::default();
        let at = |seconds: i64| Instant::from_micros(0).plus_seconds(seconds);
        let request = |number: u16| {
            let mut request = [0; 32];
            request[..2].copy_from_slice(&number.to_be_bytes());
            request
        };
        let why = CardTrouble::SignatureWrong;
        for number in 0..=1_000 {
            let seconds = i64::from(number.min(1));
            refusals.keep(request(number), why, at(seconds));
        }
        let known = |number, seconds| refusals.of(&request(number), at(seconds));
        assert_eq!(known(0, 2), None, "it made room");
        assert_eq!(known(1, KEPT_S), Some(why));
        assert_eq!(known(1, KEPT_S + 1), None, "over");
        assert_eq!(known(1_001, 2), None);
    }
}
