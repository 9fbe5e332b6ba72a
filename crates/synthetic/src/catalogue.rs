//! A made-up catalogue of drugs, treatment, surgery and checkup items. No name is a real drug's, and the codes lie in ranges of our own:
//! drugs `6999…`, treatment `1999…`, surgery `1599…`, items `9Z999…`. Reference ranges are made up as well and say nothing about health.

use domain::medical_information::checkup::{Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{Drug, Treatment};
use domain::medical_information::{Amount, MedicalCode, MedicalText};

/// The pairs of the catalogue, as `domain::medical_information::interactions` reads them: every line an example with its source.
pub const INTERACTIONS: &str = include_str!("../assets/interactions.tsv");

/// How an ingredient is usually taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// For years.
    Long,
    /// For some days.
    Short,
    /// When needed.
    AsNeeded,
    /// On the skin or in the eye.
    Outside,
}

/// Whose product it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The first one's (先発品).
    First,
    /// A later one's (後発品).
    Generic,
}

/// An ingredient with its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ingredient {
    /// Its name.
    pub name: &'static str,
    /// The first maker's name of it.
    pub brand: &'static str,
    /// What it comes as.
    pub form: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// From the weakest to the strongest.
    pub strengths: [&'static str; 3],
    /// How it is taken.
    pub usage: &'static str,
    /// How it is usually taken.
    pub taken: Taken,
}

const fn ingredient(
    name: &'static str,
    brand: &'static str,
    (form, unit): (&'static str, &'static str),
    strengths: [&'static str; 3],
    usage: &'static str,
    taken: Taken,
) -> Ingredient {
    Ingredient {
        name,
        brand,
        form,
        unit,
        strengths,
        usage,
        taken,
    }
}

const MG: [&str; 3] = ["２．５ｍｇ", "５ｍｇ", "１０ｍｇ"];
const TENS: [&str; 3] = ["１０ｍｇ", "２０ｍｇ", "４０ｍｇ"];
const HUNDREDS: [&str; 3] = ["１００ｍｇ", "２００ｍｇ", "３００ｍｇ"];

/// The ingredients.
#[rustfmt::skip]
pub const INGREDIENTS: [Ingredient; 16] = [
    ingredient("架空成分甲", "架空アルファ", ("錠", "錠"), MG, "１日１回朝食後", Taken::Long),
    ingredient("架空成分乙", "架空ベータ", ("錠", "錠"), TENS, "１日１回夕食後", Taken::Long),
    ingredient("架空成分丙", "架空ガンマ", ("カプセル", "カプセル"), HUNDREDS, "１日２回朝夕食後", Taken::Long),
    ingredient("架空成分丁", "架空デルタ", ("ＯＤ錠", "錠"), TENS, "１日３回毎食後", Taken::Long),
    ingredient("架空成分戊", "架空イプシロン", ("錠", "錠"), MG, "１日１回就寝前", Taken::Long),
    ingredient("架空成分己", "架空ゼータ", ("錠", "錠"), HUNDREDS, "１日３回毎食後", Taken::Short),
    ingredient("架空成分庚", "架空イータ", ("カプセル", "カプセル"), HUNDREDS, "１日２回朝夕食後", Taken::Short),
    ingredient("架空成分辛", "架空シータ", ("散", "ｇ"), ["１％", "２％", "５％"], "痛むとき", Taken::AsNeeded),
    ingredient("架空成分壬", "架空イオタ", ("軟膏", "ｇ"), ["０．０５％", "０．１％", "０．３％"], "１日２回塗布", Taken::Outside),
    ingredient("架空成分癸", "架空カッパ", ("点眼液", "ｍＬ"), ["０．１％", "０．３％", "０．５％"], "１日４回点眼", Taken::Outside),
    ingredient("架空成分子", "架空ラムダ", ("吸入用カプセル", "カプセル"), ["５μｇ", "１０μｇ", "２０μｇ"], "１日１回吸入", Taken::Long),
    ingredient("架空成分丑", "架空ミュー", ("徐放錠", "錠"), TENS, "１日１回朝食前", Taken::Long),
    ingredient("架空成分寅", "架空ニュー", ("錠", "錠"), TENS, "１日１回朝食後", Taken::Long),
    ingredient("架空成分卯", "架空クサイ", ("顆粒", "包"), ["０．５ｇ", "１ｇ", "２ｇ"], "１日３回毎食前", Taken::Long),
    ingredient("架空成分辰", "架空パイ", ("貼付剤", "枚"), ["１０ｍｇ", "２０ｍｇ", "４０ｍｇ"], "１日１回貼付", Taken::Outside),
    ingredient("架空成分巳", "架空ロー", ("錠", "錠"), HUNDREDS, "発熱時", Taken::AsNeeded),
];

/// A product of an ingredient, by the places of ingredient and strength in their lists: `6999`, two digits of the ingredient, one of the
/// maker, one of the strength, `1`.
///
/// `None` only where there is no such place, or a built-in text did not parse, which a test rules out.
#[must_use]
pub fn drug(ingredient: usize, maker: Maker, strength: usize) -> Option<Drug> {
    let it = INGREDIENTS.get(ingredient)?;
    let amount = it.strengths.get(strength)?;
    let (name, digit) = match maker {
        Maker::First => (format!("{}{}{amount}", it.brand, it.form), 0),
        Maker::Generic => (format!("{}{}{amount}「例」", it.name, it.form), 1),
    };
    let mut drug = Drug::new(text(&name)?);
    drug.code = MedicalCode::parse(&format!("6999{ingredient:02}{digit}{strength}1")).ok();
    drug.ingredient = text(it.name);
    drug.unit = text(it.unit);
    drug.usage = text(it.usage);
    Some(drug)
}

/// Treatments: code and name.
const TREATMENTS: [(&str, &str); 6] = [
    ("199900001", "架空再診"),
    ("199900002", "架空血液検査"),
    ("199900003", "架空尿検査"),
    ("199900004", "架空画像検査"),
    ("199900005", "架空生活指導"),
    ("199900006", "架空処置"),
];

/// A treatment, by its place in the list.
#[must_use]
pub fn treatment(at: usize) -> Option<Treatment> {
    let (code, name) = TREATMENTS.get(at)?;
    let mut it = Treatment::new(text(name)?);
    it.code = MedicalCode::parse(code).ok();
    it.quantity = Amount::parse("1").ok();
    it.times = Some(1);
    it.unit = text("回");
    Some(it)
}

/// Operations: code and name.
pub(crate) const SURGERIES: [(&str, &str); 4] = [
    ("159990001", "架空摘出術"),
    ("159990002", "架空整復固定術"),
    ("159990003", "架空内視鏡手術"),
    ("159990004", "架空眼内手術"),
];

/// A measured item of a checkup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    /// Digits after the point.
    digits: usize,
    low: Option<&'static str>,
    high: Option<&'static str>,
    method: &'static str,
    /// Where a trend begins, in units of the last digit, and how far it moves in a year.
    pub(crate) begins: i32,
    pub(crate) moves: i32,
}

#[rustfmt::skip]
const fn measured(
    (code, name, unit): (&'static str, &'static str, &'static str),
    digits: usize,
    (low, high): (Option<&'static str>, Option<&'static str>),
    method: &'static str,
    (begins, moves): (i32, i32),
) -> Measured {
    Measured { code, name, unit, digits, low, high, method, begins, moves }
}

/// Those with a code of the interface's samples, and those with one of the range of examples.
#[rustfmt::skip]
pub(crate) const MEASURED: [Measured; 14] = [
    measured(("9A751000000000001", "収縮期血圧(1回目)", "mmHg"), 0, (None, Some("130")), "架空自動計測", (138, -3)),
    measured(("9A761000000000001", "拡張期血圧(1回目)", "mmHg"), 0, (None, Some("85")), "架空自動計測", (88, -2)),
    measured(("3F070000002327101", "HDLコレステロール", "mg/dL"), 0, (Some("40"), None), "架空吸光法", (47, 2)),
    measured(("3D046000001920402", "HbA1c(NGSP)", "%"), 1, (None, Some("5.6")), "架空免疫法", (61, -1)),
    measured(("9Z999000000000001", "体重", "kg"), 1, (None, None), "架空計測", (684, -8)),
    measured(("9Z999000000000002", "BMI", "kg/m2"), 1, (Some("18.5"), Some("25.0")), "架空計算", (256, -3)),
    measured(("9Z999000000000003", "腹囲", "cm"), 1, (None, Some("85.0")), "架空計測", (882, -6)),
    measured(("9Z999000000000004", "中性脂肪", "mg/dL"), 0, (Some("30"), Some("150")), "架空吸光法", (182, -12)),
    measured(("9Z999000000000005", "LDLコレステロール", "mg/dL"), 0, (Some("60"), Some("120")), "架空吸光法", (148, -9)),
    measured(("9Z999000000000006", "AST(GOT)", "U/L"), 0, (None, Some("31")), "架空吸光法", (29, -1)),
    measured(("9Z999000000000007", "ALT(GPT)", "U/L"), 0, (None, Some("31")), "架空吸光法", (38, -2)),
    measured(("9Z999000000000008", "γ-GT(γ-GTP)", "U/L"), 0, (None, Some("51")), "架空吸光法", (55, -3)),
    measured(("9Z999000000000009", "血清クレアチニン", "mg/dL"), 2, (Some("0.40"), Some("1.00")), "架空酵素法", (78, 2)),
    measured(("9Z999000000000010", "空腹時血糖", "mg/dL"), 0, (None, Some("100")), "架空電極法", (111, -2)),
];

impl Measured {
    /// The item with a value, given in units of its last digit.
    pub(crate) fn item(&self, value: i32) -> Option<Item> {
        let value = value.max(1);
        let amount = match u32::try_from(self.digits)
            .ok()
            .map(|digits| 10_i32.pow(digits))?
        {
            1 => value.to_string(),
            part => format!(
                "{}.{:0digits$}",
                value / part,
                value % part,
                digits = self.digits
            ),
        };
        let bound = |text: Option<&str>| text.and_then(|text| Amount::parse(text).ok());
        Some(Item {
            code: ItemCode::parse(self.code).ok()?,
            name: text(self.name)?,
            value: Value::Measured {
                amount: text(&amount)?,
                unit: text(self.unit),
            },
            range: ReferenceRange {
                low: bound(self.low),
                high: bound(self.high),
            },
            method: text(self.method),
        })
    }
}

/// An item of a table of codes, and one in words.
pub(crate) fn coded_and_worded(code: usize) -> Option<[Item; 2]> {
    // Below the number RFC 5612 keeps for examples.
    const TABLE: &str = "1.3.6.1.4.1.32473.20.40";
    const NAMES: [&str; 3] = ["－", "±", "＋"];
    let coded = Item {
        code: ItemCode::parse("9Z999000000000011").ok()?,
        name: text("尿糖")?,
        value: Value::Coded {
            code: text(&(code + 1).to_string())?,
            table: text(TABLE),
            name: text(NAMES.get(code)?),
        },
        range: ReferenceRange::default(),
        method: text("架空試験紙法"),
    };
    let worded = Item {
        code: ItemCode::parse("9Z999000000000012").ok()?,
        name: text("医師の診断(判定)")?,
        value: Value::Words(text("架空の判定：経過をみる")?),
        range: ReferenceRange::default(),
        method: None,
    };
    Some([coded, worded])
}

pub(crate) fn text(text: &str) -> Option<MedicalText> {
    MedicalText::parse(text).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::medical_information::interactions::Pairs;

    use super::*;

    #[test]
    fn every_product_has_a_code_of_the_examples_and_a_made_up_name() {
        let mut codes = BTreeSet::new();
        for at in 0..INGREDIENTS.len() {
            for maker in [Maker::First, Maker::Generic] {
                for strength in 0..3 {
                    let it = drug(at, maker, strength).unwrap();
                    let code = it.code.unwrap();
                    assert!(code.as_str().len() == 9 && code.as_str().starts_with("6999"));
                    assert!(codes.insert(code));
                    assert!(it.name.as_str().starts_with("架空"));
                }
            }
        }
    }

    #[test]
    fn treatments_and_items_are_made_up_and_read_well() {
        for at in 0..TREATMENTS.len() {
            assert!(treatment(at).unwrap().name.as_str().starts_with("架空"));
        }
        for it in MEASURED {
            let item = it.item(it.begins).unwrap();
            assert!(item.method.unwrap().as_str().starts_with("架空"));
        }
        assert!(coded_and_worded(2).is_some());
        for (code, name) in SURGERIES {
            assert!(code.starts_with("1599") && name.starts_with("架空"));
        }
    }

    #[test]
    fn the_pairs_are_of_the_catalogue_and_every_one_says_it_is_an_example() {
        let pairs = Pairs::parse(INTERACTIONS).unwrap();
        assert!(3 <= pairs.all().len());
        let known = |name: &str| INGREDIENTS.iter().any(|it| it.name == name);
        for pair in pairs.all() {
            assert!(known(&pair.a) && known(&pair.b));
            assert!(pair.source.contains("example"));
            assert!(pair.note_ja.contains("例"));
        }
    }
}
