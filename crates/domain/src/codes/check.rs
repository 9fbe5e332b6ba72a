//! Codes of a check's envelope: OQSCD002 to 005. The verdict (OQSCD006) is `domain::check::Verdict`.

use crate::codes::code_table;

code_table! {
    /// How the person was found (照会区分, OQSCD002).
    ///
    /// ```
    /// use domain::codes::check::ReferenceKind;
    /// assert_eq!(ReferenceKind::Number.code(), "2");
    /// ```
    ReferenceKind {
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
    ResultSegment {
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
    ProcessingStatus {
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
    CharacterCode {
        Utf8 = "0", "UTF-8", "UTF-8";
        ShiftJis = "1", "Shift_JIS", "Shift_JIS";
    }
}
