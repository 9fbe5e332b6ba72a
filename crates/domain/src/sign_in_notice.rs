//! What is unusual about a sign-in: another PC, an hour outside the usual ones, failures before it. Judges, and forbids nothing.

use crate::civil_date::Instant;
use crate::named::named;

named! {
    /// Why a sign-in is pointed out to the person.
    ///
    /// ```
    /// use domain::sign_in_notice::Unusual;
    /// assert_eq!(Unusual::NewCertificate.as_str(), "new_certificate");
    /// ```
    Unusual {
        /// A PC, by its certificate, that the account never signed in at before.
        NewCertificate = "new_certificate";
        /// An hour outside the facility's usual ones.
        Hour = "hour";
        /// Wrong tries came before it.
        Failures = "failures";
    }
}

named! {
    /// What became of a try to sign in.
    ///
    /// ```
    /// use domain::sign_in_notice::Outcome;
    /// assert_eq!(Outcome::Opened.as_str(), "opened");
    /// ```
    Outcome {
        /// A session was opened.
        Opened = "opened";
        /// The password or the second factor was wrong, or the account had to wait.
        Refused = "refused";
    }
}

named! {
    /// How somebody proved, or failed to prove, who they are.
    ///
    /// ```
    /// use domain::sign_in_notice::ProvedBy;
    /// assert_eq!(ProvedBy::RecoveryCode.as_str(), "recovery_code");
    /// ```
    ProvedBy {
        /// The password alone.
        Password = "password";
        /// And a code of a clock.
        Totp = "totp";
        /// And a passkey.
        Passkey = "passkey";
        /// And a recovery code in place of the second factor.
        RecoveryCode = "recovery_code";
    }
}

/// Wrong tries before a sign-in from which on they are pointed out \[ours\].
///
/// ```
/// assert_eq!(domain::sign_in_notice::FAILURES, 3);
/// ```
pub const FAILURES: usize = 3;

/// The hours in Japan in which a facility's people sign in as a rule, from one full hour to another; the same hour twice is the whole day.
/// They may pass midnight.
///
/// ```
/// use domain::sign_in_notice::UsualHours;
/// let night = UsualHours::new(20, 8).unwrap();
/// assert!(night.holds(23) && night.holds(0) && !night.holds(8));
/// assert!(UsualHours::new(24, 8).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualHours {
    from: u8,
    until: u8,
}

impl Default for UsualHours {
    /// 6 to 22 o'clock \[ours\].
    fn default() -> Self {
        Self { from: 6, until: 22 }
    }
}

impl UsualHours {
    /// From one full hour to another, 0 to 23.
    #[must_use]
    pub fn new(from: u8, until: u8) -> Option<Self> {
        (from < 24 && until < 24).then_some(Self { from, until })
    }

    /// The hours of a text such as `6-22`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        Self::new(from.parse().ok()?, until.parse().ok()?)
    }

    /// The text, as in settings.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{}-{}", self.from, self.until)
    }

    /// The first hour.
    #[must_use]
    pub fn from(self) -> u8 {
        self.from
    }

    /// The hour at which they end.
    #[must_use]
    pub fn until(self) -> u8 {
        self.until
    }

    /// Whether an hour is among them.
    #[must_use]
    pub fn holds(self, hour: u8) -> bool {
        if self.from == self.until {
            return true;
        }
        if self.from < self.until {
            self.from <= hour && hour < self.until
        } else {
            self.from <= hour || hour < self.until
        }
    }
}

/// What an account's earlier sign-ins say.
///
/// ```
/// use domain::sign_in_notice::Before;
/// assert!(!Before::default().signed_in);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Before {
    /// Whether it ever signed in.
    pub signed_in: bool,
    /// Whether it did with this certificate.
    pub with_this_certificate: bool,
    /// Wrong tries since its last sign-in.
    pub failures: usize,
}

/// What is unusual about a sign-in. An account's first is no surprise anywhere.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::sign_in_notice::{Before, Unusual, UsualHours, unusual};
/// // 03:00 in Japan.
/// let night = Instant::parse("2026-11-25T18:00:00Z").unwrap();
/// let known = Before { signed_in: true, with_this_certificate: true, failures: 0 };
/// assert_eq!(unusual(known, night, UsualHours::default()), [Unusual::Hour]);
/// ```
#[must_use]
pub fn unusual(before: Before, at: Instant, hours: UsualHours) -> Vec<Unusual> {
    let mut found = Vec::new();
    if before.signed_in && !before.with_this_certificate {
        found.push(Unusual::NewCertificate);
    }
    if !hours.holds(hour_in_japan(at)) {
        found.push(Unusual::Hour);
    }
    if FAILURES <= before.failures {
        found.push(Unusual::Failures);
    }
    found
}

/// The hour of an instant at UTC+9.
fn hour_in_japan(at: Instant) -> u8 {
    let hours = at.as_micros().div_euclid(3_600_000_000) + 9;
    u8::try_from(hours.rem_euclid(24)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: Before, at: &str, expected: &[Unusual]) {
        let at = Instant::parse(at).unwrap();
        assert_eq!(unusual(before, at, UsualHours::default()), expected);
    }

    #[test]
    fn another_pc_a_strange_hour_and_failures_are_each_pointed_out() {
        let known = Before {
            signed_in: true,
            with_this_certificate: true,
            failures: 2,
        };
        check(known, "2026-11-25T00:00:00Z", &[]);
        let elsewhere = Before {
            with_this_certificate: false,
            ..known
        };
        check(
            elsewhere,
            "2026-11-25T00:00:00Z",
            &[Unusual::NewCertificate],
        );
        // 05:59 and 06:00, 21:59 and 22:00 in Japan.
        check(known, "2026-11-24T20:59:59Z", &[Unusual::Hour]);
        check(known, "2026-11-24T21:00:00Z", &[]);
        check(known, "2026-11-25T12:59:59Z", &[]);
        check(known, "2026-11-25T13:00:00Z", &[Unusual::Hour]);
        let tried = Before {
            failures: FAILURES,
            ..known
        };
        check(tried, "2026-11-25T00:00:00Z", &[Unusual::Failures]);
    }

    #[test]
    fn a_first_sign_in_is_no_surprise() {
        check(Before::default(), "2026-11-25T00:00:00Z", &[]);
    }

    #[test]
    fn the_same_hour_twice_is_the_whole_day() {
        let day = UsualHours::new(0, 0).unwrap();
        assert!((0..24).all(|hour| day.holds(hour)));
    }
}
