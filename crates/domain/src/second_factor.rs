//! The second factor of a person's sign-in: whether it is asked for, and which code of a clock counts once. Computes no code and knows no key.

use crate::account::AccountKind;
use crate::civil_date::Instant;
use crate::named::named;

named! {
    /// Whether a facility's people use a second factor. The guideline expects one in systems of fiscal 2027 (operations §7).
    ///
    /// ```
    /// use domain::second_factor::Policy;
    /// assert_eq!(Policy::parse("required"), Some(Policy::Required));
    /// ```
    Policy {
        /// Nobody is asked.
        Off = "off";
        /// Whoever has one is asked; the others are told that there is one \[ours: the default\].
        Offered = "offered";
        /// Whoever has none adds one before anything else.
        Required = "required";
    }
}

named! {
    /// What a second factor is.
    ///
    /// ```
    /// use domain::second_factor::FactorKind;
    /// assert_eq!(FactorKind::Totp.as_str(), "totp");
    /// ```
    FactorKind {
        /// Codes of an application that has a clock and a shared secret (RFC 6238).
        Totp = "totp";
        /// A key of the device or of a security key (WebAuthn).
        Passkey = "passkey";
    }
}

named! {
    /// How far a session is open.
    ///
    /// ```
    /// use domain::second_factor::Entry;
    /// assert_ne!(Entry::Full, Entry::Prove);
    /// ```
    Entry {
        /// To everything the account may do.
        Full = "full";
        /// To the proof of the second factor alone.
        Prove = "prove";
        /// To adding a second factor alone.
        Enrol = "enrol";
    }
}

/// How far a session opens after the right password. A machine has no second factor: its certificate and its sealed password are two.
///
/// ```
/// use domain::account::AccountKind;
/// use domain::second_factor::{Entry, Policy, entry};
/// assert_eq!(entry(AccountKind::General, Policy::Offered, 0), Entry::Full);
/// assert_eq!(entry(AccountKind::General, Policy::Offered, 1), Entry::Prove);
/// assert_eq!(entry(AccountKind::General, Policy::Required, 0), Entry::Enrol);
/// assert_eq!(entry(AccountKind::Reader, Policy::Required, 0), Entry::Full);
/// ```
#[must_use]
pub fn entry(kind: AccountKind, policy: Policy, factors: usize) -> Entry {
    if kind.is_system() {
        return Entry::Full;
    }
    match (policy, factors) {
        (Policy::Off, _) | (Policy::Offered, 0) => Entry::Full,
        (Policy::Required, 0) => Entry::Enrol,
        (Policy::Offered | Policy::Required, _) => Entry::Prove,
    }
}

/// Seconds within which the second factor is proved; then the password is asked for again \[ours\].
///
/// ```
/// assert_eq!(domain::second_factor::PROVE_WITHIN_S, 300);
/// ```
pub const PROVE_WITHIN_S: i64 = 300;

/// Seconds of one code (RFC 6238 §4).
///
/// ```
/// assert_eq!(domain::second_factor::STEP_S, 30);
/// ```
pub const STEP_S: i64 = 30;

/// Digits of a code.
///
/// ```
/// assert_eq!(domain::second_factor::DIGITS, 6);
/// ```
pub const DIGITS: usize = 6;

/// The steps whose code counts now, the present one first: one before and one after it, for clocks that differ (RFC 6238 §5.2). A step at or
/// before the last one used counts no more, so that a code is good once.
///
/// ```
/// use domain::{civil_date::Instant, second_factor::steps};
/// let now = Instant::from_micros(59_000_000);
/// assert_eq!(steps(now, None), [1, 0, 2]);
/// assert_eq!(steps(now, Some(1)), [2]);
/// ```
#[must_use]
pub fn steps(now: Instant, last_used: Option<i64>) -> Vec<i64> {
    let step = now.as_micros().div_euclid(STEP_S * 1_000_000);
    [step, step - 1, step + 1]
        .into_iter()
        .filter(|step| last_used.is_none_or(|used| used < *step))
        .collect()
}

/// The six digits of a text; blanks do not matter. `None` for anything else.
///
/// ```
/// use domain::second_factor::digits;
/// assert_eq!(digits("123 456").as_deref(), Some("123456"));
/// assert_eq!(digits("12345a"), None);
/// ```
#[must_use]
pub fn digits(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = kept.len() == DIGITS && kept.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_counts_once_and_none_before_it_afterwards() {
        let now = Instant::from_micros(0).plus_seconds(1_000 * STEP_S);
        assert_eq!(steps(now, None), [1_000, 999, 1_001]);
        assert_eq!(steps(now, Some(999)), [1_000, 1_001]);
        assert_eq!(steps(now, Some(1_000)), [1_001]);
        assert!(steps(now, Some(1_001)).is_empty());
        // A clock set back: what was used stays used.
        assert!(steps(now, Some(2_000)).is_empty());
    }

    #[test]
    fn only_a_person_is_asked_and_never_where_it_is_off() {
        for kind in AccountKind::ALL {
            for factors in [0, 2] {
                assert_eq!(entry(kind, Policy::Off, factors), Entry::Full);
            }
            let needed = entry(kind, Policy::Required, 0) == Entry::Enrol;
            assert_eq!(needed, !kind.is_system(), "{kind:?}");
        }
    }
}
