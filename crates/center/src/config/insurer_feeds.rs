//! Settings of insurers' feeds: `[insurer_feeds]` of `center.toml`. Unknown keys are errors.

use std::num::NonZeroU16;

use domain::civil_date::Instant;
use domain::feed::Tolerance;
use domain::feed::insurer::Unnamed;
use domain::feed::review::{Deadlines, Review};
use serde::Deserialize;

use super::medical::PerMille;

/// `[insurer_feeds]`: when a batch is stopped or held, and what it may leave out (operations §4.4). The shares are our own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InsurerFeeds {
    /// Refused lines, in thousandths, above which none of a file is stored.
    pub refused_per_mille: PerMille,
    /// Members, in thousandths, of whom something vanishes, from which on a batch is held for review.
    pub hold_per_mille: PerMille,
    /// Members of an insurer below which nothing is held.
    pub hold_from_members: u32,
    /// What becomes of what a full file does not name.
    pub unnamed: WhenUnnamed,
    /// Days from what happened to its notification.
    pub employer_days: u16,
    /// Days from the notification to the center.
    pub insurer_days: u16,
    /// Days a published batch can be undone.
    pub undo_days: NonZeroU16,
}

/// `end` or `list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WhenUnnamed(Unnamed);

impl TryFrom<String> for WhenUnnamed {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = Unnamed::parse(&text).map(Self);
        known.ok_or("write \"end\" or \"list\"")
    }
}

const UNDO_DAYS: NonZeroU16 = NonZeroU16::MIN.saturating_add(34);

impl Default for InsurerFeeds {
    fn default() -> Self {
        let (review, deadlines) = (Review::default(), Deadlines::default());
        Self {
            refused_per_mille: PerMille(Tolerance::default()),
            hold_per_mille: PerMille(Tolerance::default()),
            hold_from_members: u32::try_from(review.from_members).unwrap_or(u32::MAX),
            unnamed: WhenUnnamed(Unnamed::End),
            employer_days: deadlines.employer_days,
            insurer_days: deadlines.insurer_days,
            undo_days: UNDO_DAYS,
        }
    }
}

impl InsurerFeeds {
    /// What a file may get wrong.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        self.refused_per_mille.0
    }

    /// When a batch is held.
    #[must_use]
    pub fn review(&self) -> Review {
        Review {
            per_mille: self.hold_per_mille.0.as_per_mille(),
            from_members: self.hold_from_members.into(),
        }
    }

    /// By when registrations are due.
    #[must_use]
    pub fn deadlines(&self) -> Deadlines {
        Deadlines {
            employer_days: self.employer_days,
            insurer_days: self.insurer_days,
        }
    }

    /// Batches published before can be undone no more.
    #[must_use]
    pub fn undone_from(&self, now: Instant) -> Instant {
        now.plus_seconds(-i64::from(self.undo_days.get()) * 86_400)
    }

    /// What becomes of what a full file does not name.
    #[must_use]
    pub fn unnamed(&self) -> Unnamed {
        self.unnamed.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_wrong_is_refused() {
        let of = |text: &str| {
            let text = format!("data_dir = \"x\"\n[insurer_feeds]\n{text}");
            toml::from_str::<Config>(&text)
        };
        assert_eq!(of("").unwrap().insurer_feeds, InsurerFeeds::default());
        let set = of("hold_per_mille = 10\nunnamed = \"list\"\n").unwrap();
        assert_eq!(set.insurer_feeds.review().per_mille, 10);
        assert_eq!(set.insurer_feeds.unnamed(), Unnamed::List);
        for wrong in [
            "hold_per_mille = 1001",
            "unnamed = \"delete\"",
            "undo_days = 0",
            "unknown = 1",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
