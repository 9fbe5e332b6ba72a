//! The two identifiers of an issue notice (G08, contracts §9), request ID and reference ID, and the number of an application for one.
//! Stores none.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Wrong reference IDs after which a notice is frozen.
pub const TRIES: u32 = 5;
/// Days a download stays possible.
pub const DOWNLOAD_DAYS: i32 = 180;
/// Months a client certificate is valid: three years and three months.
pub const VALIDITY_MONTHS: i32 = 39;

/// Letters and digits that are told apart on paper and by telephone: 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// The text is no identifier of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Wrong length or characters.
    #[error("not {0} letters and digits in groups of four")]
    Form(usize),
    /// The last character does not fit the others: a typing error.
    #[error("the last character does not fit the others: look for a typing error")]
    Typing,
}

/// A request ID: names the notice; 12 characters, the last one a check character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

/// The number of an application (受付番号): whoever has it sees how far the application is. 12 characters, the last one a check
/// character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationNumber(String);

/// A reference ID: proves the notice was received; 20 characters, of which 19 carry 95 random bits.
#[derive(Clone)]
pub struct ReferenceId(Zeroizing<String>);

impl RequestId {
    /// Makes one from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 16]) -> Self {
        Self(draw(&random, 12))
    }

    /// Reads what a person typed: small letters, blanks and hyphens do not matter.
    ///
    /// # Errors
    /// [`InvalidId`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        plain(text, 12).map(Self)
    }

    /// The twelve characters without hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups of four, as printed.
    #[must_use]
    pub fn printed(&self) -> String {
        grouped(&self.0)
    }
}

impl ApplicationNumber {
    /// Makes one from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 16]) -> Self {
        Self(draw(&random, 12))
    }

    /// Reads what a person typed: small letters, blanks and hyphens do not matter.
    ///
    /// # Errors
    /// [`InvalidId`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        plain(text, 12).map(Self)
    }

    /// The twelve characters without hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups of four, as printed.
    #[must_use]
    pub fn printed(&self) -> String {
        grouped(&self.0)
    }
}

impl ReferenceId {
    /// Makes one from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(draw(&random, 20)))
    }

    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`InvalidId`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        plain(text, 20).map(|text| Self(Zeroizing::new(text)))
    }

    /// In groups of four, as printed.
    #[must_use]
    pub fn printed(&self) -> String {
        grouped(&self.0)
    }

    /// What the store keeps: SHA-256. The identifier is random enough that no slow hash is needed.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// True when this is the identifier of a kept hash, compared in constant time.
    #[must_use]
    pub fn fits(&self, hash: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.hash(), hash).is_ok()
    }
}

impl fmt::Debug for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReferenceId(…)")
    }
}

fn letter(value: usize) -> char {
    ALPHABET
        .get(value % 32)
        .map_or('2', |byte| char::from(*byte))
}

fn draw(random: &[u8], length: usize) -> String {
    let mut text: String = random
        .iter()
        .take(length - 1)
        .map(|b| letter(usize::from(*b)))
        .collect();
    text.push(check_character(&text));
    text
}

/// A weighted sum that notices every single wrong character and every swap of neighbours but one pair.
fn check_character(text: &str) -> char {
    let values = text
        .bytes()
        .map(|b| ALPHABET.iter().position(|a| *a == b).unwrap_or(0));
    let sum: usize = values
        .enumerate()
        .map(|(at, value)| (2 * at + 1) * value)
        .sum();
    letter(sum)
}

fn plain(text: &str, length: usize) -> Result<String, InvalidId> {
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let text: String = kept.map(|c| c.to_ascii_uppercase()).collect();
    let fits = text.len() == length && text.bytes().all(|b| ALPHABET.contains(&b));
    let (body, last) = text
        .split_at_checked(length - 1)
        .filter(|_| fits)
        .ok_or(InvalidId::Form(length))?;
    if last.starts_with(check_character(body)) {
        Ok(text)
    } else {
        Err(InvalidId::Typing)
    }
}

fn grouped(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if 0 < at && at % 4 == 0 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed_back() {
        let id = ReferenceId::generate(std::array::from_fn(|i| (i * 37) as u8));
        let typed = id.printed().to_lowercase().replace('-', " ");
        assert!(ReferenceId::parse(&typed).unwrap().fits(&id.hash()));
        assert_eq!(id.printed().len(), 24);
    }

    #[test]
    fn a_receipt_number_can_be_typed_back_as_it_is_printed() {
        let number = ApplicationNumber::generate([7; 16]);
        let typed = number.printed().to_lowercase();
        assert_eq!(typed.len(), 14);
        assert_eq!(ApplicationNumber::parse(&typed), Ok(number));
        assert_eq!(ApplicationNumber::parse("1"), Err(InvalidId::Form(12)));
    }

    #[test]
    fn every_single_typing_error_is_noticed() {
        let id = RequestId::generate(std::array::from_fn(|i| (i * 91) as u8));
        for at in 0..12 {
            for other in ALPHABET {
                let mut typed = id.as_str().as_bytes().to_vec();
                if typed[at] == *other {
                    continue;
                }
                typed[at] = *other;
                let typed = String::from_utf8(typed).unwrap();
                assert_eq!(RequestId::parse(&typed), Err(InvalidId::Typing), "{typed}");
            }
        }
        assert_eq!(RequestId::parse("0"), Err(InvalidId::Form(12)));
    }

    #[test]
    fn a_reference_id_never_shows_itself_in_debug() {
        assert_eq!(
            format!("{:?}", ReferenceId::generate([1; 32])),
            "ReferenceId(…)"
        );
    }
}
