//! The form in which names and addresses are compared where a card is missing: blind to width, kana, size of kana, long vowels, variant
//! kanji and ways to write a house number, and to nothing else. Changes nothing it is given.
//!
//! Decisions (docs/decisions/0068-search-without-a-card.md): hiragana is katakana; small kana are large, as in the half-width kana of insurers'
//! files; ヴァ ヴィ ヴ ヴェ ヴォ are バ ビ ブ ベ ボ, ヂ ヅ ヰ ヱ ヲ are ジ ズ イ エ オ; a long-vowel sign is the vowel it lengthens (ユーコ is ユウコ); a
//! repetition sign is what it repeats; blanks, middle dots and hyphens between parts of a name do not count.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::emergency::kanji_variants::compared_as;

/// A name in its matching form, never empty.
///
/// ```
/// use domain::emergency::matching_form::NameForm;
/// let form = |text| NameForm::of(text).unwrap();
/// assert_eq!(form("髙橋　ゆうこ"), form("高橋ユーコ"));
/// assert_eq!(form("ｼｶｸ ｼﾞﾛｳ"), form("しかく じろう"));
/// assert_ne!(form("斎藤"), form("斉藤"));
/// assert!(NameForm::of(" 　").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameForm(String);

impl core::fmt::Debug for NameForm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("NameForm(…)")
    }
}

impl NameForm {
    /// The form of a name or a reading; `None` where nothing is left of it.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let chars = text.nfkc().filter(|c| !is_selector(*c));
        let kept: String = chars.filter(|c| !c.is_whitespace()).collect();
        let mut form = phonetic(kept.nfc());
        // What was left out may have stood between marks that belong in another order, or together.
        while !is_nfc(&form) {
            form = phonetic(form.nfc());
        }
        Some(Self(form)).filter(|it| !it.0.is_empty())
    }

    /// Whether another form stands somewhere in it.
    ///
    /// ```
    /// use domain::emergency::matching_form::NameForm;
    /// let form = |text| NameForm::of(text).unwrap();
    /// assert!(form("ﾐﾎﾝ ﾊﾅｺ").holds(&form("ほんは")));
    /// ```
    #[must_use]
    pub fn holds(&self, part: &Self) -> bool {
        self.0.contains(&part.0)
    }

    /// Whether nothing but kana stands in it: a reading.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.0.chars().all(is_katakana)
    }

    /// Sixteen bits of the form, for an index that holds no name: equal forms have equal tags, others seldom.
    ///
    /// ```
    /// use domain::emergency::matching_form::NameForm;
    /// let tag = |text| NameForm::of(text).unwrap().tag();
    /// assert_eq!(tag("髙橋"), tag("高橋"));
    /// ```
    #[must_use]
    pub fn tag(&self) -> u16 {
        // FNV-1a, folded: small, fixed for ever, and no secret.
        let hash = self.0.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let [a, b, c, d] = hash.to_be_bytes();
        u16::from_be_bytes([a ^ c, b ^ d])
    }
}

/// What an address that was given says of one that is registered.
///
/// ```
/// use domain::emergency::matching_form::{AddressFit, AddressForm};
/// let registered = AddressForm::of("東京都架空区見本町一丁目２番３号").unwrap();
/// let fit = |text| AddressForm::of(text).unwrap().fit(&registered);
/// assert_eq!(fit("架空区見本町1-2-3"), AddressFit::Confirms);
/// assert_eq!(fit("東京都"), AddressFit::TooCoarse);
/// assert_eq!(fit("架空区手本町1-2-3"), AddressFit::Contradicts);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFit {
    /// It is the same place, or a part of it that says enough.
    Confirms,
    /// It holds the place and thousands of others.
    TooCoarse,
    /// It is another place.
    Contradicts,
}

/// An address in its matching form, never empty.
///
/// ```
/// use domain::emergency::matching_form::AddressForm;
/// assert_eq!(AddressForm::of("霞が関１丁目２番"), AddressForm::of("霞ヶ関1-2"));
/// assert!(AddressForm::of("　").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AddressForm(String);

impl core::fmt::Debug for AddressForm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AddressForm(…)")
    }
}

/// Characters an address must have beside its prefecture to say enough \[ours\]: a municipality and something of the place in it.
const TELLING_CHARS: usize = 5;

impl AddressForm {
    /// The form of an address; `None` where nothing is left of it.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let chars = text.nfkc().filter(|c| !is_selector(*c));
        let chars = chars.filter(|c| !c.is_whitespace()).map(of_place);
        let mut form = numbered(&chars.collect::<String>().replace("大字", ""));
        while form.contains("--") {
            form = form.replace("--", "-");
        }
        let form = form.trim_matches('-').to_owned();
        Some(Self(form)).filter(|it| !it.0.is_empty())
    }

    /// What it says of a registered address.
    #[must_use]
    pub fn fit(&self, registered: &Self) -> AddressFit {
        let (given, known) = (self.0.as_str(), registered.0.as_str());
        if !holds(known, given) && !holds(given, known) {
            return AddressFit::Contradicts;
        }
        let shorter = if given.len() < known.len() {
            given
        } else {
            known
        };
        if TELLING_CHARS <= without_prefecture(shorter).chars().count() {
            AddressFit::Confirms
        } else {
            AddressFit::TooCoarse
        }
    }
}

/// Whether a text holds another and no number is cut by it.
fn holds(text: &str, part: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(part).any(|(at, found)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let after = text
            .get(at + found.len()..)
            .and_then(|it| it.chars().next());
        let cut_before = is_digit(before) && is_digit(found.chars().next());
        let cut_after = is_digit(after) && is_digit(found.chars().next_back());
        !cut_before && !cut_after
    })
}

/// An address without its prefecture: `都`, `道`, `府` or `県` at the third or fourth place ends one.
fn without_prefecture(form: &str) -> &str {
    let mut places = form.char_indices().skip(2).take(2);
    let end = places.find(|(_, c)| matches!(c, '都' | '道' | '府' | '県'));
    end.and_then(|(at, c)| form.get(at + c.len_utf8()..))
        .unwrap_or(form)
}

/// A character of an address as it is compared.
fn of_place(c: char) -> char {
    match large(katakana(c)) {
        // 霞ヶ関, 霞ケ関 and 霞が関 are one place.
        'ガ' | 'カ' => 'ケ',
        '之' => 'ノ',
        c if is_hyphen(c) => '-',
        c => compared_as(c),
    }
}

/// House numbers in one way: 一丁目２番３号 and 1-2-3.
fn numbered(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((number, after)) = counted(rest) {
            form.push_str(&number.to_string());
            rest = after;
        } else if let Some(after) = divider(rest).filter(|_| ends_in_digit(&form)) {
            form.push('-');
            rest = after;
        } else {
            form.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    form
}

fn ends_in_digit(form: &str) -> bool {
    form.chars().next_back().is_some_and(|c| c.is_ascii_digit())
}

/// What stands between the numbers of a house, cut off.
fn divider(text: &str) -> Option<&str> {
    const DIVIDERS: [&str; 7] = ["丁目", "番地ノ", "番地", "番", "号", "ノ", "-"];
    DIVIDERS.iter().find_map(|it| text.strip_prefix(it))
}

/// A number in kanji before 丁目, 番 or 号, and what follows it: those in names of places stay.
fn counted(text: &str) -> Option<(u32, &str)> {
    let (mut number, mut digit, mut end) = (0_u32, 0_u32, 0_usize);
    for (at, c) in text.char_indices() {
        match "〇一二三四五六七八九".chars().position(|it| it == c) {
            Some(value) => digit = digit.saturating_mul(10) + u32::try_from(value).unwrap_or(0),
            None if c == '十' || c == '百' => {
                let unit = if c == '十' { 10 } else { 100 };
                number = number.saturating_add(digit.max(1) * unit);
                digit = 0;
            }
            None => break,
        }
        end = at + c.len_utf8();
        if 12 < end {
            return None;
        }
    }
    let after = text.get(end..).filter(|_| 0 < end)?;
    let counts = ["丁目", "番", "号"].iter().any(|it| after.starts_with(it));
    counts.then_some((number.saturating_add(digit), after))
}

/// Kana by their sound, kanji by their common form.
fn phonetic(chars: impl Iterator<Item = char>) -> String {
    let mut form = String::new();
    let mut chars = chars.map(katakana).peekable();
    while let Some(c) = chars.next() {
        let last = form.chars().next_back();
        match c {
            'ヴ' => {
                let small = chars.peek().copied();
                let row = [('ァ', 'バ'), ('ィ', 'ビ'), ('ェ', 'ベ'), ('ォ', 'ボ')];
                let found = row.iter().find(|(vowel, _)| Some(*vowel) == small);
                if found.is_some() {
                    chars.next();
                }
                form.push(found.map_or('ブ', |(_, kana)| *kana));
            }
            '々' | 'ヽ' | 'ゝ' => form.extend(last),
            c if c == 'ー' || is_hyphen(c) => {
                if let Some(vowel) = last.and_then(lengthened) {
                    form.push(vowel);
                }
            }
            '・' | '･' | '.' | '\'' | '’' | ',' | '＝' | '=' => {}
            c => form.extend(compared_as(large(c)).to_lowercase()),
        }
    }
    form
}

/// Katakana for hiragana.
fn katakana(c: char) -> char {
    match c {
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        c => c,
    }
}

/// The large form of small kana, and one kana for each sound.
fn large(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' | 'ヰ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' | 'ヱ' => 'エ',
        'ォ' | 'ヲ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        c => c,
    }
}

/// The vowel a long-vowel sign stands for after a kana, as it is mostly written out: オ and エ become ウ and イ.
fn lengthened(kana: char) -> Option<char> {
    const ROWS: [(&str, char); 5] = [
        ("アカガサザタダナハバパマヤラワ", 'ア'),
        ("イキギシジチニヒビピミリ", 'イ'),
        ("ウクグスズツヌフブプムユル", 'ウ'),
        ("エケゲセゼテデネヘベペメレ", 'イ'),
        ("オコゴソゾトドノホボポモヨロ", 'ウ'),
    ];
    let row = ROWS.iter().find(|(row, _)| row.contains(kana));
    row.map(|(_, vowel)| *vowel)
}

fn is_katakana(c: char) -> bool {
    ('ァ'..='ヺ').contains(&c)
}

/// Selectors of variants: U+FE00 to U+FE0F and, for kanji, U+E0100 to U+E01EF.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FF0D}' | '\u{2500}'
    )
}

#[cfg(test)]
mod tests;
