//! Something wrong in a claim file: place, rule, reason and remedy. Quotes nothing of the file beside counts.

use std::fmt;

use domain::claims::{Place, Severity};

use crate::claim_file::columns::{Field, Mark};
use crate::claim_file::rule::Rule;

/// A finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What it refuses here.
    pub severity: Severity,
    /// Line and claim.
    pub place: Place,
    /// The two letters of the record; none where they are none.
    pub record: Option<[u8; 2]>,
    /// The field's position, from 1.
    pub position: Option<usize>,
    /// The field, where it is known.
    pub field: Option<&'static Field>,
    /// Counts: what was found and what belongs there.
    pub counts: Option<(u64, u64)>,
}

impl Finding {
    /// A rule at a place: it refuses what the rule says, and outside of a claim the file instead of one.
    pub(crate) fn at(rule: &'static Rule, place: Place, record: Option<[u8; 2]>) -> Self {
        let severity = match (rule.severity, place.claim) {
            (Severity::Claim, None) => Severity::File,
            (severity, _) => severity,
        };
        Self {
            rule,
            severity,
            place,
            record,
            position: None,
            field: None,
            counts: None,
        }
    }

    /// In a field. What is known of a field less well than best refuses nothing.
    pub(crate) fn in_field(mut self, position: usize, field: Option<&'static Field>) -> Self {
        self.position = Some(position);
        self.field = field;
        self.known(field.map_or(Mark::A, |it| it.mark))
    }

    /// By a table that is known so well.
    pub(crate) fn known(mut self, mark: Mark) -> Self {
        if Mark::A < mark {
            self.severity = Severity::Warning;
        }
        self
    }

    pub(crate) fn counted(mut self, found: u64, expected: u64) -> Self {
        self.counts = Some((found, expected));
        self
    }

    /// The record's letters.
    #[must_use]
    pub fn record(&self) -> Option<String> {
        let record = self.record?;
        Some(record.iter().map(|it| char::from(*it)).collect())
    }

    /// Place, reason and remedy in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        let mut text = format!("{}行目", self.place.line);
        if let Some(claim) = self.place.claim {
            text += &format!("、レセプト{claim}");
        }
        if let Some(record) = self.record() {
            text += &format!("、{record}");
        }
        if let Some(position) = self.position {
            let name = self.field.map_or("", |it| it.ja);
            text += &format!("、項目{position} {name}");
        }
        text = format!("{}: {}", text.trim_end(), self.rule.ja);
        if let Some((found, expected)) = self.counts {
            text += &format!("（{found}、正しくは{expected}）");
        }
        text
    }

    /// Place, reason and remedy in English.
    #[must_use]
    pub fn en(&self) -> String {
        let mut text = self.place.to_string();
        if let Some(record) = self.record() {
            text += &format!(", {record}");
        }
        if let Some(position) = self.position {
            let name = self.field.map_or("", |it| it.en);
            text += &format!(", field {position} {name}");
        }
        text = format!("{}: {}", text.trim_end(), self.rule.en);
        if let Some((found, expected)) = self.counts {
            text += &format!(" ({found} where {expected} belongs)");
        }
        text
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.severity.as_str(),
            self.rule.id,
            self.en()
        )
    }
}
