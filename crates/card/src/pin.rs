//! The four digits of a patient and how many tries are left. Never printed, wiped when dropped, compared nowhere.

use core::fmt;

use zeroize::Zeroizing;

/// The PIN of the key for user authentication (利用者証明用 暗証番号): four digits. They lie in one place on the heap, so that moving
/// a PIN leaves no copy behind.
pub struct Pin(Zeroizing<Vec<u8>>);

/// The text is not four digits. Does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("暗証番号は半角数字4桁で入力してください。 / a PIN is four digits; enter all of them")]
pub struct InvalidPin;

impl Pin {
    /// Reads four ASCII digits. The caller's own text is the caller's to wipe.
    ///
    /// # Errors
    /// [`InvalidPin`].
    pub fn parse(text: &str) -> Result<Self, InvalidPin> {
        if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(text.as_bytes().to_vec())))
        } else {
            Err(InvalidPin)
        }
    }

    pub(crate) fn digits(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// How many wrong entries a card still takes before the secret is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tries(pub u8);

impl Tries {
    /// None: the municipality's office must set a new one.
    pub const LOCKED: Self = Self(0);
    /// One wrong entry from being locked.
    pub const LAST: Self = Self(1);
}

impl fmt::Display for Tries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether the last try may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastTry {
    /// Stop with [`crate::error::CardError::LastTry`] before anything is shown to the card.
    Keep,
    /// The holder knows and insists.
    Spend,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_digits_are_a_pin() {
        assert!(Pin::parse("0000").is_ok());
        for wrong in ["", "123", "12345", "12a4", "１２３４", "12 4"] {
            assert!(Pin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pin_is_never_printed() {
        let pin = Pin::parse("9087").unwrap();
        assert_eq!(format!("{pin:?}"), "Pin(…)");
    }
}
