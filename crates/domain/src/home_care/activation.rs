//! Activation codes (アクティベーションコード): twelve digits that bind a device's key to a facility and one of its people, once. Holds no
//! code longer than it takes to show or to hash it.

use core::fmt;

use crate::civil_date::Instant;
use crate::named::named;
use crate::personal_text::personal_text;

/// Seconds a code may be used: 24 hours.
///
/// ```
/// assert_eq!(domain::home_care::activation::CODE_LIFE_S, 86_400);
/// ```
pub const CODE_LIFE_S: i64 = 86_400;

/// Seconds before its end from which an open code is told of: three hours, which is time to take the device out or to issue another \[ours\].
///
/// ```
/// assert_eq!(domain::home_care::activation::CODE_ENDS_SOON_S, 10_800);
/// ```
pub const CODE_ENDS_SOON_S: i64 = 3 * 3_600;

/// Wrong tries after which a code is worth nothing.
///
/// ```
/// assert_eq!(domain::home_care::activation::MOST_TRIES, 5);
/// ```
pub const MOST_TRIES: u32 = 5;

/// Digits of a code (my-number-card §7).
const DIGITS: usize = 12;

/// A code as it is shown once and typed once.
///
/// ```
/// use domain::home_care::activation::ActivationCode;
/// let code = ActivationCode::parse("1234 5678-9012").unwrap();
/// assert_eq!(code.digits(), "123456789012");
/// assert_eq!(code.spaced(), "1234 5678 9012");
/// assert_eq!(format!("{code:?}"), "ActivationCode(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ActivationCode(String);

/// The text is no code.
///
/// ```
/// use domain::home_care::activation::{ActivationCode, InvalidActivationCode};
/// assert_eq!(ActivationCode::parse("12345"), Err(InvalidActivationCode));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an activation code has twelve digits")]
pub struct InvalidActivationCode;

impl ActivationCode {
    /// Of random bytes; `None` of the few numbers that would make some codes likelier than others: draw again.
    ///
    /// ```
    /// use domain::home_care::activation::ActivationCode;
    /// assert_eq!(ActivationCode::from_bytes([0; 8]).unwrap().digits(), "000000000000");
    /// assert!(ActivationCode::from_bytes([0xff; 8]).is_none());
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        const CODES: u64 = 1_000_000_000_000;
        let number = u64::from_be_bytes(bytes);
        let fair = number < u64::MAX - u64::MAX % CODES;
        fair.then(|| Self(format!("{:012}", number % CODES)))
    }

    /// Reads what was typed: blanks and hyphens between the digits mean nothing.
    ///
    /// # Errors
    /// [`InvalidActivationCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidActivationCode> {
        let digits: String = text.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
        let fits = digits.len() == DIGITS && digits.bytes().all(|it| it.is_ascii_digit());
        fits.then_some(Self(digits)).ok_or(InvalidActivationCode)
    }

    /// The digits alone.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// As it is shown to be typed.
    #[must_use]
    pub fn spaced(&self) -> String {
        let groups = self.0.as_bytes().chunks(4);
        let groups = groups.map(|it| it.iter().copied().map(char::from).collect::<String>());
        groups.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for ActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivationCode(…)")
    }
}

named! {
    /// What has become of a code.
    ///
    /// ```
    /// use domain::home_care::activation::CodeState;
    /// assert_eq!(CodeState::parse("used"), Some(CodeState::Used));
    /// ```
    CodeState {
        /// It may be used, until its time is over.
        Open = "open";
        /// A device was activated with it.
        Used = "used";
        /// It was invalidated at the terminal.
        Invalidated = "invalidated";
        /// Another one was issued for the same account.
        Replaced = "replaced";
        /// It was tried wrongly too often.
        Locked = "locked";
        /// Its time was over before anybody used it.
        Expired = "expired";
    }
}

impl CodeState {
    /// The state at an instant of a code that was noted to be in a state.
    ///
    /// ```
    /// use domain::{civil_date::Instant, home_care::activation::CodeState};
    /// let (end, late) = (Instant::from_micros(1), Instant::from_micros(1));
    /// assert_eq!(CodeState::Open.at(late, end), CodeState::Expired);
    /// assert_eq!(CodeState::Used.at(late, end), CodeState::Used);
    /// ```
    #[must_use]
    pub fn at(self, now: Instant, until: Instant) -> Self {
        match self {
            Self::Open if until <= now => Self::Expired,
            Self::Open
            | Self::Used
            | Self::Invalidated
            | Self::Replaced
            | Self::Locked
            | Self::Expired => self,
        }
    }
}

personal_text! {
    /// What staff call a device, such as "tablet 2".
    ///
    /// ```
    /// use domain::home_care::activation::DeviceLabel;
    /// assert!(DeviceLabel::parse("タブレット2").is_ok());
    /// ```
    DeviceLabel, 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_twelve_digits_is_no_code() {
        for text in [
            "",
            "12345678901",
            "1234567890123",
            "１２３４５６７８９０１２",
            "12345678901a",
        ] {
            assert_eq!(
                ActivationCode::parse(text),
                Err(InvalidActivationCode),
                "{text}"
            );
        }
    }

    #[test]
    fn a_code_keeps_its_leading_zeros() {
        let code = ActivationCode::from_bytes(7_u64.to_be_bytes()).unwrap();
        assert_eq!(code.spaced(), "0000 0000 0007");
    }
}
