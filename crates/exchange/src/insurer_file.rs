//! The CSV files of insurers and of the resident register (operations §4.4): a file's bytes, as they arrive, to the change each line asks
//! for. The layouts are our own, since none is public. Judges each line by itself; looks nobody up and stores nothing.

pub mod columns;
mod members;
pub mod writing;

use domain::civil_date::CivilDate;
use domain::feed::insurer::{Change, InsurerKind};
use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use crate::encoding::Encoding;
use crate::feed_file::lines::{Lines, Raw};
use crate::feed_file::{Line, LineFile, NoFeed};
use crate::insurer_file::columns::columns;

/// A line that reads well.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// Of whom.
    pub person: PersonId,
    /// What it asks for.
    pub change: Change,
    /// The day a coverage began or ended, where the line is about that.
    pub happened: Option<CivilDate>,
    /// The day the insurer was notified of it.
    pub notified: Option<CivilDate>,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Said(…)")
    }
}

/// A file that arrives piece by piece.
#[derive(Clone)]
pub struct InsurerFile {
    kind: InsurerKind,
    insurer: Option<InsurerNumber>,
    today: CivilDate,
    lines: Lines,
}

impl std::fmt::Debug for InsurerFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "InsurerFile({:?}, {} lines)",
            self.kind,
            self.lines.count()
        )
    }
}

impl InsurerFile {
    /// Of a kind and, but for the register, of an insurer: another insurer's lines are refused. Without an encoding UTF-8 and Windows-31J
    /// (CP932) are told apart by the first line that is not ASCII.
    #[must_use]
    pub fn new(
        kind: InsurerKind,
        insurer: Option<InsurerNumber>,
        encoding: Option<Encoding>,
        today: CivilDate,
    ) -> Self {
        Self {
            kind,
            insurer,
            today,
            lines: Lines::new(columns(kind), encoding),
        }
    }

    fn read(&self, raw: Raw) -> Line<Said> {
        let of = (self.kind, self.insurer);
        let columns = self.lines.columns();
        let (outcome, person) = match raw.cells {
            Ok(cells) => {
                let outcome = members::parse(of, columns, &cells, self.today);
                let is_refused = outcome.is_err();
                let person = is_refused.then(|| members::whom(columns, &cells, self.today));
                (outcome, person.flatten())
            }
            Err(wrong) => (Err(vec![wrong]), None),
        };
        Line {
            number: raw.number,
            text: raw.text,
            outcome: outcome.map(Box::new),
            person,
        }
    }
}

impl LineFile for InsurerFile {
    type Said = Said;

    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Line<Said>>, NoFeed> {
        let lines = self.lines.take(bytes)?;
        Ok(lines.into_iter().map(|raw| self.read(raw)).collect())
    }

    fn end(&mut self) -> Result<Option<Line<Said>>, NoFeed> {
        let last = self.lines.end()?;
        Ok(last.map(|raw| self.read(raw)))
    }
}

#[cfg(test)]
mod tests;
