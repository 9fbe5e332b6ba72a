//! When claims may be handed in (請求期間): days of the month with their hours, as data, and what an operator opens beside them. Reads no
//! clock, and knows no month's official calendar: the default days are marked \[A\] in claims-format §12, the hours are a setting.

use crate::civil_date::{CivilDate, Instant};

/// Days of every month, and the hours on them.
///
/// ```
/// use domain::claims::window::{Calendar, Span};
/// assert_eq!(Calendar::submission().spans().first(), Some(&Span { from_day: 5, to_day: 7, opens_min: 480, closes_min: 1260 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day of the month.
    pub from_day: u8,
    /// The last day of the month; a month that has it not ends earlier.
    pub to_day: u8,
    /// Minutes after midnight in Japan at which it opens.
    pub opens_min: u16,
    /// Minutes after midnight at which it closes; 1440 is the end of the day.
    pub closes_min: u16,
}

/// What is wrong with a calendar.
///
/// ```
/// use domain::claims::window::{Calendar, InvalidCalendar, Span};
/// let backwards = Span { from_day: 9, to_day: 8, opens_min: 0, closes_min: 60 };
/// assert_eq!(Calendar::new(vec![backwards]), Err(InvalidCalendar::Days));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCalendar {
    /// No day at all.
    #[error("names no day")]
    Empty,
    /// Days that are none, or not in order.
    #[error("days must be 1 to 31, in order, and no day twice")]
    Days,
    /// Hours that are none, or not in order.
    #[error("the time it opens must lie before the time it closes")]
    Hours,
}

/// When something may be done in every month.
///
/// ```
/// use domain::claims::window::{Calendar, State};
/// use domain::civil_date::Instant;
/// let at = |text| Instant::parse(text).unwrap();
/// let open = Calendar::submission().state(&[], at("2026-12-05T09:00:00+09:00"));
/// assert_eq!(open, State::Open { closes: at("2026-12-05T21:00:00+09:00"), last: at("2026-12-11T00:00:00+09:00") });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(Vec<Span>);

/// Time that an operator opened beside the calendar.
///
/// ```
/// use domain::{civil_date::Instant, claims::window::Opening};
/// let from = Instant::from_micros(0);
/// assert!(Opening::new(from, from).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    from: Instant,
    until: Instant,
}

impl Opening {
    /// From an instant until another, which must lie later.
    #[must_use]
    pub fn new(from: Instant, until: Instant) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// When it begins.
    #[must_use]
    pub fn from(self) -> Instant {
        self.from
    }

    /// When it ends.
    #[must_use]
    pub fn until(self) -> Instant {
        self.until
    }
}

/// Whether it may be done now.
///
/// ```
/// use domain::{civil_date::Instant, claims::window::State};
/// assert!(!State::Closed { opens: Instant::from_micros(0) }.is_open());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It may.
    Open {
        /// Until when without a break.
        closes: Instant,
        /// Until when in this month.
        last: Instant,
    },
    /// It may not.
    Closed {
        /// From when it may again.
        opens: Instant,
    },
}

impl State {
    /// Whether it may be done.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

impl Calendar {
    /// A calendar of spans.
    ///
    /// # Errors
    /// [`InvalidCalendar`].
    pub fn new(spans: Vec<Span>) -> Result<Self, InvalidCalendar> {
        if spans.is_empty() {
            return Err(InvalidCalendar::Empty);
        }
        let mut last = 0;
        for span in &spans {
            if span.from_day <= last || span.to_day < span.from_day || 31 < span.to_day {
                return Err(InvalidCalendar::Days);
            }
            if span.closes_min <= span.opens_min || DAY_MIN < span.closes_min {
                return Err(InvalidCalendar::Hours);
            }
            last = span.to_day;
        }
        Ok(Self(spans))
    }

    /// When claims are sent (claims-format §12): the 5th to the 7th from 8 to 21 o'clock, the 8th to the 10th from 8 to 24. The days are
    /// well known, the hours stand on pages of some federations alone.
    ///
    /// ```
    /// use domain::claims::window::Calendar;
    /// assert_eq!(Calendar::submission().spans().len(), 2);
    /// ```
    #[must_use]
    pub fn submission() -> Self {
        Self(vec![span(5, 7, 21 * 60), span(8, 10, DAY_MIN)])
    }

    /// When refused claims may be sent corrected: the same days, and the 11th and 12th from 8 to 21 o'clock.
    ///
    /// ```
    /// use domain::claims::window::Calendar;
    /// assert_eq!(Calendar::correction().spans().last().unwrap().to_day, 12);
    /// ```
    #[must_use]
    pub fn correction() -> Self {
        let mut spans = Self::submission().0;
        spans.push(span(11, 12, 21 * 60));
        Self(spans)
    }

    /// The spans, in order.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// How it stands at an instant, with what an operator opened beside it.
    #[must_use]
    pub fn state(&self, openings: &[Opening], now: Instant) -> State {
        let today = now.date_in_japan();
        let first = today.plus_days(1 - i32::from(today.day()));
        let mut open = self.of_month(first);
        let next = first.plus_months(1);
        open.extend(self.of_month(next));
        open.extend(openings.iter().copied());
        let open = joined(open);
        let end = Instant::start_of_day_in_japan(next);
        let Some(of_now) = open.iter().find(|it| now < it.until) else {
            return State::Closed { opens: end };
        };
        if now < of_now.from {
            return State::Closed { opens: of_now.from };
        }
        let of_month = open.iter().filter(|it| it.from < end);
        State::Open {
            closes: of_now.until,
            last: of_month.map(|it| it.until).max().unwrap_or(of_now.until),
        }
    }

    /// What is open in the month of a first day.
    fn of_month(&self, first: CivilDate) -> Vec<Opening> {
        let last = first.plus_months(1).plus_days(-1).day();
        let last = u8::try_from(last).unwrap_or(31);
        let mut open = Vec::new();
        for span in &self.0 {
            for day in span.from_day..=span.to_day.min(last) {
                let midnight = Instant::start_of_day_in_japan(first.plus_days(i32::from(day) - 1));
                let after = |minutes: u16| midnight.plus_seconds(i64::from(minutes) * 60);
                open.extend(Opening::new(after(span.opens_min), after(span.closes_min)));
            }
        }
        open
    }
}

const DAY_MIN: u16 = 24 * 60;

fn span(from_day: u8, to_day: u8, closes_min: u16) -> Span {
    Span {
        from_day,
        to_day,
        opens_min: 8 * 60,
        closes_min,
    }
}

/// The same time without breaks that are none.
fn joined(mut open: Vec<Opening>) -> Vec<Opening> {
    open.sort_by_key(|it| it.from);
    let mut joined: Vec<Opening> = Vec::with_capacity(open.len());
    for next in open {
        match joined.last_mut() {
            Some(before) if next.from <= before.until => {
                before.until = before.until.max(next.until);
            }
            Some(_) | None => joined.push(next),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn closes(openings: &[Opening], now: &str) -> Result<String, String> {
        match Calendar::submission().state(openings, at(now)) {
            State::Open { closes, .. } => Ok(closes.to_minute_in_japan()),
            State::Closed { opens } => Err(opens.to_minute_in_japan()),
        }
    }

    #[test]
    fn it_opens_on_the_fifth_and_closes_with_the_tenth() {
        let minute = |text: &str| at(text).to_minute_in_japan();
        let fifth = minute("2026-12-05T08:00:00+09:00");
        assert_eq!(closes(&[], "2026-12-05T07:59:59+09:00"), Err(fifth));
        let evening = minute("2026-12-05T21:00:00+09:00");
        assert_eq!(closes(&[], "2026-12-05T08:00:00+09:00"), Ok(evening));
        let sixth = minute("2026-12-06T08:00:00+09:00");
        assert_eq!(closes(&[], "2026-12-05T21:00:00+09:00"), Err(sixth));
        let midnight = minute("2026-12-11T00:00:00+09:00");
        assert_eq!(closes(&[], "2026-12-10T23:59:59+09:00"), Ok(midnight));
        let january = minute("2027-01-05T08:00:00+09:00");
        assert_eq!(closes(&[], "2026-12-11T00:00:00+09:00"), Err(january));
    }

    #[test]
    fn an_opening_that_goes_on_from_the_last_day_leaves_no_break() {
        let opening = Opening::new(
            at("2026-12-11T00:00:00+09:00"),
            at("2026-12-12T21:00:00+09:00"),
        );
        let openings = [opening.unwrap()];
        let end = at("2026-12-12T21:00:00+09:00");
        let state = Calendar::submission().state(&openings, at("2026-12-10T12:00:00+09:00"));
        assert_eq!(
            state,
            State::Open {
                closes: end,
                last: end
            }
        );
        let state = Calendar::submission().state(&openings, at("2026-12-11T03:00:00+09:00"));
        assert!(state.is_open());
    }

    #[test]
    fn a_day_a_month_does_not_have_is_its_last() {
        let all = Span {
            from_day: 1,
            to_day: 31,
            opens_min: 0,
            closes_min: DAY_MIN,
        };
        let calendar = Calendar::new(vec![all]).unwrap();
        let state = calendar.state(&[], at("2027-02-28T23:00:00+09:00"));
        assert!(state.is_open());
    }

    #[test]
    fn hours_that_end_before_they_begin_are_refused() {
        let wrong = Span {
            from_day: 5,
            to_day: 5,
            opens_min: 600,
            closes_min: 600,
        };
        assert_eq!(Calendar::new(vec![wrong]), Err(InvalidCalendar::Hours));
        assert_eq!(Calendar::new(Vec::new()), Err(InvalidCalendar::Empty));
    }
}
