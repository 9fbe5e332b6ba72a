//! Whether a coverage covers a day (contracts §5), by the card that counts on it. Knows nothing of which coverage was asked about.

use crate::civil_date::CivilDate;
use crate::coverage::Coverage;

/// True when `coverage` covers `day`: acquired ≤ day < lost, and start ≤ day ≤ end of the card of that day; an absent date
/// does not limit.
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::{Coverage, Loss, validity::covers}};
/// fn day_of_loss_is_the_first_without(coverage: &Coverage, loss: Loss) -> bool {
///     !covers(coverage, loss.date)
/// }
/// ```
#[must_use]
pub fn covers(coverage: &Coverage, day: CivilDate) -> bool {
    let acquired = coverage.acquired.is_none_or(|acquired| acquired <= day);
    let kept = coverage.loss.is_none_or(|loss| day < loss.date);
    acquired && kept && coverage.card_on(day).period.contains(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::coverage::CardClassification;
    use crate::coverage::period::Period;
    use crate::coverage::{InsurerName, Loss};
    use crate::insured::InsuredNumber;
    use crate::insurer_number::InsurerNumber;

    fn day(d: i8) -> CivilDate {
        CivilDate::new(2026, 11, d).unwrap()
    }

    fn coverage() -> Coverage {
        Coverage::new(
            CardClassification::from_code("01").unwrap(),
            InsurerNumber::parse("06139992").unwrap(),
            InsurerName::parse("架空健康保険組合").unwrap(),
            InsuredNumber::parse("4567").unwrap(),
        )
    }

    #[test]
    fn the_day_of_acquisition_is_covered_and_the_day_of_loss_is_not() {
        let mut it = coverage();
        it.acquired = Some(day(10));
        it.loss = Some(Loss {
            date: day(12),
            reason: None,
        });
        let covered: Vec<bool> = (9..=12).map(|d| covers(&it, day(d))).collect();
        assert_eq!(covered, [false, true, true, false]);
    }

    #[test]
    fn the_first_and_the_last_day_of_validity_are_covered() {
        let mut it = coverage();
        it.period = Period {
            start: Some(day(10)),
            end: Some(day(12)),
        };
        let covered: Vec<bool> = (9..=13).map(|d| covers(&it, day(d))).collect();
        assert_eq!(covered, [false, true, true, true, false]);
    }

    #[test]
    fn both_limits_hold_at_once() {
        let mut it = coverage();
        it.acquired = Some(day(1));
        it.period.start = Some(day(10));
        assert!(!covers(&it, day(9)));
        it.loss = Some(Loss {
            date: day(11),
            reason: None,
        });
        it.period.end = Some(day(20));
        assert!(covers(&it, day(10)));
        assert!(!covers(&it, day(11)));
    }

    #[test]
    fn an_absent_date_does_not_limit() {
        assert!(covers(&coverage(), CivilDate::new(1950, 1, 1).unwrap()));
        assert!(covers(&coverage(), CivilDate::new(2150, 1, 1).unwrap()));
    }

    #[test]
    fn a_coverage_lost_on_the_day_it_began_covers_no_day() {
        let mut it = coverage();
        it.acquired = Some(day(10));
        it.loss = Some(Loss {
            date: day(10),
            reason: None,
        });
        assert!((1..=30).all(|d| !covers(&it, day(d))));
    }
}
