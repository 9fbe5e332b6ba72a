//! Bulk requests as CSV files, for people at the terminal: bytes to the request of the interface, and results to lines of a file. Judges
//! the file's form only; what is wrong with a value is said in the line's result.

use crate::account_file::LineNumbers;
use crate::csv_file::{NotWritten, guarded};
use crate::encoding::{Encoding, windows_31j};
use crate::tables::bulk_check::{self, CeilingOnFile, CheckUnit, SearchInfo};
use crate::tables::reference_number::{self, Registration, RegistrationUnit};

/// The header line of bulk checks.
pub const CHECKS: [&str; 8] = [
    "insurer_number",
    "symbol",
    "number",
    "branch",
    "birth_date",
    "ceiling_kind",
    "ceiling_category",
    "identifier",
];

/// The header line of reference numbers.
pub const REFERENCE_NUMBERS: [&str; 5] = [
    "reference_number",
    "insurer_number",
    "symbol",
    "number",
    "branch",
];

/// The header line of the results of checks and lists.
const CHECK_RESULTS: [&str; 23] = [
    "行",
    "識別子",
    "照会した保険者番号",
    "照会した記号",
    "照会した番号",
    "結果",
    "コード",
    "メッセージ",
    "資格有効性",
    "照会番号",
    "保険者番号",
    "記号",
    "番号",
    "枝番",
    "氏名",
    "氏名カナ",
    "生年月日",
    "資格取得日",
    "資格喪失日",
    "有効開始日",
    "有効終了日",
    "一部負担金割合",
    "限度額の変更",
];

/// The header line of the results of reference numbers.
const NUMBER_RESULTS: [&str; 8] = [
    "行",
    "照会番号",
    "保険者番号",
    "記号",
    "番号",
    "枝番",
    "結果",
    "メッセージ",
];

/// What is wrong with a file's form. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are not of the encoding.
    #[error("bytes that are not of the encoding")]
    WrongEncoding,
    /// The first line is not the header.
    #[error("the first line is not the header")]
    Header,
    /// A line with another number of members than the header.
    #[error("{found} members where {expected} belong")]
    Ragged {
        /// How many it has.
        found: usize,
        /// How many belong there.
        expected: usize,
    },
}

impl Fault {
    /// What is wrong and what to do, in Japanese.
    #[must_use]
    pub fn ja(self) -> String {
        match self {
            Self::WrongEncoding => {
                "文字コードが違います。UTF-8かShift_JISで保存してください。".into()
            }
            Self::Header => {
                "1行目の見出しが決められたものと違います。見本のとおりにしてください。".into()
            }
            Self::Ragged { found, expected } => {
                format!("項目の数が{found}個です。{expected}個にしてください。")
            }
        }
    }
}

/// A fault and the line it stands in, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultAt {
    /// The line.
    pub line: u32,
    /// What is wrong.
    pub fault: Fault,
}

/// The lines of a bulk check. UTF-8, with or without a mark, or else Windows-31J. Reading ends one line beyond `most`: that there are too
/// many is for the receiver to say.
///
/// # Errors
/// The first fault of form.
pub fn read_checks(bytes: &[u8], most: usize) -> Result<bulk_check::RequestBody, FaultAt> {
    let lines = read(bytes, CHECKS, most)?;
    let search_infos = lines.into_iter().map(|line| {
        let [
            insurer_number,
            symbol,
            number,
            branch,
            birth_date,
            kind,
            category,
            identifier,
        ] = line;
        let ceiling =
            (kind.is_some() || category.is_some()).then_some(CeilingOnFile { kind, category });
        SearchInfo {
            insurer_number,
            symbol,
            number,
            branch,
            birth_date: birth_date.map(compact),
            ceiling_on_file: ceiling,
            identifier,
        }
    });
    Ok(bulk_check::RequestBody {
        search_infos: search_infos.collect(),
    })
}

/// The lines of a registration of reference numbers, up to one beyond `most`.
///
/// # Errors
/// The first fault of form.
pub fn read_reference_numbers(
    bytes: &[u8],
    most: usize,
) -> Result<reference_number::BulkRequestBody, FaultAt> {
    let lines = read(bytes, REFERENCE_NUMBERS, most)?;
    let registrations = lines.into_iter().map(|line| {
        let [reference_number, insurer_number, symbol, number, branch] = line;
        Registration {
            reference_number,
            insurer_number,
            symbol,
            number,
            branch,
        }
    });
    Ok(reference_number::BulkRequestBody {
        registrations: registrations.collect(),
    })
}

/// Members as they stand, one leading apostrophe of a spreadsheet's text cell taken off; blank ones are left out.
fn read<const N: usize>(
    bytes: &[u8],
    header: [&str; N],
    most: usize,
) -> Result<Vec<[Option<String>; N]>, FaultAt> {
    let at = |line, fault| FaultAt { line, fault };
    let unmarked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(unmarked) {
        Ok(text) => text.to_owned(),
        Err(_) => windows_31j::decode(bytes).ok_or(at(1, Fault::WrongEncoding))?,
    };
    // One kind of line end, so that a line's number is the count of those before it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut numbers = LineNumbers::of(&text);
    let mut lines = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let record = record.map_err(|_| at(1, Fault::WrongEncoding))?;
        let line = numbers.line(record.position());
        if place == 0 {
            if !record.iter().map(str::trim).eq(header) {
                return Err(at(line, Fault::Header));
            }
            continue;
        }
        let members: Vec<Option<String>> = record.iter().map(member).collect();
        let found = members.len();
        let members = members.try_into().map_err(|_| {
            let expected = N;
            at(line, Fault::Ragged { found, expected })
        })?;
        lines.push(members);
        if most < lines.len() {
            break;
        }
    }
    if lines.is_empty() && text.trim().is_empty() {
        return Err(at(1, Fault::Header));
    }
    Ok(lines)
}

/// A date as the interface writes it, of what people and spreadsheet programs write (1970/1/2, S45.1.2); any other text as it is.
fn compact(date: String) -> String {
    match domain::era::parse(&date) {
        Ok(day) => day.to_compact(),
        Err(_) => date,
    }
}

fn member(text: &str) -> Option<String> {
    let text = text.strip_prefix('\'').unwrap_or(text);
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// Results of checks or of a list as a file; one line for each coverage, at least one for each line asked.
///
/// # Errors
/// [`NotWritten`].
pub fn write_checks(units: &[CheckUnit], encoding: Encoding) -> Result<Vec<u8>, NotWritten> {
    let mut file = File::new(encoding, &CHECK_RESULTS)?;
    for (place, unit) in units.iter().enumerate() {
        let line = (place + 1).to_string();
        let asked = unit.search_info.clone().unwrap_or_default();
        let mut told: Vec<_> = unit.coverages.iter().map(Some).collect();
        if told.is_empty() {
            told.push(None);
        }
        for coverage in told {
            let none = Default::default();
            let it = coverage.unwrap_or(&none);
            let verdict = unit
                .verdict
                .as_deref()
                .and_then(domain::check::Verdict::from_code);
            let insurer = it.insurer_number.as_ref().or(it.payer_number.as_ref());
            let number = it.number.as_ref().or(it.recipient_number.as_ref());
            let change = it.ceiling_changed.as_deref();
            let change = change.and_then(domain::codes::ceiling::Change::from_code);
            file.append(&[
                Some(&line),
                asked.identifier.as_deref(),
                asked.insurer_number.as_deref(),
                asked.symbol.as_deref(),
                asked.number.as_deref(),
                status(unit.status.as_deref()),
                unit.code.as_deref(),
                unit.message.as_deref(),
                verdict.map(domain::check::Verdict::label_ja),
                unit.reference_numbers.first().map(String::as_str),
                insurer.map(|text| text.trim()),
                it.symbol.as_deref(),
                number.map(String::as_str),
                it.branch.as_deref(),
                it.name.as_deref(),
                it.kana.as_deref(),
                it.birth_date.as_deref(),
                it.acquired.as_deref(),
                it.lost.as_deref(),
                it.valid_from.as_deref(),
                it.valid_until.as_deref(),
                it.ratio.as_deref(),
                change.map(domain::codes::ceiling::Change::label_ja),
            ])?;
        }
    }
    Ok(file.bytes)
}

/// Results of a registration of reference numbers as a file.
///
/// # Errors
/// [`NotWritten`].
pub fn write_reference_numbers(
    units: &[RegistrationUnit],
    encoding: Encoding,
) -> Result<Vec<u8>, NotWritten> {
    let mut file = File::new(encoding, &NUMBER_RESULTS)?;
    for (place, unit) in units.iter().enumerate() {
        let line = (place + 1).to_string();
        let asked = unit.registration.clone().unwrap_or_default();
        file.append(&[
            Some(&line),
            asked.reference_number.as_deref(),
            asked.insurer_number.as_deref(),
            asked.symbol.as_deref(),
            asked.number.as_deref(),
            asked.branch.as_deref(),
            status(unit.status.as_deref()),
            unit.message.as_deref(),
        ])?;
    }
    Ok(file.bytes)
}

fn status(code: Option<&str>) -> Option<&'static str> {
    let status = domain::codes::check::ProcessingStatus::from_code(code?)?;
    Some(status.label_ja())
}

/// A file being written, in the manner of the history: a mark before UTF-8, CRLF, no cell that a spreadsheet program takes for a formula.
struct File {
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl File {
    fn new(encoding: Encoding, header: &[&str]) -> Result<Self, NotWritten> {
        let bytes = match encoding {
            Encoding::Utf8 => b"\xEF\xBB\xBF".to_vec(),
            Encoding::ShiftJis => Vec::new(),
        };
        let mut file = Self { encoding, bytes };
        let header: Vec<Option<&str>> = header.iter().copied().map(Some).collect();
        file.append(&header)?;
        Ok(file)
    }

    fn append(&mut self, cells: &[Option<&str>]) -> Result<(), NotWritten> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let cells = cells.iter().map(|cell| guarded(cell.unwrap_or_default()));
        writer.write_record(cells).map_err(|_| NotWritten)?;
        let line = writer.into_inner().map_err(|_| NotWritten)?;
        match self.encoding {
            Encoding::Utf8 => self.bytes.extend(line),
            Encoding::ShiftJis => {
                let text = std::str::from_utf8(&line).map_err(|_| NotWritten)?;
                // The reduced form; the original is in the UTF-8 file.
                let reduced = windows_31j::reduce(text).text;
                self.bytes
                    .extend(windows_31j::encode(&reduced).map_err(|_| NotWritten)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::as_sent::RegistrationAsSent;

    const MOST: usize = 10_000;

    #[test]
    fn lines_are_read_alike_in_both_encodings_and_with_a_spreadsheets_dates() {
        let text = "insurer_number,symbol,number,branch,birth_date,ceiling_kind,ceiling_category,identifier\r\n\
                    '06139992,１２３,４５６７,01,1970/01/02,01,A03,PT1\r\n39139993,,01234567,,19480303,,,\r\n";
        let utf8 = read_checks(text.as_bytes(), MOST).unwrap();
        let marked = read_checks(format!("\u{FEFF}{text}").as_bytes(), MOST).unwrap();
        let cp932 = read_checks(&windows_31j::encode(text).unwrap(), MOST).unwrap();
        assert!(utf8 == marked && utf8 == cp932);
        let [first, second] = utf8.search_infos.as_slice() else {
            panic!("two lines");
        };
        assert_eq!(first.insurer_number.as_deref(), Some("06139992"));
        assert_eq!(first.birth_date.as_deref(), Some("19700102"));
        assert!(first.ceiling_on_file.is_some() && second.ceiling_on_file.is_none());
        assert_eq!(second.symbol, None);
    }

    #[test]
    fn a_date_of_birth_is_read_as_people_and_spreadsheet_programs_write_it() {
        let head = CHECKS.join(",");
        for (written, expected) in [
            ("1970/1/2", "19700102"),
            ("1970/11/2", "19701102"),
            ("1970-01-02", "19700102"),
            ("S45.1.2", "19700102"),
            ("昭和45年1月2日", "19700102"),
            ("19700102", "19700102"),
            ("1970/13/1", "1970/13/1"),
            ("不明", "不明"),
        ] {
            let file = format!("{head}\n06139992,,1,,{written},,,\n");
            let read = read_checks(file.as_bytes(), MOST).unwrap();
            let birth_date = read.search_infos[0].birth_date.as_deref();
            assert_eq!(birth_date, Some(expected), "{written}");
        }
    }

    #[test]
    fn a_fault_of_form_is_named_with_its_line() {
        let check = |bytes: &[u8], line, fault| {
            assert_eq!(
                read_reference_numbers(bytes, MOST).unwrap_err(),
                FaultAt { line, fault }
            );
        };
        check(b"", 1, Fault::Header);
        check(b"a,b\r\n", 1, Fault::Header);
        check(b"\x80\xFF", 1, Fault::WrongEncoding);
        let head = "reference_number,insurer_number,symbol,number,branch\r\n";
        let ragged = Fault::Ragged {
            found: 2,
            expected: 5,
        };
        check(format!("{head}1,2,3,4,5\r\n1,2\r\n").as_bytes(), 3, ragged);
        assert!(
            read_reference_numbers(head.as_bytes(), MOST)
                .unwrap()
                .registrations
                .is_empty()
        );
    }

    #[test]
    fn reading_ends_one_line_beyond_the_most() {
        let head = format!("{}\n", CHECKS.join(","));
        let file = format!("{head}{}", ",,,,,,,\n".repeat(200_000));
        let read = read_checks(file.as_bytes(), MOST).unwrap();
        assert_eq!(read.search_infos.len(), MOST + 1);
        let whole = read_checks(file.as_bytes(), 200_000).unwrap();
        assert_eq!(whole.search_infos.len(), 200_000);
        // A fault of form is looked for as far as is read.
        let file = format!("{file}1,2\n");
        assert!(read_checks(file.as_bytes(), MOST).is_ok());
        let ragged = Fault::Ragged {
            found: 2,
            expected: 8,
        };
        let at = read_checks(file.as_bytes(), 200_000).unwrap_err();
        assert_eq!((at.line, at.fault), (200_002, ragged));
    }

    #[test]
    fn a_result_starts_no_formula_and_reduces_what_shift_jis_lacks() {
        let unit = RegistrationUnit {
            registration: Some(RegistrationAsSent {
                reference_number: Some("=1+1".into()),
                ..RegistrationAsSent::default()
            }),
            message: Some("𠮷".into()),
            ..RegistrationUnit::default()
        };
        let utf8 = write_reference_numbers(std::slice::from_ref(&unit), Encoding::Utf8).unwrap();
        let utf8 = String::from_utf8(utf8).unwrap();
        assert!(
            utf8.contains(",'=1+1,") || utf8.contains("1,'=1+1"),
            "{utf8}"
        );
        let cp932 = write_reference_numbers(&[unit], Encoding::ShiftJis).unwrap();
        assert!(windows_31j::decode(&cp932).unwrap().contains("吉"));
    }
}
