//! Mutated samples against every reader of the crate, one target each: whatever the bytes, a reader answers or refuses with the place and
//! never panics, and what it answers can be written and read again. On the stable toolchain; a number of rounds, no time, bounds it.

use std::hash::{BuildHasher, RandomState};

use exchange::account_file;
use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::{Encoding, decode, windows_31j};
use exchange::file_name::{RequestName, named_only, request_of};
use exchange::message::Message;
use exchange::rejected::Rejected;
use exchange::request::Request;

/// What a target is given: the chance, and mutated bytes.
type Target = fn(&mut Chance, &[u8]);

/// Every reader.
const TARGETS: [(&str, Target); 7] = [
    ("request_xml", request_xml),
    ("request_image", request_image),
    ("answer_xml", answer_xml),
    ("answer_image", answer_image),
    ("file_name", file_name),
    ("encoding", encoding),
    ("account_file", account_lines),
];

/// Mutations of each sample under each seed.
const ROUNDS: usize = 30;

/// What mutations put in: the words and bytes parsers stumble over.
const PIECES: [&[u8]; 24] = [
    b"<",
    b">",
    b"&",
    b"&#x20BB7;",
    b"&#0;",
    b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>",
    b"</MessageBody>",
    b"\xEF\xBB\xBF",
    b"\x81",
    b"\xFD\xFF",
    b"\0",
    b"\",\r\n=",
    b"<ResultList/>",
    b"<InsurerNumber>",
    b"null,",
    b"[]",
    b"{}",
    b":7,",
    b"\\u0000",
    b"\\ud800",
];

#[test]
fn no_mutation_makes_a_reader_panic_or_lose_a_value() {
    let random = RandomState::new().hash_one(0);
    let corpus = corpus();
    for seed in [1, random] {
        println!("seed {seed}");
        for (_, target) in TARGETS {
            let mut chance = Chance(seed);
            for (name, sample) in &corpus {
                for _ in 0..ROUNDS {
                    let mutated = match chance.below(8) {
                        0 => chance.mutate(name.as_bytes()),
                        _ => chance.mutate(sample),
                    };
                    target(&mut chance, &mutated);
                }
            }
        }
    }
}

/// Every file of the samples and of the defects, and one of accounts.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["samples", "defects"] {
        let folder = format!("{}/tests/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            files.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    files.sort();
    assert!(100 < files.len(), "the samples are there");
    let accounts = "id,kind,display_name,profession,designation,designated_by,password\r\nuketsuke,general,受付,,,,Abcd-1234\r\n";
    files.push(("accounts.csv".into(), accounts.into()));
    files
}

/// A rejection has its place and tells what to do.
fn told(rejected: &Rejected, bytes: &[u8]) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    assert!((1..=lines).contains(&rejected.line), "{rejected}");
    let text = rejected.text();
    assert!(text.contains("理由 / reason") && text.contains("対処 / remedy"));
}

fn any_message(chance: &mut Chance) -> Message {
    Message::ALL[chance.below(Message::ALL.len())]
}

fn request_xml(chance: &mut Chance, bytes: &[u8]) {
    let message = any_message(chance);
    match Request::from_xml(message, bytes) {
        Ok((request, _)) => request_is_kept(message, &request),
        Err(rejected) => told(&rejected, bytes),
    }
}

fn request_image(chance: &mut Chance, bytes: &[u8]) {
    let message = any_message(chance);
    let Ok(image) = serde_json::from_slice(bytes) else {
        return;
    };
    match Request::from_json(message, &image) {
        Ok(request) => request_is_kept(message, &request),
        Err(rejected) => assert_eq!(rejected.line, 0),
    }
}

fn request_is_kept(message: Message, request: &Request) {
    assert!(Request::from_json(message, &request.to_json()).as_ref() == Ok(request));
    let bytes = request.to_xml(Encoding::Utf8).unwrap();
    assert!(Request::from_xml(message, &bytes).unwrap().0 == *request);
}

fn answer_xml(chance: &mut Chance, bytes: &[u8]) {
    let message = any_message(chance);
    match Answer::from_xml(message, bytes) {
        Ok((answer, _)) => answer_is_kept(message, &answer),
        Err(rejected) => told(&rejected, bytes),
    }
}

fn answer_image(chance: &mut Chance, bytes: &[u8]) {
    let message = any_message(chance);
    let Ok(image) = serde_json::from_slice(bytes) else {
        return;
    };
    match Answer::from_json(message, &image) {
        Ok(answer) => answer_is_kept(message, &answer),
        Err(rejected) => assert_eq!(rejected.line, 0),
    }
}

/// Written, read and written again it is the same; once written no empty list is left.
fn answer_is_kept(message: Message, answer: &Answer) {
    let image = answer.to_json();
    assert!(Answer::from_json(message, &image).unwrap().to_json() == image);
    let policy = Unrepresentable::Reduced;
    for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
        let written = answer.to_xml(encoding, policy).unwrap();
        let (again, _) = Answer::from_xml(message, &written.bytes).unwrap();
        assert!(again.to_xml(encoding, policy).unwrap().bytes == written.bytes);
    }
}

fn file_name(_: &mut Chance, bytes: &[u8]) {
    let name = String::from_utf8_lossy(bytes);
    let _ = named_only(&name);
    if let Some(request) = RequestName::parse(&name) {
        assert_eq!(request_of(&request.result()), Some(request), "{name}");
    }
}

fn encoding(_: &mut Chance, bytes: &[u8]) {
    if let Err(rejected) = decode(bytes) {
        told(&rejected, bytes);
    }
    if let Some(text) = windows_31j::decode(bytes) {
        let reduced = windows_31j::reduce(&text);
        assert!(windows_31j::encode(&reduced.text).is_ok());
    }
}

fn account_lines(_: &mut Chance, bytes: &[u8]) {
    for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
        let _ = account_file::read(bytes, encoding);
    }
}

/// SplitMix64 from a printed seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((it ^ (it >> 31)) >> 1).unwrap() % end.max(1)
    }

    /// Changes, cuts, doubles and inserts, one to four times.
    fn mutate(&mut self, sample: &[u8]) -> Vec<u8> {
        let mut bytes = sample.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(6) {
                0 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                1 => drop(bytes.drain(at..end)),
                2 => bytes.truncate(at),
                3 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                _ => {
                    let piece = PIECES[self.below(PIECES.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
        }
        bytes
    }
}
