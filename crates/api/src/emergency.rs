//! Messages of the three modes (G28): what is open, searches without a card, openings, checks in an outage, reports. Each mode has paths of
//! its own, so that none is taken for another. Those about a person say nothing in `Debug`.

pub mod asked;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::check::Answer;

/// An emergency window that is open for the facility now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenWindow {
    /// Since when it is open, RFC 3339.
    #[schema(format = DateTime)]
    pub from: String,
    /// Identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// `disaster` or `outage`.
    #[schema(pattern = "^(disaster|outage)$")]
    pub mode: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// The first instant at which it is open no more, RFC 3339.
    #[schema(format = DateTime)]
    pub until: String,
}

/// Answer of `GET /v1/emergency/state`: what is open for the facility of the certificate. Of several windows of a mode the one that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EmergencyState {
    /// Whether the facility takes part in ambulance mode; whether an account may use it, it asks for itself.
    pub ambulance: bool,
    /// The instant it was read, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Whether the facility used a window that is over and has not reported on it (利用報告); absent from older centers.
    #[serde(default)]
    pub report_owed: bool,
    /// At most one of each mode.
    pub windows: Vec<OpenWindow>,
}

/// A search for a person without their card: by insurance data where an insurer number is given, else by name, birth date, sex and
/// address. Blank members were not given.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"birth_date": "1970-01-02", "name": "資格 太郎", "sex": "1"}))]
pub struct PersonSearch {
    /// Address, or a part of it beyond the municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub address: Option<String>,
    /// Birth date, `yyyy-MM-dd`.
    pub birth_date: String,
    /// Branch number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Insurer number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    pub insurer_number: Option<String>,
    /// Reading of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub kana: Option<String>,
    /// Name as written, or in kana.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub number: Option<String>,
    /// Sex: `1` male, `2` female; must with a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[12]$")]
    pub sex: Option<String>,
    /// Symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub symbol: Option<String>,
}

/// Body of `POST /v1/emergency/ambulance/searches`: a check of the patient's card made here in the last 24 hours, or a search where the center allows it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"card_check": "019aae5e-0000-7000-8000-000000000001"}))]
pub struct AmbulanceSearch {
    /// The check's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub card_check: Option<String>,
    /// Data, where there is no card.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::object::maybe"
    )]
    pub person: Option<PersonSearch>,
}

/// The one person who was found, for staff to compare with the patient.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FoundPerson {
    /// Date of birth.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Name.
    pub name: String,
    /// The search, for an opening or a check.
    #[schema(format = "uuid")]
    pub search: String,
    /// Sex: its code.
    pub sex: String,
    /// Until when it may be opened, RFC 3339.
    #[schema(format = DateTime)]
    pub until: String,
}

/// What a search came to: one person, one more item, or nobody. How many others fit is never said.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SearchOutcome {
    /// The person, of `one`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<FoundPerson>,
    /// The item that would tell more, of `one_more`: `address`, `name`, `kana`, `insurance` or `branch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(address|name|kana|insurance|branch)$")]
    pub item: Option<String>,
    /// `one`, `one_more` or `nobody`.
    #[schema(pattern = "^(one|one_more|nobody)$")]
    pub outcome: String,
}

/// Body of `POST /v1/emergency/disaster/openings` and `POST /v1/emergency/ambulance/openings`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"consent": "oral", "search": "019aae5e-0000-7000-8000-000000000001"}))]
pub struct NewOpening {
    /// `oral` (口頭同意あり) or `unobtainable` (同意取得困難).
    #[schema(pattern = "^(oral|unobtainable)$")]
    pub consent: String,
    /// The search that found the person.
    #[schema(format = "uuid")]
    pub search: String,
}

/// What was opened.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Opening {
    /// Eligibility today; absent where a check of the card answered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Answer>,
    /// What the patient is called in `/v1/medical/patients/{id}`.
    #[schema(format = "uuid")]
    pub id: String,
    /// The first instant at which it is open no more, RFC 3339.
    #[schema(format = DateTime)]
    pub until: String,
}

/// Body of `POST /v1/emergency/disaster/checks`: nothing is opened with it, so no consent is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"search": "019aae5e-0000-7000-8000-000000000001"}))]
pub struct NewDisasterCheck {
    /// The search that found the person.
    #[schema(format = "uuid")]
    pub search: String,
}

/// Answer of `POST /v1/emergency/disaster/checks`: eligibility alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DisasterCheck {
    /// Eligibility today; of a search that was answered before, the same again.
    pub check: Answer,
}

/// Answer of `POST /v1/emergency/outage-checks`: eligibility alone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OutageCheck {
    /// Eligibility today, of `one`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Answer>,
    /// The item that would tell more, of `one_more`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(address|name|kana|insurance|branch)$")]
    pub item: Option<String>,
    /// `one`, `one_more` or `nobody`.
    #[schema(pattern = "^(one|one_more|nobody)$")]
    pub outcome: String,
}

/// Answer of `GET /v1/emergency/ambulance`: whether the account that asks may use ambulance mode now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AmbulanceAccess {
    /// Whether a person may be searched by data, too.
    pub by_data: bool,
    /// What is missing first: `kind`, `listing`, `setting`, `right` or `factor`; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(kind|listing|setting|right|factor)$")]
    pub missing: Option<String>,
    /// By which second factor the account proved itself in this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved_by: Option<String>,
}

/// One thing done under a window, for review.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsageLine {
    /// The account.
    pub account: String,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// `search`, `opening`, `look` or `check`.
    #[schema(pattern = "^(search|opening|look|check)$")]
    pub deed: String,
    /// What it came to, with which consent, in what way: a code of the deed.
    pub detail: String,
    /// The patient's name, to the facility alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a facility did under a window, and its report (利用報告).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WindowUsage {
    /// The facility.
    pub facility: String,
    /// What was done, the newest first; in a list of windows the newest of it, or none.
    pub lines: Vec<UsageLine>,
    /// How much was opened, in a list of windows; absent from older centers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openings: Option<u64>,
    /// The report, once it was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<FiledReport>,
    /// How many searches were made, in a list of windows; absent from older centers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searches: Option<u64>,
    /// The window.
    pub window: OpenWindow,
}

/// A report as it was filed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FiledReport {
    /// The account.
    pub account: String,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Its text.
    pub text: String,
}

/// Query of `GET /v1/emergency/reports`. Without members, as older terminals ask, the first page comes with the newest 500 lines of its windows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportsQuery {
    /// `next` of the page before.
    pub after: Option<String>,
    /// `none`: the windows alone.
    pub lines: Option<String>,
    /// This window alone, with its newest 500 lines; whatever else is asked for counts no more.
    pub window: Option<String>,
}

/// Answer of `GET /v1/emergency/reports`: windows under which the facility did something, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EmergencyReports {
    /// The mark of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub next: Option<String>,
    /// Those windows.
    pub windows: Vec<WindowUsage>,
}

/// Body of `POST /v1/emergency/reports`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// What was done and why, without names: 1 to 2000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// The window.
    #[schema(format = "uuid")]
    pub window: String,
}

// All of them are about a patient.
macro_rules! says_nothing {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

says_nothing!(
    PersonSearch,
    AmbulanceSearch,
    FoundPerson,
    SearchOutcome,
    Opening,
    DisasterCheck,
    OutageCheck,
    UsageLine,
    WindowUsage
);
