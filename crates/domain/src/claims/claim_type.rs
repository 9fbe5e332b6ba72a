//! The type of a claim (レセプト種別): its four digits, each with a meaning of its own (claims-format §9, \[A\]). Judges no claim.

use crate::facility_kind::FacilityKind;
use crate::named::named;

named! {
    /// Who pays first (second digit).
    ///
    /// ```
    /// assert_eq!(domain::claims::claim_type::MainPayer::VeryOld.as_str(), "very_old");
    /// ```
    MainPayer {
        /// Employees' or National Health Insurance.
        Insurance = "insurance";
        /// Public schemes alone.
        PublicOnly = "public_only";
        /// Medical care of the very old (後期高齢者医療).
        VeryOld = "very_old";
        /// The retired (退職者).
        Retired = "retired";
    }
}

named! {
    /// Whom the claim is about (fourth digit).
    ///
    /// ```
    /// assert_eq!(domain::claims::claim_type::PersonClass::Family.as_str(), "family");
    /// ```
    PersonClass {
        /// The insured person or householder.
        Insured = "insured";
        /// A child below school age (未就学者).
        Preschool = "preschool";
        /// Family.
        Family = "family";
        /// An elderly recipient or very old person, general or low income.
        Elderly = "elderly";
        /// The same with a benefit of 70 % (現役並み).
        ElderlyLikeWorking = "elderly_like_working";
    }
}

named! {
    /// In hospital or not (fourth digit).
    ///
    /// ```
    /// assert_eq!(domain::claims::claim_type::Setting::OutPatient.as_str(), "out_patient");
    /// ```
    Setting {
        /// In hospital (入院).
        InPatient = "in_patient";
        /// Not in hospital (入院外).
        OutPatient = "out_patient";
    }
}

/// The type of a claim.
///
/// ```
/// use domain::claims::claim_type::{ClaimType, MainPayer, PersonClass, Setting};
/// let it = ClaimType::parse("1126").unwrap();
/// assert_eq!((it.main, it.payers, it.person, it.setting), (MainPayer::Insurance, 2, PersonClass::Family, Setting::OutPatient));
/// assert!(ClaimType::parse("1912").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimType {
    /// Kind of facility (first digit).
    pub kind: FacilityKind,
    /// Who pays first.
    pub main: MainPayer,
    /// How many pay: the insurer and public schemes, or public schemes alone (third digit).
    pub payers: u8,
    /// Whom it is about.
    pub person: PersonClass,
    /// In hospital or not.
    pub setting: Setting,
}

impl ClaimType {
    /// Reads the four digits.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        let mut values = digits.bytes().map(|it| it.wrapping_sub(b'0'));
        let (kind, main, payers, last) = (
            values.next()?,
            values.next()?,
            values.next()?,
            values.next()?,
        );
        if values.next().is_some() || 9 < last {
            return None;
        }
        let main = match main {
            1 => MainPayer::Insurance,
            2 => MainPayer::PublicOnly,
            3 => MainPayer::VeryOld,
            4 => MainPayer::Retired,
            _ => return None,
        };
        let most = if main == MainPayer::PublicOnly { 4 } else { 5 };
        if !(1..=most).contains(&payers) {
            return None;
        }
        Some(Self {
            kind: FacilityKind::of_fee_table_digit(kind)?,
            main,
            payers,
            person: match last {
                1 | 2 => PersonClass::Insured,
                3 | 4 => PersonClass::Preschool,
                5 | 6 => PersonClass::Family,
                7 | 8 => PersonClass::Elderly,
                _ => PersonClass::ElderlyLikeWorking,
            },
            setting: if last % 2 == 1 {
                Setting::InPatient
            } else {
                Setting::OutPatient
            },
        })
    }

    /// The four digits.
    ///
    /// ```
    /// use domain::claims::claim_type::ClaimType;
    /// assert_eq!(ClaimType::parse("1310").unwrap().to_digits(), "1310");
    /// ```
    #[must_use]
    pub fn to_digits(self) -> String {
        let main = match self.main {
            MainPayer::Insurance => 1,
            MainPayer::PublicOnly => 2,
            MainPayer::VeryOld => 3,
            MainPayer::Retired => 4,
        };
        let person = match self.person {
            PersonClass::Insured => 1,
            PersonClass::Preschool => 3,
            PersonClass::Family => 5,
            PersonClass::Elderly => 7,
            PersonClass::ElderlyLikeWorking => 9,
        };
        let last = match self.setting {
            Setting::InPatient => person,
            Setting::OutPatient => (person + 1) % 10,
        };
        let kind = self.kind.differences().fee_table_digit;
        format!("{kind}{main}{}{last}", self.payers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_as_written() {
        let mut types = 0;
        for number in 0..10_000 {
            let digits = format!("{number:04}");
            if let Some(it) = ClaimType::parse(&digits) {
                assert_eq!(it.to_digits(), digits);
                types += 1;
            }
        }
        // Four kinds; public schemes alone are four at most.
        assert_eq!(types, 4 * (3 * 5 + 4) * 10);
    }

    #[test]
    fn what_is_not_four_digits_of_the_table_is_no_type() {
        for text in [
            "", "111", "11122", "a112", "1１12", "1512", "1102", "1252", "2112",
        ] {
            assert_eq!(ClaimType::parse(text), None, "{text}");
        }
    }
}
