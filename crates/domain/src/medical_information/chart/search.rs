//! Texts of a record in the form they are compared and searched in. Finds parts of words; knows no synonyms.

use unicode_normalization::UnicodeNormalization;

/// A text as it is compared: NFKC, small letters, katakana for hiragana, no blanks.
///
/// ```
/// use domain::medical_information::chart::search::folded;
/// assert_eq!(folded("カクウ錠　１０ＭＧ"), folded("かくう錠10mg"));
/// ```
#[must_use]
pub fn folded(text: &str) -> String {
    let text = text.nfkc().filter(|it| !it.is_whitespace());
    text.flat_map(char::to_lowercase).map(to_katakana).collect()
}

fn to_katakana(it: char) -> char {
    match it {
        'ぁ'..='ゖ' => char::from_u32(u32::from(it) + 0x60).unwrap_or(it),
        other => other,
    }
}

/// What is searched for: words that must all be found.
///
/// ```
/// use domain::medical_information::chart::search::Words;
/// let words = Words::new("かくう 10mg");
/// assert!(words.are_in(["架空クリニック", "カクウ錠１０ｍｇ"]));
/// assert!(!words.are_in(["カクウ錠５ｍｇ"]));
/// assert!(Words::new(" 　").are_in(["anything"]));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text as typed, parted by blanks.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        Self(typed.split_whitespace().map(folded).collect())
    }

    /// Whether nothing is searched for.
    ///
    /// ```
    /// use domain::medical_information::chart::search::Words;
    /// assert!(Words::new("").is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each word is found in one of the texts.
    ///
    /// ```
    /// use domain::medical_information::chart::search::Words;
    /// assert!(!Words::new("a b").are_in(["a"]));
    /// ```
    #[must_use]
    pub fn are_in<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let texts: Vec<String> = texts.into_iter().map(folded).collect();
        let is_found = |word: &String| texts.iter().any(|text| text.contains(word));
        self.0.iter().all(is_found)
    }
}

impl core::fmt::Debug for Words {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Words(…)")
    }
}
