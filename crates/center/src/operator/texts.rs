//! The texts of the operators' pages: one Fluent file per screen and language. Says nothing by itself.

use std::sync::Arc;

use ui::language::{InvalidTexts, Screen, Texts};

macro_rules! screen {
    ($name:literal) => {
        Screen {
            name: $name,
            ja: include_str!(concat!("../../languages/ja/", $name, ".ftl")),
            en: include_str!(concat!("../../languages/en/", $name, ".ftl")),
        }
    };
}

/// Every screen of the operators' pages.
pub(crate) const SCREENS: [Screen; 11] = [
    screen!("operator-frame"),
    screen!("operator-access"),
    screen!("operator-menu"),
    screen!("operator-people"),
    screen!("operator-facilities"),
    screen!("operator-feeds"),
    screen!("operator-audit"),
    screen!("operator-load"),
    screen!("operator-notices"),
    screen!("operator-modes"),
    screen!("operator-claims"),
];

/// Reads the texts.
///
/// # Errors
/// A file that is no Fluent.
pub(crate) fn read() -> Result<Arc<Texts>, InvalidTexts> {
    Ok(Arc::new(Texts::new(&SCREENS)?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ui::language::SHARED;
    use ui::spoken;

    use super::*;
    use crate::{application_page, download_page, home_care};

    fn screens() -> Vec<Screen> {
        let others = [
            SHARED,
            download_page::SCREEN,
            application_page::SCREEN,
            home_care::pages::SCREEN,
        ];
        SCREENS.into_iter().chain(others).collect()
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_values() {
        assert!(read().is_ok());
        assert!(spoken::differing(&screens()).is_empty());
    }

    #[test]
    fn no_number_is_made_an_ordinal_by_one_ending() {
        for screen in screens() {
            assert!(!screen.en.contains("}th"), "{}", screen.name);
        }
    }

    #[test]
    fn no_text_is_unused_and_none_is_missing() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["src", "templates", "../ui/src", "../ui/templates"].map(|it| own.join(it));
        let sources = spoken::sources(&folders).unwrap();
        let (unused, missing) = spoken::unused_and_missing(&screens(), &sources);
        // The download page makes the keys of its fields from their names.
        let of_fields = ui::spoken::keys(download_page::SCREEN.ja);
        // Those of home care are made of the questions.
        let of_questions = home_care::pages::made_keys();
        let unused: Vec<String> = unused
            .into_iter()
            .filter(|key| !of_fields.contains_key(key) && !of_questions.contains(key))
            .collect();
        assert_eq!((unused, missing), (Vec::new(), Vec::new()));
    }
}
