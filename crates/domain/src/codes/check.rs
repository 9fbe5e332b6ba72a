//! Codes of a check's envelope: OQSCD002 to 005, 028, 032. Consent to the ceiling (OQSCD001) and the verdict (OQSCD006) are
//! in `domain::check`.

use crate::codes::code_table;

code_table! {
    /// How the person was found (照会区分, OQSCD002).
    ///
    /// ```
    /// use domain::codes::check::ReferenceKind;
    /// assert_eq!(ReferenceKind::Number.code(), "2");
    /// ```
    ReferenceKind = 2, "照会区分" {
        Card = "1", "マイナンバーカード", "My Number card";
        Number = "2", "被保険者証情報", "data of an insurance card";
    }
}

code_table! {
    /// How processing ended (処理結果区分, OQSCD003).
    ///
    /// ```
    /// use domain::codes::check::ResultSegment;
    /// assert_eq!(ResultSegment::Abnormal.code(), "9");
    /// ```
    ResultSegment = 3, "処理結果区分" {
        Normal = "1", "正常終了", "ended normally";
        Processing = "2", "処理中", "still processing";
        Abnormal = "9", "異常終了", "ended abnormally";
    }
}

code_table! {
    /// Outcome of one item (処理結果状況, OQSCD004).
    ///
    /// ```
    /// use domain::codes::check::ProcessingStatus;
    /// assert_eq!(ProcessingStatus::Error.code(), "2");
    /// ```
    ProcessingStatus = 4, "処理結果状況" {
        Normal = "1", "正常終了", "normal";
        Error = "2", "エラー", "error";
    }
}

code_table! {
    /// Character code of a file (文字コード識別子, OQSCD005).
    ///
    /// ```
    /// use domain::codes::check::CharacterCode;
    /// assert_eq!(CharacterCode::ShiftJis.code(), "1");
    /// ```
    CharacterCode = 5, "文字コード識別子" {
        Utf8 = "0", "UTF-8", "UTF-8";
        ShiftJis = "1", "Shift_JIS", "Shift_JIS";
    }
}

code_table! {
    /// On what occasion a person is treated (診療区分, OQSCD028; `MedicalTreatmentFlag`).
    ///
    /// ```
    /// use domain::codes::check::VisitKind;
    /// assert_eq!(VisitKind::from_code("4"), Some(VisitKind::Emergency));
    /// ```
    VisitKind = 28, "診療区分" {
        Outpatient = "1", "外来", "outpatient";
        HomeVisit = "2", "訪問診療等", "home visit and the like";
        Online = "3", "オンライン診療等", "remote care and the like";
        Emergency = "4", "救急時", "emergency";
    }
}

code_table! {
    /// Whether the coverage is still the one known before (資格情報変更確認, OQSCD032).
    ///
    /// ```
    /// use domain::codes::check::CoverageChange;
    /// assert_eq!(CoverageChange::Same.code(), "0");
    /// ```
    CoverageChange = 32, "資格情報変更確認" {
        Same = "0", "一致", "the same";
        Different = "1", "不一致", "different";
    }
}
