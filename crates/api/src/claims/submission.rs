//! Messages about submissions of claims: how far each is, what its checks found, what is proposed. Quotes of a claim nothing but its place.

use serde::{Deserialize, Serialize};

use super::ClaimsUpload;
use crate::problem::Text;

/// A submission (送信).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsSubmission {
    /// Who sent it.
    pub account: String,
    /// When it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// The month of the claims' sending, as the file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_month: Option<String>,
    /// Claims of the file.
    pub claims: u32,
    /// The submission that hands in corrected what was refused of it; only where one submission is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<String>,
    /// The submission whose refused claims it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// When it was accepted or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The file's name.
    pub file_name: String,
    /// Findings of the checks.
    pub findings: u32,
    /// What was done with it, in order; only where one submission is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ClaimsStep>,
    /// Identifier.
    pub id: String,
    /// Whether the time in which it could be accepted is over; only where one submission is asked for.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub is_over: bool,
    /// Kind of facility, as the file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The number people call it by (受付番号).
    #[schema(pattern = "^S[0-9]{12,}$")]
    pub number: String,
    /// Points of the claims that are not refused.
    pub points: u64,
    /// Claims that are refused.
    pub refused: u32,
    /// When it was whole.
    pub sent_at: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// How far it is.
    #[schema(pattern = "^(checking|refused|checked|accepted|withdrawn)$")]
    pub state: String,
    /// Claims that were claimed, once it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u32>,
    /// Their points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_points: Option<u64>,
    /// Claims that are to be looked at.
    pub to_confirm: u32,
}

/// A step of a submission's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsStep {
    /// Who; absent where the center did it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// When.
    pub at: String,
    /// Which file or number.
    pub detail: String,
    /// What.
    #[schema(pattern = "^(sent|checked|refused|accepted|withdrawn|corrected|fetched)$")]
    pub step: String,
}

/// Answer of `GET /v1/claims/submissions`: a page of them, the newest first, and the files still on their way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsSubmissions {
    /// `after` of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// 100 at most.
    pub submissions: Vec<ClaimsSubmission>,
    /// Files on their way.
    pub uploads: Vec<ClaimsUpload>,
}

/// Something the checks found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsFinding {
    /// The claim, counted from 1; absent where the file as a whole is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<u32>,
    /// The days it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<u8>,
    /// The field, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Text>,
    /// How well the rule is known: `A`, `B` or `C`; absent of our own rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// The line of the file; absent where no line is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The field's position, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// The two letters of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The rule's name; ours, never a review body's number.
    pub rule: String,
    /// What it refuses: `file`, `claim` or nothing (`warning`).
    #[schema(pattern = "^(file|claim|warning)$")]
    pub severity: String,
    /// Reason and remedy.
    pub text: Text,
}

/// Answer of `GET /v1/claims/submissions/{id}/findings`: a part of the findings, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsFindings {
    /// The findings.
    pub findings: Vec<ClaimsFinding>,
    /// The next part; absent where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// What became of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsResult {
    /// The claim, counted from 1.
    pub claim: u32,
    /// Line of its first record.
    pub line: u64,
    /// The facility's own checks of this insurance in the month, whose receipts were verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ClaimsProof>,
    /// What is proposed, where another coverage held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ClaimsProposal>,
    /// What became of it.
    #[schema(pattern = "^(good|to_confirm|refused)$")]
    pub state: String,
}

/// A check of ours that counts as proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsProof {
    /// The check.
    pub check_id: String,
    /// The day that was asked about.
    pub day: String,
    /// What was answered, 1-6.
    pub verdict: u8,
}

/// What is proposed for a claim: moved as a whole (振替), split by day (分割), or left to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsProposal {
    /// Days on which no coverage is known, or several are and no rule chooses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<u8>,
    /// `move`, `split` or `decide`.
    #[schema(pattern = "^(move|split|decide)$")]
    pub kind: String,
    /// The coverages that held, with their days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ClaimsPart>,
}

/// A coverage that held, as far as a claim names one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsPart {
    /// Branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Days of the month it held on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<u8>,
    /// Insurer number.
    pub insurer_number: String,
    /// Number.
    pub number: String,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

impl core::fmt::Debug for ClaimsPart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ClaimsPart(…)")
    }
}

/// Answer of `GET /v1/claims/submissions/{id}/results`: a part of the claims, in the order of the file. Claims of which nothing is to be
/// told but that they are good are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsResults {
    /// The claims.
    pub claims: Vec<ClaimsResult>,
    /// The next part; absent where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}
