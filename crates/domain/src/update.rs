//! Self-update (G38): which version may replace which, and when an update may be installed. Fetches and installs nothing.

use core::fmt;
use std::collections::BTreeSet;

use crate::civil_date::Instant;

/// A version of the packages: three numbers of the executable and the revision of its packaging.
///
/// ```
/// use domain::update::Version;
/// let older = Version::parse("0.9.0-2").unwrap();
/// assert!(older < Version::parse("0.10.0-1").unwrap());
/// assert_eq!(older.to_string(), "0.9.0-2");
/// assert!(Version::parse("0.9").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    numbers: [u32; 3],
    revision: u32,
}

/// A text is no [`Version`].
///
/// ```
/// use domain::update::{InvalidVersion, Version};
/// assert_eq!(Version::parse("1.2.3~rc1-1"), Err(InvalidVersion));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of the form 1.2.3-4")]
pub struct InvalidVersion;

impl Version {
    /// Reads `1.2.3-4`.
    ///
    /// # Errors
    /// [`InvalidVersion`]; also for leading zeros, so that one version has one name.
    pub fn parse(text: &str) -> Result<Self, InvalidVersion> {
        let (numbers, revision) = text.split_once('-').ok_or(InvalidVersion)?;
        let mut parts = numbers.split('.');
        let mut next = || number(parts.next().ok_or(InvalidVersion)?);
        let numbers = [next()?, next()?, next()?];
        match parts.next() {
            None => Ok(Self {
                numbers,
                revision: number(revision)?,
            }),
            Some(_) => Err(InvalidVersion),
        }
    }

    /// The version the executable says of itself: without the revision of the packaging.
    ///
    /// ```
    /// use domain::update::Version;
    /// assert_eq!(Version::parse("0.2.0-3").unwrap().of_executable(), "0.2.0");
    /// ```
    #[must_use]
    pub fn of_executable(self) -> String {
        let [major, minor, patch] = self.numbers;
        format!("{major}.{minor}.{patch}")
    }
}

fn number(text: &str) -> Result<u32, InvalidVersion> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = 1 < text.len() && text.starts_with('0');
    match text.parse() {
        Ok(number) if plain && !zeros => Ok(number),
        _ => Err(InvalidVersion),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.of_executable(), self.revision)
    }
}

/// Why a version does not replace the one that is installed.
///
/// ```
/// use std::collections::BTreeSet;
/// use domain::update::{Version, VersionRefused, may_replace};
/// let version = |text| Version::parse(text).unwrap();
/// let failed = BTreeSet::from([version("0.3.0-1")]);
/// assert_eq!(may_replace(version("0.2.0-1"), version("0.3.0-1"), &failed), Err(VersionRefused::Failed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VersionRefused {
    /// It is older: whoever serves packages could bring known weaknesses back. The way back after a failure is no update.
    #[error("older than the version installed")]
    Older,
    /// It is the one installed.
    #[error("installed already")]
    Same,
    /// It was installed here once and failed its self-check.
    #[error("failed its self-check here before")]
    Failed,
}

/// Whether an offered version may replace the installed one.
///
/// ```
/// use std::collections::BTreeSet;
/// use domain::update::{Version, VersionRefused, may_replace};
/// let version = |text| Version::parse(text).unwrap();
/// let none = BTreeSet::new();
/// assert_eq!(may_replace(version("0.2.0-1"), version("0.2.1-1"), &none), Ok(()));
/// assert_eq!(may_replace(version("0.2.0-1"), version("0.1.9-1"), &none), Err(VersionRefused::Older));
/// ```
///
/// # Errors
/// [`VersionRefused`].
pub fn may_replace(
    installed: Version,
    offered: Version,
    failed: &BTreeSet<Version>,
) -> Result<(), VersionRefused> {
    if offered < installed {
        return Err(VersionRefused::Older);
    }
    if offered == installed {
        return Err(VersionRefused::Same);
    }
    if failed.contains(&offered) {
        return Err(VersionRefused::Failed);
    }
    Ok(())
}

/// Minutes since midnight in Japan.
///
/// ```
/// use domain::update::TimeOfDay;
/// assert_eq!(TimeOfDay::parse("03:05").unwrap().to_string(), "03:05");
/// assert!(TimeOfDay::parse("24:00").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

/// Hours of a schedule that cannot be read.
///
/// ```
/// use domain::update::Reception;
/// assert!(Reception::parse("mon-fri 19:00-08:30").unwrap_err().to_string().contains("mon-fri 19:00-08:30"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "「{0}」を読めません。時刻は 03:00、受付時間は mon-fri 08:30-19:00 の形（曜日は mon tue wed thu fri sat sun、範囲は月曜から、終わりは始まりより後）で書いてください。 / \
     cannot read {0:?}; write a time like 03:00 and reception hours like mon-fri 08:30-19:00 (weeks begin on mon, the end comes after the start)"
)]
pub struct InvalidHours(pub String);

impl TimeOfDay {
    /// Reads `HH:MM`.
    ///
    /// # Errors
    /// [`InvalidHours`].
    pub fn parse(text: &str) -> Result<Self, InvalidHours> {
        let invalid = || InvalidHours(text.to_owned());
        let (hours, minutes) = text.split_once(':').ok_or_else(invalid)?;
        let two = |part: &str, end: u16| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|it| plain && *it < end)
        };
        match (two(hours, 24), two(minutes, 60)) {
            (Some(hours), Some(minutes)) => Ok(Self(hours * 60 + minutes)),
            _ => Err(invalid()),
        }
    }

    /// The time in Japan at an instant.
    ///
    /// ```
    /// use domain::civil_date::Instant;
    /// use domain::update::TimeOfDay;
    /// let at = Instant::parse("2026-11-25T18:05:59Z").unwrap();
    /// assert_eq!(TimeOfDay::of(at), TimeOfDay::parse("03:05").unwrap());
    /// ```
    #[must_use]
    pub fn of(now: Instant) -> Self {
        let midnight = Instant::start_of_day_in_japan(now.date_in_japan());
        let minutes = midnight.seconds_until(now) / 60;
        Self(u16::try_from(minutes).unwrap_or(0))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Names of the days as settings write them, in the order of a week.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours in which patients are received, on some days of the week.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::update::Reception;
/// let hours = Reception::parse("mon-sat 08:30-19:00").unwrap();
/// let thursday = Instant::parse("2026-11-26T01:00:00Z").unwrap();
/// assert!(hours.covers(thursday));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Reception {
    /// As it was written.
    text: String,
    days: [bool; 7],
    from: TimeOfDay,
    to: TimeOfDay,
}

impl Reception {
    /// Reads `mon-fri 08:30-19:00`, `sat 08:30-13:00` or, for every day, `08:30-19:00`.
    ///
    /// # Errors
    /// [`InvalidHours`].
    pub fn parse(text: &str) -> Result<Self, InvalidHours> {
        let invalid = || InvalidHours(text.to_owned());
        let (days, hours) = match text.split_once(' ') {
            Some((days, hours)) => (days, hours),
            None => ("mon-sun", text),
        };
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let place = |day: &str| DAYS.iter().position(|it| *it == day).ok_or_else(invalid);
        let (first, last) = (place(first)?, place(last)?);
        let (from, to) = hours.split_once('-').ok_or_else(invalid)?;
        let time = |part| TimeOfDay::parse(part).map_err(|_| invalid());
        let (from, to) = (time(from)?, time(to)?);
        if last < first || to <= from {
            return Err(invalid());
        }
        let mut covered = [false; 7];
        for (at, day) in covered.iter_mut().enumerate() {
            *day = (first..=last).contains(&at);
        }
        Ok(Self {
            text: text.to_owned(),
            days: covered,
            from,
            to,
        })
    }

    /// Whether patients are received at an instant.
    #[must_use]
    pub fn covers(&self, now: Instant) -> bool {
        let time = TimeOfDay::of(now);
        self.is_on_day_of(now) && self.from <= time && time < self.to
    }

    fn is_on_day_of(&self, now: Instant) -> bool {
        // 1970-01-01 was a Thursday, the day 3 of a week that begins on Monday.
        let day = (now.date_in_japan().to_epoch_days() + 3).rem_euclid(7);
        let on_this_day = usize::try_from(day).ok().and_then(|day| self.days.get(day));
        on_this_day == Some(&true)
    }

    /// When it ends on the day of an instant; `None` on a day without it.
    fn end_on_day_of(&self, now: Instant) -> Option<Instant> {
        let midnight = Instant::start_of_day_in_japan(now.date_in_japan());
        let end = midnight.plus_seconds(i64::from(self.to.0) * 60);
        self.is_on_day_of(now).then_some(end)
    }
}

impl fmt::Display for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// When updates are installed by themselves, and when never.
///
/// ```
/// use domain::update::{Reception, Schedule, TimeOfDay};
/// let schedule = Schedule {
///     at: Some(TimeOfDay::parse("03:00").unwrap()),
///     reception: vec![Reception::parse("mon-sat 08:00-20:00").unwrap()],
/// };
/// assert!(schedule.at.is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The chosen hour; without one they are installed at shut-down only.
    pub at: Option<TimeOfDay>,
    /// When patients are received.
    pub reception: Vec<Reception>,
}

impl Schedule {
    /// When the reception is over that goes on now, with those that follow at once; `None` while no patients are received.
    ///
    /// ```
    /// use domain::civil_date::Instant;
    /// use domain::update::{Reception, Schedule};
    /// let schedule = Schedule { at: None, reception: vec![Reception::parse("08:00-20:00").unwrap()] };
    /// let noon = Instant::parse("2026-11-26T03:00:00Z").unwrap();
    /// let end = schedule.reception_goes_on_until(noon).unwrap();
    /// assert_eq!(end.to_minute_in_japan(), "2026-11-26 20:00");
    /// assert_eq!(schedule.reception_goes_on_until(end), None);
    /// ```
    #[must_use]
    pub fn reception_goes_on_until(&self, now: Instant) -> Option<Instant> {
        let ends_after = |at: Instant| {
            let going_on = self.reception.iter().filter(|it| it.covers(at));
            going_on.filter_map(|it| it.end_on_day_of(at)).max()
        };
        let mut end = ends_after(now)?;
        // Each end lies after the one before, and on the same day.
        while let Some(later) = ends_after(end) {
            end = later;
        }
        Some(end)
    }

    /// Since when the day's last reception is over; `None` before that, and on a day without any.
    #[must_use]
    pub fn closed_since(&self, now: Instant) -> Option<Instant> {
        let ends = self.reception.iter();
        let ends = ends.filter_map(|it| it.end_on_day_of(now));
        ends.max().filter(|end| *end <= now)
    }
}

/// What an installation is asked for by.
///
/// ```
/// use domain::update::Occasion;
/// assert_eq!(Occasion::parse("shut-down"), Some(Occasion::ShutDown));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The chosen hour.
    Hour,
    /// 「更新してシャットダウン」.
    ShutDown,
    /// A person at the machine.
    ByHand,
}

/// The chosen hour lasts so many minutes: a machine that was busy then still installs.
const HOUR_MIN: u16 = 60;

/// Why nothing is installed now.
///
/// ```
/// use domain::update::NotNow;
/// assert_ne!(NotNow::Reception, NotNow::OtherHour);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// Patients are received.
    #[error("never during reception")]
    Reception,
    /// It is not the chosen hour.
    #[error("not the chosen hour")]
    OtherHour,
}

impl Occasion {
    /// The name of an occasion in orders and arguments.
    ///
    /// ```
    /// assert_eq!(domain::update::Occasion::ByHand.as_str(), "by-hand");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::ShutDown => "shut-down",
            Self::ByHand => "by-hand",
        }
    }

    /// The occasion of a name.
    ///
    /// ```
    /// assert_eq!(domain::update::Occasion::parse("noon"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Hour, Self::ShutDown, Self::ByHand]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

/// Whether an update may be installed now: never during reception, whoever asks; by itself at the chosen hour alone.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::update::{NotNow, Occasion, Reception, Schedule, may_install};
/// let schedule = Schedule { at: None, reception: vec![Reception::parse("08:00-20:00").unwrap()] };
/// let noon = Instant::parse("2026-11-26T03:00:00Z").unwrap();
/// assert_eq!(may_install(&schedule, Occasion::ShutDown, noon), Err(NotNow::Reception));
/// ```
///
/// # Errors
/// [`NotNow`].
pub fn may_install(schedule: &Schedule, occasion: Occasion, now: Instant) -> Result<(), NotNow> {
    if schedule.reception.iter().any(|hours| hours.covers(now)) {
        return Err(NotNow::Reception);
    }
    match occasion {
        Occasion::ShutDown | Occasion::ByHand => Ok(()),
        Occasion::Hour => {
            let Some(at) = schedule.at else {
                return Err(NotNow::OtherHour);
            };
            let since = (TimeOfDay::of(now).0 + 24 * 60 - at.0) % (24 * 60);
            if since < HOUR_MIN {
                Ok(())
            } else {
                Err(NotNow::OtherHour)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn japan(text: &str) -> Instant {
        Instant::parse(&format!("{text}+09:00")).unwrap()
    }

    #[test]
    fn versions_are_ordered_by_number_and_have_one_name() {
        let order = [
            "0.1.0-1", "0.1.0-2", "0.1.9-1", "0.1.10-1", "0.2.0-1", "1.0.0-1",
        ];
        for pair in order.windows(2) {
            assert!(
                Version::parse(pair[0]).unwrap() < Version::parse(pair[1]).unwrap(),
                "{pair:?}"
            );
        }
        for bad in [
            "",
            "1.2.3",
            "1.2-3",
            "1.2.3.4-5",
            "01.2.3-4",
            "1.2.3-04",
            "1.2.3-+4",
            "1.2.3-",
            "-1.2.3-4",
            "1.2.3-4294967296",
        ] {
            assert_eq!(Version::parse(bad), Err(InvalidVersion), "{bad}");
        }
    }

    #[test]
    fn nothing_is_installed_during_reception_whoever_asks() {
        let schedule = Schedule {
            at: Some(TimeOfDay::parse("12:30").unwrap()),
            reception: vec![
                Reception::parse("mon-fri 08:30-19:00").unwrap(),
                Reception::parse("sat 08:30-13:00").unwrap(),
            ],
        };
        for occasion in [Occasion::Hour, Occasion::ShutDown, Occasion::ByHand] {
            // A Thursday and a Saturday.
            for during in [
                "2026-11-26T08:30:00",
                "2026-11-26T12:30:00",
                "2026-11-26T18:59:59",
                "2026-11-28T12:59:59",
            ] {
                assert_eq!(
                    may_install(&schedule, occasion, japan(during)),
                    Err(NotNow::Reception),
                    "{during}"
                );
            }
        }
        for outside in [
            "2026-11-26T08:29:59",
            "2026-11-26T19:00:00",
            "2026-11-28T13:00:00",
            "2026-11-29T10:00:00",
        ] {
            assert_eq!(
                may_install(&schedule, Occasion::ShutDown, japan(outside)),
                Ok(()),
                "{outside}"
            );
        }
    }

    #[test]
    fn a_reception_ends_with_those_that_follow_at_once_and_the_day_with_its_last() {
        let hours = [
            "mon-fri 08:30-13:00",
            "mon-fri 13:00-19:00",
            "sat 09:00-12:00",
        ];
        let schedule = Schedule {
            at: None,
            reception: hours.map(|it| Reception::parse(it).unwrap()).into(),
        };
        let goes_on = |now| schedule.reception_goes_on_until(japan(now));
        let closed = |now| schedule.closed_since(japan(now));
        // A Thursday, a Saturday and a Sunday.
        let end = Some(japan("2026-11-26T19:00:00"));
        assert_eq!(goes_on("2026-11-26T12:59:59"), end);
        assert_eq!(goes_on("2026-11-26T08:29:59"), None);
        assert_eq!(goes_on("2026-11-26T19:00:00"), None);
        assert_eq!(closed("2026-11-26T13:00:00"), None);
        assert_eq!(closed("2026-11-26T19:00:00"), end);
        let noon = Some(japan("2026-11-28T12:00:00"));
        assert_eq!(closed("2026-11-28T21:00:00"), noon);
        assert_eq!(closed("2026-11-29T21:00:00"), None);
    }

    #[test]
    fn by_itself_it_is_installed_at_the_chosen_hour_alone_also_over_midnight() {
        let schedule = |at: Option<&str>| Schedule {
            at: at.map(|at| TimeOfDay::parse(at).unwrap()),
            reception: Vec::new(),
        };
        let may = |at, now| may_install(&schedule(at), Occasion::Hour, japan(now));
        assert_eq!(may(Some("23:30"), "2026-11-26T23:30:00"), Ok(()));
        assert_eq!(may(Some("23:30"), "2026-11-27T00:29:59"), Ok(()));
        assert_eq!(
            may(Some("23:30"), "2026-11-27T00:30:00"),
            Err(NotNow::OtherHour)
        );
        assert_eq!(
            may(Some("23:30"), "2026-11-26T23:29:59"),
            Err(NotNow::OtherHour)
        );
        assert_eq!(may(None, "2026-11-26T23:30:00"), Err(NotNow::OtherHour));
    }

    #[test]
    fn hours_that_are_none_are_named() {
        for bad in [
            "",
            "8:00-20:00",
            "mon 08:00",
            "mon-fri",
            "fri-mon 08:00-20:00",
            "lun 08:00-20:00",
            "mon 20:00-08:00",
            "08:00-24:00",
        ] {
            assert_eq!(Reception::parse(bad), Err(InvalidHours(bad.into())));
        }
    }
}
