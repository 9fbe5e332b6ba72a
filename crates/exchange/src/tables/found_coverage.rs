//! A coverage as an answer tells it, `ResultOfQualificationConfirmation` (interface §2.3), in the order of its rows. The newer consents
//! (傷病名, 感染症, アレルギー, 薬剤禁忌, 検査, 処方) have no row: their element names are not known.

use domain::check;
use domain::codes::ceiling::{Category, CertificateKind, Change};
use domain::codes::consent::Viewing;
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::codes::prescription::IssueForm;

use crate::tables::medical_ticket::MedicalTicket;
use crate::tables::{Form, part};

part! {
    /// A coverage found.
    FoundCoverage = "§2.3" {
        classification: Option<String> = "InsuredCardClassification", "被保険者証区分", "kind of card", Must, Form::Code(&CardClassification::TABLE), Several;
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", May, Form::Insurer, Several;
        /// Medical aid only.
        payer_number: Option<String> = "PublicExpenseNumber", "公費負担者番号", "medical aid's payer number", May, Form::Insurer, One;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, Form::Exact(20), Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", May, Form::Exact(20), Several;
        /// Medical aid only.
        recipient_number: Option<String> = "BeneficiaryNumber", "受給者番号", "medical aid's recipient number", May, Form::Exact(20), One;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, Form::Digits(2), Several;
        relationship: Option<String> = "PersonalFamilyClassification", "本人・家族の別", "insured person or family", May, Form::Code(&Relationship::TABLE), Several;
        insured_name: Option<String> = "InsuredName", "被保険者氏名（世帯主氏名）", "name of the insured person", May, Form::Text(200), Several;
        name: Option<String> = "Name", "氏名", "name", Must, Form::Text(200), Several;
        name_of_other: Option<String> = "NameOfOther", "氏名（その他）", "other name", May, Form::Text(200), Several;
        kana: Option<String> = "NameKana", "氏名カナ", "name in kana", May, Form::Text(200), Several;
        kana_of_other: Option<String> = "NameOfOtherKana", "氏名カナ（その他）", "other name in kana", May, Form::Text(200), Several;
        sex: Option<String> = "Sex1", "性別1", "sex", Must, Form::Code(&Sex::TABLE), Several;
        shown_sex: Option<String> = "Sex2", "性別2", "sex shown on the card", May, Form::Code(&Sex::TABLE), Several;
        birth_date: Option<String> = "Birthdate", "生年月日", "date of birth", Must, Form::Date, Several;
        address: Option<String> = "Address", "住所", "address", May, Form::Text(500), Several;
        postal_code: Option<String> = "PostNumber", "郵便番号", "postal code", May, Form::PostalCode, Several;
        acquired: Option<String> = "QualificationDate", "資格取得年月日", "day of acquisition", May, Form::Date, Several;
        lost: Option<String> = "DisqualificationDate", "資格喪失年月日", "day of loss", May, Form::Date, Several;
        issued: Option<String> = "InsuredCertificateIssuanceDate", "被保険者証交付年月日", "day the card was issued", May, Form::Date, Several;
        valid_from: Option<String> = "InsuredCardValidDate", "被保険者証有効開始年月日", "valid from", May, Form::Date, Several;
        valid_until: Option<String> = "InsuredCardExpirationDate", "被保険者証有効終了年月日", "valid until", May, Form::Date, Several;
        ratio: Option<String> = "InsuredPartialContributionRatio", "被保険者証一部負担金割合", "share the patient pays, in percent", May, Form::Digits(3), Several;
        preschool: Option<String> = "PreschoolClassification", "未就学区分", "below school age", May, Form::Code(&Preschool::TABLE), Several;
        loss_reason: Option<String> = "ReasonOfLoss", "資格喪失事由", "reason of loss", May, Form::Code(&LossReason::TABLE), Several;
        /// Always there, but for medical aid, whose office stands in the next row.
        insurer_name: Option<String> = "InsurerName", "保険者名称", "name of the insurer", May, Form::Text(200), Several;
        /// Medical aid only.
        office_name: Option<String> = "WelfareOfficeName", "福祉事務所名", "name of the welfare office", May, Form::Text(200), One;
        elderly: Option<ElderlyCertificate> = "ElderlyRecipientCertificateInfo", "高齢受給者証情報", "elderly certificate", May, Form::Group, Several;
        ceiling_consent: Option<String> = "LimitApplicationCertificateRelatedConsFlg", "限度額適用認定証提供同意フラグ", "consent to the ceiling", May, Form::Code(&check::CeilingConsent::TABLE), Several;
        ceiling_consented_at: Option<String> = "LimitApplicationCertificateRelatedConsTime", "限度額適用認定証提供同意日時", "time of the consent to the ceiling", May, Form::DateTime, Several;
        ceiling: Option<CeilingCertificate> = "LimitApplicationCertificateRelatedInfo", "限度額適用認定証関連情報", "ceiling certificate", May, Form::Group, Several;
        /// Bulk checks only: against what the facility sent as on its file.
        ceiling_changed: Option<String> = "LimitApplicationCertificateChanged", "限度額適用認定証情報変更有無", "whether the ceiling changed", May, Form::Code(&Change::TABLE), Several;
        disease_consent: Option<String> = "SpecificDiseasesCertificateRelatedConsFlg", "特定疾病療養受療証提供同意フラグ", "consent to the specified-disease certificates", May, Form::Code(&Viewing::TABLE), Several;
        disease_consented_at: Option<String> = "SpecificDiseasesCertificateRelatedConsTime", "特定疾病療養受療証提供同意日時", "time of that consent", May, Form::DateTime, Several;
        /// Written in its list; read without it too (R1).
        diseases: Vec<DiseaseCertificate> = "SpecificDiseasesCertificateList", "特定疾病療養受療証情報リスト", "specified-disease certificates", May, Form::List("SpecificDiseasesCertificateInfo"), One;
        /// Medical aid only.
        tickets: Vec<MedicalTicket> = "PublicExpenseResultList", "医療扶助結果リスト", "tickets of medical aid", May, Form::List("MedicalTicketInfo"), One;
        checkups_consent: Option<String> = "SpecificHealthCheckupsInfoConsFlg", "特定健診情報閲覧同意フラグ", "consent to the viewing of health checkups", May, Form::Code(&Viewing::TABLE), Several;
        checkups_consented_at: Option<String> = "SpecificHealthCheckupsInfoConsTime", "特定健診情報閲覧同意日時", "time of that consent", May, Form::DateTime, Several;
        checkups_until: Option<String> = "SpecificHealthCheckupsInfoAvailableTime", "特定健診情報閲覧有効期限", "until when it may be viewed", May, Form::DateTime, Several;
        drugs_consent: Option<String> = "PharmacistsInfoConsFlg", "薬剤情報閲覧同意フラグ", "consent to the viewing of drugs", May, Form::Code(&Viewing::TABLE), Several;
        drugs_consented_at: Option<String> = "PharmacistsInfoConsTime", "薬剤情報閲覧同意日時", "time of that consent", May, Form::DateTime, Several;
        drugs_until: Option<String> = "PharmacistsInfoAvailableTime", "薬剤情報閲覧有効期限", "until when they may be viewed", May, Form::DateTime, Several;
        treatment_consent: Option<String> = "DiagnosisInfoConsFlg", "診療情報閲覧同意フラグ", "consent to the viewing of treatment", May, Form::Code(&Viewing::TABLE), Several;
        treatment_consented_at: Option<String> = "DiagnosisInfoConsTime", "診療情報閲覧同意日時", "time of that consent", May, Form::DateTime, Several;
        treatment_until: Option<String> = "DiagnosisInfoAvailableTime", "診療情報閲覧有効期限", "until when it may be viewed", May, Form::DateTime, Several;
        surgery_consent: Option<String> = "OperationInfoConsFlg", "手術情報閲覧同意フラグ", "consent to the viewing of surgery", May, Form::Code(&Viewing::TABLE), Several;
        surgery_consented_at: Option<String> = "OperationInfoConsTime", "手術情報閲覧同意日時", "time of that consent", May, Form::DateTime, Several;
        surgery_until: Option<String> = "OperationInfoAvailableTime", "手術情報閲覧有効期限", "until when it may be viewed", May, Form::DateTime, Several;
        /// Read only; ours is written in the body.
        prescription: Option<String> = "PrescriptionIssueSelect", "処方箋発行形態", "form of prescription", May, Form::Code(&IssueForm::TABLE), One;
        reference_number: Option<String> = "ReferenceNumber", "照会番号", "reference number", May, Form::Exact(50), Several;
        identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子", "the sender's mark for the person", May, Form::Exact(200), Several;
    }
}

part! {
    /// An elderly certificate (高齢受給者証).
    ElderlyCertificate = "§2.3.1" {
        issued: Option<String> = "ElderlyRecipientCertificateDate", "高齢受給者証交付年月日", "day of issue", May, Form::Date, Several;
        valid_from: Option<String> = "ElderlyRecipientValidStartDate", "高齢受給者証有効開始年月日", "valid from", May, Form::Date, Several;
        valid_until: Option<String> = "ElderlyRecipientValidEndDate", "高齢受給者証有効終了年月日", "valid until", May, Form::Date, Several;
        ratio: Option<String> = "ElderlyRecipientContributionRatio", "高齢受給者証一部負担金割合", "share the patient pays, in percent", May, Form::Digits(3), Several;
    }
}

part! {
    /// A ceiling certificate (限度額適用認定証).
    CeilingCertificate = "§2.3.1" {
        kind: Option<String> = "LimitApplicationCertificateClassification", "限度額適用認定証区分", "kind of certificate", May, Form::Code(&CertificateKind::TABLE), Several;
        category: Option<String> = "LimitApplicationCertificateClassificationFlag", "限度額適用認定証適用区分", "ceiling category", May, Form::Code(&Category::TABLE), Several;
        issued: Option<String> = "LimitApplicationCertificateDate", "限度額適用認定証交付年月日", "day of issue", May, Form::Date, Several;
        valid_from: Option<String> = "LimitApplicationCertificateValidStartDate", "限度額適用認定証有効開始年月日", "valid from", May, Form::Date, Several;
        valid_until: Option<String> = "LimitApplicationCertificateValidEndDate", "限度額適用認定証有効終了年月日", "valid until", May, Form::Date, Several;
        long_term_since: Option<String> = "LimitApplicationCertificateLongTermDate", "長期入院該当年月日", "long-term stay since", May, Form::Date, Several;
    }
}

part! {
    /// A specified-disease certificate (特定疾病療養受療証).
    DiseaseCertificate = "§2.3.1" {
        disease: Option<String> = "SpecificDiseasesDiseaseCategory", "認定疾病区分", "disease", May, Form::Code(&SpecificDisease::TABLE), Several;
        issued: Option<String> = "SpecificDiseasesCertificateDate", "特定疾病療養受療証交付年月日", "day of issue", May, Form::Date, Several;
        valid_from: Option<String> = "SpecificDiseasesValidStartDate", "特定疾病療養受療証有効開始年月日", "valid from", May, Form::Date, Several;
        valid_until: Option<String> = "SpecificDiseasesValidEndDate", "特定疾病療養受療証有効終了年月日", "valid until", May, Form::Date, Several;
        self_pay_yen: Option<String> = "SpecificDiseasesSelfPay", "特定疾病療養受療証自己負担限度額", "the patient's ceiling in yen", May, Form::Count, Several;
    }
}
