//! Operations of the patient's own page, opened by a card's signature alone. Serves nothing.

use super::{Access, Card, Carried, Method, Operation};
use crate::problem::Trouble;
use crate::routes;

/// The operations.
pub(super) const OPERATIONS: [Operation; 3] = [
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_OWN,
        id: "openOwnPage",
        summary: "The patient's own page: who looked and which consents are in force, for the holder of a card that signed after its PIN",
        access: Access::Session,
        body: Carried::Json("OwnRequest"),
        extras: &[],
        status: 200,
        answer: Carried::Json("OwnPage"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Card(Card::ChallengeUnknown),
            Trouble::Card(Card::ChallengeUsed),
            Trouble::Card(Card::ChallengeExpired),
            Trouble::Card(Card::ChallengeForeign),
            Trouble::Card(Card::CertificateUnreadable),
            Trouble::Card(Card::CertificateUntrusted),
            Trouble::Card(Card::CertificatePolicy),
            Trouble::Card(Card::CertificateKey),
            Trouble::Card(Card::CertificateNotYetValid),
            Trouble::Card(Card::CertificateExpired),
            Trouble::Card(Card::CertificateRevoked),
            Trouble::Card(Card::RevocationUnknown),
            Trouble::Card(Card::SignatureWrong),
            Trouble::Card(Card::MethodNotAllowed),
            Trouble::Card(Card::NotRegistered),
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_OWN_LOOKS,
        id: "readOwnLooks",
        summary: "Older looks of the patient's own page",
        access: Access::Session,
        body: Carried::Json("OwnLooksRequest"),
        extras: &[],
        status: 200,
        answer: Carried::Json("OwnLooks"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::InvalidInput,
            Trouble::Card(Card::PresenceWrong),
            Trouble::Card(Card::OwnPageEnded),
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::MEDICAL_OWN_WITHDRAWALS,
        id: "withdrawOwnConsent",
        summary: "The patient withdraws a consent: nothing is visible under it from this moment on",
        access: Access::Session,
        body: Carried::Json("OwnWithdrawal"),
        extras: &[],
        status: 200,
        answer: Carried::Json("OwnConsents"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::InvalidInput,
            Trouble::Card(Card::PresenceWrong),
            Trouble::Card(Card::OwnPageEnded),
            Trouble::Card(Card::ConsentNotInForce),
        ],
    },
];
