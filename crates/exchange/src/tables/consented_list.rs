//! Lists of those who consented beforehand or are entrusted to the facility (interface §2.6): medical aid `OQSmutic`, home visits
//! `OQSmuhvq`, remote care `OQSmuonq`. Their results are those of `bulk_check`.

use domain::codes::check::VisitKind;

use crate::tables::bulk::PlainHeader;
use crate::tables::{Envelope, Form, part};

/// `OQSmutic01req`.
pub type MedicalAidRequest = Envelope<PlainHeader, MedicalAidBody>;

/// `OQSmuhvq01req`.
pub type HomeVisitRequest = Envelope<PlainHeader, HomeVisitBody>;

/// `OQSmuonq01req`.
pub type OnlineRequest = Envelope<PlainHeader, OnlineBody>;

part! {
    /// The body of the question for medical aid's list.
    MedicalAidBody = "§2.6" {
        search_info: MedicalAidSearch = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what is asked for", Must, Form::Group, Several;
    }
}

part! {
    /// Which of medical aid's list.
    MedicalAidSearch = "§2.6" {
        month: Option<String> = "MedicalTreatmentMonth", "診療年月", "month of treatment", Must, Form::Month, Several;
    }
}

part! {
    /// The body of the question for the list of home visits.
    HomeVisitBody = "§2.6" {
        search_info: HomeVisitSearch = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what is asked for", Must, Form::Group, Several;
    }
}

part! {
    /// Which of the list of home visits.
    HomeVisitSearch = "§2.6" {
        consent_from: Option<String> = "ConsentDateFrom", "同意日（開始）", "consented from", Must, Form::Date, Several;
        consent_until: Option<String> = "ConsentDateTo", "同意日（終了）", "consented until", Must, Form::Date, Several;
        visit_kind: Option<String> = "MedicalTreatmentFlag", "診療区分", "kind of visit", Must, Form::Code(&VisitKind::TABLE), Several;
    }
}

part! {
    /// The body of the question for the list of remote care.
    OnlineBody = "§2.6" {
        search_info: OnlineSearch = "QualificationConfirmSearchInfo", "資格確認照会用情報", "what is asked for", Must, Form::Group, Several;
    }
}

part! {
    /// Which of the list of remote care: by day of examination, or, as one client can ask too, by day of consent.
    OnlineSearch = "§2.6" {
        examined_from: Option<String> = "ExaminationDateFrom", "診療日（開始）", "examined from", May, Form::Date, Several;
        examined_until: Option<String> = "ExaminationDateTo", "診療日（終了）", "examined until", May, Form::Date, Several;
        consent_from: Option<String> = "ConsentDateFrom", "同意日（開始）", "consented from", May, Form::Date, One;
        consent_until: Option<String> = "ConsentDateTo", "同意日（終了）", "consented until", May, Form::Date, One;
        visit_kind: Option<String> = "MedicalTreatmentFlag", "診療区分", "kind of visit", Must, Form::Code(&VisitKind::TABLE), Several;
    }
}
