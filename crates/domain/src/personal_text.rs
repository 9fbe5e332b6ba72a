//! Texts about a person: kept as given, bounded, free of control characters. Refuses to show themselves in `Debug`.

/// Why a text about a person is refused. Says what is wrong, never the text.
///
/// ```
/// use domain::personal_text::check;
/// assert!(check("", 100).is_err());
/// assert!(check("a\u{7}", 100).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but blanks.
    #[error("empty")]
    Empty,
    /// More characters than the field holds.
    #[error("longer than {max} characters")]
    TooLong {
        /// The most characters the field holds.
        max: usize,
    },
    /// A control character at this place, counted in characters from 1.
    #[error("a control character at place {place}")]
    ControlCharacter {
        /// Place of the first one, from 1.
        place: usize,
    },
}

/// Checks a text against the rule of every personal field and hands it back unchanged.
///
/// ```
/// use domain::personal_text::{InvalidText, check};
/// assert_eq!(check("葛\u{E0100}飾", 10), Ok(()));
/// assert_eq!(check("a\u{7}", 10), Err(InvalidText::ControlCharacter { place: 2 }));
/// ```
///
/// # Errors
/// [`InvalidText`].
pub fn check(text: &str, max: usize) -> Result<(), InvalidText> {
    if text.trim().is_empty() {
        return Err(InvalidText::Empty);
    }
    for (index, c) in text.chars().enumerate() {
        if c.is_control() {
            return Err(InvalidText::ControlCharacter { place: index + 1 });
        }
        if max <= index {
            return Err(InvalidText::TooLong { max });
        }
    }
    Ok(())
}

// A macro because Rust has no other way to give several types the same private field, docs and redaction.
macro_rules! personal_text {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters this field holds.
            pub const MAX_CHARS: usize = $max;

            /// Takes the text as given, variation selectors and rare characters included.
            ///
            /// # Errors
            /// [`InvalidText`](crate::personal_text::InvalidText).
            pub fn parse(text: &str) -> Result<Self, crate::personal_text::InvalidText> {
                crate::personal_text::check(text, $max)?;
                Ok(Self(text.to_owned()))
            }

            /// The text as given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

pub(crate) use personal_text;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::PersonName;

    #[test]
    fn a_text_is_kept_as_given() {
        let rare = "髙﨑德𠮷葛\u{E0101}";
        assert_eq!(PersonName::parse(rare).unwrap().as_str(), rare);
    }

    #[test]
    fn a_text_never_shows_itself_in_debug() {
        let name = PersonName::parse("資格　太郎").unwrap();
        assert_eq!(format!("{name:?}"), "PersonName(…)");
    }

    #[test]
    fn bad_texts_are_refused_with_the_reason() {
        assert_eq!(check("　 ", 5), Err(InvalidText::Empty));
        assert_eq!(check("あいうえお", 5), Ok(()));
        assert_eq!(
            check("あいうえおか", 5),
            Err(InvalidText::TooLong { max: 5 })
        );
        assert_eq!(
            check("あ\nい", 5),
            Err(InvalidText::ControlCharacter { place: 2 })
        );
    }
}
