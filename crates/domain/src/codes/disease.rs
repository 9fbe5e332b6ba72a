//! Codes of specified diseases (OQSCD013). Decides nothing.

use crate::codes::code_table;

code_table! {
    /// Specified disease (認定疾病区分, OQSCD013).
    ///
    /// ```
    /// use domain::codes::disease::SpecificDisease;
    /// assert_eq!(SpecificDisease::ALL.len(), 3);
    /// ```
    SpecificDisease = 13, "認定疾病区分" {
        Dialysis = "1", "人工透析が必要な慢性腎不全", "chronic renal failure needing dialysis";
        Coagulation = "2", "先天性血液凝固因子障害", "congenital coagulation factor disorder";
        Hiv = "3", "血液凝固因子製剤に起因するHIV感染症", "HIV infection from coagulation factor products";
    }
}
