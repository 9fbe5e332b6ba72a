//! Messages of the history of checks (G15). Search terms travel in bodies, never in URLs.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/checks/search` and `POST /v1/checks/export`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Account that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// First day, in Japan, on which the check was made; 30 days back when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Part of a name or of its kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `page`, `shell`, `file` or `web_api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Verdict, 1-6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<u8>,
}

impl core::fmt::Debug for Search {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Search(…)")
    }
}

/// One check in a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    /// Account that asked.
    pub account: String,
    /// When it was answered, RFC 3339.
    pub at: String,
    /// The check's identifier.
    pub check_id: String,
    /// Insurer number asked about.
    pub insurer_number: String,
    /// Name answered, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `page`, `shell`, `file` or `web_api`, as the client stated.
    pub origin: String,
    /// Verdict, 1-6.
    pub verdict: u8,
    /// The day asked about.
    pub visit_date: String,
}

impl core::fmt::Debug for HistoryEntry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HistoryEntry({}, …)", self.check_id)
    }
}

/// A page of checks, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct History {
    /// The checks.
    pub checks: Vec<HistoryEntry>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
