//! Settings of care without a card: `[emergency]` of `center.toml`. Unknown keys are errors.

use std::num::NonZeroU32;

use domain::civil_date::Instant;
use domain::emergency::two_people::APPROVAL_AFTER_DAYS;
use domain::emergency::window::Operators;
use domain::institution_code::InstitutionCode;
use serde::{Deserialize, Deserializer};
use store::emergency::searches::SearchLimits;

/// `[emergency]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Emergency {
    /// Whether a window needs two operators: one opens or extends, another approves.
    pub two_operators: bool,
    /// Days for which whoever added or reset an operator counts as one person with that operator, so that neither approves for the other. 0 for
    /// no such days: then names alone tell operators apart, and the shell's still count as one.
    pub approval_after_days: u16,
    /// Searches an account may make in an hour, in all modes together.
    pub searches_per_hour: NonZeroU32,
    /// Searches all accounts of a facility may make in an hour, in all modes together.
    pub searches_per_hour_of_facility: NonZeroU32,
    /// Institution codes of the facilities that may opt in to ambulance mode (救急告示病院 and the like). Clinics are excluded, which no code
    /// tells, so whoever is not here is excluded.
    #[serde(deserialize_with = "codes")]
    pub ambulance_facilities: Vec<InstitutionCode>,
    /// Whether ambulance mode also finds people by data: announced for later, so off.
    pub ambulance_by_data: bool,
}

impl Default for Emergency {
    fn default() -> Self {
        let most = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            two_operators: true,
            approval_after_days: APPROVAL_AFTER_DAYS,
            searches_per_hour: most(60),
            searches_per_hour_of_facility: most(240),
            ambulance_facilities: Vec::new(),
            ambulance_by_data: false,
        }
    }
}

impl Emergency {
    /// How many operators a window needs.
    #[must_use]
    pub fn operators(&self) -> Operators {
        if self.two_operators {
            Operators::Two
        } else {
            Operators::One
        }
    }

    /// How many searches may be made in an hour.
    pub(crate) fn search_limits(&self) -> SearchLimits {
        SearchLimits {
            account: self.searches_per_hour.get(),
            facility: self.searches_per_hour_of_facility.get(),
        }
    }

    /// What operators were given to sign in with after this instant is in the hand of whoever gave it.
    pub(crate) fn given_counts_after(&self, now: Instant) -> Instant {
        now.plus_seconds(-i64::from(self.approval_after_days) * 86_400)
    }
}

fn codes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<InstitutionCode>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let codes = texts.iter().map(|text| {
        InstitutionCode::parse(text)
            .map_err(|error| serde::de::Error::custom(format!("{text}: {error}")))
    });
    codes.collect()
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_window_needs_two_operators_and_nobody_takes_ambulances_unless_it_is_set() {
        let emergency = Config::parse("data_dir = \"x\"").unwrap().emergency;
        assert!(emergency.two_operators && !emergency.ambulance_by_data);
        assert!(emergency.ambulance_facilities.is_empty());
        assert_eq!(emergency.approval_after_days, 7);
        assert_eq!(emergency.searches_per_hour_of_facility.get(), 240);
        let wrong = "data_dir = \"x\"\n[emergency]\nambulance_facilities = [\"13\"]\n";
        let error = Config::parse(wrong).unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("ten digits"),
            "{error}"
        );
    }
}
