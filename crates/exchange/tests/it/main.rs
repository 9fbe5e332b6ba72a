//! Requests as receipt computers write them, and files nobody should have written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking and print their seeds"
)]

mod answer;
mod face;
mod golden;
mod mutation;
mod vendors_page;

use exchange::encoding::Encoding;
use exchange::rejected::Reason;
use exchange::single_check::{Request, Unanswerable};

const UTF8: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230001.xml");
const SHIFT_JIS: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230002_sjis.xml");
const ABNORMAL: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230005_abnormal.xml");
const PADDED: &[u8] = include_bytes!("../samples/OQSsiquc01req_202611230007_koureijukyu.xml");

fn text() -> String {
    String::from_utf8(UTF8.to_vec()).unwrap()
}

fn check(file: &str, expected: Reason) {
    assert_eq!(
        Request::parse(file.as_bytes()).unwrap_err().reason,
        expected
    );
}

#[test]
fn both_encodings_say_the_same() {
    let utf8 = Request::parse(UTF8).unwrap();
    let shift_jis = Request::parse(SHIFT_JIS).unwrap();
    assert_eq!(
        (utf8.encoding, shift_jis.encoding),
        (Encoding::Utf8, Encoding::ShiftJis)
    );
    assert_eq!(utf8.info.symbol.as_deref(), Some("１２３"));
    assert_eq!(shift_jis.info.symbol, utf8.info.symbol);
}

#[test]
fn blanks_in_values_are_kept_and_blanks_in_tags_are_not() {
    let padded = Request::parse(PADDED).unwrap();
    assert_eq!(padded.info.insurer_number.as_deref(), Some("  139998"));
    let blank = text()
        .replace("<ArbitraryFileIdentifier>", "<ArbitraryFileIdentifier >")
        .replace('\n', "\r\n");
    assert_eq!(
        Request::parse(blank.as_bytes())
            .unwrap()
            .file_identifier
            .as_deref(),
        Some("202611230001")
    );
}

#[test]
fn an_empty_element_is_one_left_out() {
    let empty = text().replace(
        "<InsuredBranchNumber>01</InsuredBranchNumber>",
        "<InsuredBranchNumber/>",
    );
    assert_eq!(Request::parse(empty.as_bytes()).unwrap().info.branch, None);
    let empty = text().replace(">01<", "><");
    assert_eq!(Request::parse(empty.as_bytes()).unwrap().info.branch, None);
}

#[test]
fn what_is_missing_is_named_in_the_answer() {
    let unanswerable = Request::parse(ABNORMAL)
        .unwrap()
        .asked("1319999999")
        .unwrap_err();
    assert_eq!(
        unanswerable.message,
        "必須項目（保険者番号）が設定されていません。"
    );
    let wrong = |from: &str, to: &str| -> Unanswerable {
        Request::parse(text().replace(from, to).as_bytes())
            .unwrap()
            .asked("1319999999")
            .unwrap_err()
    };
    assert_eq!(wrong("19700102", "19700230").code, "E0002");
    assert_eq!(wrong(">1319999999<", ">1319999998<").code, "E0003");
    assert_eq!(wrong(">1</Limit", ">7</Limit").code, "E0004");
}

#[test]
fn files_nobody_should_have_written_are_rejected_with_the_place() {
    check(
        &text().replace("<XmlMsg>", "<!DOCTYPE x [<!ENTITY a \"b\">]><XmlMsg>"),
        Reason::Doctype,
    );
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]><XmlMsg>";
    check(&text().replace("<XmlMsg>", bomb), Reason::Doctype);
    check("no XML at all", Reason::Malformed);
    check("{\"XmlMsg\": {}}", Reason::Malformed);
    check("%PDF-1.7", Reason::Malformed);
    check("<XmlMsg></XmlMsg><XmlMsg></XmlMsg>", Reason::Malformed);
    check(&text().replace(">01<", ">&a;<"), Reason::Malformed);
    check(&text().replace("MessageBody", "Body"), Reason::MissingGroup);
    check(
        &text().replace("</MessageBody>", "</MessageHeader>"),
        Reason::Malformed,
    );
    check(
        &text().replace(">01<", &format!(">{}<", "1".repeat(300))),
        Reason::TooLong,
    );
    check(&format!("<XmlMsg>{}", "<a>".repeat(50)), Reason::TooDeep);
    check(&"x".repeat(2 << 20), Reason::TooLarge);
    check("<", Reason::Incomplete);
    check("", Reason::Empty);
    let rejected = Request::parse(text().replace(">01<", ">&a;<").as_bytes()).unwrap_err();
    assert_eq!(
        (rejected.line, rejected.element.as_deref()),
        (13, Some("InsuredBranchNumber"))
    );
    assert!(
        rejected.text().contains("13") && rejected.text().contains("XMLとして正しくありません")
    );
}

#[test]
fn a_file_cut_anywhere_is_incomplete_or_rejected_but_never_read() {
    let whole = UTF8.len() - "\n".len();
    for length in 0..whole {
        assert!(
            Request::parse(&UTF8[..length]).is_err(),
            "cut after {length} bytes"
        );
    }
}
