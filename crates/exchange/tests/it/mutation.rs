//! Mutated samples against every parser of the crate: whatever the bytes, a parser answers or refuses and never panics.

use std::hash::{BuildHasher, RandomState};

use exchange::account_file;
use exchange::encoding::{Encoding, decode, windows_31j};
use exchange::file_name::{RequestName, request_of};
use exchange::rejected::Rejected;
use exchange::single_check::Request;

/// Mutations of each sample under each seed.
const ROUNDS: usize = 250;

/// What mutations put in: the words and bytes parsers stumble over.
const PIECES: [&[u8]; 16] = [
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
];

#[test]
fn no_mutation_makes_a_parser_panic() {
    let random = RandomState::new().hash_one(0);
    for seed in [1, 2, random] {
        println!("seed {seed}");
        let mut chance = Chance(seed);
        for (name, sample) in corpus() {
            for _ in 0..ROUNDS {
                let mutated = chance.mutate(&sample);
                parse_all(&mutated);
                let name = chance.mutate(name.as_bytes());
                let name = String::from_utf8_lossy(&name);
                if let Some(request) = RequestName::parse(&name) {
                    assert_eq!(request_of(&request.result()), Some(request), "{name}");
                }
            }
        }
    }
}

/// Every file of the samples, and one of accounts.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    assert!(10 < files.len(), "the samples are there");
    let accounts =
        "id,kind,display_name,designation,password\r\nuketsuke,general,受付,,Abcd-1234\r\n";
    files.push(("accounts.csv".into(), accounts.into()));
    files
}

fn parse_all(bytes: &[u8]) {
    let told = |rejected: &Rejected| {
        let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
        assert!((1..=lines).contains(&rejected.line), "{rejected}");
        let text = rejected.text();
        assert!(text.contains("理由 / reason") && text.contains("対処 / remedy"));
    };
    match Request::parse(bytes) {
        Ok(request) => drop(request.asked("1319999999")),
        Err(rejected) => told(&rejected),
    }
    if let Err(rejected) = decode(bytes) {
        told(&rejected);
    }
    if let Some(text) = windows_31j::decode(bytes) {
        let reduced = windows_31j::reduce(&text);
        assert!(windows_31j::encode(&reduced.text).is_ok());
    }
    for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
        let _ = account_file::read(bytes, encoding);
    }
}

/// SplitMix64 from a printed seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
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
