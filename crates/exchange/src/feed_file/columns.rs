//! The columns of feeds, kind by kind: what the reader expects, the writer writes and docs/operations/feeds.md prints. Reads nothing.

use std::fmt::Write as _;

use domain::feed::FeedKind;

/// Whether a line must fill a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Must,
    /// It may.
    May,
}

/// What a cell may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An insurer number.
    InsurerNumber,
    /// A symbol or number of the insured.
    Insured,
    /// A branch number.
    Branch,
    /// A day.
    Date,
    /// A month.
    Month,
    /// A statement's name.
    Statement,
    /// A number of a line, or a count.
    Number,
    /// An institution code.
    InstitutionCode,
    /// A text of at most 255 characters.
    Text,
    /// A code of nine digits.
    NineDigits,
    /// A code of at most twelve letters and digits.
    Code,
    /// A code of a checkup item.
    ItemCode,
    /// An amount.
    Amount,
    /// The kind of a checkup's value.
    ValueKind,
    /// A person's identifier at the center.
    Person,
    /// A name or reading.
    Name,
    /// An address.
    Address,
    /// A postal code.
    PostalCode,
    /// Sex.
    Sex,
    /// A kind of card.
    Classification,
    /// Insured person or family.
    Relationship,
    /// A ratio.
    Ratio,
    /// Below school age.
    Preschool,
    /// A reason of loss.
    LossReason,
    /// What certificate it is.
    Certificate,
    /// A kind of ceiling certificate.
    CeilingKind,
    /// A category of ceilings.
    Category,
    /// A specified disease.
    Disease,
    /// An amount in yen.
    Yen,
    /// A kind of ticket.
    TicketKind,
    /// What is corrected.
    Item,
    /// What it is corrected to.
    Value,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    /// What a cell may hold.
    pub form: Form,
    /// Whether it must be filled.
    pub need: Need,
}

pub(crate) const fn must(
    name: &'static str,
    ja: &'static str,
    en: &'static str,
    form: Form,
) -> Column {
    Column {
        name,
        ja,
        en,
        form,
        need: Need::Must,
    }
}

pub(crate) const fn may(
    name: &'static str,
    ja: &'static str,
    en: &'static str,
    form: Form,
) -> Column {
    Column {
        name,
        ja,
        en,
        form,
        need: Need::May,
    }
}

/// Whom a line is about, and which line it is: the first columns of every kind.
const WHOSE: [Column; 7] = [
    must(
        "insurer_number",
        "保険者番号",
        "insurer number",
        Form::InsurerNumber,
    ),
    may("symbol", "記号", "symbol", Form::Insured),
    must("number", "番号", "number", Form::Insured),
    may("branch", "枝番", "branch", Form::Branch),
    must("birth_date", "生年月日", "date of birth", Form::Date),
    must(
        "statement",
        "明細のまとまりの名前",
        "the sender's name of the claim, prescription, dispensing or checkup",
        Form::Statement,
    ),
    must(
        "line",
        "まとまりの中の行番号",
        "number of the line in it",
        Form::Number,
    ),
];

const CLAIM_MONTH: Column = must(
    "month",
    "診療年月・調剤年月",
    "month of the claim",
    Form::Month,
);
const PRESCRIBER: [Column; 2] = [
    may(
        "prescriber_code",
        "処方した医療機関のコード",
        "prescriber's institution code",
        Form::InstitutionCode,
    ),
    may(
        "prescriber_name",
        "処方した医療機関の名称",
        "prescriber's name",
        Form::Text,
    ),
];
const DISPENSER: [Column; 2] = [
    may(
        "dispenser_code",
        "調剤した薬局等のコード",
        "dispenser's institution code",
        Form::InstitutionCode,
    ),
    may(
        "dispenser_name",
        "調剤した薬局等の名称",
        "dispenser's name",
        Form::Text,
    ),
];
const FACILITY: [Column; 2] = [
    may(
        "facility_code",
        "医療機関等のコード",
        "institution code",
        Form::InstitutionCode,
    ),
    may(
        "facility_name",
        "医療機関等の名称",
        "name of the facility",
        Form::Text,
    ),
];
const ORIGIN: Column = may(
    "origin",
    "情報の出所の区分",
    "kind of origin; which codes there are is not known",
    Form::Code,
);
const IN_OR_OUT: Column = may(
    "in_or_out",
    "入外・院内院外の区分",
    "in or out of hospital; which codes there are is not known",
    Form::Code,
);
const DRUG: [Column; 9] = [
    may(
        "drug_code",
        "医薬品コード",
        "code of the drug",
        Form::NineDigits,
    ),
    must("drug_name", "医薬品名", "name of the drug", Form::Text),
    may("ingredient", "成分名", "ingredient", Form::Text),
    may(
        "usage_class",
        "用法の区分",
        "class of use; which codes there are is not known",
        Form::Code,
    ),
    may("quantity", "数量", "quantity", Form::Amount),
    may("unit", "単位", "unit", Form::Text),
    may("usage", "用法", "how it is taken", Form::Text),
    may("instruction", "指示", "what is to be observed", Form::Text),
    may(
        "times",
        "日数・回数",
        "for how many days or times",
        Form::Number,
    ),
];
const DISPENSED: Column = must("dispensed", "調剤日", "day of dispensing", Form::Date);
const MAY_BE_PRESCRIBED: Column = may(
    "prescribed",
    "処方日",
    "day of the prescription",
    Form::Date,
);

/// The columns of a kind, in their order.
#[must_use]
pub fn columns(kind: FeedKind) -> Vec<&'static Column> {
    const DRUGS: &[&[Column]] = &[
        &WHOSE,
        &[CLAIM_MONTH],
        &PRESCRIBER,
        &DISPENSER,
        &[ORIGIN, IN_OR_OUT, DISPENSED, MAY_BE_PRESCRIBED],
        &DRUG,
    ];
    const PRESCRIPTIONS: &[&[Column]] = &[
        &WHOSE,
        &[must(
            "prescribed",
            "処方日",
            "day of the prescription",
            Form::Date,
        )],
        &PRESCRIBER,
        &[ORIGIN, IN_OR_OUT],
        &DRUG,
    ];
    const DISPENSINGS: &[&[Column]] = &[
        &WHOSE,
        &[DISPENSED, MAY_BE_PRESCRIBED],
        &PRESCRIBER,
        &DISPENSER,
        &[ORIGIN, IN_OR_OUT],
        &DRUG,
    ];
    const TREATMENT: &[&[Column]] = &[
        &WHOSE,
        &[CLAIM_MONTH],
        &FACILITY,
        &[
            ORIGIN,
            IN_OR_OUT,
            must("day", "診療日", "day of the treatment", Form::Date),
            may(
                "treatment_code",
                "診療行為コード",
                "code of the treatment",
                Form::NineDigits,
            ),
            must(
                "treatment_name",
                "診療行為名",
                "name of the treatment",
                Form::Text,
            ),
            may(
                "class",
                "診療識別の区分",
                "class; which codes there are is not known",
                Form::Code,
            ),
            may("quantity", "数量", "quantity", Form::Amount),
            may("unit", "単位", "unit", Form::Text),
            may("times", "回数", "how often", Form::Number),
        ],
    ];
    const SURGERY: &[&[Column]] = &[
        &WHOSE,
        &[must("day", "手術日", "day of the operation", Form::Date)],
        &FACILITY,
        &[
            may(
                "surgery_code",
                "手術のコード",
                "code of the operation",
                Form::NineDigits,
            ),
            must(
                "surgery_name",
                "手術名",
                "name of the operation",
                Form::Text,
            ),
            may("note", "補足", "what else is told of it", Form::Text),
        ],
    ];
    const CHECKUPS: &[&[Column]] = &[
        &WHOSE,
        &[must("day", "健診実施日", "day of the checkup", Form::Date)],
        &FACILITY,
        &[
            must(
                "item_code",
                "項目コード",
                "code of the item (JLAC10)",
                Form::ItemCode,
            ),
            must("item_name", "項目名", "name of the item", Form::Text),
            must(
                "value_kind",
                "値の種類",
                "PQ measured, CD coded, ST words",
                Form::ValueKind,
            ),
            must(
                "value",
                "値",
                "the value: an amount, a code, or words",
                Form::Text,
            ),
            may("unit", "単位", "unit, with PQ alone", Form::Text),
            may(
                "code_table",
                "コード表のOID",
                "object identifier of the table of codes, with CD alone",
                Form::Text,
            ),
            may(
                "code_name",
                "コードの意味",
                "what the code means, with CD alone",
                Form::Text,
            ),
            may(
                "low",
                "基準値下限",
                "lowest usual value, with PQ alone",
                Form::Amount,
            ),
            may(
                "high",
                "基準値上限",
                "highest usual value, with PQ alone",
                Form::Amount,
            ),
            may("method", "検査方法", "how it was measured", Form::Text),
        ],
    ];
    let of_kind = match kind {
        FeedKind::Drugs => DRUGS,
        FeedKind::Prescriptions => PRESCRIPTIONS,
        FeedKind::Dispensings => DISPENSINGS,
        FeedKind::Treatment => TREATMENT,
        FeedKind::Surgery => SURGERY,
        FeedKind::Checkups => CHECKUPS,
    };
    of_kind.iter().flat_map(|part| part.iter()).collect()
}

impl Form {
    /// What a cell may hold, in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::InsurerNumber => "4～8桁の数字",
            Self::Insured => "20文字まで",
            Self::Branch => "1～2桁の数字",
            Self::Date => "2026-10-05 または 20261005",
            Self::Month => "2026-10 または 202610",
            Self::Statement => "英数字・ハイフン・ピリオドで40文字まで",
            Self::Number => "1～65535 の数字",
            Self::InstitutionCode => "10桁の医療機関コード",
            Self::Text => "255文字まで、改行なし",
            Self::NineDigits => "9桁の数字",
            Self::Code => "英数字12文字まで",
            Self::ItemCode => "英数字17文字（JLAC10）",
            Self::Amount => "整数部10桁・小数部5桁までの数",
            Self::ValueKind => "PQ、CD、ST のどれか",
            Self::Person => "センターでの人の識別子（UUID）",
            Self::Name => "100文字まで",
            Self::Address => "200文字まで",
            Self::PostalCode => "8文字まで",
            Self::Sex => "1 男、2 女、3 未設定",
            Self::Classification => "01～07 または A1",
            Self::Relationship => "1 本人、2 家族",
            Self::Ratio => "負担割合の百分率（0～100）",
            Self::Preschool => "未就学なら 1",
            Self::LossReason => "01 死亡、02 生活保護、03 ほかの保険、99 その他",
            Self::Certificate => "elderly、ceiling、disease、ticket のどれか",
            Self::CeilingKind => "01、02、03 のどれか",
            Self::Category => "A01～A06、B01～B10",
            Self::Disease => "1、2、3 のどれか",
            Self::Yen => "円の整数",
            Self::TicketKind => "券種別のコード",
            Self::Item => "直す列の名前、identity、coverage のどれか",
            Self::Value => "その列に書くもの。空にするときは空",
        }
    }

    /// What a cell may hold, in English.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Self::InsurerNumber => "4 to 8 digits",
            Self::Insured => "at most 20 characters",
            Self::Branch => "1 or 2 digits",
            Self::Date => "2026-10-05 or 20261005",
            Self::Month => "2026-10 or 202610",
            Self::Statement => "letters, digits, hyphens and dots, at most 40",
            Self::Number => "digits, 1 to 65535",
            Self::InstitutionCode => "an institution code of 10 digits",
            Self::Text => "at most 255 characters, no line end",
            Self::NineDigits => "9 digits",
            Self::Code => "at most 12 letters and digits",
            Self::ItemCode => "17 letters and digits (JLAC10)",
            Self::Amount => "a number of at most 10 digits, and 5 after the point",
            Self::ValueKind => "PQ, CD or ST",
            Self::Person => "the person's identifier at the center (UUID)",
            Self::Name => "at most 100 characters",
            Self::Address => "at most 200 characters",
            Self::PostalCode => "at most 8 characters",
            Self::Sex => "1 male, 2 female, 3 not set",
            Self::Classification => "01 to 07, or A1",
            Self::Relationship => "1 insured person, 2 family",
            Self::Ratio => "the share the patient pays, in percent (0 to 100)",
            Self::Preschool => "1 for below school age",
            Self::LossReason => "01 death, 02 public assistance, 03 another insurance, 99 other",
            Self::Certificate => "elderly, ceiling, disease or ticket",
            Self::CeilingKind => "01, 02 or 03",
            Self::Category => "A01 to A06, B01 to B10",
            Self::Disease => "1, 2 or 3",
            Self::Yen => "a whole number of yen",
            Self::TicketKind => "a code of kinds of tickets",
            Self::Item => "the name of a column, identity, or coverage",
            Self::Value => "what that column holds; empty to empty it",
        }
    }
}

/// The columns of all kinds as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::new();
    for kind in FeedKind::ALL {
        let labels = (kind.as_str(), kind.label_ja(), kind.label_en());
        table(&mut page, labels, &columns(*kind));
    }
    page
}

/// Appends the table of one kind: its name, and its labels in Japanese and English.
pub(crate) fn table(
    page: &mut String,
    (name, ja, en): (&str, &str, &str),
    columns: &[&'static Column],
) {
    // Writing to a text cannot fail.
    let _ = writeln!(page, "### `{name}`: {ja} / {en}\n");
    page.push_str("| column | 項目 | what it is | a cell holds | must |\n|---|---|---|---|---|\n");
    for column in columns {
        let must = match column.need {
            Need::Must => "yes",
            Need::May => "",
        };
        let Column {
            name, ja, en, form, ..
        } = column;
        let _ = writeln!(page, "| `{name}` | {ja} | {en} | {} | {must} |", form.en());
    }
    page.push('\n');
}
