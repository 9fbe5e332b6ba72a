//! Codes of a facility's settings and rights: OQSCD033, 035, 037, 043, 044. Changes no setting.

use crate::codes::code_table;

code_table! {
    /// For what an access address is fetched (URL取得区分, OQSCD033).
    ///
    /// ```
    /// use domain::codes::setting::AccessUrl;
    /// assert_eq!(AccessUrl::from_code("1"), None);
    /// ```
    AccessUrl = 33, "URL取得区分" {
        HomeVisit = "2", "訪問", "home visits";
        Online = "3", "オンライン", "remote care";
    }
}

code_table! {
    /// Whether a setting is to be changed (変更要否, OQSCD035).
    ///
    /// ```
    /// use domain::codes::setting::Change;
    /// assert_eq!(Change::Wanted.code(), "1");
    /// ```
    Change = 35, "変更要否" {
        NotWanted = "0", "変更しない", "not to be changed";
        Wanted = "1", "変更する", "to be changed";
    }
}

code_table! {
    /// Whether a function is used (利用有無, OQSCD037).
    ///
    /// ```
    /// use domain::codes::setting::Use;
    /// assert_eq!(Use::from_code("0"), Some(Use::Unused));
    /// ```
    Use = 37, "利用有無" {
        Unused = "0", "利用しない", "not used";
        Used = "1", "利用する", "used";
    }
}

code_table! {
    /// Whether a right is given (権限, OQSCD043), such as that of ambulance mode.
    ///
    /// ```
    /// use domain::codes::setting::Right;
    /// assert_eq!(Right::Given.code(), "1");
    /// ```
    Right = 43, "権限" {
        NotGiven = "0", "なし", "not given";
        Given = "1", "あり", "given";
    }
}

code_table! {
    /// A system a facility is linked with (連携システム, OQSCD044). On the wire the codes of all are added up.
    ///
    /// ```
    /// use domain::codes::setting::LinkedSystem;
    /// assert_eq!(LinkedSystem::from_code("4"), Some(LinkedSystem::Vaccination));
    /// ```
    LinkedSystem = 44, "連携システム" {
        MedicalSubsidy = "1", "医療費助成", "medical subsidy";
        MotherAndChild = "2", "母子保健", "mother and child health";
        Vaccination = "4", "予防接種", "vaccination";
        LongTermCare = "8", "介護保険", "long-term care insurance";
    }
}
