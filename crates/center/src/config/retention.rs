//! How long checks are kept. Lets nothing go by itself: `onshi retention` does, and never what is younger than this says.

use serde::Deserialize;
use store::checks::retention::LEAST_MONTHS;

/// What may be let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Months that checks are kept at least; with 0 they are kept for good.
    pub checks_months: KeptMonths,
}

/// Months, or for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "u16")]
pub struct KeptMonths(Option<u16>);

impl KeptMonths {
    /// So many months; `None` for good.
    #[must_use]
    pub fn months(self) -> Option<u16> {
        self.0
    }
}

/// Too few months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("checks are kept for good (0) or for {LEAST_MONTHS} months at least, and not for {0}")]
pub struct TooShort(u16);

impl TryFrom<u16> for KeptMonths {
    type Error = TooShort;

    fn try_from(months: u16) -> Result<Self, TooShort> {
        match months {
            0 => Ok(Self(None)),
            1..LEAST_MONTHS => Err(TooShort(months)),
            _ => Ok(Self(Some(months))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn checks_are_kept_for_good_unless_a_time_of_a_year_or_more_is_set() {
        let of = |text: &str| {
            let config = Config::parse(&format!("data_dir = \"x\"\n{text}"));
            config.map(|it| it.retention.checks_months.months())
        };
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("[retention]\nchecks_months = 0"), Ok(None));
        assert_eq!(of("[retention]\nchecks_months = 61"), Ok(Some(61)));
        let refused = of("[retention]\nchecks_months = 12").unwrap_err();
        assert!(refused.to_string().contains("13 months"), "{refused}");
    }
}
