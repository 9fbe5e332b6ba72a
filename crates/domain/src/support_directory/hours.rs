//! When a desk answers: windows of days and times, what closes it, and its state at an instant. Where a directory is silent, the state
//! comes with a doubt that says so.

use core::fmt;

use crate::civil_date::{CivilDate, Instant};
use crate::holidays::{Holidays, Known};

/// So many days are looked at for the next time a desk opens.
const HORIZON_DAYS: i32 = 40;

/// A time of the day in Japan, `00:00` to `24:00`.
///
/// ```
/// use domain::support_directory::hours::TimeOfDay;
/// assert_eq!(TimeOfDay::parse("08:45").unwrap().to_string(), "08:45");
/// assert!(TimeOfDay::parse("24:00").is_some() && TimeOfDay::parse("24:01").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Reads `HH:MM`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |part: &str| {
            let is_form = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
            is_form.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let of_day = hours * 60 + minutes;
        (minutes < 60 && of_day <= 24 * 60).then_some(Self(of_day))
    }

    /// The instant of this time on a day.
    fn on(self, day: CivilDate) -> Instant {
        Instant::start_of_day_in_japan(day).plus_seconds(i64::from(self.0) * 60)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A day of every year, `MM-DD`.
///
/// ```
/// use domain::support_directory::hours::MonthDay;
/// assert_eq!(MonthDay::parse("12-29").unwrap().to_string(), "12-29");
/// assert!(MonthDay::parse("02-30").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl MonthDay {
    /// Reads `MM-DD`; 29 February is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let in_leap_year = CivilDate::parse_iso(&format!("2024-{text}")).ok()?;
        Some(Self::of(in_leap_year))
    }

    fn of(day: CivilDate) -> Self {
        Self {
            month: day.month(),
            day: day.day(),
        }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// The days of a window.
///
/// ```
/// use domain::support_directory::hours::Days;
/// assert_eq!(Days::parse("weekday"), Some(Days::Weekday));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// All days, holidays as well.
    Every,
    /// 平日: Monday to Friday, no holidays.
    Weekday,
    /// Saturdays.
    Saturday,
    /// Sundays.
    Sunday,
    /// National holidays.
    Holiday,
}

impl Days {
    /// The days of a word in a directory.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "every" => Some(Self::Every),
            "weekday" => Some(Self::Weekday),
            "sat" => Some(Self::Saturday),
            "sun" => Some(Self::Sunday),
            "holiday" => Some(Self::Holiday),
            _ => None,
        }
    }
}

/// Days with times.
///
/// ```
/// use domain::support_directory::hours::{Days, TimeOfDay, Window};
/// let time = |text| TimeOfDay::parse(text).unwrap();
/// assert!(Window::new(Days::Every, time("09:00"), time("17:00")).is_some());
/// assert!(Window::new(Days::Every, time("17:00"), time("09:00")).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The days.
    pub days: Days,
    from: TimeOfDay,
    to: TimeOfDay,
}

impl Window {
    /// From a time to a later one.
    #[must_use]
    pub fn new(days: Days, from: TimeOfDay, to: TimeOfDay) -> Option<Self> {
        (from < to).then_some(Self { days, from, to })
    }

    /// From when to when.
    #[must_use]
    pub fn times(&self) -> (TimeOfDay, TimeOfDay) {
        (self.from, self.to)
    }
}

/// What closes a desk.
///
/// ```
/// use domain::support_directory::hours::{Closing, MonthDay};
/// let (from, to) = (MonthDay::parse("12-29").unwrap(), MonthDay::parse("01-03").unwrap());
/// assert!(matches!(Closing::Yearly(from, to), Closing::Yearly(..)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Saturdays.
    Saturday,
    /// Sundays.
    Sunday,
    /// National holidays.
    Holiday,
    /// From a day of the year to another, both closed; over the turn of the year where the second is earlier.
    Yearly(MonthDay, MonthDay),
    /// Days off of the company that the directory does not date, in its words.
    CompanyDays(String),
}

/// Whether a directory says what holds at the turn of the year.
///
/// ```
/// use domain::support_directory::hours::YearEnd;
/// assert_ne!(YearEnd::Stated, YearEnd::NotStated);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum YearEnd {
    /// It does.
    Stated,
    /// It does not; a state around the turn of the year comes with [`Doubt::YearEnd`].
    NotStated,
}

/// The hours of one clock of a desk.
///
/// ```
/// use domain::support_directory::hours::{Hours, YearEnd};
/// let never = Hours { windows: Vec::new(), closed: Vec::new(), year_end: YearEnd::Stated };
/// assert!(never.windows.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// When it answers.
    pub windows: Vec<Window>,
    /// What closes it all the same.
    pub closed: Vec<Closing>,
    /// Whether the turn of the year is known.
    pub year_end: YearEnd,
}

/// Why a state may be wrong.
///
/// ```
/// use domain::support_directory::hours::Doubt;
/// assert_ne!(Doubt::YearEnd, Doubt::RepairDays);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The directory does not say what holds at the turn of the year.
    YearEnd,
    /// The company's own days off are not dated; the directory's words.
    CompanyDays(String),
    /// The list of holidays does not reach this day.
    HolidaysNotListed,
    /// The day is an equinox as it was computed, or a day off beside it; the gazette decides.
    EquinoxComputed,
    /// The directory does not say on which days repairs are made.
    RepairDays,
}

/// One clock at an instant.
///
/// ```
/// use domain::support_directory::hours::Clock;
/// assert_eq!(Clock::Open { until: None }, Clock::Open { until: None });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Open until then; `None` for without end.
    Open {
        /// The end.
        until: Option<Instant>,
    },
    /// Closed until then; `None` where no opening is found.
    Closed {
        /// The next opening.
        until: Option<Instant>,
    },
}

/// A desk at an instant (G34).
///
/// ```
/// use domain::support_directory::hours::State;
/// assert_ne!(State::WebFormOnly, State::HoursNotKnown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Somebody answers, and repairs are made where the desk has hours for them.
    Open {
        /// The end; `None` for without end.
        until: Option<Instant>,
    },
    /// Somebody answers, but no repairs are made now.
    ReceptionOnly {
        /// When repairs begin again.
        repair_from: Option<Instant>,
    },
    /// Nobody answers.
    Closed {
        /// The next opening.
        until: Option<Instant>,
    },
    /// It is asked by its web form alone.
    WebFormOnly,
    /// The directory gives no hours.
    HoursNotKnown,
}

impl State {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::ReceptionOnly { .. } => "reception_only",
            Self::Closed { .. } => "closed",
            Self::WebFormOnly => "web_form_only",
            Self::HoursNotKnown => "hours_not_known",
        }
    }
}

impl Hours {
    /// The clock at an instant.
    ///
    /// ```
    /// use domain::civil_date::{CivilDate, Instant};
    /// use domain::holidays::Holidays;
    /// use domain::support_directory::hours::{Clock, Days, Hours, TimeOfDay, Window, YearEnd};
    /// let time = |text| TimeOfDay::parse(text).unwrap();
    /// let day = CivilDate::new(2026, 1, 1).unwrap();
    /// let holidays = Holidays::new(day, day.plus_days(364), Vec::new()).unwrap();
    /// let windows = vec![Window::new(Days::Every, time("09:00"), time("21:00")).unwrap()];
    /// let hours = Hours { windows, closed: Vec::new(), year_end: YearEnd::Stated };
    /// let at = Instant::parse("2026-11-26T22:00:00+09:00").unwrap();
    /// let opens = Instant::parse("2026-11-27T09:00:00+09:00").ok();
    /// assert_eq!(hours.clock(at, &holidays), Clock::Closed { until: opens });
    /// ```
    #[must_use]
    pub fn clock(&self, at: Instant, holidays: &Holidays) -> Clock {
        let today = at.date_in_japan();
        let mut open: Option<(Instant, Instant)> = None;
        for ahead in 0..HORIZON_DAYS {
            for (from, to) in self.spans(today.plus_days(ahead), holidays) {
                open = match open {
                    None if to <= at => None,
                    None => Some((from, to)),
                    Some((first, end)) if from <= end => Some((first, end.max(to))),
                    Some((first, end)) => return told(first, Some(end), at),
                };
            }
        }
        match open {
            None => Clock::Closed { until: None },
            Some((first, end)) => {
                let horizon = Instant::start_of_day_in_japan(today.plus_days(HORIZON_DAYS));
                told(first, (end < horizon).then_some(end), at)
            }
        }
    }

    /// What is not certain about this day.
    #[must_use]
    pub fn doubts(&self, day: CivilDate, holidays: &Holidays) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if self.year_end == YearEnd::NotStated && is_turn_of_year(day) {
            doubts.push(Doubt::YearEnd);
        }
        for closing in &self.closed {
            if let Closing::CompanyDays(words) = closing {
                doubts.push(Doubt::CompanyDays(words.clone()));
            }
        }
        if self.asks_for_holidays() && holidays.on(day) == Known::NotListed {
            doubts.push(Doubt::HolidaysNotListed);
        }
        if self.asks_for_holidays() && holidays.is_computed(day) {
            doubts.push(Doubt::EquinoxComputed);
        }
        doubts
    }

    fn asks_for_holidays(&self) -> bool {
        let windows = self.windows.iter();
        self.closed.contains(&Closing::Holiday)
            || windows
                .map(|it| it.days)
                .any(|days| matches!(days, Days::Weekday | Days::Holiday))
    }

    /// From when to when it answers on a day, in order.
    fn spans(&self, day: CivilDate, holidays: &Holidays) -> Vec<(Instant, Instant)> {
        let is_holiday = matches!(holidays.on(day), Known::Holiday(_));
        if self.closed.iter().any(|it| it.closes(day, is_holiday)) {
            return Vec::new();
        }
        let windows = self.windows.iter();
        let windows = windows.filter(|it| it.days.hold(day, is_holiday));
        let mut spans: Vec<_> = windows.map(|it| (it.from.on(day), it.to.on(day))).collect();
        spans.sort();
        spans
    }
}

fn told(first: Instant, end: Option<Instant>, at: Instant) -> Clock {
    if first <= at {
        Clock::Open { until: end }
    } else {
        Clock::Closed { until: Some(first) }
    }
}

impl Days {
    fn hold(self, day: CivilDate, is_holiday: bool) -> bool {
        match self {
            Self::Every => true,
            Self::Weekday => !is_holiday && !matches!(weekday(day), 5 | 6),
            Self::Saturday => weekday(day) == 5,
            Self::Sunday => weekday(day) == 6,
            Self::Holiday => is_holiday,
        }
    }
}

impl Closing {
    fn closes(&self, day: CivilDate, is_holiday: bool) -> bool {
        match self {
            Self::Saturday => weekday(day) == 5,
            Self::Sunday => weekday(day) == 6,
            Self::Holiday => is_holiday,
            Self::Yearly(from, to) => {
                let day = MonthDay::of(day);
                if from <= to {
                    *from <= day && day <= *to
                } else {
                    *from <= day || day <= *to
                }
            }
            // Not dated: told as a doubt.
            Self::CompanyDays(_) => false,
        }
    }
}

/// Days since Monday. 1970-01-01 was a Thursday.
fn weekday(day: CivilDate) -> i32 {
    (day.to_epoch_days() + 3).rem_euclid(7)
}

/// 12-29 to 01-03, the days off of public offices (行政機関の休日に関する法律 第1条); our reading of "year-end" where a desk states none.
fn is_turn_of_year(day: CivilDate) -> bool {
    (day.month() == 12 && 29 <= day.day()) || (day.month() == 1 && day.day() <= 3)
}
