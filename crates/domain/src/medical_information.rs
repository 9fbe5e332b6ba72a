//! Medical information of a person (医療情報): drugs, treatment, surgery, health checkups. Looks nothing up; says in `kind` what a consent opens.

pub mod chart;
pub mod checkup;
pub mod drugs;
pub mod interactions;
pub mod kind;
pub mod look;
pub mod look_back;
pub mod surgery;
pub mod viewing;
pub mod withdrawal;

use crate::personal_text::personal_text;

personal_text! {
    /// A text of medical information: the name of a drug, an ingredient, a unit, a facility (at most 255 characters, interface §5.2).
    ///
    /// ```
    /// use domain::medical_information::MedicalText;
    /// assert_eq!(MedicalText::parse("架空錠１０ｍｇ").unwrap().as_str(), "架空錠１０ｍｇ");
    /// ```
    MedicalText, 255
}

/// Why a text is no code or amount of medical information.
///
/// ```
/// use domain::medical_information::{InvalidCode, MedicalCode};
/// assert_eq!(MedicalCode::parse(""), Err(InvalidCode));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code or amount of medical information")]
pub struct InvalidCode;

/// A code of a drug, a treatment or a class of either: 1 to 12 letters and digits (interface §5.2). Which codes exist is not known
/// to this version.
///
/// ```
/// use domain::medical_information::MedicalCode;
/// assert_eq!(MedicalCode::parse("600000001").unwrap().as_str(), "600000001");
/// assert!(MedicalCode::parse("6000000010000").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MedicalCode(String);

impl MedicalCode {
    /// The most characters a code has.
    pub const MAX_CHARS: usize = 12;

    /// Reads ASCII letters and digits.
    ///
    /// # Errors
    /// [`InvalidCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned())).ok_or(InvalidCode)
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for MedicalCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MedicalCode(…)")
    }
}

/// An amount as it was written: up to ten digits, and up to five after a point. Kept as text, so that `1.50` stays `1.50`.
///
/// ```
/// use domain::medical_information::Amount;
/// assert_eq!(Amount::parse("0.5").unwrap().as_str(), "0.5");
/// assert!(Amount::parse("half").is_err());
/// assert!(Amount::parse("1.").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(String);

impl Amount {
    /// Reads digits with at most one point among them.
    ///
    /// # Errors
    /// [`InvalidCode`].
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let fits = match text.split_once('.') {
            Some((whole, part)) => digits(whole, 10) && digits(part, 5),
            None => digits(text, 10),
        };
        fits.then(|| Self(text.to_owned())).ok_or(InvalidCode)
    }

    /// The amount as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Amount {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Amount(…)")
    }
}

/// All that is stored of one person.
///
/// ```
/// use domain::medical_information::MedicalInformation;
/// assert!(MedicalInformation::default().drugs.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MedicalInformation {
    /// Drugs and treatment, month by month.
    pub drugs: Vec<drugs::DrugMonth>,
    /// Surgery.
    pub surgeries: Vec<surgery::Surgery>,
    /// Health checkups.
    pub checkups: Vec<checkup::Checkup>,
}
