//! Requests as receipt computers write them, and files nobody should have written.

use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::{Encoding, windows_31j};
use exchange::message::{MOST_BYTES, MOST_BYTES_IN_BULK, Message};
use exchange::rejected::{Reason, Rejected};
use exchange::request::Request;
use exchange::tables::single_check as table;
use serde_json::{Value, json};

const UTF8: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230001.xml");
const SHIFT_JIS: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230002_sjis.xml");
const PADDED: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230007_koureijukyu.xml");
const FACE: &str =
    include_str!("../samples/OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml");
const BULK: &str = include_str!("../samples/OQSmuquc01req_202611230020.xml");

pub(crate) fn text() -> String {
    String::from_utf8(UTF8.to_vec()).unwrap()
}

fn read(file: &[u8]) -> Result<(table::Request, Encoding), Rejected> {
    match Request::from_xml(Message::SingleCheck, file)? {
        (Request::SingleCheck(request), encoding) => Ok((request, encoding)),
        (other, _) => panic!("{other:?} is no single check"),
    }
}

pub(crate) fn single(file: &str) -> table::Request {
    read(file.as_bytes()).unwrap().0
}

fn check(file: &str, expected: Reason) {
    assert_eq!(
        read(file.as_bytes()).unwrap_err().reason,
        expected,
        "{file:.200}"
    );
}

fn check_image(image: &Value, expected: Reason) {
    let rejected = Request::from_json(Message::SingleCheck, image).unwrap_err();
    assert_eq!((rejected.line, rejected.reason), (0, expected), "{image}");
}

#[test]
fn both_encodings_say_the_same() {
    let (utf8, first) = read(UTF8).unwrap();
    let (shift_jis, second) = read(SHIFT_JIS).unwrap();
    assert_eq!((first, second), (Encoding::Utf8, Encoding::ShiftJis));
    let symbol = utf8.body.search_info.symbol.as_deref();
    assert_eq!(symbol, Some("１２３"));
    assert_eq!(shift_jis.body.search_info.symbol.as_deref(), symbol);
}

#[test]
fn elements_in_any_order_unknown_ones_byte_order_marks_and_line_ends_make_no_difference() {
    let expected = single(&text());
    let (header, body) = (
        text().find("  <MessageHeader>").unwrap(),
        text().find("  <MessageBody>").unwrap(),
    );
    let end = text().find("</XmlMsg>").unwrap();
    let turned = [
        &text()[..header],
        &text()[body..end],
        &text()[header..body],
        &text()[end..],
    ]
    .concat();
    assert!(single(&turned) == expected);
    let first = "      <InsurerNumber>06139992</InsurerNumber>\n";
    let last = text()
        .replace(first, "")
        .replace("    </Qual", &format!("{first}    </Qual"));
    assert!(single(&last) == expected);
    let unknown = text().replace(first, &format!("<New><Inner>x</Inner></New>{first}<New/>"));
    assert!(single(&unknown) == expected);
    assert!(single(&format!("\u{FEFF}{}", text())) == expected);
    assert!(single(&text().replace('\n', "\r\n")) == expected);
    assert!(single(&text().replace('\n', "").replace("  ", "")) == expected);
    assert!(
        single(
            &text()
                .replace("<Birthdate>", "<Birthdate\t>")
                .replace("</Birthdate>", "</Birthdate >")
        ) == expected
    );
    assert!(single(&text().replace(">１２３<", "><![CDATA[１２３]]><")) == expected);
    assert!(single(&text().replace(">１２３<", "><!-- a note -->１２３<")) == expected);
    assert!(single(&text().replace(">１２３<", ">&#xFF11;２３<")) == expected);
    assert!(single(&text().replace("<XmlMsg>", "<XmlMsg a=\"b\">")) == expected);
}

#[test]
fn blanks_in_values_are_kept_and_blanks_in_tags_are_not() {
    let (padded, _) = read(PADDED).unwrap();
    let insurer = padded.body.search_info.insurer_number.as_deref();
    assert_eq!(insurer, Some("  139998"));
    let blank = text()
        .replace("<ArbitraryFileIdentifier>", "<ArbitraryFileIdentifier >")
        .replace('\n', "\r\n");
    let identifier = single(&blank).header.file_identifier;
    assert_eq!(identifier.as_deref(), Some("202611230001"));
}

#[test]
fn a_value_on_lines_of_its_own_stands_without_them_and_is_echoed_on_one_line() {
    let spread = text().replace(">202611230001<", ">\r\n      202611230001\r\n    <");
    let request = single(&spread);
    assert_eq!(
        request.header.file_identifier.as_deref(),
        Some("202611230001")
    );
    check(&text().replace("PT000123", "PT000\n123"), Reason::LineBreak);
}

#[test]
fn an_empty_element_is_one_left_out() {
    for empty in [
        text().replace(
            "<InsuredBranchNumber>01</InsuredBranchNumber>",
            "<InsuredBranchNumber/>",
        ),
        text().replace(">01<", "><"),
        text().replace(">01<", ">\n      <"),
    ] {
        assert_eq!(single(&empty).body.search_info.branch, None);
    }
    let nothing = text();
    let start = nothing.find("      <InsurerNumber>").unwrap();
    let end = nothing
        .find("    </QualificationConfirmSearchInfo>")
        .unwrap();
    let nothing = [&nothing[..start], &nothing[end..]].concat();
    let request = single(&nothing);
    assert!(request.body.search_info == table::SearchInfo::default());
    // Readable at the gateway, so it is readable at the center: what lacks is said in the answer.
    let image = Request::SingleCheck(request).to_json();
    assert!(Request::from_json(Message::SingleCheck, &image).is_ok());
}

#[test]
fn specified_diseases_are_read_in_their_list_and_without_it() {
    let diseases = |file: &str| match Answer::from_xml(Message::SingleCheck, file.as_bytes()) {
        Ok((Answer::SingleCheck(answer), _)) => answer.body.coverages[0].diseases.clone(),
        other => panic!("{other:?}"),
    };
    let wrapped = diseases(FACE);
    assert_eq!(wrapped.len(), 1);
    let (open, close) = (
        "<SpecificDiseasesCertificateList>",
        "</SpecificDiseasesCertificateList>",
    );
    assert!(diseases(&FACE.replace(open, "").replace(close, "")) == wrapped);
    let (inner, done) = (
        "<SpecificDiseasesCertificateInfo>",
        "</SpecificDiseasesCertificateInfo>",
    );
    assert!(diseases(&FACE.replace(inner, "").replace(done, "")) == wrapped);
}

#[test]
fn an_image_may_hold_a_list_in_every_known_way() {
    let entry = json!({ "SpecificDiseasesDiseaseCategory": "1" });
    let item = "SpecificDiseasesCertificateInfo";
    let list = "SpecificDiseasesCertificateList";
    for member in [
        json!({ list: [{ item: entry }] }),
        json!({ list: [entry] }),
        json!({ list: { item: entry } }),
        json!({ list: { item: [entry] } }),
        json!({ list: entry }),
        json!({ item: [entry] }),
        json!({ item: entry }),
    ] {
        let image = json!({ "XmlMsg": { "MessageHeader": {}, "MessageBody": {
            "ResultList": { "ResultOfQualificationConfirmation": member }
        }}});
        let Ok(Answer::SingleCheck(answer)) = Answer::from_json(Message::SingleCheck, &image)
        else {
            panic!("{image}");
        };
        let diseases = &answer.body.coverages[0].diseases;
        assert_eq!(diseases.len(), 1, "{image}");
        assert_eq!(diseases[0].disease.as_deref(), Some("1"));
    }
    let lone = json!({ "XmlMsg": { "MessageHeader": {}, "MessageBody": {
        "QualificationConfirmSearchInfo": { "InsurerNumber": "06139992" }
    }}});
    let Ok(Request::BulkCheck(request)) = Request::from_json(Message::BulkCheck, &lone) else {
        panic!("a lone line is one line");
    };
    assert_eq!(request.body.search_infos.len(), 1);
}

#[test]
fn the_form_of_prescription_is_read_at_both_places() {
    let moved = FACE
        .replace(
            "    <PrescriptionIssueSelect>1</PrescriptionIssueSelect>\n",
            "",
        )
        .replace(
            "        <ReferenceNumber>",
            "        <PrescriptionIssueSelect>1</PrescriptionIssueSelect>\n<ReferenceNumber>",
        );
    for file in [FACE, &moved] {
        let read = Answer::from_xml(Message::SingleCheck, file.as_bytes())
            .unwrap()
            .0;
        let Answer::SingleCheck(answer) = read else {
            panic!("a single check");
        };
        assert_eq!(answer.prescription(), Some("1"));
    }
}

#[test]
fn files_nobody_should_have_written_are_rejected() {
    let doctype = "<!DOCTYPE x [<!ENTITY a \"b\">]><XmlMsg>";
    check(&text().replace("<XmlMsg>", doctype), Reason::Doctype);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]><XmlMsg>";
    check(&text().replace("<XmlMsg>", bomb), Reason::Doctype);
    check("no XML at all", Reason::Malformed);
    check("{\"XmlMsg\": {}}", Reason::Malformed);
    check("%PDF-1.7", Reason::Malformed);
    check("<XmlMsg></XmlMsg><XmlMsg></XmlMsg>", Reason::Malformed);
    check("<XmlMsg/><XmlMsg/>", Reason::Malformed);
    check(&format!("{}rubbish", text()), Reason::Malformed);
    check(&text().replace(">01<", ">&a;<"), Reason::Malformed);
    check(
        &text().replace("</MessageBody>", "</MessageHeader>"),
        Reason::Malformed,
    );
    check(&text().replace("MessageBody", "Body"), Reason::MissingGroup);
    check("<XmlMsg/>", Reason::MissingGroup);
    check(&text().replace("XmlMsg", "Message"), Reason::WrongRoot);
    check("<html><body/></html>", Reason::WrongRoot);
    check("<html/>", Reason::WrongRoot);
    check(
        &text().replace(">01<", &format!(">{}<", "1".repeat(300))),
        Reason::TooLong,
    );
    check(&format!("<XmlMsg>{}", "<a>".repeat(50)), Reason::TooDeep);
    check(&"x".repeat(MOST_BYTES + 1), Reason::TooLarge);
    let many = "<a/>".repeat(1_000_001);
    let many = format!("<XmlMsg>{many}</XmlMsg>");
    let rejected = Request::from_xml(Message::BulkCheck, many.as_bytes()).unwrap_err();
    assert_eq!(rejected.reason, Reason::TooManyElements);
    check("<", Reason::Incomplete);
    check("", Reason::Empty);
    check(
        &text().replace(">01<", ">01</InsuredBranchNumber><InsuredBranchNumber>02<"),
        Reason::Repeated,
    );
    check(&text().replace(">01<", "><b>01</b><"), Reason::NotText);
    check(
        &text().replace("<MessageBody>", "<MessageBody>text"),
        Reason::StrayText,
    );
    check(
        &text().replace(">01<", ">0\u{1}<"),
        Reason::ControlCharacter,
    );
    check(&text().replace(">01<", ">&#x1;<"), Reason::ControlCharacter);
    for rubbish in [
        &b"\x00\x01\x02\x03"[..],
        b"\xFF\xFE<\0X\0",
        b"\x1F\x8B\x08\x00",
        b"PK\x03\x04\x14\x00",
    ] {
        assert!(read(rubbish).is_err(), "{rubbish:?}");
    }
}

#[test]
fn a_file_that_is_still_being_written_may_be_right_later() {
    let with_a_reference = text().replace(">01<", ">&#x30;1<").into_bytes();
    for whole in [UTF8, SHIFT_JIS, &with_a_reference] {
        for cut in 0..whole.len() {
            let growing = &whole[..cut];
            let mut sized = growing.to_vec();
            sized.resize(whole.len(), 0);
            for written in [growing, &sized] {
                if let Err(rejected) = read(written) {
                    assert!(rejected.reason.may_pass(), "{cut}: {rejected}");
                }
            }
        }
    }
}

#[test]
fn the_body_of_another_message_is_rejected() {
    let registration = include_bytes!("../samples/OQSsiimm01req_202611230010.xml");
    for (message, file) in [
        (Message::SingleCheck, &registration[..]),
        (Message::HomeVisitList, registration),
        (Message::ReferenceNumber, UTF8),
    ] {
        let rejected = Request::from_xml(message, file).unwrap_err();
        assert_eq!(
            rejected.reason,
            Reason::MissingGroup,
            "{}",
            message.prefix()
        );
    }
}

#[test]
fn a_rejection_says_line_element_reason_and_remedy_in_both_languages() {
    let rejected = read(text().replace(">01<", ">&a;<").as_bytes()).unwrap_err();
    let place = (rejected.line, rejected.element.as_deref());
    assert_eq!(place, (13, Some("InsuredBranchNumber")));
    let told = rejected.text();
    for part in [
        "13",
        "InsuredBranchNumber",
        "XMLとして正しくありません",
        "not well-formed XML",
        "ベンダー",
        "vendor",
    ] {
        assert!(told.contains(part), "{part}");
    }
    let wrong = windows_31j::encode(&text().replace("UTF-8", "Shift_JIS")).unwrap();
    assert_eq!(read(&wrong).unwrap().1, Encoding::ShiftJis);
    let wrong = [&UTF8[..500], b"\xFF", &UTF8[500..]].concat();
    assert_eq!(read(&wrong).unwrap_err().reason, Reason::WrongEncoding);
}

#[test]
fn a_rejection_tells_no_name_that_is_written_like_no_element() {
    for root in ["山田太郎", "x-1970-01-02", &"a".repeat(65)] {
        let rejected = read(format!("<{root}><a/></{root}>").as_bytes()).unwrap_err();
        assert_eq!(
            (rejected.element.clone(), rejected.reason),
            (None, Reason::WrongRoot)
        );
        assert!(!rejected.text().contains(root) && !format!("{rejected:?}").contains(root));
    }
}

#[test]
fn images_nobody_should_have_sent_are_rejected_with_their_element() {
    let info = |info: Value| json!({ "XmlMsg": { "MessageHeader": {}, "MessageBody": { "QualificationConfirmSearchInfo": info } } });
    check_image(&json!({}), Reason::WrongRoot);
    check_image(&json!([1, 2]), Reason::WrongRoot);
    check_image(&json!("XmlMsg"), Reason::WrongRoot);
    check_image(&json!({ "XmlMsg": {} }), Reason::MissingGroup);
    check_image(
        &json!({ "XmlMsg": { "MessageHeader": [] , "MessageBody": {} } }),
        Reason::NotAGroup,
    );
    check_image(&info(json!(7)), Reason::NotAGroup);
    check_image(&info(json!("text")), Reason::StrayText);
    check_image(
        &info(json!({ "InsurerNumber": 6_139_992 })),
        Reason::NotText,
    );
    check_image(
        &info(json!({ "InsurerNumber": ["06139992"] })),
        Reason::NotText,
    );
    check_image(
        &info(json!({ "InsurerNumber": "0\u{0}" })),
        Reason::ControlCharacter,
    );
    check_image(
        &info(json!({ "ArbitraryIdentifier": "a\nb" })),
        Reason::LineBreak,
    );
    check_image(
        &info(json!({ "ArbitraryIdentifier": "a".repeat(201) })),
        Reason::TooLong,
    );
    let lines = info(json!(vec![json!({}); 100_001]));
    let rejected = Request::from_json(Message::BulkCheck, &lines).unwrap_err();
    assert_eq!(rejected.reason, Reason::TooManyElements);
    for absent in [json!(null), json!("")] {
        let image = info(json!({ "InsurerNumber": absent, "Unknown": { "x": [1] } }));
        assert!(Request::from_json(Message::SingleCheck, &image).is_ok());
    }
}

#[test]
fn an_image_is_weighed_by_its_text_alone() {
    let bounded = |image: &str| Request::within_bounds(image.as_bytes()).map_err(|it| it.reason);
    let list = |entry: &str, many: usize| format!("{{\"XmlMsg\":[{}", entry.repeat(many));
    let beyond = Err(Reason::TooManyElements);
    assert_eq!(bounded(&list("{\"\":0},", 300_000)), beyond);
    assert_eq!(bounded(&list("[", 300_000)), beyond);
    assert_eq!(bounded(&list("0,", 1_000_001)), beyond);
    assert_eq!(bounded(&list("{\"\":0},", 200_000)), Ok(()));
    // What stands within a text is no group and no value.
    let text = "{[,\\\"".repeat(300_000);
    assert_eq!(bounded(&format!("{{\"XmlMsg\":\"{text}\"}}")), Ok(()));
    // A backslash that is written twice escapes no quotation mark.
    assert_eq!(bounded(&list("\"\\\\\",", 1_000_001)), beyond);
    // A request of the most lines with every value is far below.
    let Ok((request, _)) = Request::from_xml(Message::BulkCheck, BULK.as_bytes()) else {
        panic!("it is read");
    };
    let Request::BulkCheck(mut request) = request else {
        panic!("a bulk check");
    };
    let line = request.body.search_infos[0].clone();
    request.body.search_infos = vec![line; 10_000];
    let image = Request::BulkCheck(request).to_json().to_string();
    assert_eq!(bounded(&image), Ok(()));
}

#[test]
fn a_file_cut_anywhere_is_incomplete_or_rejected_but_never_read() {
    let whole = UTF8.len() - "\n".len();
    for length in 0..whole {
        assert!(read(&UTF8[..length]).is_err(), "cut after {length} bytes");
    }
}

/// Ten thousand lines, read and written: what costs the square of the lines would not end in this test's patience.
#[test]
fn a_bulk_file_of_ten_thousand_lines_is_read_and_one_beyond_the_cap_is_not() {
    let start = BULK.find("    <QualificationConfirmSearchInfo>").unwrap();
    let end = BULK.find("  </MessageBody>").unwrap();
    let lines = BULK[start..end].repeat(5_000);
    let file = [&BULK[..start], &lines, &BULK[end..]].concat();
    let Ok((Request::BulkCheck(request), _)) =
        Request::from_xml(Message::BulkCheck, file.as_bytes())
    else {
        panic!("it is read");
    };
    assert_eq!(request.body.search_infos.len(), 10_000);
    let request = Request::BulkCheck(request);
    let again = Request::from_json(Message::BulkCheck, &request.to_json()).unwrap();
    assert!(again == request);
    let bytes = again.to_xml(Encoding::ShiftJis).unwrap();
    assert!(Request::from_xml(Message::BulkCheck, &bytes).unwrap().0 == request);
    let beyond = " ".repeat(MOST_BYTES_IN_BULK + 1);
    let rejected = Request::from_xml(Message::BulkCheck, beyond.as_bytes()).unwrap_err();
    assert_eq!(rejected.reason, Reason::TooLarge);
}

#[test]
fn ten_thousand_lines_of_the_longest_values_fit_under_the_cap() {
    let longest = |many| Some("字".repeat(many));
    let line = exchange::tables::bulk_check::SearchInfo {
        insurer_number: Some("06139992".into()),
        symbol: longest(20),
        number: longest(20),
        branch: Some("01".into()),
        birth_date: Some("19700102".into()),
        ceiling_on_file: Some(exchange::tables::bulk_check::CeilingOnFile {
            kind: Some("01".into()),
            category: Some("A03".into()),
        }),
        identifier: longest(200),
    };
    let mut request = exchange::tables::bulk_check::Request::default();
    request.body.search_infos = vec![line; 10_000];
    let bytes = Request::BulkCheck(request).to_xml(Encoding::Utf8).unwrap();
    assert!(bytes.len() < MOST_BYTES_IN_BULK, "{}", bytes.len());
    assert!(Request::from_xml(Message::BulkCheck, &bytes).is_ok());
}

#[test]
fn values_come_back_exactly_as_they_went() {
    for value in [
        "４５６７",
        "12-34",
        "4260",
        "  139998",
        "記号　１",
        "ｱ12",
        "1 2",
        "<&>\"'",
    ] {
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
        let file = text()
            .replace(">４５６７<", &format!(">{escaped}<"))
            .replace(">PT000123<", &format!(">{escaped}<"));
        let request = single(&file);
        assert_eq!(request.body.search_info.number.as_deref(), Some(value));
        let answer = Answer::unanswerable(
            &Request::SingleCheck(request.clone()),
            &exchange::error_code::ErrorCode::Unavailable.plain(),
            domain::civil_date::Instant::from_micros(0),
        );
        answer
            .to_xml(Encoding::Utf8, Unrepresentable::Refuse)
            .unwrap();
        for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
            let bytes = Request::SingleCheck(request.clone())
                .to_xml(encoding)
                .unwrap();
            assert!(read(&bytes).unwrap().0 == request, "{value}");
        }
    }
}
