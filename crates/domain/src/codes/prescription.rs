//! Codes of prescriptions: form of issue (OQSCD017), display (030), the facility's settings (038, 039). Issues none.

use crate::codes::code_table;

code_table! {
    /// How a prescription is issued (処方箋発行形態, OQSCD017).
    ///
    /// ```
    /// use domain::codes::prescription::IssueForm;
    /// assert_eq!(IssueForm::Paper.code(), "2");
    /// ```
    IssueForm = 17, "処方箋発行形態" {
        Electronic = "1", "電子処方箋", "electronic";
        Paper = "2", "紙の処方箋", "paper";
    }
}

code_table! {
    /// Whether prescription and dispensing data are shown beside the claims' (処方・調剤情報表示, OQSCD030).
    ///
    /// ```
    /// use domain::codes::prescription::Display;
    /// assert_eq!(Display::from_code("1"), Some(Display::Shown));
    /// ```
    Display = 30, "処方・調剤情報表示" {
        Hidden = "0", "表示しない", "not shown";
        Shown = "1", "表示する", "shown";
    }
}

code_table! {
    /// Which prescriptions a facility issues (処方箋発行形態設定, OQSCD038).
    ///
    /// ```
    /// use domain::codes::prescription::IssueSetting;
    /// assert_eq!(IssueSetting::from_code("2"), Some(IssueSetting::Both));
    /// ```
    IssueSetting = 38, "処方箋発行形態設定" {
        Unused = "0", "利用しない", "not used";
        ElectronicOnly = "1", "電子処方箋のみ", "electronic only";
        Both = "2", "併用", "both";
        PaperOnly = "3", "紙のみ", "paper only";
    }
}

code_table! {
    /// When the patient is asked for the form of issue (タイミング, OQSCD039).
    ///
    /// ```
    /// use domain::codes::prescription::QuestionTime;
    /// assert_eq!(QuestionTime::AtTheCheck.code(), "2");
    /// ```
    QuestionTime = 39, "処方箋発行形態選択タイミング" {
        AtAnotherTime = "1", "資格確認時以外", "at another time than the check";
        AtTheCheck = "2", "資格確認時", "at the check";
    }
}
