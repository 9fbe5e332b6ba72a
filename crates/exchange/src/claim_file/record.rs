//! A line of a claim file as its bytes and fields. Changes no byte and decodes none.

use std::fmt;

/// A record, borrowed from its file.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// Its line, from 1.
    pub line: u64,
    bytes: &'a [u8],
    /// The end of each field.
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    /// Of a line without its line end; `ends` is room that is used again.
    pub(crate) fn split(line: u64, bytes: &'a [u8], ends: &'a mut Vec<usize>) -> Self {
        ends.clear();
        // A comma is never the second byte of a character in CP932.
        let commas = (0..).zip(bytes).filter(|(_, byte)| **byte == b',');
        ends.extend(commas.map(|(at, _)| at));
        ends.push(bytes.len());
        Self { line, bytes, ends }
    }

    /// The line's bytes, without its line end.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The two letters it begins with, where they are two capital letters.
    #[must_use]
    pub fn id(&self) -> Option<[u8; 2]> {
        match *self.cell(1) {
            [one, two] if one.is_ascii_uppercase() && two.is_ascii_uppercase() => Some([one, two]),
            _ => None,
        }
    }

    /// How many fields it has, the id included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of a field, from 1; empty where it has none.
    #[must_use]
    pub fn cell(&self, position: usize) -> &'a [u8] {
        let Some(at) = position.checked_sub(1) else {
            return &[];
        };
        let start = match at.checked_sub(1) {
            Some(before) => self
                .ends
                .get(before)
                .map_or(self.bytes.len(), |end| end + 1),
            None => 0,
        };
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record(line {}, …)", self.line)
    }
}
