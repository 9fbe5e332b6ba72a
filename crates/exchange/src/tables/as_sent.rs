//! What answers echo of their requests, value by value as sent. Asks for nothing and holds no value to a form: an answer to a request with a
//! missing or wrong value is good by its schema too.

use crate::tables::{Form, bulk_check, part, reference_number, single_check};

/// The most characters of a value that is read, and so of one that is echoed.
pub(crate) const VALUE: Form = Form::Exact(200);

part! {
    /// What a single check asked for.
    SearchInfoAsSent = "§2.3" {
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", May, VALUE, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, VALUE, Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", May, VALUE, Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, VALUE, Several;
        birth_date: Option<String> = "Birthdate", "生年月日", "date of birth", May, VALUE, Several;
        ceiling_consent: Option<String> = "LimitApplicationCertificateRelatedConsFlg", "限度額適用認定証提供同意フラグ", "consent to the ceiling", May, VALUE, Several;
        identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子", "the sender's mark for the person", May, VALUE, Several;
    }
}

part! {
    /// What a line of a bulk check asked for.
    LineAsSent = "§2.5" {
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", May, VALUE, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, VALUE, Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", May, VALUE, Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, VALUE, Several;
        birth_date: Option<String> = "Birthdate", "生年月日", "date of birth", May, VALUE, Several;
        ceiling_on_file: Option<CeilingAsSent> = "LimitApplicationCertificateRelatedInfo", "限度額適用認定証関連情報", "the ceiling on the facility's file", May, Form::Group, Several;
        identifier: Option<String> = "ArbitraryIdentifier", "任意の識別子", "the sender's mark for the person", May, VALUE, Several;
    }
}

part! {
    /// The ceiling a line of a bulk check named.
    CeilingAsSent = "§2.5" {
        kind: Option<String> = "LimitApplicationCertificateClassification", "限度額適用認定証区分", "kind of certificate", May, VALUE, Several;
        category: Option<String> = "LimitApplicationCertificateClassificationFlag", "限度額適用認定証適用区分", "ceiling category", May, VALUE, Several;
    }
}

part! {
    /// The reference number and the coverage a registration named.
    RegistrationAsSent = "§2.4" {
        reference_number: Option<String> = "ReferenceNumber", "照会番号", "reference number", May, VALUE, Several;
        insurer_number: Option<String> = "InsurerNumber", "保険者番号", "insurer number", May, VALUE, Several;
        symbol: Option<String> = "InsuredCardSymbol", "被保険者証記号", "symbol", May, VALUE, Several;
        number: Option<String> = "InsuredIdentificationNumber", "被保険者証番号", "number", May, VALUE, Several;
        branch: Option<String> = "InsuredBranchNumber", "被保険者証枝番", "branch number", May, VALUE, Several;
    }
}

impl From<single_check::SearchInfo> for SearchInfoAsSent {
    fn from(sent: single_check::SearchInfo) -> Self {
        Self {
            insurer_number: sent.insurer_number,
            symbol: sent.symbol,
            number: sent.number,
            branch: sent.branch,
            birth_date: sent.birth_date,
            ceiling_consent: sent.ceiling_consent,
            identifier: sent.identifier,
        }
    }
}

impl From<bulk_check::SearchInfo> for LineAsSent {
    fn from(sent: bulk_check::SearchInfo) -> Self {
        Self {
            insurer_number: sent.insurer_number,
            symbol: sent.symbol,
            number: sent.number,
            branch: sent.branch,
            birth_date: sent.birth_date,
            ceiling_on_file: sent.ceiling_on_file.map(|it| CeilingAsSent {
                kind: it.kind,
                category: it.category,
            }),
            identifier: sent.identifier,
        }
    }
}

impl From<reference_number::Registration> for RegistrationAsSent {
    fn from(sent: reference_number::Registration) -> Self {
        Self {
            reference_number: sent.reference_number,
            insurer_number: sent.insurer_number,
            symbol: sent.symbol,
            number: sent.number,
            branch: sent.branch,
        }
    }
}
