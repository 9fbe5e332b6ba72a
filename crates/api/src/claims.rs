//! Messages of the claims entry (オンライン請求, G33): what stands at its door, its sessions, filings and files on their way. Decides nothing.

pub mod found;
pub mod submission;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Text;
use crate::session::{PasswordState, SessionFacility};

/// Answer of `GET /v1/claims/entry`: what a facility finds at the door, with its certificate alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsEntry {
    /// The facility of the certificate.
    pub facility: SessionFacility,
    /// The review bodies claims go to.
    pub tenants: Vec<ClaimsTenant>,
    /// The PC, as its certificate names it.
    pub terminal: String,
}

/// A review body at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsTenant {
    /// When refused claims may be sent corrected.
    pub correction: ClaimsWindow,
    /// The newest filing about this PC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<ClaimsFiling>,
    /// Its name here.
    #[schema(pattern = "^(fund|federation-[0-9]{2})$")]
    pub id: String,
    /// Whether this PC may hand claims in, by an accepted filing whose day has come.
    pub is_terminal_permitted: bool,
    /// Its name for people.
    pub name: Text,
    /// From when this PC may hand claims in, by the accepted filing that lets it in first. It may lie ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permitted_from: Option<String>,
    /// When claims may be sent and accepted.
    pub submission: ClaimsWindow,
}

/// When something may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsWindow {
    /// Until when without a break, where it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<String>,
    /// Whether it is open now.
    pub is_open: bool,
    /// Until when in this month, where it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// What an operator opened beside the calendar, and why.
    pub openings: Vec<ClaimsOpening>,
    /// From when, where it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<String>,
}

/// Time that an operator opened beside the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsOpening {
    /// From when.
    pub from: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// Until when.
    pub until: String,
}

/// Body of `POST /v1/claims/sessions`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimsSignIn {
    /// Claims account.
    #[schema(max_length = 32)]
    pub account: String,
    /// Ends an earlier session of the account instead of asking.
    #[serde(default)]
    pub force: bool,
    /// Password.
    #[schema(max_length = 64)]
    pub password: String,
    /// The review body whose account it is.
    #[schema(pattern = "^(fund|federation-[0-9]{2})$")]
    pub tenant: String,
}

impl fmt::Debug for ClaimsSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimsSignIn({}, {}, …)", self.tenant, self.account)
    }
}

/// Answer of `POST /v1/claims/sessions`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsSession {
    /// Who signed in.
    pub account: ClaimsAccount,
    /// Minutes without a request after which the session ends.
    pub ends_after_min: u32,
    /// The facility of certificate and account.
    pub facility: SessionFacility,
    /// State of the password.
    pub password: PasswordState,
    /// The review body.
    #[schema(pattern = "^(fund|federation-[0-9]{2})$")]
    pub tenant: String,
    /// Its name for people.
    pub tenant_name: Text,
    /// Bearer token, valid only at the claims entry and with the certificate it was opened with.
    pub token: String,
}

impl fmt::Debug for ClaimsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimsSession({}, {}, …)", self.tenant, self.account.id)
    }
}

/// A claims account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsAccount {
    /// Name to show.
    pub display_name: String,
    /// Identifier.
    pub id: String,
}

/// Body of `POST /v1/claims/filings`: a filing (届出) to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaimsFiling {
    /// What for.
    #[schema(pattern = "^(first_use|line_change|another_pc)$")]
    pub kind: String,
    /// The line claims are sent over.
    #[schema(pattern = "^(ip_vpn|ipsec_ike)$")]
    pub line: String,
    /// From which day on.
    #[schema(format = Date)]
    pub starts_on: String,
    /// The review body.
    #[schema(pattern = "^(fund|federation-[0-9]{2})$")]
    pub tenant: String,
    /// The PC, as its certificate names it.
    #[schema(max_length = 64)]
    pub terminal: String,
}

/// A filing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsFiling {
    /// Who made it.
    pub account: String,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// When it was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_in_at: Option<String>,
    /// Identifier.
    pub id: String,
    /// What for.
    #[schema(pattern = "^(first_use|line_change|another_pc)$")]
    pub kind: String,
    /// The line.
    #[schema(pattern = "^(ip_vpn|ipsec_ike)$")]
    pub line: String,
    /// When it was made.
    pub made_at: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From which day on.
    pub starts_on: String,
    /// How far it is.
    #[schema(pattern = "^(made|handed_in|accepted|refused)$")]
    pub state: String,
    /// The review body.
    pub tenant: String,
    /// Its name for people.
    pub tenant_name: Text,
    /// The PC.
    pub terminal: String,
}

/// Answer of `GET /v1/claims/filings`: the facility's filings, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsFilings {
    /// The filings.
    pub filings: Vec<ClaimsFiling>,
}

/// Body of `POST /v1/claims/uploads`: a file that is about to come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaimsUpload {
    /// The accepted submission whose refused claims it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// The file's name, for people; what it is, its contents say.
    #[schema(max_length = 120)]
    pub file_name: String,
    /// Its size, where it is known: one that is too large is refused before it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsUpload {
    /// Who sends it.
    pub account: String,
    /// The submission whose refused claims it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// The file's name.
    pub file_name: String,
    /// Identifier.
    pub id: String,
    /// Bytes one request may bring.
    pub most_bytes: u64,
    /// Bytes that are on the disk: the next one to send.
    pub offset: u64,
    /// When it began.
    pub started_at: String,
    /// What became of it, once it was whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<String>,
}

/// Body of `POST /v1/claims/uploads/{id}/end`: the file is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimsUploadEnd {
    /// SHA-256 of the whole file, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
}
