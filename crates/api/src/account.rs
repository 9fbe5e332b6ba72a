//! Messages of account management (G04). Their `Debug` shows no password.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::MemberError;

/// One account as `GET /v1/accounts` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Account {
    /// Of a medical viewer: the right to ambulance mode (救急時閲覧権限).
    #[serde(default)]
    pub ambulance: bool,
    /// Of a designated person: who designated them (G01).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub designated_by: Option<String>,
    /// Of a designated person: their work, where it is said. Of a medical viewer without a profession: what was typed while this was one
    /// free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub designation: Option<String>,
    /// Name to show.
    pub display_name: String,
    /// Identifier within the facility.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub id: String,
    /// Kind.
    #[schema(pattern = "^(master|administrator|general|medical_viewer|link_app|web_api|reader)$")]
    pub kind: String,
    /// True while wrong tries make it wait.
    pub locked: bool,
    /// State of its password.
    pub password: crate::session::PasswordState,
    /// As what a medical viewer looks at medical information; missing where the account was made before this was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(physician|dentist|pharmacist|designated)$")]
    pub profession: Option<String>,
    /// `active` or `disabled`.
    #[schema(pattern = "^(active|disabled)$")]
    pub state: String,
    /// Changes when the account is edited: the `ETag` to give as `If-Match`, without its quotes.
    #[schema(pattern = "^[0-9a-f]{16}$")]
    pub version: String,
}

/// Answer of `GET /v1/accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accounts {
    /// The accounts the caller manages, by kind and identifier.
    pub accounts: Vec<Account>,
    /// Sign-ins of these accounts within the last 31 days that something was unusual about, the newest first, at most 50.
    #[serde(default)]
    pub unusual_sign_ins: Vec<UnusualSignIn>,
}

/// A sign-in that something was unusual about, as the account's manager is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnusualSignIn {
    /// Identifier of the account.
    pub account: String,
    /// When, RFC 3339.
    pub at: String,
    /// Name of the PC, as its certificate says it.
    pub terminal: String,
    /// What is unusual: `new_certificate`, `hour`, `failures`.
    pub unusual: Vec<String>,
}

/// Body of `POST /v1/accounts`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Of a medical viewer: the right to ambulance mode (救急時閲覧権限).
    #[serde(default)]
    pub ambulance: bool,
    /// Who designated a designated person; needed there, and there alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub designated_by: Option<String>,
    /// Work of a designated person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub designation: Option<String>,
    /// Name to show, up to 60 characters.
    #[schema(min_length = 1, max_length = 60)]
    pub display_name: String,
    /// Identifier: 1 to 32 letters, digits, `.`, `_`, `-`.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub id: String,
    /// Kind: one that the caller manages.
    #[schema(pattern = "^(administrator|general|medical_viewer|link_app|web_api|reader)$")]
    pub kind: String,
    /// First password; a person changes it at the first sign-in.
    #[schema(min_length = 8, max_length = 20, format = Password)]
    pub password: String,
    /// As what a medical viewer looks at medical information; needed there, and there alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(physician|dentist|pharmacist|designated)$")]
    pub profession: Option<String>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAccount({}, …)", self.id)
    }
}

/// Body of `PATCH /v1/accounts/{id}`: only what is given changes.
#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChange {
    /// The right of a medical viewer to ambulance mode (救急時閲覧権限).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ambulance: Option<bool>,
    /// Who designated a designated person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub designated_by: Option<String>,
    /// New work of a designated person; an empty one removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub designation: Option<String>,
    /// New name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 60)]
    pub display_name: Option<String>,
    /// A password set by the manager; the person changes it at the next sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 8, max_length = 20, format = Password)]
    pub password: Option<String>,
    /// As what a medical viewer looks at medical information; another than `designated` takes designation and designator away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(physician|dentist|pharmacist|designated)$")]
    pub profession: Option<String>,
    /// `active` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(active|disabled)$")]
    pub state: Option<String>,
}

impl fmt::Debug for AccountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountChange(…)")
    }
}

/// Answer of `POST /v1/accounts/import`: a report for every line; accounts are made only when no line is wrong
/// (status 200), otherwise none is (422). What is wrong with the
/// file as a whole stands at its line, with the member `file` or `header`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// True when all accounts were made.
    pub done: bool,
    /// One report per data line of the file.
    pub lines: Vec<ImportLine>,
}

/// The report of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportLine {
    /// What is wrong; empty when nothing is.
    pub errors: Vec<MemberError>,
    /// Identifier as given, cut to 32 characters; empty when the line has none.
    pub id: String,
    /// Line of the file, from 1.
    #[schema(minimum = 1)]
    pub line: u32,
}
