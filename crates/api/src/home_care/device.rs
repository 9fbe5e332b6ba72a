//! Messages of the home listener: what an app, or the client in this product, asks with a device's key (`proof`). They carry no insurance
//! data to a device; their `Debug` shows nobody's data.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::proof::PublicKey;
use crate::card::{AnswerOfPatient, CertificateWorth, Presence};

/// Answer of `GET /v1/home/addresses/{id}`: whose address it is. Everybody who has the address may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeFacility {
    /// For which care.
    #[schema(pattern = "^(home_visit|remote_care)$")]
    pub care: String,
    /// The center's name; a client has nothing signed for another.
    pub center: String,
    /// The facility's institution code; a client has nothing signed for another.
    #[schema(pattern = "^[0-9]{10}$")]
    pub facility: String,
    /// Its name, to show before anything is read.
    pub name: String,
}

/// Body of `POST /v1/home/devices`, signed by the key that is to be known.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRegistration {
    /// With a code the device is bound to the facility; without one it is a patient's own, known for a day, and takes the PIN alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<DeviceActivation>,
    /// The identifier in the facility's address.
    #[schema(max_length = 26)]
    pub address: String,
    /// The device's key.
    pub key: PublicKey,
}

impl fmt::Debug for DeviceRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceRegistration({}, …)", self.address)
    }
}

/// The code and for whom it was issued.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceActivation {
    /// The account the code was issued for.
    #[schema(max_length = 32)]
    pub account: String,
    /// Twelve digits; blanks and hyphens between them mean nothing.
    #[schema(max_length = 20)]
    pub code: String,
}

impl fmt::Debug for DeviceActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceActivation(…)")
    }
}

/// Answer of `POST /v1/home/devices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredDevice {
    /// Whose it is; absent of a patient's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its identifier, the `kid` of its proofs.
    #[schema(format = "uuid")]
    pub id: String,
    /// What staff call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// When it is known no more, RFC 3339; absent of a bound one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Whether staff may confirm the holder of a card by eye there.
    pub visual: bool,
}

/// Body of `POST /v1/home/card-challenges`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeChallengeRequest {
    /// The identifier in the facility's address.
    #[schema(max_length = 26)]
    pub address: String,
}

/// Body of `POST /v1/home/card-checks`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeCardCheckRequest {
    /// The identifier in the facility's address.
    #[schema(max_length = 26)]
    pub address: String,
    /// The card's certificate for user authentication, DER in base64.
    #[schema(max_length = 8192)]
    pub certificate: String,
    /// Identifier of the challenge that was signed.
    #[schema(format = "uuid")]
    pub challenge: String,
    /// The eight characters a page shows that waits for this device; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 9)]
    pub join: Option<String>,
    /// How the holder was identified: `pin`, or `visual` at a device that was activated for it.
    #[schema(pattern = "^(pin|visual)$")]
    pub method: String,
    /// The card's signature of the challenge's text (PKCS#1 v1.5, SHA-256), in base64.
    #[schema(max_length = 1024)]
    pub signature: String,
}

impl fmt::Debug for HomeCardCheckRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeCardCheckRequest({}, …)", self.challenge)
    }
}

/// Answer of `POST /v1/home/card-checks`: what the next screen needs, and nothing of the insurance.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeCardCheck {
    /// Whether consent to the care is asked, beside `questions`.
    pub asks_home_care: bool,
    /// What the card's certificate is worth.
    pub certificate: CertificateWorth,
    /// The check's identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// The holder's name in full.
    pub name: String,
    /// For the answers; absent when nothing is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// What to ask, in order.
    pub questions: Vec<String>,
    /// The verdict, 1 to 6.
    pub verdict: u8,
}

impl fmt::Debug for HomeCardCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeCardCheck({}, …)", self.id)
    }
}

/// Body of `POST /v1/home/card-checks/{id}/answers`. What is left out of `answers` is "no"; without `home_care` the questions close without
/// answers.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeAnswers {
    /// The answers, in any order.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub answers: Vec<AnswerOfPatient>,
    /// Whether the patient agrees that the facility cares for them at home or from afar: `yes` lasts, with all that is agreed to beside it,
    /// until it is withdrawn; with `no` the other answers hold for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(yes|no)$")]
    pub home_care: Option<String>,
    /// The presence token.
    #[schema(max_length = 64)]
    pub token: String,
}

impl fmt::Debug for HomeAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeAnswers({}, …)", self.answers.len())
    }
}

/// Answer of `POST /v1/home/consents/{id}/checks`: eligibility at a later visit, without the card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeCheckedAgain {
    /// When it was asked, RFC 3339.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The check's identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// The patient's name.
    pub name: String,
    /// The verdict, 1 to 6.
    pub verdict: u8,
}

impl fmt::Debug for HomeCheckedAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeCheckedAgain({}, …)", self.id)
    }
}
