//! Search in texts of ours: notices, manuals, reference material. Finds words whatever their width, case and kana; keeps no query.

use unicode_normalization::UnicodeNormalization;

/// The words of a query, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms(Vec<String>);

impl Terms {
    /// Reads a query; `None` when it holds no word.
    pub(crate) fn parse(query: &str) -> Option<Self> {
        let terms: Vec<String> = query.split_whitespace().map(fold).collect();
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// Whether a text holds every word.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.0.iter().all(|term| text.contains(term))
    }

    /// Whether a text holds at least one word.
    pub(crate) fn touch(&self, text: &str) -> bool {
        let text = fold(text);
        self.0.iter().any(|term| text.contains(term))
    }
}

/// A text as it is compared: width and compatibility forms (NFKC), case and kana alike, without blanks, so that a word is found over a
/// line end.
fn fold(text: &str) -> String {
    let folded = text.nfkc().flat_map(char::to_lowercase);
    let kana = folded.map(|c| match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    });
    kana.filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whatever_its_width_case_and_kana() {
        let text = "カードリーダーの電源を入れ\nます。PCのID";
        for query in ["ｶｰﾄﾞﾘｰﾀﾞｰ", "かーどりーだー", "入れます", "ｐｃ", "id  電源"]
        {
            assert!(Terms::parse(query).unwrap().are_in(text), "{query}");
        }
        assert!(!Terms::parse("電源 証明書").unwrap().are_in(text));
        assert!(Terms::parse("電源 証明書").unwrap().touch(text));
        assert_eq!(Terms::parse(" 　"), None);
    }
}
