//! The bulk check, `OQSmuquc01`/`02` (interface §2.5), and the unit all bulk results of coverages are made of.

use domain::check;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::check::ProcessingStatus;

use crate::tables::as_sent::LineAsSent;
use crate::tables::bulk::ResultHeader;
use crate::tables::found_coverage::FoundCoverage;
use crate::tables::single_check::RequestHeader;
use crate::tables::{Envelope, Form, part};

/// `OQSmuquc01req`.
pub type Request = Envelope<RequestHeader, RequestBody>;

/// `OQSmuquc02res`, and the `…02res` of the consented lists.
pub type BulkResult = Envelope<ResultHeader, ResultBody>;

part! {
    /// The body of a bulk check.
    RequestBody = "§2.5" {
        search_infos: Vec<SearchInfo> = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what is asked for", Must, Form::Group, Several;
    }
}

part! {
    /// What one line of a bulk check asks for.
    SearchInfo = "§2.5" {
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", Must, Form::Insurer, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, Form::Exact(20), Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", Must, Form::Exact(20), Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, Form::Digits(2), Several;
        birth_date: Option<String> = "Birthdate", "生年月日", "date of birth", Must, Form::Date, Several;
        /// To be compared: the answer says whether it changed.
        ceiling_on_file: Option<CeilingOnFile> = "LimitApplicationCertificateRelatedInfo", "限度額適用認定証関連情報", "the ceiling on the facility's file", May, Form::Group, Several;
        identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子", "the sender's mark for the person", May, Form::Exact(200), Several;
    }
}

part! {
    /// The ceiling a facility has on its file.
    CeilingOnFile = "§2.5" {
        kind: Option<String> = "LimitApplicationCertificateClassification", "限度額適用認定証区分", "kind of certificate", May, Form::Code(&CertificateKind::TABLE), Several;
        category: Option<String> = "LimitApplicationCertificateClassificationFlag", "限度額適用認定証適用区分", "ceiling category", May, Form::Code(&Category::TABLE), Several;
    }
}

part! {
    /// The body of a result.
    ResultBody = "§2.5" {
        /// Written in abnormal results only: a body without it breaks a client (R3).
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", OnError, Form::Code(&ProcessingStatus::TABLE), Ours;
        units: Vec<CheckUnit> = "BulkConfirmUnit", "一括照会結果", "one line's result", May, Form::Group, Several;
    }
}

part! {
    /// The result of one line.
    CheckUnit = "§2.5" {
        search_info: Option<LineAsSent> = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what was asked for, as sent", May, Form::Group, Several;
        status: Option<String> = "ProcessingResultStatus", "処理結果状況", "outcome", Must, Form::Code(&ProcessingStatus::TABLE), Several;
        code: Option<String> = "ProcessingResultCode", "処理結果コード", "code of the outcome", May, Form::OpenCode(20), Several;
        message: Option<String> = "ProcessingResultMessage", "処理結果メッセージ", "text of the outcome", May, Form::Text(1000), Several;
        verdict: Option<String> = "QualificationValidity", "資格有効性", "verdict", May, Form::Code(&check::Verdict::TABLE), Several;
        coverages: Vec<FoundCoverage> = "ResultOfQualificationConfirmation", "資格確認結果", "coverage found", May, Form::Group, Several;
        reference_numbers: Vec<String> = "ReferenceNumber", "照会番号", "reference number", May, Form::Exact(50), Several;
    }
}
