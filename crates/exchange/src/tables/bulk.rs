//! What bulk messages have in common: plain headers, the acceptance, the question for the result, its header (interface §1.5, §2.5).

use domain::codes::check::{CharacterCode, ProcessingStatus, ResultSegment};

use crate::tables::{Envelope, Form, as_sent, part};

/// A `…01res`: the request was accepted.
pub type Accepted = Envelope<PlainAnswerHeader, AcceptedBody>;

/// A `…02req`: asks for the result of what was accepted.
pub type ResultRequest = Envelope<PlainHeader, ResultRequestBody>;

part! {
    /// The header of requests that name the facility alone.
    PlainHeader = "§2.4-2.6" {
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", Must, Form::Digits(10), Several;
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file", May, Form::Exact(200), Several;
    }
}

part! {
    /// The header of an acceptance, and of the answer to one registration.
    PlainAnswerHeader = "§2.5" {
        executed_at: Option<String> = "ProcessExecutionTime", "処理実行日時", "time of the answer", Must, Form::DateTime, Several;
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", May, as_sent::VALUE, Several;
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file, as sent", May, Form::Exact(200), Several;
        segment: Option<String> = "SegmentOfResult", "処理結果区分", "how processing ended", Must, Form::Code(&ResultSegment::TABLE), Several;
        error_code: Option<String> = "ErrorCode", "エラーコード", "error code", OnError, Form::OpenCode(20), Several;
        error_message: Option<String> = "ErrorMessage", "エラーメッセージ", "error text", OnError, Form::Text(500), Several;
        character_code: Option<String> = "CharacterCodeIdentifier", "文字コード識別子", "encoding of the file", Must, Form::Code(&CharacterCode::TABLE), Several;
    }
}

part! {
    /// The body of an acceptance.
    AcceptedBody = "§2.5" {
        /// Written when nothing was accepted: a body without it breaks a client (R3).
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", OnError, Form::Code(&ProcessingStatus::TABLE), Ours;
        reception_number: Option<String> = "ReceptionNumber", "受付番号", "reception number", May, Form::Exact(50), Several;
        received_at: Option<String> = "ReceptionDateTime", "受付日時", "time of reception", May, Form::DateTime, Several;
    }
}

part! {
    /// The body of the question for a result.
    ResultRequestBody = "§2.5" {
        reception_number: Option<String> = "ReceptionNumber", "受付番号", "reception number", Must, Form::Exact(50), Several;
    }
}

part! {
    /// The header of a result.
    ResultHeader = "§2.5" {
        executed_at: Option<String> = "ProcessExecutionTime", "処理実行日時", "time of the answer", Must, Form::DateTime, Several;
        /// Bulk checks only.
        confirmation_date: Option<String> = "QualificationConfirmationDate", "資格確認日", "date of visit, as asked", May, Form::Date, Several;
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", May, as_sent::VALUE, Several;
        /// That of the request that was accepted, where the question for the result has none of its own.
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file, as sent", May, Form::Exact(200), Several;
        reception_number: Option<String> = "ReceptionNumber", "受付番号", "reception number", May, as_sent::VALUE, Several;
        segment: Option<String> = "SegmentOfResult", "処理結果区分", "how processing ended", Must, Form::Code(&ResultSegment::TABLE), Several;
        error_code: Option<String> = "ErrorCode", "エラーコード", "error code", OnError, Form::OpenCode(20), Several;
        error_message: Option<String> = "ErrorMessage", "エラーメッセージ", "error text", OnError, Form::Text(500), Several;
        processed: Option<String> = "NumberOfProcessingResult", "処理件数", "how many were processed", May, Form::Count, Several;
        processed_well: Option<String> = "NumberOfNormalProcessing", "正常処理件数", "how many of them well", May, Form::Count, Several;
        failed: Option<String> = "NumberOfError", "エラー件数", "how many of them not", May, Form::Count, Several;
        character_code: Option<String> = "CharacterCodeIdentifier", "文字コード識別子", "encoding of the file", Must, Form::Code(&CharacterCode::TABLE), Several;
    }
}
