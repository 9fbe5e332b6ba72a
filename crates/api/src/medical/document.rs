//! The request for a document of medical information. Holds nothing of it: the answer is a file.

use core::fmt;

use domain::medical_information::kind::Way;
use serde::{Deserialize, Serialize};

use super::{LookWish, kinds, months, purpose, unknown};
use crate::problem::MemberError;

/// Body of `POST /v1/medical/patients/{id}/documents`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"format": "pdf", "from": "2026-06", "kinds": ["drugs"]}))]
pub struct DocumentRequest {
    /// Whether surgery and checkups are of all years that are shown, whatever the months: then they are a look of their own.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub all_years: bool,
    /// In which form: `pdf` or `xml`.
    #[schema(pattern = "^(pdf|xml)$")]
    pub format: String,
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
}

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// For printing and reading.
    Pdf,
    /// For programs.
    Xml,
}

impl DocumentFormat {
    /// What the file is called on the wire.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xml => "application/xml",
        }
    }

    /// How the file's name ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xml => "xml",
        }
    }

    /// The way of a look that brings it.
    #[must_use]
    pub const fn way(self) -> Way {
        match self {
            Self::Pdf => Way::Pdf,
            Self::Xml => Way::Xml,
        }
    }
}

impl DocumentRequest {
    /// Its members.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<(DocumentFormat, LookWish), Vec<MemberError>> {
        let mut errors = Vec::new();
        let kinds = kinds(&mut errors, self.kinds.as_deref());
        let months = months(&mut errors, self.from.as_deref(), self.until.as_deref());
        let purpose = purpose(&mut errors, self.purpose.as_deref());
        let format = match self.format.as_str() {
            "pdf" => Some(DocumentFormat::Pdf),
            "xml" => Some(DocumentFormat::Xml),
            _ => None,
        };
        if format.is_none() {
            errors.push(unknown("format"));
        }
        let format = format.filter(|_| errors.is_empty()).ok_or(errors)?;
        let wish = LookWish {
            kinds,
            months,
            way: format.way(),
            purpose,
        };
        Ok((format, wish))
    }
}

// It is about a patient.
impl fmt::Debug for DocumentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentRequest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_member_is_named_at_once() {
        let request = DocumentRequest {
            all_years: true,
            format: "docx".into(),
            from: Some("2026-10".into()),
            kinds: Some(Vec::new()),
            purpose: Some("disaster".into()),
            until: Some("2026-09".into()),
        };
        let errors = request.read().unwrap_err();
        let members: Vec<_> = errors.iter().map(|it| it.member.as_str()).collect();
        assert_eq!(members, ["kinds", "until", "purpose", "format"]);
    }

    #[test]
    fn a_document_is_a_look_in_its_own_way() {
        for (name, way) in [("pdf", Way::Pdf), ("xml", Way::Xml)] {
            let request = DocumentRequest {
                format: name.into(),
                ..DocumentRequest::default()
            };
            assert_eq!(request.read().unwrap().1.way, way);
        }
    }
}
