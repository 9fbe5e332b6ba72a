//! Forms of one and the same kanji as they stand in names: an older or another form and the one it is compared as. Holds none that two
//! families tell apart (斉 and 斎, 阪 and 坂), and changes nothing that is stored.
//!
//! Compiled for onshi from the old and new forms of the national lists of kanji for general use and for names (常用漢字表, 人名用漢字:
//! 旧字体), and from forms that resident registers print (髙, 﨑, 濵, 𠮷, 栁 …). Selectors of variants (IVS) and compatibility ideographs are
//! folded before this table is asked, by `matching_form`.

/// The form a kanji is compared as: itself, unless it is a variant.
///
/// ```
/// use domain::emergency::kanji_variants::compared_as;
/// assert_eq!(compared_as('髙'), '高');
/// assert_eq!(compared_as('邉'), compared_as('邊'));
/// assert_ne!(compared_as('斎'), compared_as('斉'));
/// ```
#[must_use]
pub fn compared_as(kanji: char) -> char {
    let found = VARIANTS.binary_search_by_key(&kanji, |(variant, _)| *variant);
    let row = found.ok().and_then(|at| VARIANTS.get(at));
    row.map_or(kanji, |(_, form)| *form)
}

/// (variant, form it is compared as), in the order of the variants' code points.
#[rustfmt::skip]
const VARIANTS: &[(char, char)] = &[
    ('乘', '乗'), ('亙', '亘'), ('亞', '亜'), ('佛', '仏'), ('來', '来'), ('假', '仮'), ('傳', '伝'), ('價', '価'),
    ('兒', '児'), ('冝', '宜'), ('冨', '富'), ('凉', '涼'), ('凜', '凛'), ('勳', '勲'), ('勵', '励'), ('卷', '巻'),
    ('單', '単'), ('嚴', '厳'), ('國', '国'), ('圓', '円'), ('圡', '土'), ('埜', '野'), ('堯', '尭'), ('增', '増'),
    ('壯', '壮'), ('壽', '寿'), ('奧', '奥'), ('學', '学'), ('實', '実'), ('寬', '寛'), ('將', '将'), ('專', '専'),
    ('對', '対'), ('尙', '尚'), ('峯', '峰'), ('嵜', '崎'), ('嶋', '島'), ('嶌', '島'), ('巖', '巌'), ('帶', '帯'),
    ('廣', '広'), ('彌', '弥'), ('德', '徳'), ('恆', '恒'), ('悅', '悦'), ('惠', '恵'), ('愼', '慎'), ('應', '応'),
    ('戰', '戦'), ('戶', '戸'), ('拔', '抜'), ('搖', '揺'), ('收', '収'), ('敍', '叙'), ('斊', '斉'), ('晉', '晋'),
    ('曉', '暁'), ('曻', '昇'), ('曾', '曽'), ('會', '会'), ('栁', '柳'), ('桒', '桑'), ('條', '条'), ('榮', '栄'),
    ('槇', '槙'), ('槗', '橋'), ('樂', '楽'), ('橫', '横'), ('檜', '桧'), ('櫻', '桜'), ('權', '権'), ('歷', '歴'),
    ('每', '毎'), ('氣', '気'), ('涉', '渉'), ('淵', '渕'), ('淸', '清'), ('淺', '浅'), ('溫', '温'), ('滿', '満'),
    ('澁', '渋'), ('澤', '沢'), ('濟', '済'), ('濱', '浜'), ('濵', '浜'), ('瀧', '滝'), ('瀨', '瀬'), ('灣', '湾'),
    ('爲', '為'), ('狹', '狭'), ('獨', '独'), ('瑤', '瑶'), ('畫', '画'), ('當', '当'), ('疊', '畳'), ('盡', '尽'),
    ('眞', '真'), ('礒', '磯'), ('祕', '秘'), ('祿', '禄'), ('禪', '禅'), ('禮', '礼'), ('稻', '稲'), ('穐', '秋'),
    ('穗', '穂'), ('穰', '穣'), ('籠', '篭'), ('綠', '緑'), ('緖', '緒'), ('縣', '県'), ('繩', '縄'), ('纖', '繊'),
    ('聰', '聡'), ('聲', '声'), ('肅', '粛'), ('與', '与'), ('舍', '舎'), ('舖', '舗'), ('舘', '館'), ('舩', '船'),
    ('莊', '荘'), ('莖', '茎'), ('萠', '萌'), ('萬', '万'), ('蔣', '蒋'), ('薰', '薫'), ('藏', '蔵'), ('藝', '芸'),
    ('藥', '薬'), ('藪', '薮'), ('蘆', '芦'), ('虛', '虚'), ('螢', '蛍'), ('覺', '覚'), ('觀', '観'), ('譽', '誉'),
    ('讓', '譲'), ('豐', '豊'), ('賴', '頼'), ('贊', '賛'), ('轉', '転'), ('遙', '遥'), ('邉', '辺'), ('邊', '辺'),
    ('鄕', '郷'), ('醉', '酔'), ('釋', '釈'), ('鉃', '鉄'), ('錄', '録'), ('鍊', '錬'), ('鐵', '鉄'), ('閒', '間'),
    ('關', '関'), ('隱', '隠'), ('雙', '双'), ('靑', '青'), ('靜', '静'), ('頴', '穎'), ('顯', '顕'), ('餘', '余'),
    ('驗', '験'), ('驛', '駅'), ('髙', '高'), ('髮', '髪'), ('鷄', '鶏'), ('鷗', '鴎'), ('鹽', '塩'), ('麥', '麦'),
    ('黑', '黒'), ('點', '点'), ('齊', '斉'), ('齋', '斎'), ('齡', '齢'), ('龍', '竜'), ('龜', '亀'), ('﨑', '崎'),
    ('𠮷', '吉'), ('𡈽', '土'), ('𣘺', '橋'), ('𥔎', '崎'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn the_table_is_sorted_names_each_variant_once_and_ends_where_it_points() {
        assert!(VARIANTS.is_sorted_by(|a, b| a.0 < b.0));
        for (variant, form) in VARIANTS {
            assert_eq!(compared_as(*form), *form, "{variant} leads on");
            let folded: String = variant.nfkc().collect();
            assert_eq!(folded, variant.to_string(), "NFKC folds it before");
        }
    }
}
