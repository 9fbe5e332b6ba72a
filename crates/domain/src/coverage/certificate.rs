//! Certificates that stand beside a coverage: elderly recipient, ceiling, specified disease. Decides only on which days each counts.

use crate::civil_date::CivilDate;
use crate::codes::ceiling::{Category, CertificateKind};
use crate::codes::disease::SpecificDisease;
use crate::coverage::period::Period;
use crate::coverage::ratio::Ratio;

/// The elderly recipient certificate (高齢受給者証) of people aged 70 to 74.
///
/// ```
/// use domain::coverage::certificate::ElderlyCertificate;
/// use domain::coverage::period::Period;
/// use domain::coverage::ratio::Ratio;
/// let certificate = ElderlyCertificate { issued: None, period: Period::default(), ratio: Ratio::from_percent(20) };
/// assert_eq!(certificate.ratio.unwrap().to_code(), "020");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElderlyCertificate {
    /// Day of issue (交付年月日).
    pub issued: Option<CivilDate>,
    /// Days on which it counts.
    pub period: Period,
    /// The holder's share of the cost.
    pub ratio: Option<Ratio>,
}

/// The certificate of the monthly ceiling on what a patient pays (限度額適用認定証).
///
/// ```
/// use domain::codes::ceiling::{Category, CertificateKind};
/// use domain::coverage::{certificate::CeilingCertificate, period::Period};
/// let certificate = CeilingCertificate {
///     kind: CertificateKind::from_code("01").unwrap(),
///     category: Category::from_code("A03"),
///     issued: None,
///     period: Period::default(),
///     long_term_since: None,
/// };
/// assert!(certificate.category.is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeilingCertificate {
    /// Which of the three certificates (限度額適用認定証区分).
    pub kind: CertificateKind,
    /// Income category (適用区分).
    pub category: Option<Category>,
    /// Day of issue.
    pub issued: Option<CivilDate>,
    /// Days on which it counts.
    pub period: Period,
    /// Day from which a long stay counts (長期入院該当年月日).
    pub long_term_since: Option<CivilDate>,
}

/// The certificate of a specified disease (特定疾病療養受療証).
///
/// ```
/// use domain::codes::disease::SpecificDisease;
/// use domain::coverage::{certificate::DiseaseCertificate, period::Period};
/// let certificate = DiseaseCertificate {
///     disease: SpecificDisease::from_code("1").unwrap(),
///     issued: None,
///     period: Period::default(),
///     self_pay_yen: Some(10_000),
/// };
/// assert_eq!(certificate.self_pay_yen, Some(10_000));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiseaseCertificate {
    /// The disease (認定疾病区分).
    pub disease: SpecificDisease,
    /// Day of issue.
    pub issued: Option<CivilDate>,
    /// Days on which it counts.
    pub period: Period,
    /// Most the patient pays in a month, in yen.
    pub self_pay_yen: Option<u32>,
}
