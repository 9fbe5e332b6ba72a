//! A step as a patient's screen: fills the template with what is told. Knows no words of its own.

use askama::Template;

use crate::flow::Step;
use crate::flow::facts::Facts;
use crate::texts::{Language, Words};
use crate::told::{Button, Entry, told};

/// Size of type and colours, for this visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Comfort {
    pub(crate) large: bool,
    pub(crate) contrast: bool,
}

impl Comfort {
    /// The value of `data-comfort`, which the stylesheet knows.
    pub(crate) fn as_str(self) -> &'static str {
        match (self.large, self.contrast) {
            (false, false) => "plain",
            (true, false) => "large",
            (false, true) => "contrast",
            (true, true) => "large contrast",
        }
    }
}

/// What a screen is written from.
pub(crate) struct Seen<'a> {
    pub(crate) step: &'a Step,
    pub(crate) facts: &'a Facts,
    pub(crate) words: &'a Words,
    pub(crate) comfort: Comfort,
    pub(crate) turn: u64,
    pub(crate) facility: &'a str,
    pub(crate) staff_called: bool,
    pub(crate) pin_incomplete: bool,
}

/// Writes a screen.
pub(crate) fn write(seen: &Seen<'_>) -> askama::Result<String> {
    let told = told(seen.step, seen.facts, seen.words, seen.pin_incomplete);
    ScreenPage {
        key: told.key,
        weight: told.weight.as_str(),
        title: told.title,
        leads: told.leads,
        alert: told.alert,
        place: told.place,
        listed: told.listed,
        entries: told.entries,
        code: told.code,
        pin: told.pin,
        choices: told.choices,
        quiet: told.quiet,
        may_stop: told.may_stop,
        turn: seen.turn,
        words: seen.words,
        comfort: seen.comfort,
        facility: seen.facility,
        staff_called: seen.staff_called,
        languages: Language::all()
            .map(|it| (it.tag(), seen.words.in_language(it).say("language-name")))
            .collect(),
    }
    .render()
}

/// A page around the screen.
pub(crate) fn page(words: &Words, comfort: Comfort, screen: &str) -> askama::Result<String> {
    Page {
        words,
        comfort,
        screen,
        offline: Language::all().map(|it| Offline::of(words, it)).collect(),
    }
    .render()
}

/// The page of a browser that was not let in.
pub(crate) fn not_launched(words: &Words) -> askama::Result<String> {
    NotLaunched { words }.render()
}

#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenPage<'a> {
    key: &'static str,
    weight: &'static str,
    title: String,
    leads: Vec<String>,
    alert: Option<String>,
    place: Option<String>,
    listed: Vec<String>,
    entries: Vec<Entry>,
    code: Option<String>,
    pin: bool,
    choices: Vec<Button>,
    quiet: Vec<Button>,
    may_stop: bool,
    turn: u64,
    words: &'a Words,
    comfort: Comfort,
    facility: &'a str,
    staff_called: bool,
    languages: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    words: &'a Words,
    comfort: Comfort,
    screen: &'a str,
    /// In every language: nothing more can be asked for when the line is lost.
    offline: Vec<Offline>,
}

/// What the screen without a line speaks with.
struct Offline {
    words: Words,
    /// What visits start in, below any other language: the screen stays while the line is lost, and whoever comes next chose none.
    first: Option<Words>,
}

impl Offline {
    fn of(words: &Words, language: Language) -> Self {
        let first = Language::default();
        Self {
            words: words.in_language(language),
            first: (language != first).then(|| words.in_language(first)),
        }
    }
}

#[derive(Template)]
#[template(path = "not_launched.html")]
struct NotLaunched<'a> {
    words: &'a Words,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::facility_kind::FacilityKind;

    use super::*;
    use crate::texts::{Overrides, Texts};

    #[test]
    fn a_page_holds_what_it_says_without_a_line_in_every_language() {
        let texts = Texts::new(FacilityKind::Medical, &Overrides::new()).unwrap();
        let words = Words::new(Arc::new(texts), Language::parse("en").unwrap());
        let page = page(&words, Comfort::default(), "").unwrap();
        for (tag, says) in [
            ("ja", "この機械は準備中です"),
            ("en", "This machine is being made ready"),
        ] {
            let begins = format!("<template id=\"offline-{tag}\">");
            let (_, rest) = page.split_once(&begins).unwrap();
            let (offline, _) = rest.split_once("</template>").unwrap();
            assert!(offline.contains(&format!("lang=\"{tag}\"")));
            assert!(offline.contains(says), "{offline}");
            // Whoever comes after somebody who chose English reads Japanese, too.
            for japanese in ["この機械は準備中です</", "しばらくお待ちください。"]
            {
                assert_eq!(offline.matches(japanese).count(), 1, "{offline}");
            }
            let marked = offline
                .matches("<p class=\"kiosk-lead\" lang=\"ja\">")
                .count();
            assert_eq!(marked, if tag == "ja" { 0 } else { 2 });
        }
    }
}
