//! Message about the screen lock of a terminal (G17). The lock itself is the terminal's; the center only records.

use serde::{Deserialize, Serialize};

/// Body of `PUT /v1/screen-locks/current`: how the lock of the caller's terminal is to work from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenLockReport {
    /// `full`, or how far it is weakened: `until_next_start`, `not_started_by_itself`, `removed` or `no_password`.
    #[schema(pattern = "^(full|until_next_start|not_started_by_itself|removed|no_password)$")]
    pub state: String,
}
