//! Whether a field's bytes are of its form, and what they say: numbers, dates of both calendars, texts. Knows no record.

use domain::civil_date::CivilDate;
use domain::era;
use domain::medical_aid::TreatmentMonth;

use crate::claim_file::columns::Form;
use crate::claim_file::rule::{Rule, of_claims};
use crate::encoding::windows_31j;

/// Which calendar a date is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calendar {
    Western,
    Era,
}

/// What is wrong with the characters of a field, whatever its form.
pub(crate) fn characters(cell: &[u8]) -> Option<&'static Rule> {
    if cell.iter().any(|byte| *byte < 0x20 || *byte == 0x7F) {
        return Some(&of_claims::CONTROL_CHARACTER);
    }
    if cell.is_ascii() {
        return None;
    }
    if windows_31j::decode(cell).is_none() {
        return Some(&of_claims::NOT_CP932);
    }
    let is_outside = Chars(cell).any(|it| matches!(it, Char::Wide(row) if !is_row_of_jis(row)));
    is_outside.then_some(&of_claims::OUTSIDE_JIS)
}

/// The rows of JIS X 0208: signs, letters and kana, and both levels of kanji. CP932 adds rows 13, 89 to 92 and those from 95.
fn is_row_of_jis(row: usize) -> bool {
    matches!(row, 1..=8 | 16..=84)
}

/// A character by its width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Char {
    Half,
    /// Two bytes, in a row.
    Wide(usize),
}

/// The characters of CP932 bytes.
struct Chars<'a>(&'a [u8]);

impl Iterator for Chars<'_> {
    type Item = Char;

    fn next(&mut self) -> Option<Char> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        let lead = match first {
            0x81..=0x9F => usize::from(first - 0x81),
            0xE0..=0xFC => usize::from(first - 0xC1),
            _ => return Some(Char::Half),
        };
        let Some((second, rest)) = rest.split_first() else {
            return Some(Char::Wide(0));
        };
        self.0 = rest;
        Some(Char::Wide(2 * lead + 1 + usize::from(0x9F <= *second)))
    }
}

/// What is wrong with a field that is filled.
pub(crate) fn misfit(form: Form, cell: &[u8]) -> Option<&'static Rule> {
    let wrong = Some(&of_claims::FIELD_FORM);
    match form {
        Form::Fixed(length) => {
            (!is_digits(cell) || cell.len() != length).then_some(&of_claims::FIELD_FORM)
        }
        Form::Digits(_) if !is_digits(cell) => wrong,
        Form::Digits(most) => too_long(cell, most),
        Form::Ascii(_) if !cell.is_ascii() => wrong,
        Form::Ascii(most) => too_long(cell, most),
        Form::Wide(_) if Chars(cell).any(|it| it == Char::Half) => wrong,
        Form::Wide(most) => too_long(cell, most),
        Form::Text(most) => {
            let half = Chars(cell).filter(|it| *it == Char::Half).count();
            if half != 0 && half != cell.len() {
                return Some(&of_claims::FIELD_WIDTHS);
            }
            too_long(cell, most)
        }
        Form::Pairs(_) if !is_digits(cell) || !cell.len().is_multiple_of(2) => wrong,
        Form::Pairs(most) => too_long(cell, most),
        Form::Insurer => {
            let digits = cell.trim_ascii_start();
            (cell.len() != 8 || !is_digits(digits) || digits.is_empty())
                .then_some(&of_claims::FIELD_FORM)
        }
        Form::OneOf(first, last) => {
            let is_one = matches!(cell, [digit] if (b'0' + first..=b'0' + last).contains(digit));
            (!is_one).then_some(&of_claims::FIELD_FORM)
        }
        Form::Date => date(cell).is_none().then_some(&of_claims::DATE),
        Form::Month => month(cell).is_none().then_some(&of_claims::DATE),
        Form::Anything => None,
    }
}

fn too_long(cell: &[u8], most: usize) -> Option<&'static Rule> {
    (most < cell.len()).then_some(&of_claims::FIELD_TOO_LONG)
}

fn is_digits(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_digit)
}

/// The number of a field of digits alone; none where it is empty or holds anything else.
pub(crate) fn number(cell: &[u8]) -> Option<u64> {
    if cell.is_empty() || 18 < cell.len() || !is_digits(cell) {
        return None;
    }
    Some(
        cell.iter()
            .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')),
    )
}

/// The text of a field.
pub(crate) fn text(cell: &[u8]) -> Option<String> {
    windows_31j::decode(cell)
}

/// A day: `YYYYMMDD`, or `GYYMMDD` of older editions, told apart by their length.
pub(crate) fn date(cell: &[u8]) -> Option<(CivilDate, Calendar)> {
    let digits = std::str::from_utf8(cell).ok().filter(|_| is_digits(cell))?;
    match digits.len() {
        8 => Some((CivilDate::parse_compact(digits).ok()?, Calendar::Western)),
        7 => Some((by_era(digits)?, Calendar::Era)),
        _ => None,
    }
}

/// A month: `YYYYMM`, or `GYYMM`.
pub(crate) fn month(cell: &[u8]) -> Option<(TreatmentMonth, Calendar)> {
    let digits = std::str::from_utf8(cell).ok().filter(|_| is_digits(cell))?;
    match digits.len() {
        6 => Some((TreatmentMonth::parse_compact(digits)?, Calendar::Western)),
        5 => {
            // An era may begin or end within the month.
            let day = by_era(&format!("{digits}28")).or_else(|| by_era(&format!("{digits}01")))?;
            Some((TreatmentMonth::of(day), Calendar::Era))
        }
        _ => None,
    }
}

/// `GYYMMDD`: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和 (the last by inference, \[C\]).
fn by_era(digits: &str) -> Option<CivilDate> {
    let letter = match digits.get(..1)? {
        "1" => 'M',
        "2" => 'T',
        "3" => 'S',
        "4" => 'H',
        "5" => 'R',
        _ => return None,
    };
    let (year, month, day) = (digits.get(1..3)?, digits.get(3..5)?, digits.get(5..7)?);
    era::parse(&format!("{letter}{year}.{month}.{day}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Form, text: &str, expected: Option<&str>) {
        let cell = windows_31j::encode(text).unwrap();
        assert_eq!(
            misfit(form, &cell).map(|it| it.id),
            expected,
            "{form:?} {text}"
        );
    }

    #[test]
    fn every_form_takes_what_it_says_and_nothing_else() {
        for (form, right, wrong) in [
            (Form::Fixed(4), "1112", "111"),
            (Form::Digits(3), "70", "7a"),
            (Form::Ascii(15), "03-1234-5678", "０３"),
            (Form::Wide(6), "ミホン", "ﾐﾎﾝ"),
            (Form::Pairs(10), "2642", "264"),
            (Form::Insurer, "  139998", " 06139992"),
            (Form::Insurer, "06139992", "139998  "),
            (Form::OneOf(1, 2), "2", "3"),
            (Form::Anything, "何でも any", ""),
        ] {
            check(form, right, None);
            if !wrong.is_empty() {
                check(form, wrong, Some("field_form"));
            }
        }
        check(Form::Text(40), "見本　一郎", None);
        check(Form::Text(40), "ﾐﾎﾝ 1", None);
        check(Form::Text(40), "見本 一郎", Some("field_widths"));
        check(Form::Text(4), "見本　", Some("field_too_long"));
        check(Form::Wide(4), "見本　", Some("field_too_long"));
    }

    #[test]
    fn both_calendars_are_read_and_told_apart_by_length() {
        for (cell, expected, calendar) in [
            ("20261005", "20261005", Calendar::Western),
            ("3550401", "19800401", Calendar::Era),
            ("4310430", "20190430", Calendar::Era),
            ("5010501", "20190501", Calendar::Era),
        ] {
            let (day, of) = date(cell.as_bytes()).unwrap();
            assert_eq!((day.to_compact().as_str(), of), (expected, calendar));
        }
        assert_eq!(month(b"202610").unwrap().0.to_compact(), "202610");
        assert_eq!(month(b"50810").unwrap().0.to_compact(), "202610");
        assert_eq!(month(b"50105").unwrap().0.to_compact(), "201905");
        for cell in ["20260931", "2026105", "6010101", "5010430", "", "202613"] {
            assert!(date(cell.as_bytes()).is_none(), "{cell}");
        }
        assert!(month(b"202613").is_none() && month(b"60101").is_none());
    }

    #[test]
    fn what_cp932_adds_to_jis_x_0208_is_told() {
        let of = |text| characters(&windows_31j::encode(text).unwrap()).map(|it| it.id);
        for text in ["見本　一郎ー", "ﾐﾎﾝ", "ABC", "熙", "亜黑", "々〆"] {
            let expected = (text == "亜黑").then_some("outside_jis");
            assert_eq!(of(text), expected, "{text}");
        }
        for text in ["①", "髙", "㈱", "Ⅰ"] {
            assert_eq!(of(text), Some("outside_jis"), "{text}");
        }
        assert_eq!(characters(b"\x81").map(|it| it.id), Some("not_cp932"));
        assert_eq!(
            characters(b"a\tb").map(|it| it.id),
            Some("control_character")
        );
    }
}
