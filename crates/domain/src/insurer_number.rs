//! The insurer number (保険者番号): eight digits, or six for National Health Insurance. Refuses nothing for its check digit alone.

use core::fmt;

use unicode_normalization::UnicodeNormalization;

/// An insurer number as given, held without its padding.
///
/// Receipt computers pad short numbers at the left with blanks or zeros (interface §2.2); both are accepted and
/// compared alike. A wrong check digit is a warning, never a refusal (contracts §5).
///
/// ```
/// use domain::insurer_number::InsurerNumber;
/// let padded = InsurerNumber::parse("  138016").unwrap();
/// assert_eq!(padded, InsurerNumber::parse("00138016").unwrap());
/// assert_eq!(padded.as_digits(), "138016");
/// assert_eq!(padded.to_padded_with_blanks(), "  138016");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsurerNumber(u32);

/// Why a text is no [`InsurerNumber`].
///
/// ```
/// use domain::insurer_number::{InsurerNumber, InvalidInsurerNumber};
/// assert_eq!(InsurerNumber::parse("0613048a"), Err(InvalidInsurerNumber::NotADigit('a')));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInsurerNumber {
    /// Nothing but blanks.
    #[error("empty")]
    Empty,
    /// A character that is no digit.
    #[error("a character that is not a digit: {0:?}")]
    NotADigit(char),
    /// More than eight digits, or fewer than four.
    #[error("not eight digits, or six for national health insurance")]
    Length,
}

/// Whether the last digit of a number is its check digit.
///
/// ```
/// use domain::insurer_number::{CheckDigit, InsurerNumber};
/// assert_eq!(InsurerNumber::parse("06130489").unwrap().check_digit(), CheckDigit::Wrong);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    /// It is.
    Right,
    /// It is not: probably mistyped, but never refused for this on the wire.
    Wrong,
}

impl InsurerNumber {
    /// Reads a number in half or full width, padded at the left with blanks or zeros or not at all.
    ///
    /// # Errors
    /// [`InvalidInsurerNumber`].
    pub fn parse(text: &str) -> Result<Self, InvalidInsurerNumber> {
        let mut value: u32 = 0;
        let mut count = 0;
        for c in text.trim().nfkc() {
            let digit = c
                .to_digit(10)
                .filter(|_| c.is_ascii())
                .ok_or(InvalidInsurerNumber::NotADigit(c))?;
            count += 1;
            if 8 < count {
                return Err(InvalidInsurerNumber::Length);
            }
            value = value * 10 + digit;
        }
        if count == 0 {
            return Err(InvalidInsurerNumber::Empty);
        }
        // Four digits were the old government-managed numbers; fewer never existed.
        if count < 4 || value == 0 {
            return Err(InvalidInsurerNumber::Length);
        }
        Ok(Self(value))
    }

    /// Whether the last digit fits the others (operations §4.5).
    ///
    /// ```
    /// use domain::insurer_number::{CheckDigit, InsurerNumber};
    /// assert_eq!(InsurerNumber::parse("06130488").unwrap().check_digit(), CheckDigit::Right);
    /// assert_eq!(InsurerNumber::parse("06130489").unwrap().check_digit(), CheckDigit::Wrong);
    /// ```
    #[must_use]
    pub fn check_digit(self) -> CheckDigit {
        if check_digit(u64::from(self.0 / 10)) == self.0 % 10 {
            CheckDigit::Right
        } else {
            CheckDigit::Wrong
        }
    }

    /// True for a six-digit number of National Health Insurance, municipal or of an association.
    ///
    /// ```
    /// use domain::insurer_number::InsurerNumber;
    /// assert!(InsurerNumber::parse("138016").unwrap().is_national_health_insurance());
    /// assert!(!InsurerNumber::parse("39131008").unwrap().is_national_health_insurance());
    /// ```
    #[must_use]
    pub fn is_national_health_insurance(self) -> bool {
        (10_000..1_000_000).contains(&self.0)
    }

    /// True for municipal National Health Insurance (市町村国保), which G23 ranks last; an association's insurer serial
    /// lies in the 300s (operations §4.2).
    ///
    /// ```
    /// use domain::insurer_number::InsurerNumber;
    /// assert!(InsurerNumber::parse("138016").unwrap().is_municipal());
    /// assert!(!InsurerNumber::parse("133033").unwrap().is_municipal());
    /// ```
    #[must_use]
    pub fn is_municipal(self) -> bool {
        let serial = self.0 / 10 % 1000;
        self.is_national_health_insurance() && !(300..400).contains(&serial)
    }

    /// The digits: eight, or six for National Health Insurance.
    #[must_use]
    pub fn as_digits(self) -> String {
        if self.is_national_health_insurance() {
            format!("{:06}", self.0)
        } else {
            format!("{:08}", self.0)
        }
    }

    /// Eight characters, padded at the left with blanks, as results carry it.
    #[must_use]
    pub fn to_padded_with_blanks(self) -> String {
        format!("{:>8}", self.as_digits())
    }

    /// The number itself; the compact form kept in the store.
    #[must_use]
    pub fn as_u32(self) -> u32 {
        self.0
    }

    /// The inverse of [`InsurerNumber::as_u32`].
    ///
    /// ```
    /// use domain::insurer_number::InsurerNumber;
    /// assert_eq!(InsurerNumber::from_u32(138016).unwrap().as_digits(), "138016");
    /// assert!(InsurerNumber::from_u32(0).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidInsurerNumber::Length`] for zero and for more than eight digits.
    pub fn from_u32(value: u32) -> Result<Self, InvalidInsurerNumber> {
        if value == 0 || 99_999_999 < value {
            return Err(InvalidInsurerNumber::Length);
        }
        Ok(Self(value))
    }
}

impl fmt::Display for InsurerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_digits())
    }
}

impl fmt::Debug for InsurerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsurerNumber(…)")
    }
}

/// The check digit of a body of digits: weights 2,1,2,1… from the right, digits of products added, ten minus the last
/// digit of the sum (operations §4.5).
///
/// ```
/// use domain::insurer_number::check_digit;
/// assert_eq!(check_digit(613_048), 8);
/// assert_eq!(check_digit(341_071_236), 2);
/// ```
#[must_use]
pub fn check_digit(body: u64) -> u32 {
    let mut rest = body;
    let mut sum = 0;
    let mut weight = 2;
    while 0 < rest {
        let product = rest % 10 * weight;
        sum += product / 10 + product % 10;
        weight = 3 - weight;
        rest /= 10;
    }
    u32::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_numbers_have_right_check_digits() {
        for text in [
            "06130488", "33120015", "01130012", "138016", "270017", "132019",
        ] {
            let number = InsurerNumber::parse(text).unwrap();
            assert_eq!(number.check_digit(), CheckDigit::Right, "{text}");
            assert_eq!(number.as_digits(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_the_reason() {
        use InvalidInsurerNumber as E;
        assert_eq!(InsurerNumber::parse("   "), Err(E::Empty));
        assert_eq!(InsurerNumber::parse("0613048a"), Err(E::NotADigit('a')));
        assert_eq!(InsurerNumber::parse("061304880"), Err(E::Length));
        assert_eq!(InsurerNumber::parse("123"), Err(E::Length));
        assert_eq!(InsurerNumber::parse("00000000"), Err(E::Length));
        assert_eq!(
            InsurerNumber::parse("0613\u{0}488"),
            Err(E::NotADigit('\u{0}'))
        );
    }

    #[test]
    fn full_width_reads_like_half_width() {
        assert_eq!(
            InsurerNumber::parse("０６１３０４８８"),
            InsurerNumber::parse("06130488")
        );
    }

    proptest! {
        #[test]
        fn one_changed_digit_is_always_noticed(body in 1_000_000_u64..9_999_999, at in 0_u32..7, add in 1_u64..10) {
            let digit = body / 10_u64.pow(at) % 10;
            let changed = body - digit * 10_u64.pow(at) + (digit + add) % 10 * 10_u64.pow(at);
            prop_assert_ne!(check_digit(body), check_digit(changed));
        }
    }
}
