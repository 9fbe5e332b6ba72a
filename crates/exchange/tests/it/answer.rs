//! Answers in Shift_JIS: the declaration, the character code and every character are what the receipt computer reads.

use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::coverage::CardClassification;
use domain::codes::person::Sex;
use domain::codes::ticket::{InfectiousDisease, Kind};
use domain::coverage::{Coverage, InsurerName};
use domain::institution_code::InstitutionCode;
use domain::insured::InsuredNumber;
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::{Ticket, TicketText, TreatmentMonth};
use domain::person::{Person, PersonId, PersonName};
use exchange::encoding::{Encoding, windows_31j};
use exchange::single_check::Request;
use exchange::single_check::answer::{Shown, write};

fn person(name: &str) -> Person {
    Person {
        id: PersonId::from_u128(1),
        name: PersonName::parse(name).unwrap(),
        name_of_other: None,
        kana: None,
        kana_of_other: None,
        sex: Sex::Female,
        shown_sex: None,
        birth_date: CivilDate::new(1970, 1, 2).unwrap(),
        address: None,
        postal_code: None,
    }
}

fn answer_of(coverage: &Coverage, encoding: Encoding) -> Vec<u8> {
    let request = Request::parse(crate::text().as_bytes()).unwrap();
    let shown = Shown {
        person: &person("見本　五郎"),
        coverage,
        reference_number: None,
    };
    let now = Instant::from_micros(0);
    write(&request, Verdict::Valid, &[shown], encoding, now)
}

fn answer(name: &str, identifier: &str, encoding: Encoding) -> Vec<u8> {
    let request = crate::text().replace(">202611230001<", &format!(">{identifier}<"));
    let request = Request::parse(request.as_bytes()).unwrap();
    let coverage = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse("06139992").unwrap(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse("４５６７").unwrap(),
    );
    let shown = Shown {
        person: &person(name),
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

#[test]
fn medical_aid_is_answered_in_elements_of_its_own_with_its_ticket_in_the_interfaces_order() {
    let facility = InstitutionCode::parse("1319999999").unwrap();
    let day = CivilDate::new(2026, 11, 23).unwrap();
    let mut ticket = Ticket::new(facility, TreatmentMonth::of(day));
    ticket.kind = Some(Kind::Treatment);
    ticket.issue_number = TicketText::parse("0000123").ok();
    ticket.illnesses = vec![TicketText::parse("𠮷の病").unwrap()];
    ticket.infectious_disease = Some(InfectiousDisease::DoesNotApply);
    ticket.remarks = vec![TicketText::parse("見本").unwrap()];
    let mut coverage = Coverage::new(
        CardClassification::MedicalAid,
        InsurerNumber::parse("12139995").unwrap(),
        InsurerName::parse("架空区福祉事務所").unwrap(),
        InsuredNumber::parse("1000004").unwrap(),
    );
    coverage.tickets.push(ticket);
    let text = String::from_utf8(answer_of(&coverage, Encoding::Utf8)).unwrap();
    let expected = [
        "<InsuredCardClassification>A1</",
        "<PublicExpenseNumber>12139995</",
        "<BeneficiaryNumber>1000004</",
        "<WelfareOfficeName>架空区福祉事務所</",
        "<PublicExpenseResultList>",
        "<MedicalTicketInfo>",
        "<TicketType>01</",
        "<IssueNumber>0000123</",
        "<MedicalTreatmentMonth>202611</",
        "<DesignatedMedicalInstitutionCode>1319999999</",
        "<InjuryName1>𠮷の病</",
        "<StatusOfInfecton>02</",
        "<Remarks1>見本</",
        "</MedicalTicketInfo>",
    ];
    let mut rest = text.as_str();
    for part in expected {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part} is not next: {text}"));
        rest = &rest[at + part.len()..];
    }
    assert!(!text.contains("<InsurerName>") && !text.contains("SpecificDiseases"));
    let shift_jis = windows_31j::decode(&answer_of(&coverage, Encoding::ShiftJis)).unwrap();
    assert!(
        shift_jis.contains("<InjuryName1Original>&#x20BB7;の病</"),
        "{shift_jis}"
    );
    assert!(shift_jis.contains("<ProcessingResultMessage>"));
}
