//! What is taken of an ingredient from one visit on, and whether it is more or less than before. Works out no dose that the records do not
//! hold: a strength is read from the product's name alone, and amounts that do not compare are not compared.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

use crate::medical_information::chart::decimal::Decimal;
use crate::medical_information::chart::search::folded;
use crate::medical_information::chart::supply::{Supply, same_product};
use crate::medical_information::drugs::Drug;

/// The strength of a product as its name ends with it: 「架空錠１０ｍｇ」 has 10 mg.
///
/// ```
/// use domain::medical_information::chart::dose::Strength;
/// let strength = Strength::of_name("架空錠２．５ｍｇ「見本」").unwrap();
/// assert_eq!(strength.unit, "mg");
/// assert_eq!(strength.amount.to_f64(), 2.5);
/// assert!(Strength::of_name("架空散").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub unit: &'static str,
}

/// Units of strength in names. Those that begin like another come first.
const UNITS: [&str; 6] = ["mg", "μg", "µg", "g", "%", "単位"];

impl Strength {
    /// Reads the only number with a unit in a name; several, as in a compound drug, are none.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name: String = name.nfkc().flat_map(char::to_lowercase).collect();
        let mut found = None;
        let mut rest = name.as_str();
        while let Some(start) = rest.find(|it: char| it.is_ascii_digit()) {
            let from = rest.get(start..)?;
            let end = from.find(|it: char| !it.is_ascii_digit() && it != '.');
            let (number, after) = from.split_at(end.unwrap_or(from.len()));
            rest = after;
            let unit = UNITS.into_iter().find(|unit| after.starts_with(unit));
            if let (Some(unit), Some(amount)) = (unit, Decimal::parse(number)) {
                if found.is_some() {
                    return None;
                }
                found = Some(Self { amount, unit });
            }
        }
        found
    }
}

/// How two visits' supplies of an ingredient differ.
///
/// ```
/// use domain::medical_information::chart::dose::{Difference, difference};
/// assert_eq!(difference(&[], &[]), Difference::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    /// Of the amount, where it differs.
    pub dose: Option<Direction>,
    /// Whether it is another product.
    pub product: bool,
    /// Whether it is taken otherwise.
    pub usage: bool,
}

/// Whether an amount became more or less.
///
/// ```
/// use domain::medical_information::chart::dose::Direction;
/// assert_ne!(Direction::More, Direction::Less);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More.
    More,
    /// Less.
    Less,
    /// Other, in a way that does not compare.
    Other,
}

/// Compares what was supplied at one visit with what was supplied at a later one.
///
/// ```
/// use domain::medical_information::chart::dose::{Difference, difference};
/// assert!(!difference(&[], &[]).usage);
/// ```
#[must_use]
pub fn difference(before: &[&Supply], after: &[&Supply]) -> Difference {
    let known = |supplies: &[&Supply]| {
        let all = supplies
            .iter()
            .map(|it| it.drug.usage.as_ref().map(|it| folded(it.as_str())));
        let mut all: Vec<String> = all.collect::<Option<_>>().unwrap_or_default();
        all.sort();
        all
    };
    let (old, new) = (known(before), known(after));
    let has =
        |supplies: &[&Supply], drug: &Drug| supplies.iter().any(|it| same_product(&it.drug, drug));
    let product = before.iter().any(|it| !has(after, &it.drug))
        || after.iter().any(|it| !has(before, &it.drug));
    Difference {
        dose: dose(before, after, product),
        product,
        usage: !old.is_empty() && !new.is_empty() && old != new,
    }
}

fn dose(before: &[&Supply], after: &[&Supply], product: bool) -> Option<Direction> {
    let by_strength = total(before, by_strength).zip(total(after, by_strength));
    let by_quantity = || total(before, by_quantity).zip(total(after, by_quantity));
    let ((old, old_unit), (new, new_unit)) = match by_strength {
        Some(both) => both,
        // Amounts of two products do not compare without their strengths: two tablets may hold as much as one.
        None if product => return None,
        None => by_quantity()?,
    };
    if old_unit != new_unit {
        return (!product).then_some(Direction::Other);
    }
    match old.cmp(&new) {
        Ordering::Less => Some(Direction::More),
        Ordering::Greater => Some(Direction::Less),
        Ordering::Equal => None,
    }
}

/// The sum of what each drug amounts to, in one unit.
fn total(
    supplies: &[&Supply],
    amount: impl Fn(&Drug) -> Option<(i128, String)>,
) -> Option<(i128, String)> {
    let mut sum: Option<(i128, String)> = None;
    for supply in supplies {
        let (amount, unit) = amount(&supply.drug)?;
        sum = match sum {
            None => Some((amount, unit)),
            Some((so_far, of)) if of == unit => Some((so_far + amount, unit)),
            Some(_) => return None,
        };
    }
    sum
}

fn by_strength(drug: &Drug) -> Option<(i128, String)> {
    let quantity = Decimal::parse(drug.quantity.as_ref()?.as_str())?;
    let strength = Strength::of_name(drug.name.as_str())?;
    let unit = folded(drug.unit.as_ref()?.as_str());
    Some((
        strength.amount.times(quantity),
        format!("{}/{unit}", strength.unit),
    ))
}

fn by_quantity(drug: &Drug) -> Option<(i128, String)> {
    let quantity = Decimal::parse(drug.quantity.as_ref()?.as_str())?;
    let one = Decimal::parse("1")?;
    let unit = drug.unit.as_ref().map(|it| folded(it.as_str()));
    Some((quantity.times(one), unit.unwrap_or_default()))
}
