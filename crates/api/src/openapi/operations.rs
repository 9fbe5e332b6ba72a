//! Every operation of `/v1` as a table: method, path, messages, problems. Serves nothing; the center's router is held to it by a test.

mod access;
mod bulk;
mod claims;
mod emergency;
mod facility;
mod home_care;
mod medical;
mod own;
mod updates;

use utoipa::openapi::HttpMethod;

use crate::problem::{Trouble, card::CardTrouble as Card};
use crate::routes;

/// What a caller must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The client certificate alone.
    Certificate,
    /// The certificate and the token of a session opened with it.
    Session,
    /// Nothing, on the home listener.
    Nobody,
    /// A device's proof, on the home listener.
    Device,
    /// The certificate and the token of a session of the claims entry, which opens nothing else.
    Claims,
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Nothing.
    Nothing,
    /// A JSON message of this name.
    Json(&'static str),
    /// A CSV file.
    Csv,
    /// A CSV file, or the interface's XML file, of a bulk order.
    BulkFile,
    /// Server-sent events.
    Events,
    /// Bytes of a file.
    Bytes,
    /// PDF or XML.
    Document,
    /// CSV, or a JWS.
    ClaimsFile,
}

/// What may be said beside path and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// `Idempotency-Key`: the same request twice is done once.
    IdempotencyKey,
    /// `If-Match`: only if the record is still as it was shown.
    IfMatch,
    /// `If-None-Match`: nothing comes back while nothing changed.
    IfNoneMatch,
    /// `after`, `from` and `to` in the query.
    Days,
    /// `before` in the query: changes that made an earlier version.
    Before,
    /// `Last-Event-ID`: where to go on.
    LastEventId,
    /// `from` in the query: the byte to begin with.
    From,
    /// `part` in the query: which part of a long answer.
    Part,
    /// `file` in the query: which result file of a submission.
    ClaimsFile,
    /// `from`, `weight` and `rule` in the query: which claims of a submission, and what of them.
    ClaimsPage,
    /// `after` in the query: the submission behind which a page begins.
    ClaimsListPage,
    /// `kind` and `visit_date` in the query: what a bulk order's file is.
    BulkKind,
    /// `format` and `encoding` in the query: in which form a bulk order's results are wanted.
    BulkForm,
    /// `after` in the query: the bulk order behind which a page begins.
    BulkPage,
    /// `after`, `lines` and `window` in the query: which windows a facility used, or what it did under one.
    Usage,
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Method.
    pub method: Method,
    /// Path, with its parameters in braces.
    pub path: &'static str,
    /// Identifier in the document.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What a caller must show.
    pub access: Access,
    /// What the request carries.
    pub body: Carried,
    /// What may be said beside it.
    pub extras: &'static [Extra],
    /// Status of success.
    pub status: u16,
    /// What the answer carries.
    pub answer: Carried,
    /// The problems of this operation beside those that come with its access and its body.
    pub troubles: &'static [Trouble],
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of the document.
    pub(crate) fn documented(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::Get,
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
            Self::Patch => HttpMethod::Patch,
            Self::Delete => HttpMethod::Delete,
        }
    }
}

/// All operations of the api listener.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    DAILY
        .iter()
        .chain(access::OPERATIONS)
        .chain(&bulk::OPERATIONS)
        .chain(&claims::OPERATIONS)
        .chain(&facility::OPERATIONS)
        .chain(medical::OPERATIONS)
        .chain(&own::OPERATIONS)
        .chain(emergency::all())
        .chain(home_care::AT_THE_TERMINAL)
        .chain(&updates::OPERATIONS)
}

/// All operations of the home listener.
pub fn at_home() -> impl Iterator<Item = &'static Operation> {
    home_care::AT_A_DEVICE.iter()
}

/// Operations of daily work.
const DAILY: [Operation; 26] = [
    Operation {
        method: Method::Post,
        path: routes::SESSIONS,
        id: "signIn",
        summary: "Sign in with an account of the certificate's facility",
        access: Access::Certificate,
        body: Carried::Json("SignIn"),
        extras: &[Extra::IdempotencyKey],
        status: 201,
        answer: Carried::Json("Session"),
        troubles: &[
            Trouble::WrongCredentials,
            Trouble::AccountLocked,
            Trouble::AlreadySignedIn,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Delete,
        path: routes::SESSION_CURRENT,
        id: "signOut",
        summary: "Sign out",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[],
        status: 204,
        answer: Carried::Nothing,
        troubles: &[],
    },
    Operation {
        method: Method::Put,
        path: routes::OWN_PASSWORD,
        id: "changeOwnPassword",
        summary: "Change one's own password",
        access: Access::Session,
        body: Carried::Json("PasswordChange"),
        extras: &[Extra::IdempotencyKey],
        status: 204,
        answer: Carried::Nothing,
        troubles: &[
            Trouble::PasswordRule,
            Trouble::AccountLocked,
            Trouble::NotPermitted,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::ACCOUNTS,
        id: "listAccounts",
        summary: "The accounts the caller manages",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Accounts"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Post,
        path: routes::ACCOUNTS,
        id: "registerAccount",
        summary: "Register an account",
        access: Access::Session,
        body: Carried::Json("NewAccount"),
        extras: &[Extra::IdempotencyKey],
        status: 201,
        answer: Carried::Json("Account"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::PasswordRule,
            Trouble::AccountExists,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::ACCOUNTS_IMPORT,
        id: "importAccounts",
        summary: "Register all accounts of a CSV file, or none",
        access: Access::Session,
        body: Carried::Csv,
        extras: &[Extra::IdempotencyKey],
        status: 200,
        answer: Carried::Json("ImportReport"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::ACCOUNT,
        id: "readAccount",
        summary: "One account the caller manages",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Account"),
        troubles: FOUND,
    },
    Operation {
        method: Method::Patch,
        path: routes::ACCOUNT,
        id: "editAccount",
        summary: "Edit or disable an account, or give it a new password",
        access: Access::Session,
        body: Carried::Json("AccountChange"),
        extras: &[Extra::IdempotencyKey, Extra::IfMatch],
        status: 200,
        answer: Carried::Json("Account"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::SystemAccount,
            Trouble::Changed,
            Trouble::InvalidInput,
            Trouble::PasswordRule,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::CHECKS,
        id: "check",
        summary: "Ask whether a person is insured, by the data of an insurance card or prescription",
        access: Access::Session,
        body: Carried::Json("CheckRequest"),
        extras: &[Extra::IdempotencyKey],
        status: 200,
        answer: Carried::Json("Answer"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::CHECKS,
        id: "listChecks",
        summary: "The facility's checks of some days, newest first",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::Days, Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("History"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidQuery,
            Trouble::InvalidInput,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::CHECKS_SEARCH,
        id: "searchChecks",
        summary: "Search the facility's checks: a read, by POST so that no personal data stand in a URL",
        access: Access::Session,
        body: Carried::Json("Search"),
        extras: &[],
        status: 200,
        answer: Carried::Json("History"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::CHECKS_EXPORT,
        id: "exportChecks",
        summary: "The facility's checks as a CSV file: all that fit, up to 50,000, or none; a read as the search is",
        access: Access::Session,
        body: Carried::Json("Export"),
        extras: &[],
        status: 200,
        answer: Carried::Csv,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Busy,
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::CHECK,
        id: "readCheck",
        summary: "One check, as it was answered",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Answer"),
        troubles: FOUND,
    },
    Operation {
        method: Method::Get,
        path: routes::CHECK_RECEIPT,
        id: "readReceipt",
        summary: "The signed receipt of one check, which says nothing of the person",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("ReceiptAlone"),
        troubles: FOUND,
    },
    Operation {
        method: Method::Post,
        path: routes::LINK,
        id: "sendMessage",
        summary: "Send a message of a receipt computer in its JSON image; link-app and Web API accounts alone. Under an Idempotency-Key the answers of single checks, of registrations and of acceptances are kept, and no others; the body is compared byte by byte",
        access: Access::Session,
        body: Carried::Json("LinkMessage"),
        extras: &[Extra::IdempotencyKey],
        status: 200,
        answer: Carried::Json("LinkMessage"),
        troubles: FOUND_IN_FORM,
    },
    Operation {
        method: Method::Post,
        path: routes::CARD_CHALLENGES,
        id: "makeChallenge",
        summary: "A challenge for a card to sign: once, within 120 seconds, at this facility and PC",
        access: Access::Session,
        body: Carried::Json("ChallengeRequest"),
        extras: &[],
        status: 201,
        answer: Carried::Json("Challenge"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Post,
        path: routes::CARD_CHECKS,
        id: "checkByCard",
        summary: "Ask by card whether its holder is insured",
        access: Access::Session,
        body: Carried::Json("CardCheckRequest"),
        extras: &[Extra::IdempotencyKey],
        status: 200,
        answer: Carried::Json("CardCheck"),
        troubles: CARD_CHECK,
    },
    Operation {
        method: Method::Get,
        path: routes::CARD_CHECK,
        id: "readCardCheck",
        summary: "One check by card with its consents",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("CardCheckRecord"),
        troubles: FOUND,
    },
    Operation {
        method: Method::Post,
        path: routes::CARD_CHECK_PRESENCE,
        id: "renewPresence",
        summary: "The card is still there: keeps the questions open",
        access: Access::Session,
        body: Carried::Json("PresenceRenewal"),
        extras: &[],
        status: 200,
        answer: Carried::Json("Presence"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::Card(Card::PresenceWrong),
            Trouble::Card(Card::PresenceEnded),
        ],
    },
    Operation {
        method: Method::Post,
        path: routes::CARD_CHECK_ANSWERS,
        id: "answerQuestions",
        summary: "What the patient answered: once; the same again is answered alike",
        access: Access::Session,
        body: Carried::Json("Answers"),
        extras: &[],
        status: 200,
        answer: Carried::Json("Consents"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::InvalidInput,
            Trouble::Card(Card::PresenceWrong),
            Trouble::Card(Card::PresenceEnded),
            Trouble::Card(Card::AnswersDiffer),
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::READERS,
        id: "listReaders",
        summary: "The facility's readers with mode and state",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Readers"),
        troubles: PERMITTED,
    },
    Operation {
        method: Method::Get,
        path: routes::READER_CURRENT,
        id: "readOwnReader",
        summary: "The reader of the account that asks",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::IfNoneMatch],
        status: 200,
        answer: Carried::Json("Reader"),
        troubles: FOUND,
    },
    Operation {
        method: Method::Put,
        path: routes::READER_CURRENT_STATE,
        id: "reportReader",
        summary: "What the reader of the account does now",
        access: Access::Session,
        body: Carried::Json("ReaderReport"),
        extras: &[],
        status: 200,
        answer: Carried::Json("Reader"),
        troubles: FOUND_IN_FORM,
    },
    Operation {
        method: Method::Put,
        path: routes::READER_MODE,
        id: "setReaderMode",
        summary: "Switch a reader between unattended and visual",
        access: Access::Session,
        body: Carried::Json("ModeChange"),
        extras: &[],
        status: 200,
        answer: Carried::Json("Reader"),
        troubles: FOUND_IN_FORM,
    },
    Operation {
        method: Method::Post,
        path: routes::RELEASES,
        id: "releaseCheck",
        summary: "Release one check at one reader: staff have compared face and photo",
        access: Access::Session,
        body: Carried::Json("NewRelease"),
        extras: &[Extra::IdempotencyKey],
        status: 201,
        answer: Carried::Json("Release"),
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::NotFound,
            Trouble::InvalidInput,
            Trouble::Card(Card::VisitOver),
        ],
    },
    Operation {
        method: Method::Get,
        path: routes::EVENTS,
        id: "receiveEvents",
        summary: "What happens at the facility, as server-sent events: kinds reader, release, card_check, check, settings, rotation, consent_withdrawn, emergency, home_care as the account's rights go, with JSON data",
        access: Access::Session,
        body: Carried::Nothing,
        extras: &[Extra::LastEventId],
        status: 200,
        answer: Carried::Events,
        troubles: &[
            Trouble::NotPermitted,
            Trouble::PasswordChangeNeeded,
            Trouble::InvalidInput,
            Trouble::Busy,
        ],
    },
];

const PERMITTED: &[Trouble] = &[Trouble::NotPermitted, Trouble::PasswordChangeNeeded];

const FOUND: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::NotFound,
];

const FOUND_IN_FORM: &[Trouble] = &[
    Trouble::NotPermitted,
    Trouble::PasswordChangeNeeded,
    Trouble::NotFound,
    Trouble::InvalidInput,
];

const CARD_CHECK: &[Trouble] = &[
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
    Trouble::Card(Card::ConfirmationNeeded),
    Trouble::Card(Card::NotRegistered),
];
