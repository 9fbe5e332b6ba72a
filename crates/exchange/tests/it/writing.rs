//! Answers written: the declaration, the character code, every character as the receipt computer reads it, and what is never written.

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
use exchange::answer::coverage::Shown;
use exchange::answer::{Answer, CannotBeWritten, Unrepresentable, Written};
use exchange::encoding::{Encoding, windows_31j};
use exchange::error_code::ErrorCode;
use exchange::message::Message;
use exchange::request::Request;

use crate::reading::{single, text};

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

fn answer_of(coverage: &Coverage, name: &str, request: &str) -> Answer {
    let shown = Shown {
        person: &person(name),
        coverage,
        reference_number: None,
    };
    let now = Instant::from_micros(0);
    Answer::checked(&single(request), Verdict::Valid, &[shown], now)
}

fn answer(name: &str, identifier: &str) -> Answer {
    let request = text().replace(">202611230001<", &format!(">{identifier}<"));
    let coverage = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse("06139992").unwrap(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse("４５６７").unwrap(),
    );
    answer_of(&coverage, name, &request)
}

fn in_shift_jis(name: &str, policy: Unrepresentable) -> (String, Written) {
    let written = answer(name, "1")
        .to_xml(Encoding::ShiftJis, policy)
        .unwrap();
    let text = windows_31j::decode(&written.bytes).unwrap();
    assert!(!text.contains("&#"));
    (text, written)
}

/// The originals a sidecar holds.
fn originals(written: &Written) -> Vec<String> {
    let sidecar: serde_json::Value =
        serde_json::from_slice(written.sidecar.as_deref().unwrap()).unwrap();
    let replaced = sidecar["replaced"].as_array().unwrap();
    let original = |it: &serde_json::Value| it["original"].as_str().unwrap().to_owned();
    replaced.iter().map(original).collect()
}

#[test]
fn the_declaration_and_the_character_code_say_shift_jis() {
    let (text, written) = in_shift_jis("髙﨑　德子", Unrepresentable::Refuse);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"Shift_JIS\" standalone=\"no\"?>\n"));
    assert!(text.contains("<CharacterCodeIdentifier>1</CharacterCodeIdentifier>"));
    assert!(text.contains("<Name>髙﨑　德子</Name>"));
    assert!(written.sidecar.is_none() && !text.contains("ProcessingResultMessage"));
}

#[test]
fn a_name_shift_jis_does_not_hold_stands_reduced_its_original_in_the_sidecar_and_is_told() {
    let (text, written) = in_shift_jis("𠮷田　葛\u{E0100}", Unrepresentable::Reduced);
    assert!(text.contains("<Name>吉田　葛</Name>"));
    assert!(text.contains("<ProcessingResultMessage>"));
    assert!(!text.contains('●') && !text.contains("Original"));
    assert_eq!(originals(&written), ["𠮷田　葛\u{E0100}"]);
}

#[test]
fn what_has_no_reduced_form_stands_as_a_black_circle() {
    let (text, written) = in_shift_jis("見本　𠀁子", Unrepresentable::Reduced);
    assert!(text.contains("<Name>見本　●子</Name>"));
    assert_eq!(originals(&written), ["見本　𠀁子"]);
}

#[test]
fn black_circles_stand_for_every_character_that_lacks_where_the_setting_says_so() {
    let (text, written) = in_shift_jis("𠮷田　葛\u{E0100}", Unrepresentable::BlackCircle);
    assert!(text.contains("<Name>●田　葛</Name>"));
    assert_eq!(originals(&written), ["𠮷田　葛\u{E0100}"]);
}

#[test]
fn where_the_setting_refuses_the_place_is_named_and_nothing_is_written() {
    let refused = answer("𠮷田　花", "1").to_xml(Encoding::ShiftJis, Unrepresentable::Refuse);
    let refused = refused.unwrap_err();
    let element =
        "/XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[1]/Name".to_owned();
    assert_eq!(
        refused,
        CannotBeWritten::NotInShiftJis { element, place: 1 }
    );
    let told = [refused.to_string(), refused.ja()].concat();
    assert!(!told.contains('𠮷'));
}

#[test]
fn utf_8_keeps_every_name_as_it_is() {
    let written = answer("𠮷田　葛\u{E0100}", "1").to_xml(Encoding::Utf8, Unrepresentable::Refuse);
    let text = String::from_utf8(written.unwrap().bytes).unwrap();
    assert!(text.contains("<Name>𠮷田　葛\u{E0100}</Name>"));
}

#[test]
fn an_identifier_is_never_changed_so_the_file_is_utf_8_where_shift_jis_does_not_hold_it() {
    let answer = answer("見本　花子", "𠮷&amp;〜");
    let written = answer
        .to_xml(Encoding::ShiftJis, Unrepresentable::Reduced)
        .unwrap();
    assert!(written.encoding == Encoding::Utf8 && written.sidecar.is_none());
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.contains("<CharacterCodeIdentifier>0</CharacterCodeIdentifier>"));
    let echoed = "<ArbitraryFileIdentifier>𠮷&amp;〜</ArbitraryFileIdentifier>\n";
    assert!(text.contains(echoed), "{text}");
    assert!(
        answer
            .to_xml(Encoding::ShiftJis, Unrepresentable::Refuse)
            .is_err()
    );
}

#[test]
fn no_answer_holds_an_empty_list_or_group_and_every_abnormal_one_says_status_2() {
    let why = ErrorCode::Unavailable.plain();
    for golden in crate::golden::all().into_iter().filter(|it| it.is_request) {
        let (request, encoding) = Request::from_xml(golden.message, &golden.bytes).unwrap();
        let answer = Answer::unanswerable(&request, &why, Instant::from_micros(0));
        assert_eq!(answer.message(), golden.message);
        let written = answer.to_xml(encoding, Unrepresentable::Reduced).unwrap();
        let (text, _) = exchange::encoding::decode(&written.bytes).unwrap();
        let is_information = matches!(golden.message, Message::Drugs | Message::Checkups);
        let expected: &[&str] = if is_information {
            &["<ResultCode>E0200</", "<MessageContents>"]
        } else {
            &[
                "<SegmentOfResult>9</",
                "<ErrorCode>E0200</",
                "<ProcessingResultStatus>2</",
            ]
        };
        for part in expected {
            assert!(text.contains(part), "{}: {part}", golden.name);
        }
        assert!(!text.contains("List"), "{text}");
        if let (Some(identifier), false) = (request.file_identifier(), is_information) {
            let line =
                format!("\n    <ArbitraryFileIdentifier>{identifier}</ArbitraryFileIdentifier>\n");
            assert!(text.contains(&line), "{}", golden.name);
        }
    }
}

#[test]
fn a_person_nobody_knows_is_answered_without_a_list() {
    let answer = Answer::checked(
        &single(&text()),
        Verdict::NotFound,
        &[],
        Instant::from_micros(0),
    );
    let written = answer
        .to_xml(Encoding::Utf8, Unrepresentable::Reduced)
        .unwrap();
    let text = String::from_utf8(written.bytes).unwrap();
    assert!(text.contains("<QualificationValidity>4</") && !text.contains("ResultList"));
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
    let answer = answer_of(&coverage, "見本　五郎", &text());
    let written = answer
        .to_xml(Encoding::Utf8, Unrepresentable::Refuse)
        .unwrap();
    let text = String::from_utf8(written.bytes).unwrap();
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
    let written = answer
        .to_xml(Encoding::ShiftJis, Unrepresentable::Reduced)
        .unwrap();
    let shift_jis = windows_31j::decode(&written.bytes).unwrap();
    assert!(shift_jis.contains("<InjuryName1>吉の病</"), "{shift_jis}");
    assert!(shift_jis.contains("<ProcessingResultMessage>"));
    assert_eq!(originals(&written), ["𠮷の病"]);
}
