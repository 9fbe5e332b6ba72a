//! Events of the audit chain (contracts §7): who did what, when, with what outcome. Carries no name, number or text of a person.

use crate::account::AccountId;
use crate::civil_date::Instant;
use crate::institution_code::InstitutionCode;

/// Who acted.
///
/// ```
/// use domain::audit::Actor;
/// assert_eq!(Actor::Center.facility(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The center itself: start, stop, upkeep.
    Center,
    /// An operator of the center, by local command or page.
    Operator(String),
    /// A client that showed a certificate but is not signed in.
    Client {
        /// The certificate's facility.
        facility: InstitutionCode,
        /// SHA-256 of the certificate.
        certificate: [u8; 32],
    },
    /// A signed-in account.
    Account {
        /// Its facility.
        facility: InstitutionCode,
        /// Its identifier.
        account: AccountId,
        /// SHA-256 of the certificate it signed in with.
        certificate: [u8; 32],
    },
}

impl Actor {
    /// The facility that acted, if one did.
    #[must_use]
    pub fn facility(&self) -> Option<InstitutionCode> {
        match self {
            Self::Center | Self::Operator(_) => None,
            Self::Client { facility, .. } | Self::Account { facility, .. } => Some(*facility),
        }
    }
}

/// What was done. The names are stored: never change one, only add.
///
/// ```
/// use domain::audit::Deed;
/// assert_eq!(Deed::Check.as_str(), "check");
/// assert!(Deed::ALL.iter().all(|deed| Deed::parse(deed.as_str()) == Some(*deed)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// The center started.
    Start,
    /// A session was opened.
    SignIn,
    /// A sign-in was refused.
    SignInRefused,
    /// A session was closed by its owner or by another sign-in.
    SignOut,
    /// An eligibility check was answered.
    Check,
    /// A past check or its receipt was read.
    CheckRead,
    /// The history was searched.
    HistorySearch,
    /// The history was exported as a file.
    HistoryExport,
    /// An account was created.
    AccountCreate,
    /// An account was changed.
    AccountChange,
    /// An account was disabled or enabled.
    AccountState,
    /// A password was changed.
    PasswordChange,
    /// A change of a password was refused because the old one was wrong.
    PasswordRefused,
    /// A facility was enrolled.
    FacilityEnroll,
    /// An issue notice was made.
    NoticeIssue,
    /// A certificate was downloaded.
    CertificateIssue,
    /// A download was refused.
    CertificateRefused,
    /// A certificate was revoked.
    CertificateRevoke,
    /// The loss of a certificate's file was reported.
    CertificateLoss,
    /// The key that signs receipts and checkpoints was exchanged.
    KeyRotate,
    /// A request was refused for want of a permit.
    Refused,
    /// People were loaded.
    Load,
    /// A copy of the store was made.
    Backup,
    /// The audit chain itself was searched or exported.
    AuditRead,
    /// A person was given a facility's own number.
    ReferenceNumber,
    /// A facility's own number for a person was removed.
    ReferenceNumberRemove,
    /// It was looked up whose a number is, or which number somebody has.
    ReferenceNumberRead,
    /// A bulk order was accepted.
    BulkAccept,
    /// A bulk order came to its end; each of its checks is an event of its own.
    BulkEnd,
    /// How far a bulk order is was asked, or its results were read.
    BulkRead,
    /// A check by card was refused.
    CardRefused,
    /// A patient's answers at a reader were recorded, or the questions were closed without.
    Consent,
    /// Staff released one check at a reader.
    Release,
    /// A reader's mode was set.
    ReaderMode,
    /// A reader was enrolled with terminal keys or for comparing faces, or no longer is.
    ReaderEnroll,
    /// A facility's settings were changed.
    SettingsChange,
    /// The screen lock of a terminal was weakened, or works in full again.
    ScreenLock,
    /// The operator posted a notice to facilities (お知らせ).
    NoticePost,
    /// The operator took such a notice back.
    NoticeWithdraw,
    /// The rotation of a system account's secret was asked for.
    RotationAsk,
    /// A device told the center its next secret.
    RotationRegister,
    /// A device signed in with its next secret, which alone counts from now on.
    RotationDone,
    /// A rotation was taken back.
    RotationWithdraw,
    /// A person had new recovery codes printed; the earlier ones count no more.
    RecoveryCodes,
    /// A recovery code was used.
    RecoveryUse,
    /// A recovery code was refused.
    RecoveryRefused,
    /// The master's password was reset with the secret number of the application.
    MasterReset,
    /// A secret number was refused.
    MasterResetRefused,
    /// A facility was given a new secret number.
    SecretNumber,
    /// A facility passed to a new owner: its people's accounts ended.
    Succession,
    /// A person added a second factor.
    FactorAdd,
    /// A person removed a second factor.
    FactorRemove,
    /// A manager removed a person's second factors.
    FactorReset,
    /// The right password was shown, and a second factor is waited for.
    FactorAsked,
    /// A proof of the second factor was refused.
    FactorRefused,
    /// A search without a client certificate, on the listener for existing clients.
    UnboundSearch,
    /// Medical information of a person was looked at.
    MedicalRead,
    /// Medical information was refused.
    MedicalRefused,
    /// It was listed whose medical information may be looked at now.
    MedicalList,
    /// A consent to medical information was withdrawn.
    ConsentWithdraw,
    /// It was searched who looked at medical information.
    LookSearch,
    /// An operator was added.
    OperatorAdd,
    /// An operator opened the one-time link and chose password and second factor.
    OperatorSetUp,
    /// An operator was disabled.
    OperatorDisable,
    /// An operator's password and second factor were taken away, for a new one-time link.
    OperatorReset,
    /// A feed began to be loaded.
    FeedBegin,
    /// A feed was published, held, stopped, given up, rejected or undone.
    FeedEnd,
    /// An operator has a held feed published.
    FeedRelease,
    /// An operator rejects a held feed.
    FeedReject,
    /// An operator has a published feed undone.
    FeedUndo,
    /// An operator opened, approved, extended or closed an emergency window.
    EmergencyStep,
    /// Somebody was looked for without a card, under a mode.
    EmergencySearch,
    /// A search or an opening without a card was refused.
    EmergencyRefused,
    /// Medical information was opened without a card, with the consent that was recorded.
    EmergencyOpening,
    /// Eligibility was asked while the system was out of order.
    OutageCheck,
    /// A facility reported what it did under a mode (利用報告).
    EmergencyReport,
    /// What was done under a mode was read for review.
    EmergencyRead,
    /// A mode was practised with made-up patients (練習): no real person was looked for or at.
    Practice,
    /// An operator read the report of a batch to its insurer, or which batches a check was answered from.
    FeedRead,
    /// A facility made an address for home or remote care; the one before ended.
    HomeAddress,
    /// An activation code was issued.
    ActivationCode,
    /// An activation code ended without being used: invalidated, replaced, or tried wrongly too often.
    ActivationCodeEnd,
    /// An activation code was refused.
    ActivationRefused,
    /// A device of home care was registered with its key.
    HomeDevice,
    /// A device of home care was removed.
    HomeDeviceEnd,
    /// It was listed whom home or remote care was agreed with.
    HomeList,
    /// A check without the card was refused, since nothing was agreed, or nothing any more.
    HomeRefused,
    /// Checks of a month were let go: their records end, what the chain says of them stays.
    RecordsLetGo,
    /// An account of the claims entry was made, disabled, enabled, or given a new password.
    ClaimsAccount,
    /// Somebody signed in to the claims entry, or out.
    ClaimsSignIn,
    /// The claims entry refused a sign-in, a password or a file.
    ClaimsRefused,
    /// A filing (届出) for the claims entry was made, handed in, accepted or refused.
    ClaimsFiling,
    /// An operator opened the claims entry beside its calendar, or took that back.
    ClaimsOpening,
    /// A claim file arrived whole.
    ClaimsSent,
    /// A claim file was checked.
    ClaimsChecked,
    /// A submission of claims was accepted (請求確定).
    ClaimsAccept,
    /// A submission of claims was taken back (取下げ).
    ClaimsWithdraw,
    /// What the checks of a submission found was read, or a result file fetched.
    ClaimsRead,
    /// The center lets the bytes of a claim file go, since its submission was settled long ago: the submission stays.
    ClaimsFileLetGo,
    /// An application for a certificate was closed: its notice was made, or an operator declined it.
    ApplicationClose,
    /// The store was brought back from a copy, or to a point in time.
    Restore,
    /// Another issuing CA took the place of the one before, below the same root.
    AuthorityRenew,
}

impl Deed {
    /// All deeds.
    pub const ALL: [Self; 102] = [
        Self::Start,
        Self::SignIn,
        Self::SignInRefused,
        Self::SignOut,
        Self::Check,
        Self::CheckRead,
        Self::HistorySearch,
        Self::HistoryExport,
        Self::AccountCreate,
        Self::AccountChange,
        Self::AccountState,
        Self::PasswordChange,
        Self::PasswordRefused,
        Self::FacilityEnroll,
        Self::NoticeIssue,
        Self::CertificateIssue,
        Self::CertificateRefused,
        Self::CertificateRevoke,
        Self::CertificateLoss,
        Self::KeyRotate,
        Self::Refused,
        Self::Load,
        Self::Backup,
        Self::AuditRead,
        Self::ReferenceNumber,
        Self::ReferenceNumberRemove,
        Self::ReferenceNumberRead,
        Self::BulkAccept,
        Self::BulkEnd,
        Self::BulkRead,
        Self::CardRefused,
        Self::Consent,
        Self::Release,
        Self::ReaderMode,
        Self::ReaderEnroll,
        Self::SettingsChange,
        Self::ScreenLock,
        Self::NoticePost,
        Self::NoticeWithdraw,
        Self::RotationAsk,
        Self::RotationRegister,
        Self::RotationDone,
        Self::RotationWithdraw,
        Self::RecoveryCodes,
        Self::RecoveryUse,
        Self::RecoveryRefused,
        Self::MasterReset,
        Self::MasterResetRefused,
        Self::SecretNumber,
        Self::Succession,
        Self::FactorAdd,
        Self::FactorRemove,
        Self::FactorReset,
        Self::FactorAsked,
        Self::FactorRefused,
        Self::UnboundSearch,
        Self::MedicalRead,
        Self::MedicalRefused,
        Self::MedicalList,
        Self::ConsentWithdraw,
        Self::LookSearch,
        Self::OperatorAdd,
        Self::OperatorSetUp,
        Self::OperatorDisable,
        Self::OperatorReset,
        Self::FeedBegin,
        Self::FeedEnd,
        Self::FeedRelease,
        Self::FeedReject,
        Self::FeedUndo,
        Self::EmergencyStep,
        Self::EmergencySearch,
        Self::EmergencyRefused,
        Self::EmergencyOpening,
        Self::OutageCheck,
        Self::EmergencyReport,
        Self::EmergencyRead,
        Self::Practice,
        Self::FeedRead,
        Self::HomeAddress,
        Self::ActivationCode,
        Self::ActivationCodeEnd,
        Self::ActivationRefused,
        Self::HomeDevice,
        Self::HomeDeviceEnd,
        Self::HomeList,
        Self::HomeRefused,
        Self::RecordsLetGo,
        Self::ClaimsAccount,
        Self::ClaimsSignIn,
        Self::ClaimsRefused,
        Self::ClaimsFiling,
        Self::ClaimsOpening,
        Self::ClaimsSent,
        Self::ClaimsChecked,
        Self::ClaimsAccept,
        Self::ClaimsWithdraw,
        Self::ClaimsRead,
        Self::ClaimsFileLetGo,
        Self::ApplicationClose,
        Self::Restore,
        Self::AuthorityRenew,
    ];

    /// The stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::SignIn => "sign-in",
            Self::SignInRefused => "sign-in-refused",
            Self::SignOut => "sign-out",
            Self::Check => "check",
            Self::CheckRead => "check-read",
            Self::HistorySearch => "history-search",
            Self::HistoryExport => "history-export",
            Self::AccountCreate => "account-create",
            Self::AccountChange => "account-change",
            Self::AccountState => "account-state",
            Self::PasswordChange => "password-change",
            Self::PasswordRefused => "password-refused",
            Self::FacilityEnroll => "facility-enroll",
            Self::NoticeIssue => "notice-issue",
            Self::CertificateIssue => "certificate-issue",
            Self::CertificateRefused => "certificate-refused",
            Self::CertificateRevoke => "certificate-revoke",
            Self::CertificateLoss => "certificate-loss",
            Self::KeyRotate => "key-rotate",
            Self::Refused => "refused",
            Self::Load => "load",
            Self::Backup => "backup",
            Self::AuditRead => "audit-read",
            Self::ReferenceNumber => "reference-number",
            Self::ReferenceNumberRemove => "reference-number-remove",
            Self::ReferenceNumberRead => "reference-number-read",
            Self::BulkAccept => "bulk-accept",
            Self::BulkEnd => "bulk-end",
            Self::BulkRead => "bulk-read",
            Self::CardRefused => "card-refused",
            Self::Consent => "consent",
            Self::Release => "release",
            Self::ReaderMode => "reader-mode",
            Self::ReaderEnroll => "reader-enroll",
            Self::SettingsChange => "settings-change",
            Self::ScreenLock => "screen-lock",
            Self::NoticePost => "notice-post",
            Self::NoticeWithdraw => "notice-withdraw",
            Self::RotationAsk => "rotation-ask",
            Self::RotationRegister => "rotation-register",
            Self::RotationDone => "rotation-done",
            Self::RotationWithdraw => "rotation-withdraw",
            Self::RecoveryCodes => "recovery-codes",
            Self::RecoveryUse => "recovery-use",
            Self::RecoveryRefused => "recovery-refused",
            Self::MasterReset => "master-reset",
            Self::MasterResetRefused => "master-reset-refused",
            Self::SecretNumber => "secret-number",
            Self::Succession => "succession",
            Self::FactorAdd => "factor-add",
            Self::FactorRemove => "factor-remove",
            Self::FactorReset => "factor-reset",
            Self::FactorAsked => "factor-asked",
            Self::FactorRefused => "factor-refused",
            Self::UnboundSearch => "unbound-search",
            Self::MedicalRead => "medical-read",
            Self::MedicalRefused => "medical-refused",
            Self::MedicalList => "medical-list",
            Self::ConsentWithdraw => "consent-withdraw",
            Self::LookSearch => "look-search",
            Self::OperatorAdd => "operator-add",
            Self::OperatorSetUp => "operator-set-up",
            Self::OperatorDisable => "operator-disable",
            Self::OperatorReset => "operator-reset",
            Self::FeedBegin => "feed-begin",
            Self::FeedEnd => "feed-end",
            Self::FeedRelease => "feed-release",
            Self::FeedReject => "feed-reject",
            Self::FeedUndo => "feed-undo",
            Self::EmergencyStep => "emergency-step",
            Self::EmergencySearch => "emergency-search",
            Self::EmergencyRefused => "emergency-refused",
            Self::EmergencyOpening => "emergency-opening",
            Self::OutageCheck => "outage-check",
            Self::EmergencyReport => "emergency-report",
            Self::EmergencyRead => "emergency-read",
            Self::Practice => "practice",
            Self::FeedRead => "feed-read",
            Self::HomeAddress => "home-address",
            Self::ActivationCode => "activation-code",
            Self::ActivationCodeEnd => "activation-code-end",
            Self::ActivationRefused => "activation-refused",
            Self::HomeDevice => "home-device",
            Self::HomeDeviceEnd => "home-device-end",
            Self::HomeList => "home-list",
            Self::HomeRefused => "home-refused",
            Self::RecordsLetGo => "records-let-go",
            Self::ClaimsAccount => "claims-account",
            Self::ClaimsSignIn => "claims-sign-in",
            Self::ClaimsRefused => "claims-refused",
            Self::ClaimsFiling => "claims-filing",
            Self::ClaimsOpening => "claims-opening",
            Self::ClaimsSent => "claims-sent",
            Self::ClaimsChecked => "claims-checked",
            Self::ClaimsAccept => "claims-accept",
            Self::ClaimsWithdraw => "claims-withdraw",
            Self::ClaimsRead => "claims-read",
            Self::ClaimsFileLetGo => "claims-file-let-go",
            Self::ApplicationClose => "application-close",
            Self::Restore => "restore",
            Self::AuthorityRenew => "authority-renew",
        }
    }

    /// The deed of a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == name)
    }
}

/// One event of the chain.
///
/// ```
/// use domain::{audit::{Actor, Deed, Event}, civil_date::Instant};
/// let event = Event { at: Instant::from_micros(0), actor: Actor::Center, deed: Deed::Start, subject: None, detail: String::new() };
/// assert_eq!(event.deed, Deed::Start);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
    /// The check, person, notice or certificate it was about, as the 128 bits of its identifier.
    pub subject: Option<u128>,
    /// A short machine-readable addition such as `verdict=1`; never personal data.
    pub detail: String,
}
