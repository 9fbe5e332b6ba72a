//! Which deeds a restore undoes, so that they must be done once more. What to do for each stands in `docs/operations/restore.md`.

use domain::audit::Deed;

/// What a restore undoes to somebody's harm, or without anybody's noticing, where it was done after the copy: it must be done once more.
pub(crate) const UNDONE: [Deed; 35] = [
    Deed::CertificateRevoke,
    Deed::CertificateLoss,
    Deed::ReaderEnroll,
    Deed::SettingsChange,
    Deed::OperatorSetUp,
    Deed::OperatorDisable,
    Deed::OperatorReset,
    Deed::AccountChange,
    Deed::AccountState,
    Deed::PasswordChange,
    Deed::MasterReset,
    Deed::SecretNumber,
    Deed::Succession,
    Deed::RecoveryCodes,
    Deed::RecoveryUse,
    Deed::FactorAdd,
    Deed::FactorRemove,
    Deed::FactorReset,
    Deed::RotationDone,
    Deed::RotationWithdraw,
    Deed::ConsentWithdraw,
    Deed::HomeAddress,
    Deed::HomeDeviceEnd,
    Deed::ActivationCodeEnd,
    Deed::ReferenceNumberRemove,
    Deed::EmergencyStep,
    Deed::NoticeWithdraw,
    Deed::ClaimsAccount,
    Deed::ClaimsOpening,
    Deed::ClaimsAccept,
    Deed::ClaimsWithdraw,
    Deed::Load,
    Deed::FeedEnd,
    Deed::FeedUndo,
    Deed::RecordsLetGo,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What needs no repeating: questions and refusals, the center's own work, and what whoever misses it asks for anew.
    const LEFT: [Deed; 67] = [
        Deed::Start,
        Deed::SignIn,
        Deed::SignInRefused,
        Deed::SignOut,
        Deed::Check,
        Deed::CheckRead,
        Deed::HistorySearch,
        Deed::HistoryExport,
        Deed::AccountCreate,
        Deed::PasswordRefused,
        Deed::FacilityEnroll,
        Deed::NoticeIssue,
        Deed::CertificateIssue,
        Deed::CertificateRefused,
        Deed::KeyRotate,
        Deed::Refused,
        Deed::Backup,
        Deed::AuditRead,
        Deed::ReferenceNumber,
        Deed::ReferenceNumberRead,
        Deed::BulkAccept,
        Deed::BulkEnd,
        Deed::BulkRead,
        Deed::CardRefused,
        Deed::Consent,
        Deed::Release,
        Deed::ReaderMode,
        Deed::ScreenLock,
        Deed::NoticePost,
        Deed::RotationAsk,
        Deed::RotationRegister,
        Deed::RecoveryRefused,
        Deed::MasterResetRefused,
        Deed::FactorAsked,
        Deed::FactorRefused,
        Deed::UnboundSearch,
        Deed::MedicalRead,
        Deed::MedicalRefused,
        Deed::MedicalList,
        Deed::LookSearch,
        Deed::OperatorAdd,
        Deed::FeedBegin,
        Deed::FeedRelease,
        Deed::FeedReject,
        Deed::EmergencySearch,
        Deed::EmergencyRefused,
        Deed::EmergencyOpening,
        Deed::OutageCheck,
        Deed::EmergencyReport,
        Deed::EmergencyRead,
        Deed::Practice,
        Deed::FeedRead,
        Deed::ActivationCode,
        Deed::ActivationRefused,
        Deed::HomeDevice,
        Deed::HomeList,
        Deed::HomeRefused,
        Deed::ClaimsSignIn,
        Deed::ClaimsRefused,
        Deed::ClaimsFiling,
        Deed::ClaimsSent,
        Deed::ClaimsChecked,
        Deed::ClaimsRead,
        Deed::ClaimsFileLetGo,
        Deed::ApplicationClose,
        Deed::Restore,
        Deed::AuthorityRenew,
    ];

    const DOCS: &str = include_str!("../../../docs/operations/restore.md");

    #[test]
    fn every_deed_is_either_done_once_more_or_needs_none_of_it() {
        for deed in Deed::ALL {
            let places = UNDONE.iter().chain(&LEFT).filter(|it| **it == deed);
            assert_eq!(places.count(), 1, "{}", deed.as_str());
        }
    }

    #[test]
    fn what_is_done_once_more_is_named_where_it_says_how() {
        for deed in UNDONE {
            let name = format!("`{}`", deed.as_str());
            assert!(DOCS.contains(&name), "{name}");
        }
    }
}
