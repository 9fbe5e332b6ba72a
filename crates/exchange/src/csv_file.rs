//! A CSV file for spreadsheet programs, in UTF-8 or Windows-31J. Loses nothing in silence and starts no formula.

use crate::encoding::{Encoding, windows_31j};

/// The file could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the CSV file could not be written")]
pub struct NotWritten;

/// A file being written, line by line. Lines end with CRLF (RFC 4180).
#[derive(Debug)]
pub struct CsvFile {
    encoding: Encoding,
    bytes: Vec<u8>,
}

/// A name for one cell, and the original beside it where the file's encoding lacks a character of it.
#[derive(Clone, Default)]
pub struct NameCells {
    /// What stands for the name.
    pub name: String,
    /// The name with character references, where anything was reduced.
    pub original: String,
}

impl CsvFile {
    /// A file with its header line. UTF-8 begins with a byte order mark, without which spreadsheet programs in Japan read it
    /// as Shift_JIS.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn new(encoding: Encoding, header: &[&str]) -> Result<Self, NotWritten> {
        let bytes = match encoding {
            Encoding::Utf8 => b"\xEF\xBB\xBF".to_vec(),
            Encoding::ShiftJis => Vec::new(),
        };
        let mut file = Self { encoding, bytes };
        file.push(header)?;
        Ok(file)
    }

    /// What follows the lines of a file that was begun by [`CsvFile::new`] and is sent in pieces.
    #[must_use]
    pub fn going_on(encoding: Encoding) -> Self {
        Self {
            encoding,
            bytes: Vec::new(),
        }
    }

    /// The cells of a name.
    #[must_use]
    pub fn name(&self, name: &str) -> NameCells {
        match self.encoding {
            Encoding::Utf8 => NameCells {
                name: name.to_owned(),
                original: String::new(),
            },
            Encoding::ShiftJis => {
                let reduced = windows_31j::reduce(name);
                NameCells {
                    name: reduced.text,
                    original: reduced.original.unwrap_or_default(),
                }
            }
        }
    }

    /// Appends a line. Names among the cells come from [`CsvFile::name`].
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn push(&mut self, cells: &[&str]) -> Result<(), NotWritten> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let cells = cells.iter().map(|it| guarded(it));
        writer.write_record(cells).map_err(|_| NotWritten)?;
        let line = writer.into_inner().map_err(|_| NotWritten)?;
        match self.encoding {
            Encoding::Utf8 => self.bytes.extend(line),
            Encoding::ShiftJis => {
                let text = std::str::from_utf8(&line).map_err(|_| NotWritten)?;
                // Names are reduced before; the rest of a line is ASCII or ours, and a stranger is an error, not a "?".
                self.bytes
                    .extend(windows_31j::encode(text).map_err(|_| NotWritten)?);
            }
        }
        Ok(())
    }

    /// Bytes so far.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

// It may be anybody's.
impl std::fmt::Debug for NameCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameCells(…)")
    }
}

/// A cell that a spreadsheet program would take for a formula gets an apostrophe in front, and so does a cell that begins with one:
/// taking one leading apostrophe off gives the text back (OWASP, "CSV Injection").
pub(crate) fn guarded(cell: &str) -> String {
    let starts = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠',
    ];
    if cell.starts_with(starts) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
