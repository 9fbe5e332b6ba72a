//! The vendors' pages say what the tables say: codes, messages, elements.

use std::collections::BTreeSet;

use exchange::error_code::{ErrorCode, table_markdown};
use exchange::message::Message;
use exchange::schema::fields;
use exchange::tables::{Form, Holds, Row};

const JAPANESE: &str = include_str!("../../../../docs/receipt-computers.md");
const ENGLISH: &str = include_str!("../../../../docs/receipt-computers.en.md");

/// How the tables are written anew.
const ANEW: &str = "cargo run -p exchange --example vendors_page -- docs/receipt-computers.md";

/// What stands between two comments of the Japanese page.
fn block(begin: &str, end: &str) -> &'static str {
    let after = JAPANESE.split_once(begin).expect(begin).1;
    let after = after.split_once("-->\n").unwrap().1;
    after.split_once(end).expect(end).0
}

#[test]
fn the_pages_codes_are_the_tables() {
    let page = block("<!-- error codes", "<!-- end of error codes");
    assert_eq!(page, table_markdown(), "{ANEW}");
    let known: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
    for page in [JAPANESE, ENGLISH] {
        let named = words(page).filter(|word| {
            word.len() == 5
                && word.starts_with("E0")
                && word[1..].bytes().all(|b| b.is_ascii_digit())
        });
        for code in named {
            assert!(known.contains(code), "{code} is no code of ours");
        }
    }
}

#[test]
fn the_pages_fields_are_the_tables() {
    let page = block("<!-- fields", "<!-- end of fields");
    assert_eq!(page, fields::markdown(), "{ANEW}");
}

#[test]
fn every_message_stands_on_both_pages_and_no_other() {
    for page in [JAPANESE, ENGLISH] {
        for message in Message::ALL {
            let request = format!("`{}req`", message.prefix());
            assert!(page.contains(&request), "{request}");
        }
        for word in words(page) {
            if let Some((prefix, _)) = word.split_once("req")
                && prefix.len() == 10
            {
                assert!(Message::from_prefix(prefix).is_some(), "{word}");
            }
        }
    }
}

#[test]
fn every_element_named_on_the_pages_is_in_a_table() {
    let mut known = BTreeSet::from(["XmlMsg", "MessageHeader", "MessageBody"]);
    for message in Message::ALL {
        elements(message.request_rows(), &mut known);
        elements(message.answer_rows(), &mut known);
    }
    for page in [JAPANESE, ENGLISH] {
        for quoted in page.split('`').skip(1).step_by(2) {
            let is_element = quoted.bytes().all(|b| b.is_ascii_alphanumeric())
                && quoted.starts_with(|c: char| c.is_ascii_uppercase())
                && quoted.contains(|c: char| c.is_ascii_lowercase())
                && !quoted.starts_with("OQS")
                && !quoted.contains(|c: char| c.is_ascii_digit());
            assert!(
                !is_element || known.contains(quoted) || ELSEWHERE.contains(&quoted),
                "{quoted} is in no table"
            );
        }
    }
}

/// Words in backticks that are written like elements and are none: names of headers.
const ELSEWHERE: [&str; 2] = ["Authorization", "Bearer"];

fn elements(rows: &'static [Row], known: &mut BTreeSet<&'static str>) {
    for row in rows {
        known.insert(row.element);
        if let Form::List(entry) = row.form {
            known.insert(entry);
        }
        match row.holds {
            Holds::Group(inside) | Holds::Groups(inside) => elements(inside, known),
            Holds::Value | Holds::Values => {}
        }
    }
}

fn words(page: &str) -> impl Iterator<Item = &str> {
    page.split(|c: char| !c.is_ascii_alphanumeric())
}
