//! What the checks of a claim file found, as CSV files for spreadsheet programs in UTF-8. Our own forms, not a review body's; holds nothing of a
//! claim but its place, and of a coverage what a claim names.

use crate::csv_file::{CsvFile, NotWritten};
use crate::encoding::Encoding;

/// The header line of findings.
pub const FINDINGS_HEADER: [&str; 9] = [
    "行",
    "レセプト",
    "レコード",
    "項目",
    "扱い",
    "規則",
    "日",
    "理由と直し方",
    "reason and remedy",
];

/// The header line of proposals.
pub const PROPOSALS_HEADER: [&str; 9] = [
    "行",
    "レセプト",
    "提案",
    "日",
    "保険者番号",
    "記号",
    "番号",
    "枝番",
    "資格確認の照会ID",
];

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingLine {
    /// Line of the claim file.
    pub line: Option<u64>,
    /// The claim.
    pub claim: Option<u32>,
    /// The record's letters.
    pub record: Option<String>,
    /// The field's name.
    pub field: Option<String>,
    /// `file`, `claim` or `warning`.
    pub severity: String,
    /// The rule's name.
    pub rule: String,
    /// Days of the month.
    pub days: Vec<u8>,
    /// Reason and remedy in Japanese.
    pub ja: String,
    /// Reason and remedy in English.
    pub en: String,
}

/// A proposal for a claim, one line for each coverage.
#[derive(Clone, PartialEq, Eq)]
pub struct ProposalLine {
    /// The claim.
    pub claim: u32,
    /// Line of the claim file.
    pub line: u64,
    /// `move`, `split` or `decide`.
    pub kind: String,
    /// Days of the month.
    pub days: Vec<u8>,
    /// Insurer number.
    pub insurer: Option<String>,
    /// Symbol.
    pub symbol: Option<String>,
    /// Number.
    pub number: Option<String>,
    /// Branch.
    pub branch: Option<String>,
    /// The facility's own checks whose receipts were verified.
    pub checks: Vec<String>,
}

impl std::fmt::Debug for ProposalLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProposalLine(claim {}, …)", self.claim)
    }
}

/// Findings as a file.
#[derive(Debug)]
pub struct FindingsFile(CsvFile);

impl FindingsFile {
    /// A file with its header line.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn new() -> Result<Self, NotWritten> {
        CsvFile::new(Encoding::Utf8, &FINDINGS_HEADER).map(Self)
    }

    /// Appends a finding.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn push(&mut self, it: &FindingLine) -> Result<(), NotWritten> {
        let severity = match it.severity.as_str() {
            "file" => "ファイル全体を受け付けません",
            "claim" => "このレセプトを受け付けません",
            _ => "要確認",
        };
        self.0.push(&[
            &it.line.map_or_else(String::new, |it| it.to_string()),
            &it.claim.map_or_else(String::new, |it| it.to_string()),
            it.record.as_deref().unwrap_or_default(),
            it.field.as_deref().unwrap_or_default(),
            severity,
            &it.rule,
            &days(&it.days),
            &it.ja,
            &it.en,
        ])
    }

    /// The file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Proposals as a file.
#[derive(Debug)]
pub struct ProposalsFile(CsvFile);

impl ProposalsFile {
    /// A file with its header line.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn new() -> Result<Self, NotWritten> {
        CsvFile::new(Encoding::Utf8, &PROPOSALS_HEADER).map(Self)
    }

    /// Appends a line of a proposal.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn push(&mut self, it: &ProposalLine) -> Result<(), NotWritten> {
        let kind = match it.kind.as_str() {
            "move" => "振替",
            "split" => "分割",
            _ => "要判断",
        };
        self.0.push(&[
            &it.line.to_string(),
            &it.claim.to_string(),
            kind,
            &days(&it.days),
            it.insurer.as_deref().unwrap_or_default(),
            it.symbol.as_deref().unwrap_or_default(),
            it.number.as_deref().unwrap_or_default(),
            it.branch.as_deref().unwrap_or_default(),
            &it.checks.join(" "),
        ])
    }

    /// The file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

fn days(days: &[u8]) -> String {
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    days.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_place_rule_reason_and_remedy() {
        let mut file = FindingsFile::new().unwrap();
        let line = FindingLine {
            line: Some(12),
            claim: Some(2),
            record: Some("HO".into()),
            field: Some("保険者番号".into()),
            severity: "warning".into(),
            rule: "other_insurer".into(),
            days: vec![5, 19],
            ja: "理由".into(),
            en: "reason".into(),
        };
        file.push(&line).unwrap();
        let text = String::from_utf8(file.into_bytes()).unwrap();
        let last = text.lines().last().unwrap();
        assert_eq!(
            last,
            "12,2,HO,保険者番号,要確認,other_insurer,5 19,理由,reason"
        );
    }
}
