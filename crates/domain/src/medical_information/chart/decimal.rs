//! Amounts and results as numbers that can be compared. Exact, to five places; what it cannot read it does not guess.

use unicode_normalization::UnicodeNormalization;

/// A number that is not negative, to five places after the point.
///
/// ```
/// use domain::medical_information::chart::decimal::Decimal;
/// assert_eq!(Decimal::parse("１．５０"), Decimal::parse("1.5"));
/// assert!(Decimal::parse("<5").is_none());
/// assert!(Decimal::parse("9.9").unwrap() < Decimal::parse("10").unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

/// Hundred thousandths in one.
const ONE: i64 = 100_000;

impl Decimal {
    /// Reads up to ten digits and up to five after a point, full width or half.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().nfkc().collect();
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        let fits = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
        };
        if !fits(whole, 10) || !fits(part, 5) {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let part: i64 = format!("{part:0<5}").parse().ok()?;
        Some(Self(whole * ONE + part))
    }

    /// For drawing.
    ///
    /// ```
    /// use domain::medical_information::chart::decimal::Decimal;
    /// assert_eq!(Decimal::parse("5.6").unwrap().to_f64(), 5.6);
    /// ```
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// This many times the other, in a unit of its own that is only compared.
    pub(super) fn times(self, other: Self) -> i128 {
        i128::from(self.0) * i128::from(other.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "<5",
            "1+",
            "1.123456",
            "12345678901",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_compare_as_numbers(a in 0_u32..100_000, b in 0_u32..100_000) {
            let read = |it: u32| Decimal::parse(&format!("{}.{:02}", it / 100, it % 100)).unwrap();
            prop_assert_eq!(read(a).cmp(&read(b)), a.cmp(&b));
        }
    }
}
