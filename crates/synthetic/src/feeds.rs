//! Histories as lines of feeds, so that a center can be loaded with them as with a sender's files. Writes no file.

use std::collections::BTreeMap;

use domain::coverage::Registration;
use domain::feed::FeedKind;
use domain::feed::statement::{FeedLine, Record, StatementId};
use domain::medical_information::MedicalInformation;
use domain::medical_information::drugs::Source;
use exchange::feed_file::writing::Insured;

/// Whom the lines of a person are about: the person's newest coverage in the list.
#[must_use]
pub fn insured(registration: &Registration) -> Option<Insured> {
    let coverage = registration.coverages.first()?;
    Some(Insured {
        insurer: coverage.insurer,
        symbol: coverage.symbol.clone(),
        number: coverage.number.clone(),
        branch: coverage.branch,
        birth_date: registration.person.birth_date,
    })
}

/// The lines of a person's history, by the kind of feed. Statements are named after `prefix`, which must be the person's own.
///
/// ```
/// use domain::civil_date::CivilDate;
/// let history = synthetic::history::rich(CivilDate::new(2026, 11, 26).unwrap()).unwrap();
/// let lines = synthetic::feeds::lines("S1-7", &history);
/// assert_eq!(lines.len(), 6);
/// ```
#[must_use]
pub fn lines(prefix: &str, information: &MedicalInformation) -> BTreeMap<FeedKind, Vec<FeedLine>> {
    let mut all: BTreeMap<FeedKind, Vec<FeedLine>> = BTreeMap::new();
    let mut add = |kind: FeedKind, statement: String, record: Record| {
        let Some(statement) = StatementId::parse(&statement) else {
            return;
        };
        let lines = (1..).zip(record.lines()).map(|(number, record)| FeedLine {
            statement: statement.clone(),
            number,
            record,
        });
        all.entry(kind).or_default().extend(lines);
    };
    for (at, month) in information.drugs.iter().enumerate() {
        let kind = match month.source {
            Source::Claims => FeedKind::Drugs,
            Source::Dispensing => FeedKind::Dispensings,
            Source::Prescription => FeedKind::Prescriptions,
        };
        if let Some(drugs) = month.clone().without_treatment() {
            add(kind, format!("{prefix}-{at}"), Record::Month(drugs));
        }
        if let Some(treatment) = month.clone().without_drugs() {
            add(
                FeedKind::Treatment,
                format!("{prefix}-{at}"),
                Record::Month(treatment),
            );
        }
    }
    for (at, surgery) in information.surgeries.iter().enumerate() {
        add(
            FeedKind::Surgery,
            format!("{prefix}-s{at}"),
            Record::Surgery(surgery.clone()),
        );
    }
    for (at, checkup) in information.checkups.iter().enumerate() {
        add(
            FeedKind::Checkups,
            format!("{prefix}-k{at}"),
            Record::Checkup(checkup.clone()),
        );
    }
    all
}

#[cfg(test)]
mod tests {
    use domain::civil_date::CivilDate;
    use exchange::encoding::Encoding;
    use exchange::feed_file::{FeedFile, LineFile as _, writing};

    use super::*;

    #[test]
    fn a_history_written_as_feeds_reads_well_in_both_encodings() {
        let today = CivilDate::new(2026, 11, 26).unwrap();
        let information = crate::history::rich(today).unwrap();
        let person = crate::samples::people().remove(0);
        let insured = insured(&person).unwrap();
        for (kind, lines) in self::lines("T", &information) {
            for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
                let mut bytes = writing::header(kind, encoding).unwrap();
                for line in &lines {
                    bytes.extend(writing::line(kind, &insured, line, encoding).unwrap());
                }
                let mut file = FeedFile::new(kind, None, today);
                let mut read = file.take(&bytes).unwrap();
                read.extend(file.end().unwrap());
                let read: Vec<FeedLine> = read
                    .into_iter()
                    .map(|line| line.outcome.unwrap().line)
                    .collect();
                assert!(read == lines, "{kind:?}");
            }
        }
    }
}
