//! Office checks (事務点検) of a file as a whole that need to know who sends it, to whom and when. The rules are ours; reason and remedy are in
//! Japanese and English. Checks no single claim.

use crate::claims::Severity;
use crate::claims::tenant::Tenant;
use crate::institution_code::InstitutionCode;
use crate::medical_aid::TreatmentMonth;
use crate::named::named;
use crate::posted_notice::Prefecture;

named! {
    /// What is wrong with a file as a whole.
    ///
    /// ```
    /// use domain::claims::{Severity, office::Rule};
    /// assert_eq!(Rule::OtherInstitution.severity(), Severity::File);
    /// ```
    Rule {
        /// It is another institution's file.
        OtherInstitution = "other_institution";
        /// It is another review body's.
        OtherReviewBody = "other_review_body";
        /// Its institution lies in another prefecture than the federation.
        OtherPrefecture = "other_prefecture";
        /// Its month is not the one it is sent in.
        OtherMonth = "other_month";
    }
}

impl Rule {
    /// What becomes of the file. That the month must be this one was seen nowhere \[C\], so it refuses nothing.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::OtherInstitution | Self::OtherReviewBody | Self::OtherPrefecture => {
                Severity::File
            }
            Self::OtherMonth => Severity::Warning,
        }
    }

    /// Reason and remedy in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::OtherInstitution => {
                "ほかの医療機関のファイルです。ファイルの医療機関コードと、利用者IDの医療機関を確かめてください。"
            }
            Self::OtherReviewBody => {
                "ほかの審査支払機関あてのファイルです。支払基金あてか国保連合会あてかを確かめ、正しい請求先に送ってください。"
            }
            Self::OtherPrefecture => {
                "ほかの都道府県の医療機関のファイルです。国保連合会の都道府県を確かめてください。"
            }
            Self::OtherMonth => {
                "請求年月が今月ではありません。先月のファイルでないかを確かめてください。"
            }
        }
    }

    /// Reason and remedy in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::OtherInstitution => {
                "the file is another institution's; compare the code in the file with the facility of the account"
            }
            Self::OtherReviewBody => {
                "the file is for another review body; see whether it is for the fund or for the federation, and send it there"
            }
            Self::OtherPrefecture => {
                "the institution of the file lies in another prefecture than the federation; look at the prefecture"
            }
            Self::OtherMonth => {
                "the month of the claim is not this month; see whether it is last month's file"
            }
        }
    }
}

/// What a file says of itself.
///
/// ```
/// use domain::claims::{ReviewBody, office::Stated};
/// fn goes_to_the_fund(stated: &Stated) -> bool {
///     stated.review_body == ReviewBody::Fund
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Whose it is.
    pub institution: InstitutionCode,
    /// Who reviews it.
    pub review_body: crate::claims::ReviewBody,
    /// The month it is sent in.
    pub claim_month: TreatmentMonth,
}

/// What is wrong with a file that a facility sends to a tenant in a month.
///
/// ```
/// use domain::claims::{ReviewBody, office::{Rule, Stated, judge}, tenant::Tenant};
/// use domain::{institution_code::InstitutionCode, medical_aid::TreatmentMonth};
/// let own = InstitutionCode::parse("1319999999").unwrap();
/// let month = TreatmentMonth::parse_iso("2026-11").unwrap();
/// let stated = Stated { institution: own, review_body: ReviewBody::Federation, claim_month: month };
/// assert_eq!(judge(&stated, (Tenant::Fund, own), month), [Rule::OtherReviewBody]);
/// ```
#[must_use]
pub fn judge(
    stated: &Stated,
    (tenant, facility): (Tenant, InstitutionCode),
    month: TreatmentMonth,
) -> Vec<Rule> {
    let mut wrong = Vec::new();
    if stated.institution != facility {
        wrong.push(Rule::OtherInstitution);
    }
    if stated.review_body != tenant.review_body() {
        wrong.push(Rule::OtherReviewBody);
    }
    if let Tenant::Federation(prefecture) = tenant
        && Prefecture::of(stated.institution) != Some(prefecture)
    {
        wrong.push(Rule::OtherPrefecture);
    }
    if stated.claim_month != month {
        wrong.push(Rule::OtherMonth);
    }
    wrong
}
