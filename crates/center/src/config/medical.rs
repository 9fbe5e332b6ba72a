//! Settings of medical information: `[medical]` of `center.toml`. Unknown keys are errors.

use domain::civil_date::CivilDate;
use domain::feed::Tolerance;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::look_back::LookBack;
use serde::Deserialize;

/// `[medical]`: how far back is shown (operations §1.9: the sources disagree), and what a feed may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Medical {
    /// Months of drugs from claims, beside the running one.
    pub drugs_months: u16,
    /// Days of electronic prescriptions and dispensings.
    pub prescriptions_days: u16,
    /// Months of treatment, beside the running one.
    pub treatment_months: u16,
    /// Months of surgery, beside the running one.
    pub surgery_months: u16,
    /// Years of checkups.
    pub checkups_years: u16,
    /// The first month of drugs from claims there is; empty for no such month.
    pub drugs_from: FromMonth,
    /// The first month of treatment there is; empty for no such month.
    pub treatment_from: FromMonth,
    /// The first month of surgery there is; empty for no such month.
    pub surgery_from: FromMonth,
    /// The first day of checkups there are; empty for no such day.
    pub checkups_from: FromDay,
    /// Refused lines of a feed, in thousandths, above which none of it is stored.
    pub feed_refused_per_mille: PerMille,
}

impl Default for Medical {
    fn default() -> Self {
        let it = LookBack::default();
        Self {
            drugs_months: it.drugs_months,
            prescriptions_days: it.prescriptions_days,
            treatment_months: it.treatment_months,
            surgery_months: it.surgery_months,
            checkups_years: it.checkups_years,
            drugs_from: FromMonth(it.drugs_from),
            treatment_from: FromMonth(it.treatment_from),
            surgery_from: FromMonth(it.surgery_from),
            checkups_from: FromDay(it.checkups_from),
            feed_refused_per_mille: PerMille(Tolerance::default()),
        }
    }
}

impl Medical {
    /// The periods as the rules know them.
    #[must_use]
    pub fn look_back(&self) -> LookBack {
        LookBack {
            drugs_months: self.drugs_months,
            prescriptions_days: self.prescriptions_days,
            treatment_months: self.treatment_months,
            surgery_months: self.surgery_months,
            checkups_years: self.checkups_years,
            drugs_from: self.drugs_from.0,
            treatment_from: self.treatment_from.0,
            surgery_from: self.surgery_from.0,
            checkups_from: self.checkups_from.0,
        }
    }

    /// What a feed may get wrong.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        self.feed_refused_per_mille.0
    }
}

/// A month such as `2021-09`, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FromMonth(Option<TreatmentMonth>);

impl TryFrom<String> for FromMonth {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let month = TreatmentMonth::parse_iso(&text);
        month
            .map(|month| Self(Some(month)))
            .ok_or("write a month such as 2021-09, or nothing between the quotes")
    }
}

/// A day such as `2020-04-01`, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FromDay(Option<CivilDate>);

impl TryFrom<String> for FromDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let day = CivilDate::parse_iso(&text);
        day.map(|day| Self(Some(day)))
            .map_err(|_| "write a day such as 2020-04-01, or nothing between the quotes")
    }
}

/// Thousandths, 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub struct PerMille(pub(super) Tolerance);

impl TryFrom<u16> for PerMille {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Tolerance::from_per_mille(number)
            .map(Self)
            .ok_or("write a number from 0 to 1000")
    }
}

#[cfg(test)]
mod tests {
    use domain::medical_information::look_back::LookBack;

    use crate::config::Config;

    #[test]
    fn the_periods_are_settings_and_their_defaults_the_rules_own() {
        let medical = Config::parse("data_dir = \"x\"").unwrap().medical;
        assert_eq!(medical.look_back(), LookBack::default());
        let text = "data_dir = \"x\"\n[medical]\ndrugs_months = 60\ndrugs_from = \"\"\nfeed_refused_per_mille = 0\n";
        let medical = Config::parse(text).unwrap().medical;
        assert_eq!(medical.look_back().drugs_months, 60);
        assert_eq!(medical.look_back().drugs_from, None);
        assert!(!medical.tolerance().allows(1, 1_000));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line() {
        for wrong in [
            "drugs_from = \"2021-13\"",
            "checkups_from = \"2020\"",
            "feed_refused_per_mille = 1001",
        ] {
            let text = format!("data_dir = \"x\"\n[medical]\n{wrong}\n");
            let error = Config::parse(&text).unwrap_err().to_string();
            assert!(error.contains("line 3"), "{error}");
        }
    }
}
