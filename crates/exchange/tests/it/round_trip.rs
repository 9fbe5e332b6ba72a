//! Any message a table allows, made at random by the table itself: what is written is read back the same, in XML of both encodings
//! and as its image.

use exchange::answer::{Answer, CannotBeWritten, Unrepresentable};
use exchange::encoding::{Encoding, windows_31j};
use exchange::message::Message;
use exchange::request::Request;
use exchange::tables::{Form, Holds, Presence, Row};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::mutation::Chance;

/// Texts with everything that is hard: marks of XML, full and half width, blanks, rare characters, variation selectors.
const PIECES: [&str; 16] = [
    "１２３",
    " ",
    "　",
    "<",
    "&amp;",
    "&",
    "\"",
    "'",
    "ｼｶｸ",
    "髙﨑",
    "𠮷",
    "葛\u{E0100}",
    "〜",
    "A-9",
    "]]>",
    "é",
];

/// The image of a message, or of one of its groups.
fn group(chance: &mut Chance, rows: &[Row], depth: usize) -> Map<String, Value> {
    let mut members = Map::new();
    for row in rows {
        let is_frame = matches!(row.holds, Holds::Group(_)) && row.presence == Presence::Must;
        if !is_frame && chance.below(3) == 0 {
            continue;
        }
        let many = 1 + chance.below(3);
        let value = match (row.holds, row.form) {
            (Holds::Value, form) => json!(text(chance, form)),
            (Holds::Values, form) => {
                let values: Vec<_> = (0..many).map(|_| text(chance, form)).collect();
                json!(values)
            }
            (Holds::Group(rows), _) => Value::Object(filled(chance, rows, depth)),
            (Holds::Groups(rows), Form::List(entry)) => {
                let entries = (0..many).map(|_| json!({ entry: filled(chance, rows, depth) }));
                Value::Array(entries.collect())
            }
            (Holds::Groups(rows), _) => {
                let groups = (0..many).map(|_| Value::Object(filled(chance, rows, depth)));
                Value::Array(groups.collect())
            }
        };
        members.insert(row.element.to_owned(), value);
    }
    members
}

/// A group with one member at least.
fn filled(chance: &mut Chance, rows: &[Row], depth: usize) -> Map<String, Value> {
    loop {
        let members = group(chance, rows, depth + 1);
        if !members.is_empty() || depth == 0 {
            return members;
        }
    }
}

fn text(chance: &mut Chance, form: Form) -> String {
    match form {
        Form::Code(table) => {
            let (code, ..) = table.items[chance.below(table.items.len())];
            code.to_owned()
        }
        _ => (0..=chance.below(4))
            .map(|_| PIECES[chance.below(PIECES.len())])
            .collect(),
    }
}

/// `CharacterCodeIdentifier` is the writer's own, and a single check's text grows where something was replaced.
fn but_the_encoding(mut image: Value) -> Value {
    if let Some(header) = image["XmlMsg"]["MessageHeader"].as_object_mut() {
        header.remove("CharacterCodeIdentifier");
    }
    image
}

fn holds_all(image: &Value) -> bool {
    windows_31j::encode(&image.to_string()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_request_is_read_as_it_was_written(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        for message in Message::ALL {
            let image = json!({ "XmlMsg": group(&mut chance, message.request_rows(), 0) });
            let request = Request::from_json(message, &image).unwrap();
            prop_assert_eq!(request.to_json(), image.clone());
            for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
                match request.to_xml(encoding) {
                    Ok(bytes) => {
                        let (again, found) = Request::from_xml(message, &bytes).unwrap();
                        prop_assert!(again == request && found == encoding);
                    }
                    Err(CannotBeWritten::NotInShiftJis { .. }) => {
                        prop_assert!(encoding == Encoding::ShiftJis && !holds_all(&image));
                    }
                    Err(other) => return Err(TestCaseError::fail(other.to_string())),
                }
            }
        }
    }

    #[test]
    fn an_answer_is_read_as_it_was_written(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        for message in Message::ALL {
            let image = json!({ "XmlMsg": group(&mut chance, message.answer_rows(), 0) });
            let answer = Answer::from_json(message, &image).unwrap();
            prop_assert_eq!(answer.to_json(), image.clone());
            for encoding in [Encoding::Utf8, Encoding::ShiftJis] {
                match answer.to_xml(encoding, Unrepresentable::Refuse) {
                    Ok(written) => {
                        prop_assert_eq!(&written.sidecar, &None);
                        let (again, found) = Answer::from_xml(message, &written.bytes).unwrap();
                        prop_assert_eq!(but_the_encoding(again.to_json()), but_the_encoding(image.clone()));
                        prop_assert_eq!(found, encoding);
                    }
                    Err(CannotBeWritten::NotInShiftJis { .. }) => {
                        prop_assert!(encoding == Encoding::ShiftJis && !holds_all(&image));
                    }
                    Err(other) => return Err(TestCaseError::fail(other.to_string())),
                }
            }
        }
    }

    #[test]
    fn with_replacements_every_answer_is_written_and_nothing_is_lost(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        for message in Message::ALL {
            let image = json!({ "XmlMsg": group(&mut chance, message.answer_rows(), 0) });
            let answer = Answer::from_json(message, &image).unwrap();
            for policy in [Unrepresentable::Reduced, Unrepresentable::BlackCircle] {
                let written = answer.to_xml(Encoding::ShiftJis, policy).unwrap();
                let (again, found) = Answer::from_xml(message, &written.bytes).unwrap();
                prop_assert_eq!(found, written.encoding);
                prop_assert!(!written.bytes.windows(2).any(|it| it == b"&#"));
                let Some(sidecar) = written.sidecar else {
                    prop_assert_eq!(but_the_encoding(again.to_json()), but_the_encoding(image.clone()));
                    continue;
                };
                let sidecar: Value = serde_json::from_slice(&sidecar).unwrap();
                for replaced in sidecar["replaced"].as_array().unwrap() {
                    let original = replaced["original"].as_str().unwrap();
                    prop_assert!(windows_31j::encode(original).is_err());
                    prop_assert!(windows_31j::encode(replaced["written"].as_str().unwrap()).is_ok());
                }
            }
        }
    }
}
