//! Texts in Windows-31J (CP932), the character set spreadsheet programs and receipt computers call Shift_JIS. Replaces nothing
//! in silence: what it cannot hold is an error, or a reduced form that stands beside the original.

use encoding_rs::{DecoderResult, EncoderResult, SHIFT_JIS};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, compose};

use crate::encoding::reduction;

/// A character that Windows-31J does not hold. Says where it stands, never which: texts are about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("character {place} is not in Windows-31J")]
pub struct Unmappable {
    /// Place in the text, in characters from 1.
    pub place: usize,
}

/// A text brought into Windows-31J.
#[derive(Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The text with every character it cannot hold replaced by its reduced form (`𠮷` by `吉`), or by its reference
    /// (`&#x20BB7;`) where it has none.
    pub text: String,
    /// The original with every such character written as a reference, and `&` as `&amp;`: it can be read back whole.
    /// `None` when nothing was reduced.
    pub original: Option<String>,
}

impl std::fmt::Debug for Reduced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reduced(…)")
    }
}

/// The bytes of a text that Windows-31J holds whole.
///
/// # Errors
/// [`Unmappable`] for the first character that would not come back as it went.
pub fn encode(text: &str) -> Result<Vec<u8>, Unmappable> {
    if let Some(bytes) = encode_whole(text) {
        return Ok(bytes);
    }
    let mut bytes = Vec::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let (pair, length) = bytes_of(c).ok_or(Unmappable { place: at + 1 })?;
        bytes.extend(pair.iter().take(length));
    }
    Ok(bytes)
}

/// The first character of a text that would not come back as it went; `None` when Windows-31J holds the text whole.
#[must_use]
pub fn first_unmappable(text: &str) -> Option<Unmappable> {
    if text.is_ascii() || encode_whole(text).is_some() {
        return None;
    }
    let at = text.chars().position(|c| !holds(c))?;
    Some(Unmappable { place: at + 1 })
}

/// All of a text in one step, where it comes back as it went.
fn encode_whole(text: &str) -> Option<Vec<u8>> {
    let mut encoder = SHIFT_JIS.new_encoder();
    let most = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
    let mut bytes = vec![0; most];
    let (outcome, _, written) =
        encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
    bytes.truncate(written);
    let back = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes)?;
    (matches!(outcome, EncoderResult::InputEmpty) && back == text).then_some(bytes)
}

/// The text of Windows-31J bytes; `None` when they are not of it.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

/// Brings a text into Windows-31J and keeps the original readable beside it.
#[must_use]
pub fn reduce(text: &str) -> Reduced {
    let mut reduced = String::with_capacity(text.len());
    let mut original = String::with_capacity(text.len());
    let mut whole = true;
    for c in text.chars() {
        if holds(c) {
            reduced.push(c);
            if c == '&' {
                original.push_str("&amp;");
            } else {
                original.push(c);
            }
            continue;
        }
        whole = false;
        let reference = format!("&#x{:X};", u32::from(c));
        append_reduced(&mut reduced, c, &reference);
        original.push_str(&reference);
    }
    Reduced {
        text: reduced,
        original: (!whole).then_some(original),
    }
}

/// A text in the characters of Windows-31J alone: reduced forms where there are any, `●` for all others.
#[must_use]
pub(crate) fn reduced_or_circled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if holds(c) {
            out.push(c);
        } else {
            append_reduced(&mut out, c, BLACK_CIRCLE);
        }
    }
    out
}

/// A text in the characters of Windows-31J alone: `●` for each it does not hold; a variation selector is no character of its own.
#[must_use]
pub(crate) fn circled(text: &str) -> String {
    let shown = text.chars().filter(|c| !is_variation_selector(*c));
    shown.map(|c| if holds(c) { c } else { '●' }).collect()
}

/// What the original system writes for a character outside of its set (interface §2.3, row 8).
const BLACK_CIRCLE: &str = "●";

/// True when Windows-31J holds the character and gives it back unchanged.
#[must_use]
pub fn holds(c: char) -> bool {
    bytes_of(c).is_some()
}

fn append_reduced(reduced: &mut String, c: char, reference: &str) {
    if is_variation_selector(c) {
        return;
    }
    // A mark that belongs to the kana before it: か and U+3099 are が.
    if let Some(joined) = reduced.chars().last().and_then(|last| compose(last, c))
        && holds(joined)
    {
        reduced.pop();
        reduced.push(joined);
        return;
    }
    if let Some(other) = reduction::of(c) {
        reduced.push(other);
        return;
    }
    let last = reduced.chars().last();
    // A mark that makes no character of the set together with the letter before it: the letter alone stands there already.
    if last.is_some() && is_mark(c) {
        return;
    }
    match plain_form(c, last) {
        Some(form) => reduced.push_str(&form),
        None => reduced.push_str(reference),
    }
}

/// What a character stands for, in characters of the set: the letter below its marks (é, ö), the ideograph or the letters of a compatibility
/// form (µ, ㎍, ²). None where a part would be missing, and where it would read as another number after what stands before it.
fn plain_form(c: char, before: Option<char>) -> Option<String> {
    let mut form = String::new();
    for part in c.nfkc() {
        if let Some(held) = held_form(part) {
            form.push(held);
            continue;
        }
        for base in part.nfd().filter(|base| !is_mark(*base)) {
            form.push(held_form(base)?);
        }
    }
    // 10² is not 102.
    let runs_on = before.is_some_and(char::is_numeric) && form.starts_with(char::is_numeric);
    // Of a mark that has a blank for its letter, nothing is left to read.
    let is_bare = form.trim().is_empty() && !c.is_whitespace();
    // Lines of CSV and cells are reduced as they stand: a small comma may not become one that ends a cell.
    let is_sign = |c: char| c.is_ascii_punctuation() && !matches!(c, '(' | ')' | '.' | '/');
    (!runs_on && !is_bare && !form.contains(is_sign)).then_some(form)
}

/// A character itself where the set holds it, or its reduced form by the table.
fn held_form(c: char) -> Option<char> {
    if holds(c) { Some(c) } else { reduction::of(c) }
}

/// A mark on the letter before it. What strikes a letter or a sign through (class 1) is part of what it says.
fn is_mark(c: char) -> bool {
    1 < canonical_combining_class(c)
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The one or two bytes of a character. The encoder alone would turn `¥` into `\` and `−` into `－` without a word, so what it
/// gives must decode to the same character.
fn bytes_of(c: char) -> Option<([u8; 2], usize)> {
    let mut text = [0; 4];
    let text = c.encode_utf8(&mut text);
    let mut bytes = [0; 2];
    let (outcome, _, written) = SHIFT_JIS
        .new_encoder()
        .encode_from_utf8_without_replacement(text, &mut bytes, true);
    if !matches!(outcome, EncoderResult::InputEmpty) {
        return None;
    }
    let mut back = [0; 8];
    let (outcome, _, length) = SHIFT_JIS
        .new_decoder_without_bom_handling()
        .decode_to_utf8_without_replacement(bytes.get(..written)?, &mut back, true);
    let same =
        matches!(outcome, DecoderResult::InputEmpty) && back.get(..length) == Some(text.as_bytes());
    same.then_some((bytes, written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str, original: Option<&str>) {
        let reduced = reduce(text);
        assert_eq!(reduced.text, expected);
        assert_eq!(reduced.original.as_deref(), original);
        encode(&reduced.text).unwrap();
        encode(reduced.original.as_deref().unwrap_or_default()).unwrap();
    }

    /// What a reader of the original column does.
    fn read_back(original: &str) -> String {
        let mut out = String::new();
        let mut rest = original;
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            let (name, after) = after.split_once(';').unwrap();
            match name.strip_prefix("#x") {
                Some(hex) => {
                    out.push(char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap());
                }
                None => out.push('&'),
            }
            rest = after;
        }
        out + rest
    }

    #[test]
    fn names_of_the_character_set_stay_as_they_are() {
        check("髙﨑　德子", "髙﨑　德子", None);
        check("ｼｶｸ ﾀﾛｳ & co", "ｼｶｸ ﾀﾛｳ & co", None);
    }

    #[test]
    fn a_name_outside_it_is_reduced_beside_its_original() {
        check("𠮷田　花", "吉田　花", Some("&#x20BB7;田　花"));
        check("葛\u{E0100}城", "葛城", Some("葛&#xE0100;城"));
        check("José", "Jose", Some("Jos&#xE9;"));
        check("か\u{3099}", "が", Some("か&#x3099;"));
        check("\u{FA30}", "侮", Some("&#xFA30;"));
        check("A&B𠮷", "A&B吉", Some("A&amp;B&#x20BB7;"));
    }

    #[test]
    fn a_compatibility_form_is_reduced_to_what_it_stands_for_and_a_loose_mark_to_its_letter() {
        for (text, expected) in [
            ("5µg", "5μg"),
            ("㎍", "μg"),
            ("m²", "m2"),
            ("Ⅻ因子", "XII因子"),
            ("㌀", "アパート"),
            ("Jose\u{301}", "Jose"),
            ("Jose\u{301} Ⅲ①㈱", "Jose Ⅲ①㈱"),
            // Not as another number, and not with a part missing.
            ("10²", "10●"),
            ("½錠", "●錠"),
            ("1\u{338}a≮", "1●a●"),
            ("\u{301}a\u{B8}", "●a●"),
            // Nothing that a line of CSV or a cell would be read by.
            ("\u{FE50}\u{FE64}\u{FE66}⑾", "●●●(11)"),
        ] {
            assert_eq!(reduced_or_circled(text), expected);
            encode(&reduced_or_circled(text)).unwrap();
        }
        check("Jose\u{301} 5µg", "Jose 5μg", Some("Jose&#x301; 5&#xB5;g"));
    }

    #[test]
    fn what_has_no_reduced_form_stands_as_its_reference() {
        check("😀", "&#x1F600;", Some("&#x1F600;"));
        check("\u{E000}", "&#xE000;", Some("&#xE000;"));
    }

    #[test]
    fn marks_that_encoders_change_in_silence_are_named() {
        for c in ['〜', '‖', '−', '¥', '‾', '¢', '£', '¬', '—'] {
            assert_eq!(
                encode(&format!("a{c}")),
                Err(Unmappable { place: 2 }),
                "{c}"
            );
        }
        check("〜‖−¥", "～∥－￥", Some("&#x301C;&#x2016;&#x2212;&#xA5;"));
    }

    proptest! {
        #[test]
        fn no_text_is_lost_or_changed_in_silence(text in "\\PC{0,40}|[髙﨑𠮷〜−¥葛\u{E0100}&;#x0-9]{0,20}") {
            let reduced = reduce(&text);
            let bytes = encode(&reduced.text).unwrap();
            prop_assert_eq!(decode(&bytes).unwrap(), reduced.text.clone());
            match &reduced.original {
                Some(original) => prop_assert_eq!(read_back(original), text),
                None => prop_assert_eq!(reduced.text, text),
            }
        }
    }
}
