//! Health checkups of a person (特定健診, interface §5.3). Judges no value.

use crate::civil_date::CivilDate;
use crate::medical_information::drugs::NamedFacility;
use crate::medical_information::{Amount, InvalidCode, MedicalText};

/// The code of an item: 17 letters and digits (JLAC10).
///
/// ```
/// use domain::medical_information::checkup::ItemCode;
/// assert!(ItemCode::parse("9A751000000000001").is_ok());
/// assert!(ItemCode::parse("9A751").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemCode(String);

impl ItemCode {
    /// Reads 17 ASCII letters and digits.
    ///
    /// # Errors
    /// [`InvalidCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let fits = text.len() == 17 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned())).ok_or(InvalidCode)
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for ItemCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ItemCode(…)")
    }
}

/// What was found, by the kind of value (`DataType`).
///
/// ```
/// use domain::medical_information::{MedicalText, checkup::Value};
/// let pressure = Value::Measured {
///     amount: MedicalText::parse("128").unwrap(),
///     unit: MedicalText::parse("mmHg").ok(),
/// };
/// assert_eq!(pressure.data_type(), "PQ");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Measured, with its unit (`PQ`). A text, since results such as `<5` occur.
    Measured {
        /// The result.
        amount: MedicalText,
        /// Its unit.
        unit: Option<MedicalText>,
    },
    /// One of a table of codes (`CD`).
    Coded {
        /// The code.
        code: MedicalText,
        /// The table's object identifier.
        table: Option<MedicalText>,
        /// What the code means.
        name: Option<MedicalText>,
    },
    /// Words (`ST`).
    Words(MedicalText),
}

impl Value {
    /// The name of the kind in messages (`DataType`).
    #[must_use]
    pub fn data_type(&self) -> &'static str {
        match self {
            Self::Measured { .. } => "PQ",
            Self::Coded { .. } => "CD",
            Self::Words(_) => "ST",
        }
    }
}

/// The bounds of a reference range (基準値) in the unit of the value; an absent one does not limit. Judges nobody's health.
///
/// ```
/// use domain::medical_information::{Amount, checkup::ReferenceRange};
/// let range = ReferenceRange { low: None, high: Amount::parse("130").ok() };
/// assert_ne!(range, ReferenceRange::default());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReferenceRange {
    /// The lowest usual value.
    pub low: Option<Amount>,
    /// The highest usual value.
    pub high: Option<Amount>,
}

/// One item of a checkup: a result or an answer to a question.
///
/// ```
/// use domain::medical_information::{MedicalText, checkup::{Item, ItemCode, ReferenceRange, Value}};
/// let item = Item {
///     code: ItemCode::parse("9A110160800000049").unwrap(),
///     name: MedicalText::parse("心電図（所見）").unwrap(),
///     value: Value::Words(MedicalText::parse("所見なし").unwrap()),
///     range: ReferenceRange::default(),
///     method: None,
/// };
/// assert_eq!(item.value.data_type(), "ST");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its code.
    pub code: ItemCode,
    /// Its name.
    pub name: MedicalText,
    /// What was found.
    pub value: Value,
    /// Between what values the laboratory calls it usual.
    pub range: ReferenceRange,
    /// How it was measured (検査方法).
    pub method: Option<MedicalText>,
}

/// One checkup.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::checkup::Checkup};
/// let checkup = Checkup::new(CivilDate::new(2026, 6, 10).unwrap());
/// assert_eq!(checkup.day.to_compact(), "20260610");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// The day it was done (`EffectiveTime`).
    pub day: CivilDate,
    /// Where it was done.
    pub facility: NamedFacility,
    /// Its items.
    pub items: Vec<Item>,
}

impl Checkup {
    /// A checkup of which only the day is known.
    #[must_use]
    pub fn new(day: CivilDate) -> Self {
        Self {
            day,
            facility: NamedFacility::default(),
            items: Vec::new(),
        }
    }
}
