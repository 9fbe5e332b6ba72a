//! Messages of bulk orders for pages: how far an order is. What it asks and what is answered are files.

use serde::{Deserialize, Serialize};

/// A bulk order, as its facility sees it. Says nothing of any patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulkOrder {
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub accepted_at: String,
    /// The account that gave it.
    pub account: String,
    /// Lines that have a result.
    pub done: u32,
    /// How often its results may still be fetched.
    pub downloads_left: u32,
    /// Lines whose result is an error.
    pub errors: u32,
    /// Why it came to nothing as a whole: `too_many` people fit a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Until when its results are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<String>,
    /// What it asks for.
    #[schema(pattern = "^(checks|reference_numbers|medical_aid|home_visits|remote_care)$")]
    pub kind: String,
    /// All its lines; of a list 0 until its people are found.
    pub lines: u32,
    /// The number it is asked for by (受付番号).
    #[schema(pattern = "^R[0-9]{16}$")]
    pub reception_number: String,
    /// How far it is.
    #[schema(pattern = "^(listing|open|done|failed|expired)$")]
    pub state: String,
    /// The day asked about.
    #[schema(format = Date)]
    pub visit_date: String,
}

/// Answer of `GET /v1/bulk-checks`: the facility's orders, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulkOrders {
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^R[0-9]{16}$")]
    pub next: Option<String>,
    /// 50 of them at most.
    pub orders: Vec<BulkOrder>,
}
