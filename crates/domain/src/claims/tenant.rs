//! Review bodies as tenants of the claims entry: the payment fund, and the federation of each prefecture, two kinds of tenant of one service.
//! Knows no account and no file.

use core::fmt;

use crate::claims::ReviewBody;
use crate::institution_code::InstitutionCode;
use crate::posted_notice::Prefecture;

/// A review body that claims are handed in to. Every row of the claims entry carries one.
///
/// ```
/// use domain::claims::tenant::Tenant;
/// assert_eq!(Tenant::parse("fund"), Some(Tenant::Fund));
/// assert_eq!(Tenant::parse("federation-13").unwrap().to_string(), "federation-13");
/// assert!(Tenant::parse("federation-48").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tenant {
    /// The payment fund (社会保険診療報酬支払基金).
    Fund,
    /// A prefecture's federation (国民健康保険団体連合会).
    Federation(Prefecture),
}

impl Tenant {
    /// Reads a tenant's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "fund" {
            return Some(Self::Fund);
        }
        let number = text.strip_prefix("federation-")?;
        let prefecture = Prefecture::parse(number).filter(|_| number.len() == 2)?;
        Some(Self::Federation(prefecture))
    }

    /// The tenants a facility hands its claims in to: the fund, and the federation of its own prefecture.
    ///
    /// ```
    /// use domain::{claims::tenant::Tenant, institution_code::InstitutionCode};
    /// let code = InstitutionCode::parse("1319999999").unwrap();
    /// let names: Vec<_> = Tenant::of_facility(code).map(|it| it.to_string()).collect();
    /// assert_eq!(names, ["fund", "federation-13"]);
    /// ```
    pub fn of_facility(facility: InstitutionCode) -> impl Iterator<Item = Self> {
        let federation = Prefecture::of(facility).map(Self::Federation);
        [Self::Fund].into_iter().chain(federation)
    }

    /// Whether a facility hands claims in to this tenant.
    ///
    /// ```
    /// use domain::{claims::tenant::Tenant, institution_code::InstitutionCode};
    /// let code = InstitutionCode::parse("1319999999").unwrap();
    /// assert!(!Tenant::parse("federation-34").unwrap().serves(code));
    /// ```
    #[must_use]
    pub fn serves(self, facility: InstitutionCode) -> bool {
        Self::of_facility(facility).any(|it| it == self)
    }

    /// Which kind of review body it is.
    ///
    /// ```
    /// use domain::claims::{ReviewBody, tenant::Tenant};
    /// assert_eq!(Tenant::Fund.review_body(), ReviewBody::Fund);
    /// ```
    #[must_use]
    pub fn review_body(self) -> ReviewBody {
        match self {
            Self::Fund => ReviewBody::Fund,
            Self::Federation(_) => ReviewBody::Federation,
        }
    }

    /// The name for people, in Japanese and in English.
    ///
    /// ```
    /// use domain::claims::tenant::Tenant;
    /// let (ja, en) = Tenant::parse("federation-13").unwrap().label();
    /// assert!(ja.starts_with("東京都") && en.ends_with("Tokyo"));
    /// ```
    #[must_use]
    pub fn label(self) -> (String, String) {
        match self {
            Self::Fund => (
                "社会保険診療報酬支払基金".into(),
                "Health insurance claims payment fund".into(),
            ),
            Self::Federation(prefecture) => {
                let (ja, en) = prefecture.label();
                (
                    format!("{ja}国民健康保険団体連合会"),
                    format!("National Health Insurance federation of {en}"),
                )
            }
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fund => f.write_str("fund"),
            Self::Federation(prefecture) => write!(f, "federation-{:02}", prefecture.number()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tenant_reads_back_as_written_and_other_texts_are_none() {
        let federations = Prefecture::all().map(Tenant::Federation);
        for tenant in [Tenant::Fund].into_iter().chain(federations) {
            assert_eq!(Tenant::parse(&tenant.to_string()), Some(tenant));
        }
        for text in [
            "",
            "Fund",
            "federation",
            "federation-1",
            "federation-00",
            "federation-013",
        ] {
            assert_eq!(Tenant::parse(text), None, "{text}");
        }
    }
}
