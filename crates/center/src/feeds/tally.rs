//! What came of the lines of a feed so far: how many, which were refused and why. Quotes no line but in the report of refused ones.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::feed::BatchNumber;
use exchange::feed_file::refusal::Wrong;
use store::registry::feeds::batches::{Changed, Counted};

use super::report::Report;
use super::{FeedProgress, FeedReport, Refusal};

/// Refused lines named in the answer; all of them are in the report.
const NAMED_REFUSALS: usize = 20;

/// The tally of a feed.
pub(crate) struct Tally {
    pub(crate) counted: Counted,
    /// The line behind which the batch goes on; 0 for one that begins.
    pub(super) behind: u64,
    reasons: BTreeMap<String, u64>,
    first: Vec<Refusal>,
    report: Report,
}

impl Tally {
    /// Of a feed whose refused lines go to this file.
    pub(crate) fn new(report: PathBuf) -> Self {
        Self {
            counted: Counted::default(),
            behind: 0,
            reasons: BTreeMap::new(),
            first: Vec::new(),
            report: Report::of(report),
        }
    }

    pub(crate) fn progress(&self) -> FeedProgress {
        FeedProgress {
            lines: self.counted.lines,
            refused: self.counted.refused,
            behind: self.behind,
        }
    }

    pub(crate) fn refuse(
        &mut self,
        number: u64,
        text: &str,
        wrong: &[Wrong],
    ) -> Result<(), String> {
        self.counted.refused += 1;
        for it in wrong {
            let reason = it.reason.as_str().to_owned();
            *self.reasons.entry(reason.clone()).or_default() += 1;
            if self.first.len() < NAMED_REFUSALS {
                self.first.push(Refusal {
                    line: number,
                    column: it.column.map(|column| column.name.to_owned()),
                    reason,
                    ja: it.ja(),
                    en: it.en(),
                });
            }
        }
        self.report.append(number, text, wrong)
    }

    pub(crate) fn flush(&mut self) -> Result<(), String> {
        self.report.flush()
    }

    /// What is told at the end.
    pub(crate) fn report(
        self,
        batch: Option<(u128, BatchNumber)>,
        state: &str,
        changed: Changed,
    ) -> FeedReport {
        let counted = self.counted;
        FeedReport {
            batch: batch.map(|(id, _)| uuid::Uuid::from_u128(id).to_string()),
            number: batch.map(|(_, number)| number.as_u32()),
            state: state.into(),
            would: None,
            lines: counted.lines,
            accepted: counted.accepted,
            refused: counted.refused,
            added: changed.added,
            replaced: changed.replaced,
            unchanged: changed.unchanged,
            reasons: self.reasons,
            first: self.first,
            report: self.report.written(),
            weighed: None,
            held_for: Vec::new(),
            remarks: None,
            behind: self.behind,
        }
    }
}
