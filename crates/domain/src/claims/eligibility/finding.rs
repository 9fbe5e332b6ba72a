//! What can be wrong with a claim by the coverages of its person: reason and remedy in Japanese and English. Quotes nobody's data.

use core::fmt;

use crate::claims::{Days, Payer, Severity};
use crate::named::named;

named! {
    /// What is wrong. All rules are ours.
    ///
    /// ```
    /// use domain::claims::{Severity, eligibility::finding::Rule};
    /// assert_eq!(Rule::BirthDateDiffers.severity(), Severity::Claim);
    /// assert_eq!(Rule::KanaDiffers.severity(), Severity::Warning);
    /// ```
    Rule {
        /// Nobody of this insurer, symbol and number is registered.
        NotFound = "not_found";
        /// The person of this branch, or of this reading and sex, is, with another birth date.
        BirthDateDiffers = "birth_date_differs";
        /// Somebody is, but nobody born on that day: who was meant is not known, and a newborn may not be registered yet.
        NobodyBornThen = "nobody_born_then";
        /// Several people are, born on one day; neither branch nor reading tells them apart.
        SeveralPeople = "several_people";
        /// The sex is registered otherwise.
        SexDiffers = "sex_differs";
        /// The reading is registered otherwise.
        KanaDiffers = "kana_differs";
        /// Below school age or not: by the birth date otherwise.
        PreschoolDiffers = "preschool_differs";
        /// Another coverage held on these days.
        OtherInsurer = "other_insurer";
        /// The insurer changed between the days of visit.
        SeveralInsurers = "several_insurers";
        /// No coverage is known for these days.
        NotInsured = "not_insured";
        /// Several coverages are, and no rule chooses.
        SeveralCoverages = "several_coverages";
        /// The branch is registered otherwise.
        BranchDiffers = "branch_differs";
        /// A branch is registered, and the claim has none.
        BranchMissing = "branch_missing";
        /// Very old or not: registered otherwise than the claim's type says.
        TypeDiffers = "type_differs";
        /// Insured person or family: registered otherwise.
        RelationshipDiffers = "relationship_differs";
        /// Elderly people's share: registered otherwise than the claim's type says.
        ShareDiffers = "share_differs";
        /// The benefit does not go with the registered share.
        BenefitDiffers = "benefit_differs";
        /// The ceiling class is registered otherwise.
        CeilingDiffers = "ceiling_differs";
        /// The ceiling was applied, and the claim does not state its class.
        CeilingNotStated = "ceiling_not_stated";
        /// The ceiling was applied, and none is registered for that day.
        CeilingUnknown = "ceiling_unknown";
        /// Medical aid is not registered for these days.
        SchemeNotValid = "scheme_not_valid";
        /// A review body does not move claims with a public scheme (claims-format §13, \[A\]).
        NotMovedWithScheme = "not_moved_with_scheme";
        /// The claim states no check, and there was none about a visit of that month.
        NeverConfirmed = "never_confirmed";
    }
}

impl Rule {
    /// What becomes of the claim: a known person's other birth date is wrong for certain, all else is for a person to look at.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self == Self::BirthDateDiffers {
            Severity::Claim
        } else {
            Severity::Warning
        }
    }

    pub(super) fn is_about_the_insurance(self) -> bool {
        !matches!(
            self,
            Self::SexDiffers | Self::KanaDiffers | Self::PreschoolDiffers | Self::SchemeNotValid
        )
    }

    /// Reason and remedy in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::NotFound => {
                "この保険者番号・記号・番号の資格が登録されていません。番号を確かめ、患者さんの資格を確認し直してください。"
            }
            Self::BirthDateDiffers => {
                "この番号の方はいますが、生年月日が違います。生年月日と番号を確かめてください。"
            }
            Self::NobodyBornThen => {
                "この番号に、この生年月日の方は登録されていません。生年月日と番号を確かめてください。出生などで加入したばかりの方は、保険者の登録がまだのことがあります。"
            }
            Self::SeveralPeople => {
                "この番号と生年月日に当てはまる方が複数います。枝番とカタカナ氏名を入れてください。"
            }
            Self::SexDiffers => "男女区分が登録と違います。資格確認の結果を見て直してください。",
            Self::KanaDiffers => {
                "カタカナ氏名が登録と違います。資格確認の結果を見て直してください。"
            }
            Self::PreschoolDiffers => {
                "未就学者かどうかが、生年月日と診療日から見て違います。レセプト種別を確かめてください。"
            }
            Self::OtherInsurer => {
                "受診日に有効なのは、ほかの保険者の資格です。示した資格に直すか、そのまま請求して振替を待ってください。"
            }
            Self::SeveralInsurers => {
                "受診日の間に保険者が変わっています。受診日ごとにレセプトを分けてください。"
            }
            Self::NotInsured => {
                "受診日に有効な資格が登録されていません。患者さんに保険を確かめてください。"
            }
            Self::SeveralCoverages => {
                "受診日に有効な資格が複数あり、決められません。患者さんに保険を確かめてください。"
            }
            Self::BranchDiffers => "枝番が登録と違います。資格確認の結果を見て直してください。",
            Self::BranchMissing => {
                "枝番が登録されていますが、レセプトにありません。資格確認レコード（SN）に入れてください。"
            }
            Self::TypeDiffers => {
                "後期高齢者医療かどうかが、レセプト種別と登録で違います。レセプト種別を確かめてください。"
            }
            Self::RelationshipDiffers => {
                "本人・家族の別が登録と違います。レセプト種別を確かめてください。"
            }
            Self::ShareDiffers => {
                "高齢受給者・後期高齢者の負担割合が登録と違います。レセプト種別の末尾を確かめてください。"
            }
            Self::BenefitDiffers => {
                "給付割合が登録の負担割合と合いません。給付割合を確かめてください。"
            }
            Self::CeilingDiffers => {
                "限度額の適用区分が登録と違います。特記事項を確かめてください。"
            }
            Self::CeilingNotStated => {
                "限度額を適用していますが、適用区分の特記事項がありません。特記事項を入れてください。"
            }
            Self::CeilingUnknown => {
                "限度額を適用していますが、受診日の適用区分が登録されていません。認定証または同意の有無を確かめてください。"
            }
            Self::SchemeNotValid => {
                "受診日に有効な医療扶助が登録されていません。公費負担者番号・受給者番号と医療券を確かめてください。"
            }
            Self::NotMovedWithScheme => {
                "公費のあるレセプトは審査支払機関が振替・分割しません。送る前に直してください。"
            }
            Self::NeverConfirmed => {
                "資格確認レコード（SN）がなく、この月の受診日についての資格確認の記録もありません。資格を確認してください。"
            }
        }
    }

    /// Reason and remedy in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::NotFound => {
                "no coverage of this insurer, symbol and number is registered; look at the numbers and check the patient again"
            }
            Self::BirthDateDiffers => {
                "the number is registered, the birth date is another; look at both"
            }
            Self::NobodyBornThen => {
                "nobody of this number born on that day is registered; look at both; the insurer may not have registered a newborn or new member yet"
            }
            Self::SeveralPeople => {
                "several people go with number and birth date; write branch and reading"
            }
            Self::SexDiffers => {
                "the sex is registered otherwise; mend it by the answer of the check"
            }
            Self::KanaDiffers => {
                "the reading is registered otherwise; mend it by the answer of the check"
            }
            Self::PreschoolDiffers => {
                "by birth date and day of visit the person is, or is not, below school age; look at the claim's type"
            }
            Self::OtherInsurer => {
                "another insurer's coverage held on these days; write the one shown, or send the claim and wait for it to be moved"
            }
            Self::SeveralInsurers => {
                "the insurer changed between the days of visit; write one claim for each insurer's days"
            }
            Self::NotInsured => {
                "no coverage is registered for these days; ask the patient which insurance there was"
            }
            Self::SeveralCoverages => {
                "several coverages are registered for these days and no rule chooses; ask the patient"
            }
            Self::BranchDiffers => {
                "the branch is registered otherwise; mend it by the answer of the check"
            }
            Self::BranchMissing => {
                "a branch is registered and the claim has none; write it into the record SN"
            }
            Self::TypeDiffers => {
                "the claim's type and the registration differ in whether it is medical care of the very old; look at the type"
            }
            Self::RelationshipDiffers => {
                "insured person or family: registered otherwise; look at the claim's type"
            }
            Self::ShareDiffers => {
                "the elderly person's share is registered otherwise; look at the last digit of the claim's type"
            }
            Self::BenefitDiffers => {
                "the benefit does not go with the registered share; look at the benefit"
            }
            Self::CeilingDiffers => {
                "the ceiling class is registered otherwise; look at the remarks"
            }
            Self::CeilingNotStated => {
                "the ceiling was applied and no remark states its class; write the remark"
            }
            Self::CeilingUnknown => {
                "the ceiling was applied and none is registered for that day; look at the certificate or the consent"
            }
            Self::SchemeNotValid => {
                "no medical aid is registered for these days; look at the scheme's and the beneficiary's number, and at the ticket"
            }
            Self::NotMovedWithScheme => {
                "a claim with a public scheme is neither moved nor split by the review body; mend it before sending"
            }
            Self::NeverConfirmed => {
                "the claim states no check and there was none about a visit of that month; check the patient"
            }
        }
    }
}

/// Something wrong with a claim.
///
/// ```
/// use domain::claims::{Days, eligibility::finding::{Finding, Rule}};
/// let finding = Finding { rule: Rule::NotInsured, days: [5].into_iter().collect(), payer: None };
/// assert!(finding.to_string().starts_with("not_insured (days 5)"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub rule: Rule,
    /// On which days of the month; none where days do not matter.
    pub days: Days,
    /// Whose part of the claim.
    pub payer: Option<Payer>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.as_str())?;
        if !self.days.is_empty() {
            write!(f, " (days {})", self.days)?;
        }
        write!(f, ": {}", self.rule.en())
    }
}
