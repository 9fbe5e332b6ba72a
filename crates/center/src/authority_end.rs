//! Tells in the log, at the start and once a day, that the issuing CA comes to its end. Makes no other one.

use std::time::Duration;

use domain::civil_date::Instant;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(DAY_S.unsigned_abs());
const DAY_S: i64 = 86_400;

/// From so many days before the end on it is told.
const AHEAD_DAYS: i64 = 730;

pub(crate) async fn watch(app: App) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let end = app.authority.ends();
        if let Some(days) = days_left(end, app.now()) {
            tracing::warn!(
                days,
                end = %end,
                "{}",
                told(app.authority.ends_with_root())
            );
        }
    }
}

/// What is told, with the remedy that helps.
fn told(ends_with_root: bool) -> &'static str {
    if ends_with_root {
        "the root ends, the issuing CA below it, and with them every certificate of the center and of terminals; no other issuing CA helps: before that day make another authority and enrol every PC anew (docs/operations/certificate-and-key-ceremony.md)"
    } else {
        "the issuing CA ends, and with it every certificate of the center and of terminals; `onshi ca renew` makes another one below the same root while the center is stopped (docs/operations/certificate-and-key-ceremony.md)"
    }
}

/// Whole days until the end, where they are few; negative after it.
fn days_left(end: Instant, now: Instant) -> Option<i64> {
    let left = (end.as_seconds() - now.as_seconds()).div_euclid(DAY_S);
    (left < AHEAD_DAYS).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_from_two_years_before_on() {
        let end = Instant::from_micros(2_000_000_000_000_000);
        let before = |days: i64| days_left(end, end.plus_seconds(-days * DAY_S));
        assert_eq!(before(3_000), None);
        assert_eq!(before(730), None);
        assert_eq!(before(729), Some(729));
        assert_eq!(before(0), Some(0));
        assert_eq!(before(-1), Some(-1));
    }

    #[test]
    fn a_renewal_is_named_where_it_helps_alone() {
        let (renewal, page) = ("onshi ca renew", "certificate-and-key-ceremony.md");
        let (helps, no_longer) = (told(false), told(true));
        assert!(helps.contains(renewal) && helps.contains(page));
        assert!(no_longer.contains("another authority") && no_longer.contains(page));
        assert!(!no_longer.contains(renewal));
    }
}
