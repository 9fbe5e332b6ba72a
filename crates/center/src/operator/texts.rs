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
pub(crate) const SCREENS: [Screen; 9] = [
    screen!("operator-frame"),
    screen!("operator-access"),
    screen!("operator-menu"),
    screen!("operator-people"),
    screen!("operator-facilities"),
    screen!("operator-feeds"),
    screen!("operator-audit"),
    screen!("operator-load"),
    screen!("operator-notices"),
];

/// Reads the texts.
///
/// # Errors
/// A file that is no Fluent.
pub(crate) fn read() -> Result<Arc<Texts>, InvalidTexts> {
    Ok(Arc::new(Texts::new(&SCREENS)?))
}
