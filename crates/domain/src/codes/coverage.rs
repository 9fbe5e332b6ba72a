//! Codes about a coverage: kind of card (OQSCD010), reason of loss (OQSCD008), below school age (OQSCD015). Decides nothing.

use crate::codes::code_table;

code_table! {
    /// Kind of card (被保険者証区分, OQSCD010).
    ///
    /// ```
    /// use domain::codes::coverage::CardClassification;
    /// assert!(CardClassification::from_code("A1").unwrap().is_medical_aid());
    /// ```
    CardClassification = 10, "被保険者証区分" {
        General = "01", "被保険者証（一般）", "insurance card (general)";
        Retired = "02", "被保険者証（退職）", "insurance card (retired)";
        ShortTerm = "03", "短期被保険者証（一般）", "short-term card (general)";
        ShortTermRetired = "04", "短期被保険者証（退職）", "short-term card (retired)";
        SpecialExpense = "05", "特別療養費支給対象者", "entitled to special medical expenses";
        SpeciallyRetired = "06", "特例退職被保険者証", "specially retired insured person";
        SelfDefence = "07", "自衛官診療証", "self-defence official";
        MedicalAid = "A1", "医療扶助", "medical aid";
    }
}

impl CardClassification {
    /// True for medical aid (医療扶助), which is no insurance and needs a ticket.
    #[must_use]
    pub fn is_medical_aid(self) -> bool {
        self == Self::MedicalAid
    }
}

code_table! {
    /// Reason of loss (資格喪失事由, OQSCD008).
    ///
    /// ```
    /// use domain::codes::coverage::LossReason;
    /// assert_eq!(LossReason::from_code("03").unwrap().label_en(), "acquired another insurance");
    /// ```
    LossReason = 8, "資格喪失事由" {
        Death = "01", "死亡", "death";
        PublicAssistance = "02", "生活保護受給開始", "public assistance began";
        OtherInsurance = "03", "医療保険等の資格取得", "acquired another insurance";
        Other = "99", "その他", "other";
    }
}

code_table! {
    /// Below school age (未就学区分, OQSCD015); the element is absent otherwise.
    ///
    /// ```
    /// use domain::codes::coverage::Preschool;
    /// assert_eq!(Preschool::from_code("2"), None);
    /// ```
    Preschool = 15, "未就学区分" {
        BelowSchoolAge = "1", "未就学", "below school age";
    }
}
