//! The XML document of a patient's medical information that a person takes from the center. Its frame is ours alone, and so is all that
//! begins with `Onshi`; below `YZKsiquc01res` and `TKKsiquc01res` stand header and body of the interface's own answers (§5.2, §5.3).

use crate::tables::{Form, checkup_information, drug_information, part};

part! {
    /// The document.
    MedicalDocument = "ours" {
        notice: Option<String> = "OnshiNotice", "この形式について", "what this shape is", Must, Form::Text(1000), Ours;
        look: Option<String> = "OnshiLook", "閲覧番号", "the look under which it was taken", Must, Form::Exact(36), Ours;
        made_at: Option<String> = "OnshiMadeAt", "出力日時", "when it was made (RFC 3339)", Must, Form::Exact(40), Ours;
        facility: Option<String> = "OnshiFacility", "医療機関コード", "for which facility", Must, Form::Digits(10), Ours;
        purpose: Option<String> = "OnshiPurpose", "目的", "what for", Must, Form::Exact(20), Ours;
        /// `disaster`, `ambulance`: the emergency under which it was seen.
        emergencies: Vec<String> = "OnshiEmergency", "緊急時の区分", "the emergency under which it was seen", May, Form::Exact(20), Ours;
        from: Option<String> = "OnshiFrom", "対象期間（開始年月）", "first month", May, Form::Month, Ours;
        until: Option<String> = "OnshiUntil", "対象期間（終了年月）", "last month", May, Form::Month, Ours;
        /// Of `surgery` and `checkups` those that are of all years, whatever the months.
        all_years: Vec<String> = "OnshiAllYears", "対象期間によらず全期間を含む情報", "what it tells of all years, whatever the months", May, Form::Exact(20), Ours;
        /// `drugs`, `treatment`, `surgery`, `checkups`: of what is not named nothing is told.
        kinds: Vec<String> = "OnshiKind", "含む情報", "what it tells of", Must, Form::Exact(20), Ours;
        drugs: Option<drug_information::Answer> = "YZKsiquc01res", "薬剤情報・診療情報", "drugs and treatment", May, Form::Group, Ours;
        checkups: Option<checkup_information::Answer> = "TKKsiquc01res", "特定健診情報", "health checkups", May, Form::Group, Ours;
        more_of_checkups: Vec<MoreOfCheckup> = "OnshiCheckups", "健診の追加情報リスト", "what the interface has no elements for", May, Form::List("OnshiCheckup"), Ours;
        surgeries: Vec<Surgery> = "OnshiSurgeries", "手術情報リスト", "surgery", May, Form::List("OnshiSurgery"), Ours;
    }
}

part! {
    /// What is known of a checkup beyond the interface's elements.
    MoreOfCheckup = "ours" {
        date: Option<String> = "Date", "健診実施日", "day of the checkup", Must, Form::Date, Ours;
        facility: Option<String> = "FacilityCode", "実施機関コード", "code of the facility", May, Form::Digits(10), Ours;
        facility_name: Option<String> = "FacilityName", "実施機関名", "name of the facility", May, Form::Text(255), Ours;
        items: Vec<MoreOfItem> = "Items", "項目リスト", "its items", May, Form::List("Item"), Ours;
    }
}

part! {
    /// What is known of an item beyond the interface's elements.
    MoreOfItem = "ours" {
        code: Option<String> = "ItemCode", "項目コード", "item code (JLAC10)", Must, Form::OpenCode(17), Ours;
        low: Option<String> = "Low", "基準値（下限）", "lowest usual value", May, Form::Exact(20), Ours;
        high: Option<String> = "High", "基準値（上限）", "highest usual value", May, Form::Exact(20), Ours;
        method: Option<String> = "Method", "検査方法", "method", May, Form::Text(255), Ours;
    }
}

part! {
    /// An operation. How the interface names its elements is not public.
    Surgery = "ours" {
        date: Option<String> = "Date", "手術日", "day of the surgery", Must, Form::Date, Ours;
        code: Option<String> = "Code", "手術コード", "code", May, Form::Exact(12), Ours;
        name: Option<String> = "Name", "手術名", "name", Must, Form::Text(255), Ours;
        facility: Option<String> = "FacilityCode", "医療機関コード", "code of the facility", May, Form::Digits(10), Ours;
        facility_name: Option<String> = "FacilityName", "医療機関名", "name of the facility", May, Form::Text(255), Ours;
        note: Option<String> = "Note", "備考", "note", May, Form::Text(255), Ours;
    }
}
