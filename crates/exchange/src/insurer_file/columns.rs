//! The columns of insurers' files, kind by kind: what the reader expects, the writer writes and docs/operations/insurer-feeds.md prints.
//! Reads nothing.

use domain::feed::insurer::InsurerKind;

use crate::feed_file::columns::{Column, Form, may, must, table};

const INSURER: Column = must(
    "insurer_number",
    "保険者番号",
    "insurer number",
    Form::InsurerNumber,
);
const PERSON: Column = must(
    "person",
    "人の識別子",
    "whose; stands where a link by individual number would be, which onshi never has",
    Form::Person,
);
const SYMBOL: Column = may("symbol", "記号", "symbol", Form::Insured);
const NUMBER: Column = must("number", "番号", "number", Form::Insured);
const NAMES: [Column; 4] = [
    must("name", "氏名", "name", Form::Name),
    may(
        "name_of_other",
        "併記名",
        "another name in use, such as that of an alias",
        Form::Name,
    ),
    may("kana", "カナ氏名", "reading", Form::Name),
    may(
        "kana_of_other",
        "併記名のカナ",
        "reading of the other name",
        Form::Name,
    ),
];
const SEX: Column = must("sex", "性別", "sex", Form::Sex);
const BIRTH: Column = must("birth_date", "生年月日", "date of birth", Form::Date);
const PLACE: [Column; 2] = [
    may("postal_code", "郵便番号", "postal code", Form::PostalCode),
    may("address", "住所", "address", Form::Address),
];
const NOTIFIED: Column = may(
    "notified",
    "届出を受けた日",
    "the day the insurer was notified; for the deadlines",
    Form::Date,
);
/// Which coverage a line is about, where it may leave out the day of acquisition.
const WHICH: [Column; 5] = [
    INSURER,
    PERSON,
    SYMBOL,
    NUMBER,
    may(
        "acquired",
        "資格取得日",
        "day of acquisition; needed where several coverages bear the number",
        Form::Date,
    ),
];

const PERSONS: &[&[Column]] = &[
    &[INSURER, PERSON],
    &NAMES,
    &[
        SEX,
        may("shown_sex", "性別（券面）", "sex as shown", Form::Sex),
        BIRTH,
    ],
    &PLACE,
];

const COVERAGES: &[&[Column]] = &[&[
    INSURER,
    PERSON,
    must(
        "classification",
        "被保険者証区分",
        "kind of card",
        Form::Classification,
    ),
    must("insurer_name", "保険者名", "the insurer's name", Form::Name),
    SYMBOL,
    NUMBER,
    may("branch", "枝番", "branch", Form::Branch),
    may(
        "relationship",
        "本人・家族の別",
        "insured person or family",
        Form::Relationship,
    ),
    may(
        "insured_name",
        "被保険者氏名（世帯主氏名）",
        "name of the insured person or head of the household",
        Form::Name,
    ),
    must("acquired", "資格取得日", "day of acquisition", Form::Date),
    may("issued", "交付年月日", "day of issue", Form::Date),
    may(
        "valid_from",
        "有効開始日",
        "first day of validity",
        Form::Date,
    ),
    may(
        "valid_until",
        "有効終了日",
        "last day of validity",
        Form::Date,
    ),
    may("ratio", "負担割合", "co-payment ratio", Form::Ratio),
    may(
        "preschool",
        "未就学区分",
        "below school age",
        Form::Preschool,
    ),
    NOTIFIED,
]];

const CERTIFICATES: &[&[Column]] = &[
    &WHICH,
    &[
        must(
            "certificate",
            "認定証の種類",
            "elderly recipient, ceiling, specified disease, or ticket of medical aid",
            Form::Certificate,
        ),
        may("issued", "交付年月日", "day of issue", Form::Date),
        may(
            "valid_from",
            "有効開始日",
            "first day of validity",
            Form::Date,
        ),
        may(
            "valid_until",
            "有効終了日",
            "last day of validity",
            Form::Date,
        ),
        may(
            "ratio",
            "負担割合",
            "co-payment ratio, with elderly alone",
            Form::Ratio,
        ),
        may(
            "ceiling_kind",
            "限度額適用認定証区分",
            "kind of ceiling certificate, which ceiling must have",
            Form::CeilingKind,
        ),
        may(
            "category",
            "限度額適用区分",
            "category, with ceiling alone",
            Form::Category,
        ),
        may(
            "long_term_since",
            "長期入院該当年月日",
            "start of a long stay, with ceiling alone",
            Form::Date,
        ),
        may(
            "disease",
            "認定疾病区分",
            "specified disease, which disease must have",
            Form::Disease,
        ),
        may(
            "self_pay_yen",
            "自己負担限度額・本人支払額",
            "what the patient pays, with disease and ticket alone",
            Form::Yen,
        ),
        may(
            "facility_code",
            "医療機関コード",
            "for which facility, which ticket must have",
            Form::InstitutionCode,
        ),
        may(
            "month",
            "診療年月",
            "for which month, which ticket must have",
            Form::Month,
        ),
        may(
            "ticket_kind",
            "券種別",
            "kind of ticket, with ticket alone",
            Form::TicketKind,
        ),
        may(
            "issue_number",
            "交付番号",
            "number of issue, with ticket alone",
            Form::Name,
        ),
    ],
];

const LOSSES: &[&[Column]] = &[
    &WHICH,
    &[
        must(
            "loss_date",
            "資格喪失日",
            "the first day without the coverage",
            Form::Date,
        ),
        may(
            "loss_reason",
            "資格喪失事由",
            "reason of the loss",
            Form::LossReason,
        ),
        NOTIFIED,
    ],
];

const CORRECTIONS: &[&[Column]] = &[&[
    INSURER,
    PERSON,
    SYMBOL,
    may(
        "number",
        "番号",
        "number; needed where a coverage is corrected",
        Form::Insured,
    ),
    may("acquired", "資格取得日", "day of acquisition", Form::Date),
    must(
        "item",
        "直す項目",
        "a column of persons or coverages, loss_date or loss_reason; identity to confirm who it is; coverage to take it away",
        Form::Item,
    ),
    may(
        "value",
        "正しい値",
        "the right value; with identity `confirmed`, with coverage `withdrawn`",
        Form::Value,
    ),
]];

const RESIDENTS: &[&[Column]] = &[&[PERSON], &NAMES, &[SEX, BIRTH], &PLACE];

/// The columns of a kind, in their order.
#[must_use]
pub fn columns(kind: InsurerKind) -> Vec<&'static Column> {
    let of_kind = match kind {
        InsurerKind::Persons => PERSONS,
        InsurerKind::Coverages => COVERAGES,
        InsurerKind::Certificates => CERTIFICATES,
        InsurerKind::Losses => LOSSES,
        InsurerKind::Corrections => CORRECTIONS,
        InsurerKind::Residents => RESIDENTS,
    };
    of_kind.iter().flat_map(|part| part.iter()).collect()
}

/// The columns of all kinds as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::new();
    for kind in InsurerKind::ALL {
        let labels = (kind.as_str(), kind.label_ja(), kind.label_en());
        table(&mut page, labels, &columns(*kind));
    }
    page
}
