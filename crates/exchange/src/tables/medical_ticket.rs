//! A ticket of medical aid, `MedicalTicketInfo` (医療券・調剤券, interface §2.3.1).

use domain::codes::ticket::{
    Combination, Designation, ElderlyCare, Inconsistency, InfectiousDisease, Kind,
    PrefecturalExpense, SocialInsurance, Treatment,
};

use crate::tables::{Form, part};

part! {
    /// A ticket.
    MedicalTicket = "§2.3.1" {
        kind: Option<String> = "TicketType", "券種別", "kind of ticket", May, Form::Code(&Kind::TABLE), One;
        valid_from: Option<String> = "MedicalTicketValidDate", "医療券有効開始年月日", "valid from", May, Form::Date, One;
        valid_until: Option<String> = "MedicalTicketExpirationDate", "医療券有効終了年月日", "valid until", May, Form::Date, One;
        issue_number: Option<String> = "IssueNumber", "交付番号", "issue number", May, Form::Text(100), One;
        month: Option<String> = "MedicalTreatmentMonth", "診療年月", "month of treatment", May, Form::Month, One;
        facility: Option<String> = "DesignatedMedicalInstitutionCode", "指定医療機関コード", "designated facility's code", May, Form::Digits(10), One;
        /// Read only: that its codes are those of OQSCD026 is inferred.
        designation: Option<String> = "DesignatedMedicalInstitutionFlag", "指定医療機関フラグ", "whether the facility is the designated one", May, Form::Code(&Designation::TABLE), Inferred;
        facility_name: Option<String> = "DesignatedMedicalInstitutionName", "指定医療機関名", "designated facility's name", May, Form::Text(200), One;
        prescriber: Option<String> = "PrescriptionIssuerMedicalInstitutionCode", "処方箋発行元医療機関コード", "prescribing facility's code", May, Form::Digits(10), One;
        prescriber_name: Option<String> = "PrescriptionIssuerMedicalInstitutionName", "処方箋発行元医療機関名", "prescribing facility's name", May, Form::Text(200), One;
        illness_1: Option<String> = "InjuryName1", "傷病名1", "illness", May, Form::Text(200), One;
        illness_2: Option<String> = "InjuryName2", "傷病名2", "illness", May, Form::Text(200), One;
        illness_3: Option<String> = "InjuryName3", "傷病名3", "illness", May, Form::Text(200), One;
        treatment: Option<String> = "MedicalTreatmentType", "診療別", "what it is for", May, Form::Code(&Treatment::TABLE), One;
        self_pay_yen: Option<String> = "SelfPayAmount", "本人支払額", "what the patient pays, in yen", May, Form::Count, One;
        district_contact: Option<String> = "DistrictContactName", "地区担当員名", "district worker", May, Form::Text(200), One;
        handling_contact: Option<String> = "HandlingContactName", "取扱担当者名", "clerk in charge", May, Form::Text(200), One;
        combination: Option<String> = "SingleOrCombinedUse", "単独・併用区分", "alone or with another payer", May, Form::Code(&Combination::TABLE), One;
        social_insurance: Option<String> = "StatusOfSocialInsurance", "社保の有無", "employees' insurance beside it", May, Form::Code(&SocialInsurance::TABLE), One;
        inconsistency: Option<String> = "ConsistencyFlag", "整合性フラグ", "contradicts other data", May, Form::Code(&Inconsistency::TABLE), One;
        /// Spelt as the interface spells it.
        infectious_disease: Option<String> = "StatusOfInfecton", "感染症法37条の2該当の有無", "infectious disease (article 37-2)", May, Form::Code(&InfectiousDisease::TABLE), One;
        elderly_care: Option<String> = "StatusOfElderlyMedicalCare", "後期高齢該当の有無", "medical care of the elderly", May, Form::Code(&ElderlyCare::TABLE), One;
        prefectural_expense: Option<String> = "StatusOfPrefecturalExpenses", "都道府県費該当の有無", "paid by the prefecture", May, Form::Code(&PrefecturalExpense::TABLE), One;
        remark_1: Option<String> = "Remarks1", "備考1", "remark", May, Form::Text(500), One;
        remark_2: Option<String> = "Remarks2", "備考2", "remark", May, Form::Text(500), One;
        remark_3: Option<String> = "Remarks3", "備考3", "remark", May, Form::Text(500), One;
    }
}
