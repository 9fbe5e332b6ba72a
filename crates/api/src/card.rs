//! Messages of a check by card (contracts §4): challenge, check, presence, answers, delivery. Their `Debug` shows no card's data.

use core::fmt;

use domain::card_challenge::{CenterName, ChallengeText, NotToBeSigned};
use domain::institution_code::InstitutionCode;
use serde::{Deserialize, Serialize};

use crate::check::{Answer, SpecifiedDisease};

/// Answer of `POST /v1/card-challenges`. The body asked with is `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Challenge {
    /// The center's name; a client has nothing signed for another.
    pub center: String,
    /// When it may be answered no more, RFC 3339.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// The facility's institution code; a client has nothing signed for another.
    #[schema(pattern = "^[0-9]{10}$")]
    pub facility: String,
    /// Its identifier, a UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// When it was made, RFC 3339 in UTC with microseconds: the fifth line that is signed.
    #[schema(format = DateTime)]
    pub issued_at: String,
    /// 32 random bytes in base64url: the fourth line that is signed.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    pub nonce: String,
}

impl Challenge {
    /// What the card is to sign, if the challenge names this center and this facility.
    ///
    /// # Errors
    /// [`NotToBeSigned`].
    pub fn text(
        &self,
        center: &CenterName,
        facility: InstitutionCode,
    ) -> Result<ChallengeText, NotToBeSigned> {
        let named = (
            self.center.as_str(),
            self.facility.as_str(),
            self.nonce.as_str(),
            self.issued_at.as_str(),
        );
        ChallengeText::of_own(center, facility, named)
    }
}

/// Body of `POST /v1/card-challenges`: nothing is said but that one is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {}

/// Body of `POST /v1/card-checks`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardCheckRequest {
    /// The card's certificate for user authentication, DER in base64.
    #[schema(max_length = 8192)]
    pub certificate: String,
    /// Identifier of the challenge that was signed.
    #[schema(format = "uuid")]
    pub challenge: String,
    /// How the holder was identified: `pin`, `visual` or `face`. What the center makes of it depends on the reader.
    #[schema(pattern = "^(pin|visual|face)$")]
    pub method: String,
    /// The card's signature of the challenge's text (PKCS#1 v1.5, SHA-256), in base64.
    #[schema(max_length = 1024)]
    pub signature: String,
    /// The day asked about, `yyyy-MM-dd`; today in Japan when absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(\\s*|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]
    pub visit_date: Option<String>,
}

impl fmt::Debug for CardCheckRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardCheckRequest({}, …)", self.challenge)
    }
}

/// What the card's certificate is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CertificateWorth {
    /// Its last day.
    #[schema(format = Date)]
    pub expires_on: String,
    /// `valid`, `about_to_expire` (three months before) or `eligibility_only` (expired up to three months ago).
    #[schema(pattern = "^(valid|about_to_expire|eligibility_only)$")]
    pub state: String,
    /// What holds it: `card` or `phone`.
    #[schema(pattern = "^(card|phone)$")]
    pub token: String,
}

/// Proof that the card is still where it was checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Presence {
    /// When it ends unless it is renewed, RFC 3339.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// To be shown with a renewal and with the answers; good with the session and certificate that made the check only.
    pub token: String,
}

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presence(until {}, …)", self.expires_at)
    }
}

/// Answer of `POST /v1/card-checks`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CardCheck {
    /// What the card's certificate is worth.
    pub certificate: CertificateWorth,
    /// The check, as one by number is answered, with its receipt.
    pub check: Answer,
    /// How the holder was identified.
    #[schema(pattern = "^(pin|visual|face)$")]
    pub method: String,
    /// The holder's name in full, to show at the reader.
    pub name: String,
    /// For the answers; absent when nothing is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// What to ask, in order.
    pub questions: Vec<String>,
    /// The reader: its account, or `pc:` and the name of the terminal.
    pub reader: String,
    /// The staff account that confirmed this one check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<String>,
}

impl fmt::Debug for CardCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardCheck({:?}, …)", self.check)
    }
}

/// Body of `POST /v1/card-checks/{id}/presence`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceRenewal {
    /// The presence token.
    #[schema(max_length = 64)]
    pub token: String,
}

impl fmt::Debug for PresenceRenewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresenceRenewal(…)")
    }
}

/// What was answered to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerOfPatient {
    /// `yes`, `no`, `electronic`, `paper` or `unknown`, as the question allows.
    #[schema(pattern = "^(yes|no|electronic|paper|unknown)$")]
    pub answer: String,
    /// One of the questions asked.
    #[schema(
        pattern = "^(specified_disease|medical_subsidy|surgery|treatment_and_drugs|drugs|checkups|prescription_issue|prescription_submit)$"
    )]
    pub question: String,
}

impl fmt::Debug for AnswerOfPatient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerOfPatient({}, …)", self.question)
    }
}

/// Body of `POST /v1/card-checks/{id}/answers`. What is left out is "no"; an empty list closes the questions without consents.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The answers, in any order.
    #[schema(max_items = 8)]
    pub answers: Vec<AnswerOfPatient>,
    /// The presence token.
    #[schema(max_length = 64)]
    pub token: String,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({}, …)", self.answers.len())
    }
}

/// One answer as it is recorded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Consent {
    /// The answer.
    #[schema(pattern = "^(yes|no|electronic|paper|unknown)$")]
    pub answer: String,
    /// When it was given, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// The question.
    pub question: String,
    /// Until when it counts, RFC 3339.
    #[schema(format = DateTime)]
    pub valid_until: String,
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Consent({}, …)", self.question)
    }
}

/// Answer of `POST /v1/card-checks/{id}/answers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Consents {
    /// One for each question that was answered or counts as "no"; empty when the questions were closed.
    pub consents: Vec<Consent>,
    /// Until when they count: 24 hours for an outpatient. Absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub valid_until: Option<String>,
}

/// Answer of `GET /v1/card-checks/{id}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CardCheckRecord {
    /// The account that made the check.
    pub account: String,
    /// What the card's certificate was worth.
    pub certificate: CertificateWorth,
    /// The check.
    pub check: Answer,
    /// When the questions were closed, RFC 3339; absent while they are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub closed_at: Option<String>,
    /// The recorded answers.
    pub consents: Vec<Consent>,
    /// How the holder was identified.
    #[schema(pattern = "^(pin|visual|face)$")]
    pub method: String,
    /// What was asked, in order.
    pub questions: Vec<String>,
    /// The reader: its account, or `pc:` and the name of the terminal.
    pub reader: String,
    /// The staff account that confirmed this one check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<String>,
    /// The specified-disease certificates that count on the day, where the patient provides them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specified_diseases: Vec<SpecifiedDisease>,
    /// `open`, `answered` or `closed_without_answers`.
    #[schema(pattern = "^(open|answered|closed_without_answers)$")]
    pub state: String,
    /// Who vouches for the method: the `card` itself, the `reader` that names it, or `staff`.
    #[schema(pattern = "^(card|reader|staff)$")]
    pub vouched_by: String,
    /// The kinds of medical information whose consent was withdrawn since: an answer "yes" about them counts no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
}

impl fmt::Debug for CardCheckRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardCheckRecord({:?}, {}, …)", self.check, self.state)
    }
}
