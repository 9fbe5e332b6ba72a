//! Settings of care without a card: `[emergency]` of `center.toml`. Unknown keys are errors.

use std::num::NonZeroU32;

use domain::emergency::window::Operators;
use domain::institution_code::InstitutionCode;
use serde::{Deserialize, Deserializer};

/// `[emergency]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Emergency {
    /// Whether a window needs two operators: one opens or extends, another approves.
    pub two_operators: bool,
    /// Searches an account may make in an hour, in all modes together.
    pub searches_per_hour: NonZeroU32,
    /// Institution codes of the facilities that may opt in to ambulance mode (救急告示病院 and the like). Clinics are excluded, which no code
    /// tells, so whoever is not here is excluded.
    #[serde(deserialize_with = "codes")]
    pub ambulance_facilities: Vec<InstitutionCode>,
    /// Whether ambulance mode also finds people by data: announced for later, so off.
    pub ambulance_by_data: bool,
}

impl Default for Emergency {
    fn default() -> Self {
        Self {
            two_operators: true,
            searches_per_hour: NonZeroU32::new(60).unwrap_or(NonZeroU32::MIN),
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
        let wrong = "data_dir = \"x\"\n[emergency]\nambulance_facilities = [\"13\"]\n";
        let error = Config::parse(wrong).unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("ten digits"),
            "{error}"
        );
    }
}
