//! Codes about a person: sex (OQSCD007), insured person or family (OQSCD009). Says nothing of a coverage.

use crate::codes::code_table;

code_table! {
    /// Sex (性別, OQSCD007).
    ///
    /// ```
    /// use domain::codes::person::Sex;
    /// assert_eq!(Sex::from_code("2"), Some(Sex::Female));
    /// ```
    Sex = 7, "性別" {
        Male = "1", "男", "male";
        Female = "2", "女", "female";
        Unset = "3", "未設定", "not set";
    }
}

code_table! {
    /// The insured person or a family member (本人・家族の別, OQSCD009).
    ///
    /// ```
    /// use domain::codes::person::Relationship;
    /// assert_eq!(Relationship::Family.code(), "2");
    /// ```
    Relationship = 9, "本人・家族の別" {
        Insured = "1", "本人", "insured person";
        Family = "2", "家族", "family member";
    }
}
