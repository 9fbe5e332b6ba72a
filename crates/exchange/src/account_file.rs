//! The CSV file accounts are imported from (G04): bytes to lines of seven members, or of the five there were before. Judges the file's form
//! only, never a member.

use crate::encoding::{Encoding, windows_31j};

/// The header line, which every file begins with.
pub const HEADER: [&str; 7] = [
    "id",
    "kind",
    "display_name",
    "profession",
    "designation",
    "designated_by",
    "password",
];

/// The header line of before, when nobody asked as what a medical viewer looks: its files still make every other kind of account.
pub const EARLIER_HEADER: [&str; 5] = ["id", "kind", "display_name", "designation", "password"];

/// Accounts in one file at most: each costs a slow hash, and sign-ins must not wait long behind it.
pub const MOST_LINES: usize = 200;

/// The largest file, in bytes.
pub const MOST_BYTES: usize = 256 << 10;

/// One data line as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// Line of the file, from 1.
    pub line: u32,
    /// Identifier.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Name to show.
    pub display_name: String,
    /// As what a medical viewer looks; may be empty.
    pub profession: String,
    /// The work of a designated person; may be empty.
    pub designation: String,
    /// Who designated the person; may be empty.
    pub designated_by: String,
    /// First password.
    pub password: String,
}

impl std::fmt::Debug for AccountLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccountLine({}, …)", self.line)
    }
}

/// What is wrong with a file's form. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Larger than [`MOST_BYTES`].
    #[error("larger than 256 KiB")]
    TooLarge,
    /// The bytes are not of the encoding.
    #[error("bytes that are not of the encoding")]
    WrongEncoding,
    /// The first line is not [`HEADER`].
    #[error("the first line is not the header")]
    Header,
    /// No line after the header.
    #[error("no line after the header")]
    NoLines,
    /// A line with another number of members than the header.
    #[error("{found} members where {belong} belong")]
    Ragged {
        /// How many it has.
        found: usize,
        /// How many the header has.
        belong: usize,
    },
    /// More than [`MOST_LINES`] lines.
    #[error("more than 200 lines")]
    TooManyLines,
}

/// A fault and the line it stands in, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultAt {
    /// The line.
    pub line: u32,
    /// What is wrong.
    pub fault: Fault,
}

/// The lines of a file. A byte order mark tells of UTF-8 whatever `encoding` says.
///
/// # Errors
/// Every fault of form, in the order of the lines.
pub fn read(bytes: &[u8], encoding: Encoding) -> Result<Vec<AccountLine>, Vec<FaultAt>> {
    if MOST_BYTES < bytes.len() {
        return Err(fault(1, Fault::TooLarge));
    }
    // One kind of line end, so that a line's number is the count of those before it.
    let text = decode(bytes, encoding)?
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut numbers = LineNumbers::of(&text);
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    let mut belong = HEADER.len();
    for (at, record) in reader.records().enumerate() {
        // The reader fails on bytes that are not UTF-8 alone, and the text is.
        let record = record.map_err(|_| fault(1, Fault::WrongEncoding))?;
        let line = numbers.line(record.position());
        let members: Vec<&str> = record.iter().collect();
        if at == 0 {
            let header: Vec<&str> = members.iter().map(|member| member.trim()).collect();
            if header != HEADER && header != EARLIER_HEADER {
                return Err(fault(line, Fault::Header));
            }
            belong = header.len();
            continue;
        }
        if MOST_LINES < at {
            faults.push(FaultAt {
                line,
                fault: Fault::TooManyLines,
            });
            break;
        }
        let found = members.len();
        match of_members(line, &members).filter(|_| found == belong) {
            Some(read) => lines.push(read),
            None => faults.push(FaultAt {
                line,
                fault: Fault::Ragged { found, belong },
            }),
        }
    }
    match (lines.is_empty(), faults.is_empty()) {
        (_, false) => Err(faults),
        (true, true) => Err(fault(1, Fault::NoLines)),
        (false, true) => Ok(lines),
    }
}

/// The line of these members, in the order of either header.
fn of_members(line: u32, members: &[&str]) -> Option<AccountLine> {
    let (id, kind, display_name, profession, designation, designated_by, password) = match *members
    {
        [id, kind, name, profession, work, by, password] => {
            (id, kind, name, profession, work, by, password)
        }
        [id, kind, name, designation, password] => (id, kind, name, "", designation, "", password),
        _ => return None,
    };
    Some(AccountLine {
        line,
        id: id.to_owned(),
        kind: kind.to_owned(),
        display_name: display_name.to_owned(),
        profession: profession.to_owned(),
        designation: designation.to_owned(),
        designated_by: designated_by.to_owned(),
        password: password.to_owned(),
    })
}

/// The lines records begin in, counted forward only: a whole file costs one pass. The reader's own count does not know the blank lines it
/// skips before a record.
pub(crate) struct LineNumbers<'t> {
    text: &'t [u8],
    /// As far as is counted.
    at: usize,
    /// The line of that place, from 1.
    line: u32,
}

impl<'t> LineNumbers<'t> {
    /// Of a text whose lines end in line feeds alone.
    pub(crate) fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of a record that stands behind those asked for before.
    pub(crate) fn line(&mut self, position: Option<&csv::Position>) -> u32 {
        let start = position.map_or(0, |it| usize::try_from(it.byte()).unwrap_or(usize::MAX));
        let passed = self.text.get(self.at..start).unwrap_or_default();
        let blank = self.text.get(self.at + passed.len()..).unwrap_or_default();
        let blank = blank.iter().take_while(|byte| **byte == b'\n').count();
        let feeds = passed.iter().filter(|byte| **byte == b'\n').count() + blank;
        self.at += passed.len() + blank;
        self.line = self
            .line
            .saturating_add(u32::try_from(feeds).unwrap_or(u32::MAX));
        self.line
    }
}

fn fault(line: u32, fault: Fault) -> Vec<FaultAt> {
    vec![FaultAt { line, fault }]
}

fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, Vec<FaultAt>> {
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    match (marked, encoding) {
        (None, Encoding::ShiftJis) => {
            // Line by line, so that the fault has a line: no Windows-31J character holds the byte of a line feed.
            let mut text = String::with_capacity(bytes.len());
            for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
                let line = windows_31j::decode(line);
                text.push_str(&line.ok_or_else(|| fault(number, Fault::WrongEncoding))?);
            }
            Ok(text)
        }
        (_, Encoding::Utf8) | (Some(_), Encoding::ShiftJis) => {
            let bytes = marked.unwrap_or(bytes);
            std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|error| {
                    let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
                    let feeds = good.iter().filter(|byte| **byte == b'\n').count();
                    let line = u32::try_from(feeds + 1).unwrap_or(u32::MAX);
                    fault(line, Fault::WrongEncoding)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id,kind,display_name,profession,designation,designated_by,password\r\n";
    const EARLIER: &str = "id,kind,display_name,designation,password\r\n";

    fn check(file: &[u8], encoding: Encoding, line: u32, expected: Fault) {
        let faults = read(file, encoding).unwrap_err();
        assert_eq!(
            faults,
            [FaultAt {
                line,
                fault: expected
            }]
        );
    }

    #[test]
    fn lines_are_counted_forward_and_blank_ones_with_them() {
        let text = "\na,b\n\n\n\"c\nd\",e\nf,g\n";
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut numbers = LineNumbers::of(text);
        let lines: Vec<u32> = reader
            .records()
            .map(|record| numbers.line(record.unwrap().position()))
            .collect();
        assert_eq!(lines, [2, 5, 7]);
        assert_eq!(numbers.at, text.len() - "f,g\n".len());
    }

    #[test]
    fn both_encodings_give_the_same_lines() {
        let text = format!("{HEAD}a1,general,\"受付, 一番\",,,,Staff-1234567\r\n");
        let utf8 = read(text.as_bytes(), Encoding::Utf8).unwrap();
        let marked = format!("\u{FEFF}{text}");
        let cp932 = windows_31j::encode(&text).unwrap();
        assert_eq!(utf8[0].display_name, "受付, 一番");
        assert_eq!(utf8[0].line, 2);
        assert!(utf8 == read(marked.as_bytes(), Encoding::ShiftJis).unwrap());
        assert!(utf8 == read(&cp932, Encoding::ShiftJis).unwrap());
    }

    #[test]
    fn a_line_says_as_what_somebody_looks_and_who_designated_them_and_an_earlier_file_does_not() {
        let line = "isha,medical_viewer,見本,designated,看護師,院長 見本一郎,Staff-1234567\n";
        let lines = read(format!("{HEAD}{line}").as_bytes(), Encoding::Utf8).unwrap();
        let [line] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert_eq!(
            [&*line.profession, &*line.designation, &*line.designated_by],
            ["designated", "看護師", "院長 見本一郎"]
        );
        let line = "uke,general,受付,,Staff-1234567\n";
        let lines = read(format!("{EARLIER}{line}").as_bytes(), Encoding::Utf8).unwrap();
        assert_eq!(
            (&*lines[0].profession, &*lines[0].password),
            ("", "Staff-1234567")
        );
    }

    #[test]
    fn faults_of_form_are_named_with_their_line() {
        let utf8 = Encoding::Utf8;
        check(b"id;kind\r\n", utf8, 1, Fault::Header);
        check(b"", utf8, 1, Fault::NoLines);
        check(HEAD.as_bytes(), utf8, 1, Fault::NoLines);
        let ragged = format!("{HEAD}a,general,x,,,,Staff-1234567\n\nb,general\n");
        let fault = |found, belong| Fault::Ragged { found, belong };
        check(ragged.as_bytes(), utf8, 4, fault(2, 7));
        // A line is held against its own file's header.
        let ragged = format!("{HEAD}a,general,x,,Staff-1234567\n");
        check(ragged.as_bytes(), utf8, 2, fault(5, 7));
        let ragged = format!("{EARLIER}a,general,x,,,,Staff-1234567\n");
        check(ragged.as_bytes(), utf8, 2, fault(7, 5));
        let mut broken = format!("{HEAD}a,general,").into_bytes();
        broken.extend(b"\x8e\xf3,,x\n");
        check(&broken, utf8, 2, Fault::WrongEncoding);
        let mut broken = format!("{HEAD}a,general,").into_bytes();
        broken.extend(b"\xff\xff,,x\n");
        check(&broken, Encoding::ShiftJis, 2, Fault::WrongEncoding);
        let many = format!("{HEAD}{}", "a,general,x,,,,p\n".repeat(MOST_LINES + 1));
        check(many.as_bytes(), utf8, 202, Fault::TooManyLines);
        check(&vec![b'a'; MOST_BYTES + 1], utf8, 1, Fault::TooLarge);
    }
}
