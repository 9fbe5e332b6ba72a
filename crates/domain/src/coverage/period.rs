//! The days on which a coverage or what stands beside it counts. Decides nothing else.

use crate::civil_date::CivilDate;

/// First and last day on which something counts; an absent end does not limit.
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::period::Period};
/// let august = Period {
///     start: Some(CivilDate::new(2026, 8, 1).unwrap()),
///     end: Some(CivilDate::new(2026, 8, 31).unwrap()),
/// };
/// assert!(august.contains(CivilDate::new(2026, 8, 31).unwrap()));
/// assert!(!august.contains(CivilDate::new(2026, 9, 1).unwrap()));
/// assert!(Period { start: None, end: None }.contains(CivilDate::new(1900, 1, 1).unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First day (有効開始年月日).
    pub start: Option<CivilDate>,
    /// Last day (有効終了年月日).
    pub end: Option<CivilDate>,
}

impl Period {
    /// True when `day` lies within, both ends included (contracts §5).
    #[must_use]
    pub fn contains(self, day: CivilDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_period_count() {
        let day = |d| CivilDate::new(2026, 8, d).unwrap();
        let period = Period {
            start: Some(day(2)),
            end: Some(day(4)),
        };
        let counted: Vec<bool> = (1..=5).map(|d| period.contains(day(d))).collect();
        assert_eq!(counted, [false, true, true, true, false]);
    }

    #[test]
    fn an_absent_end_does_not_limit() {
        let day = CivilDate::new(2026, 8, 2).unwrap();
        assert!(
            Period {
                start: Some(day),
                end: None
            }
            .contains(day.plus_days(40_000))
        );
        assert!(
            Period {
                start: None,
                end: Some(day)
            }
            .contains(day.plus_days(-40_000))
        );
    }
}
