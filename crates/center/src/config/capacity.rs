//! How much the center works on at once: `[capacity]` of `center.toml` (docs/operations/capacity.md). Unknown keys are errors.

use std::num::NonZeroU32;

use domain::admission::LEAST_SHARE;
use serde::Deserialize;

/// `[capacity]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Requests of facilities worked on at once.
    pub in_progress: NonZeroU32,
    /// Of them, of one facility; 3/16 of them, and four at least, where it is left out.
    pub in_progress_of_facility: Option<NonZeroU32>,
    /// Requests of operators' pages worked on at once, beside those.
    pub in_progress_of_operators: NonZeroU32,
    /// Requests of each class that wait for a place. 0 for none: what finds no place is turned away at once.
    pub waiting: u32,
    /// Of them, of one facility.
    pub waiting_of_facility: u32,
    /// The longest wait for a place.
    pub wait_ms: NonZeroU32,
    /// Connections that are open, of all listeners.
    pub connections: NonZeroU32,
    /// Of them, with one certificate.
    pub connections_of_certificate: NonZeroU32,
    /// Of them, from one address, where no certificate is shown.
    pub connections_of_address: NonZeroU32,
    /// Writes that wait for the store.
    pub waiting_writes: NonZeroU32,
    /// How long the center goes on with what is in progress when it is told to end.
    pub drain_ms: NonZeroU32,
}

/// Places of a listener that is open to anybody at least.
const LEAST_OF_ANYBODY: u32 = 16;

impl Capacity {
    /// Requests of one facility worked on at once: where nothing else is set, 3/16 of all. That is fewer than the lowest class reaches, so that
    /// one alone shuts no class for others.
    pub(crate) fn of_facility(&self) -> usize {
        let follows = || (self.in_progress.get() as usize * 3 / 16).max(LEAST_SHARE);
        self.in_progress_of_facility
            .map_or_else(follows, |it| it.get() as usize)
    }

    /// Requests of the home listener worked on at once, beside the others, and as many of the enroll listener: a quarter as many as those of
    /// facilities.
    pub(crate) fn in_progress_of_anybody(&self) -> NonZeroU32 {
        let quarter = (self.in_progress.get() / 4).max(LEAST_OF_ANYBODY);
        NonZeroU32::new(quarter).unwrap_or(NonZeroU32::MIN)
    }
}

impl Default for Capacity {
    fn default() -> Self {
        let most = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            in_progress: most(512),
            in_progress_of_facility: None,
            in_progress_of_operators: most(16),
            waiting: 256,
            waiting_of_facility: 32,
            wait_ms: most(2_000),
            connections: most(50_000),
            connections_of_certificate: most(512),
            connections_of_address: most(256),
            waiting_writes: most(8_192),
            drain_ms: most(20_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn what_is_left_out_has_its_default_and_nothing_may_be_no_place_at_all() {
        let capacity = Config::parse("data_dir = \"x\"").unwrap().capacity;
        assert_eq!(capacity, super::Capacity::default());
        assert_eq!(capacity.of_facility(), 96);
        let text = "data_dir = \"x\"\n[capacity]\nwaiting = 0\nin_progress = 0\n";
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains("line 4"), "{error}");
    }

    #[test]
    fn one_facilitys_requests_follow_those_of_all_unless_they_are_set() {
        let of = |text: &str| {
            let text = format!("data_dir = \"x\"\n[capacity]\n{text}");
            Config::parse(&text).unwrap().capacity.of_facility()
        };
        assert_eq!(of("in_progress = 128\n"), 24);
        assert_eq!(of("in_progress = 1\n"), 4);
        assert_eq!(of("in_progress = 128\nin_progress_of_facility = 96\n"), 96);
    }
}
