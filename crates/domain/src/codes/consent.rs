//! Codes of consent to view medical information: given or not (OQSCD016), how it ended (031), to what (036). Grants nothing.

use crate::codes::code_table;

code_table! {
    /// Consent to view medical information (閲覧同意, OQSCD016).
    ///
    /// ```
    /// use domain::codes::consent::Viewing;
    /// assert_eq!(Viewing::from_code("1"), Some(Viewing::Given));
    /// ```
    Viewing = 16, "閲覧同意" {
        NotGiven = "0", "同意なし", "not given";
        Given = "1", "同意あり", "given";
        /// In messages of home visits and remote care only.
        Expired = "2", "同意有効期限切れ", "expired";
        /// In messages of emergencies only.
        CannotBeAsked = "3", "同意取得困難", "cannot be asked for";
    }
}

code_table! {
    /// Why a consent ended (失効理由, OQSCD031).
    ///
    /// ```
    /// use domain::codes::consent::EndReason;
    /// assert_eq!(EndReason::from_code("2"), Some(EndReason::ByPatient));
    /// ```
    EndReason = 31, "失効理由" {
        /// What it says depends on the kind of information; the source does not say more.
        ByKind = "0", "（情報の種別による）", "(depends on the kind of information)";
        ByFacility = "1", "医療機関による取消", "withdrawn by the facility";
        ByPatient = "2", "患者による取消", "withdrawn by the patient";
        OtherPurpose = "3", "用途変更による取消", "withdrawn because the purpose changed";
    }
}

code_table! {
    /// What a consent is about (同意対象, OQSCD036).
    ///
    /// ```
    /// use domain::codes::consent::Subject;
    /// assert_eq!(Subject::Surgery.code(), "SHJ");
    /// ```
    Subject = 36, "同意対象" {
        SpecificDisease = "TSR", "特定疾病", "specified disease";
        Checkups = "TKK", "特定健診", "health checkups";
        Drugs = "YZK", "薬剤", "drugs";
        Treatment = "SRJ", "診療", "treatment";
        Surgery = "SHJ", "手術", "surgery";
    }
}
