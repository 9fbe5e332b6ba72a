//! How far back medical information is shown (参照期間, operations §1.9). The sources disagree, so every period is a setting; what is
//! older is invisible, not gone.

use crate::civil_date::CivilDate;
use crate::medical_aid::TreatmentMonth;

/// The periods.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::look_back::LookBack;
/// let first = LookBack::default().first_days(CivilDate::new(2026, 11, 23).unwrap());
/// assert_eq!(first.claims.to_string(), "2023-11-01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookBack {
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
    /// The first month of drugs from claims there is.
    pub drugs_from: Option<TreatmentMonth>,
    /// The first month of treatment there is.
    pub treatment_from: Option<TreatmentMonth>,
    /// The first month of surgery there is.
    pub surgery_from: Option<TreatmentMonth>,
    /// The first day of checkups there are.
    pub checkups_from: Option<CivilDate>,
}

impl Default for LookBack {
    /// Three years of claims as the texts of 2022 and 2023 say (newer ones say five), a hundred days of electronic prescriptions \[L\], five
    /// years of checkups; claims of drugs from September 2021, treatment from May 2022 (claims of which were handed in from June),
    /// checkups of fiscal 2020 and later. Surgery is told of with treatment in the sources, so its period is the same.
    fn default() -> Self {
        let month = |text| TreatmentMonth::parse_iso(text);
        Self {
            drugs_months: 36,
            prescriptions_days: 100,
            treatment_months: 36,
            surgery_months: 36,
            checkups_years: 5,
            drugs_from: month("2021-09"),
            treatment_from: month("2022-05"),
            surgery_from: month("2022-05"),
            checkups_from: CivilDate::new(2020, 4, 1).ok(),
        }
    }
}

/// The first day of each that is shown on a day.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::look_back::LookBack;
/// let first = LookBack::default().first_days(CivilDate::new(2026, 11, 23).unwrap());
/// assert_eq!(first.prescriptions.to_string(), "2026-08-15");
/// assert_eq!(first.checkups.to_string(), "2021-11-23");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstDays {
    /// Of drugs from claims: the first of a month.
    pub claims: CivilDate,
    /// Of electronic prescriptions and dispensings.
    pub prescriptions: CivilDate,
    /// Of treatment: the first of a month.
    pub treatment: CivilDate,
    /// Of surgery: the first of a month.
    pub surgery: CivilDate,
    /// Of checkups.
    pub checkups: CivilDate,
}

impl LookBack {
    /// What the periods come to on a day.
    #[must_use]
    pub fn first_days(&self, today: CivilDate) -> FirstDays {
        let this_month = TreatmentMonth::of(today).first_day();
        let months = |back: u16, from: Option<TreatmentMonth>| {
            let first = this_month.plus_months(-i32::from(back));
            from.map_or(first, |from| first.max(from.first_day()))
        };
        let years = today.plus_months(-12 * i32::from(self.checkups_years));
        FirstDays {
            claims: months(self.drugs_months, self.drugs_from),
            prescriptions: today.plus_days(-i32::from(self.prescriptions_days)),
            treatment: months(self.treatment_months, self.treatment_from),
            surgery: months(self.surgery_months, self.surgery_from),
            checkups: self.checkups_from.map_or(years, |from| years.max(from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_from_before_the_first_month_there_is() {
        let look_back = LookBack {
            drugs_months: 120,
            ..LookBack::default()
        };
        let first = look_back.first_days(CivilDate::new(2026, 11, 23).unwrap());
        assert_eq!(first.claims.to_string(), "2021-09-01");
        let all = LookBack {
            drugs_from: None,
            ..look_back
        };
        let first = all.first_days(CivilDate::new(2026, 11, 23).unwrap());
        assert_eq!(first.claims.to_string(), "2016-11-01");
    }

    #[test]
    fn the_last_day_of_february_has_its_day_five_years_before() {
        let first = LookBack::default().first_days(CivilDate::new(2028, 2, 29).unwrap());
        assert_eq!(first.checkups.to_string(), "2023-02-28");
    }
}
