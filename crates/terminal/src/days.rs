//! Days as staff type and read them: by era or by year. Keeps a text that is no day as it is, so that it can be corrected.

use domain::civil_date::{CivilDate, Instant, InvalidDate};
use domain::era;
use ui::component::Fault;
use ui::language::Words;

/// A day as typed, in the form of messages; a text that is no day stays as it is.
pub(crate) fn to_iso(text: &str) -> String {
    era::parse(text).map_or_else(|_| text.to_owned(), |day| day.to_string())
}

/// What is wrong with a day as typed, if anything. An empty text is no fault here.
pub(crate) fn fault(text: &str, words: &Words) -> Option<Fault> {
    if text.trim().is_empty() {
        return None;
    }
    let (code, key) = match era::parse(text).err()? {
        InvalidDate::Form => ("form", "day-form"),
        InvalidDate::NoSuchDay => ("no_such_day", "day-no-such-day"),
        InvalidDate::OutOfRange => ("out_of_range", "day-out-of-range"),
    };
    Some(Fault {
        code: code.into(),
        text: words.say(key),
    })
}

/// A day of a message, by era and by year; the reader's own way first.
pub(crate) fn show(iso: &str, words: &Words) -> String {
    CivilDate::parse_iso(iso).map_or_else(
        |_| iso.to_owned(),
        |day| {
            let era = era::to_japanese(day);
            words.choose(format!("{era}（{day}）"), format!("{day} ({era})"))
        },
    )
}

/// An instant of a message, to the minute in Japan.
pub(crate) fn show_instant(text: &str) -> String {
    Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
}
