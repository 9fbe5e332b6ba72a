//! Health checkups, `TKKsiquc01res` (interface §5.1, §5.3). That the result code stands in the header is inferred.

use domain::codes::person::Sex;

use crate::tables::{Envelope, Form, part};

/// `TKKsiquc01res`.
pub type Answer = Envelope<Header, Body>;

part! {
    /// The header: the person and the outcome.
    Header = "§5.3" {
        person: Option<CheckupPerson> = "QualificationsInfo", "資格情報", "the person", May, Form::Group, Several;
        /// `1`: all is well.
        result_code: Option<String> = "ResultCode", "結果コード", "outcome", Must, Form::OpenCode(20), Inferred;
        message: Option<String> = "MessageContents", "メッセージ内容", "text of the outcome", OnError, Form::Text(1000), Inferred;
    }
}

part! {
    /// The person whose checkups they are.
    CheckupPerson = "§5.3" {
        name: Option<String> = "Name", "氏名", "name", May, Form::Text(200), Several;
        kana: Option<String> = "KanasName", "氏名カナ", "name in kana", May, Form::Text(200), Several;
        birth_date: Option<String> = "Birthday", "生年月日", "date of birth", May, Form::Date, Several;
        sex: Option<String> = "AdministrativeGenderCode", "性別", "sex", May, Form::Code(&Sex::TABLE), Several;
    }
}

part! {
    /// The body: the checkups.
    Body = "§5.3" {
        checkups: Vec<Checkup> = "SpecificHealthCheckupInfo", "特定健診情報", "a checkup", May, Form::Group, Several;
        /// Of a request for a PDF: in place of the checkups. The link app makes a file of its own of it.
        pdf: Option<String> = "OnshiPdf", "PDFファイル", "the document as a PDF", May, Form::Base64, Ours;
    }
}

part! {
    /// A checkup.
    Checkup = "§5.3" {
        date: Option<String> = "EffectiveTime", "健診実施日", "day of the checkup", Must, Form::Date, Several;
        items: Vec<CheckupItem> = "HealthCheckupResultAndQuestionInfos", "健診結果・質問票情報リスト", "results and answers", May, Form::List("HealthCheckupResultAndQuestionInfo"), Several;
    }
}

part! {
    /// A result, or the answer to a question.
    CheckupItem = "§5.3" {
        /// 17 digits and letters of JLAC10.
        code: Option<String> = "ItemCode", "項目コード", "item code (JLAC10)", Must, Form::OpenCode(17), Several;
        name: Option<String> = "ItemName", "項目名", "name of the item", May, Form::Text(255), Several;
        /// As `PQ`, `CD`, `ST`.
        data_type: Option<String> = "DataType", "データ型", "kind of value", May, Form::OpenCode(4), Several;
        value: Option<String> = "DataValue", "データ値", "value", May, Form::Text(500), Several;
        unit: Option<String> = "Unit", "単位", "unit", May, Form::Text(50), Several;
        oid: Option<String> = "Oid", "OID", "list the value is a code of", May, Form::Exact(100), Several;
        value_name: Option<String> = "DataValueName", "データ値名称", "name of the value", May, Form::Text(255), Several;
    }
}
