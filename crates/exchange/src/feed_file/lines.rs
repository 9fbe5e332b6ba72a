//! The lines of a feed's file, as its bytes arrive: encoding, header, quotes and cells. Holds one line at a time, and judges no cell.

use crate::encoding::{Encoding, windows_31j};
use crate::feed_file::NoFeed;
use crate::feed_file::columns::Column;
use crate::feed_file::refusal::{Reason, Wrong};

/// Bytes a line may have. A longer one is refused without being held in memory.
pub(crate) const MOST_LINE_BYTES: usize = 16 << 10;

/// A line of a file, in cells.
#[derive(Clone)]
pub(crate) struct Raw {
    /// Its number in the file, from 1; the header is the first.
    pub(crate) number: u64,
    /// As it stands there; empty where its bytes are no text.
    pub(crate) text: String,
    /// As many cells as columns, or why it has none.
    pub(crate) cells: Result<Vec<String>, Wrong>,
}

/// The lines of a file that arrives piece by piece.
#[derive(Clone)]
pub(crate) struct Lines {
    columns: Vec<&'static Column>,
    /// Known from the start, from a mark, or from the first line that is not ASCII.
    encoding: Option<Encoding>,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// Whether the line being read is too long to be held.
    is_overlong: bool,
    count: u64,
    has_header: bool,
}

impl Lines {
    /// Of a file with these columns. Without an encoding UTF-8 and Windows-31J (CP932) are told apart by the first line that is not ASCII.
    pub(crate) fn new(columns: Vec<&'static Column>, encoding: Option<Encoding>) -> Self {
        Self {
            columns,
            encoding,
            rest: Vec::new(),
            is_overlong: false,
            count: 0,
            has_header: false,
        }
    }

    pub(crate) fn columns(&self) -> &[&'static Column] {
        &self.columns
    }

    /// Lines read.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The lines that end within the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Raw>, NoFeed> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if MOST_LINE_BYTES < self.rest.len() + piece.len() {
                self.is_overlong = true;
                self.rest.clear();
            } else {
                self.rest.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                lines.extend(self.line()?);
            }
        }
        Ok(lines)
    }

    /// The last line, where the file does not end with a line feed.
    pub(crate) fn end(&mut self) -> Result<Option<Raw>, NoFeed> {
        let last = if self.rest.is_empty() && !self.is_overlong {
            None
        } else {
            self.line()?
        };
        if self.has_header {
            Ok(last)
        } else {
            Err(NoFeed::Header)
        }
    }

    fn line(&mut self) -> Result<Option<Raw>, NoFeed> {
        self.count += 1;
        let number = self.count;
        let bytes = std::mem::take(&mut self.rest);
        let refused = |text: String, reason| Raw {
            number,
            text,
            cells: Err(Wrong::whole(reason)),
        };
        if std::mem::take(&mut self.is_overlong) {
            return if self.has_header {
                Ok(Some(refused(String::new(), Reason::TooLong)))
            } else {
                Err(NoFeed::Header)
            };
        }
        let Some(text) = self.text(&bytes) else {
            return if self.has_header {
                Ok(Some(refused(String::new(), Reason::Encoding)))
            } else {
                Err(NoFeed::Header)
            };
        };
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        if text.trim().is_empty() {
            return Ok(None);
        }
        let Some(cells) = cells(&text) else {
            return if self.has_header {
                Ok(Some(refused(text, Reason::Quotes)))
            } else {
                Err(NoFeed::Header)
            };
        };
        if !self.has_header {
            self.header(&cells)?;
            return Ok(None);
        }
        if cells.len() != self.columns.len() {
            let (found, expected) = (cells.len(), self.columns.len());
            return Ok(Some(refused(text, Reason::Ragged { found, expected })));
        }
        Ok(Some(Raw {
            number,
            text,
            cells: Ok(cells),
        }))
    }

    fn header(&mut self, cells: &[String]) -> Result<(), NoFeed> {
        let mut named = cells.iter().map(|cell| cell.trim());
        for (place, column) in self.columns.iter().enumerate() {
            match (named.next() == Some(column.name), place) {
                (true, _) => {}
                (false, 0) => return Err(NoFeed::Header),
                (false, _) => {
                    return Err(NoFeed::Column {
                        place: place + 1,
                        expected: column.name,
                    });
                }
            }
        }
        if named.next().is_some() {
            return Err(NoFeed::Column {
                place: self.columns.len() + 1,
                expected: "-",
            });
        }
        self.has_header = true;
        Ok(())
    }

    /// A line's text; `None` where it is not of the file's encoding.
    fn text(&mut self, bytes: &[u8]) -> Option<String> {
        let marked = bytes
            .strip_prefix(b"\xEF\xBB\xBF")
            .filter(|_| self.count == 1);
        if marked.is_some() {
            self.encoding = Some(Encoding::Utf8);
        }
        let bytes = marked.unwrap_or(bytes);
        if bytes.is_ascii() {
            return std::str::from_utf8(bytes).ok().map(str::to_owned);
        }
        let utf8 = || std::str::from_utf8(bytes).ok().map(str::to_owned);
        let encoding = match (self.encoding, utf8()) {
            (Some(encoding), _) => encoding,
            (None, Some(_)) => Encoding::Utf8,
            (None, None) => Encoding::ShiftJis,
        };
        let text = match encoding {
            Encoding::Utf8 => utf8(),
            Encoding::ShiftJis => windows_31j::decode(bytes),
        }?;
        self.encoding = Some(encoding);
        Some(text)
    }
}

/// The cells of a line (RFC 4180, no line end within a cell); `None` where quotes do not close or stand in the middle.
fn cells(line: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            let mut inside = quoted;
            loop {
                let (before, after) = inside.split_once('"')?;
                cell.push_str(before);
                match after.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        inside = more;
                    }
                    None => {
                        inside = after;
                        break;
                    }
                }
            }
            cells.push(cell);
            if inside.is_empty() {
                return Some(cells);
            }
            rest = inside.strip_prefix(',')?;
        } else {
            let (cell, after) = match rest.split_once(',') {
                Some((cell, after)) => (cell, Some(after)),
                None => (rest, None),
            };
            if cell.contains('"') {
                return None;
            }
            cells.push(cell.to_owned());
            let Some(after) = after else {
                return Some(cells);
            };
            rest = after;
        }
    }
}
