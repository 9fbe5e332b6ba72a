//! The reduced forms of characters Windows-31J does not hold: a small table of our own, read by a person row by row. Guesses nothing:
//! a character that is not here has no reduced form.
//!
//! Sources: the twelve marks whose two codes JIS X 0208 and Windows-31J map differently (Unicode's CP932.TXT against JIS0208.TXT);
//! the printing forms of JIS X 0213:2004 and their old counterparts (常用漢字表 of 2010); forms of family names that share reading and
//! meaning with the common one. Unihan was looked at and not taken: of the 9,543 ideographs with a Japanese source that
//! Windows-31J lacks, its kZVariant and kSemanticVariant name a counterpart for 579, and 𠮷 is not among them (decision 0003).

/// The reduced form of a character, if it has one.
pub(crate) fn of(c: char) -> Option<char> {
    let row = MARKS
        .iter()
        .chain(IDEOGRAPHS)
        .find(|(from, _)| *from == c)?;
    Some(row.1)
}

const MARKS: &[(char, char)] = &[
    ('〜', '～'),
    ('‖', '∥'),
    ('−', '－'),
    ('\u{00A5}', '￥'),
    ('‾', '￣'),
    ('\u{00A2}', '￠'),
    ('\u{00A3}', '￡'),
    ('\u{00AC}', '￢'),
    ('—', '―'),
    ('–', '‐'),
    ('\u{2011}', '‐'),
    ('\u{00B7}', '・'),
    ('\u{00A0}', '\u{0020}'),
    ('\u{3099}', '゛'),
    ('\u{309A}', '゜'),
    ('ㇰ', 'ク'),
    ('ㇱ', 'シ'),
    ('ㇲ', 'ス'),
    ('ㇳ', 'ト'),
    ('ㇴ', 'ヌ'),
    ('ㇵ', 'ハ'),
    ('ㇶ', 'ヒ'),
    ('ㇷ', 'フ'),
    ('ㇸ', 'ヘ'),
    ('ㇹ', 'ホ'),
    ('ㇺ', 'ム'),
    ('ㇻ', 'ラ'),
    ('ㇼ', 'リ'),
    ('ㇽ', 'ル'),
    ('ㇾ', 'レ'),
    ('ㇿ', 'ロ'),
];

const IDEOGRAPHS: &[(char, char)] = &[
    ('㐂', '喜'),
    ('㐧', '第'),
    ('㑹', '会'),
    ('㟢', '崎'),
    ('䑓', '台'),
    ('俠', '侠'),
    ('俱', '倶'),
    ('內', '内'),
    ('凞', '煕'),
    ('凢', '凡'),
    ('剝', '剥'),
    ('卽', '即'),
    ('吞', '呑'),
    ('吳', '呉'),
    ('啞', '唖'),
    ('噓', '嘘'),
    ('嚙', '噛'),
    ('囊', '嚢'),
    ('囯', '国'),
    ('圡', '土'),
    ('塡', '填'),
    ('姊', '姉'),
    ('姬', '姫'),
    ('姸', '妍'),
    ('屛', '屏'),
    ('屢', '屡'),
    ('巢', '巣'),
    ('幷', '并'),
    ('强', '強'),
    ('彥', '彦'),
    ('徵', '徴'),
    ('戶', '戸'),
    ('戾', '戻'),
    ('揭', '掲'),
    ('搔', '掻'),
    ('摑', '掴'),
    ('擊', '撃'),
    ('攢', '攅'),
    ('旣', '既'),
    ('晚', '晩'),
    ('曆', '暦'),
    ('权', '権'),
    ('栅', '柵'),
    ('桺', '柳'),
    ('槗', '橋'),
    ('槪', '概'),
    ('樑', '梁'),
    ('步', '歩'),
    ('歲', '歳'),
    ('歷', '歴'),
    ('每', '毎'),
    ('涉', '渉'),
    ('淚', '涙'),
    ('渴', '渇'),
    ('溫', '温'),
    ('潑', '溌'),
    ('瀆', '涜'),
    ('焰', '焔'),
    ('產', '産'),
    ('瘦', '痩'),
    ('禱', '祷'),
    ('稅', '税'),
    ('簞', '箪'),
    ('絕', '絶'),
    ('繡', '繍'),
    ('繫', '繋'),
    ('萊', '莱'),
    ('蔣', '蒋'),
    ('虛', '虚'),
    ('蟬', '蝉'),
    ('蠟', '蝋'),
    ('說', '説'),
    ('軀', '躯'),
    ('逺', '遠'),
    ('醬', '醤'),
    ('醱', '醗'),
    ('銳', '鋭'),
    ('錄', '録'),
    ('閱', '閲'),
    ('靎', '鶴'),
    ('頰', '頬'),
    ('顚', '顛'),
    ('驒', '騨'),
    ('鬭', '闘'),
    ('鷗', '鴎'),
    ('鹼', '鹸'),
    ('麴', '麹'),
    ('麵', '麺'),
    ('黃', '黄'),
    ('𠀋', '丈'),
    ('𠮟', '叱'),
    ('𠮷', '吉'),
    ('𡈽', '土'),
    ('𣘺', '橋'),
    ('𥔎', '碕'),
    ('𦚰', '脇'),
    ('𩵋', '魚'),
    ('𫝆', '今'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::windows_31j::encode;

    #[test]
    fn every_row_leads_from_outside_the_character_set_into_it() {
        let mut seen = std::collections::BTreeSet::new();
        for (from, to) in MARKS.iter().chain(IDEOGRAPHS) {
            assert!(encode(&from.to_string()).is_err(), "{from} needs no row");
            assert!(encode(&to.to_string()).is_ok(), "{to} is outside as well");
            assert!(seen.insert(from), "{from} stands twice");
        }
    }
}
