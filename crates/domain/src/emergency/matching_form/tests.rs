//! What is the same name and the same place, and what is not.

use super::*;
use proptest::prelude::*;

fn check_same(names: &[&str]) {
    let forms: Vec<_> = names.iter().map(|it| NameForm::of(it)).collect();
    assert!(
        forms.windows(2).all(|it| it.first() == it.last()),
        "{names:?} {forms:?}"
    );
}

fn check_apart(one: &str, other: &str) {
    assert_ne!(NameForm::of(one), NameForm::of(other), "{one} {other}");
}

#[test]
fn kana_of_any_width_size_and_script_are_one() {
    check_same(&[
        "しかく たろう",
        "シカク　タロウ",
        "ｼｶｸ ﾀﾛｳ",
        "シカクタロー",
        "ｼｶｸ ﾀﾛｰ",
    ]);
    check_same(&["きょうこ", "キヨウコ", "ｷｮｳｺ", "ｷﾖｳｺ", "キョーコ"]);
    check_same(&["ばんば", "ハ\u{3099}ンハ\u{3099}", "ﾊﾞﾝﾊﾞ"]);
    check_same(&["ヴァイオレット", "バイオレット", "ゔぁいおれっと"]);
    check_same(&["ヴ", "ブ"]);
    check_same(&["つづき", "ツズキ"]);
    check_same(&["佐々木", "佐佐木"]);
    check_same(&["スミス・ジョン", "ｽﾐｽ ｼﾞｮﾝ", "スミス ジョン"]);
    check_same(&["O'Neill", "ONEILL", "Ｏ’ｎｅｉｌｌ"]);
}

#[test]
fn variant_kanji_are_one_and_other_kanji_are_not() {
    check_same(&["髙﨑　邊", "高崎 辺", "髙崎邉"]);
    check_same(&["葛\u{E0100}飾", "葛飾", "葛\u{E0101}飾"]);
    check_same(&["渡邉\u{E0105}", "渡邊", "渡辺"]);
    // A compatibility ideograph that NFKC knows.
    check_same(&["\u{FA10}田", "塚田"]);
    check_apart("斎藤", "斉藤");
    check_apart("大坂", "大阪");
    check_apart("太田", "大田");
    check_apart("ハ", "バ");
}

#[test]
fn a_name_of_nothing_but_blanks_and_marks_is_none() {
    for nothing in ["", " ", "　", "\u{E0100}", "・", "ー", "-"] {
        assert_eq!(NameForm::of(nothing), None, "{nothing:?}");
    }
}

#[test]
fn house_numbers_are_read_in_every_way_they_are_written() {
    let same = [
        "東京都架空区見本町一丁目２番３号",
        "東京都架空区見本町1-2-3",
        "東京都架空区見本町１丁目２−３",
        "東京都 架空区 見本町 １丁目２番地の３",
    ];
    let forms: Vec<_> = same.iter().map(|it| AddressForm::of(it)).collect();
    assert!(
        forms.windows(2).all(|it| it.first() == it.last()),
        "{forms:?}"
    );
    assert_eq!(AddressForm::of("二十三番"), AddressForm::of("23番地"));
    // A number in the name of a place is none of a house.
    assert_ne!(AddressForm::of("三鷹市"), AddressForm::of("3鷹市"));
}

#[test]
fn an_address_says_enough_only_beyond_its_municipality_and_cuts_no_number() {
    let registered = AddressForm::of("東京都架空区見本町1-23").unwrap();
    let fit = |text: &str| AddressForm::of(text).unwrap().fit(&registered);
    assert_eq!(fit("架空区見本町1-23"), AddressFit::Confirms);
    assert_eq!(fit("架空区見本町"), AddressFit::Confirms);
    assert_eq!(
        fit("東京都架空区見本町1-23 見本荘101"),
        AddressFit::Confirms
    );
    for coarse in ["東京都", "東京都架空区", "区", "京"] {
        assert_eq!(fit(coarse), AddressFit::TooCoarse, "{coarse}");
    }
    assert_eq!(fit("架空区見本町1-2"), AddressFit::Contradicts);
    assert_eq!(fit("神奈川県架空区見本町1-23"), AddressFit::Contradicts);
}

#[test]
fn marks_that_only_a_separator_kept_apart_are_in_one_order() {
    for text in [
        "\u{c55}'\u{16ff0}",
        "\u{c55}-\u{16ff0}",
        "カ'\u{3099}",
        "ウ・\u{3099}",
    ] {
        let form = NameForm::of(text).unwrap();
        assert_eq!(NameForm::of(&form.0), Some(form), "{text:?}");
    }
    assert_eq!(NameForm::of("カ'\u{3099}"), NameForm::of("ガ"));
}

#[test]
fn the_form_of_every_character_is_its_own_form() {
    for c in '\0'..=char::MAX {
        // A mark behind it may join what was made of it.
        for text in [
            c.to_string(),
            format!("{c}\u{30c}"),
            format!("{c}'\u{3099}"),
        ] {
            if let Some(form) = NameForm::of(&text) {
                assert_eq!(NameForm::of(&form.0), Some(form), "{text:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_form_is_its_own_form(text in "\\PC{0,30}") {
        if let Some(form) = NameForm::of(&text) {
            prop_assert_eq!(NameForm::of(&form.0), Some(form.clone()));
        }
        if let Some(form) = AddressForm::of(&text) {
            prop_assert_eq!(form.fit(&form) != AddressFit::Contradicts, true);
        }
    }

    #[test]
    fn width_script_and_blanks_of_kana_never_matter(kana in "[ァ-ヶ]{1,12}") {
        let hiragana: String = kana
            .chars()
            .map(|c| char::from_u32(u32::from(c) - 0x60).unwrap())
            .collect();
        let spaced: String = kana.chars().flat_map(|c| [c, '　']).collect();
        let form = NameForm::of(&kana);
        prop_assert_eq!(NameForm::of(&hiragana), form.clone());
        prop_assert_eq!(NameForm::of(&spaced), form);
    }
}
