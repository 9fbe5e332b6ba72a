//! What patients read, one Fluent file per language (G40). A further language is a further file and its line in [`LANGUAGES`].
//! Guesses no language: each visit starts in Japanese.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::facility_kind::FacilityKind;
use ui::bundle::{Bundle, Value, Values};

/// The languages, in the order of the selector: the tag of `<html lang>` and the file.
pub const LANGUAGES: [(&str, &str); 2] = [
    ("ja", include_str!("../languages/ja.ftl")),
    ("en", include_str!("../languages/en.ftl")),
];

/// A language of the kiosk: its place in [`LANGUAGES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Language(usize);

impl Language {
    /// The language of a tag.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let found = LANGUAGES.iter().position(|(known, _)| *known == tag);
        found.map(Self)
    }

    /// All languages, in the order of the selector.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).map(Self)
    }

    /// Its tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        LANGUAGES.get(self.0).map_or("ja", |(tag, _)| tag)
    }
}

/// Texts that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the patients' texts in {language}, {from}: {fault}")]
pub struct InvalidTexts {
    language: String,
    from: &'static str,
    fault: String,
}

/// Texts that a reader profile says in its own way: by language tag, then by key.
pub type Overrides = BTreeMap<String, BTreeMap<String, String>>;

/// All texts in all languages, as one kind of facility says them.
#[derive(Debug)]
pub struct Texts {
    spoken: Vec<Spoken>,
    kind: FacilityKind,
}

/// The texts of one language.
#[derive(Debug)]
struct Spoken {
    bundle: Bundle,
    /// The keys of the reader profile's own texts.
    own: BTreeSet<String>,
}

impl Texts {
    /// Reads the texts; those of the reader profile replace others of the same key.
    ///
    /// # Errors
    /// [`InvalidTexts`] for a file that is no Fluent, a language or a key of a profile that the kiosk does not have, or a text of a
    /// profile that puts in other values than the one it replaces.
    pub fn new(kind: FacilityKind, overrides: &Overrides) -> Result<Self, InvalidTexts> {
        for tag in overrides.keys() {
            if Language::parse(tag).is_none() {
                return Err(InvalidTexts {
                    language: tag.clone(),
                    from: "reader profile",
                    fault: "the kiosk does not speak it".into(),
                });
            }
        }
        let spoken = |(tag, text): &(&str, &str)| spoken(tag, text, overrides.get(*tag));
        Ok(Self {
            spoken: LANGUAGES.iter().map(spoken).collect::<Result<_, _>>()?,
            kind,
        })
    }
}

fn spoken(
    tag: &str,
    text: &str,
    own: Option<&BTreeMap<String, String>>,
) -> Result<Spoken, InvalidTexts> {
    let invalid = |from| {
        move |fault| InvalidTexts {
            language: tag.to_owned(),
            from,
            fault,
        }
    };
    let mut bundle = Bundle::new(tag);
    bundle.add(text).map_err(invalid("kiosk"))?;
    for (key, text) in own.into_iter().flatten() {
        bundle
            .replace(key, text)
            .map_err(invalid("reader profile"))?;
    }
    let own = own.into_iter().flatten().map(|(key, _)| key.clone());
    Ok(Spoken {
        bundle,
        own: own.collect(),
    })
}

/// The texts in one language: what a screen speaks with.
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

    /// The same in another language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> Self {
        Self::new(self.texts.clone(), language)
    }

    /// The text of a key. A key without text is shown as itself and logged; tests keep that from happening.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.find(key, None).unwrap_or_else(|| {
            tracing::error!(text.key = key, "a screen's text is missing");
            key.to_owned()
        })
    }

    /// The text of a key with a value put in.
    #[must_use]
    pub fn say_with<'a>(&self, key: &str, name: &'a str, value: impl Into<Value<'a>>) -> String {
        self.say_with_all(key, vec![(name, value.into())])
    }

    /// The text of a key with values put in.
    #[must_use]
    pub fn say_with_all<'a>(&self, key: &str, values: Vec<(&'a str, Value<'a>)>) -> String {
        let mut arguments = Values::new();
        for (name, value) in values {
            arguments.set(name, value);
        }
        self.find(key, Some(&arguments)).unwrap_or_else(|| {
            tracing::error!(text.key = key, "a screen's text is missing");
            key.to_owned()
        })
    }

    /// The text of a key, if there is one: the kind of facility's own before the common one, but what the reader profile says for all
    /// kinds before what is built in for one.
    fn find(&self, key: &str, arguments: Option<&Values<'_>>) -> Option<String> {
        let Spoken { bundle, own } = self.texts.spoken.get(self.language.0)?;
        let of_the_kind = format!("{key}-at-{}", self.texts.kind.as_str());
        if own.contains(key) && !own.contains(&of_the_kind) {
            return bundle.find(key, arguments);
        }
        bundle
            .find(&of_the_kind, arguments)
            .or_else(|| bundle.find(key, arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(kind: FacilityKind, overrides: &Overrides) -> Words {
        let texts = Texts::new(kind, overrides).unwrap();
        Words::new(Arc::new(texts), Language::default())
    }

    fn own(tag: &str, key: &str, text: &str) -> Overrides {
        let texts = BTreeMap::from([(key.to_owned(), text.to_owned())]);
        BTreeMap::from([(tag.to_owned(), texts)])
    }

    #[test]
    fn a_kind_of_facility_says_it_in_its_own_way() {
        let said = |kind| words(kind, &Overrides::new()).say("done-lead");
        assert!(said(FacilityKind::Medical).contains("待合室"));
        assert!(said(FacilityKind::Pharmacy).contains("お呼びするまで"));
    }

    #[test]
    fn a_reader_profile_replaces_a_text_and_no_other() {
        let words = words(
            FacilityKind::Medical,
            &own("ja", "welcome-lead", "手前の差し込み口に入れてください。"),
        );
        assert_eq!(
            words.say("welcome-lead"),
            "手前の差し込み口に入れてください。"
        );
        assert_eq!(words.say("stop"), "終了する");
        let english = words.in_language(Language::parse("en").unwrap());
        assert!(english.say("welcome-lead").starts_with("Lay it"));
    }

    #[test]
    fn a_profile_for_a_text_or_language_that_is_not_there_is_named() {
        for (tag, key) in [("ja", "no-such-text"), ("tlh", "stop")] {
            let error = Texts::new(FacilityKind::Medical, &own(tag, key, "x")).unwrap_err();
            let told = error.to_string();
            assert!(
                told.contains("reader profile") && told.contains(tag),
                "{told}"
            );
        }
    }

    #[test]
    fn a_profiles_text_that_would_not_say_the_values_is_refused_with_what_is_put_in() {
        for (tag, key, text, told) in [
            ("ja", "done-title", "{ $nmae } 様", ["$name", "$nmae"]),
            ("ja", "done-title", "確認が完了しました", ["$name", "なし"]),
            ("ja", "stop", "{ stopp }", ["なし", "stopp"]),
            (
                "en",
                "pin-wrong",
                "{ $lft } left.",
                ["$left there", "$lft here"],
            ),
        ] {
            let error = Texts::new(FacilityKind::Medical, &own(tag, key, text)).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(key), "{error}");
            for name in told {
                assert!(error.contains(name), "{name}: {error}");
            }
        }
        // What the text it replaces puts in by its variants counts too.
        let wrong = own("en", "pin-wrong", "Wrong PIN, tries left: { $left }");
        assert!(Texts::new(FacilityKind::Medical, &wrong).is_ok());
        let greeting = own("ja", "done-title", "{ $name } 様、ありがとうございます");
        let words = words(FacilityKind::Medical, &greeting);
        let said = words.say_with("done-title", "name", "試験 花子");
        assert_eq!(said, "試験 花子 様、ありがとうございます");
    }

    #[test]
    fn a_profiles_text_holds_at_every_kind_of_facility_unless_it_says_another_there() {
        let mut own = own("ja", "done-lead", "トレーからお取りください。");
        let said = |own: &Overrides, kind| words(kind, own).say("done-lead");
        for kind in [FacilityKind::Medical, FacilityKind::Pharmacy] {
            assert_eq!(said(&own, kind), "トレーからお取りください。");
        }
        let at_pharmacy = "カウンターの前でお待ちください。";
        let texts = own.get_mut("ja").unwrap();
        texts.insert("done-lead-at-pharmacy".into(), at_pharmacy.into());
        assert_eq!(said(&own, FacilityKind::Pharmacy), at_pharmacy);
        assert_eq!(
            said(&own, FacilityKind::Medical),
            "トレーからお取りください。"
        );
    }

    #[test]
    fn rare_characters_of_a_name_stay_as_they_are() {
        let words = words(FacilityKind::Medical, &Overrides::new());
        let said = words.say_with("done-title", "name", "髙橋 𠮷太郎葛\u{E0100}");
        assert!(said.starts_with("髙橋 𠮷太郎葛\u{E0100} 様"), "{said}");
    }
}
