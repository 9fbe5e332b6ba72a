//! The golden files of `tests/samples`, kept by hand: each is read, and written again line by line. No test writes them. One request
//! among them lacks a value on purpose, for the sake of its answer: the schemas reject it, and it has no image.

use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::{Encoding, decode};
use exchange::medical_document;
use exchange::message::Message;
use exchange::request::Request;
use exchange::schema::{Way, json_schema, xsd};

/// A golden file.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) message: Message,
    pub(crate) is_request: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Every golden file, by name.
pub(crate) fn all() -> Vec<Golden> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut all: Vec<Golden> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "xml"))
        .filter(|path| !path.ends_with("OQSsiquc01req_202611230005_abnormal.xml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let (prefix, rest) = name.split_at(name.find("re").unwrap());
            Golden {
                message: Message::from_prefix(prefix).unwrap(),
                is_request: rest.starts_with("req"),
                bytes: std::fs::read(&path).unwrap(),
                name,
            }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Lines without their indent: some samples are indented otherwise.
fn lines(bytes: &[u8]) -> Vec<String> {
    let (text, _) = decode(bytes).unwrap();
    text.lines()
        .map(|line| line.trim_start_matches(' ').to_owned())
        .collect()
}

/// Reads a golden file and writes it.
fn again(golden: &Golden) -> (Vec<u8>, Encoding) {
    if golden.is_request {
        let (request, encoding) = Request::from_xml(golden.message, &golden.bytes).unwrap();
        assert_eq!(request.message(), golden.message);
        (request.to_xml(encoding).unwrap(), encoding)
    } else {
        let (answer, encoding) = Answer::from_xml(golden.message, &golden.bytes).unwrap();
        assert_eq!(answer.message(), golden.message);
        let written = answer.to_xml(encoding, Unrepresentable::Refuse).unwrap();
        assert_eq!(written.sidecar, None);
        (written.bytes, encoding)
    }
}

#[test]
fn every_golden_file_is_read_and_written_line_by_line() {
    for golden in all() {
        let (written, _) = again(&golden);
        assert_eq!(lines(&written), lines(&golden.bytes), "{}", golden.name);
    }
}

/// The JSON image beside a golden file.
fn image(golden: &Golden) -> serde_json::Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/");
    let name = golden.name.replace(".xml", ".json");
    let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_golden_file_and_its_image_say_the_same() {
    for golden in all() {
        let (image, name) = (image(&golden), &golden.name);
        if golden.is_request {
            let (request, encoding) = Request::from_xml(golden.message, &golden.bytes).unwrap();
            assert_eq!(request.to_json(), image, "{name}");
            let again = Request::from_json(golden.message, &image).unwrap();
            assert!(again == request, "{name}");
            assert_eq!(
                lines(&again.to_xml(encoding).unwrap()),
                lines(&golden.bytes)
            );
        } else {
            let (answer, encoding) = Answer::from_xml(golden.message, &golden.bytes).unwrap();
            assert_eq!(answer.to_json(), image, "{name}");
            let again = Answer::from_json(golden.message, &image).unwrap();
            assert!(again == answer, "{name}");
            let written = again.to_xml(encoding, Unrepresentable::Refuse).unwrap();
            assert_eq!(lines(&written.bytes), lines(&golden.bytes));
        }
    }
}

#[test]
fn every_message_has_a_golden_file_in_both_directions() {
    let all = all();
    for message in Message::ALL {
        for is_request in [true, false] {
            let has = all
                .iter()
                .any(|it| it.message == message && it.is_request == is_request);
            assert!(has, "{} {is_request}", message.prefix());
        }
    }
}

#[test]
fn the_schemas_in_the_docs_are_those_of_the_tables() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/");
    let mut expected = std::collections::BTreeSet::new();
    for way in Way::all() {
        let name = way.name();
        for (file, text) in [
            (format!("{name}.xsd"), xsd::schema(way)),
            (format!("{name}.schema.json"), json_schema::schema(way)),
        ] {
            let kept = std::fs::read_to_string(format!("{folder}{file}")).unwrap();
            assert!(
                kept == text,
                "{file}: cargo run -p exchange --example schemas -- docs/schemas"
            );
            expected.insert(file);
        }
    }
    let file = format!("{}.xsd", medical_document::ROOT);
    let kept = std::fs::read_to_string(format!("{folder}{file}")).unwrap();
    assert_eq!(kept, medical_document::schema(), "{file}");
    expected.insert(file);
    let kept = std::fs::read_dir(folder).unwrap();
    let kept: std::collections::BTreeSet<String> = kept
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".xsd") || name.ends_with(".json"))
        .collect();
    assert_eq!(kept, expected);
}
