//! Symbol, number and branch (記号・番号・枝番) and the one matching form that finds a coverage by them. Changes nothing it stores.

use core::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::insurer_number::InsurerNumber;
use crate::personal_text::personal_text;

personal_text! {
    /// The symbol (被保険者証記号) as registered or as given.
    ///
    /// ```
    /// use domain::insured::Symbol;
    /// assert_eq!(Symbol::parse("１２３").unwrap().as_str(), "１２３");
    /// ```
    Symbol, 20
}

personal_text! {
    /// The number (被保険者証番号) as registered or as given.
    ///
    /// ```
    /// use domain::insured::InsuredNumber;
    /// assert_eq!(InsuredNumber::parse("４５６７").unwrap().as_str(), "４５６７");
    /// ```
    InsuredNumber, 20
}

/// The branch number (枝番) that tells the members of a household apart: two digits.
///
/// ```
/// use domain::insured::Branch;
/// assert_eq!(Branch::parse("１").unwrap(), Branch::parse("01").unwrap());
/// assert_eq!(Branch::parse("1").unwrap().to_digits(), "01");
/// assert!(Branch::parse("123").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(u8);

/// The text is no branch number.
///
/// ```
/// use domain::insured::{Branch, InvalidBranch};
/// assert_eq!(Branch::parse("x"), Err(InvalidBranch));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one or two digits")]
pub struct InvalidBranch;

impl Branch {
    /// Reads one or two digits, half or full width.
    ///
    /// # Errors
    /// [`InvalidBranch`].
    pub fn parse(text: &str) -> Result<Self, InvalidBranch> {
        let mut value = 0_u8;
        let mut count = 0;
        for c in text.trim().nfkc() {
            let digit = c.to_digit(10).filter(|_| c.is_ascii() && count < 2);
            let digit = digit.ok_or(InvalidBranch)?;
            value = value * 10 + u8::try_from(digit).map_err(|_| InvalidBranch)?;
            count += 1;
        }
        if count == 0 {
            Err(InvalidBranch)
        } else {
            Ok(Self(value))
        }
    }

    /// Two digits.
    #[must_use]
    pub fn to_digits(self) -> String {
        format!("{:02}", self.0)
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Branch(…)")
    }
}

/// Whether two branch numbers are of one person, as far as they tell: two that are known must be equal, and a missing one on either side
/// never excludes, because old cards and some registrations have none.
///
/// ```
/// use domain::insured::{Branch, branches_fit};
/// let (one, two) = (Branch::parse("01").ok(), Branch::parse("02").ok());
/// assert!(branches_fit(one, one) && branches_fit(one, None) && branches_fit(None, two));
/// assert!(!branches_fit(one, two));
/// ```
#[must_use]
pub fn branches_fit(given: Option<Branch>, registered: Option<Branch>) -> bool {
    match (given, registered) {
        (Some(given), Some(registered)) => given == registered,
        (None, _) | (_, None) => true,
    }
}

/// Insurer number, symbol and number in the one form they are compared in.
///
/// NFKC; every hyphen, dash and minus becomes `-`; blanks go; letters become capital; leading zeros go. The branch and
/// the birth date are compared afterwards, because either may be missing on one side.
///
/// ```
/// use domain::{insured::{InsuranceKey, InsuredNumber, Symbol}, insurer_number::InsurerNumber};
/// let insurer = InsurerNumber::parse("06139992").unwrap();
/// let a = InsuranceKey::new(insurer, Some(&Symbol::parse("１２‐３").unwrap()), &InsuredNumber::parse("００４５６７").unwrap());
/// let b = InsuranceKey::new(insurer, Some(&Symbol::parse("12-3").unwrap()), &InsuredNumber::parse("4567").unwrap());
/// assert_eq!(a, b);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsuranceKey(String);

impl InsuranceKey {
    /// Makes the matching form.
    #[must_use]
    pub fn new(insurer: InsurerNumber, symbol: Option<&Symbol>, number: &InsuredNumber) -> Self {
        let mut key = format!("{:08}/", insurer.as_u32());
        if let Some(symbol) = symbol {
            push_matching_form(&mut key, symbol.as_str());
        }
        key.push('/');
        push_matching_form(&mut key, number.as_str());
        Self(key)
    }

    /// The form itself, for the store's index only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InsuranceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InsuranceKey(…)")
    }
}

/// Appends the matching form of one part.
fn push_matching_form(into: &mut String, text: &str) {
    let start = into.len();
    let mut leading = true;
    let mut last_zero = false;
    for c in text.nfkc() {
        let c = if is_hyphen(c) { '-' } else { c };
        if c.is_whitespace() {
            continue;
        }
        if leading && c == '0' {
            last_zero = true;
            continue;
        }
        leading = false;
        into.extend(c.to_uppercase());
    }
    // A text of nothing but zeros is the number zero, not nothing.
    if into.len() == start && last_zero {
        into.push('0');
    }
}

/// The hyphens, dashes, minus and long-vowel signs found in registered symbols (operations §1.4). The long-vowel sign is
/// among them because it is typed for a hyphen and no symbol is told apart by it.
fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' | 'ー' | 'ｰ' | '\u{2500}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(symbol: &str, number: &str) -> InsuranceKey {
        let insurer = InsurerNumber::parse("06139992").unwrap();
        let symbol = Symbol::parse(symbol).ok();
        InsuranceKey::new(
            insurer,
            symbol.as_ref(),
            &InsuredNumber::parse(number).unwrap(),
        )
    }

    #[test]
    fn every_way_of_writing_one_insured_person_matches() {
        let registered = key("１２−３", "００４５６７");
        for (symbol, number) in [
            ("12-3", "4567"),
            ("12‐3", "04567"),
            ("１２ー３", "４５６７"),
            (" 12 – 3 ", " 4567 "),
            ("0012-3", "　4567"),
        ] {
            assert_eq!(key(symbol, number), registered, "{symbol} {number}");
        }
    }

    #[test]
    fn different_insured_people_never_match() {
        let registered = key("12", "345");
        for (symbol, number) in [("123", "45"), ("", "12345"), ("12", "3450"), ("1-2", "345")] {
            assert_ne!(key(symbol, number), registered, "{symbol} {number}");
        }
        assert_ne!(key("", "0"), key("", "1"));
        assert_eq!(key("", "000"), key("", "0"));
    }

    #[test]
    fn a_key_never_shows_itself_in_debug() {
        assert_eq!(format!("{:?}", key("１２", "３４５")), "InsuranceKey(…)");
    }
}
