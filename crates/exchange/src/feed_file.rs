//! The CSV files of feeds (取込): a file's bytes, as they arrive, to lines of a statement. The formats are our own, since no public text
//! tells how payers send such data. Judges each line by itself; matches nobody and stores nothing.

pub mod columns;
mod members;
pub mod refusal;
pub mod writing;

use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use domain::feed::statement::FeedLine;
use domain::insured::{Branch, InsuranceKey};

use crate::encoding::{Encoding, windows_31j};
use crate::feed_file::columns::columns;
use crate::feed_file::refusal::{Reason, Wrong};

/// Bytes a line may have. A longer one is refused without being held in memory.
pub const MOST_LINE_BYTES: usize = 16 << 10;

/// A line that reads well.
#[derive(Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The matching form of insurer number, symbol and number.
    pub key: InsuranceKey,
    /// The branch, where it was given.
    pub branch: Option<Branch>,
    /// The date of birth.
    pub birth_date: CivilDate,
    /// What is to be stored.
    pub line: FeedLine,
}

impl std::fmt::Debug for Parsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parsed(…)")
    }
}

/// A line of a file.
#[derive(Clone)]
pub struct Line {
    /// Its number in the file, from 1; the header is the first.
    pub number: u64,
    /// As it stands there; empty where its bytes are no text.
    pub text: String,
    /// What it says, or what is wrong with it.
    pub outcome: Result<Box<Parsed>, Vec<Wrong>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({}, …)", self.number)
    }
}

/// Why a file is no file of its kind at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFeed {
    /// The first line is not the header of its kind.
    #[error(
        "the first line is not the header of this kind; look at the columns in docs/operations/feeds.md, and at --kind"
    )]
    Header,
    /// It has no line after the header.
    #[error("the file has no line after its header")]
    NoLines,
}

impl NoFeed {
    /// What is wrong and what to do, in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Header => {
                "1行目の見出しがこの種類のものと違います。docs/operations/feeds.md の列と --kind を確かめてください。"
            }
            Self::NoLines => "見出しのあとに行がありません。",
        }
    }
}

/// A file that arrives piece by piece.
#[derive(Clone)]
pub struct FeedFile {
    kind: FeedKind,
    /// Known from the start, from a mark, or from the first line that is not ASCII.
    encoding: Option<Encoding>,
    today: CivilDate,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    /// Whether the line being read is too long to be held.
    is_overlong: bool,
    lines: u64,
    has_header: bool,
}

impl std::fmt::Debug for FeedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FeedFile({:?}, {} lines)", self.kind, self.lines)
    }
}

impl FeedFile {
    /// Of a kind, to be read on a day. Without an encoding UTF-8 and Windows-31J (CP932) are told apart by the first line that is not
    /// ASCII.
    #[must_use]
    pub fn new(kind: FeedKind, encoding: Option<Encoding>, today: CivilDate) -> Self {
        Self {
            kind,
            encoding,
            today,
            rest: Vec::new(),
            is_overlong: false,
            lines: 0,
            has_header: false,
        }
    }

    /// The lines that end within the next bytes.
    ///
    /// # Errors
    /// [`NoFeed::Header`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Line>, NoFeed> {
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
    ///
    /// # Errors
    /// [`NoFeed`].
    pub fn end(&mut self) -> Result<Option<Line>, NoFeed> {
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

    fn line(&mut self) -> Result<Option<Line>, NoFeed> {
        self.lines += 1;
        let number = self.lines;
        let bytes = std::mem::take(&mut self.rest);
        let refused = |text: String, reason| Line {
            number,
            text,
            outcome: Err(vec![Wrong::whole(reason)]),
        };
        if std::mem::take(&mut self.is_overlong) {
            return Ok(Some(refused(String::new(), Reason::TooLong)));
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
            return Ok(Some(refused(text, Reason::Quotes)));
        };
        let columns = columns(self.kind);
        if !self.has_header {
            let named = cells.iter().map(|cell| cell.trim());
            if !named.eq(columns.iter().map(|column| column.name)) {
                return Err(NoFeed::Header);
            }
            self.has_header = true;
            return Ok(None);
        }
        if cells.len() != columns.len() {
            let (found, expected) = (cells.len(), columns.len());
            return Ok(Some(refused(text, Reason::Ragged { found, expected })));
        }
        let outcome = members::parse(self.kind, &columns, &cells, self.today).map(Box::new);
        Ok(Some(Line {
            number,
            text,
            outcome,
        }))
    }

    /// A line's text; `None` where it is not of the file's encoding.
    fn text(&mut self, bytes: &[u8]) -> Option<String> {
        let marked = bytes
            .strip_prefix(b"\xEF\xBB\xBF")
            .filter(|_| self.lines == 1);
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

#[cfg(test)]
mod tests;
