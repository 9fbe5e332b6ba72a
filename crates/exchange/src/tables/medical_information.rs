//! Requests for medical information, `YZKsiquc01req` and `TKKsiquc01req` (interface §2.7), whose header holds the qualification in
//! words of its own.

use domain::codes::check::VisitKind;
use domain::codes::prescription::Display;

use crate::tables::{Envelope, Form, part};

/// `YZKsiquc01req`.
pub type DrugRequest = Envelope<RequestHeader, DrugRequestBody>;

/// `TKKsiquc01req`.
pub type CheckupRequest = Envelope<RequestHeader, CheckupRequestBody>;

part! {
    /// The header: facility and qualification.
    RequestHeader = "§2.7" {
        institution_code: Option<String> = "MedicalInstitutionCode", "医療機関コード", "institution code", Must, Form::Digits(10), Several;
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", Must, Form::Insurer, Several;
        symbol: Option<String> = "InsuranceCardSymbol", "被保険者証記号", "symbol", May, Form::Exact(20), Several;
        number: Option<String> = "InsuredPersonIdentificationNumber", "被保険者証番号", "number", Must, Form::Exact(20), Several;
        branch: Option<String> = "BranchNumber", "被保険者証枝番", "branch number", May, Form::Digits(2), Several;
        file_identifier: Option<String> = "ArbitraryFileIdentifier", "任意のファイル識別子", "the sender's mark for the file", May, Form::Exact(200), Several;
    }
}

part! {
    /// The body of a request for drugs and treatment.
    DrugRequestBody = "§2.7" {
        from: Option<String> = "StartDate", "対象期間（開始年月）", "first month", Must, Form::Month, Several;
        until: Option<String> = "EndDate", "対象期間（終了年月）", "last month", Must, Form::Month, Several;
        /// `1` drugs as PDF, `2` drugs as XML, `3` drugs and treatment as PDF, `4` both as XML.
        file_category: Option<String> = "FileCategory", "ファイル種別", "what is asked for and how", Must, Form::OpenCode(1), Several;
        prescriptions: Option<String> = "PrDiInfClassification", "処方・調剤情報表示", "whether electronic prescriptions' data are asked for", May, Form::Code(&Display::TABLE), Several;
        visit_kind: Option<String> = "MedicalTreatmentFlag", "診療区分", "kind of visit", Must, Form::Code(&VisitKind::TABLE), Several;
    }
}

part! {
    /// The body of a request for health checkups.
    CheckupRequestBody = "§2.7" {
        /// `1` PDF, `2` XML.
        file_category: Option<String> = "FileCategory", "ファイル種別", "how it is asked for", Must, Form::OpenCode(1), Several;
        /// Has no meaning here; one client always sends it.
        prescriptions: Option<String> = "PrDiInfClassification", "処方・調剤情報表示", "whether electronic prescriptions' data are asked for", May, Form::Code(&Display::TABLE), One;
        visit_kind: Option<String> = "MedicalTreatmentFlag", "診療区分", "kind of visit", Must, Form::Code(&VisitKind::TABLE), Several;
    }
}
