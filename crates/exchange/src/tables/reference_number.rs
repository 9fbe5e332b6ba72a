//! Reference numbers (照会番号): registered one by one, `OQSsiimm01`, and in bulk, `OQSmuimm01`/`02` (interface §2.4).

use domain::codes::check::ProcessingStatus;

use crate::tables::as_sent::RegistrationAsSent;
use crate::tables::bulk::{PlainAnswerHeader, PlainHeader, ResultHeader};
use crate::tables::{Envelope, Form, part};

/// `OQSsiimm01req`.
pub type Request = Envelope<PlainHeader, RequestBody>;

/// `OQSsiimm01res`.
pub type Answer = Envelope<PlainAnswerHeader, AnswerBody>;

/// `OQSmuimm01req`.
pub type BulkRequest = Envelope<PlainHeader, BulkRequestBody>;

/// `OQSmuimm02res`.
pub type BulkResult = Envelope<ResultHeader, BulkResultBody>;

part! {
    /// The body of a registration.
    RequestBody = "§2.4" {
        registration: Registration = "ReferenceNumberRegistrationInfo", "照会番号登録情報", "what is registered", Must, Form::Group, Several;
    }
}

part! {
    /// A reference number and the coverage it is for.
    Registration = "§2.4" {
        reference_number: Option<String> = "ReferenceNumber", "照会番号", "reference number", Must, Form::Exact(50), Several;
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", Must, Form::Insurer, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, Form::Exact(20), Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", Must, Form::Exact(20), Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, Form::Digits(2), Several;
    }
}

part! {
    /// The body of a registration's answer.
    AnswerBody = "§2.4" {
        registration: Option<RegistrationAsSent> = "ReferenceNumberRegistrationInfo", "照会番号登録情報", "what was to be registered, as sent", May, Form::Group, One;
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", Must, Form::Code(&ProcessingStatus::TABLE), One;
        code: Option<String> = "ProcessingResultCode", "処理結果コード", "code of the outcome", May, Form::OpenCode(20), One;
        message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ", "text of the outcome", May, Form::Text(1000), One;
    }
}

part! {
    /// The body of a bulk registration.
    BulkRequestBody = "§2.4" {
        registrations: Vec<Registration> = "ReferenceNumberRegistrationInfo", "照会番号登録情報", "what is registered", Must, Form::Group, Several;
    }
}

part! {
    /// The body of a bulk registration's result.
    BulkResultBody = "§2.4" {
        /// Written in abnormal results only: a body without it breaks a client (R3).
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", OnError, Form::Code(&ProcessingStatus::TABLE), Ours;
        units: Vec<RegistrationUnit> = "BulkRegistrationUnit", "照会番号一括登録結果", "one registration's result", May, Form::Group, One;
    }
}

part! {
    /// The result of one registration.
    RegistrationUnit = "§2.4" {
        registration: Option<RegistrationAsSent> = "ReferenceNumberRegistrationInfo", "照会番号登録情報", "what was to be registered, as sent", May, Form::Group, One;
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", Must, Form::Code(&ProcessingStatus::TABLE), One;
        code: Option<String> = "ProcessingResultCode", "処理結果コード", "code of the outcome", May, Form::OpenCode(20), One;
        message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ", "text of the outcome", May, Form::Text(1000), One;
    }
}
