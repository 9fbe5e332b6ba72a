//! National holidays of Japan as a list with a first and a last day. Computes none: outside its days it says that it does not know.

use std::collections::BTreeMap;

use crate::civil_date::CivilDate;

/// Holidays whose days the gazette sets.
const EQUINOXES: [&str; 2] = ["春分の日", "秋分の日"];

/// How the days off begin that other holidays make: 休日（振替） and 休日（祝日にはさまれた日）.
const BESIDE: &str = "休日";

/// What a list of holidays knows of a day.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::holidays::{Holidays, Known};
/// let day = |month, day| CivilDate::new(2026, month, day).unwrap();
/// let list = Holidays::new(day(1, 1), day(12, 31), vec![(day(11, 23), "勤労感謝の日".into())]).unwrap();
/// assert_eq!(list.on(day(11, 23)), Known::Holiday("勤労感謝の日"));
/// assert_eq!(list.on(day(11, 24)), Known::NoHoliday);
/// assert_eq!(list.on(day(12, 31).plus_days(1)), Known::NotListed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// A holiday of this name.
    Holiday(&'a str),
    /// None.
    NoHoliday,
    /// The list does not reach this day.
    NotListed,
}

/// How long a list still lasts.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::holidays::{Holidays, Lasting};
/// let first = CivilDate::new(2026, 1, 1).unwrap();
/// let list = Holidays::new(first, CivilDate::new(2026, 12, 31).unwrap(), Vec::new()).unwrap();
/// assert_eq!(list.lasting(first), Lasting::Long);
/// assert_eq!(list.lasting(CivilDate::new(2026, 11, 26).unwrap()), Lasting::EndsIn(35));
/// assert_eq!(list.lasting(CivilDate::new(2027, 1, 1).unwrap()), Lasting::Ended);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// For more than [`Holidays::WARN_DAYS`] days.
    Long,
    /// For so many more days.
    EndsIn(i32),
    /// It does not reach this day.
    Ended,
}

/// Why a list of holidays is none.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::holidays::{Holidays, InvalidHolidays};
/// let (first, last) = (CivilDate::new(2026, 1, 1).unwrap(), CivilDate::new(2025, 1, 1).unwrap());
/// assert_eq!(Holidays::new(first, last, Vec::new()), Err(InvalidHolidays::Backwards));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHolidays {
    /// The last day is before the first.
    #[error("最後の日が最初の日より前です。 / the last day is before the first")]
    Backwards,
    /// A holiday outside the days listed.
    #[error("{0} は一覧の期間の外です。 / {0} lies outside the days of the list")]
    Outside(CivilDate),
    /// A day listed twice.
    #[error("{0} が2回あります。 / {0} stands there twice")]
    Twice(CivilDate),
}

/// A list of holidays.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::holidays::Holidays;
/// let day = CivilDate::new(2026, 1, 1).unwrap();
/// assert_eq!(Holidays::new(day, day, vec![(day, "元日".into())]).unwrap().last(), day);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holidays {
    first: CivilDate,
    last: CivilDate,
    days: BTreeMap<CivilDate, String>,
    announced_to: Option<CivilDate>,
}

impl Holidays {
    /// A list that ends within so many days is told of.
    pub const WARN_DAYS: i32 = 90;

    /// A list of the holidays from a first to a last day.
    ///
    /// # Errors
    /// [`InvalidHolidays`].
    pub fn new(
        first: CivilDate,
        last: CivilDate,
        days: Vec<(CivilDate, String)>,
    ) -> Result<Self, InvalidHolidays> {
        if last < first {
            return Err(InvalidHolidays::Backwards);
        }
        let mut listed = BTreeMap::new();
        for (day, name) in days {
            if day < first || last < day {
                return Err(InvalidHolidays::Outside(day));
            }
            if listed.insert(day, name).is_some() {
                return Err(InvalidHolidays::Twice(day));
            }
        }
        Ok(Self {
            first,
            last,
            days: listed,
            announced_to: None,
        })
    }

    /// The same list, whose days of the equinoxes are announced to a day and computed after it. Without it all are announced.
    #[must_use]
    pub fn announced_to(self, day: CivilDate) -> Self {
        Self {
            announced_to: Some(day),
            ..self
        }
    }

    /// Whether that a day is a holiday rests on a computed equinox, of which the gazette decides.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// use domain::holidays::Holidays;
    /// let day = |month, day| CivilDate::new(2027, month, day).unwrap();
    /// let days = vec![(day(2, 11), "建国記念の日".into()), (day(3, 21), "春分の日".into())];
    /// let list = Holidays::new(day(1, 1), day(12, 31), days).unwrap();
    /// assert!(!list.is_computed(day(3, 21)));
    /// let list = list.announced_to(day(1, 1));
    /// assert!(list.is_computed(day(3, 21)) && !list.is_computed(day(2, 11)));
    /// ```
    #[must_use]
    pub fn is_computed(&self, day: CivilDate) -> bool {
        let is_equinox = |day: CivilDate| {
            let name = self.days.get(&day);
            self.announced_to.is_some_and(|last| last < day)
                && name.is_some_and(|name| EQUINOXES.contains(&name.as_str()))
        };
        let is_beside = |name: &String| name.starts_with(BESIDE);
        is_equinox(day)
            || self.days.get(&day).is_some_and(is_beside)
                && (is_equinox(day.plus_days(-1)) || is_equinox(day.plus_days(1)))
    }

    /// A list of no day at all: it knows nothing.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// use domain::holidays::{Holidays, Known};
    /// let day = CivilDate::new(2026, 1, 1).unwrap();
    /// assert_eq!(Holidays::none().on(day), Known::NotListed);
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self {
            first: CivilDate::earliest().plus_days(1),
            last: CivilDate::earliest(),
            days: BTreeMap::new(),
            announced_to: None,
        }
    }

    /// What the list knows of a day.
    #[must_use]
    pub fn on(&self, day: CivilDate) -> Known<'_> {
        if day < self.first || self.last < day {
            return Known::NotListed;
        }
        match self.days.get(&day) {
            Some(name) => Known::Holiday(name),
            None => Known::NoHoliday,
        }
    }

    /// Its last day.
    #[must_use]
    pub fn last(&self) -> CivilDate {
        self.last
    }

    /// How long it still lasts.
    #[must_use]
    pub fn lasting(&self, today: CivilDate) -> Lasting {
        let left = today.days_until(self.last);
        if left < 0 {
            Lasting::Ended
        } else if left <= Self::WARN_DAYS {
            Lasting::EndsIn(left)
        } else {
            Lasting::Long
        }
    }

    /// The holidays, in order.
    pub fn days(&self) -> impl Iterator<Item = (CivilDate, &str)> {
        self.days.iter().map(|(day, name)| (*day, name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    #[test]
    fn what_makes_no_list_is_named() {
        let list = |days: &[&str]| {
            let days = days.iter().map(|it| (day(it), String::from("x"))).collect();
            Holidays::new(day("2026-01-01"), day("2026-12-31"), days)
        };
        let outside = Err(InvalidHolidays::Outside(day("2027-01-01")));
        assert_eq!(list(&["2027-01-01"]), outside);
        let twice = Err(InvalidHolidays::Twice(day("2026-01-01")));
        assert_eq!(list(&["2026-01-01", "2026-01-01"]), twice);
        assert!(list(&["2026-01-01", "2026-12-31"]).is_ok());
    }
}
