//! The first and last records: institution, reception, pharmacy, station, total (claims-format §4, §7). Data alone.

use super::{Field, Form, ID, Item, Layout, Mark, may, must, never};

const REVIEW_BODY: Field = must(
    "審査支払機関",
    "review body",
    Form::OneOf(1, 2),
    Mark::A,
    Item::ReviewBody,
);
const PREFECTURE: Field = must(
    "都道府県",
    "prefecture",
    Form::Fixed(2),
    Mark::A,
    Item::Prefecture,
);
const FEE_TABLE: Field = must(
    "点数表",
    "fee table",
    Form::Ascii(1),
    Mark::A,
    Item::FeeTable,
);
const INSTITUTION: Field = must(
    "医療機関コード",
    "institution",
    Form::Fixed(7),
    Mark::A,
    Item::Institution,
);
const RESERVED: Field = never("予備", "reserved");
const NAME: Field = must("医療機関名称", "name", Form::Wide(40), Mark::A, Item::Other);
const CLAIM_MONTH: Field = must(
    "請求年月",
    "month of the claim",
    Form::Month,
    Mark::A,
    Item::ClaimMonth,
);
const VOLUME: Field = must(
    "マルチボリューム識別",
    "volume",
    Form::Fixed(2),
    Mark::A,
    Item::Volume,
);
const PHONE: Field = may(
    "電話番号",
    "telephone",
    Form::Ascii(15),
    Mark::A,
    Item::Other,
);
const STANDARDS: Field = may(
    "届出",
    "facility standards",
    Form::Ascii(40),
    Mark::A,
    Item::Other,
);

pub(super) const MEDICAL_INSTITUTION: Layout = Layout {
    id: "IR",
    ja: "医療機関情報",
    en: "institution",
    count: 10,
    mark: Mark::A,
    sources: "S2 S7 S12",
    fields: &[
        ID,
        REVIEW_BODY,
        PREFECTURE,
        FEE_TABLE,
        INSTITUTION,
        RESERVED,
        NAME,
        CLAIM_MONTH,
        VOLUME,
        PHONE,
    ],
};

pub(super) const RECEPTION: Layout = Layout {
    id: "UK",
    ja: "受付情報",
    en: "reception",
    count: 10,
    mark: Mark::A,
    sources: "S1 S11 S15",
    fields: &[
        ID,
        REVIEW_BODY,
        PREFECTURE,
        FEE_TABLE,
        INSTITUTION,
        RESERVED,
        NAME,
        CLAIM_MONTH,
        STANDARDS,
        VOLUME,
    ],
};

pub(super) const DENTAL_INSTITUTION: Layout = Layout {
    id: "IR",
    ja: "医療機関情報",
    en: "institution",
    count: 9,
    mark: Mark::A,
    sources: "S1 S15",
    fields: &[
        ID,
        REVIEW_BODY,
        PREFECTURE,
        FEE_TABLE,
        INSTITUTION,
        RESERVED,
        CLAIM_MONTH,
        PHONE,
        STANDARDS,
    ],
};

pub(super) const PHARMACY: Layout = Layout {
    id: "YK",
    ja: "薬局情報",
    en: "pharmacy",
    count: 9,
    mark: Mark::A,
    sources: "S3 S4",
    fields: &[
        ID,
        REVIEW_BODY,
        PREFECTURE,
        FEE_TABLE,
        INSTITUTION,
        // Forty bytes is inferred.
        must(
            "薬局連絡先名称",
            "name",
            Form::Wide(40),
            Mark::C,
            Item::Other,
        ),
        CLAIM_MONTH,
        VOLUME,
        must(
            "電話番号",
            "telephone",
            Form::Ascii(15),
            Mark::A,
            Item::Other,
        ),
    ],
};

pub(super) const STATION: Layout = Layout {
    id: "HM",
    ja: "訪問看護ステーション情報",
    en: "nursing station",
    count: 8,
    mark: Mark::B,
    sources: "S8",
    fields: &[
        ID,
        REVIEW_BODY,
        PREFECTURE,
        FEE_TABLE,
        INSTITUTION,
        must("名称", "name", Form::Wide(40), Mark::B, Item::Other),
        CLAIM_MONTH,
        may(
            "電話番号",
            "telephone",
            Form::Ascii(15),
            Mark::B,
            Item::Other,
        ),
    ],
};

pub(super) const TOTAL: Layout = Layout {
    id: "GO",
    ja: "請求書",
    en: "total",
    count: 4,
    mark: Mark::A,
    sources: "S1 S7 S16",
    fields: &[
        ID,
        may(
            "総件数",
            "number of parts",
            Form::Digits(6),
            Mark::A,
            Item::Count,
        ),
        may(
            "総合計点数",
            "sum of points",
            Form::Digits(10),
            Mark::A,
            Item::Total,
        ),
        must(
            "マルチボリューム識別",
            "volume",
            Form::Fixed(2),
            Mark::A,
            Item::Volume,
        ),
    ],
};
