//! The record RE, with which every claim begins (claims-format §5). Data alone.

use super::{Field, Form, ID, Item, Layout, Mark, may, must, never, pass};

const NUMBER: Field = number(Mark::A);
const TYPE: Field = claim_type(Mark::A);
const MONTH: Field = month(Mark::A);
const NAME: Field = name(Mark::A);
const SEX: Field = sex(Mark::A);
const BIRTH_DATE: Field = birth_date(Mark::A);
/// The widths of these fields are the dental ones, which match.
const BENEFIT: Field = may(
    "給付割合",
    "benefit in percent",
    Form::Digits(3),
    Mark::B,
    Item::Benefit,
);
const ADMITTED: Field = may(
    "入院年月日",
    "admitted on",
    Form::Date,
    Mark::B,
    Item::Other,
);
const WARD: Field = may("病棟区分", "ward", Form::Pairs(8), Mark::B, Item::Other);
const CHARGE: Field = may(
    "標準負担額区分",
    "class of standard charges",
    Form::OneOf(1, 4),
    Mark::B,
    Item::Other,
);
const REMARKS: Field = may(
    "レセプト特記事項",
    "remarks",
    Form::Pairs(10),
    Mark::B,
    Item::Remarks,
);
const CHART: Field = may(
    "カルテ番号等",
    "chart number",
    Form::Ascii(20),
    Mark::B,
    Item::Other,
);
const RESERVED: Field = never("予備", "reserved");
const SEARCH: Field = may(
    "検索番号",
    "search number",
    Form::Digits(30),
    Mark::B,
    Item::Other,
);
const INFORMATION: Field = pass("請求情報", "information on the claim");
const KANA: Field = may(
    "カタカナ氏名",
    "name in kana",
    Form::Wide(80),
    Mark::A,
    Item::Kana,
);
const DEPARTMENT: Field = pass("診療科名", "department");
const PART: Field = pass("人体の部位等", "part of the body");
const OF_SEX: Field = pass("性別等", "department for a sex or age");
const TREATMENT: Field = pass("医学的処置", "treatment");
const DISEASE: Field = pass("特定疾病", "specific disease");
const STATE: Field = may(
    "患者の状態",
    "state of the patient",
    Form::Digits(60),
    Mark::B,
    Item::Other,
);
const DOCTOR: Field = pass("保険医氏名", "doctor");

const fn number(mark: Mark) -> Field {
    must(
        "レセプト番号",
        "number",
        Form::Digits(6),
        mark,
        Item::ClaimNumber,
    )
}

const fn claim_type(mark: Mark) -> Field {
    must(
        "レセプト種別",
        "type",
        Form::Fixed(4),
        mark,
        Item::ClaimType,
    )
}

const fn month(mark: Mark) -> Field {
    must(
        "診療年月",
        "month of treatment",
        Form::Month,
        mark,
        Item::Month,
    )
}

const fn name(mark: Mark) -> Field {
    must("氏名", "name", Form::Text(40), mark, Item::Name)
}

const fn sex(mark: Mark) -> Field {
    must("男女区分", "sex", Form::OneOf(1, 2), mark, Item::Sex)
}

const fn birth_date(mark: Mark) -> Field {
    must("生年月日", "birth date", Form::Date, mark, Item::BirthDate)
}

pub(super) const MEDICAL: Layout = Layout {
    id: "RE",
    ja: "レセプト共通",
    en: "claim",
    count: 38,
    mark: Mark::A,
    sources: "S2 S6 S7; widths B",
    fields: &[
        ID,
        NUMBER,
        TYPE,
        MONTH,
        NAME,
        SEX,
        BIRTH_DATE,
        BENEFIT,
        ADMITTED,
        WARD,
        CHARGE,
        REMARKS,
        pass("病床数", "beds"),
        CHART,
        pass("割引点数単価", "reduced value of a point"),
        RESERVED,
        RESERVED,
        RESERVED,
        SEARCH,
        RESERVED,
        INFORMATION,
        DEPARTMENT,
        PART,
        OF_SEX,
        TREATMENT,
        DISEASE,
        DEPARTMENT,
        PART,
        OF_SEX,
        TREATMENT,
        DISEASE,
        DEPARTMENT,
        PART,
        OF_SEX,
        TREATMENT,
        DISEASE,
        KANA,
        STATE,
    ],
};

pub(super) const DENTAL: Layout = Layout {
    id: "RE",
    ja: "レセプト共通",
    en: "claim",
    count: 27,
    mark: Mark::B,
    sources: "S1",
    fields: &[
        ID,
        number(Mark::B),
        claim_type(Mark::B),
        month(Mark::B),
        name(Mark::B),
        sex(Mark::B),
        birth_date(Mark::B),
        BENEFIT,
        ADMITTED,
        may(
            "診療開始日",
            "treated since",
            Form::Date,
            Mark::B,
            Item::Other,
        ),
        may("転帰区分", "outcome", Form::Digits(1), Mark::B, Item::Other),
        WARD,
        CHARGE,
        REMARKS,
        RESERVED,
        CHART,
        may(
            "請求情報1",
            "information 1",
            Form::Digits(2),
            Mark::B,
            Item::Other,
        ),
        RESERVED,
        may(
            "未来院請求",
            "claim without a visit",
            Form::Digits(2),
            Mark::B,
            Item::Other,
        ),
        SEARCH,
        RESERVED,
        pass("請求情報2", "information 2"),
        RESERVED,
        RESERVED,
        RESERVED,
        KANA,
        STATE,
    ],
};

pub(super) const PHARMACY: Layout = Layout {
    id: "RE",
    ja: "レセプト共通",
    en: "claim",
    count: 42,
    mark: Mark::A,
    sources: "S3 S4",
    fields: &[
        ID,
        NUMBER,
        TYPE,
        must(
            "調剤年月",
            "month of dispensing",
            Form::Month,
            Mark::A,
            Item::Month,
        ),
        NAME,
        SEX,
        BIRTH_DATE,
        BENEFIT,
        REMARKS,
        may(
            "都道府県（処方元）",
            "prescriber's prefecture",
            Form::Fixed(2),
            Mark::B,
            Item::Other,
        ),
        may(
            "点数表（処方元）",
            "prescriber's fee table",
            Form::Digits(1),
            Mark::B,
            Item::Other,
        ),
        may(
            "医療機関コード（処方元）",
            "prescriber",
            Form::Fixed(7),
            Mark::B,
            Item::Other,
        ),
        pass("医療機関名称（処方元）", "prescriber's name"),
        pass("医療機関所在地（処方元）", "prescriber's address"),
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        DOCTOR,
        pass("麻薬免許番号", "narcotics licence"),
        pass("調剤録番号等", "dispensing record"),
        RESERVED,
        SEARCH,
        RESERVED,
        INFORMATION,
        may(
            "一部負担金区分",
            "class of the share",
            Form::Digits(1),
            Mark::B,
            Item::Other,
        ),
        KANA,
    ],
};

pub(super) const NURSING: Layout = Layout {
    id: "RE",
    ja: "レセプト共通",
    en: "claim",
    count: 15,
    mark: Mark::B,
    sources: "S8",
    fields: &[
        ID,
        number(Mark::B),
        claim_type(Mark::B),
        must(
            "指定訪問看護年月",
            "month of the visits",
            Form::Month,
            Mark::B,
            Item::Month,
        ),
        name(Mark::B),
        KANA,
        sex(Mark::B),
        birth_date(Mark::B),
        RESERVED,
        RESERVED,
        BENEFIT,
        REMARKS,
        may(
            "一部負担金区分",
            "class of the share",
            Form::Digits(1),
            Mark::B,
            Item::Other,
        ),
        pass("訪問看護記録番号等", "record number"),
        SEARCH,
    ],
};
