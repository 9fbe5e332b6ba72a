//! Answers in Shift_JIS: the declaration, the character code and every character are what the receipt computer reads.

use domain::check::Verdict;
use domain::civil_date::Instant;
use domain::codes::coverage::CardClassification;
use domain::codes::person::Sex;
use domain::coverage::{Coverage, InsurerName};
use domain::insured::InsuredNumber;
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId, PersonName};
use exchange::encoding::{Encoding, windows_31j};
use exchange::single_check::Request;
use exchange::single_check::answer::{Shown, write};

fn answer(name: &str, identifier: &str, encoding: Encoding) -> Vec<u8> {
    let request = crate::text().replace(">202611230001<", &format!(">{identifier}<"));
    let request = Request::parse(request.as_bytes()).unwrap();
    let person = Person {
        id: PersonId::from_u128(1),
        name: PersonName::parse(name).unwrap(),
        name_of_other: None,
        kana: None,
        kana_of_other: None,
        sex: Sex::Female,
        shown_sex: None,
        birth_date: domain::civil_date::CivilDate::new(1970, 1, 2).unwrap(),
        address: None,
        postal_code: None,
    };
    let coverage = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse("06139992").unwrap(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse("４５６７").unwrap(),
    );
    let shown = Shown {
        person: &person,
        coverage: &coverage,
        reference_number: None,
    };
    let now = Instant::from_micros(0);
    write(&request, Verdict::Valid, &[shown], encoding, now)
}

fn in_shift_jis(name: &str, identifier: &str) -> String {
    windows_31j::decode(&answer(name, identifier, Encoding::ShiftJis)).unwrap()
}

#[test]
fn the_declaration_and_the_character_code_say_shift_jis() {
    let text = in_shift_jis("髙﨑　德子", "1");
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\n"));
    assert!(text.contains("<CharacterCodeIdentifier>1</CharacterCodeIdentifier>"));
    assert!(text.contains("<Name>髙﨑　德子</Name>"));
    assert!(!text.contains("Original") && !text.contains("ProcessingResultMessage"));
}

#[test]
fn a_name_shift_jis_does_not_hold_stands_reduced_beside_its_original_and_is_told() {
    let text = in_shift_jis("𠮷田　葛\u{E0100}", "1");
    assert!(text.contains("<Name>吉田　葛</Name>"));
    assert!(text.contains("<NameOriginal>&#x20BB7;田　葛&#xE0100;</NameOriginal>"));
    assert!(text.contains("<ProcessingResultMessage>"));
    assert!(!text.contains('●') && !text.contains('?'.to_string().repeat(2).as_str()));
}

#[test]
fn utf_8_keeps_every_name_as_it_is() {
    let text = String::from_utf8(answer("𠮷田　葛\u{E0100}", "1", Encoding::Utf8)).unwrap();
    assert!(text.contains("<Name>𠮷田　葛\u{E0100}</Name>") && !text.contains("Original"));
}

#[test]
fn what_the_client_sent_comes_back_whole_even_where_shift_jis_does_not_hold_it() {
    let text = in_shift_jis("見本　花子", "𠮷&amp;〜");
    let echoed = "<ArbitraryFileIdentifier>&#x20BB7;&amp;&#x301C;</ArbitraryFileIdentifier>";
    assert!(text.contains(echoed), "{text}");
}
