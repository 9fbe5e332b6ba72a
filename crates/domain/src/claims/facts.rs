//! What a claim says of a person's insurance: the facts that eligibility is held against. Holds no diagnosis, no act and no drug.

use core::fmt;

use crate::civil_date::CivilDate;
use crate::claims::claim_type::ClaimType;
use crate::claims::{Days, Payer, Place};
use crate::codes::ceiling::Category;
use crate::codes::person::Sex;
use crate::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::TreatmentMonth;
use crate::named::named;
use crate::person::Kana;

named! {
    /// The ceiling class a claim's remark (特記事項) tells of.
    ///
    /// ```
    /// use domain::claims::facts::CeilingClass;
    /// assert_eq!(CeilingClass::of_remark(28), Some(CeilingClass::U));
    /// assert_eq!(CeilingClass::of_remark(33), Some(CeilingClass::U));
    /// assert_eq!(CeilingClass::of_remark(2), None);
    /// ```
    CeilingClass {
        /// ア, remark 26 or 31.
        A = "a";
        /// イ, remark 27 or 32.
        I = "i";
        /// ウ, remark 28 or 33.
        U = "u";
        /// エ, remark 29 or 34.
        E = "e";
        /// オ, remark 30 or 35.
        O = "o";
        /// カ, remark 41 or 43: the very old's.
        Ka = "ka";
        /// キ, remark 42 or 44: the very old's.
        Ki = "ki";
    }
}

impl CeilingClass {
    /// The class of a remark's number, whether it is the usual or the repeated one (多数回) (claims-format §9, \[A\]).
    #[must_use]
    pub fn of_remark(remark: u8) -> Option<Self> {
        Some(match remark {
            26 | 31 => Self::A,
            27 | 32 => Self::I,
            28 | 33 => Self::U,
            29 | 34 => Self::E,
            30 | 35 => Self::O,
            41 | 43 => Self::Ka,
            42 | 44 => Self::Ki,
            _ => return None,
        })
    }

    /// The categories of ceiling certificates it goes with. The order of both tables gives it; no text that sets them side by side was
    /// seen \[I\].
    ///
    /// ```
    /// use domain::{claims::facts::CeilingClass, codes::ceiling::Category};
    /// assert!(CeilingClass::Ki.categories().contains(&Category::B10));
    /// ```
    #[must_use]
    pub fn categories(self) -> &'static [Category] {
        match self {
            Self::A => &[Category::A01, Category::B01],
            Self::I => &[Category::A02, Category::B02],
            Self::U => &[Category::A03, Category::B03],
            Self::E => &[Category::A04, Category::B04],
            Self::O => &[
                Category::A05,
                Category::A06,
                Category::B05,
                Category::B06,
                Category::B07,
                Category::B08,
            ],
            Self::Ka => &[Category::B09],
            Self::Ki => &[Category::B10],
        }
    }
}

named! {
    /// Whether the ceiling was applied at the window (窓口負担額区分).
    ///
    /// ```
    /// assert_eq!(domain::claims::facts::CeilingAtWindow::Applied.as_str(), "applied");
    /// ```
    CeilingAtWindow {
        /// It was not.
        NotApplied = "not_applied";
        /// It was.
        Applied = "applied";
    }
}

named! {
    /// Whether the facility says in the claim that it checked online (a record SN).
    ///
    /// ```
    /// assert_eq!(domain::claims::facts::Confirmation::Missing.as_str(), "missing");
    /// ```
    Confirmation {
        /// It does.
        Stated = "stated";
        /// It does not.
        Missing = "missing";
    }
}

/// The health insurance a claim names.
///
/// ```
/// use domain::claims::facts::Insurance;
/// fn shows_nobody(insurance: &Insurance) -> bool {
///     format!("{insurance:?}") == "Insurance(…)"
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Insurance {
    /// Insurer number.
    pub insurer: InsurerNumber,
    /// Symbol.
    pub symbol: Option<Symbol>,
    /// Number.
    pub number: InsuredNumber,
    /// Branch.
    pub branch: Option<Branch>,
    /// Days of visit that this insurance pays.
    pub days: Days,
    /// Whether a check is stated.
    pub confirmation: Confirmation,
}

impl Insurance {
    /// The matching form its coverage is found by.
    #[must_use]
    pub fn key(&self) -> InsuranceKey {
        InsuranceKey::new(self.insurer, self.symbol.as_ref(), &self.number)
    }
}

impl fmt::Debug for Insurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Insurance(…)")
    }
}

/// The number of the law of medical aid (医療扶助).
const MEDICAL_AID: u32 = 12;

/// A public scheme a claim names.
///
/// ```
/// use domain::claims::{Days, Payer, facts::PublicScheme};
/// use domain::insurer_number::InsurerNumber;
/// let scheme = PublicScheme { payer: Payer::FirstScheme, bearer: InsurerNumber::parse("54139993").unwrap(), beneficiary: None, days: Days::default() };
/// assert_eq!(scheme.law(), 54);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicScheme {
    /// Which of the claim's schemes it is.
    pub payer: Payer,
    /// The scheme's number (公費負担者番号).
    pub bearer: InsurerNumber,
    /// The beneficiary's number (受給者番号).
    pub beneficiary: Option<InsuredNumber>,
    /// Days of visit it pays.
    pub days: Days,
}

impl PublicScheme {
    /// The number of the law (法別番号); 12 is medical aid.
    #[must_use]
    pub fn law(&self) -> u32 {
        self.bearer.as_u32() / 1_000_000
    }
}

impl fmt::Debug for PublicScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicScheme({:?}, …)", self.payer)
    }
}

/// What a claim says of its person's insurance.
///
/// ```
/// use domain::claims::facts::Claim;
/// fn days_of_insurance(claim: &Claim) -> u32 {
///     claim.insurance.as_ref().map_or(0, |it| it.days.count())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where it begins in its file.
    pub place: Place,
    /// The month of the visits.
    pub month: TreatmentMonth,
    /// Its type.
    pub claim_type: ClaimType,
    /// Name in kana, where written.
    pub kana: Option<Kana>,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: CivilDate,
    /// What the insurance pays, in percent (給付割合); National Health Insurance alone states it.
    pub benefit_percent: Option<u8>,
    /// The ceiling class.
    pub ceiling: Option<CeilingClass>,
    /// Whether the ceiling was applied at the window.
    pub ceiling_at_window: CeilingAtWindow,
    /// The health insurance; none where public schemes pay alone.
    pub insurance: Option<Insurance>,
    /// Public schemes, in order.
    pub schemes: Vec<PublicScheme>,
}

impl Claim {
    /// All days of visit, whoever pays them.
    #[must_use]
    pub fn days(&self) -> Days {
        let insured = self
            .insurance
            .as_ref()
            .map_or_else(Days::default, |it| it.days);
        let schemes = self.schemes.iter().map(|it| it.days);
        schemes.fold(insured, Days::union)
    }

    /// The matching form its person is found by: the insurance's, or where public schemes pay alone that of medical aid's beneficiary.
    /// Schemes stand in order of priority, and medical aid comes last. None where nothing of the claim is registered at the center.
    #[must_use]
    pub fn key(&self) -> Option<InsuranceKey> {
        if let Some(insurance) = &self.insurance {
            return Some(insurance.key());
        }
        self.medical_aid().find_map(|it| {
            let number = it.beneficiary.as_ref()?;
            Some(InsuranceKey::new(it.bearer, None, number))
        })
    }

    /// Its schemes of medical aid: of public schemes these alone are registered at the center.
    pub(crate) fn medical_aid(&self) -> impl Iterator<Item = &PublicScheme> {
        self.schemes.iter().filter(|it| it.law() == MEDICAL_AID)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({}, …)", self.place)
    }
}
