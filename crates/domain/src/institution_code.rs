//! The ten-digit institution code (医療機関コード) of a facility. Refuses what is not ten digits; only warns of a check digit.

use core::fmt;

use crate::insurer_number::{CheckDigit, check_digit};

/// A facility's code: prefecture 2, fee table 1, district 2, serial 4, check digit 1 (operations §4.5).
///
/// ```
/// use domain::institution_code::InstitutionCode;
/// let code = InstitutionCode::parse("3410712362").unwrap();
/// assert_eq!(code.to_string(), "3410712362");
/// assert!(InstitutionCode::parse("341071236").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionCode(u64);

/// Why a text is no [`InstitutionCode`].
///
/// ```
/// use domain::institution_code::{InstitutionCode, InvalidInstitutionCode};
/// assert_eq!(InstitutionCode::parse("4810000000"), Err(InvalidInstitutionCode::Prefecture));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstitutionCode {
    /// Not exactly ten ASCII digits.
    #[error("not ten digits")]
    Form,
    /// The first two digits name no prefecture: 01-47, or 51-97 for the second block.
    #[error("the first two digits name no prefecture")]
    Prefecture,
}

impl InstitutionCode {
    /// Reads ten ASCII digits.
    ///
    /// # Errors
    /// [`InvalidInstitutionCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidInstitutionCode> {
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidInstitutionCode::Form);
        }
        let value: u64 = text.parse().map_err(|_| InvalidInstitutionCode::Form)?;
        let prefecture = value / 100_000_000 % 50;
        if !(1..=47).contains(&prefecture) {
            return Err(InvalidInstitutionCode::Prefecture);
        }
        Ok(Self(value))
    }

    /// Whether the last digit fits the first nine. Some codes given before 1976 fail; so this only warns.
    ///
    /// ```
    /// use domain::institution_code::InstitutionCode;
    /// use domain::insurer_number::CheckDigit;
    /// assert_eq!(InstitutionCode::parse("3410712362").unwrap().check_digit(), CheckDigit::Right);
    /// ```
    #[must_use]
    pub fn check_digit(self) -> CheckDigit {
        if u64::from(check_digit(self.0 / 10)) == self.0 % 10 {
            CheckDigit::Right
        } else {
            CheckDigit::Wrong
        }
    }

    /// The digit of the fee table (点数表): 1 medical, 3 dental, 4 pharmacy, 6 home-visit nursing.
    #[must_use]
    pub fn fee_table_digit(self) -> u8 {
        u8::try_from(self.0 / 10_000_000 % 10).unwrap_or(0)
    }

    /// The number itself; the compact form kept in the store.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl fmt::Debug for InstitutionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_of_a_prefecture_are_a_code() {
        for text in [
            "3410712362",
            "1319999999",
            "0110000009",
            "9710000000",
            "5113000000",
        ] {
            assert_eq!(InstitutionCode::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            InstitutionCode::parse("1319999999")
                .unwrap()
                .fee_table_digit(),
            1
        );
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        use InvalidInstitutionCode as E;
        for text in [
            "",
            "131999999",
            "13199999990",
            "131999999x",
            "１３１９９９９９９９",
        ] {
            assert_eq!(InstitutionCode::parse(text), Err(E::Form), "{text}");
        }
        for text in ["0010000000", "4810000000", "5010000000", "9810000000"] {
            assert_eq!(InstitutionCode::parse(text), Err(E::Prefecture), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_only_told() {
        let code = InstitutionCode::parse("3410712361").unwrap();
        assert_eq!(code.check_digit(), CheckDigit::Wrong);
    }
}
