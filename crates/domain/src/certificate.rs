//! Certificates that stand beside a coverage: elderly recipient, ceiling, specified disease. Decides only on which days each counts.

use crate::civil_date::CivilDate;
use crate::codes::ceiling::{Category, CertificateKind};
use crate::codes::disease::SpecificDisease;

/// First and last day on which something counts; an absent end does not limit.
///
/// ```
/// use domain::{certificate::Period, civil_date::CivilDate};
/// let august = Period {
///     start: Some(CivilDate::new(2026, 8, 1).unwrap()),
///     end: Some(CivilDate::new(2026, 8, 31).unwrap()),
/// };
/// assert!(august.contains(CivilDate::new(2026, 8, 31).unwrap()));
/// assert!(!august.contains(CivilDate::new(2026, 9, 1).unwrap()));
/// assert!(Period { start: None, end: None }.contains(CivilDate::new(1900, 1, 1).unwrap()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First day (有効開始年月日).
    pub start: Option<CivilDate>,
    /// Last day (有効終了年月日).
    pub end: Option<CivilDate>,
}

impl Period {
    /// True when `day` lies within, both ends included (contracts §5).
    #[must_use]
    pub fn contains(self, day: CivilDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// A patient's share of the cost in percent, 0-100 in whole tens in practice; `010` in files is 10 %.
///
/// ```
/// use domain::certificate::Ratio;
/// assert_eq!(Ratio::from_percent(30).unwrap().to_code(), "030");
/// assert!(Ratio::from_percent(101).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u8);

impl Ratio {
    /// From a percentage, 0-100.
    #[must_use]
    pub fn from_percent(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// The percentage.
    #[must_use]
    pub fn as_percent(self) -> u8 {
        self.0
    }

    /// Three digits, as files carry it.
    #[must_use]
    pub fn to_code(self) -> String {
        format!("{:03}", self.0)
    }
}

/// The elderly recipient certificate (高齢受給者証) of people aged 70 to 74.
///
/// ```
/// use domain::certificate::{ElderlyCertificate, Period, Ratio};
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
/// use domain::{certificate::{CeilingCertificate, Period}, codes::ceiling::{Category, CertificateKind}};
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
/// use domain::{certificate::{DiseaseCertificate, Period}, codes::disease::SpecificDisease};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_period_count() {
        let day = |d| CivilDate::new(2026, 8, d).unwrap();
        let period = Period {
            start: Some(day(2)),
            end: Some(day(4)),
        };
        let counted: Vec<bool> = (1..=5).map(|d| period.contains(day(d))).collect();
        assert_eq!(counted, [false, true, true, true, false]);
    }

    #[test]
    fn an_absent_end_does_not_limit() {
        let day = CivilDate::new(2026, 8, 2).unwrap();
        assert!(
            Period {
                start: Some(day),
                end: None
            }
            .contains(day.plus_days(40_000))
        );
        assert!(
            Period {
                start: None,
                end: Some(day)
            }
            .contains(day.plus_days(-40_000))
        );
    }
}
