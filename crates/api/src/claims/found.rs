//! A page of the claims of which something was found, with what the checks found in the file altogether. Quotes of a claim nothing but its place.

use serde::{Deserialize, Serialize};

use super::submission::{ClaimsFinding, ClaimsResult};
use crate::problem::Text;

/// Answer of `GET /v1/claims/submissions/{id}/claims`: some claims of which something was found, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsFound {
    /// The claims of this page.
    pub claims: Vec<ClaimFound>,
    /// What was found of the file and of no claim of it: the first 100, whatever is asked for.
    pub file: Vec<ClaimsFinding>,
    /// The claim the next page begins with; absent behind the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// The claim the page before begins with; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    /// Every rule that found something in the file, whatever is asked for: those that refuse first, each by how often it did.
    pub rules: Vec<ClaimsRuleFound>,
}

/// A claim of which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimFound {
    /// What became of it, with what is proposed.
    pub claim: ClaimsResult,
    /// What was found of it and is asked for: the first 20.
    pub findings: Vec<ClaimsFinding>,
    /// How many more there are.
    pub more: u32,
}

/// How often a rule found something in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimsRuleFound {
    /// Claims it found something in; none where it is about the file.
    pub claims: u32,
    /// Findings.
    pub findings: u32,
    /// How well the rule is known: `A`, `B` or `C`; absent of our own rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// The rule's name; ours, never a review body's number.
    pub rule: String,
    /// What it refuses: `file`, `claim` or nothing (`warning`).
    #[schema(pattern = "^(file|claim|warning)$")]
    pub severity: String,
    /// Reason and remedy.
    pub text: Text,
}

/// What a page is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClaimsWeight {
    /// Whatever was found.
    #[default]
    All,
    /// What refuses the file or a claim (エラー).
    Refusals,
    /// What is to be looked at (要確認).
    Notes,
}

impl ClaimsWeight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::Refusals, Self::Notes];

    /// The name in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Refusals => "refusals",
            Self::Notes => "notes",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Whether a finding of this severity is asked for.
    #[must_use]
    pub fn holds(self, severity: &str) -> bool {
        match self {
            Self::All => true,
            Self::Refusals => severity != "warning",
            Self::Notes => severity == "warning",
        }
    }
}

/// Where a page begins and what it shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimsPageAsked {
    /// The claim it begins with, or the next of which something is asked for.
    pub from: u32,
    /// How heavy.
    pub weight: ClaimsWeight,
    /// Of one rule alone.
    pub rule: Option<String>,
}
