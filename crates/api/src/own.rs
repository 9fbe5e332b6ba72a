//! Messages of the patient's own page: who looked, which consents are in force, withdrawal. Hold no medical information, name no
//! person of a facility's staff; their `Debug` shows nobody's data.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/medical/own`: a card that signed for this page (`ONSHI-OWN-v1`; a signature given for a check is none).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnRequest {
    /// The card's certificate for user authentication, DER in base64.
    #[schema(max_length = 8192)]
    pub certificate: String,
    /// Identifier of the challenge that was signed.
    #[schema(format = "uuid")]
    pub challenge: String,
    /// How the holder was identified: `pin` alone.
    #[schema(pattern = "^pin$")]
    pub method: String,
    /// The card's signature of the challenge's text (PKCS#1 v1.5, SHA-256), in base64.
    #[schema(max_length = 1024)]
    pub signature: String,
}

impl fmt::Debug for OwnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnRequest({}, …)", self.challenge)
    }
}

/// Answer of `POST /v1/medical/own`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnPage {
    /// The consents in force, those given last first.
    pub consents: Vec<OwnConsent>,
    /// When the page ends, RFC 3339: five minutes after the card signed.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Its identifier, a UUID: the look by which it was opened.
    #[schema(format = "uuid")]
    pub id: String,
    /// The looks at this person, the newest first; that of the person now is the first of them.
    pub looks: Vec<OwnLook>,
    /// The holder's name in full, to show at the reader.
    pub name: String,
    /// Where older looks go on, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// To be shown with whatever follows; good with the reader, session and certificate that opened the page only.
    pub token: String,
}

impl fmt::Debug for OwnPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnPage({}, …)", self.id)
    }
}

/// One act of seeing, as the patient reads it: which facility, when, what kinds, why; never who by name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnLook {
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// What it rested on: `visit`, `home`, `disaster`, `ambulance`; absent where the patient looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Whether an emergency opened it.
    pub emergency: bool,
    /// The facility's name.
    pub facility: String,
    /// What was shown: `drugs`, `treatment`, `surgery`, `checkups`; none where only this record was shown.
    pub kinds: Vec<String>,
    /// Why: `treatment`, `dispensing`, `disaster`, `ambulance`, `own`.
    pub purpose: String,
    /// The kind of account that saw it, such as `medical_viewer` or `link_app`; `patient` where the patient looked.
    pub viewer: String,
    /// In what way: `page`, `print`, `pdf`, `xml`, `machine`, `own`.
    pub way: String,
}

impl fmt::Debug for OwnLook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnLook({}, …)", self.way)
    }
}

/// What a facility may see now: the patient's consents to it, or what an emergency opened in place of one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnConsent {
    /// What it rests on: `visit`, `home`, `disaster`, `ambulance`; the emergency where it rests on several.
    pub basis: String,
    /// What names it in a withdrawal; good on this page only.
    pub consent: String,
    /// The facility's name.
    pub facility: String,
    /// When it was given last, RFC 3339.
    #[schema(format = DateTime)]
    pub given: String,
    /// Care at home or from afar, where it is agreed beside or without anything that may be seen: a withdrawal of all ends it, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_care: Option<OwnHomeCare>,
    /// What may be seen under it: `drugs`, `treatment`, `surgery`, `checkups`.
    pub kinds: Vec<String>,
    /// When nothing is visible any more, RFC 3339; absent where it lasts until it is withdrawn. Where nothing is, the end of `home_care`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

impl fmt::Debug for OwnConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnConsent({}, …)", self.basis)
    }
}

/// That the facility may check the patient's eligibility without the card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnHomeCare {
    /// When that ends, RFC 3339; absent where it lasts until it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// Body of `POST /v1/medical/own/{id}/looks`: older looks.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnLooksRequest {
    /// Where the looks before went on (`next`).
    #[schema(max_length = 64)]
    pub after: String,
    /// The page's token.
    #[schema(max_length = 64)]
    pub token: String,
}

impl fmt::Debug for OwnLooksRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnLooksRequest(…)")
    }
}

/// Answer of `POST /v1/medical/own/{id}/looks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnLooks {
    /// Older looks, the newest first.
    pub looks: Vec<OwnLook>,
    /// Where older ones go on, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Body of `POST /v1/medical/own/{id}/withdrawals`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnWithdrawal {
    /// Which consent, by the name the page gave it.
    #[schema(max_length = 64)]
    pub consent: String,
    /// Which kinds of it; all of them when absent or empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// The page's token.
    #[schema(max_length = 64)]
    pub token: String,
}

impl fmt::Debug for OwnWithdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnWithdrawal(…)")
    }
}

/// Answer of `POST /v1/medical/own/{id}/withdrawals`: what is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnConsents {
    /// The consents still in force.
    pub consents: Vec<OwnConsent>,
}
