//! One act of seeing medical information (閲覧): who saw what of whom, why, when, and what gave the right to (G27). Never changed once written.

use crate::account::{AccountId, AccountKind};
use crate::civil_date::Instant;
use crate::institution_code::InstitutionCode;
use crate::medical_aid::TreatmentMonth;
use crate::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use crate::person::PersonId;

/// A kind of information that may be seen, and what that rests on.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::medical_information::{kind::{Basis, InformationKind}, look::Opened};
/// let given = Instant::from_micros(0);
/// let opened = Opened {
///     kind: InformationKind::Drugs,
///     basis: Basis::Visit,
///     reference: 7,
///     given,
///     valid_until: given.plus_seconds(86_400),
/// };
/// assert!(!opened.basis.is_emergency());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The kind.
    pub kind: InformationKind,
    /// What it rests on.
    pub basis: Basis,
    /// The check, or the emergency's own opening, that gave it.
    pub reference: u128,
    /// The first instant at which it counts.
    pub given: Instant,
    /// The first instant at which it counts no more.
    pub valid_until: Instant,
}

/// The months that were asked for (診療年月); an absent bound does not limit.
///
/// ```
/// use domain::medical_information::look::Months;
/// assert_eq!(Months::default(), Months { from: None, until: None });
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Months {
    /// The first one.
    pub from: Option<TreatmentMonth>,
    /// The last one.
    pub until: Option<TreatmentMonth>,
}

/// A look as it is recorded.
///
/// ```
/// use domain::account::{AccountId, AccountKind};
/// use domain::civil_date::Instant;
/// use domain::institution_code::InstitutionCode;
/// use domain::medical_information::kind::{Purpose, Way};
/// use domain::medical_information::look::{Look, Months};
/// use domain::person::PersonId;
/// let look = Look {
///     id: 1,
///     at: Instant::from_micros(0),
///     facility: InstitutionCode::parse("1319999999").unwrap(),
///     account: AccountId::parse("doctor1").unwrap(),
///     account_kind: AccountKind::MedicalViewer,
///     person: PersonId::from_u128(7),
///     under: Vec::new(),
///     way: Way::Page,
///     purpose: Purpose::Treatment,
///     months: Months::default(),
/// };
/// assert!(!look.is_emergency());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its identifier.
    pub id: u128,
    /// When.
    pub at: Instant,
    /// At which facility.
    pub facility: InstitutionCode,
    /// By whom.
    pub account: AccountId,
    /// Of what kind the account was then.
    pub account_kind: AccountKind,
    /// At whom.
    pub person: PersonId,
    /// At what, and what gave the right to; empty where the patient saw who looked.
    pub under: Vec<Opened>,
    /// In what way.
    pub way: Way,
    /// Why.
    pub purpose: Purpose,
    /// Of which months.
    pub months: Months,
}

impl Look {
    /// True where any of it rests on an emergency: such looks are marked and reported (G28).
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.under.iter().any(|it| it.basis.is_emergency())
    }
}
