//! The report to an insurer (結果の通知) as a file: what became of the lines of a batch, by line number and by the identifier the insurer sent.
//! Names nobody.

use exchange::csv_file::{CsvFile, NotWritten};
use exchange::encoding::Encoding;

use super::RemarkLine;
use crate::feeds::FeedReport;

/// Its columns.
const COLUMNS: [&str; 8] = [
    "outcome", "line", "person", "column", "reason", "count", "ja", "en",
];

/// The beginning of a batch's report.
///
/// # Errors
/// [`NotWritten`].
pub fn begin(batch: &FeedReport) -> Result<CsvFile, NotWritten> {
    let mut file = CsvFile::new(Encoding::Utf8, &COLUMNS)?;
    for (outcome, count, ja, en) in [
        ("accepted", batch.accepted, "受け付けた行", "lines accepted"),
        ("refused", batch.refused, "拒否した行", "lines refused"),
    ] {
        file.push(&[outcome, "", "", "", "", &count.to_string(), ja, en])?;
    }
    Ok(file)
}

/// Some of what is remarked, behind what is written already.
///
/// # Errors
/// [`NotWritten`].
pub fn push(file: &mut CsvFile, remarks: &[RemarkLine]) -> Result<(), NotWritten> {
    for it in remarks {
        let line = match it.line {
            0 => String::new(),
            line => line.to_string(),
        };
        let person = it.person.as_deref().unwrap_or_default();
        let column = it.column.as_deref().unwrap_or_default();
        file.push(&[
            &it.what, &line, person, column, &it.detail, "", &it.ja, &it.en,
        ])?;
    }
    Ok(())
}
