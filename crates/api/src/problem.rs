//! Problem documents (RFC 9457): one stable code per trouble, a text for the clerk and one for the engineer in two languages.

pub mod access;
pub mod bulk;
pub mod card;
pub mod certificate;
pub mod claims;
pub mod emergency;
pub mod home_care;
pub mod medical;
mod rows;

use serde::{Deserialize, Serialize};

use access::AccessTrouble;
use bulk::BulkTrouble;
use card::CardTrouble;
use certificate::CertificateTrouble;
use claims::ClaimsTrouble;
use emergency::EmergencyTrouble;
use home_care::HomeTrouble;
use medical::MedicalTrouble;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A text in Japanese and English.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Text {
    /// From both languages.
    #[must_use]
    pub fn new(ja: &str, en: &str) -> Self {
        Self {
            en: en.into(),
            ja: ja.into(),
        }
    }
}

/// What is wrong with one member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberError {
    /// Stable code, such as `required` or `no_such_day`.
    pub code: String,
    /// The member's name, such as `birth_date`.
    pub member: String,
    /// What is wrong and what to do.
    pub text: Text,
}

impl MemberError {
    /// An error of one member.
    #[must_use]
    pub fn new(member: &str, code: &str, ja: &str, en: &str) -> Self {
        Self {
            code: code.into(),
            member: member.into(),
            text: Text::new(ja, en),
        }
    }
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// What to tell the clerk: what happened and what to do now.
    pub clerk: Text,
    /// The stable code.
    pub code: String,
    /// What to tell the engineer.
    pub engineer: Text,
    /// Errors of members, for `invalid_input` and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<MemberError>,
    /// Of `internal`: `urn:onshi:fault:` and the number under which the center logged what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Seconds after which the request may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The HTTP status.
    pub status: u16,
    /// The title: the engineer's English text.
    pub title: String,
    /// `urn:onshi:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Every trouble the center tells of. The codes are stored by clients: never change one, only add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The body is no JSON of the route's form.
    InvalidJson,
    /// The URL's query is not of the route's form.
    InvalidQuery,
    /// Members of the request are wrong; `errors` says which.
    InvalidInput,
    /// The body's media type is not the route's.
    MediaType,
    /// The body is larger than the route takes.
    BodyTooLarge,
    /// The body did not come within the time the center waits.
    TooSlow,
    /// No such route or record.
    NotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// No session, or the token is not valid here.
    NotSignedIn,
    /// The session ended.
    SessionEnded,
    /// The account's kind may not do this.
    NotPermitted,
    /// ID or password is wrong, or there is no such account.
    WrongCredentials,
    /// Too many failures; the account waits.
    AccountLocked,
    /// The account is signed in elsewhere.
    AlreadySignedIn,
    /// The password expired or must be changed first.
    PasswordChangeNeeded,
    /// The new password breaks the rule; `errors` says how.
    PasswordRule,
    /// A system account is not changed by hand (G05).
    SystemAccount,
    /// The identifier is taken.
    AccountExists,
    /// The idempotency key was used with another body or on another route.
    IdempotencyConflict,
    /// The idempotency key's form is wrong.
    IdempotencyKey,
    /// The client certificate was revoked.
    CertificateRevoked,
    /// The record changed since it was read.
    Changed,
    /// The store cannot take records now.
    StoreUnavailable,
    /// More is in progress than the center can do; work that is less urgent is turned away first.
    Overloaded,
    /// The address sent too many requests.
    TooManyRequests,
    /// Too much at once.
    Busy,
    /// A fault of the center.
    Internal,
    /// A check by card is refused, or its questions are closed.
    Card(CardTrouble),
    /// Rotation, recovery or second factor: not possible so, or not now.
    Access(AccessTrouble),
    /// No certificate is made.
    Certificate(CertificateTrouble),
    /// There is no bulk order, or no result of one.
    Bulk(BulkTrouble),
    /// No medical information is shown.
    Medical(MedicalTrouble),
    /// Nothing is done without a card.
    Emergency(EmergencyTrouble),
    /// Nothing is done at a device of home care.
    Home(HomeTrouble),
    /// Nothing is handed in to a review body.
    Claims(ClaimsTrouble),
}

type Texts = (&'static str, &'static str);

struct Row {
    code: &'static str,
    status: u16,
    clerk: Texts,
    engineer: Texts,
}

impl Trouble {
    /// All troubles.
    pub const ALL: [Self; 99] = [
        Self::InvalidJson,
        Self::InvalidQuery,
        Self::InvalidInput,
        Self::MediaType,
        Self::BodyTooLarge,
        Self::TooSlow,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotSignedIn,
        Self::SessionEnded,
        Self::NotPermitted,
        Self::WrongCredentials,
        Self::AccountLocked,
        Self::AlreadySignedIn,
        Self::PasswordChangeNeeded,
        Self::PasswordRule,
        Self::SystemAccount,
        Self::AccountExists,
        Self::IdempotencyConflict,
        Self::IdempotencyKey,
        Self::CertificateRevoked,
        Self::Changed,
        Self::StoreUnavailable,
        Self::Overloaded,
        Self::TooManyRequests,
        Self::Busy,
        Self::Internal,
        Self::Card(CardTrouble::ChallengeUnknown),
        Self::Card(CardTrouble::ChallengeUsed),
        Self::Card(CardTrouble::ChallengeExpired),
        Self::Card(CardTrouble::ChallengeForeign),
        Self::Card(CardTrouble::CertificateUnreadable),
        Self::Card(CardTrouble::CertificateUntrusted),
        Self::Card(CardTrouble::CertificatePolicy),
        Self::Card(CardTrouble::CertificateKey),
        Self::Card(CardTrouble::CertificateNotYetValid),
        Self::Card(CardTrouble::CertificateExpired),
        Self::Card(CardTrouble::CertificateRevoked),
        Self::Card(CardTrouble::RevocationUnknown),
        Self::Card(CardTrouble::SignatureWrong),
        Self::Card(CardTrouble::MethodNotAllowed),
        Self::Card(CardTrouble::ConfirmationNeeded),
        Self::Card(CardTrouble::VisitOver),
        Self::Card(CardTrouble::NotRegistered),
        Self::Card(CardTrouble::PresenceWrong),
        Self::Card(CardTrouble::PresenceEnded),
        Self::Card(CardTrouble::AnswersDiffer),
        Self::Card(CardTrouble::OwnPageEnded),
        Self::Card(CardTrouble::ConsentNotInForce),
        Self::Access(AccessTrouble::RotationOpen),
        Self::Access(AccessTrouble::RotationShared),
        Self::Access(AccessTrouble::NoRotation),
        Self::Certificate(CertificateTrouble::Needed),
        Self::Certificate(CertificateTrouble::Expired),
        Self::Certificate(CertificateTrouble::Foreign),
        Self::Certificate(CertificateTrouble::TooEarly),
        Self::Certificate(CertificateTrouble::Request),
        Self::Certificate(CertificateTrouble::Name),
        Self::Bulk(BulkTrouble::TooManyOpen),
        Self::Bulk(BulkTrouble::NotFinished),
        Self::Bulk(BulkTrouble::NoLongerKept),
        Self::Bulk(BulkTrouble::FetchedTooOften),
        Self::Bulk(BulkTrouble::ListTooLong),
        Self::Access(AccessTrouble::RecoveryRefused),
        Self::Access(AccessTrouble::SecondFactorNeeded),
        Self::Access(AccessTrouble::SecondFactorMissing),
        Self::Access(AccessTrouble::SecondFactorWrong),
        Self::Access(AccessTrouble::SecondFactorLast),
        Self::Access(AccessTrouble::NoSecondFactorAsked),
        Self::Access(AccessTrouble::PasskeyRefused),
        Self::Medical(MedicalTrouble::UnknownPatient),
        Self::Emergency(EmergencyTrouble::Closed),
        Self::Emergency(EmergencyTrouble::UnknownSearch),
        Self::Emergency(EmergencyTrouble::TooManySearches),
        Self::Emergency(EmergencyTrouble::TooManySearchesHere),
        Self::Emergency(EmergencyTrouble::AmbulanceNotHere),
        Self::Emergency(EmergencyTrouble::AmbulanceRight),
        Self::Emergency(EmergencyTrouble::AmbulanceFactor),
        Self::Emergency(EmergencyTrouble::AmbulanceCard),
        Self::Home(HomeTrouble::Address),
        Self::Home(HomeTrouble::Activation),
        Self::Home(HomeTrouble::Proof),
        Self::Home(HomeTrouble::Clock),
        Self::Home(HomeTrouble::NotAgreed),
        Self::Home(HomeTrouble::Join),
        Self::Claims(ClaimsTrouble::Closed),
        Self::Claims(ClaimsTrouble::TerminalNotPermitted),
        Self::Claims(ClaimsTrouble::Offset),
        Self::Claims(ClaimsTrouble::Incomplete),
        Self::Claims(ClaimsTrouble::Digest),
        Self::Claims(ClaimsTrouble::Duplicate),
        Self::Claims(ClaimsTrouble::TooManyUploads),
        Self::Claims(ClaimsTrouble::FileRefused),
        Self::Claims(ClaimsTrouble::FileTooLarge),
        Self::Claims(ClaimsTrouble::State),
        Self::Claims(ClaimsTrouble::Corrected),
        Self::Claims(ClaimsTrouble::Checking),
        Self::Claims(ClaimsTrouble::NothingToAccept),
        Self::Claims(ClaimsTrouble::FilingState),
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        self.row().status
    }

    /// The document, without members' errors.
    #[must_use]
    pub fn problem(self) -> Problem {
        let row = self.row();
        Problem {
            clerk: Text::new(row.clerk.0, row.clerk.1),
            code: row.code.into(),
            engineer: Text::new(row.engineer.0, row.engineer.1),
            errors: Vec::new(),
            instance: None,
            retry_after_s: None,
            status: row.status,
            title: row.engineer.1.into(),
            kind: format!("urn:onshi:problem:{}", row.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_its_own_code_and_four_texts() {
        let mut codes = std::collections::BTreeSet::new();
        for trouble in Trouble::ALL {
            let problem = trouble.problem();
            assert!(codes.insert(problem.code.clone()), "{}", problem.code);
            assert!((400..600).contains(&problem.status));
            for text in [&problem.clerk, &problem.engineer] {
                // The terminal's pages call it セットアップシート.
                assert!(!text.ja.contains("設定シート"), "{}", problem.code);
                assert!(
                    !text.ja.is_ascii() && text.en.is_ascii(),
                    "{}",
                    problem.code
                );
            }
        }
    }
}
