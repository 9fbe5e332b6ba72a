//! Days as staff type and read them: by era or by year. Keeps a text that is no day as it is, so that it can be corrected.

use domain::civil_date::{CivilDate, Instant, InvalidDate};
use domain::era;
use domain::home_care::UNTIL_WITHDRAWN;
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

/// The end of a consent, to the minute in Japan; `None` of what lasts until it is withdrawn.
pub(crate) fn show_end(text: &str) -> Option<String> {
    let lasts = Instant::parse(text).is_ok_and(|it| UNTIL_WITHDRAWN <= it);
    (!lasts).then(|| show_instant(text))
}

/// An instant of a message, to the minute in Japan.
pub(crate) fn show_instant(text: &str) -> String {
    Instant::parse(text).map_or_else(|_| text.to_owned(), Instant::to_minute_in_japan)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    fn words(language: Language) -> Words {
        Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), language)
    }

    #[test]
    fn a_day_is_shown_by_era_and_by_year_the_readers_way_first() {
        let shown = |language| show("1970-01-02", &words(language));
        assert_eq!(shown(Language::Japanese), "昭和45年1月2日（1970-01-02）");
        assert_eq!(shown(Language::English), "1970-01-02 (昭和45年1月2日)");
        assert_eq!(show("soon", &words(Language::English)), "soon");
    }

    #[test]
    fn a_day_as_typed_is_sent_as_the_center_reads_it_or_named_wrong() {
        assert_eq!(to_iso("Ｓ45.1.2"), "1970-01-02");
        assert_eq!(to_iso("S45.2.30"), "S45.2.30");
        let code = |text: &str| fault(text, &words(Language::Japanese)).map(|fault| fault.code);
        assert_eq!(code(" "), None);
        assert_eq!(code("昭和45年1月2日"), None);
        assert_eq!(code("S45.2.30").as_deref(), Some("no_such_day"));
        assert_eq!(code("1867-01-01").as_deref(), Some("out_of_range"));
        assert_eq!(code("きのう").as_deref(), Some("form"));
    }
}
