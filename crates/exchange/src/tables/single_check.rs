//! The single check, `OQSsiquc01` (interface §2.2, §2.3): values as they stand on the wire.

use domain::check;
use domain::codes::check::{CharacterCode, ProcessingStatus, ReferenceKind, ResultSegment};
use domain::codes::prescription::IssueForm;

use crate::tables::as_sent::{self, SearchInfoAsSent};
use crate::tables::found_coverage::FoundCoverage;
use crate::tables::{Envelope, Form, part};

/// `OQSsiquc01req`.
pub type Request = Envelope<RequestHeader, RequestBody>;

/// `OQSsiquc01res`, and the result of a check at a reader.
pub type Answer = Envelope<AnswerHeader, AnswerBody>;

part! {
    /// The header of a single check's request.
    RequestHeader = "§2.2" {
        confirmation_date: Option<String> = "QualificationConfirmationDate", "資格確認日", "date of visit", Must, Form::Date, Several;
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", Must, Form::Digits(10), Several;
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file", May, Form::Exact(200), Several;
    }
}

part! {
    /// The body of a single check's request.
    RequestBody = "§2.2" {
        search_info: SearchInfo = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what is asked for", Must, Form::Group, Several;
    }
}

part! {
    /// What a single check asks for.
    SearchInfo = "§2.2" {
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", Must, Form::Insurer, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, Form::Exact(20), Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", Must, Form::Exact(20), Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, Form::Digits(2), Several;
        birth_date: Option<String> = "Birthdate", "生年月日", "date of birth", Must, Form::Date, Several;
        ceiling_consent: Option<String> = "LimitApplicationCertificateRelatedConsFlg", "限度額適用認定証提供同意フラグ", "consent to the ceiling", Must, Form::Code(&check::CeilingConsent::TABLE), Several;
        identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子", "the sender's mark for the person", May, Form::Exact(200), Several;
    }
}

part! {
    /// The header of a single check's answer.
    AnswerHeader = "§2.1" {
        executed_at: Option<String> = "ProcessExecutionTime", "処理実行日時", "time of the answer", Must, Form::DateTime, Several;
        confirmation_date: Option<String> = "QualificationConfirmationDate", "資格確認日", "date of visit, as asked", May, as_sent::VALUE, Several;
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", May, as_sent::VALUE, Several;
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file, as sent", May, Form::Exact(200), Several;
        kind: Option<String> = "ReferenceClassification", "照会区分", "how the person was found", Must, Form::Code(&ReferenceKind::TABLE), Several;
        segment: Option<String> = "SegmentOfResult", "処理結果区分", "how processing ended", Must, Form::Code(&ResultSegment::TABLE), Several;
        error_code: Option<String> = "ErrorCode", "エラーコード", "error code", OnError, Form::OpenCode(20), Several;
        error_message: Option<String> = "ErrorMessage", "エラーメッセージ", "error text", OnError, Form::Text(500), Several;
        character_code: Option<String> = "CharacterCodeIdentifier", "文字コード識別子", "encoding of the file", Must, Form::Code(&CharacterCode::TABLE), Several;
    }
}

part! {
    /// The body of a single check's answer.
    AnswerBody = "§2.3" {
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", Must, Form::Code(&ProcessingStatus::TABLE), Several;
        code: Option<String> = "ProcessingResultCode", "処理結果コード", "code of the outcome", May, Form::OpenCode(20), Several;
        /// May stand beside a good outcome, as word of a certificate that ends soon.
        message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ", "text of the outcome", May, Form::Text(1000), Several;
        verdict: Option<String> = "QualificationValidity", "資格有効性", "verdict", May, Form::Code(&check::Verdict::TABLE), Several;
        /// Written here; one client places it in the coverage, where it is read too.
        prescription: Option<String> = "PrescriptionIssueSelect", "処方箋発行形態", "form of prescription", May, Form::Code(&IssueForm::TABLE), Several;
        search_info: Option<SearchInfoAsSent> = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what was asked for, as sent", May, Form::Group, Several;
        coverages: Vec<FoundCoverage> = "ResultList", "資格確認結果リスト", "coverages found", May, Form::List("ResultOfQualificationConfirmation"), Several;
    }
}
