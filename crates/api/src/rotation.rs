//! Messages of the rotation of a system account's secret (G05). Their `Debug` shows no secret.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A system account with its last rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rotation {
    /// The account.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: String,
    /// When it was asked for, RFC 3339; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<String>,
    /// The administrator who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// When it came to its present stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Name of the account to show.
    pub display_name: String,
    /// Kind of the account.
    #[schema(pattern = "^(link_app|web_api|reader)$")]
    pub kind: String,
    /// `none` before the first, else `asked`, `registered`, `done` or `withdrawn`.
    #[schema(pattern = "^(none|asked|registered|done|withdrawn)$")]
    pub stage: String,
}

/// Answer of `GET /v1/rotations`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rotations {
    /// The system accounts the caller manages, by kind and identifier.
    pub rotations: Vec<Rotation>,
}

/// Body of `POST /v1/rotations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRotation {
    /// The system account.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: String,
}

/// Answer of `GET /v1/rotations/current`: the rotation of the machine that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnRotation {
    /// The rotation under way; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub rotation: Option<String>,
}

/// Body of `PUT /v1/rotations/current`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NextSecret {
    /// The next password, by the rule of system accounts: 13 to 20 characters.
    #[schema(max_length = 64, format = Password)]
    pub password: String,
    /// The rotation it is for.
    #[schema(max_length = 36)]
    pub rotation: String,
}

impl fmt::Debug for NextSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextSecret({}, …)", self.rotation)
    }
}
