//! Messages of readers (G14, contracts §2): list, state, mode, release. Hold nothing of a patient.

use serde::{Deserialize, Serialize};

/// One reader of the facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reader {
    /// Whether it is enrolled for comparing faces.
    pub face: bool,
    /// Its account, or `pc:` and the name of a terminal.
    pub id: String,
    /// `unattended` (無人運転) or `visual` (目視確認).
    #[schema(pattern = "^(unattended|visual)$")]
    pub mode: String,
    /// Since when, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub mode_since: Option<String>,
    /// Name to show.
    pub name: String,
    /// Identifier of its profile, as the kiosk says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// When it is unattended again by itself, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub returns_at: Option<String>,
    /// True while the patient calls for staff.
    pub staff_called: bool,
    /// `away`, `idle`, `card`, `waiting_for_staff`, `asking` or `trouble`.
    #[schema(pattern = "^(away|idle|card|waiting_for_staff|asking|trouble)$")]
    pub state: String,
    /// Whether it is enrolled with terminal keys, which let a card sign without its PIN.
    pub terminal_keys: bool,
    /// Another number for each visit, as the kiosk says it; a release that names it is for that patient alone.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 0, maximum = 4294967295u32)]
    pub visit: Option<u32>,
}

/// Answer of `GET /v1/readers`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Readers {
    /// The facility's readers, by identifier; a PC's only when it was enrolled as one.
    pub readers: Vec<Reader>,
}

/// Body of `PUT /v1/readers/current/state`: what the reader does now, said at every change and every five minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReaderReport {
    /// Identifier of its profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    pub profile: Option<String>,
    /// True while the patient calls for staff.
    #[serde(default)]
    pub staff_called: bool,
    /// `away`, `idle`, `card`, `waiting_for_staff`, `asking` or `trouble`.
    #[schema(pattern = "^(away|idle|card|waiting_for_staff|asking|trouble)$")]
    pub state: String,
    /// Another number for each visit, so that a visit's end shows even when the reader had no time to say that it was idle.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 0, maximum = 4294967295u32)]
    pub visit: Option<u32>,
}

/// Body of `PUT /v1/readers/{id}/mode`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeChange {
    /// `unattended` or `visual`.
    #[schema(pattern = "^(unattended|visual)$")]
    pub mode: String,
    /// Minutes after which the visual mode ends by itself, 1 to 240; the facility's setting when absent.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 1, maximum = 240)]
    pub return_after_minutes: Option<u16>,
}

/// Body of `POST /v1/releases`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// The reader: an account, or `pc` for the general card reader of the caller's own PC.
    #[schema(max_length = 64)]
    pub reader: String,
    /// The reader's visit that staff saw: a release for a patient who has left since is refused. Absent it is for whoever is there or
    /// comes next.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 0, maximum = 4294967295u32)]
    pub visit: Option<u32>,
}

/// Answer of `POST /v1/releases`: one check at one reader may go on, once, within 120 seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Release {
    /// The staff account that gave it.
    pub account: String,
    /// When it ends unused, RFC 3339.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Its identifier, a UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// The reader.
    pub reader: String,
}
