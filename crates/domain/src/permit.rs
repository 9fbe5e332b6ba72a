//! Proof that a signed-in account may do one thing: no permit, no access (invariant 4). Cannot be made without the matrix agreeing.

use core::marker::PhantomData;

use crate::account::{AccountId, AccountKind};
use crate::institution_code::InstitutionCode;
use crate::permissions::{Action, allows};

/// A signed-in account: facility, account, and the certificate it signed in with.
///
/// ```
/// use domain::{account::{AccountId, AccountKind}, institution_code::InstitutionCode, permit::SignedIn};
/// let clerk = SignedIn {
///     facility: InstitutionCode::parse("1319999999").unwrap(),
///     account: AccountId::parse("uketsuke1").unwrap(),
///     kind: AccountKind::General,
///     certificate: [0; 32],
/// };
/// assert_eq!(clerk.kind, AccountKind::General);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The facility of certificate and account alike.
    pub facility: InstitutionCode,
    /// The account.
    pub account: AccountId,
    /// Its kind.
    pub kind: AccountKind,
    /// SHA-256 of the client certificate.
    pub certificate: [u8; 32],
}

/// An action as a type, so that a function's signature says what permit it needs.
///
/// ```
/// use domain::{permissions::Action, permit::{AskByNumber, Permission}};
/// assert_eq!(AskByNumber::ACTION, Action::AskByNumber);
/// ```
pub trait Permission {
    /// The row of the matrix (G01).
    const ACTION: Action;
}

/// The account may not do this.
///
/// ```
/// use domain::{account::AccountKind, permissions::Action, permit::NotPermitted};
/// let refused = NotPermitted { kind: AccountKind::Master, action: Action::AskByNumber };
/// assert!(refused.to_string().contains("Master"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account of kind {kind:?} may not {action:?}")]
pub struct NotPermitted {
    /// The account's kind.
    pub kind: AccountKind,
    /// What it asked to do.
    pub action: Action,
}

/// The right of one signed-in account to do `A` within its own facility.
///
/// ```
/// use domain::{account::{AccountId, AccountKind}, institution_code::InstitutionCode};
/// use domain::permit::{AskByNumber, Permit, SignedIn};
/// let mut who = SignedIn {
///     facility: InstitutionCode::parse("1319999999").unwrap(),
///     account: AccountId::parse("uketsuke1").unwrap(),
///     kind: AccountKind::General,
///     certificate: [0; 32],
/// };
/// assert!(Permit::<AskByNumber>::grant(who.clone()).is_ok());
/// who.kind = AccountKind::Master;
/// assert!(Permit::<AskByNumber>::grant(who).is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Permit<A> {
    holder: SignedIn,
    action: PhantomData<fn() -> A>,
}

impl<A: Permission> Permit<A> {
    /// Asks the matrix of rights.
    ///
    /// # Errors
    /// [`NotPermitted`] when the matrix says no.
    pub fn grant(holder: SignedIn) -> Result<Self, NotPermitted> {
        if allows(holder.kind, A::ACTION) {
            Ok(Self {
                holder,
                action: PhantomData,
            })
        } else {
            Err(NotPermitted {
                kind: holder.kind,
                action: A::ACTION,
            })
        }
    }

    /// Whose permit it is.
    #[must_use]
    pub fn holder(&self) -> &SignedIn {
        &self.holder
    }

    /// The facility every query is bounded by.
    #[must_use]
    pub fn facility(&self) -> InstitutionCode {
        self.holder.facility
    }
}

/// Asking for eligibility by number (G13).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{AskByNumber, Permission}};
/// assert!(allows(AccountKind::LinkApp, AskByNumber::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AskByNumber;
impl Permission for AskByNumber {
    const ACTION: Action = Action::AskByNumber;
}

/// Bulk checks, reference numbers and consented lists.
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{AskInBulk, Permission}};
/// assert!(allows(AccountKind::LinkApp, AskInBulk::ACTION));
/// assert!(!allows(AccountKind::Reader, AskInBulk::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AskInBulk;
impl Permission for AskInBulk {
    const ACTION: Action = Action::AskInBulk;
}

/// Reading the facility's past checks (G15).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReadHistory}};
/// assert!(!allows(AccountKind::LinkApp, ReadHistory::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReadHistory;
impl Permission for ReadHistory {
    const ACTION: Action = Action::ReadHistory;
}

/// Making and changing accounts; which ones is the account kind's matter (G04).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{ManageAccounts, Permission}};
/// assert!(allows(AccountKind::Master, ManageAccounts::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ManageAccounts;
impl Permission for ManageAccounts {
    const ACTION: Action = Action::ManageAccounts;
}

/// Changing one's own password (G03).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{ChangeOwnPassword, Permission}};
/// assert!(!allows(AccountKind::Reader, ChangeOwnPassword::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ChangeOwnPassword;
impl Permission for ChangeOwnPassword {
    const ACTION: Action = Action::ChangeOwnPassword;
}

/// Checking by card, and the patient's answers (G19-G24).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{AskByCard, Permission}};
/// assert!(allows(AccountKind::Reader, AskByCard::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AskByCard;
impl Permission for AskByCard {
    const ACTION: Action = Action::AskByCard;
}

/// Reading the results of checks by card with their consents: staff, and machines that deliver them (G16, G30).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReadCardResults}};
/// assert!(!allows(AccountKind::Reader, ReadCardResults::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReadCardResults;
impl Permission for ReadCardResults {
    const ACTION: Action = Action::ReadCardResults;
}

/// Switching a reader's mode and releasing a check by eye (G14).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{ControlReader, Permission}};
/// assert!(!allows(AccountKind::Reader, ControlReader::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ControlReader;
impl Permission for ControlReader {
    const ACTION: Action = Action::ControlReader;
}

/// Sending messages of a receipt computer or a record, by file or Web API (G29, G30).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, SendMessages}};
/// assert!(allows(AccountKind::WebApi, SendMessages::ACTION));
/// assert!(!allows(AccountKind::General, SendMessages::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SendMessages;
impl Permission for SendMessages {
    const ACTION: Action = Action::SendMessages;
}

/// Reading drugs, treatment and checkups as a machine (G26).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReadMedicalByMachine}};
/// assert!(allows(AccountKind::LinkApp, ReadMedicalByMachine::ACTION));
/// assert!(!allows(AccountKind::Administrator, ReadMedicalByMachine::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReadMedicalByMachine;
impl Permission for ReadMedicalByMachine {
    const ACTION: Action = Action::ReadMedicalByMachine;
}

/// Changing the facility's settings.
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{EditSettings, Permission}};
/// assert!(!allows(AccountKind::General, EditSettings::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EditSettings;
impl Permission for EditSettings {
    const ACTION: Action = Action::EditSettings;
}

/// Reading the facility's settings.
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReadSettings}};
/// assert!(allows(AccountKind::Master, ReadSettings::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReadSettings;
impl Permission for ReadSettings {
    const ACTION: Action = Action::ReadSettings;
}

/// Hearing of what happens at the facility; of which kinds, say the other rights.
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReceiveEvents}};
/// assert!(!allows(AccountKind::Master, ReceiveEvents::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReceiveEvents;
impl Permission for ReceiveEvents {
    const ACTION: Action = Action::ReceiveEvents;
}

/// Changing one's own secret as a machine, when an administrator asked for it (G05).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, RotateOwnSecret}};
/// assert!(allows(AccountKind::LinkApp, RotateOwnSecret::ACTION));
/// assert!(!allows(AccountKind::General, RotateOwnSecret::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RotateOwnSecret;
impl Permission for RotateOwnSecret {
    const ACTION: Action = Action::RotateOwnSecret;
}

/// Proving one's second factor at sign-in.
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ProveSecondFactor}};
/// assert!(allows(AccountKind::General, ProveSecondFactor::ACTION));
/// assert!(!allows(AccountKind::Reader, ProveSecondFactor::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ProveSecondFactor;
impl Permission for ProveSecondFactor {
    const ACTION: Action = Action::ProveSecondFactor;
}

/// One's own recovery codes, second factors and sign-ins (G06).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{ManageOwnAccess, Permission}};
/// assert!(allows(AccountKind::Master, ManageOwnAccess::ACTION));
/// assert!(!allows(AccountKind::LinkApp, ManageOwnAccess::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ManageOwnAccess;
impl Permission for ManageOwnAccess {
    const ACTION: Action = Action::ManageOwnAccess;
}

/// Medical information on pages (G26).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ViewMedicalPages}};
/// assert!(allows(AccountKind::MedicalViewer, ViewMedicalPages::ACTION));
/// assert!(!allows(AccountKind::General, ViewMedicalPages::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ViewMedicalPages;
impl Permission for ViewMedicalPages {
    const ACTION: Action = Action::ViewMedicalPages;
}

/// Withdrawing a patient's consent for the facility (閲覧同意取消).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, WithdrawConsent}};
/// assert!(allows(AccountKind::General, WithdrawConsent::ACTION));
/// assert!(!allows(AccountKind::LinkApp, WithdrawConsent::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct WithdrawConsent;
impl Permission for WithdrawConsent {
    const ACTION: Action = Action::WithdrawConsent;
}

/// Searching who of the facility looked at medical information (閲覧記録).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ReadLooks}};
/// assert!(allows(AccountKind::Administrator, ReadLooks::ACTION));
/// assert!(!allows(AccountKind::MedicalViewer, ReadLooks::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReadLooks;
impl Permission for ReadLooks {
    const ACTION: Action = Action::ReadLooks;
}

/// Checking eligibility while the system is out of order (G28).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{AskInOutage, Permission}};
/// assert!(allows(AccountKind::MedicalViewer, AskInOutage::ACTION));
/// assert!(!allows(AccountKind::General, AskInOutage::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct AskInOutage;
impl Permission for AskInOutage {
    const ACTION: Action = Action::AskInOutage;
}

/// Checking and viewing in a disaster (G28).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ViewInDisaster}};
/// assert!(allows(AccountKind::Administrator, ViewInDisaster::ACTION));
/// assert!(!allows(AccountKind::LinkApp, ViewInDisaster::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ViewInDisaster;
impl Permission for ViewInDisaster {
    const ACTION: Action = Action::ViewInDisaster;
}

/// Viewing in ambulance mode; the account's own right and its facility decide further (`emergency::ambulance`).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{Permission, ViewInAmbulance}};
/// assert!(allows(AccountKind::MedicalViewer, ViewInAmbulance::ACTION));
/// assert!(!allows(AccountKind::Administrator, ViewInAmbulance::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ViewInAmbulance;
impl Permission for ViewInAmbulance {
    const ACTION: Action = Action::ViewInAmbulance;
}

/// Whom home or remote care was agreed with, and their eligibility at a later visit (G32).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{CareAtHome, Permission}};
/// assert!(allows(AccountKind::General, CareAtHome::ACTION));
/// assert!(!allows(AccountKind::Reader, CareAtHome::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CareAtHome;
impl Permission for CareAtHome {
    const ACTION: Action = Action::HomeCare;
}

/// Addresses, activation codes and devices of home and remote care (G32).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{ManageHomeCare, Permission}};
/// assert!(allows(AccountKind::Administrator, ManageHomeCare::ACTION));
/// assert!(!allows(AccountKind::MedicalViewer, ManageHomeCare::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ManageHomeCare;
impl Permission for ManageHomeCare {
    const ACTION: Action = Action::ManageHomeCare;
}

/// Making and reading filings (届出) for the claims entry (G33).
///
/// ```
/// use domain::{account::AccountKind, permissions::allows, permit::{FileForClaims, Permission}};
/// assert!(allows(AccountKind::Administrator, FileForClaims::ACTION));
/// assert!(!allows(AccountKind::General, FileForClaims::ACTION));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FileForClaims;
impl Permission for FileForClaims {
    const ACTION: Action = Action::FileForClaims;
}
