//! The way back in (G06): recovery codes of a person, whether their record is good, and whose password they reset. Holds no code.

use crate::account::AccountKind;
use crate::civil_date::Instant;

/// Codes printed at once \[ours\].
///
/// ```
/// assert_eq!(domain::recovery::CODES, 8);
/// ```
pub const CODES: usize = 8;

/// With so many left, or fewer, new ones are asked for \[ours\].
///
/// ```
/// assert!(domain::recovery::FEW < domain::recovery::CODES);
/// ```
pub const FEW: usize = 2;

/// How good an account's record of recovery codes is.
///
/// ```
/// use domain::recovery::Standing;
/// assert_eq!(Standing::Missing.as_str(), "missing");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There are none, or all are used.
    Missing,
    /// They were printed before the password was last changed: the record that lies beside them is old.
    Outdated,
    /// Few are left.
    Few,
    /// Nothing is to be done.
    Good,
}

impl Standing {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::Few => "few",
            Self::Good => "good",
        }
    }

    /// The standing of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Missing, Self::Outdated, Self::Few, Self::Good]
            .into_iter()
            .find(|it| it.as_str() == name)
    }
}

/// How good the record is, by the codes left, when they were printed and when the password was set.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::recovery::{Standing, standing};
/// let (printed, changed) = (Instant::from_micros(1), Instant::from_micros(2));
/// assert_eq!(standing(0, None, changed), Standing::Missing);
/// assert_eq!(standing(8, Some(printed), changed), Standing::Outdated);
/// assert_eq!(standing(8, Some(changed), printed), Standing::Good);
/// ```
#[must_use]
pub fn standing(left: usize, printed: Option<Instant>, password_set: Instant) -> Standing {
    match printed {
        None => Standing::Missing,
        Some(_) if left == 0 => Standing::Missing,
        Some(at) if at < password_set => Standing::Outdated,
        Some(_) if left <= FEW => Standing::Few,
        Some(_) => Standing::Good,
    }
}

/// Whose record is asked for until it is good (G06): the administrator's, which a broken PC, an added PC and a succession need.
///
/// ```
/// use domain::{account::AccountKind, recovery::is_asked_of};
/// assert!(is_asked_of(AccountKind::Administrator) && !is_asked_of(AccountKind::General));
/// ```
#[must_use]
pub fn is_asked_of(kind: AccountKind) -> bool {
    kind == AccountKind::Administrator
}

/// Whose forgotten password a code resets: of those whom nobody at the facility may be able to help. The others ask their administrator,
/// and their codes stand for a lost second factor alone.
///
/// ```
/// use domain::{account::AccountKind, recovery::resets_password};
/// assert!(resets_password(AccountKind::Administrator) && resets_password(AccountKind::Master));
/// assert!(!resets_password(AccountKind::General) && !resets_password(AccountKind::Reader));
/// ```
#[must_use]
pub fn resets_password(kind: AccountKind) -> bool {
    matches!(kind, AccountKind::Master | AccountKind::Administrator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_asked_for_again_after_each_change_of_the_password_and_when_codes_run_out() {
        let day = |n: i64| Instant::from_micros(0).plus_seconds(n * 86_400);
        assert_eq!(standing(8, Some(day(1)), day(0)), Standing::Good);
        assert_eq!(standing(3, Some(day(1)), day(0)), Standing::Good);
        assert_eq!(standing(2, Some(day(1)), day(0)), Standing::Few);
        assert_eq!(standing(0, Some(day(1)), day(0)), Standing::Missing);
        assert_eq!(standing(8, Some(day(1)), day(2)), Standing::Outdated);
        assert_eq!(standing(2, Some(day(1)), day(2)), Standing::Outdated);
    }
}
