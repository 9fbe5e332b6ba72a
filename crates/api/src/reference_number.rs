//! Messages of reference numbers (照会番号), and the way from their members to `domain`. Decides nothing about a number.

use core::fmt;

use domain::reference_number::{Bearer, ReferenceNumber};
use serde::{Deserialize, Serialize};

use crate::check::asked::{branch, date, insured_number, insurer, keep, symbol};
use crate::problem::MemberError;

/// Body of `POST /v1/reference-numbers`: a number, and the insurance data of the patient it is for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "birth_date": "1970-01-02", "insurer_number": "06139992", "number": "4567", "reference_number": "000123", "symbol": "123"
}))]
pub struct ReferenceNumberRegistration {
    /// Birth date, `yyyy-MM-dd`: as with a check, who does not know it is told nothing of the patient.
    pub birth_date: String,
    /// Branch number, one or two digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Insurer number: eight digits, or six for National Health Insurance, padded or not.
    #[schema(max_length = 32)]
    pub insurer_number: String,
    /// Number, up to 20 characters.
    #[schema(max_length = 20)]
    pub number: String,
    /// The facility's own number for the patient, up to 50 characters; it comes back exactly so.
    #[schema(max_length = 50)]
    pub reference_number: String,
    /// Symbol, up to 20 characters; absent for the elderly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub symbol: Option<String>,
}

/// Body of `POST /v1/reference-numbers/search`: a reference number, or a patient's insurance data.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reference_number": "000123"}))]
pub struct ReferenceNumberSearch {
    /// Birth date, `yyyy-MM-dd`; must where no reference number is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Branch number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Insurer number, where no reference number is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    pub insurer_number: Option<String>,
    /// Number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub number: Option<String>,
    /// The reference number; with it nothing else counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50)]
    pub reference_number: Option<String>,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub symbol: Option<String>,
}

/// Body of `POST /v1/reference-numbers/removal`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reference_number": "000123"}))]
pub struct ReferenceNumberRemoval {
    /// The number to remove.
    #[schema(max_length = 50)]
    pub reference_number: String,
}

/// Answer of `POST /v1/reference-numbers` and its search: whose a number is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReferenceNumberHolder {
    /// The patient's name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// The patient's name.
    pub name: String,
    /// What a registration did: `new`, `same` (it was so before) or `changed`; of a search `found`.
    #[schema(pattern = "^(new|same|changed|found)$")]
    pub outcome: String,
    /// The patient's reference number; absent where a search found a patient without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<String>,
    /// The number before a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

// All of them are about a patient.
macro_rules! says_nothing {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

says_nothing!(
    ReferenceNumberRegistration,
    ReferenceNumberSearch,
    ReferenceNumberRemoval,
    ReferenceNumberHolder
);

/// What a search asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// Whose a number is.
    Number(ReferenceNumber),
    /// Which number somebody has.
    Bearer(Bearer),
}

impl ReferenceNumberRegistration {
    /// Its members.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<(ReferenceNumber, Bearer), Vec<MemberError>> {
        let mut errors = Vec::new();
        let number = keep(&mut errors, reference_number(&self.reference_number));
        let bearer = bearer(&BearerMembers {
            insurer_number: &self.insurer_number,
            symbol: self.symbol.as_deref(),
            number: &self.number,
            branch: self.branch.as_deref(),
            birth_date: Some(&self.birth_date),
        });
        match (number, bearer) {
            (Some(number), Ok(bearer)) => Ok((number, bearer)),
            (_, bearer) => {
                errors.extend(bearer.err().unwrap_or_default());
                Err(errors)
            }
        }
    }
}

impl ReferenceNumberSearch {
    /// What it asks about.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<Sought, Vec<MemberError>> {
        let given = self.reference_number.as_deref();
        if let Some(number) = given.filter(|text| !text.trim().is_empty()) {
            let number = reference_number(number).map_err(|error| vec![error])?;
            return Ok(Sought::Number(number));
        }
        let bearer = bearer(&BearerMembers {
            insurer_number: self.insurer_number.as_deref().unwrap_or_default(),
            symbol: self.symbol.as_deref(),
            number: self.number.as_deref().unwrap_or_default(),
            branch: self.branch.as_deref(),
            birth_date: Some(self.birth_date.as_deref().unwrap_or_default()),
        });
        Ok(Sought::Bearer(bearer?))
    }
}

/// A reference number as it was given.
///
/// # Errors
/// A [`MemberError`] for a text that is none.
pub fn reference_number(text: &str) -> Result<ReferenceNumber, MemberError> {
    use domain::personal_text::InvalidText;
    let error = |code, ja: &str, en: &str| MemberError::new("reference_number", code, ja, en);
    ReferenceNumber::parse(text).map_err(|invalid| match invalid {
        InvalidText::Empty => error(
            "required",
            "照会番号を入力してください。",
            "Enter the reference number.",
        ),
        InvalidText::TooLong { .. } => error(
            "too_long",
            "照会番号は50文字までです。",
            "The reference number holds up to 50 characters.",
        ),
        InvalidText::ControlCharacter { .. } => error(
            "control_character",
            "照会番号に入力できない文字（制御文字）があります。",
            "The reference number holds a control character.",
        ),
    })
}

/// Insurance data as it was given.
#[derive(Clone, Copy)]
pub struct BearerMembers<'a> {
    /// Insurer number.
    pub insurer_number: &'a str,
    /// Symbol.
    pub symbol: Option<&'a str>,
    /// Number.
    pub number: &'a str,
    /// Branch number.
    pub branch: Option<&'a str>,
    /// Birth date; nothing where the message has no place for one, and then nothing of the patient is answered.
    pub birth_date: Option<&'a str>,
}

impl fmt::Debug for BearerMembers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerMembers(…)")
    }
}

/// Whom insurance data are about.
///
/// # Errors
/// One [`MemberError`] for every member that is wrong, all at once.
pub fn bearer(given: &BearerMembers<'_>) -> Result<Bearer, Vec<MemberError>> {
    let mut errors = Vec::new();
    let insurer = keep(&mut errors, insurer(given.insurer_number));
    let symbol = keep(&mut errors, symbol(given.symbol));
    let number = keep(&mut errors, insured_number(given.number));
    let branch = keep(&mut errors, branch(given.branch));
    let birth_date = given.birth_date.map(|text| date("birth_date", text));
    let birth_date = keep(&mut errors, birth_date.transpose());
    match (insurer, symbol, number, branch, birth_date) {
        (Some(insurer), Some(symbol), Some(number), Some(branch), Some(birth_date)) => Ok(Bearer {
            insurer,
            symbol,
            number,
            branch,
            birth_date,
        }),
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_member_is_named_at_once() {
        let wrong = ReferenceNumberRegistration {
            birth_date: "1970-13-01".into(),
            branch: Some("x".into()),
            insurer_number: "12".into(),
            number: String::new(),
            reference_number: "9".repeat(51),
            symbol: None,
        };
        let errors = wrong.read().unwrap_err();
        let members: Vec<&str> = errors.iter().map(|error| error.member.as_str()).collect();
        assert_eq!(
            members,
            [
                "reference_number",
                "insurer_number",
                "number",
                "branch",
                "birth_date"
            ]
        );
    }

    #[test]
    fn a_search_by_number_wants_nothing_else() {
        let by_number = ReferenceNumberSearch {
            reference_number: Some("000123".into()),
            ..Default::default()
        };
        assert!(matches!(by_number.read(), Ok(Sought::Number(_))));
        assert_eq!(
            ReferenceNumberSearch::default().read().unwrap_err().len(),
            3
        );
    }
}
