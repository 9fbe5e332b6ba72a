//! Who may use the ambulance mode 救急時医療情報閲覧 (operations §1.10): facility, account and second factor, each by itself. Looks nobody up.

use crate::civil_date::Instant;
use crate::codes::authentication::{ByKnowledge, ByPossession, Factor};
use crate::codes::setting::Right;
use crate::facility_kind::FacilityKind;
use crate::facility_settings::Use;
use crate::sign_in_notice::ProvedBy;

/// What a facility, an account and its session bring.
///
/// ```
/// use domain::{codes::setting::Right, facility_kind::FacilityKind, facility_settings::Use, sign_in_notice::ProvedBy};
/// use domain::emergency::ambulance::{Listing, NotAdmitted, Standing};
/// let all = Standing {
///     kind: Some(FacilityKind::Medical), listing: Listing::Listed, setting: Use::On, right: Right::Given,
///     proved: Some(ProvedBy::Totp),
/// };
/// assert_eq!(all.admitted(), Ok(ProvedBy::Totp));
/// let pharmacy = Standing { kind: Some(FacilityKind::Pharmacy), ..all };
/// assert_eq!(pharmacy.admitted(), Err(NotAdmitted::Kind));
/// let alone = Standing { proved: Some(ProvedBy::Password), ..all };
/// assert_eq!(alone.admitted(), Err(NotAdmitted::Factor));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The facility's kind, where it is known.
    pub kind: Option<FacilityKind>,
    /// Whether the operator lists it.
    pub listing: Listing,
    /// The facility's setting `ambulance`.
    pub setting: Use,
    /// The account's right 救急時閲覧権限 (OQSCD043).
    pub right: Right,
    /// By what the account proved itself in this session.
    pub proved: Option<ProvedBy>,
}

/// Whether the operator lists a facility as one that takes ambulances (救急告示病院 and the like). A kind tells no hospital from a clinic, and
/// clinics are excluded, so a list does.
///
/// ```
/// use domain::emergency::ambulance::Listing;
/// assert_ne!(Listing::Listed, Listing::NotListed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// It is.
    Listed,
    /// It is not.
    NotListed,
}

/// Why the mode is not open to somebody.
///
/// ```
/// use domain::emergency::ambulance::NotAdmitted;
/// assert!(NotAdmitted::Right.to_string().contains("right"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Pharmacies, dental clinics, home-visit nursing and facilities of no known kind are excluded.
    #[error("the kind of facility is excluded")]
    Kind,
    /// The operator does not list the facility.
    #[error("the operator does not list the facility")]
    Listing,
    /// The facility did not opt in.
    #[error("the facility did not opt in")]
    Setting,
    /// The account lacks the right.
    #[error("the account lacks the right")]
    Right,
    /// No second factor was proved in this session.
    #[error("no second factor was proved in this session")]
    Factor,
}

impl Standing {
    /// Whether the mode is open, and by which second factor.
    ///
    /// # Errors
    /// [`NotAdmitted`], the first that holds in the order of the enum.
    pub fn admitted(&self) -> Result<ProvedBy, NotAdmitted> {
        let kind = self.kind.map(FacilityKind::differences);
        if !kind.is_some_and(|it| it.takes_ambulances) {
            return Err(NotAdmitted::Kind);
        }
        if self.listing == Listing::NotListed {
            return Err(NotAdmitted::Listing);
        }
        if self.setting == Use::Off {
            return Err(NotAdmitted::Setting);
        }
        if self.right == Right::NotGiven {
            return Err(NotAdmitted::Right);
        }
        match self.proved {
            Some(proved @ (ProvedBy::Totp | ProvedBy::Passkey | ProvedBy::RecoveryCode)) => {
                Ok(proved)
            }
            Some(ProvedBy::Password) | None => Err(NotAdmitted::Factor),
        }
    }
}

/// How a proof stands in the code tables: its factor (OQSCD041) and the code of its method within that factor's table (OQSCD042). A passkey and
/// a recovery code are things held that the table does not name.
///
/// ```
/// use domain::{codes::authentication::Factor, emergency::ambulance::method_of, sign_in_notice::ProvedBy};
/// assert_eq!(method_of(ProvedBy::Totp), (Factor::Possession, "02"));
/// assert_eq!(method_of(ProvedBy::Passkey), (Factor::Possession, "03"));
/// assert_eq!(method_of(ProvedBy::Password), (Factor::Knowledge, "01"));
/// ```
#[must_use]
pub fn method_of(proved: ProvedBy) -> (Factor, &'static str) {
    match proved {
        ProvedBy::Password => (Factor::Knowledge, ByKnowledge::Password.code()),
        ProvedBy::Totp => (Factor::Possession, ByPossession::OneTimePassword.code()),
        ProvedBy::Passkey | ProvedBy::RecoveryCode => {
            (Factor::Possession, ByPossession::Other.code())
        }
    }
}

/// A card that was checked opens the mode for this long, midnight or not.
pub const CARD_COUNTS_FOR_S: i64 = 24 * 3_600;

/// Whether a card that was checked then still opens the mode.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::emergency::ambulance::card_counts;
/// let checked = Instant::parse("2026-11-23T23:55:00+09:00").unwrap();
/// assert!(card_counts(checked, checked.plus_seconds(600)));
/// assert!(!card_counts(checked, checked.plus_seconds(86_400)));
/// ```
#[must_use]
pub fn card_counts(checked: Instant, now: Instant) -> bool {
    now < checked.plus_seconds(CARD_COUNTS_FOR_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_by_itself_keeps_the_mode_shut() {
        let all = Standing {
            kind: Some(FacilityKind::Medical),
            listing: Listing::Listed,
            setting: Use::On,
            right: Right::Given,
            proved: Some(ProvedBy::Passkey),
        };
        assert_eq!(all.admitted(), Ok(ProvedBy::Passkey));
        for kind in FacilityKind::ALL {
            let of_kind = Standing {
                kind: Some(kind),
                ..all
            };
            let admitted = of_kind.admitted().is_ok();
            assert_eq!(admitted, kind == FacilityKind::Medical, "{kind:?}");
        }
        let of_no_known_kind = Standing { kind: None, ..all };
        assert_eq!(of_no_known_kind.admitted(), Err(NotAdmitted::Kind));
        let lacking = [
            (
                Standing {
                    listing: Listing::NotListed,
                    ..all
                },
                NotAdmitted::Listing,
            ),
            (
                Standing {
                    setting: Use::Off,
                    ..all
                },
                NotAdmitted::Setting,
            ),
            (
                Standing {
                    right: Right::NotGiven,
                    ..all
                },
                NotAdmitted::Right,
            ),
            (
                Standing {
                    proved: None,
                    ..all
                },
                NotAdmitted::Factor,
            ),
        ];
        for (standing, why) in lacking {
            assert_eq!(standing.admitted(), Err(why));
        }
    }
}
