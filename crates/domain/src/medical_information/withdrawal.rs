//! Taking a consent back (閲覧同意取消): why, and what is on record of it. It ends a right to see at once, and never a record of what was seen.

use crate::account::{AccountId, AccountKind};
use crate::civil_date::Instant;
use crate::institution_code::InstitutionCode;
use crate::medical_information::look::Opened;
use crate::named::named;
use crate::person::PersonId;
use crate::personal_text::personal_text;

named! {
    /// Why a consent was withdrawn (失効理由, OQSCD031).
    ///
    /// ```
    /// use domain::medical_information::withdrawal::Reason;
    /// assert_eq!(Reason::parse("purpose"), Some(Reason::Purpose));
    /// ```
    Reason {
        /// The facility withdrew it: given by mistake, for another person, or needed no more.
        Facility = "facility";
        /// The patient withdrew it.
        Patient = "patient";
        /// It was to serve another purpose than it was given for.
        Purpose = "purpose";
    }
}

personal_text! {
    /// What staff write about a withdrawal (at most 200 characters).
    ///
    /// ```
    /// use domain::medical_information::withdrawal::WithdrawalNote;
    /// assert_eq!(WithdrawalNote::parse("別の患者の同意").unwrap().as_str(), "別の患者の同意");
    /// ```
    WithdrawalNote, 200
}

/// A withdrawal as it is recorded.
///
/// ```
/// use domain::account::{AccountId, AccountKind};
/// use domain::civil_date::Instant;
/// use domain::institution_code::InstitutionCode;
/// use domain::medical_information::withdrawal::{Reason, Withdrawal};
/// use domain::person::PersonId;
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// let withdrawal = Withdrawal {
///     id: 1,
///     at: Instant::from_micros(0),
///     facility,
///     person: PersonId::from_u128(7),
///     ended: Vec::new(),
///     reason: Reason::Facility,
///     note: None,
///     by: (facility, AccountId::parse("clerk1").unwrap(), AccountKind::General),
/// };
/// assert_eq!(withdrawal.reason.as_str(), "facility");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its identifier.
    pub id: u128,
    /// When.
    pub at: Instant,
    /// The facility that may not see any more.
    pub facility: InstitutionCode,
    /// Whose consent it was.
    pub person: PersonId,
    /// What ended; never empty.
    pub ended: Vec<Opened>,
    /// Why.
    pub reason: Reason,
    /// What staff wrote about it.
    pub note: Option<WithdrawalNote>,
    /// Where, by which account; of a patient, the account of the device at which they stood.
    pub by: (InstitutionCode, AccountId, AccountKind),
}
