//! Civil dates in Japan and instants in UTC. Reads no clock: "now" is always handed in.

use core::fmt;

/// A day of the calendar in Japan, without a time or a zone.
///
/// Every date the law speaks of is one of these: a birth date, the day a coverage was acquired, the day of a visit.
///
/// ```
/// use domain::civil_date::CivilDate;
/// let day = CivilDate::parse_compact("20261123").unwrap();
/// assert_eq!(day.to_string(), "2026-11-23");
/// assert!(CivilDate::parse_compact("20260230").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(jiff::civil::Date);

/// Why a text is no [`CivilDate`].
///
/// ```
/// use domain::civil_date::CivilDate;
/// assert!(CivilDate::parse_iso("2026-02-30").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    /// Not of the form asked for: `yyyyMMdd` in files, `yyyy-MM-dd` in messages and forms.
    #[error("not a date of the form yyyyMMdd or yyyy-MM-dd")]
    Form,
    /// The form is right, the calendar has no such day.
    #[error("no such day in the calendar")]
    NoSuchDay,
    /// Before 1868-01-25 (first day of Meiji) or after 9998-12-31.
    #[error("a day before 1868-01-25 or after 9998-12-31")]
    OutOfRange,
}

impl CivilDate {
    /// Makes a date from year, month 1-12 and day 1-31.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// assert_eq!(CivilDate::new(2024, 2, 29).unwrap().to_compact(), "20240229");
    /// ```
    ///
    /// # Errors
    /// [`InvalidDate::NoSuchDay`] or [`InvalidDate::OutOfRange`].
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, InvalidDate> {
        let date = jiff::civil::Date::new(year, month, day).map_err(|_| InvalidDate::NoSuchDay)?;
        if date < jiff::civil::date(1868, 1, 25) || jiff::civil::date(9998, 12, 31) < date {
            return Err(InvalidDate::OutOfRange);
        }
        Ok(Self(date))
    }

    /// 1868-01-25, the earliest day supported.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// assert_eq!(CivilDate::earliest().to_compact(), "18680125");
    /// ```
    #[must_use]
    pub fn earliest() -> Self {
        Self(jiff::civil::date(1868, 1, 25))
    }

    /// Reads the eight digits `yyyyMMdd` of the receipt-computer interface.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// assert!(CivilDate::parse_compact("19800101").is_ok());
    /// assert!(CivilDate::parse_compact("1980-01-01").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InvalidDate`].
    pub fn parse_compact(text: &str) -> Result<Self, InvalidDate> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidDate::Form);
        }
        Self::from_parts(text.get(0..4), text.get(4..6), text.get(6..8))
    }

    /// Reads `yyyy-MM-dd` (RFC 3339 full-date).
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// assert_eq!(CivilDate::parse_iso("2026-11-23").unwrap().year(), 2026);
    /// ```
    ///
    /// # Errors
    /// [`InvalidDate`].
    pub fn parse_iso(text: &str) -> Result<Self, InvalidDate> {
        let bytes = text.as_bytes();
        let digits = |b: &u8| b.is_ascii_digit();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return Err(InvalidDate::Form);
        }
        if bytes.iter().filter(|b| digits(b)).count() != 8 {
            return Err(InvalidDate::Form);
        }
        Self::from_parts(text.get(0..4), text.get(5..7), text.get(8..10))
    }

    fn from_parts(
        year: Option<&str>,
        month: Option<&str>,
        day: Option<&str>,
    ) -> Result<Self, InvalidDate> {
        let number = |part: Option<&str>| part.and_then(|text| text.parse::<i16>().ok());
        let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day))
        else {
            return Err(InvalidDate::Form);
        };
        let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
            return Err(InvalidDate::Form);
        };
        Self::new(year, month, day)
    }

    /// The eight digits `yyyyMMdd`.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// assert_eq!(CivilDate::new(2026, 1, 2).unwrap().to_compact(), "20260102");
    /// ```
    #[must_use]
    pub fn to_compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year(), self.month(), self.day())
    }

    /// Year of the Gregorian calendar.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// Month, 1-12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// Day of the month, 1-31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The day `days` later (earlier when negative), held at the ends of the supported range.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// let day = CivilDate::new(2026, 12, 31).unwrap();
    /// assert_eq!(day.plus_days(1).to_compact(), "20270101");
    /// ```
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        self.plus(jiff::Span::new().try_days(days), days < 0)
    }

    /// The same day `months` later (earlier when negative); the last day of the month where that day does not exist.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// let issued = CivilDate::new(2021, 3, 4).unwrap();
    /// assert_eq!(issued.plus_months(39).to_string(), "2024-06-04");
    /// ```
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        self.plus(jiff::Span::new().try_months(months), months < 0)
    }

    fn plus(self, span: Result<jiff::Span, jiff::Error>, back: bool) -> Self {
        let edge = if back {
            jiff::civil::date(1868, 1, 25)
        } else {
            jiff::civil::date(9998, 12, 31)
        };
        let moved = span.and_then(|span| self.0.checked_add(span));
        let date = moved.unwrap_or(edge);
        Self(date.clamp(
            jiff::civil::date(1868, 1, 25),
            jiff::civil::date(9998, 12, 31),
        ))
    }

    /// Days from this day to `later`; negative when `later` is earlier.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// let a = CivilDate::new(2026, 1, 1).unwrap();
    /// assert_eq!(a.days_until(CivilDate::new(2026, 3, 2).unwrap()), 60);
    /// ```
    #[must_use]
    pub fn days_until(self, later: Self) -> i32 {
        self.0.until(later.0).map_or(0, |span| span.get_days())
    }

    /// Days since 1970-01-01; the compact form kept in the store.
    #[must_use]
    pub fn to_epoch_days(self) -> i32 {
        jiff::civil::date(1970, 1, 1)
            .until(self.0)
            .map_or(0, |span| span.get_days())
    }

    /// The inverse of [`CivilDate::to_epoch_days`].
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// let day = CivilDate::new(1955, 8, 9).unwrap();
    /// assert_eq!(CivilDate::from_epoch_days(day.to_epoch_days()), Ok(day));
    /// ```
    ///
    /// # Errors
    /// [`InvalidDate::OutOfRange`].
    pub fn from_epoch_days(days: i32) -> Result<Self, InvalidDate> {
        let span = jiff::Span::new()
            .try_days(days)
            .map_err(|_| InvalidDate::OutOfRange)?;
        let date = jiff::civil::date(1970, 1, 1)
            .checked_add(span)
            .map_err(|_| InvalidDate::OutOfRange)?;
        Self::new(date.year(), date.month(), date.day())
    }

    /// Age in full years on `day`; zero before birth.
    #[must_use]
    pub fn full_years_on(self, day: Self) -> i16 {
        let years = day.year() - self.year();
        let had_birthday = (self.month(), self.day()) <= (day.month(), day.day());
        (if had_birthday { years } else { years - 1 }).max(0)
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.year(),
            self.month(),
            self.day()
        )
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use domain::civil_date::Instant;
/// let noon = Instant::parse("2026-11-23T15:00:00Z").unwrap();
/// assert_eq!(noon.date_in_japan().to_string(), "2026-11-24");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// The text is no RFC 3339 date-time.
///
/// ```
/// use domain::civil_date::{Instant, InvalidInstant};
/// assert_eq!(Instant::parse("yesterday"), Err(InvalidInstant));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time of RFC 3339")]
pub struct InvalidInstant;

/// Microseconds Japan is ahead of UTC, all year, since 1952.
const JAPAN_OFFSET_MICROS: i64 = 9 * 3600 * 1_000_000;

impl Instant {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads an RFC 3339 date-time with any offset.
    ///
    /// # Errors
    /// [`InvalidInstant`].
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| InvalidInstant)?;
        Ok(Self(timestamp.as_microsecond()))
    }

    /// This instant moved by a number of seconds, which may be negative.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from this instant to `later`, rounded down; negative when `later` is earlier.
    #[must_use]
    pub const fn seconds_until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0).div_euclid(1_000_000)
    }

    /// The civil date in Japan (UTC+9) at this instant, whatever the machine's zone (contracts §5).
    #[must_use]
    pub fn date_in_japan(self) -> CivilDate {
        CivilDate(self.in_japan().date())
    }

    /// The 14 digits `yyyyMMddHHmmss` of Japan's clock, as the receipt-computer interface writes a date-time.
    ///
    /// ```
    /// use domain::civil_date::Instant;
    /// let at = Instant::parse("2026-11-23T00:15:02Z").unwrap();
    /// assert_eq!(at.to_compact_in_japan(), "20261123091502");
    /// ```
    #[must_use]
    pub fn to_compact_in_japan(self) -> String {
        let local = self.in_japan();
        format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second()
        )
    }

    /// Date and time of Japan's clock to the second: `2026-11-23 09:15:02`.
    ///
    /// ```
    /// use domain::civil_date::Instant;
    /// assert_eq!(Instant::from_micros(2_000_000).to_second_in_japan(), "1970-01-01 09:00:02");
    /// ```
    #[must_use]
    pub fn to_second_in_japan(self) -> String {
        format!(
            "{}:{:02}",
            self.to_minute_in_japan(),
            self.in_japan().second()
        )
    }

    /// Date and time of Japan's clock for a person to read: `2026-11-23 09:15`.
    #[must_use]
    pub fn to_minute_in_japan(self) -> String {
        let local = self.in_japan();
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute()
        )
    }

    /// The first instant of `day` in Japan.
    ///
    /// ```
    /// use domain::civil_date::{CivilDate, Instant};
    /// let day = CivilDate::new(2026, 11, 23).unwrap();
    /// assert_eq!(Instant::start_of_day_in_japan(day).to_string(), "2026-11-22T15:00:00.000000Z");
    /// ```
    #[must_use]
    pub fn start_of_day_in_japan(day: CivilDate) -> Self {
        Self(i64::from(day.to_epoch_days()) * 86_400_000_000 - JAPAN_OFFSET_MICROS)
    }

    fn in_japan(self) -> jiff::civil::DateTime {
        self.timestamp(JAPAN_OFFSET_MICROS)
    }

    fn timestamp(self, offset_micros: i64) -> jiff::civil::DateTime {
        let timestamp = jiff::Timestamp::from_microsecond(self.0.saturating_add(offset_micros))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        jiff::tz::TimeZone::UTC.to_datetime(timestamp)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.timestamp(0);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            self.0.rem_euclid(1_000_000)
        )
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_back_as_written() {
        for text in ["1868-01-25", "1999-12-31", "2024-02-29", "9998-12-31"] {
            let day = CivilDate::parse_iso(text).unwrap();
            assert_eq!(day.to_string(), text);
            assert_eq!(CivilDate::parse_compact(&day.to_compact()), Ok(day));
            assert_eq!(CivilDate::from_epoch_days(day.to_epoch_days()), Ok(day));
        }
    }

    #[test]
    fn impossible_dates_are_refused_with_the_reason() {
        assert_eq!(
            CivilDate::parse_iso("2026-02-30"),
            Err(InvalidDate::NoSuchDay)
        );
        assert_eq!(
            CivilDate::parse_iso("2026-13-01"),
            Err(InvalidDate::NoSuchDay)
        );
        assert_eq!(
            CivilDate::parse_iso("1867-01-01"),
            Err(InvalidDate::OutOfRange)
        );
        assert_eq!(CivilDate::parse_iso("2026/02/03"), Err(InvalidDate::Form));
        assert_eq!(
            CivilDate::parse_compact("２０２６０２０３"),
            Err(InvalidDate::Form)
        );
        assert_eq!(CivilDate::parse_compact(""), Err(InvalidDate::Form));
    }

    #[test]
    fn the_day_changes_at_japans_midnight() {
        let before = Instant::parse("2026-11-22T14:59:59.999999Z").unwrap();
        assert_eq!(before.date_in_japan().to_compact(), "20261122");
        let after = Instant::from_micros(before.as_micros() + 1);
        assert_eq!(after.date_in_japan().to_compact(), "20261123");
        assert_eq!(Instant::start_of_day_in_japan(after.date_in_japan()), after);
    }

    #[test]
    fn an_instant_reads_back_as_written() {
        let at = Instant::parse("2026-11-23T09:15:02.000123+09:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T00:15:02.000123Z");
        assert_eq!(Instant::parse(&at.to_string()), Ok(at));
    }

    #[test]
    fn a_month_end_stays_in_its_month() {
        let end = CivilDate::new(2026, 1, 31).unwrap();
        assert_eq!(end.plus_months(1).to_string(), "2026-02-28");
        assert_eq!(end.plus_months(-2).to_string(), "2025-11-30");
    }

    #[test]
    fn age_counts_full_years() {
        let born = CivilDate::new(2000, 2, 29).unwrap();
        assert_eq!(born.full_years_on(CivilDate::new(2026, 2, 28).unwrap()), 25);
        assert_eq!(born.full_years_on(CivilDate::new(2026, 3, 1).unwrap()), 26);
        assert_eq!(born.full_years_on(CivilDate::new(1999, 1, 1).unwrap()), 0);
    }
}
