//! Addresses in a prefecture that does not exist, with postal codes that nobody has.

use domain::person::{Address, PostalCode};

use crate::draw::Draw;

const CITIES: [&str; 20] = [
    "見本市",
    "例示市",
    "仮置市",
    "架空市",
    "試作市",
    "模型市",
    "雛形市",
    "習作市",
    "下書市",
    "見立市",
    "一例郡書式町",
    "一例郡記入町",
    "空想郡霞町",
    "空想郡蜃気町",
    "夢見市北区",
    "夢見市南区",
    "夢見市中央区",
    "何某市",
    "某田市",
    "無名市",
];

const TOWNS: [&str; 24] = [
    "若葉町",
    "青葉台",
    "桜",
    "楓町",
    "銀杏通",
    "松原",
    "竹園",
    "梅が丘",
    "柳橋町",
    "桐畑",
    "欅町",
    "檜",
    "椿ヶ浜",
    "楠木",
    "杉並木町",
    "榎本町",
    "栃の木",
    "朴葉町",
    "柿の本",
    "蜜柑山",
    "葡萄棚",
    "胡桃沢",
    "栗林町",
    "茱萸木",
];

const BUILDINGS: [&str; 8] = [
    "見本ハイツ",
    "コーポ例",
    "メゾン架空",
    "ひながた荘",
    "サンプルヒルズ",
    "グランドもけい",
    "第二仮置ビル",
    "レジデンス無名",
];

/// Where a household lives; every third in a building with a number.
pub(super) fn address(draw: &mut Draw) -> Option<(Address, PostalCode)> {
    let city = draw.below(CITIES.len() as u64);
    let town = draw.below(TOWNS.len() as u64);
    let (name, part) = (usize::try_from(city).ok()?, usize::try_from(town).ok()?);
    let [block, lot, house] = [7, 28, 19].map(|end| draw.below(end) + 1);
    let mut text = format!(
        "架空県{}{}{block}丁目{lot}番{house}号",
        CITIES.get(name)?,
        TOWNS.get(part)?
    );
    if draw.one_in(3) {
        let building = draw.one_of(&BUILDINGS)?;
        let (floor, door) = (draw.below(9) + 1, draw.below(12) + 1);
        text.push_str(&format!("　{building}{floor}{door:02}"));
    }
    let postal = format!("000-{:04}", city * 100 + town);
    Some((
        Address::parse(&text).ok()?,
        PostalCode::parse(&postal).ok()?,
    ))
}
