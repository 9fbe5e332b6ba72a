//! The identifier in an address that a facility gives out for home care: random, without a meaning, and good for nothing by itself. Made of
//! bytes that are handed in.

use core::fmt;

/// Digits without those that are mistaken for others (Crockford's base 32), in small letters.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of an identifier: 128 bits in five each, rounded up.
const CHARS: usize = 26;

/// The identifier of an address: 26 characters for 128 random bits.
///
/// ```
/// use domain::home_care::address::AddressId;
/// let id = AddressId::from_bytes([0xff; 16]);
/// assert_eq!(AddressId::parse(id.as_str()).unwrap(), id);
/// assert_eq!(AddressId::parse(&id.as_str().to_uppercase()).unwrap(), id);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressId(String);

/// The text is no identifier of an address.
///
/// ```
/// use domain::home_care::address::{AddressId, InvalidAddressId};
/// assert_eq!(AddressId::parse("short"), Err(InvalidAddressId));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 26 characters of an address")]
pub struct InvalidAddressId;

impl AddressId {
    /// Of random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(encode(u128::from_be_bytes(bytes), CHARS))
    }

    /// Reads the text, whatever its case.
    ///
    /// # Errors
    /// [`InvalidAddressId`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddressId> {
        let text = text.to_ascii_lowercase();
        let fits = text.len() == CHARS && text.bytes().all(|it| ALPHABET.contains(&it));
        // 130 bits hold more than 128: the first character has three of them.
        let first = text.bytes().next().is_some_and(|it| it < b'8');
        (fits && first)
            .then_some(Self(text))
            .ok_or(InvalidAddressId)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AddressId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What joins a page that is open to the device that reads the card: eight characters, typed or scanned, good once and for half an hour.
///
/// ```
/// use domain::home_care::address::JoinCode;
/// let code = JoinCode::from_bytes([0; 5]);
/// assert_eq!(code.spaced(), "0000 0000");
/// assert_eq!(JoinCode::parse("0000-0000"), Some(code));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(String);

impl JoinCode {
    /// Of random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 5]) -> Self {
        let number = bytes.iter().fold(0, |sum, it| sum << 8 | u128::from(*it));
        Self(encode(number, 8))
    }

    /// Reads the text, with or without blanks and hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kept = text.chars().filter(|it| !matches!(it, ' ' | '-'));
        let text: String = kept.collect::<String>().to_ascii_lowercase();
        let fits = text.len() == 8 && text.bytes().all(|it| ALPHABET.contains(&it));
        fits.then_some(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown to be typed.
    #[must_use]
    pub fn spaced(&self) -> String {
        let (left, right) = self.0.split_at(4);
        format!("{left} {right}")
    }
}

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

fn encode(number: u128, chars: usize) -> String {
    let digit = |at: usize| {
        let place = usize::try_from(number >> (5 * at) & 31).unwrap_or_default();
        ALPHABET.get(place).copied().map(char::from)
    };
    (0..chars).rev().filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_bytes_make_different_addresses_and_each_reads_back() {
        let mut seen = std::collections::BTreeSet::new();
        for at in 0..128 {
            let id = AddressId::from_bytes((1_u128 << at).to_be_bytes());
            assert_eq!(AddressId::parse(id.as_str()), Ok(id.clone()));
            assert!(seen.insert(id));
        }
    }

    #[test]
    fn a_text_that_means_no_128_bits_is_refused() {
        for text in [
            "",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000i",
            "1",
        ] {
            assert_eq!(AddressId::parse(text), Err(InvalidAddressId), "{text}");
        }
    }

    #[test]
    fn a_join_code_never_shows_itself_in_debug() {
        assert_eq!(format!("{:?}", JoinCode::from_bytes([7; 5])), "JoinCode(…)");
    }
}
