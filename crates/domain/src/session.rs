//! When a session ends (contracts §8). Stores none.

use crate::account::AccountKind;
use crate::civil_date::Instant;

/// Seconds without a person's request after which a person's session ends.
pub const PERSON_IDLE_S: i64 = 30 * 60;

/// Seconds a machine's session lives.
pub const MACHINE_LIFE_S: i64 = 12 * 60 * 60;

/// True while a session is good: 30 minutes from the last activity for a person, 12 hours from opening for a machine.
///
/// ```
/// use domain::{account::AccountKind, civil_date::Instant, session::is_good};
/// let opened = Instant::from_micros(0);
/// assert!(is_good(AccountKind::General, opened, opened, opened.plus_seconds(30 * 60 - 1)));
/// assert!(!is_good(AccountKind::General, opened, opened, opened.plus_seconds(30 * 60)));
/// ```
#[must_use]
pub fn is_good(kind: AccountKind, opened: Instant, active: Instant, now: Instant) -> bool {
    if kind.is_system() {
        now < opened.plus_seconds(MACHINE_LIFE_S)
    } else {
        now < active.plus_seconds(PERSON_IDLE_S)
    }
}

/// Minutes after which a session of this kind ends.
///
/// ```
/// use domain::{account::AccountKind, session::ends_after_min};
/// assert_eq!(ends_after_min(AccountKind::LinkApp), 720);
/// ```
#[must_use]
pub fn ends_after_min(kind: AccountKind) -> u32 {
    if kind.is_system() { 720 } else { 30 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_session_lives_twelve_hours_whatever_it_does() {
        let opened = Instant::from_micros(0);
        let last = opened.plus_seconds(MACHINE_LIFE_S - 1);
        assert!(is_good(AccountKind::LinkApp, opened, opened, last));
        let over = opened.plus_seconds(MACHINE_LIFE_S);
        assert!(!is_good(AccountKind::LinkApp, opened, last, over));
    }

    #[test]
    fn a_persons_session_goes_on_while_the_person_does() {
        let opened = Instant::from_micros(0);
        let active = opened.plus_seconds(10 * PERSON_IDLE_S);
        assert!(is_good(
            AccountKind::General,
            opened,
            active,
            active.plus_seconds(PERSON_IDLE_S - 1)
        ));
    }
}
