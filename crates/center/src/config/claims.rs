//! Settings of the claims entry: `[claims]` of `center.toml`. Unknown keys are errors. Days and hours are a calendar of ours after
//! claims-format §12, not an official one: an operator sets what the review bodies announce.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};

use domain::claims::window::{Calendar, Span};
use serde::Deserialize;

/// `[claims]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Claims {
    /// When claims are sent and accepted: by default the 5th to the 7th from 8:00 to 21:00, the 8th to the 10th from 8:00 to 24:00.
    pub submission: Days,
    /// When refused claims are sent corrected: the same, and the 11th and 12th from 8:00 to 21:00.
    pub correction: Days,
    /// The largest file, in bytes.
    pub most_file_bytes: NonZeroU64,
    /// Bytes one request may bring.
    pub most_piece_bytes: NonZeroU32,
    /// Files a facility may have on their way to one review body.
    pub most_open_uploads: NonZeroU32,
    /// Days after which a file on its way, of which nothing more came, is forgotten, and that of a submission that was refused or taken back.
    pub uploads_kept_days: NonZeroU16,
    /// Days after which the file of an accepted submission is forgotten; without it these files are kept for good.
    pub accepted_kept_days: Option<NonZeroU16>,
    /// Files checked at once.
    pub checks_at_once: NonZeroU16,
    /// Whether what is checked and not accepted when the month's time is over is accepted by the center, without claims that are refused or
    /// to be looked at.
    pub accept_at_close: bool,
}

impl Default for Claims {
    fn default() -> Self {
        let many = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let few = |number| NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN);
        Self {
            submission: Days(Calendar::submission()),
            correction: Days(Calendar::correction()),
            most_file_bytes: NonZeroU64::new(512 << 20).unwrap_or(NonZeroU64::MIN),
            most_piece_bytes: many(1 << 20),
            most_open_uploads: many(5),
            uploads_kept_days: few(7),
            accepted_kept_days: None,
            checks_at_once: few(1),
            accept_at_close: true,
        }
    }
}

/// A list of days with their hours.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Hours>")]
pub struct Days(pub Calendar);

impl Days {
    /// Every day of every month, all day: for a demo and for tests.
    #[must_use]
    pub fn always() -> Self {
        let span = Span {
            from_day: 1,
            to_day: 31,
            opens_min: 0,
            closes_min: 24 * 60,
        };
        Self(Calendar::new(vec![span]).unwrap_or_else(|_| Calendar::submission()))
    }
}

/// As it is written in `center.toml`.
impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let line = |it: &Span| {
            let (from, to) = (it.from_day, it.to_day);
            let (opens, closes) = (time(it.opens_min), time(it.closes_min));
            format!("{{from_day = {from}, to_day = {to}, opens = {opens:?}, closes = {closes:?}}}")
        };
        let lines: Vec<String> = self.0.spans().iter().map(line).collect();
        write!(f, "[{}]", lines.join(", "))
    }
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first day of the month.
    from_day: u8,
    /// The last day of the month.
    to_day: u8,
    /// When it opens, `08:00`.
    opens: String,
    /// When it closes, up to `24:00`.
    closes: String,
}

impl TryFrom<Vec<Hours>> for Days {
    type Error = String;

    fn try_from(lines: Vec<Hours>) -> Result<Self, String> {
        let mut spans = Vec::with_capacity(lines.len());
        for line in lines {
            spans.push(Span {
                from_day: line.from_day,
                to_day: line.to_day,
                opens_min: minutes(&line.opens)?,
                closes_min: minutes(&line.closes)?,
            });
        }
        Calendar::new(spans)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

/// Minutes after midnight of a time such as `08:00` or `24:00`.
fn minutes(text: &str) -> Result<u16, String> {
    let wrong = || format!("{text:?} is no time; write 08:00 to 24:00");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str| {
        let is_plain = text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_plain)
    };
    let (hours, minutes) = number(hours).zip(number(minutes)).ok_or_else(wrong)?;
    let all = hours * 60 + minutes;
    if 59 < minutes || 24 * 60 < all {
        return Err(wrong());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn check(lines: &str) -> Result<Claims, String> {
        let text = format!("data_dir = \"x\"\n[claims]\nsubmission = [{lines}]\n");
        let read = Config::parse(&text).map(|it| it.claims);
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn days_and_hours_are_settings() {
        let read = check(r#"{from_day = 1, to_day = 10, opens = "08:00", closes = "24:00"}"#);
        let spans = read.unwrap().submission.0;
        assert_eq!(spans.spans().first().map(|it| it.closes_min), Some(1440));
    }

    #[test]
    fn files_of_accepted_submissions_are_kept_for_good_unless_a_time_is_set() {
        let of = |line: &str| {
            let text = format!("data_dir = \"x\"\n[claims]\n{line}\n");
            let read = Config::parse(&text).map(|it| it.claims.accepted_kept_days);
            read.map(|it| it.map(NonZeroU16::get)).ok()
        };
        assert_eq!(of(""), Some(None));
        assert_eq!(of("accepted_kept_days = 1830"), Some(Some(1_830)));
        assert_eq!(of("accepted_kept_days = 0"), None);
    }

    #[test]
    fn what_is_no_time_or_no_order_is_refused_with_the_reason() {
        let wrong = [
            (
                r#"{from_day = 1, to_day = 9, opens = "8:00", closes = "24:00"}"#,
                "is no time",
            ),
            (
                r#"{from_day = 1, to_day = 9, opens = "08:00", closes = "24:30"}"#,
                "is no time",
            ),
            (
                r#"{from_day = 1, to_day = 9, opens = "09:00", closes = "08:00"}"#,
                "must lie before",
            ),
            (
                r#"{from_day = 9, to_day = 1, opens = "08:00", closes = "09:00"}"#,
                "in order",
            ),
            ("", "names no day"),
        ];
        for (lines, why) in wrong {
            let error = check(lines).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
