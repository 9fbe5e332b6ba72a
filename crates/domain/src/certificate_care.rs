//! Care for a facility's electronic certificate (G09, G10): when its end is announced, when it may be renewed, whether its backup
//! counts. Reads no certificate and no clock.

use crate::civil_date::{CivilDate, Instant};

/// Days before the end on which it is announced (G10), the earliest first.
///
/// ```
/// assert_eq!(domain::certificate_care::WARNING_DAYS[0], 90);
/// ```
pub const WARNING_DAYS: [i32; 8] = [90, 60, 30, 14, 7, 3, 2, 1];

/// Days before the end from which a certificate may be renewed, where the center's settings say nothing else. The official window is
/// not known \[ours\]; it is that of the first announcement.
///
/// ```
/// use domain::certificate_care::{RENEWABLE_DAYS, WARNING_DAYS};
/// assert_eq!(RENEWABLE_DAYS, WARNING_DAYS[0]);
/// ```
pub const RENEWABLE_DAYS: i32 = 90;

/// An announcement is put away until the next one only while more days than this are left.
///
/// ```
/// use domain::certificate_care::{Ending, LAST_DAYS};
/// assert!(!Ending::Announced(LAST_DAYS).may_be_put_away());
/// ```
pub const LAST_DAYS: i32 = 7;

/// How near the end of a certificate is.
///
/// ```
/// use domain::{certificate_care::Ending, civil_date::Instant};
/// let end = Instant::parse("2027-03-04T14:59:59Z").unwrap();
/// let on = |day: &str| Ending::of(end, Instant::parse(&format!("{day}T03:00:00Z")).unwrap());
/// assert_eq!(on("2026-11-23"), Ending::Far);
/// assert_eq!(on("2026-12-04"), Ending::Announced(90));
/// assert_eq!(on("2027-01-02"), Ending::Announced(90));
/// assert_eq!(on("2027-01-03"), Ending::Announced(60));
/// assert_eq!(on("2027-03-04"), Ending::Announced(1));
/// assert_eq!(on("2027-03-05"), Ending::Over);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing needs to be said yet.
    Far,
    /// The announcement of this many days before the end is the last one made.
    Announced(i32),
    /// It has expired.
    Over,
}

impl Ending {
    /// Of a certificate's last instant, seen now.
    ///
    /// ```
    /// use domain::{certificate_care::Ending, civil_date::Instant};
    /// let now = Instant::parse("2026-11-23T03:00:00Z").unwrap();
    /// assert_eq!(Ending::of(now, now), Ending::Over);
    /// ```
    #[must_use]
    pub fn of(not_after: Instant, now: Instant) -> Self {
        if not_after <= now {
            return Self::Over;
        }
        let left = days_left(not_after, now);
        let made = WARNING_DAYS.iter().filter(|days| left <= **days);
        made.min().map_or(Self::Far, |days| Self::Announced(*days))
    }

    /// Whether a person may put the announcement away until the next.
    ///
    /// ```
    /// use domain::certificate_care::Ending;
    /// assert!(Ending::Announced(90).may_be_put_away());
    /// assert!(!Ending::Announced(7).may_be_put_away() && !Ending::Over.may_be_put_away());
    /// ```
    #[must_use]
    pub fn may_be_put_away(self) -> bool {
        match self {
            Self::Far => true,
            Self::Announced(days) => LAST_DAYS < days,
            Self::Over => false,
        }
    }
}

/// Days from today to the last day of validity, in Japan; 0 on the last day itself.
///
/// ```
/// use domain::{certificate_care::days_left, civil_date::Instant};
/// let end = Instant::parse("2027-03-04T14:59:59Z").unwrap();
/// assert_eq!(days_left(end, Instant::parse("2027-03-03T14:59:59Z").unwrap()), 1);
/// assert_eq!(days_left(end, Instant::parse("2027-03-03T15:00:00Z").unwrap()), 0);
/// ```
#[must_use]
pub fn days_left(not_after: Instant, now: Instant) -> i32 {
    now.date_in_japan().days_until(not_after.date_in_japan())
}

/// The first day on which a certificate may be renewed.
///
/// ```
/// use domain::{certificate_care::renewable_from, civil_date::Instant};
/// let end = Instant::parse("2027-03-04T14:59:59Z").unwrap();
/// assert_eq!(renewable_from(end, 90).to_string(), "2026-12-04");
/// ```
#[must_use]
pub fn renewable_from(not_after: Instant, window_days: i32) -> CivilDate {
    not_after.date_in_japan().plus_days(-window_days)
}

/// Whether a certificate is a step back from the one in use: it began earlier, or ends sooner. A person is asked before it is put.
///
/// ```
/// use domain::{certificate_care::is_step_back, civil_date::Instant};
/// let of = |from: &str, to: &str| {
///     [from, to].map(|day| Instant::parse(&format!("{day}T15:00:00Z")).unwrap())
/// };
/// let present = of("2026-12-04", "2030-03-04");
/// assert!(is_step_back(of("2023-12-04", "2027-03-04"), present));
/// assert!(is_step_back(of("2026-12-05", "2030-03-03"), present));
/// assert!(!is_step_back(present, present) && !is_step_back(of("2026-12-05", "2030-03-05"), present));
/// ```
#[must_use]
pub fn is_step_back(offered: [Instant; 2], present: [Instant; 2]) -> bool {
    let ([began, ends], [present_began, present_ends]) = (offered, present);
    began < present_began || ends < present_ends
}

/// What is known of backups: the certificate each is of, by its SHA-256.
///
/// ```
/// use domain::certificate_care::Backup;
/// let none = Backup::of([1; 32], []);
/// assert_eq!(none, Backup::Never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// None was ever made.
    Never,
    /// Only of an earlier certificate: after a renewal a new one is needed (G09).
    OfEarlier,
    /// A good one was made of this certificate; the last one then.
    Made(Instant),
}

impl Backup {
    /// The state for a certificate, by the backups that were verified.
    ///
    /// ```
    /// use domain::{certificate_care::Backup, civil_date::Instant};
    /// let at = |micros| Instant::from_micros(micros);
    /// let made = [([1; 32], at(5)), ([1; 32], at(9)), ([2; 32], at(20))];
    /// assert_eq!(Backup::of([1; 32], made), Backup::Made(at(9)));
    /// assert_eq!(Backup::of([3; 32], made), Backup::OfEarlier);
    /// ```
    #[must_use]
    pub fn of(certificate: [u8; 32], made: impl IntoIterator<Item = ([u8; 32], Instant)>) -> Self {
        let mut state = Self::Never;
        for (of, at) in made {
            state = match state {
                Self::Made(last) if of == certificate => Self::Made(last.max(at)),
                Self::Made(last) => Self::Made(last),
                Self::Never | Self::OfEarlier if of == certificate => Self::Made(at),
                Self::Never | Self::OfEarlier => Self::OfEarlier,
            };
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_announcement_is_made_on_each_of_the_eight_days_and_on_no_other() {
        let end = Instant::start_of_day_in_japan(CivilDate::new(2030, 2, 20).unwrap());
        let end = end.plus_seconds(-1);
        let last = end.date_in_japan();
        let mut before = Ending::Far;
        let mut made = Vec::new();
        for left in (0..=1_200).rev() {
            let noon = Instant::start_of_day_in_japan(last.plus_days(-left)).plus_seconds(43_200);
            assert_eq!(days_left(end, noon), left);
            let now = Ending::of(end, noon);
            if now != before {
                made.push(left);
                before = now;
            }
        }
        assert_eq!(made, WARNING_DAYS);
        assert_eq!(Ending::of(end, end), Ending::Over);
        assert_eq!(Ending::of(end, end.plus_seconds(-1)), Ending::Announced(1));
    }
}
