//! Surgery of a person (手術情報). How messages name its elements is not public (interface §5.2); nothing here claims to know.

use crate::civil_date::CivilDate;
use crate::medical_information::drugs::NamedFacility;
use crate::medical_information::{MedicalCode, MedicalText};

/// One operation, as claims tell of it.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::{MedicalText, surgery::Surgery};
/// let day = CivilDate::new(2024, 3, 1).unwrap();
/// let surgery = Surgery::new(day, MedicalText::parse("架空手術").unwrap());
/// assert!(surgery.code.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surgery {
    /// The day it was done.
    pub day: CivilDate,
    /// Its name.
    pub name: MedicalText,
    /// Its code.
    pub code: Option<MedicalCode>,
    /// Where it was done.
    pub facility: NamedFacility,
    /// What else is told of it.
    pub note: Option<MedicalText>,
}

impl Surgery {
    /// An operation of which only day and name are known.
    #[must_use]
    pub fn new(day: CivilDate, name: MedicalText) -> Self {
        Self {
            day,
            name,
            code: None,
            facility: NamedFacility::default(),
            note: None,
        }
    }
}
