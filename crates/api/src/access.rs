//! Messages about who gets in (G06): one's own recovery codes, second factors and sign-ins. Their `Debug` shows no code and no secret.

use core::fmt;
use core::num::NonZeroU32;

use serde::{Deserialize, Deserializer, Serialize};

/// Answer of `GET /v1/accounts/me`: what a person is told of their own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnAccount {
    /// When the last passwords were set, RFC 3339, the newest first: five at most, the first is the present one.
    #[serde(default)]
    pub passwords_set_at: Vec<String>,
    /// The recovery codes.
    pub recovery: RecoveryState,
    /// The second factors that count.
    pub second_factors: Vec<SecondFactor>,
    /// The facility's setting: `off`, `offered` or `required`.
    #[schema(pattern = "^(off|offered|required)$")]
    pub second_factor: String,
    /// Unusual sign-ins the person was not shown yet, the newest first.
    pub unusual_sign_ins: Vec<SignInRecord>,
}

/// State of a person's recovery codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecoveryState {
    /// Codes that were not used.
    #[schema(minimum = 0, maximum = 8)]
    pub left: u32,
    /// When they were printed, RFC 3339; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed_at: Option<String>,
    /// `missing`, `outdated` (printed before the password was changed), `few` or `good`.
    #[schema(pattern = "^(missing|outdated|few|good)$")]
    pub standing: String,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SecondFactor {
    /// When it was added, RFC 3339.
    pub added_at: String,
    /// Its identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// `totp` or `passkey`.
    #[schema(pattern = "^(totp|passkey)$")]
    pub kind: String,
    /// What the person calls it.
    pub name: String,
    /// When it was last used, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<String>,
}

/// A sign-in, or a refused try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignInRecord {
    /// When, RFC 3339.
    pub at: String,
    /// First 16 hexadecimal digits of the certificate's SHA-256.
    #[schema(pattern = "^[0-9a-f]{16}$")]
    pub certificate: String,
    /// Its number within the account.
    #[schema(minimum = 1)]
    pub number: i64,
    /// `opened` or `refused`.
    #[schema(pattern = "^(opened|refused)$")]
    pub outcome: String,
    /// What proved, or failed to prove, who it was: `password`, `totp`, `passkey` or `recovery_code`.
    #[schema(pattern = "^(password|totp|passkey|recovery_code)$")]
    pub proved_by: String,
    /// Name of the PC, as its certificate says it.
    pub terminal: String,
    /// What is unusual: `new_certificate`, `hour`, `failures`.
    pub unusual: Vec<String>,
}

/// Answer of `GET /v1/accounts/me/sign-ins`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SignIns {
    /// The newest first, at most 300.
    pub sign_ins: Vec<SignInRecord>,
}

/// Body of `POST /v1/accounts/me/sign-ins/seen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInsSeen {
    /// Number of the newest that was shown.
    #[schema(minimum = 1, maximum = 4294967295u32)]
    #[serde(deserialize_with = "from_one")]
    pub up_to: i64,
}

fn from_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number: NonZeroU32 = crate::whole::number(deserializer)?;
    Ok(number.get().into())
}

/// Body of `POST /v1/accounts/me/recovery-codes`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecoveryCodes {
    /// The present password.
    #[schema(max_length = 64, format = Password)]
    pub password: String,
}

/// Answer of `POST /v1/accounts/me/recovery-codes`: shown once.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    /// The codes, as printed.
    pub codes: Vec<String>,
}

/// Body of `POST /v1/recoveries`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Account identifier: a master's or an administrator's.
    #[schema(max_length = 32)]
    pub account: String,
    /// A recovery code that was not used.
    #[schema(max_length = 64)]
    pub code: String,
    /// The new password.
    #[schema(max_length = 64, format = Password)]
    pub new_password: String,
}

/// Body of `POST /v1/accounts/me/second-factors`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecondFactor {
    /// `totp` or `passkey`.
    #[schema(pattern = "^(totp|passkey)$")]
    pub kind: String,
    /// What the person calls it, up to 60 characters.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// For a passkey: origin of the page that asks the browser for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 120)]
    pub origin: Option<String>,
    /// The present password.
    #[schema(max_length = 64, format = Password)]
    pub password: String,
}

/// Body of `DELETE /v1/accounts/me/second-factors/{id}`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorRemoval {
    /// The present password: whoever finds a page open removes nothing.
    #[schema(max_length = 64, format = Password)]
    pub password: String,
}

impl fmt::Debug for FactorRemoval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorRemoval(…)")
    }
}

/// Answer of `POST /v1/accounts/me/second-factors`: what to bring into the application or the browser. It counts once it is confirmed.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BegunSecondFactor {
    /// Its identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// For a passkey: the options of `navigator.credentials.create`, as JSON in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// For a clock: its secret in base32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// For a clock: the address applications read, `otpauth://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// Body of `PUT /v1/accounts/me/second-factors/{id}`: the first proof.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorConfirmation {
    /// For a clock: the code it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16)]
    pub code: Option<String>,
    /// For a passkey: what the browser made, as JSON in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16384)]
    pub credential: Option<String>,
}

/// Body of `POST /v1/sessions/current/second-factor`: one of the three.
#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactorProof {
    /// The code of a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16)]
    pub code: Option<String>,
    /// What a passkey signed, as JSON in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16384)]
    pub credential: Option<String>,
    /// A recovery code in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub recovery_code: Option<String>,
}

/// Body of `POST /v1/sessions/current/passkey-challenge`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskeyChallenge {
    /// Origin of the page that asks the browser.
    #[schema(max_length = 120)]
    pub origin: String,
}

/// Answer of `POST /v1/sessions/current/passkey-challenge`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PasskeyChallenge {
    /// The options of `navigator.credentials.get`, as JSON in a text.
    pub options: String,
}

macro_rules! hidden {
    ($($name:ident)+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })+
    };
}

// A macro because each of these bodies holds a secret and none may show it; eight alike blocks would hide one that does.
hidden! { NewRecoveryCodes RecoveryCodes Recovery NewSecondFactor BegunSecondFactor FactorConfirmation FactorProof }
