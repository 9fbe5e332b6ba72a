//! The texts of the staff pages: one Fluent file per screen and language. Says nothing by itself.

use ui::language::Screen;

macro_rules! screen {
    ($name:literal) => {
        Screen {
            name: $name,
            ja: include_str!(concat!("../languages/ja/", $name, ".ftl")),
            en: include_str!(concat!("../languages/en/", $name, ".ftl")),
        }
    };
}

/// Every screen of the terminal.
pub(crate) const SCREENS: [Screen; 37] = [
    screen!("frame"),
    screen!("sign-in"),
    screen!("menu"),
    screen!("check"),
    screen!("result"),
    screen!("history"),
    screen!("copies"),
    screen!("bulk"),
    screen!("claims"),
    screen!("readers"),
    screen!("card"),
    screen!("medical"),
    screen!("looks"),
    screen!("withdrawal"),
    screen!("home-care"),
    screen!("emergency"),
    screen!("training"),
    screen!("settings"),
    screen!("accounts"),
    screen!("rotations"),
    screen!("own-access"),
    screen!("import"),
    screen!("password"),
    screen!("about"),
    screen!("lock"),
    screen!("certificates"),
    screen!("notices"),
    screen!("manuals"),
    screen!("reference-material"),
    screen!("procedures"),
    screen!("support"),
    screen!("start-stop"),
    screen!("link-state"),
    screen!("inventory"),
    screen!("setup-sheet"),
    screen!("setup"),
    screen!("setup-wizard"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ui::language::{SHARED, Screen, Texts};
    use ui::spoken;

    use super::*;

    fn screens() -> Vec<Screen> {
        SCREENS.into_iter().chain([SHARED]).collect()
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_values() {
        assert!(Texts::new(&SCREENS).is_ok());
        assert!(spoken::differing(&screens()).is_empty());
    }

    #[test]
    fn the_set_up_sheet_has_one_name() {
        for screen in screens() {
            assert!(!screen.ja.contains("設定シート"), "{}", screen.name);
        }
    }

    #[test]
    fn no_text_is_unused_and_none_is_missing() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = ["src", "templates", "../ui/src", "../ui/templates"].map(|it| own.join(it));
        let sources = spoken::sources(&folders).unwrap();
        let (unused, missing) = spoken::unused_and_missing(&screens(), &sources);
        assert_eq!((unused, missing), (Vec::new(), Vec::new()));
    }
}
