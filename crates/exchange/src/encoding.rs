//! Bytes to text by the XML declaration, and text to bytes with nothing lost in silence (interface §1.3).

mod reduction;
pub mod windows_31j;

use encoding_rs::SHIFT_JIS;

use crate::rejected::{Reason, Rejected};

/// The encodings of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Shift_JIS, which in practice is Windows-31J (CP932).
    ShiftJis,
}

/// Decodes a whole file by its declaration; UTF-8 without one. A byte order mark tells of UTF-8 whatever the declaration says: its writer
/// wrote the mark, its programmer the declaration.
///
/// # Errors
/// [`Rejected`] with the line of the first byte that does not fit.
pub fn decode(bytes: &[u8]) -> Result<(String, Encoding), Rejected> {
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    let bytes = marked.unwrap_or(bytes);
    let reject = |line, reason| Rejected {
        line,
        element: None,
        reason,
    };
    let written = without_nul_tail(bytes);
    if written.len() < bytes.len() {
        return Err(reject(1 + count_lines(written), Reason::Incomplete));
    }
    let encoding = match marked {
        Some(_) => Encoding::Utf8,
        None => declared(bytes).map_err(|reason| reject(1, reason))?,
    };
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Ok((text.to_owned(), encoding)),
            Err(error) => {
                let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let reason = if error.error_len().is_none() {
                    Reason::Incomplete
                } else {
                    Reason::WrongEncoding
                };
                Err(reject(1 + count_lines(good), reason))
            }
        },
        Encoding::ShiftJis => {
            let (text, malformed) = SHIFT_JIS.decode_without_bom_handling(bytes);
            if malformed {
                let before = text.split('\u{FFFD}').next().unwrap_or_default();
                let reason = if ends_within_a_pair(bytes) {
                    Reason::Incomplete
                } else {
                    Reason::WrongEncoding
                };
                return Err(reject(1 + count_lines(before.as_bytes()), reason));
            }
            Ok((text.into_owned(), encoding))
        }
    }
}

/// A file as far as it was written. No text has a NUL: a file that ends with them was given its size before its content.
///
/// ```
/// use exchange::encoding::without_nul_tail;
/// assert_eq!(without_nul_tail(b"<Xml\0\0"), b"<Xml");
/// assert_eq!(without_nul_tail(b"\0\0"), b"");
/// ```
#[must_use]
pub fn without_nul_tail(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    bytes.get(..end.map_or(0, |at| at + 1)).unwrap_or_default()
}

/// True for bytes of Shift_JIS that are well-formed but for the second byte of the last character.
fn ends_within_a_pair(bytes: &[u8]) -> bool {
    let Some((last, before)) = bytes.split_last() else {
        return false;
    };
    matches!(last, 0x81..=0x9F | 0xE0..=0xFC) && windows_31j::decode(before).is_some()
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// So many bytes of a file are looked at for its declaration.
const MOST_DECLARATION: usize = 200;

fn declared(bytes: &[u8]) -> Result<Encoding, Reason> {
    let head: String = bytes
        .iter()
        .take(MOST_DECLARATION)
        .map(|byte| char::from(*byte))
        .collect();
    let declaration = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next());
    let Some(named) = declaration.and_then(|it| it.split("encoding").nth(1)) else {
        return Ok(Encoding::Utf8);
    };
    let label = named.split(['"', '\'']).nth(1).unwrap_or_default();
    match label.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Ok(Encoding::Utf8),
        "shift_jis" | "shift-jis" | "sjis" | "x-sjis" | "windows-31j" | "cp932" | "ms932" => {
            Ok(Encoding::ShiftJis)
        }
        // The rest of the declaration may be on its way.
        _ if !head.contains("?>") && bytes.len() < MOST_DECLARATION => Err(Reason::Incomplete),
        _ => Err(Reason::UnknownEncoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: (usize, Reason)) {
        let rejected = decode(bytes).unwrap_err();
        assert_eq!((rejected.line, rejected.reason), expected);
    }

    #[test]
    fn the_declaration_is_honoured_whatever_its_writing() {
        for (declaration, bytes) in [
            (
                "<?xml version='1.0' encoding='shift_jis'?>",
                &b"\x83\x8c"[..],
            ),
            (
                "<?xml version=\"1.0\" encoding=\"Windows-31J\" standalone=\"no\"?>",
                b"\x83\x8c",
            ),
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                "レ".as_bytes(),
            ),
            ("", "レ".as_bytes()),
        ] {
            let file = [declaration.as_bytes(), bytes].concat();
            assert!(decode(&file).unwrap().0.ends_with('レ'), "{declaration}");
        }
        assert!(
            decode("\u{FEFF}<?xml version=\"1.0\"?>x".as_bytes())
                .unwrap()
                .0
                .starts_with("<?xml")
        );
    }

    #[test]
    fn a_byte_order_mark_tells_of_utf_8_whatever_the_declaration_says() {
        let file = "\u{FEFF}<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>１２３";
        let (text, encoding) = decode(file.as_bytes()).unwrap();
        assert!(text.ends_with("１２３") && encoding == Encoding::Utf8);
    }

    #[test]
    fn a_wrong_declaration_is_refused_with_its_line() {
        check(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<a>\x83\x8c</a>",
            (3, Reason::WrongEncoding),
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\n<a>\xA0\xFF</a>",
            (2, Reason::WrongEncoding),
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"EUC-JP\"?>",
            (1, Reason::UnknownEncoding),
        );
        check(
            b"<?xml version=\"1.0\"?>\n\xE3\x83",
            (2, Reason::Incomplete),
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\n<a>\x83",
            (2, Reason::Incomplete),
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\n<a>\xA0\x83",
            (2, Reason::WrongEncoding),
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"Shi",
            (1, Reason::Incomplete),
        );
    }
}
