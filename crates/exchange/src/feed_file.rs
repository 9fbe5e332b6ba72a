//! The CSV files of feeds (取込): a file's bytes, as they arrive, to lines of a statement. The formats are our own, since no public text
//! tells how payers send such data. Judges each line by itself; matches nobody and stores nothing.

pub mod columns;
pub(crate) mod lines;
pub(crate) mod members;
pub mod refusal;
pub mod writing;

use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use domain::feed::statement::FeedLine;
use domain::insured::{Branch, InsuranceKey};
use domain::person::PersonId;

use crate::encoding::Encoding;
use crate::feed_file::columns::columns;
use crate::feed_file::lines::{Lines, Raw};
use crate::feed_file::refusal::Wrong;

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
pub struct Line<T> {
    /// Its number in the file, from 1; the header is the first.
    pub number: u64,
    /// As it stands there; empty where its bytes are no text.
    pub text: String,
    /// What it says, or what is wrong with it.
    pub outcome: Result<Box<T>, Vec<Wrong>>,
    /// Whom a line names by their identifier that does not read well, where that much can be read.
    pub person: Option<PersonId>,
}

impl<T> std::fmt::Debug for Line<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({}, …)", self.number)
    }
}

/// A file of lines that arrives piece by piece.
pub trait LineFile: Clone {
    /// What a line says that reads well.
    type Said;

    /// The lines that end within the next bytes.
    ///
    /// # Errors
    /// [`NoFeed::Header`], [`NoFeed::Column`].
    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Line<Self::Said>>, NoFeed>;

    /// The last line, where the file does not end with a line feed.
    ///
    /// # Errors
    /// [`NoFeed`].
    fn end(&mut self) -> Result<Option<Line<Self::Said>>, NoFeed>;
}

/// Why a file is no file of its kind at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFeed {
    /// The first line is not the header of its kind.
    #[error(
        "the first line is not the header of this kind; look at the columns in docs/operations/feeds.md or insurer-feeds.md, and at --kind"
    )]
    Header,
    /// The first line begins as its header does, and goes on otherwise.
    #[error(
        "column {place} of the first line is not the one that belongs there ({expected}); write all columns, in their order, and no others"
    )]
    Column {
        /// The place, from 1.
        place: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// It has no line after the header.
    #[error("the file has no line after its header")]
    NoLines,
}

impl NoFeed {
    /// What is wrong and what to do, in Japanese.
    #[must_use]
    pub fn ja(self) -> String {
        match self {
            Self::Header => {
                "1行目の見出しがこの種類のものと違います。docs/operations/feeds.md または insurer-feeds.md の列と --kind を確かめてください。".into()
            }
            Self::Column { place, expected } => format!(
                "1行目の見出しの{place}番目の列が違います（{expected}）。列は表のとおりの順にすべて書き、ほかの列を入れないでください。"
            ),
            Self::NoLines => "見出しのあとに行がありません。".into(),
        }
    }
}

/// A file that arrives piece by piece.
#[derive(Clone)]
pub struct FeedFile {
    kind: FeedKind,
    today: CivilDate,
    lines: Lines,
}

impl std::fmt::Debug for FeedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FeedFile({:?}, {} lines)", self.kind, self.lines.count())
    }
}

impl FeedFile {
    /// Of a kind, to be read on a day. Without an encoding UTF-8 and Windows-31J (CP932) are told apart by the first line that is not
    /// ASCII.
    #[must_use]
    pub fn new(kind: FeedKind, encoding: Option<Encoding>, today: CivilDate) -> Self {
        Self {
            kind,
            today,
            lines: Lines::new(columns(kind), encoding),
        }
    }

    fn read(&self, raw: Raw) -> Line<Parsed> {
        let outcome = match raw.cells {
            Ok(cells) => members::parse(self.kind, self.lines.columns(), &cells, self.today),
            Err(wrong) => Err(vec![wrong]),
        };
        Line {
            number: raw.number,
            text: raw.text,
            outcome: outcome.map(Box::new),
            person: None,
        }
    }
}

impl LineFile for FeedFile {
    type Said = Parsed;

    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Line<Parsed>>, NoFeed> {
        let lines = self.lines.take(bytes)?;
        Ok(lines.into_iter().map(|raw| self.read(raw)).collect())
    }

    fn end(&mut self) -> Result<Option<Line<Parsed>>, NoFeed> {
        let last = self.lines.end()?;
        Ok(last.map(|raw| self.read(raw)))
    }
}

#[cfg(test)]
mod tests;
