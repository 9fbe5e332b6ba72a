//! When a session ends (contracts §8). Stores none.

use core::net::IpAddr;

use crate::account::AccountKind;
use crate::civil_date::Instant;

/// Seconds without a person's request for which a person's session stays open.
pub const PERSON_IDLE_S: i64 = 30 * 60;

/// A person's activity is written down once in so many seconds, so the last request may be later than what is known of it by nearly as much.
pub const ACTIVITY_STEP_S: i64 = 60;

/// Seconds after the last activity that is known when a person's session ends: none ends before its thirty minutes without a request.
pub const PERSON_ENDS_S: i64 = PERSON_IDLE_S + ACTIVITY_STEP_S;

/// Seconds a machine's session lives.
pub const MACHINE_LIFE_S: i64 = 12 * 60 * 60;

/// True while a session is good: 30 minutes without a request for a person, counted from the latest that `active` may stand for;
/// 12 hours from opening for a machine.
///
/// ```
/// use domain::{account::AccountKind, civil_date::Instant, session::is_good};
/// let opened = Instant::from_micros(0);
/// // A request 59 seconds after the one that was written down is not written down itself.
/// assert!(is_good(AccountKind::General, opened, opened, opened.plus_seconds(59 + 30 * 60)));
/// assert!(!is_good(AccountKind::General, opened, opened, opened.plus_seconds(60 + 30 * 60)));
/// ```
#[must_use]
pub fn is_good(kind: AccountKind, opened: Instant, active: Instant, now: Instant) -> bool {
    if kind.is_system() {
        now < opened.plus_seconds(MACHINE_LIFE_S)
    } else {
        now < active.plus_seconds(PERSON_ENDS_S)
    }
}

/// Seconds a session opens the listener for searches without a certificate.
pub const UNBOUND_LIFE_S: i64 = 30 * 60;

/// Why a session does not open the listener for searches without a certificate.
///
/// ```
/// use domain::session::NotUnbound;
/// assert!(NotUnbound::Over.to_string().contains("30 minutes"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUnbound {
    /// Only a Web API account's session does.
    #[error("not the session of a Web API account")]
    Kind,
    /// It was not opened where existing clients sign in, or the request comes from another address than the sign-in.
    #[error("the request does not come from the address that signed in")]
    Address,
    /// It was opened too long ago.
    #[error("the sign-in was more than 30 minutes ago")]
    Over,
}

/// Whether a session opens the listener for searches without a certificate (interface R5): for an existing client of the Web API, from
/// the address that signed in, for 30 minutes \[ours\]. `signed_in_from` is known of sign-ins on the existing path alone.
///
/// ```
/// use core::net::IpAddr;
/// use domain::{account::AccountKind, civil_date::Instant, session::{NotUnbound, opens_unbound}};
/// let (opened, from) = (Instant::from_micros(0), IpAddr::from([192, 0, 2, 1]));
/// let opens = |kind, at, now| opens_unbound(kind, opened, at, from, now);
/// assert_eq!(opens(AccountKind::WebApi, Some(from), opened), Ok(()));
/// assert_eq!(opens(AccountKind::LinkApp, Some(from), opened), Err(NotUnbound::Kind));
/// assert_eq!(opens(AccountKind::WebApi, None, opened), Err(NotUnbound::Address));
/// assert_eq!(opens(AccountKind::WebApi, Some(from), opened.plus_seconds(30 * 60)), Err(NotUnbound::Over));
/// ```
///
/// # Errors
/// [`NotUnbound`].
pub fn opens_unbound(
    kind: AccountKind,
    opened: Instant,
    signed_in_from: Option<IpAddr>,
    from: IpAddr,
    now: Instant,
) -> Result<(), NotUnbound> {
    if kind != AccountKind::WebApi {
        return Err(NotUnbound::Kind);
    }
    let same = signed_in_from.is_some_and(|it| it.to_canonical() == from.to_canonical());
    if !same {
        return Err(NotUnbound::Address);
    }
    if opened.plus_seconds(UNBOUND_LIFE_S) <= now {
        return Err(NotUnbound::Over);
    }
    Ok(())
}

/// What becomes of a sign-in while an earlier session of the account may be open.
///
/// ```
/// use domain::session::SecondSignIn;
/// assert_ne!(SecondSignIn::Open, SecondSignIn::Ask);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondSignIn {
    /// The session is opened; an earlier one of a person ends.
    Open,
    /// The person is asked whether the earlier session may end.
    Ask,
}

/// Whether a sign-in is asked about (contracts §8). `active` is the last activity of the account's earlier session, if it has
/// one; `agreed` is true when the person has already said that it may end. A machine is never asked: its account has one
/// session for each certificate.
///
/// ```
/// use domain::{account::AccountKind, civil_date::Instant, session::{SecondSignIn, second_sign_in}};
/// let now = Instant::from_micros(0);
/// assert_eq!(second_sign_in(AccountKind::General, Some(now), false, now), SecondSignIn::Ask);
/// assert_eq!(second_sign_in(AccountKind::General, Some(now), true, now), SecondSignIn::Open);
/// ```
#[must_use]
pub fn second_sign_in(
    kind: AccountKind,
    active: Option<Instant>,
    agreed: bool,
    now: Instant,
) -> SecondSignIn {
    let open = active.is_some_and(|active| is_good(kind, active, active, now));
    if kind.is_system() || agreed || !open {
        SecondSignIn::Open
    } else {
        SecondSignIn::Ask
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
        let active = opened.plus_seconds(10 * PERSON_ENDS_S);
        assert!(is_good(
            AccountKind::General,
            opened,
            active,
            active.plus_seconds(PERSON_ENDS_S - 1)
        ));
    }

    #[test]
    fn a_person_is_asked_while_the_earlier_session_is_good_and_a_machine_never() {
        let active = Instant::from_micros(0);
        let (good, over) = (
            active.plus_seconds(PERSON_ENDS_S - 1),
            active.plus_seconds(PERSON_ENDS_S),
        );
        let asked = |kind, now| second_sign_in(kind, Some(active), false, now);
        assert_eq!(asked(AccountKind::General, good), SecondSignIn::Ask);
        assert_eq!(asked(AccountKind::General, over), SecondSignIn::Open);
        assert_eq!(asked(AccountKind::LinkApp, good), SecondSignIn::Open);
        let first = second_sign_in(AccountKind::General, None, false, good);
        assert_eq!(first, SecondSignIn::Open);
    }
}
