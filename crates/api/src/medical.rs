//! Messages of medical information: who may be seen, a look at somebody, withdrawal. Every one of them is about a patient, so their `Debug`
//! says nothing; what a look brings stands in `record`.

pub mod document;
pub mod looks;
pub mod record;
pub mod withdrawal;

use core::fmt;

use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::{InformationKind, Purpose, Way};
use domain::medical_information::look::{Months, Opened};
use serde::{Deserialize, Serialize};

use crate::problem::MemberError;

/// A kind of information that may be seen, and until when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenedKind {
    /// What it rests on: `visit`, `home`, `disaster` or `ambulance`.
    #[schema(pattern = "^(visit|home|disaster|ambulance)$")]
    pub basis: String,
    /// Since when, RFC 3339.
    #[schema(format = DateTime)]
    pub given: String,
    /// `drugs`, `treatment`, `surgery` or `checkups`.
    #[schema(pattern = "^(drugs|treatment|surgery|checkups)$")]
    pub kind: String,
    /// The first instant at which it is not seen any more, RFC 3339.
    #[schema(format = DateTime)]
    pub until: String,
}

impl From<&Opened> for OpenedKind {
    fn from(it: &Opened) -> Self {
        Self {
            basis: it.basis.as_str().into(),
            given: it.given.to_string(),
            kind: it.kind.as_str().into(),
            until: it.valid_until.to_string(),
        }
    }
}

/// A patient who may be seen now.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Patient {
    /// Date of birth, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// What the patient is called in paths: a UUID that says nothing of the person and leads nowhere when nothing may be seen any more.
    #[schema(format = "uuid")]
    pub id: String,
    /// Name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// What may be seen, and until when.
    pub kinds: Vec<OpenedKind>,
    /// Name.
    pub name: String,
    /// The facility's own number for the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<String>,
    /// Sex as registered: its code (OQSCD table of the interface).
    pub sex: String,
}

/// Answer of `GET /v1/medical/patients`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Patients {
    /// Those who agreed last come first.
    pub patients: Vec<Patient>,
}

/// Answer of `GET /v1/medical/patients/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenNow {
    /// What may be seen, and until when; never empty.
    pub kinds: Vec<OpenedKind>,
}

/// Body of `POST /v1/medical/patients/{id}/looks`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "2026-06", "kinds": ["drugs"], "way": "page"}))]
pub struct LookRequest {
    /// The first month, `yyyy-MM`; as far back as is shown when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub from: Option<String>,
    /// Which kinds; all that may be seen when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<String>>,
    /// Why: `treatment` or `dispensing`; when absent, of a pharmacy dispensing and of others treatment. What an emergency opened has the
    /// emergency's own purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(treatment|dispensing)$")]
    pub purpose: Option<String>,
    /// The last month, `yyyy-MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub until: Option<String>,
    /// How: `page` or `print`.
    #[schema(pattern = "^(page|print)$")]
    pub way: String,
}

/// What a request to look asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookWish {
    /// Which kinds; `None` for all.
    pub kinds: Option<Vec<InformationKind>>,
    /// Which months.
    pub months: Months,
    /// How.
    pub way: Way,
    /// Why; `None` for what the facility usually looks for.
    pub purpose: Option<Purpose>,
}

impl LookRequest {
    /// Its members.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<LookWish, Vec<MemberError>> {
        let mut errors = Vec::new();
        let kinds = kinds(&mut errors, self.kinds.as_deref());
        let months = months(&mut errors, self.from.as_deref(), self.until.as_deref());
        let purpose = purpose(&mut errors, self.purpose.as_deref());
        let way = Way::parse(&self.way).filter(|it| matches!(it, Way::Page | Way::Print));
        if way.is_none() {
            errors.push(unknown("way"));
        }
        match way {
            Some(way) if errors.is_empty() => Ok(LookWish {
                kinds,
                months,
                way,
                purpose,
            }),
            Some(_) | None => Err(errors),
        }
    }
}

/// The kinds of a request. An empty list is wrong: who wants nothing asks for nothing.
pub fn kinds(
    errors: &mut Vec<MemberError>,
    given: Option<&[String]>,
) -> Option<Vec<InformationKind>> {
    let given = given?;
    let read: Option<Vec<_>> = given.iter().map(|it| InformationKind::parse(it)).collect();
    let read = read.filter(|it| !it.is_empty());
    if read.is_none() {
        errors.push(unknown("kinds"));
    }
    read
}

/// The months of a request.
pub fn months(errors: &mut Vec<MemberError>, from: Option<&str>, until: Option<&str>) -> Months {
    let mut month = |member: &str, given: Option<&str>| {
        let given = given?;
        let read = TreatmentMonth::parse_iso(given);
        if read.is_none() {
            errors.push(MemberError::new(
                member,
                "month",
                "年月は2026-10のように入力してください。",
                "Please give the month as in 2026-10.",
            ));
        }
        read
    };
    let months = Months {
        from: month("from", from),
        until: month("until", until),
    };
    if let (Some(first), Some(last)) = (months.from, months.until)
        && last < first
    {
        errors.push(MemberError::new(
            "until",
            "before_from",
            "終わりの年月が始まりの年月より前です。",
            "The last month is before the first.",
        ));
    }
    months
}

/// The purpose of a request, if it says one.
pub fn purpose(errors: &mut Vec<MemberError>, given: Option<&str>) -> Option<Purpose> {
    let read = Purpose::parse(given?);
    let read = read.filter(|it| matches!(it, Purpose::Treatment | Purpose::Dispensing));
    if read.is_none() {
        errors.push(unknown("purpose"));
    }
    read
}

pub(crate) fn unknown(member: &str) -> MemberError {
    MemberError::new(
        member,
        "unknown",
        "この項目の値はありません。",
        "There is no such value of this member.",
    )
}

// All of them are about a patient.
impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patient(…)")
    }
}

impl fmt::Debug for LookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookRequest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_member_is_named_at_once() {
        let request = LookRequest {
            from: Some("2026-13".into()),
            kinds: Some(vec!["teeth".into()]),
            purpose: Some("own".into()),
            until: None,
            way: "machine".into(),
        };
        let errors = request.read().unwrap_err();
        let members: Vec<_> = errors.iter().map(|it| it.member.as_str()).collect();
        assert_eq!(members, ["kinds", "from", "purpose", "way"]);
    }

    #[test]
    fn what_is_left_out_is_everything_for_the_usual_purpose() {
        let request = LookRequest {
            way: "page".into(),
            ..LookRequest::default()
        };
        let wish = request.read().unwrap();
        assert_eq!((wish.kinds, wish.months), (None, Months::default()));
        assert_eq!((wish.way, wish.purpose), (Way::Page, None));
    }
}
