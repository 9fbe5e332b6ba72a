//! Messages of sign-in, sign-out and password change. Their `Debug` shows no password and no token.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/sessions`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Account identifier.
    #[schema(max_length = 32)]
    pub account: String,
    /// Ends an earlier session of the same person instead of asking.
    #[serde(default)]
    pub force: bool,
    /// Password.
    #[schema(max_length = 64)]
    pub password: String,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignIn({}, …)", self.account)
    }
}

/// Answer of `POST /v1/sessions`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Session {
    /// Who signed in.
    pub account: SessionAccount,
    /// The facility of certificate and account.
    pub facility: SessionFacility,
    /// Minutes without a request after which a person's session ends; hours of life for a machine's, in minutes.
    pub ends_after_min: u32,
    /// How far the session is open: `full`, `prove` (the second factor first) or `enrol` (a second factor must be added first).
    #[serde(default = "full")]
    #[schema(pattern = "^(full|prove|enrol)$")]
    pub entry: String,
    /// State of the password.
    pub password: PasswordState,
    /// Bearer token, valid only with the certificate it was opened with.
    pub token: String,
}

/// A center of before second factors opens every session fully.
fn full() -> String {
    "full".into()
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, …)", self.account.id)
    }
}

/// The account of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionAccount {
    /// Name to show.
    pub display_name: String,
    /// Identifier.
    pub id: String,
    /// Kind: `master`, `administrator`, `general`, `medical_viewer`, `link_app`, `web_api` or `reader`.
    pub kind: String,
}

/// The facility of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionFacility {
    /// Ten-digit institution code.
    pub code: String,
    /// Kind: `medical`, `dental`, `pharmacy` or `home_nursing`.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// State of a password (G02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PasswordState {
    /// True when nothing but a password change is possible.
    pub change_needed: bool,
    /// Last day it is good for; absent when it never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// When it was set, RFC 3339.
    pub set_at: String,
}

/// Body of `PUT /v1/accounts/me/password`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The new password (新パスワード).
    #[schema(max_length = 64)]
    pub new_password: String,
    /// The present password (旧パスワード).
    #[schema(max_length = 64)]
    pub old_password: String,
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}
