//! Who pays and what was checked: HO, KO, SN, JD, MF (claims-format §6, §7). Data alone.

use super::{Field, Form, ID, Item, Layout, Mark, may, must, never, pass};

const INSURER: Field = must(
    "保険者番号",
    "insurer number",
    Form::Insurer,
    Mark::A,
    Item::Insurer,
);
const SYMBOL: Field = may("記号", "symbol", Form::Text(38), Mark::A, Item::Symbol);
const NUMBER: Field = must("番号", "number", Form::Text(38), Mark::A, Item::Number);
const DAYS: Field = must("実日数", "days", Form::Digits(2), Mark::B, Item::Days);
const VISITS: Field = must(
    "処方箋受付回数",
    "prescriptions taken in",
    Form::Digits(2),
    Mark::B,
    Item::Days,
);
const POINTS: Field = must("合計点数", "points", Form::Digits(8), Mark::B, Item::Points);
const AMOUNT: Field = must(
    "合計金額",
    "amount in yen",
    Form::Digits(8),
    Mark::B,
    Item::Points,
);
const MEALS: Field = may(
    "食事・生活療養 回数",
    "meals",
    Form::Digits(2),
    Mark::B,
    Item::Other,
);
const MEALS_YEN: Field = may(
    "食事・生活療養 合計金額",
    "charge of meals",
    Form::Digits(8),
    Mark::B,
    Item::Other,
);
const ON_DUTY: Field = may(
    "職務上の事由",
    "on duty",
    Form::Digits(1),
    Mark::B,
    Item::Other,
);
const CERTIFICATE: Field = may(
    "証明書番号",
    "certificate of remission",
    Form::Digits(3),
    Mark::B,
    Item::Other,
);
const SHARE: Field = may(
    "一部負担金",
    "share in yen",
    Form::Digits(9),
    Mark::B,
    Item::Other,
);
const REMISSION: Field = may(
    "減免区分",
    "remission",
    Form::OneOf(1, 3),
    Mark::B,
    Item::Other,
);
const REMITTED: Field = may(
    "減額割合",
    "remission in percent",
    Form::Digits(3),
    Mark::B,
    Item::Other,
);
const REMITTED_YEN: Field = may(
    "減額金額",
    "remission in yen",
    Form::Digits(6),
    Mark::B,
    Item::Other,
);
const BEARER: Field = must(
    "負担者番号",
    "number of the scheme",
    Form::Fixed(8),
    Mark::A,
    Item::Bearer,
);
const BENEFICIARY: Field = may(
    "受給者番号",
    "beneficiary's number",
    Form::Fixed(7),
    Mark::A,
    Item::Beneficiary,
);
const VOLUNTARY: Field = may(
    "任意給付区分",
    "voluntary benefit",
    Form::Digits(1),
    Mark::B,
    Item::Other,
);
const SCHEME_SHARE: Field = may(
    "負担金額 公費",
    "what the patient pays",
    Form::Digits(8),
    Mark::B,
    Item::Other,
);
const OF_SHARE: Field = may(
    "公費給付対象 一部負担金",
    "share the scheme bears",
    Form::Digits(6),
    Mark::B,
    Item::Other,
);
const RESERVED: Field = never("予備", "reserved");
const UNKNOWN: Field = pass("予備", "reserved");

const fn insurer(
    count: usize,
    mark: Mark,
    sources: &'static str,
    fields: &'static [Field],
) -> Layout {
    Layout {
        id: "HO",
        ja: "保険者",
        en: "insurer",
        count,
        mark,
        sources,
        fields,
    }
}

const fn scheme(
    count: usize,
    mark: Mark,
    sources: &'static str,
    fields: &'static [Field],
) -> Layout {
    Layout {
        id: "KO",
        ja: "公費",
        en: "public scheme",
        count,
        mark,
        sources,
        fields,
    }
}

pub(super) const MEDICAL_INSURER: Layout = insurer(
    15,
    Mark::A,
    "S1 S2 S7; widths B",
    &[
        ID,
        INSURER,
        SYMBOL,
        NUMBER,
        DAYS,
        POINTS,
        UNKNOWN,
        MEALS,
        MEALS_YEN,
        ON_DUTY,
        CERTIFICATE,
        SHARE,
        REMISSION,
        REMITTED,
        REMITTED_YEN,
    ],
);

pub(super) const DENTAL_INSURER: Layout = insurer(
    14,
    Mark::B,
    "S1",
    &[
        ID,
        INSURER,
        SYMBOL,
        NUMBER,
        DAYS,
        POINTS,
        MEALS,
        MEALS_YEN,
        ON_DUTY,
        CERTIFICATE,
        SHARE,
        REMISSION,
        REMITTED,
        REMITTED_YEN,
    ],
);

pub(super) const PHARMACY_INSURER: Layout = insurer(
    14,
    Mark::A,
    "S3 S4",
    &[
        ID,
        INSURER,
        SYMBOL,
        NUMBER,
        VISITS,
        POINTS,
        RESERVED,
        ON_DUTY,
        CERTIFICATE,
        SHARE,
        RESERVED,
        REMISSION,
        REMITTED,
        REMITTED_YEN,
    ],
);

pub(super) const NURSING_INSURER: Layout = insurer(
    12,
    Mark::B,
    "S8",
    &[
        ID,
        INSURER,
        SYMBOL,
        NUMBER,
        DAYS,
        AMOUNT,
        ON_DUTY,
        CERTIFICATE,
        SHARE,
        REMISSION,
        REMITTED,
        REMITTED_YEN,
    ],
);

pub(super) const MEDICAL_SCHEME: Layout = scheme(
    12,
    Mark::A,
    "S1 S2 S7; widths B",
    &[
        ID,
        BEARER,
        BENEFICIARY,
        VOLUNTARY,
        DAYS,
        POINTS,
        SCHEME_SHARE,
        OF_SHARE,
        OF_SHARE,
        UNKNOWN,
        MEALS,
        MEALS_YEN,
    ],
);

pub(super) const DENTAL_SCHEME: Layout = scheme(
    10,
    Mark::B,
    "S1",
    &[
        ID,
        BEARER,
        BENEFICIARY,
        VOLUNTARY,
        DAYS,
        POINTS,
        SCHEME_SHARE,
        OF_SHARE,
        MEALS,
        MEALS_YEN,
    ],
);

pub(super) const PHARMACY_SCHEME: Layout = scheme(
    10,
    Mark::A,
    "S3 S4",
    &[
        ID,
        BEARER,
        BENEFICIARY,
        VOLUNTARY,
        VISITS,
        POINTS,
        RESERVED,
        SCHEME_SHARE,
        RESERVED,
        OF_SHARE,
    ],
);

pub(super) const NURSING_SCHEME: Layout = scheme(
    8,
    Mark::B,
    "S8",
    &[
        ID,
        BEARER,
        BENEFICIARY,
        VOLUNTARY,
        DAYS,
        AMOUNT,
        SCHEME_SHARE,
        OF_SHARE,
    ],
);

const PAYER: Field = must(
    "負担者種別",
    "payer",
    Form::OneOf(1, 5),
    Mark::A,
    Item::Payer,
);

pub(super) const ELIGIBILITY: Layout = Layout {
    id: "SN",
    ja: "資格確認",
    en: "eligibility",
    count: 9,
    mark: Mark::A,
    sources: "S1 S2 S3 S6 S8",
    fields: &[
        ID,
        PAYER,
        must(
            "確認区分",
            "how confirmed",
            Form::Fixed(2),
            Mark::A,
            Item::How,
        ),
        never("保険者番号等（資格確認）", "insurer number as confirmed"),
        never("記号（資格確認）", "symbol as confirmed"),
        never("番号（資格確認）", "number as confirmed"),
        may("枝番", "branch", Form::Fixed(2), Mark::A, Item::Branch),
        never(
            "受給者番号（資格確認）",
            "beneficiary's number as confirmed",
        ),
        RESERVED,
    ],
};

/// What happened on a day; the fields of the other days are alike.
const DAY: Field = may(
    "1日",
    "day 1; the others follow",
    Form::Digits(1),
    Mark::A,
    Item::FirstDay,
);

pub(super) const VISIT_DAYS: Layout = Layout {
    id: "JD",
    ja: "受診日等",
    en: "days of visit",
    count: 33,
    mark: Mark::A,
    sources: "S1 S3 S5 S7",
    fields: &[ID, PAYER, DAY],
};

pub(super) const WINDOW: Layout = Layout {
    id: "MF",
    ja: "窓口負担額",
    en: "payment at the window",
    count: 33,
    mark: Mark::A,
    sources: "S1 S3 S8",
    fields: &[
        ID,
        must(
            "窓口負担額区分",
            "class of the payment",
            Form::Fixed(2),
            Mark::A,
            Item::AtWindow,
        ),
    ],
};
