//! What was found and done: as many fields as the checks of days need (claims-format §7). Data alone.

use super::{Field, Form, ID, Item, Layout, Mark, may, pass};

/// A record of which only the number of fields is looked at.
pub(super) const fn counted(
    id: &'static str,
    ja: &'static str,
    en: &'static str,
    count: usize,
    mark: Mark,
    sources: &'static str,
) -> Layout {
    Layout {
        id,
        ja,
        en,
        count,
        mark,
        sources,
        fields: &[ID],
    }
}

pub(super) const WHY_NOT_DPC: Layout =
    counted("GR", "包括評価対象外理由", "why not DPC", 3, Mark::B, "S2");

pub(super) const DIAGNOSIS: Layout = Layout {
    id: "SY",
    ja: "傷病名",
    en: "diagnosis",
    count: 8,
    mark: Mark::A,
    sources: "S2 S7",
    fields: &[
        ID,
        pass("傷病名コード", "code"),
        may(
            "診療開始日",
            "treated since",
            Form::Date,
            Mark::A,
            Item::Other,
        ),
        may(
            "転帰区分",
            "outcome",
            Form::OneOf(1, 4),
            Mark::A,
            Item::Other,
        ),
        pass("修飾語コード", "modifiers"),
        pass("傷病名称", "name"),
        pass("主傷病", "main diagnosis"),
        pass("補足コメント", "note"),
    ],
};

const CLASS: Field = pass("診療識別", "class");
const BURDEN: Field = pass("負担区分", "who pays");
const CODE: Field = pass("コード", "code");
const QUANTITY: Field = pass("数量・使用量", "quantity");
const POINTS: Field = pass("点数", "points");
const TIMES: Field = may("回数", "times", Form::Digits(3), Mark::A, Item::Times);
const COMMENT: Field = pass("コメントコード", "code of a comment");
const WORDS: Field = pass("文字データ", "words of a comment");
const DAY: Field = may(
    "1日の情報",
    "times on day 1; the others follow",
    Form::Digits(3),
    Mark::A,
    Item::FirstDay,
);

const WITH_DAYS: &[Field] = &[
    ID, CLASS, BURDEN, CODE, QUANTITY, POINTS, TIMES, COMMENT, WORDS, COMMENT, WORDS, COMMENT,
    WORDS, DAY,
];

pub(super) const ACT: Layout = Layout {
    id: "SI",
    ja: "診療行為",
    en: "act",
    count: 44,
    mark: Mark::A,
    sources: "S2 S7 S12",
    fields: WITH_DAYS,
};

pub(super) const DRUG: Layout = Layout {
    id: "IY",
    ja: "医薬品",
    en: "drug",
    count: 44,
    mark: Mark::A,
    sources: "S2 S7 S12",
    fields: WITH_DAYS,
};

pub(super) const MATERIAL: Layout = Layout {
    id: "TO",
    ja: "特定器材",
    en: "material",
    count: 48,
    mark: Mark::A,
    sources: "S2 S7 S12",
    fields: &[
        ID,
        CLASS,
        BURDEN,
        CODE,
        QUANTITY,
        POINTS,
        TIMES,
        pass("単位", "unit"),
        pass("単価", "price"),
        pass("予備", "reserved"),
        pass("品名", "name"),
        COMMENT,
        WORDS,
        COMMENT,
        WORDS,
        COMMENT,
        WORDS,
        DAY,
    ],
};
