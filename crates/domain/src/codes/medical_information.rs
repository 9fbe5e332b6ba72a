//! Codes of medical information: kind (OQSCD029), file format (034), what an emergency asks for (040). Opens nothing.

use crate::codes::code_table;

code_table! {
    /// Kind of medical information (情報種別, OQSCD029).
    ///
    /// ```
    /// use domain::codes::medical_information::Kind;
    /// assert_eq!(Kind::from_code("YZK"), Some(Kind::Drugs));
    /// ```
    Kind = 29, "情報種別" {
        Checkups = "TKK", "特定健診情報", "health checkups";
        Drugs = "YZK", "薬剤情報等", "drugs and the like";
    }
}

code_table! {
    /// File format (ファイル形式, OQSCD034).
    ///
    /// ```
    /// use domain::codes::medical_information::FileFormat;
    /// assert_eq!(FileFormat::Pdf.code(), "1");
    /// ```
    FileFormat = 34, "ファイル形式" {
        Pdf = "1", "PDF", "PDF";
        Png = "2", "PNG", "PNG";
    }
}

code_table! {
    /// What is asked for (情報要求パターン, OQSCD040).
    ///
    /// ```
    /// use domain::codes::medical_information::Pattern;
    /// assert_eq!(Pattern::ALL.len(), 6);
    /// ```
    Pattern = 40, "情報要求パターン" {
        EmergencySummary = "1", "救急用サマリー", "summary for emergencies";
        EmergencyWhole = "2", "救急用全量版", "everything for emergencies";
        PrescriptionsAndBoth = "3", "電子処方箋＋サマリー＋全量", "electronic prescriptions, summary and everything";
        DrugsNow = "4", "現行薬剤", "drugs as today";
        TreatmentAndDrugsNow = "5", "現行診療・薬剤", "treatment and drugs as today";
        CheckupsNow = "6", "現行特定健診", "health checkups as today";
    }
}
