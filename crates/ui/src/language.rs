//! Languages of the pages and their texts, one Fluent bundle each. Guesses no language: a person chooses, Japanese is the default.

use std::sync::Arc;

use crate::bundle::{Bundle, Value, Values};

/// A language the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 日本語.
    #[default]
    Japanese,
    /// English.
    English,
}

impl Language {
    /// All languages, in the order of the selector.
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// The tag of `<html lang>` and of the cookie.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// The language of a tag.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Its name in itself, for the selector.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::English => "English",
        }
    }

    /// Of a text that comes in both languages, such as a code table's label or a problem's, this language's.
    #[must_use]
    pub fn choose<T>(self, ja: T, en: T) -> T {
        match self {
            Self::Japanese => ja,
            Self::English => en,
        }
    }
}

/// The texts of one screen: a Fluent file per language.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Name of the file.
    pub name: &'static str,
    /// Its Japanese text.
    pub ja: &'static str,
    /// Its English text.
    pub en: &'static str,
}

/// The texts of the layout and of the components.
pub const SHARED: Screen = Screen {
    name: "shared",
    ja: include_str!("../languages/ja/shared.ftl"),
    en: include_str!("../languages/en/shared.ftl"),
};

/// A Fluent file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the texts of screen {screen} in {language}: {fault}")]
pub struct InvalidTexts {
    screen: &'static str,
    language: &'static str,
    fault: String,
}

/// All texts in all languages.
#[derive(Debug)]
pub struct Texts {
    japanese: Bundle,
    english: Bundle,
}

impl Texts {
    /// Reads the texts of the screens; those of [`SHARED`] are always among them.
    ///
    /// # Errors
    /// [`InvalidTexts`] for a file that is no Fluent or repeats a key.
    pub fn new(screens: &[Screen]) -> Result<Self, InvalidTexts> {
        Ok(Self {
            japanese: bundle(Language::Japanese, screens)?,
            english: bundle(Language::English, screens)?,
        })
    }

    fn of(&self, language: Language) -> &Bundle {
        language.choose(&self.japanese, &self.english)
    }
}

fn bundle(language: Language, screens: &[Screen]) -> Result<Bundle, InvalidTexts> {
    let mut bundle = Bundle::new(language.tag());
    for screen in [&SHARED].into_iter().chain(screens) {
        let text = language.choose(screen.ja, screen.en);
        bundle.add(text).map_err(|fault| InvalidTexts {
            screen: screen.name,
            language: language.tag(),
            fault,
        })?;
    }
    Ok(bundle)
}

/// The texts in one language: what a page speaks with.
#[derive(Debug, Clone)]
pub struct Words {
    texts: Arc<Texts>,
    language: Language,
}

impl Words {
    /// The texts in this language.
    #[must_use]
    pub fn new(texts: Arc<Texts>, language: Language) -> Self {
        Self { texts, language }
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of a key. A key without text is shown as itself and logged; tests keep that from happening.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a key with values put in.
    #[must_use]
    pub fn say_with<'a, V: Into<Value<'a>> + Clone>(
        &self,
        key: &str,
        values: &[(&'a str, V)],
    ) -> String {
        let mut arguments = Values::new();
        for (name, value) in values {
            arguments.set(*name, value.clone());
        }
        self.format(key, Some(&arguments))
    }

    /// Of a text that comes in both languages, this one's.
    #[must_use]
    pub fn choose<T>(&self, ja: T, en: T) -> T {
        self.language.choose(ja, en)
    }

    fn format(&self, key: &str, values: Option<&Values<'_>>) -> String {
        let found = self.texts.of(self.language).find(key, values);
        found.unwrap_or_else(|| {
            tracing::error!(text.key = key, "a page's text is missing or lacks a value");
            key.to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen {
        name: "greeting",
        ja: "greeting = こんにちは、{ $name }さん\n",
        en: "greeting = Hello { $name }\n",
    };

    fn words(language: Language) -> Words {
        Words::new(Arc::new(Texts::new(&[SCREEN]).unwrap()), language)
    }

    #[test]
    fn a_text_is_said_in_the_language_chosen() {
        let said = |language| words(language).say_with("greeting", &[("name", "A")]);
        assert_eq!(said(Language::Japanese), "こんにちは、Aさん");
        assert_eq!(said(Language::English), "Hello A");
    }

    #[test]
    fn a_missing_key_or_value_shows_the_key_and_never_fails() {
        let words = words(Language::English);
        assert_eq!(words.say("no-such-key"), "no-such-key");
        assert_eq!(words.say("greeting"), "greeting");
    }

    #[test]
    fn a_broken_file_is_named_with_its_language() {
        let broken = Screen {
            name: "broken",
            ja: "a = 1\n",
            en: "a = { \n",
        };
        let error = Texts::new(&[broken]).unwrap_err().to_string();
        assert!(
            error.starts_with("the texts of screen broken in en:"),
            "{error}"
        );
        let twice = Screen {
            name: "twice",
            ja: "a = 1\na = 2\n",
            en: "a = 1\n",
        };
        assert!(Texts::new(&[twice]).is_err());
    }

    #[test]
    fn an_unknown_tag_is_no_language() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.tag()), Some(language));
        }
        assert_eq!(Language::parse("JA"), None);
    }
}
