//! Values of checkups over the years, item by item. Compares a number with the range that stands beside it; judges nothing else.

use unicode_normalization::UnicodeNormalization;

use crate::civil_date::CivilDate;
use crate::medical_information::MedicalText;
use crate::medical_information::chart::decimal::Decimal;
use crate::medical_information::chart::search::folded;
use crate::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};

/// How a value stands to the range beside it.
///
/// ```
/// use domain::medical_information::chart::trend::Standing;
/// assert_ne!(Standing::Within, Standing::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Lower than its lowest.
    Below,
    /// Inside.
    Within,
    /// Higher than its highest.
    Above,
    /// There is no range, no number, or a result such as `<5` that decides nothing.
    Unknown,
}

impl Standing {
    /// Compares a result with a range.
    ///
    /// ```
    /// use domain::medical_information::{Amount, chart::trend::Standing, checkup::ReferenceRange};
    /// let range = ReferenceRange { low: Amount::parse("30").ok(), high: Amount::parse("149").ok() };
    /// assert_eq!(Standing::of("149", &range), Standing::Within);
    /// assert_eq!(Standing::of("149.1", &range), Standing::Above);
    /// assert_eq!(Standing::of("<30", &range), Standing::Below);
    /// assert_eq!(Standing::of("<50", &range), Standing::Unknown);
    /// assert_eq!(Standing::of("150", &ReferenceRange::default()), Standing::Unknown);
    /// ```
    #[must_use]
    pub fn of(result: &str, range: &ReferenceRange) -> Self {
        let bound = |it: &Option<_>| {
            let it: &crate::medical_information::Amount = it.as_ref()?;
            Decimal::parse(it.as_str())
        };
        let (low, high) = (bound(&range.low), bound(&range.high));
        if low.is_none() && high.is_none() {
            return Self::Unknown;
        }
        let result: String = result.trim().nfkc().collect();
        if let Some(below) = result.strip_prefix('<').and_then(Decimal::parse) {
            return match low {
                Some(low) if below <= low => Self::Below,
                _ => Self::Unknown,
            };
        }
        if let Some(above) = result.strip_prefix('>').and_then(Decimal::parse) {
            return match high {
                Some(high) if high <= above => Self::Above,
                _ => Self::Unknown,
            };
        }
        let Some(value) = Decimal::parse(&result) else {
            return Self::Unknown;
        };
        if low.is_some_and(|low| value < low) {
            Self::Below
        } else if high.is_some_and(|high| high < value) {
            Self::Above
        } else {
            Self::Within
        }
    }
}

/// One result of an item.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::{MedicalText, chart::trend::{Point, Standing}, checkup::{ReferenceRange, Value}};
/// let point = Point {
///     day: CivilDate::new(2026, 6, 10).unwrap(),
///     value: Value::Words(MedicalText::parse("所見なし").unwrap()),
///     number: None,
///     range: ReferenceRange::default(),
///     method: None,
///     standing: Standing::Unknown,
/// };
/// assert!(point.number.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The day of the checkup.
    pub day: CivilDate,
    /// What was found.
    pub value: Value,
    /// The same as a number, where it is one.
    pub number: Option<Decimal>,
    /// The range that stood beside it.
    pub range: ReferenceRange,
    /// How it was measured.
    pub method: Option<MedicalText>,
    /// How it stands to its range.
    pub standing: Standing,
}

/// The results of one item in one unit, oldest first. The same item in another unit is another series: the numbers do not compare.
///
/// ```
/// use domain::medical_information::chart::trend::series;
/// assert!(series(&[]).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The item.
    pub code: ItemCode,
    /// Its name, as the newest checkup has it.
    pub name: MedicalText,
    /// Its unit.
    pub unit: Option<MedicalText>,
    /// The results.
    pub points: Vec<Point>,
}

impl Series {
    /// The newest result.
    ///
    /// ```
    /// use domain::medical_information::chart::trend::series;
    /// assert!(series(&[]).first().and_then(|it| it.newest()).is_none());
    /// ```
    #[must_use]
    pub fn newest(&self) -> Option<&Point> {
        self.points.last()
    }

    /// Whether there is a line to draw: numbers on two days.
    ///
    /// ```
    /// use domain::medical_information::chart::trend::series;
    /// assert!(!series(&[]).iter().any(|it| it.is_drawn()));
    /// ```
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        1 < self
            .points
            .iter()
            .filter(|point| point.number.is_some())
            .count()
    }

    /// Whether no result of it was measured by another method than an item, as far as both say.
    fn is_by_method_of(&self, item: &Item) -> bool {
        let method = |it: &Option<MedicalText>| it.as_ref().map(|it| folded(it.as_str()));
        let own = self.points.iter().filter_map(|it| method(&it.method));
        method(&item.method).is_none_or(|wanted| own.into_iter().all(|it| it == wanted))
    }
}

/// The items of the checkups, in the order of the newest checkup that has them.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::{chart::trend::series, checkup::Checkup}};
/// assert!(series(&[Checkup::new(CivilDate::new(2026, 6, 10).unwrap())]).is_empty());
/// ```
#[must_use]
pub fn series(checkups: &[Checkup]) -> Vec<Series> {
    let mut newest_first: Vec<&Checkup> = checkups.iter().collect();
    newest_first.sort_by_key(|it| core::cmp::Reverse(it.day));
    let mut all: Vec<Series> = Vec::new();
    for checkup in newest_first {
        for item in &checkup.items {
            let unit = unit(&item.value);
            let place = all.iter_mut().find(|it| {
                it.code == item.code && it.unit.as_ref() == unit && it.is_by_method_of(item)
            });
            let point = point(checkup.day, item);
            match place {
                Some(series) => series.points.push(point),
                None => all.push(Series {
                    code: item.code.clone(),
                    name: item.name.clone(),
                    unit: unit.cloned(),
                    points: vec![point],
                }),
            }
        }
    }
    for series in &mut all {
        series.points.reverse();
    }
    all
}

fn unit(value: &Value) -> Option<&MedicalText> {
    match value {
        Value::Measured { unit, .. } => unit.as_ref(),
        Value::Coded { .. } | Value::Words(_) => None,
    }
}

fn point(day: CivilDate, item: &Item) -> Point {
    let (number, standing) = match &item.value {
        Value::Measured { amount, .. } => (
            Decimal::parse(amount.as_str()),
            Standing::of(amount.as_str(), &item.range),
        ),
        Value::Coded { .. } | Value::Words(_) => (None, Standing::Unknown),
    };
    Point {
        day,
        value: item.value.clone(),
        number,
        range: item.range.clone(),
        method: item.method.clone(),
        standing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::medical_information::Amount;

    fn measured(code: &str, amount: &str, unit: &str) -> Item {
        Item {
            code: ItemCode::parse(code).unwrap(),
            name: MedicalText::parse("見本検査").unwrap(),
            value: Value::Measured {
                amount: MedicalText::parse(amount).unwrap(),
                unit: MedicalText::parse(unit).ok(),
            },
            range: ReferenceRange {
                low: Amount::parse("10").ok(),
                high: Amount::parse("40").ok(),
            },
            method: None,
        }
    }

    fn checkup(year: i16, items: Vec<Item>) -> Checkup {
        Checkup {
            items,
            ..Checkup::new(CivilDate::new(year, 6, 10).unwrap())
        }
    }

    const ITEM: &str = "3B035000002327201";

    #[test]
    fn results_stand_oldest_first_whatever_the_order_of_the_checkups() {
        let found = series(&[
            checkup(2026, vec![measured(ITEM, "41", "U/L")]),
            checkup(2024, vec![measured(ITEM, "9", "U/L")]),
            checkup(2025, vec![measured(ITEM, "40", "U/L")]),
        ]);
        let standings: Vec<Standing> = found[0].points.iter().map(|it| it.standing).collect();
        assert_eq!(
            standings,
            [Standing::Below, Standing::Within, Standing::Above]
        );
        assert!(found[0].is_drawn());
        assert_eq!(found[0].newest().unwrap().day.year(), 2026);
    }

    #[test]
    fn numbers_in_another_unit_are_never_on_one_line() {
        let found = series(&[
            checkup(2025, vec![measured(ITEM, "5.6", "%")]),
            checkup(2026, vec![measured(ITEM, "38", "mmol/mol")]),
        ]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|it| !it.is_drawn()));
    }

    #[test]
    fn numbers_by_another_method_are_never_on_one_line() {
        let by = |method: Option<&str>| Item {
            method: method.map(|it| MedicalText::parse(it).unwrap()),
            ..measured(ITEM, "38", "U/L")
        };
        for (methods, lines) in [
            ([Some("架空甲法"), Some("架空乙法")], 2),
            ([Some("架空甲法"), Some("架空 甲法")], 1),
            ([Some("架空甲法"), None], 1),
        ] {
            let [old, new] = methods.map(by);
            let found = series(&[checkup(2025, vec![old]), checkup(2026, vec![new])]);
            assert_eq!(found.len(), lines, "{methods:?}");
        }
    }

    #[test]
    fn a_result_that_is_no_number_has_a_place_in_the_table_alone() {
        let found = series(&[checkup(2026, vec![measured(ITEM, "1+", "U/L")])]);
        let point = found[0].newest().unwrap();
        assert_eq!((point.number, point.standing), (None, Standing::Unknown));
    }

    #[test]
    fn full_width_and_half_width_results_compare_alike() {
        let range = ReferenceRange {
            low: None,
            high: Amount::parse("5.5").ok(),
        };
        for (result, standing) in [
            ("５．６", Standing::Above),
            ("＞5.5", Standing::Above),
            (">5", Standing::Unknown),
            ("<1", Standing::Unknown),
            ("測定不能", Standing::Unknown),
        ] {
            assert_eq!(Standing::of(result, &range), standing, "{result}");
        }
    }
}
