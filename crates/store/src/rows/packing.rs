//! How a row of a country's people is packed: numbers as short as they are, days beside the day before, codes and texts in as few bytes
//! as bring them back exactly. Knows no field.

use std::borrow::Cow;

use domain::civil_date::CivilDate;
use encoding_rs::SHIFT_JIS;

/// Codes of one or two digits are one byte below this; it says that the code's text follows.
const CODE_AS_TEXT: u8 = 201;

/// Digits a text of digits alone has at most to be packed as a number.
const MOST_DIGITS: usize = 18;

/// Lengths of full-width digits from here on name one of the texts that the rows beside share.
const SHARED: usize = MOST_DIGITS + 1;

/// How a text lies in a row: in the two lowest bits of its length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As registers in Japan wrote it for decades: two bytes for a kanji, one for half-width kana.
    ShiftJis = 0,
    /// What that does not hold.
    Utf8 = 1,
    /// Full-width digits alone, as a number.
    WideDigits = 2,
    /// Digits alone, as a number.
    Digits = 3,
}

/// A row being packed.
#[derive(Default)]
pub(super) struct Packer<'s> {
    bytes: Vec<u8>,
    /// The day packed last: certificates begin together, so most days are the one before.
    day: i32,
    /// Texts that stand before the rows that share them.
    shared: &'s [&'s str],
}

impl<'s> Packer<'s> {
    /// A row beside others that share texts with it; its days follow one that is known.
    pub(super) fn beside(shared: &'s [&'s str], day: CivilDate) -> Self {
        Self {
            bytes: Vec::new(),
            day: day.to_epoch_days(),
            shared,
        }
    }

    /// Bytes of fixed length, as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The row.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// A number in groups of seven bits, the lowest first (LEB128).
    pub(super) fn number(&mut self, number: u64) {
        let mut rest = number;
        while 0x7f < rest {
            // The group with the bit that says "more": both fit a byte.
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    /// Which of a few things there are, the first in the lowest bit.
    pub(super) fn flags<const N: usize>(&mut self, flags: [bool; N]) {
        let bits = flags
            .iter()
            .rev()
            .fold(0, |bits, flag| bits << 1 | u64::from(*flag));
        self.number(bits);
    }

    /// A day.
    pub(super) fn day(&mut self, day: CivilDate) {
        let day = day.to_epoch_days();
        let step = i64::from(day) - i64::from(self.day);
        self.day = day;
        // Days before follow days after, so that near ones on either side are short.
        self.number(((step << 1) ^ (step >> 63)).cast_unsigned());
    }

    /// A day that follows no other.
    pub(super) fn absolute_day(&mut self, day: CivilDate) {
        self.day = 0;
        self.day(day);
    }

    /// A code of a table.
    pub(super) fn code(&mut self, code: &str) {
        match code.as_bytes() {
            [one @ b'0'..=b'9'] => self.bytes.push(one - b'0'),
            [ten @ b'0'..=b'9', one @ b'0'..=b'9'] => {
                self.bytes.push(100 + (ten - b'0') * 10 + (one - b'0'));
            }
            _ => {
                self.bytes.push(CODE_AS_TEXT);
                self.text(code);
            }
        }
    }

    /// A text, exactly.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(at) = self.shared.iter().position(|it| *it == text) {
            self.length(Form::WideDigits, SHARED + at);
        } else if let Some((form, digits, number)) = as_number(text) {
            self.length(form, digits);
            self.number(number);
        } else if let Some(bytes) = as_shift_jis(text) {
            self.length(Form::ShiftJis, bytes.len());
            self.bytes.extend_from_slice(&bytes);
        } else {
            self.length(Form::Utf8, text.len());
            self.bytes.extend_from_slice(text.as_bytes());
        }
    }

    /// Bytes that are packed in their own way.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    fn length(&mut self, form: Form, length: usize) {
        self.number((length as u64) << 2 | form as u64);
    }
}

/// A text of digits alone that a number brings back with its length.
fn as_number(text: &str) -> Option<(Form, usize, u64)> {
    let form = match text.chars().next()? {
        '0'..='9' => Form::Digits,
        '０'..='９' => Form::WideDigits,
        _ => return None,
    };
    let (mut digits, mut number) = (0, 0_u64);
    for it in text.chars() {
        let first = if form == Form::Digits { '0' } else { '０' };
        let digit = u32::from(it).checked_sub(u32::from(first))?;
        if 9 < digit || MOST_DIGITS <= digits {
            return None;
        }
        number = number * 10 + u64::from(digit);
        digits += 1;
    }
    Some((form, digits, number))
}

/// The bytes in Shift_JIS, where they bring the very same text back.
fn as_shift_jis(text: &str) -> Option<Vec<u8>> {
    let mut encoder = SHIFT_JIS.new_encoder();
    let most = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
    let mut bytes = vec![0; most];
    let (outcome, read, written) =
        encoder.encode_from_utf8_without_replacement(text, &mut bytes, true);
    if outcome != encoding_rs::EncoderResult::InputEmpty || read != text.len() {
        return None;
    }
    bytes.truncate(written);
    let back = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(&bytes)?;
    (back == text && bytes.len() < text.len().max(1)).then_some(bytes)
}

/// A packed row being read. Everything answers `None` for bytes that no [`Packer`] made.
pub(super) struct Unpacker<'a> {
    bytes: &'a [u8],
    day: i32,
    /// What rows beside share with this one, each as a text lies in a row.
    shared: &'a [&'a [u8]],
}

impl<'a> Unpacker<'a> {
    /// Reads a row from its start.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            day: 0,
            shared: &[],
        }
    }

    /// Reads a row beside others that share texts with it; its days follow one that is known.
    pub(super) fn beside(bytes: &'a [u8], shared: &'a [&'a [u8]], day: CivilDate) -> Self {
        Self {
            bytes,
            day: day.to_epoch_days(),
            shared,
        }
    }

    /// Ends reading: nothing may be left.
    pub(super) fn finish(self) -> Option<()> {
        self.is_empty().then_some(())
    }

    /// Whether everything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of fixed length.
    pub(super) fn raw<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A text as it lies in the row, not read.
    pub(super) fn packed_text(&mut self) -> Option<&'a [u8]> {
        let all = self.bytes;
        let length = self.number()?;
        let (form, length) = (length & 3, usize::try_from(length >> 2).ok()?);
        if form == Form::ShiftJis as u64 || form == Form::Utf8 as u64 {
            self.take(length)?;
        } else if MOST_DIGITS < length {
            return None;
        } else {
            self.number()?;
        }
        all.get(..all.len() - self.bytes.len())
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            number |= group.checked_shl(shift).filter(|it| it >> shift == group)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn flags<const N: usize>(&mut self) -> Option<[bool; N]> {
        let bits = self.number()?;
        (bits >> N == 0).then(|| core::array::from_fn(|at| bits >> at & 1 == 1))
    }

    pub(super) fn day(&mut self) -> Option<CivilDate> {
        let folded = self.number()?;
        let step = (folded >> 1).cast_signed() ^ -((folded & 1).cast_signed());
        let day = i32::try_from(i64::from(self.day).checked_add(step)?).ok()?;
        self.day = day;
        CivilDate::from_epoch_days(day).ok()
    }

    /// A day that follows no other.
    pub(super) fn absolute_day(&mut self) -> Option<CivilDate> {
        self.day = 0;
        self.day()
    }

    /// A code, read by its table.
    pub(super) fn code<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        match self.byte()? {
            one @ 0..=9 => parse(text_of(&[b'0' + one])?),
            two @ 100..=199 => parse(text_of(&[b'0' + two / 10 % 10, b'0' + two % 10])?),
            CODE_AS_TEXT => parse(&self.text()?),
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> Option<Cow<'a, str>> {
        let length = self.number()?;
        let (form, length) = (length & 3, usize::try_from(length >> 2).ok()?);
        if form == Form::ShiftJis as u64 {
            let bytes = self.take(length)?;
            return SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
        }
        if form == Form::Utf8 as u64 {
            return text_of(self.take(length)?).map(Cow::Borrowed);
        }
        if let Some(at) = length.checked_sub(SHARED) {
            let shared = self
                .shared
                .get(at)
                .filter(|_| form == Form::WideDigits as u64)?;
            // What is shared refers to nothing further.
            return Self::new(shared).text();
        }
        let digits = format!("{:0length$}", self.number()?);
        if digits.len() != length {
            return None;
        }
        if form == Form::Digits as u64 {
            return Some(Cow::Owned(digits));
        }
        let wide = |it: char| char::from_u32(u32::from(it) - u32::from('0') + u32::from('０'));
        digits
            .chars()
            .map(wide)
            .collect::<Option<_>>()
            .map(Cow::Owned)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_exactly_in_few_bytes() {
        for (text, bytes) in [
            ("", 1),
            ("髙橋　健太", 11),
            ("ﾀｶﾊｼ ｹﾝﾀ", 11),
            ("葛󠄀城　花子", 23),
            ("𠮷田", 8),
            // Characters that Shift_JIS has twice, or reads back as another.
            ("≒∪¬∵", 12),
            ("№㈱Ⅲ", 7),
            ("~¥‾—", 12),
            ("１２３４５６７", 4),
            ("0012", 2),
            ("000000000000000000", 2),
            ("0123456789012345678", 20),
            ("１2", 4),
            ("a", 2),
        ] {
            let mut packer = Packer::default();
            packer.text(text);
            let packed = packer.finish();
            let mut unpacker = Unpacker::new(&packed);
            assert_eq!(unpacker.text().as_deref(), Some(text));
            assert_eq!(unpacker.finish(), Some(()), "{text}");
            assert!(packed.len() <= bytes, "{text}: {}", packed.len());
        }
    }

    #[test]
    fn numbers_days_codes_and_flags_come_back() {
        let day = |text| CivilDate::parse_iso(text).unwrap();
        let days = [
            "2026-08-01",
            "2026-08-01",
            "2027-07-31",
            "1868-01-25",
            "9998-12-31",
        ]
        .map(day);
        let mut packer = Packer::default();
        for number in [0, 127, 128, u64::MAX] {
            packer.number(number);
        }
        days.iter().for_each(|day| packer.day(*day));
        for code in ["1", "03", "A1", "", "123"] {
            packer.code(code);
        }
        packer.flags([true, false, true]);
        packer.bytes(b"own");
        let packed = packer.finish();
        let mut it = Unpacker::new(&packed);
        for number in [0, 127, 128, u64::MAX] {
            assert_eq!(it.number(), Some(number));
        }
        for day in days {
            assert_eq!(it.day(), Some(day));
        }
        for code in ["1", "03", "A1", "", "123"] {
            assert_eq!(it.code(|text| Some(text.to_owned())).as_deref(), Some(code));
        }
        assert_eq!(it.flags(), Some([true, false, true]));
        assert_eq!(it.bytes(), Some(&b"own"[..]));
        assert_eq!(it.finish(), Some(()));
    }

    #[test]
    fn bytes_that_nobody_packed_are_refused() {
        assert_eq!(Unpacker::new(&[0xff; 11]).number(), None);
        assert_eq!(Unpacker::new(&[0x80]).number(), None);
        assert_eq!(Unpacker::new(&[0x08]).flags::<3>(), None);
        assert_eq!(Unpacker::new(&[0x41, 0x81]).text(), None);
        // More digits than a text of that length has; more than any has.
        assert_eq!(Unpacker::new(&[0x07, 0x0a]).text(), None);
        assert_eq!(Unpacker::new(&[0x7f, 0x00]).text(), None);
        assert_eq!(Unpacker::new(&[200]).code(|_| Some(())), None);
        assert_eq!(Unpacker::new(&[0, 0]).finish(), None);
    }
}
