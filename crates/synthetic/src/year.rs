//! The year from August to July for which certificates are issued.

use domain::civil_date::CivilDate;
use domain::coverage::period::Period;

/// The year for which certificates are issued, by the calendar year in whose August it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Year(i16);

impl Year {
    /// The year of the sample files.
    pub(crate) const OF_FILES: Self = Self(2026);

    /// The year a day lies in.
    pub(crate) fn of(day: CivilDate) -> Self {
        let begins_later = day.month() < 8;
        Self(day.year() - i16::from(begins_later))
    }

    /// The first day of a month, so many calendar years after the August.
    pub(crate) fn first(self, years: i16, month: i8) -> Option<CivilDate> {
        CivilDate::new(self.0 + years, month, 1).ok()
    }

    /// From August to July.
    pub(crate) fn period(self) -> Period {
        Period {
            start: self.first(0, 8),
            end: self.first(1, 8).map(|it| it.plus_days(-1)),
        }
    }
}
