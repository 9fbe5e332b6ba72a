//! Messages of home care and remote care (G32) at the terminal: addresses, activation codes, devices, and with whom care is agreed. Their
//! `Debug` shows no code and nobody's name.

pub mod device;
pub mod proof;

use core::fmt;

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/home-care/addresses`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHomeAddress {
    /// For which care (OQSCD033): `home_visit` or `remote_care`. The address before ends.
    #[schema(pattern = "^(home_visit|remote_care)$")]
    pub care: String,
}

/// An address in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeAddress {
    /// The account that made it.
    pub account: String,
    /// For which care.
    #[schema(pattern = "^(home_visit|remote_care)$")]
    pub care: String,
    /// The identifier in it: random, without a meaning.
    #[schema(pattern = "^[0-9a-hjkmnp-tv-z]{26}$")]
    pub id: String,
    /// When it was made, RFC 3339.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// The whole address, as it stands in the QR code.
    pub url: String,
}

/// Answer of `GET /v1/home-care/addresses`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeAddresses {
    /// One for each care that has one.
    pub addresses: Vec<HomeAddress>,
    /// Whether the center serves the pages that addresses lead to.
    pub served: bool,
}

/// Body of `POST /v1/home-care/activation-codes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewActivationCode {
    /// Whose device it will be: an account of a person. A code that is open for it ends.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: String,
    /// What staff will call the device, up to 40 characters; never a patient's name.
    #[schema(max_length = 40)]
    pub label: String,
    /// Whether staff may confirm the holder of a card by eye there.
    #[serde(default)]
    pub visual: bool,
}

/// Answer of `POST /v1/home-care/activation-codes`: the only time the code is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IssuedActivationCode {
    /// Twelve digits; absent where the request came twice: it was shown the first time, issue another one if it was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{12}$")]
    pub code: Option<String>,
    /// The code as it is listed.
    pub listed: ActivationCodeRecord,
}

impl fmt::Debug for IssuedActivationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedActivationCode({}, …)", self.listed.id)
    }
}

/// A code as it is listed, without its digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActivationCodeRecord {
    /// For whom it was issued.
    pub account: String,
    /// Its identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was issued, RFC 3339.
    #[schema(format = DateTime)]
    pub issued_at: String,
    /// By whom.
    pub issued_by: String,
    /// What the device will be called.
    pub label: String,
    /// `open`, `used`, `invalidated`, `replaced`, `locked` or `expired`.
    #[schema(pattern = "^(open|used|invalidated|replaced|locked|expired)$")]
    pub state: String,
    /// Wrong tries so far; the fifth ends it.
    pub tries: u32,
    /// When it is worth nothing any more, RFC 3339.
    #[schema(format = DateTime)]
    pub valid_until: String,
    /// Whether staff may confirm by eye at the device.
    pub visual: bool,
}

/// Answer of `GET /v1/home-care/activation-codes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActivationCodes {
    /// The newest first.
    pub codes: Vec<ActivationCodeRecord>,
}

/// A bound device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeDevice {
    /// Whose it is.
    pub account: String,
    /// When it was activated, RFC 3339.
    #[schema(format = DateTime)]
    pub activated_at: String,
    /// Its identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// What staff call it.
    pub label: String,
    /// When it was removed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub removed_at: Option<String>,
    /// Whether staff may confirm by eye there.
    pub visual: bool,
}

/// Answer of `GET /v1/home-care/devices`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeDevices {
    /// The newest first.
    pub devices: Vec<HomeDevice>,
}

/// With whom care is agreed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeConsent {
    /// The patient's birth date, `yyyy-MM-dd`: two of them may bear one name. Absent from a center of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    pub birth_date: Option<String>,
    /// For which care.
    #[schema(pattern = "^(home_visit|remote_care)$")]
    pub care: String,
    /// When the last check without the card was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub checked_at: Option<String>,
    /// Since when, RFC 3339.
    #[schema(format = DateTime)]
    pub given_at: String,
    /// What names it: the check by card at which it was agreed.
    #[schema(format = "uuid")]
    pub id: String,
    /// The patient's name in kana, where the insurer sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// What may be seen on the same ground: `drugs`, `treatment`, `surgery`, `checkups`.
    pub kinds: Vec<String>,
    /// The last check without the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub last_check: Option<String>,
    /// The patient's name.
    pub name: String,
    /// The facility's own number for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<String>,
    /// When it ends, RFC 3339; absent where it lasts until it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

impl fmt::Debug for HomeConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeConsent({}, …)", self.id)
    }
}

/// Answer of `GET /v1/home-care/consents` and `GET /v1/home/consents`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeConsents {
    /// Those who agreed last come first.
    pub consents: Vec<HomeConsent>,
}

/// What was agreed with somebody and is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EndedHomeConsent {
    /// For which care: `home_visit` or `remote_care`.
    #[schema(pattern = "^(home_visit|remote_care)$")]
    pub care: String,
    /// The check by card at which it was agreed. Whose it is says `GET /v1/home-care/ended/{id}`, to those who may read the history.
    #[schema(format = "uuid")]
    pub check_id: String,
    /// When it ended, RFC 3339.
    #[schema(format = DateTime)]
    pub ended_at: String,
    /// `withdrawn` by patient or staff, or `expired` by itself (`home.consent_days`).
    #[schema(pattern = "^(withdrawn|expired)$")]
    pub why: String,
}

/// Answer of `GET /v1/home-care/ended/{id}`: whose it was, on record as a look.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EndedHomePatient {
    /// The patient's birth date, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Whether the check at which it was agreed is still in the history: it may have been let go before the consent ended.
    pub check_kept: bool,
    /// What ended.
    pub ended: EndedHomeConsent,
    /// The patient's name in kana, where the insurer sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// The patient's name.
    pub name: String,
    /// The facility's own number for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<String>,
}

impl fmt::Debug for EndedHomePatient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndedHomePatient({}, …)", self.ended.check_id)
    }
}

/// Answer of `GET /v1/home-care/notices`. It names nobody, and looking at it is no look at anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeCareNotices {
    /// Open activation codes that end within three hours.
    pub codes_end_soon: u32,
    /// Consents that end by themselves within 14 days.
    pub consents_end_soon: u32,
    /// What ended in the last 14 days, the newest first, 50 at most.
    pub ended: Vec<EndedHomeConsent>,
}

/// Body of `POST /v1/home-care/consents/{id}/checks` and of the same at a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckAgain {
    /// The day asked about, `yyyy-MM-dd`; today in Japan when absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(\\s*|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]
    pub visit_date: Option<String>,
}

/// Body of `POST /v1/home-care/consents/{id}/withdrawal` and of the same at a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeWithdrawal {
    /// Why (OQSCD031): `facility`, `patient` or `purpose`.
    #[schema(pattern = "^(facility|patient|purpose)$")]
    pub reason: String,
}
