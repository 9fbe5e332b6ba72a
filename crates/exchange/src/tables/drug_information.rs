//! Drugs and treatment, `YZKsiquc01res` (interface §5.1, §5.2): from claims, from dispensings and from prescriptions, each in names of
//! its own. Surgery has no row: its element names are not known. That the result code stands in the header is inferred.

use domain::codes::person::Sex;

use crate::tables::{Envelope, Form, part};

/// `YZKsiquc01res`.
pub type Answer = Envelope<Header, Body>;

part! {
    /// The header: the person and the outcome.
    Header = "§5.2" {
        person: Option<DrugPerson> = "QuaInf", "資格情報", "the person", May, Form::Group, Several;
        /// `1`: all is well.
        result_code: Option<String> = "ResultCode", "結果コード", "outcome", Must, Form::OpenCode(20), Inferred;
        message: Option<String> = "MessageContents", "メッセージ内容", "text of the outcome", OnError, Form::Text(1000), Inferred;
    }
}

part! {
    /// The person whose drugs they are.
    DrugPerson = "§5.2" {
        name: Option<String> = "Name", "氏名", "name", May, Form::Text(200), Several;
        kana: Option<String> = "KanaName", "氏名カナ", "name in kana", May, Form::Text(200), Several;
        birth_date: Option<String> = "Birth", "生年月日", "date of birth", May, Form::Date, Several;
        sex: Option<String> = "AdmGendCode", "性別", "sex", May, Form::Code(&Sex::TABLE), Several;
    }
}

part! {
    /// The body: one list for each source.
    Body = "§5.2" {
        claims: Vec<ClaimMonth> = "MeTrMonthInf", "レセプト薬剤・診療情報（月）", "a month of claims", May, Form::Group, Several;
        dispensings: Vec<DispensingMonth> = "CzDiInf", "調剤情報", "months of dispensings", May, Form::List("CzDiMonthInf"), Several;
        prescriptions: Vec<PrescriptionMonth> = "ShPrInf", "処方情報", "months of prescriptions", May, Form::List("ShPrMonthInf"), Several;
        /// Of a request for a PDF: in place of the lists. The link app makes a file of its own of it.
        pdf: Option<String> = "OnshiPdf", "PDFファイル", "the document as a PDF", May, Form::Base64, Ours;
    }
}

part! {
    /// A month of claims.
    ClaimMonth = "§5.2" {
        origin: Option<String> = "DiOrg", "データ区分", "kind of origin", May, Form::OpenCode(2), Several;
        dispenser: Option<String> = "MeTrDiHCd", "医療機関・薬局コード", "code of who treated or dispensed", May, Form::Exact(12), Several;
        dispenser_name: Option<String> = "MeTrDiHNm", "医療機関・薬局名", "name of who treated or dispensed", May, Form::Text(255), Several;
        month: Option<String> = "MeTrMonth", "診療・調剤年月", "month", Must, Form::Month, Several;
        prescriber: Option<String> = "PrlsHCd", "処方医療機関コード", "prescriber's code", May, Form::Exact(12), Several;
        prescriber_name: Option<String> = "PrlsHNm", "処方医療機関名", "prescriber's name", May, Form::Text(255), Several;
        /// `1` own, `2` other.
        is_own: Option<String> = "PrIsOrg", "自院・他院の別", "whether by the asking facility", May, Form::OpenCode(1), Several;
        in_or_out: Option<String> = "InOut", "入外区分", "in-patient or out-patient", May, Form::OpenCode(2), Several;
        days: Vec<ClaimDay> = "DiDateInfs", "日別情報リスト", "days", May, Form::List("DiDateInf"), Several;
    }
}

part! {
    /// A day of claims.
    ClaimDay = "§5.2" {
        dispensed_on: Option<String> = "DiDate", "調剤・診療年月日", "day of dispensing or treatment", May, Form::Date, Several;
        prescribed_on: Option<String> = "PrDate", "処方年月日", "day of the prescription", May, Form::Date, Several;
        drugs: Vec<ClaimDrug> = "DrugInfs", "薬剤情報リスト", "drugs", May, Form::List("DrugInf"), Several;
        treatments: Vec<Treatment> = "MeTrInfs", "診療行為リスト", "treatment", May, Form::List("MeTrInf"), One;
    }
}

part! {
    /// A drug of a claim.
    ClaimDrug = "§5.2" {
        usage_class: Option<String> = "MeTrIdCl", "用法区分", "usage class", May, Form::OpenCode(2), Several;
        code: Option<String> = "DrugC", "医薬品コード", "drug code", May, Form::Exact(12), Several;
        name: Option<String> = "DrugN", "医薬品名", "name of the drug", May, Form::Text(255), Several;
        ingredient: Option<String> = "IngreN", "成分名", "active ingredient", May, Form::Text(255), Several;
        quantity: Option<String> = "Qua1", "数量", "quantity", May, Form::Exact(20), Several;
        unit: Option<String> = "Unit", "単位", "unit", May, Form::Text(50), Several;
        usage: Option<String> = "UsageN", "用法", "usage", May, Form::Text(255), Several;
        instruction: Option<String> = "SpInst", "用法補足・指示", "special instruction", May, Form::Text(255), Several;
        times: Option<String> = "Times", "回数・日数", "times or days", May, Form::Exact(20), Several;
    }
}

part! {
    /// A line of treatment (診療情報).
    Treatment = "§5.2" {
        name: Option<String> = "SinInfN", "診療行為名", "name of the treatment", May, Form::Text(255), One;
        code: Option<String> = "SinInfCd", "診療行為コード", "treatment code", May, Form::Exact(12), One;
        class: Option<String> = "MeTrIdCl", "診療識別区分", "class of treatment", May, Form::OpenCode(2), One;
        quantity: Option<String> = "Qua1", "数量", "quantity", May, Form::Exact(20), One;
        times: Option<String> = "Times", "回数", "times", May, Form::Exact(20), One;
        unit: Option<String> = "Unit", "単位", "unit", May, Form::Text(50), One;
    }
}

part! {
    /// A month of dispensings (電子処方箋の調剤情報).
    DispensingMonth = "§5.2" {
        origin: Option<String> = "CzDiOrg", "データ区分", "kind of origin", May, Form::OpenCode(2), Several;
        dispenser: Option<String> = "CzMeTrDiHCd", "調剤薬局コード", "dispenser's code", May, Form::Exact(12), Several;
        dispenser_name: Option<String> = "CzMeTrDiHNm", "調剤薬局名", "dispenser's name", May, Form::Text(255), Several;
        month: Option<String> = "CzDiMonth", "調剤年月", "month", Must, Form::Month, Several;
        prescriber: Option<String> = "CzPrlsHCd", "処方医療機関コード", "prescriber's code", May, Form::Exact(12), Several;
        prescriber_name: Option<String> = "CzPrlsHNm", "処方医療機関名", "prescriber's name", May, Form::Text(255), Several;
        /// `1` own, `2` other.
        is_own: Option<String> = "CzPrIsOrg", "自院・他院の別", "whether by the asking facility", May, Form::OpenCode(1), Several;
        in_or_out: Option<String> = "CzPrCl", "処方区分", "in-patient or out-patient", May, Form::OpenCode(2), Several;
        days: Vec<DispensingDay> = "CzDiDateInfs", "日別情報リスト", "days", May, Form::List("CzDiDateInf"), Several;
    }
}

part! {
    /// A day of dispensings.
    DispensingDay = "§5.2" {
        dispensed_on: Option<String> = "CzDiDate", "調剤年月日", "day of dispensing", May, Form::Date, Several;
        prescribed_on: Option<String> = "CzPrDate", "処方年月日", "day of the prescription", May, Form::Date, Several;
        drugs: Vec<DispensedDrug> = "CzDrugInfs", "薬剤情報リスト", "drugs", May, Form::List("CzDrugInf"), Several;
    }
}

part! {
    /// A drug that was dispensed.
    DispensedDrug = "§5.2" {
        usage_class: Option<String> = "CzUsageCl", "用法区分", "usage class", May, Form::OpenCode(2), Several;
        code: Option<String> = "CzDrugC", "医薬品コード", "drug code", May, Form::Exact(12), Several;
        name: Option<String> = "CzDrugN", "医薬品名", "name of the drug", May, Form::Text(255), Several;
        ingredient: Option<String> = "CzIngreN", "成分名", "active ingredient", May, Form::Text(255), Several;
        quantity: Option<String> = "CzQua1", "数量", "quantity", May, Form::Exact(20), Several;
        unit: Option<String> = "CzUnit", "単位", "unit", May, Form::Text(50), Several;
        usage: Option<String> = "CzUsageN", "用法", "usage", May, Form::Text(255), Several;
        instruction: Option<String> = "CzSpInst", "用法補足・指示", "special instruction", May, Form::Text(255), Several;
        times: Option<String> = "CzTimes", "回数・日数", "times or days", May, Form::Exact(20), Several;
    }
}

part! {
    /// A month of prescriptions (電子処方箋の処方情報).
    PrescriptionMonth = "§5.2" {
        origin: Option<String> = "ShPrOrg", "データ区分", "kind of origin", May, Form::OpenCode(2), Several;
        dispenser: Option<String> = "ShMeTrDiHCd", "調剤薬局コード", "dispenser's code", May, Form::Exact(12), Several;
        dispenser_name: Option<String> = "ShMeTrDiHNm", "調剤薬局名", "dispenser's name", May, Form::Text(255), Several;
        month: Option<String> = "ShPrMonth", "処方年月", "month", Must, Form::Month, Several;
        prescriber: Option<String> = "ShPrHCd", "処方医療機関コード", "prescriber's code", May, Form::Exact(12), Several;
        prescriber_name: Option<String> = "ShPrHNm", "処方医療機関名", "prescriber's name", May, Form::Text(255), Several;
        /// `1` own, `2` other.
        is_own: Option<String> = "ShPrIsOrg", "自院・他院の別", "whether by the asking facility", May, Form::OpenCode(1), Several;
        in_or_out: Option<String> = "ShPrCl", "処方区分", "in-patient or out-patient", May, Form::OpenCode(2), Several;
        days: Vec<PrescriptionDay> = "ShPrDateInfs", "日別情報リスト", "days", May, Form::List("ShPrDateInf"), Several;
    }
}

part! {
    /// A day of prescriptions.
    PrescriptionDay = "§5.2" {
        prescribed_on: Option<String> = "ShPrDate", "処方年月日", "day of the prescription", May, Form::Date, Several;
        drugs: Vec<PrescribedDrug> = "ShDrugInfs", "薬剤情報リスト", "drugs", May, Form::List("ShDrugInf"), Several;
    }
}

part! {
    /// A drug that was prescribed.
    PrescribedDrug = "§5.2" {
        usage_class: Option<String> = "ShUsageCl", "用法区分", "usage class", May, Form::OpenCode(2), Several;
        code: Option<String> = "ShDrugC", "医薬品コード", "drug code", May, Form::Exact(12), Several;
        name: Option<String> = "ShDrugN", "医薬品名", "name of the drug", May, Form::Text(255), Several;
        ingredient: Option<String> = "ShIngreN", "成分名", "active ingredient", May, Form::Text(255), Several;
        quantity: Option<String> = "ShQua1", "数量", "quantity", May, Form::Exact(20), Several;
        unit: Option<String> = "ShUnit", "単位", "unit", May, Form::Text(50), Several;
        usage: Option<String> = "ShUsageN", "用法", "usage", May, Form::Text(255), Several;
        instruction: Option<String> = "ShSpInst", "用法補足・指示", "special instruction", May, Form::Text(255), Several;
        times: Option<String> = "ShTimes", "回数・日数", "times or days", May, Form::Exact(20), Several;
    }
}
