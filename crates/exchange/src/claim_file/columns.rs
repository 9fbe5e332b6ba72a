//! The records of claim files and their fields, kind by kind, as data: position, name, form, need and how well it is known
//! (claims-format §3-§7). What is not listed here passes through unread. Judges nothing.

mod bodies;
mod headers;
mod payers;
mod receipts;

use domain::facility_kind::FacilityKind;

/// How well something is known (claims-format, marks). Nothing here was read in the official specification itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// From official text, or two independent implementations that agree.
    A,
    /// From one good implementation or a code table taken from official text.
    B,
    /// General knowledge or inference.
    C,
}

impl Mark {
    /// The letter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// What a field may hold, in bytes of CP932.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Exactly so many digits.
    Fixed(usize),
    /// At most so many digits.
    Digits(usize),
    /// At most so many half-width letters, digits and signs.
    Ascii(usize),
    /// Full width, at most so many bytes.
    Wide(usize),
    /// Full width or half, not both, at most so many bytes.
    Text(usize),
    /// Pairs of digits, at most so many bytes.
    Pairs(usize),
    /// Eight bytes: digits, blanks in front.
    Insurer,
    /// One of the digits from the first to the last.
    OneOf(u8, u8),
    /// A day, `YYYYMMDD` or `GYYMMDD`.
    Date,
    /// A month, `YYYYMM` or `GYYMM`.
    Month,
    /// Anything: its width is not known.
    Anything,
}

/// Whether a field is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Always (●).
    Must,
    /// When it applies (○).
    May,
    /// Never by an institution (–).
    Never,
}

/// What a field means to the checks; everything else passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// Not looked at beyond its form.
    Other,
    /// 審査支払機関.
    ReviewBody,
    /// 都道府県.
    Prefecture,
    /// 点数表.
    FeeTable,
    /// 医療機関コード.
    Institution,
    /// 請求年月.
    ClaimMonth,
    /// マルチボリューム識別.
    Volume,
    /// レセプト番号.
    ClaimNumber,
    /// レセプト種別.
    ClaimType,
    /// 診療年月.
    Month,
    /// 氏名.
    Name,
    /// 男女区分.
    Sex,
    /// 生年月日.
    BirthDate,
    /// 給付割合.
    Benefit,
    /// 特記事項.
    Remarks,
    /// カタカナ氏名.
    Kana,
    /// 保険者番号.
    Insurer,
    /// 記号.
    Symbol,
    /// 番号.
    Number,
    /// 実日数・受付回数.
    Days,
    /// 合計点数・金額.
    Points,
    /// 公費負担者番号.
    Bearer,
    /// 受給者番号.
    Beneficiary,
    /// 負担者種別.
    Payer,
    /// 確認区分.
    How,
    /// 枝番.
    Branch,
    /// 窓口負担額区分.
    AtWindow,
    /// 総件数.
    Count,
    /// 総合計点数.
    Total,
    /// 回数.
    Times,
    /// The field of day 1; those of the others follow.
    FirstDay,
}

/// A field of a record. Its position is its place in the list, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub ja: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// What it may hold.
    pub form: Form,
    /// Whether it is filled.
    pub need: Need,
    /// What it means to the checks.
    pub item: Item,
    /// How well form and need are known.
    pub mark: Mark,
}

/// A record of a kind of claim file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The two letters it begins with.
    pub id: &'static str,
    /// Its name.
    pub ja: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// Fields with the id; zero where the number is not known.
    pub count: usize,
    /// How well number and positions are known.
    pub mark: Mark,
    /// Where they come from (claims-format §18).
    pub sources: &'static str,
    /// The first fields, as far as they are known; the others pass unread.
    pub fields: &'static [Field],
}

impl Layout {
    /// The position of an item, from 1.
    #[must_use]
    pub fn position(&self, item: Item) -> Option<usize> {
        let at = self.fields.iter().position(|field| field.item == item)?;
        Some(at + 1)
    }

    /// The field at a position, from 1.
    #[must_use]
    pub fn field(&self, position: usize) -> Option<&'static Field> {
        self.fields.get(position.checked_sub(1)?)
    }
}

/// Records that review bodies and insurers add; no institution sends them (claims-format §3, \[A\]).
pub const OF_REVIEW_BODIES: [&str; 5] = ["MN", "RC", "JY", "ON", "EX"];

/// Records of returned files (HEN, SAH), which are not read yet (claims-format §14, \[A\]).
pub const OF_RETURNS: [&str; 3] = ["HI", "HR", "HG"];

/// Records of DPC files, which are out of scope (claims-format §17, 9).
pub const OF_DPC: [&str; 8] = ["BU", "SB", "KK", "SK", "GA", "HH", "GT", "CD"];

/// The records of a kind.
#[must_use]
pub fn layouts(kind: FacilityKind) -> &'static [Layout] {
    match kind {
        FacilityKind::Medical => &MEDICAL,
        FacilityKind::Dental => &DENTAL,
        FacilityKind::Pharmacy => &PHARMACY,
        FacilityKind::HomeNursing => &NURSING,
    }
}

/// The record of an id; none where the kind has no such record as far as known.
#[must_use]
pub fn layout(kind: FacilityKind, id: [u8; 2]) -> Option<&'static Layout> {
    layouts(kind).iter().find(|it| it.id.as_bytes() == id)
}

const MEDICAL: [Layout; 18] = [
    headers::MEDICAL_INSTITUTION,
    receipts::MEDICAL,
    payers::MEDICAL_INSURER,
    payers::MEDICAL_SCHEME,
    payers::ELIGIBILITY,
    payers::VISIT_DAYS,
    payers::WINDOW,
    bodies::WHY_NOT_DPC,
    bodies::DIAGNOSIS,
    bodies::ACT,
    bodies::DRUG,
    bodies::MATERIAL,
    bodies::counted("CO", "コメント", "comment", 5, Mark::A, "S2 S7"),
    bodies::counted("SJ", "症状詳記", "narrative", 3, Mark::A, "S2 S7"),
    bodies::counted("TI", "name not known", "name not known", 0, Mark::C, "S2"),
    bodies::counted("TR", "name not known", "name not known", 0, Mark::C, "S2"),
    bodies::counted("TS", "name not known", "name not known", 0, Mark::C, "S2"),
    headers::TOTAL,
];

const DENTAL: [Layout; 16] = [
    headers::RECEPTION,
    headers::DENTAL_INSTITUTION,
    receipts::DENTAL,
    payers::DENTAL_INSURER,
    payers::DENTAL_SCHEME,
    payers::ELIGIBILITY,
    payers::VISIT_DAYS,
    payers::WINDOW,
    bodies::counted("HS", "傷病名部位", "diagnosis and tooth", 13, Mark::B, "S1"),
    bodies::counted("SI", "診療行為", "act", 38, Mark::B, "S1"),
    bodies::counted("SS", "歯科診療行為", "dental act", 109, Mark::B, "S1"),
    bodies::counted("IY", "医薬品", "drug", 39, Mark::B, "S1"),
    bodies::counted("TO", "特定器材", "material", 45, Mark::B, "S1"),
    bodies::counted("CO", "コメント", "comment", 11, Mark::B, "S1"),
    bodies::counted("SJ", "症状詳記", "narrative", 3, Mark::B, "S1"),
    headers::TOTAL,
];

const PHARMACY: [Layout; 16] = [
    headers::PHARMACY,
    receipts::PHARMACY,
    payers::PHARMACY_INSURER,
    payers::PHARMACY_SCHEME,
    payers::ELIGIBILITY,
    payers::VISIT_DAYS,
    payers::WINDOW,
    bodies::counted("SH", "処方基本", "prescription", 10, Mark::A, "S3 S4"),
    bodies::counted("CZ", "調剤情報", "dispensing", 71, Mark::B, "S3"),
    bodies::counted("IY", "医薬品", "drug", 10, Mark::B, "S3"),
    bodies::counted("TO", "特定器材", "material", 7, Mark::B, "S3"),
    bodies::counted("CO", "コメント", "comment", 3, Mark::B, "S3"),
    bodies::counted("TK", "摘要欄", "remarks", 3, Mark::B, "S3"),
    bodies::counted("KI", "基本料・薬学管理料", "fees", 114, Mark::B, "S3"),
    bodies::counted("ST", "分割技術料", "divided fees", 16, Mark::B, "S3"),
    headers::TOTAL,
];

const NURSING: [Layout; 17] = [
    headers::STATION,
    receipts::NURSING,
    payers::NURSING_INSURER,
    payers::NURSING_SCHEME,
    payers::ELIGIBILITY,
    payers::VISIT_DAYS,
    payers::WINDOW,
    bodies::counted("IH", "医療機関", "ordering institution", 7, Mark::B, "S8"),
    bodies::counted("HJ", "訪問看護指示", "order", 4, Mark::B, "S8"),
    bodies::counted("JS", "情報提供", "information given", 6, Mark::B, "S8"),
    bodies::counted("SY", "傷病名", "diagnosis", 5, Mark::B, "S8"),
    bodies::counted(
        "RJ",
        "利用者の状態",
        "state of the person",
        29,
        Mark::B,
        "S8",
    ),
    bodies::counted("TJ", "name not known", "name not known", 0, Mark::C, "S8"),
    bodies::counted("TZ", "name not known", "name not known", 0, Mark::C, "S8"),
    bodies::counted("KS", "name not known", "name not known", 0, Mark::C, "S8"),
    bodies::counted(
        "KA",
        "訪問看護療養費",
        "visit and its amount",
        9,
        Mark::B,
        "S8",
    ),
    // Place and content are doubtful (claims-format §8): it passes unread.
    bodies::counted("GO", "請求書", "total", 0, Mark::C, "S8"),
];

const fn field(
    ja: &'static str,
    en: &'static str,
    form: Form,
    need: Need,
    mark: Mark,
    item: Item,
) -> Field {
    Field {
        ja,
        en,
        form,
        need,
        item,
        mark,
    }
}

/// A field that must be filled.
const fn must(ja: &'static str, en: &'static str, form: Form, mark: Mark, item: Item) -> Field {
    field(ja, en, form, Need::Must, mark, item)
}

/// A field that may be filled.
const fn may(ja: &'static str, en: &'static str, form: Form, mark: Mark, item: Item) -> Field {
    field(ja, en, form, Need::May, mark, item)
}

/// A field an institution leaves empty; what stands there is only pointed out.
const fn never(ja: &'static str, en: &'static str) -> Field {
    field(ja, en, Form::Anything, Need::Never, Mark::B, Item::Other)
}

/// A field that is not looked at.
const fn pass(ja: &'static str, en: &'static str) -> Field {
    field(ja, en, Form::Anything, Need::May, Mark::C, Item::Other)
}

/// The two letters every record begins with.
const ID: Field = must(
    "レコード識別",
    "record id",
    Form::Ascii(2),
    Mark::A,
    Item::Other,
);
