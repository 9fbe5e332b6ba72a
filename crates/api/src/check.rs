//! Messages of an eligibility check, and the way between them and `domain`. Members stand in alphabetical order: the canonical form.

pub mod answered;
pub mod asked;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::problem::Text;

/// Body of `POST /v1/checks`: the data of an insurance card or prescription.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "birth_date": "1970-01-02", "insurer_number": "06139992", "number": "4567", "symbol": "123", "visit_date": "2026-11-23"
}))]
pub struct CheckRequest {
    /// Birth date, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Branch number, one or two digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// True when the patient agreed that the ceiling is provided.
    #[serde(default)]
    pub ceiling_consent: bool,
    /// Insurer number: eight digits, or six for National Health Insurance, padded or not.
    #[schema(max_length = 32)]
    pub insurer_number: String,
    /// Number, up to 20 characters.
    #[schema(max_length = 20)]
    pub number: String,
    /// Where it is asked: `page`, `shell`, `file` or `web_api`; `web_api` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(page|shell|file|web_api)$")]
    pub origin: Option<String>,
    /// Symbol, up to 20 characters; absent for the elderly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub symbol: Option<String>,
    /// The day asked about, `yyyy-MM-dd`; today in Japan when absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(\\s*|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]
    pub visit_date: Option<String>,
}

impl fmt::Debug for CheckRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckRequest(…)")
    }
}

/// Where a question was asked, as the client states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A page of the terminal.
    Page,
    /// The shell.
    Shell,
    /// A request file of a receipt computer.
    File,
    /// Another system by Web API.
    WebApi,
    /// A card at a reader or a PC. No question by number comes from there.
    Card,
    /// A line of a bulk order.
    Bulk,
    /// Without a card, in a disaster (G28). No question by number comes from there.
    Disaster,
    /// Without a card, while the system is out of order.
    Outage,
    /// Without a card, in ambulance mode.
    Ambulance,
    /// At home or from afar (G32): by card at a device of the patient's or the facility's, or later without it.
    Home,
}

impl Origin {
    /// All origins.
    pub const ALL: [Self; 10] = [
        Self::Page,
        Self::Shell,
        Self::File,
        Self::WebApi,
        Self::Card,
        Self::Bulk,
        Self::Disaster,
        Self::Outage,
        Self::Ambulance,
        Self::Home,
    ];

    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Shell => "shell",
            Self::File => "file",
            Self::WebApi => "web_api",
            Self::Card => "card",
            Self::Bulk => "bulk",
            Self::Disaster => "disaster",
            Self::Outage => "outage",
            Self::Ambulance => "ambulance",
            Self::Home => "home",
        }
    }

    /// The origin of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == name)
    }
}

/// Answer of `POST /v1/checks` and `GET /v1/checks/{id}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Answer {
    /// The instant the data were read, RFC 3339 in UTC with microseconds.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The check's identifier, a UUID.
    #[schema(format = "uuid")]
    pub check_id: String,
    /// Institution code of the facility that asked.
    #[schema(pattern = "^[0-9]{10}$")]
    pub facility: String,
    /// Remarks, such as a wrong check digit of the insurer number.
    pub messages: Vec<Remark>,
    /// Signed receipt: compact JWS, or one shared with other answers and this answer's way to it (contracts §6, docs/receipts.md).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Salt of the receipt's digest, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_salt: Option<String>,
    /// The coverages shown.
    pub results: Vec<CoverageResult>,
    /// Verdict (OQSCD006): 1 valid, 2 not valid, 3 newer exists, 4 not found, 5 several, 6 valid but unregistered.
    #[schema(minimum = 1, maximum = 6)]
    pub verdict: u8,
    /// The day asked about.
    #[schema(format = Date)]
    pub visit_date: String,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, verdict {}, …)", self.check_id, self.verdict)
    }
}

/// Answer of `GET /v1/checks/{id}/receipt`: the receipt alone, which says nothing of the person. Its digest is proven by the
/// whole answer, which holds the salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReceiptAlone {
    /// The check's identifier, a UUID.
    #[schema(format = "uuid")]
    pub check_id: String,
    /// Signed receipt: compact JWS, or one shared with other answers and this answer's way to it (contracts §6, docs/receipts.md).
    pub receipt: String,
}

/// A remark on an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Remark {
    /// Stable code.
    pub code: String,
    /// What it means and what to do.
    pub text: Text,
}

/// One coverage of an answer (interface §2.3). Codes are those of the OQSCD tables, dates `yyyy-MM-dd`; what is not
/// registered is absent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CoverageResult {
    /// Day the coverage began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquired_date: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Birth date.
    pub birth_date: String,
    /// Branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Ceiling certificate of the day, where consent was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Ceiling>,
    /// Whether consent to the ceiling was given.
    pub ceiling_consent: bool,
    /// Kind of card (OQSCD010).
    pub classification: String,
    /// Elderly recipient certificate of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elderly: Option<Elderly>,
    /// The insured person or householder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insured_name: Option<String>,
    /// Insurer's name.
    pub insurer_name: String,
    /// Insurer number: eight digits, or six for National Health Insurance.
    pub insurer_number: String,
    /// Day of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// Name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Other name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana_of_other: Option<String>,
    /// First day without the coverage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_date: Option<String>,
    /// Reason of loss (OQSCD008).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_reason: Option<String>,
    /// Name.
    pub name: String,
    /// Other name in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_of_other: Option<String>,
    /// Number.
    pub number: String,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Below school age (OQSCD015).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preschool: Option<String>,
    /// Share of the cost in percent, where the card states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio_percent: Option<u8>,
    /// The facility's own number for the patient (照会番号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_number: Option<String>,
    /// Insured person or family (OQSCD009).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
    /// Sex (OQSCD007).
    pub sex: String,
    /// Sex shown on the card where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_sex: Option<String>,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Tickets of medical aid that stand for the asking facility in the month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<Ticket>,
    /// First day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl fmt::Debug for CoverageResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoverageResult(…)")
    }
}

/// An elderly recipient certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Elderly {
    /// Day of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// Share of the cost in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio_percent: Option<u8>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// A ceiling certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ceiling {
    /// Income category (OQSCD012).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Day of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// Kind (OQSCD011).
    pub kind: String,
    /// Day from which a long stay counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_term_since: Option<String>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// A specified-disease certificate. No check by number holds one: the patient agrees to it at a reader.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SpecifiedDisease {
    /// The disease (OQSCD013).
    pub disease: String,
    /// Day of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_date: Option<String>,
    /// Most the patient pays in a month, in yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_pay_yen: Option<u32>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl fmt::Debug for SpecifiedDisease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpecifiedDisease(…)")
    }
}

/// A ticket of medical aid (医療券・調剤券, interface §2.3.1).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ticket {
    /// Whether medical aid pays alone (OQSCD020).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combination: Option<String>,
    /// Who answers for the district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district_contact: Option<String>,
    /// Whether medical care for the elderly applies (OQSCD024).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elderly_care: Option<String>,
    /// Code of the designated facility.
    pub facility: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_name: Option<String>,
    /// Who handles the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_contact: Option<String>,
    /// Illnesses, up to three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub illnesses: Vec<String>,
    /// That it contradicts other data (OQSCD022).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inconsistency: Option<String>,
    /// Whether article 37-2 of the infectious diseases act applies (OQSCD023).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infectious_disease: Option<String>,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_number: Option<String>,
    /// Which of the two tickets (OQSCD018).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The month it is for, `yyyy-MM`.
    pub month: String,
    /// Whether the prefecture bears a part (OQSCD025).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefectural_expense: Option<String>,
    /// Code of the facility that issued the prescription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescriber: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescriber_name: Option<String>,
    /// Remarks, up to three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What the patient pays, in yen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_pay_yen: Option<u32>,
    /// Whether there is an employees' insurance (OQSCD021).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_insurance: Option<String>,
    /// What it is for (OQSCD019).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treatment: Option<String>,
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}
