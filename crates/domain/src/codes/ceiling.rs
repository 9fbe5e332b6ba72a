//! Codes of the ceiling certificate: kind (OQSCD011), income category (OQSCD012), change (OQSCD014). Computes no amount.

use crate::codes::code_table;

code_table! {
    /// Kind of ceiling certificate (限度額適用認定証区分, OQSCD011).
    ///
    /// ```
    /// use domain::codes::ceiling::CertificateKind;
    /// assert_eq!(CertificateKind::from_code("02"), Some(CertificateKind::CeilingAndMeals));
    /// ```
    CertificateKind = 11, "限度額適用認定証区分" {
        Ceiling = "01", "限度額適用認定証", "ceiling";
        CeilingAndMeals = "02", "限度額適用・標準負担額減額認定証", "ceiling and reduced meal charge";
        Meals = "03", "標準負担額減額認定証", "reduced meal charge";
    }
}

code_table! {
    /// Income category of the ceiling (適用区分, OQSCD012): `A..` below 70 years, `B..` from 70.
    ///
    /// ```
    /// use domain::codes::ceiling::Category;
    /// assert_eq!(Category::from_code("A03").unwrap().label_ja(), "ウ");
    /// ```
    Category = 12, "限度額適用区分" {
        A01 = "A01", "ア", "a";
        A02 = "A02", "イ", "i";
        A03 = "A03", "ウ", "u";
        A04 = "A04", "エ", "e";
        A05 = "A05", "オ", "o";
        A06 = "A06", "オ（境）", "o (border case)";
        B01 = "B01", "現役並みⅢ", "like working age III";
        B02 = "B02", "現役並みⅡ", "like working age II";
        B03 = "B03", "現役並みⅠ", "like working age I";
        B04 = "B04", "一般", "general";
        B05 = "B05", "低所得Ⅱ", "low income II";
        B06 = "B06", "低所得Ⅰ", "low income I";
        B07 = "B07", "低所得Ⅰ（老福）", "low income I (old-age welfare pension)";
        B08 = "B08", "低所得Ⅰ（境）", "low income I (border case)";
        B09 = "B09", "一般Ⅱ", "general II";
        B10 = "B10", "一般Ⅰ", "general I";
    }
}

code_table! {
    /// Whether a ceiling certificate is another than the one the facility stated in a bulk check (限度額適用認定証情報変更有無,
    /// OQSCD014).
    ///
    /// ```
    /// use domain::codes::ceiling::Change;
    /// assert_eq!(Change::from_code("1"), Some(Change::ChangedOrUnclear));
    /// ```
    Change = 14, "限度額適用認定証情報変更有無" {
        Unchanged = "0", "変更なし", "not changed";
        ChangedOrUnclear = "1", "変更ありまたは判定不能", "changed, or it cannot be told";
    }
}
