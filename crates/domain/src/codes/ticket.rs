//! Codes of medical aid's tickets (医療券・調剤券, OQSCD018-027). Decides nothing; whether one stands is `medical_aid`'s.

use crate::codes::code_table;

code_table! {
    /// Kind of ticket (券種別, OQSCD018).
    ///
    /// ```
    /// use domain::codes::ticket::Kind;
    /// assert_eq!(Kind::from_code("02"), Some(Kind::Dispensing));
    /// ```
    Kind = 18, "券種別" {
        Treatment = "01", "医療券", "treatment";
        Dispensing = "02", "調剤券", "dispensing";
    }
}

code_table! {
    /// What a ticket is for (診療別, OQSCD019).
    ///
    /// ```
    /// use domain::codes::ticket::Treatment;
    /// assert_eq!(Treatment::HomeNursing.code(), "05");
    /// ```
    Treatment = 19, "診療別" {
        Inpatient = "01", "入院", "inpatient";
        Outpatient = "02", "入院外", "outpatient";
        Dental = "03", "歯科", "dental";
        Dispensing = "04", "調剤", "dispensing";
        HomeNursing = "05", "訪問看護", "home-visit nursing";
    }
}

code_table! {
    /// Whether medical aid pays alone (単独・併用, OQSCD020).
    ///
    /// ```
    /// use domain::codes::ticket::Combination;
    /// assert_eq!(Combination::Alone.code(), "01");
    /// ```
    Combination = 20, "単独・併用" {
        Alone = "01", "単独", "alone";
        Combined = "02", "併用", "with another payer";
    }
}

code_table! {
    /// Whether there is an employees' insurance beside it (社保の有無, OQSCD021).
    ///
    /// ```
    /// use domain::codes::ticket::SocialInsurance;
    /// assert_eq!(SocialInsurance::from_code("02"), Some(SocialInsurance::Absent));
    /// ```
    SocialInsurance = 21, "社保の有無" {
        Present = "01", "あり", "yes";
        Absent = "02", "なし", "no";
    }
}

code_table! {
    /// Whether the ticket contradicts other data (整合性, OQSCD022); absent otherwise.
    ///
    /// ```
    /// use domain::codes::ticket::Inconsistency;
    /// assert_eq!(Inconsistency::from_code("0"), None);
    /// ```
    Inconsistency = 22, "整合性" {
        Found = "1", "不整合あり", "inconsistent";
    }
}

code_table! {
    /// Whether article 37-2 of the infectious diseases act applies (感染症法37条の2, OQSCD023).
    ///
    /// ```
    /// use domain::codes::ticket::InfectiousDisease;
    /// assert_eq!(InfectiousDisease::Applies.code(), "01");
    /// ```
    InfectiousDisease = 23, "感染症法37条の2" {
        Applies = "01", "あり", "yes";
        DoesNotApply = "02", "なし", "no";
    }
}

code_table! {
    /// Whether medical care for the elderly applies (後期高齢, OQSCD024).
    ///
    /// ```
    /// use domain::codes::ticket::ElderlyCare;
    /// assert_eq!(ElderlyCare::DoesNotApply.code(), "02");
    /// ```
    ElderlyCare = 24, "後期高齢" {
        Applies = "01", "あり", "yes";
        DoesNotApply = "02", "なし", "no";
    }
}

code_table! {
    /// Whether the prefecture bears a part (都道府県費, OQSCD025).
    ///
    /// ```
    /// use domain::codes::ticket::PrefecturalExpense;
    /// assert_eq!(PrefecturalExpense::Applies.code(), "01");
    /// ```
    PrefecturalExpense = 25, "都道府県費" {
        Applies = "01", "あり", "yes";
        DoesNotApply = "02", "なし", "no";
    }
}

code_table! {
    /// Whether the asking facility is the designated one (指定医療機関, OQSCD026).
    ///
    /// ```
    /// use domain::codes::ticket::Designation;
    /// assert_eq!(Designation::from_code("1"), Some(Designation::Another));
    /// ```
    Designation = 26, "指定医療機関" {
        Same = "0", "一致", "the same";
        Another = "1", "不一致", "another";
    }
}

code_table! {
    /// Whether the same person has further tickets (同一個人, OQSCD027); absent otherwise.
    ///
    /// ```
    /// use domain::codes::ticket::SamePerson;
    /// assert_eq!(SamePerson::Exists.code(), "1");
    /// ```
    SamePerson = 27, "同一個人" {
        Exists = "1", "同一個人あり", "the same person exists";
    }
}
