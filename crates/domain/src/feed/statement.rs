//! Statements (明細のまとまり): what a sender names as one record, and the numbered lines it comes in. A line that comes again replaces
//! the earlier one. Looks nothing up.

use std::collections::BTreeMap;

use crate::medical_information::checkup::Checkup;
use crate::medical_information::drugs::{DrugDay, DrugMonth};
use crate::medical_information::surgery::Surgery;

/// The sender's own name of a claim, prescription, dispensing or checkup: 1 to 40 letters, digits, hyphens and dots. One of its kind at
/// the center.
///
/// ```
/// use domain::feed::statement::StatementId;
/// assert_eq!(StatementId::parse("2026-10.000123").unwrap().as_str(), "2026-10.000123");
/// assert!(StatementId::parse("a/b").is_none());
/// assert!(StatementId::parse("").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(String);

impl StatementId {
    /// The most characters a name has.
    pub const MAX_CHARS: usize = 40;

    /// Reads ASCII letters, digits, hyphens and dots.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let fits = (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for StatementId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("StatementId(…)")
    }
}

/// One line of a feed.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::feed::statement::{FeedLine, Record, StatementId};
/// use domain::medical_information::{MedicalText, surgery::Surgery};
/// let day = CivilDate::new(2024, 3, 1).unwrap();
/// let line = FeedLine {
///     statement: StatementId::parse("1").unwrap(),
///     number: 1,
///     record: Record::Surgery(Surgery::new(day, MedicalText::parse("架空手術").unwrap())),
/// };
/// assert_eq!(line.number, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLine {
    /// Which statement it belongs to.
    pub statement: StatementId,
    /// Its number there.
    pub number: u32,
    /// A record of this line alone.
    pub record: Record,
}

/// What is stored of one statement.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::feed::statement::Record;
/// use domain::medical_information::checkup::Checkup;
/// let record = Record::Checkup(Checkup::new(CivilDate::new(2026, 6, 10).unwrap()));
/// assert!(record.lines().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Drugs or treatment of a month.
    Month(DrugMonth),
    /// An operation: one line by itself.
    Surgery(Surgery),
    /// A checkup, an item a line.
    Checkup(Checkup),
}

impl Record {
    /// The record without any line: what all its lines have in common.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// use domain::feed::statement::Record;
    /// use domain::medical_information::checkup::Checkup;
    /// let record = Record::Checkup(Checkup::new(CivilDate::new(2026, 6, 10).unwrap()));
    /// assert_eq!(record.head(), record);
    /// ```
    #[must_use]
    pub fn head(&self) -> Self {
        match self {
            Self::Month(month) => Self::Month(DrugMonth {
                days: Vec::new(),
                ..head_of(month)
            }),
            Self::Surgery(surgery) => Self::Surgery(surgery.clone()),
            Self::Checkup(checkup) => Self::Checkup(Checkup {
                items: Vec::new(),
                facility: checkup.facility.clone(),
                day: checkup.day,
            }),
        }
    }

    /// The same lines under the head of another record of their kind: a corrected head is that of all lines of a statement.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// use domain::feed::statement::Record;
    /// use domain::medical_information::checkup::Checkup;
    /// let record = |day| Record::Checkup(Checkup::new(CivilDate::new(2026, 6, day).unwrap()));
    /// assert_eq!(record(10).under(&record(11)), record(11));
    /// ```
    #[must_use]
    pub fn under(self, head: &Self) -> Self {
        match (self, head) {
            (Self::Month(lines), Self::Month(head)) => Self::Month(DrugMonth {
                days: lines.days,
                ..head_of(head)
            }),
            (Self::Checkup(lines), Self::Checkup(head)) => Self::Checkup(Checkup {
                items: lines.items,
                facility: head.facility.clone(),
                day: head.day,
            }),
            (other, _) => other,
        }
    }

    /// Its lines, each a record by itself, in the order in which the record holds them.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// use domain::feed::statement::Record;
    /// use domain::medical_information::{MedicalText, surgery::Surgery};
    /// let day = CivilDate::new(2024, 3, 1).unwrap();
    /// let record = Record::Surgery(Surgery::new(day, MedicalText::parse("架空手術").unwrap()));
    /// assert_eq!(record.lines(), [record.clone()]);
    /// ```
    #[must_use]
    pub fn lines(&self) -> Vec<Self> {
        match self {
            Self::Month(month) => month
                .days
                .iter()
                .flat_map(|day| lines_of(month, day))
                .collect(),
            Self::Surgery(surgery) => vec![Self::Surgery(surgery.clone())],
            Self::Checkup(checkup) => {
                let line = |item: &crate::medical_information::checkup::Item| {
                    Self::Checkup(Checkup {
                        day: checkup.day,
                        facility: checkup.facility.clone(),
                        items: vec![item.clone()],
                    })
                };
                checkup.items.iter().map(line).collect()
            }
        }
    }

    /// One record of numbered lines that have their head in common, and the numbers in the order of [`Self::lines`]. The head is that of
    /// the line with the highest number.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use domain::civil_date::CivilDate;
    /// use domain::feed::statement::Record;
    /// use domain::medical_information::{MedicalText, surgery::Surgery};
    /// let day = CivilDate::new(2024, 3, 1).unwrap();
    /// let line = Record::Surgery(Surgery::new(day, MedicalText::parse("架空手術").unwrap()));
    /// let joined = Record::join(BTreeMap::from([(7, line.clone())]));
    /// assert_eq!(joined, Some((line, vec![7])));
    /// assert_eq!(Record::join(BTreeMap::new()), None);
    /// ```
    ///
    /// `None` without a line, or where lines of several kinds came together.
    #[must_use]
    pub fn join(lines: BTreeMap<u32, Self>) -> Option<(Self, Vec<u32>)> {
        let head = lines.last_key_value()?.1.head();
        match head {
            Self::Month(month) => join_months(month, lines),
            Self::Surgery(_) => {
                let (number, last) = lines.into_iter().next_back()?;
                Some((last, vec![number]))
            }
            Self::Checkup(mut checkup) => {
                let mut numbers = Vec::with_capacity(lines.len());
                for (number, line) in lines {
                    let Self::Checkup(line) = line else {
                        return None;
                    };
                    numbers.extend(line.items.iter().map(|_| number));
                    checkup.items.extend(line.items);
                }
                Some((Self::Checkup(checkup), numbers))
            }
        }
    }
}

fn head_of(month: &DrugMonth) -> DrugMonth {
    DrugMonth {
        source: month.source,
        origin: month.origin.clone(),
        month: month.month,
        dispenser: month.dispenser.clone(),
        prescriber: month.prescriber.clone(),
        in_or_out: month.in_or_out.clone(),
        days: Vec::new(),
    }
}

fn lines_of<'a>(month: &'a DrugMonth, day: &'a DrugDay) -> impl Iterator<Item = Record> + 'a {
    let alone = |drugs, treatments| {
        let mut it = head_of(month);
        it.days.push(DrugDay {
            dispensed: day.dispensed,
            prescribed: day.prescribed,
            drugs,
            treatments,
        });
        Record::Month(it)
    };
    let drugs = day
        .drugs
        .iter()
        .map(move |drug| alone(vec![drug.clone()], Vec::new()));
    let treatments = day.treatments.iter();
    drugs.chain(treatments.map(move |it| alone(Vec::new(), vec![it.clone()])))
}

/// Days by date, within a day the lines by their number.
fn join_months(mut month: DrugMonth, lines: BTreeMap<u32, Record>) -> Option<(Record, Vec<u32>)> {
    let mut days = BTreeMap::new();
    for (number, line) in lines {
        let Record::Month(line) = line else {
            return None;
        };
        for day in line.days {
            let when = (
                day.dispensed.or(day.prescribed),
                day.dispensed,
                day.prescribed,
            );
            let empty = || {
                (
                    DrugDay {
                        dispensed: when.1,
                        prescribed: when.2,
                        ..DrugDay::default()
                    },
                    Vec::new(),
                    Vec::new(),
                )
            };
            let (whole, drugs, treatments): &mut (DrugDay, Vec<u32>, Vec<u32>) =
                days.entry(when).or_insert_with(empty);
            drugs.extend(day.drugs.iter().map(|_| number));
            treatments.extend(day.treatments.iter().map(|_| number));
            whole.drugs.extend(day.drugs);
            whole.treatments.extend(day.treatments);
        }
    }
    let mut numbers = Vec::new();
    for (day, drugs, treatments) in days.into_values() {
        month.days.push(day);
        numbers.extend(drugs);
        numbers.extend(treatments);
    }
    Some((Record::Month(month), numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::civil_date::CivilDate;
    use crate::medical_aid::TreatmentMonth;
    use crate::medical_information::MedicalText;
    use crate::medical_information::checkup::{Item, ItemCode, ReferenceRange, Value};
    use crate::medical_information::drugs::{Drug, Source, Treatment};

    fn text(text: &str) -> MedicalText {
        MedicalText::parse(text).unwrap()
    }

    fn day(day: i8) -> CivilDate {
        CivilDate::new(2026, 10, day).unwrap()
    }

    fn month(days: &[(i8, &[&str], &[&str])]) -> DrugMonth {
        let mut it = DrugMonth::new(Source::Claims, TreatmentMonth::of(day(1)));
        for (date, drugs, treatments) in days {
            it.days.push(DrugDay {
                dispensed: Some(day(*date)),
                prescribed: None,
                drugs: drugs.iter().map(|it| Drug::new(text(it))).collect(),
                treatments: treatments
                    .iter()
                    .map(|it| Treatment::new(text(it)))
                    .collect(),
            });
        }
        it
    }

    #[test]
    fn a_record_is_its_lines_joined_in_whatever_order_they_came() {
        let whole = Record::Month(month(&[(5, &["甲", "乙"], &["検"]), (9, &["甲"], &[])]));
        let lines = whole.lines();
        assert_eq!(lines.len(), 4);
        let numbered = |order: [usize; 4]| {
            let of = |at: usize| (u32::try_from(at).unwrap(), lines[at].clone());
            order.into_iter().map(of).collect::<BTreeMap<_, _>>()
        };
        let expected = Some((whole.clone(), vec![0, 1, 2, 3]));
        assert_eq!(Record::join(numbered([3, 1, 0, 2])), expected);
    }

    #[test]
    fn a_corrected_line_takes_the_place_of_the_earlier_one_alone() {
        let mut lines: BTreeMap<u32, Record> = (1..)
            .zip(Record::Month(month(&[(5, &["甲", "乙"], &[])])).lines())
            .collect();
        // The day was wrong, too.
        lines.extend((2..).zip(Record::Month(month(&[(3, &["丙"], &[])])).lines()));
        let (joined, numbers) = Record::join(lines).unwrap();
        assert_eq!(
            joined,
            Record::Month(month(&[(3, &["丙"], &[]), (5, &["甲"], &[])]))
        );
        assert_eq!(numbers, [2, 1]);
    }

    #[test]
    fn lines_of_several_kinds_are_no_record() {
        let item = Item {
            code: ItemCode::parse("9Z999000000000001").unwrap(),
            name: text("架空"),
            value: Value::Words(text("なし")),
            range: ReferenceRange::default(),
            method: None,
        };
        let checkup = Checkup {
            items: vec![item],
            ..Checkup::new(day(1))
        };
        let mixed = BTreeMap::from([
            (1, Record::Month(month(&[(5, &["甲"], &[])]))),
            (2, Record::Checkup(checkup)),
        ]);
        assert_eq!(Record::join(mixed), None);
    }
}
