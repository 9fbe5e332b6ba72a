//! The history of checks as a CSV file for spreadsheet programs, in UTF-8 or Windows-31J. Holds nothing of a coverage but its insurer.

use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};

use crate::csv_file::{CsvFile, NotWritten};
use crate::encoding::Encoding;

/// The header line.
pub const HEADER: [&str; 10] = [
    "照会日時",
    "受診日",
    "資格有効性",
    "資格有効性の内容",
    "保険者番号",
    "氏名",
    "氏名（原文・文字参照）",
    "照会元",
    "アカウント",
    "照会ID",
];

/// One check of the history.
#[derive(Clone)]
pub struct HistoryLine {
    /// When it was answered.
    pub at: Instant,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// The verdict.
    pub verdict: Verdict,
    /// Insurer number asked about.
    pub insurer: String,
    /// Name answered, if one was.
    pub name: Option<String>,
    /// Where it was asked, for a person to read.
    pub origin: String,
    /// Account that asked.
    pub account: String,
    /// The check's identifier.
    pub check_id: String,
}

impl std::fmt::Debug for HistoryLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HistoryLine({}, …)", self.check_id)
    }
}

/// The history as a file.
#[derive(Debug)]
pub struct HistoryFile(CsvFile);

impl HistoryFile {
    /// A file with its header line.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn new(encoding: Encoding) -> Result<Self, NotWritten> {
        CsvFile::new(encoding, &HEADER).map(Self)
    }

    /// Appends a check.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn push(&mut self, line: &HistoryLine) -> Result<(), NotWritten> {
        let name = self.0.name(line.name.as_deref().unwrap_or_default());
        self.0.push(&[
            &line.at.to_minute_in_japan(),
            &line.visit_date.to_string(),
            line.verdict.code(),
            line.verdict.label_ja(),
            &line.insurer,
            &name.name,
            &name.original,
            &line.origin,
            &line.account,
            &line.check_id,
        ])
    }

    /// Bytes so far.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }

    /// The file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::windows_31j;

    fn file(encoding: Encoding, name: &str, account: &str) -> Vec<u8> {
        let mut file = HistoryFile::new(encoding).unwrap();
        let line = HistoryLine {
            at: Instant::parse("2026-11-23T00:15:02Z").unwrap(),
            visit_date: CivilDate::new(2026, 11, 23).unwrap(),
            verdict: Verdict::Valid,
            insurer: "06139992".into(),
            name: Some(name.into()),
            origin: "画面".into(),
            account: account.into(),
            check_id: "c1".into(),
        };
        file.push(&line).unwrap();
        file.into_bytes()
    }

    fn check(bytes: &[u8], encoding: Encoding, expected: &str) {
        let text = match encoding {
            Encoding::Utf8 => {
                String::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap().into()).unwrap()
            }
            Encoding::ShiftJis => windows_31j::decode(bytes).unwrap(),
        };
        assert_eq!(text.lines().nth(1).unwrap(), expected);
    }

    #[test]
    fn a_line_holds_the_check_for_a_person_to_read() {
        check(
            &file(Encoding::Utf8, "𠮷田　花", "uketsuke"),
            Encoding::Utf8,
            "2026-11-23 09:15,2026-11-23,1,有効,06139992,𠮷田　花,,画面,uketsuke,c1",
        );
    }

    #[test]
    fn a_name_outside_windows_31j_stands_reduced_beside_its_original() {
        check(
            &file(Encoding::ShiftJis, "𠮷田　花", "uketsuke"),
            Encoding::ShiftJis,
            "2026-11-23 09:15,2026-11-23,1,有効,06139992,吉田　花,&#x20BB7;田　花,画面,uketsuke,c1",
        );
    }

    #[test]
    fn no_cell_starts_a_formula_or_another_cell() {
        check(
            &file(Encoding::Utf8, "=1+1", "-x"),
            Encoding::Utf8,
            "2026-11-23 09:15,2026-11-23,1,有効,06139992,'=1+1,,画面,'-x,c1",
        );
        check(
            &file(Encoding::Utf8, "'a\",b", "x"),
            Encoding::Utf8,
            "2026-11-23 09:15,2026-11-23,1,有効,06139992,\"''a\"\",b\",,画面,x,c1",
        );
    }
}
