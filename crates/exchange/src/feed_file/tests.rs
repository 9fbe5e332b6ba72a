//! Files of feeds as senders write them, well and badly.

use domain::feed::statement::Record;
use domain::insured::{InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_information::checkup::Value;

use super::*;
use crate::encoding::windows_31j;
use crate::feed_file::lines::MOST_LINE_BYTES;
use crate::feed_file::writing::Insured;

fn today() -> CivilDate {
    CivilDate::new(2026, 11, 26).unwrap()
}

fn file(kind: FeedKind, lines: &[&str]) -> Vec<u8> {
    let mut file = writing::header(kind, Encoding::Utf8).unwrap();
    for line in lines {
        file.extend_from_slice(line.as_bytes());
        file.extend_from_slice(b"\r\n");
    }
    file
}

fn read(kind: FeedKind, bytes: &[u8]) -> Vec<Line<Parsed>> {
    let mut file = FeedFile::new(kind, None, today());
    let mut lines = file.take(bytes).unwrap();
    lines.extend(file.end().unwrap());
    lines
}

/// What is wrong with a line: column and reason.
fn wrong(line: &Line<Parsed>) -> Vec<(&'static str, &'static str)> {
    let wrong = line.outcome.as_ref().unwrap_err();
    let named = |it: &Wrong| (it.column.map_or("", |it| it.name), it.reason.as_str());
    wrong.iter().map(named).collect()
}

const DRUG: &str = "06139992,１２３,４５６７,01,1970-01-02,R1,1,2026-10,1319999999,架空診療所,1349999999,架空薬局,,2,2026-10-05,\
                    2026-10-05,699900001,架空錠アルファ５ｍｇ,架空成分甲,,1,錠,１日１回朝食後,,28";

#[test]
fn a_line_reads_alike_in_both_encodings_and_in_pieces_of_any_size() {
    let utf8 = file(FeedKind::Drugs, &[DRUG]);
    let whole = read(FeedKind::Drugs, &utf8);
    let expected = whole[0].outcome.as_ref().unwrap().clone();
    let Record::Month(month) = &expected.line.record else {
        panic!("a month");
    };
    assert_eq!(month.month.to_iso(), "2026-10");
    assert_eq!(month.days[0].drugs[0].times, Some(28));
    let text = String::from_utf8(utf8.clone()).unwrap();
    let cp932 = windows_31j::encode(&text).unwrap();
    let marked = format!("\u{FEFF}{text}").into_bytes();
    for bytes in [&utf8, &cp932, &marked] {
        for size in [1, 7, 4096] {
            let mut file = FeedFile::new(FeedKind::Drugs, None, today());
            let mut lines = Vec::new();
            for piece in bytes.chunks(size) {
                lines.extend(file.take(piece).unwrap());
            }
            lines.extend(file.end().unwrap());
            assert_eq!(lines.len(), 1);
            assert_eq!(lines[0].outcome.as_ref().unwrap(), &expected);
            assert_eq!(lines[0].number, 2);
        }
    }
}

#[test]
fn every_wrong_cell_of_a_line_is_named() {
    let bad = "0613999X,,４５６７,001,1970-13-02,R/1,0,2026-10,131999999,,1349999999,,,2,2027-10-05,,69990001,,,,one,錠,,,many";
    let lines = read(FeedKind::Drugs, &file(FeedKind::Drugs, &[bad, DRUG]));
    let expected = [
        ("insurer_number", "form"),
        ("branch", "form"),
        ("birth_date", "form"),
        ("statement", "form"),
        ("line", "form"),
        ("dispensed", "in_future"),
        ("dispensed", "other_month"),
        ("prescriber_code", "form"),
        ("drug_code", "form"),
        ("drug_name", "missing"),
        ("quantity", "form"),
        ("times", "form"),
    ];
    assert_eq!(wrong(&lines[0]), expected);
    assert!(lines[1].outcome.is_ok());
    for it in lines[0].outcome.as_ref().unwrap_err() {
        assert!(!it.ja().is_empty() && !it.en().is_empty());
    }
}

#[test]
fn dates_that_contradict_each_other_are_refused() {
    let check = |dispensed: &str, prescribed: &str, birth: &str, expected: &[(&str, &str)]| {
        let line =
            format!("06139992,,1,,{birth},D1,1,{dispensed},{prescribed},,,,,,,,架空錠,,,,,,,");
        let lines = read(
            FeedKind::Dispensings,
            &file(FeedKind::Dispensings, &[&line]),
        );
        match &lines[0].outcome {
            Ok(_) => assert!(expected.is_empty(), "{line}"),
            Err(_) => assert_eq!(wrong(&lines[0]), expected, "{line}"),
        }
    };
    check("2026-11-26", "20261126", "1970-01-02", &[]);
    check(
        "2026-11-27",
        "",
        "1970-01-02",
        &[("dispensed", "in_future")],
    );
    check(
        "2026-11-01",
        "2026-11-02",
        "1970-01-02",
        &[("dispensed", "before_prescription")],
    );
    check(
        "1970-01-01",
        "",
        "1970-01-02",
        &[("dispensed", "before_birth")],
    );
}

#[test]
fn a_checkup_item_takes_the_cells_of_its_kind_of_value_alone() {
    let line = |rest: &str| {
        format!(
            "06139992,,1,,1970-01-02,K1,1,2026-06-10,,架空健診,9Z999000000000001,架空項目,{rest}"
        )
    };
    let check = |rest: &str, expected: &[(&str, &str)]| {
        let lines = read(
            FeedKind::Checkups,
            &file(FeedKind::Checkups, &[&line(rest)]),
        );
        match &lines[0].outcome {
            Ok(_) => assert!(expected.is_empty(), "{rest}"),
            Err(_) => assert_eq!(wrong(&lines[0]), expected, "{rest}"),
        }
    };
    check("PQ,<5,mg/dL,,,,5,架空法", &[]);
    check(
        "PQ,12,mg/dL,1.2,なし,9,5,",
        &[
            ("code_table", "not_with_this_kind"),
            ("code_name", "not_with_this_kind"),
            ("low", "wrong_range"),
        ],
    );
    check("CD,1,,1.2.3,所見あり,,,", &[]);
    check("CD,1,mg,,,,,", &[("unit", "not_with_this_kind")]);
    check("ST,所見なし,,,,1,,", &[("low", "not_with_this_kind")]);
    check("XX,1,,,,,,", &[("value_kind", "form")]);
}

#[test]
fn a_file_of_another_kind_or_without_its_header_is_no_feed() {
    let mut it = FeedFile::new(FeedKind::Surgery, None, today());
    assert_eq!(
        it.take(&file(FeedKind::Drugs, &[DRUG])).unwrap_err(),
        NoFeed::Column {
            place: 8,
            expected: "day"
        }
    );
    assert_eq!(it.take(b"a,b\n").unwrap_err(), NoFeed::Header);
    let mut it = FeedFile::new(FeedKind::Drugs, None, today());
    assert!(it.take(b"").unwrap().is_empty());
    assert_eq!(it.end().unwrap_err(), NoFeed::Header);
}

#[test]
fn broken_lines_are_refused_by_number_and_the_others_read_on() {
    let mut bytes = file(FeedKind::Drugs, &[DRUG, "a,b", "\"unclosed,1", ""]);
    bytes.extend_from_slice(b"\x83\x8c,\r\n");
    bytes.extend(vec![b'x'; 3 * MOST_LINE_BYTES]);
    bytes.extend_from_slice(b"\n");
    bytes.extend_from_slice(DRUG.as_bytes());
    let lines = read(FeedKind::Drugs, &bytes);
    let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [2, 3, 4, 6, 7, 8]);
    let reasons: Vec<&str> = lines[1..5].iter().map(|line| wrong(line)[0].1).collect();
    assert_eq!(reasons, ["ragged", "quotes", "encoding", "too_long"]);
    assert!(lines[0].outcome.is_ok() && lines[5].outcome.is_ok());
}

#[test]
fn what_is_written_reads_as_it_was_in_every_kind() {
    let insured = Insured {
        insurer: InsurerNumber::parse("06139992").unwrap(),
        symbol: Symbol::parse("１２３").ok(),
        number: InsuredNumber::parse("４５６７").unwrap(),
        branch: Branch::parse("01").ok(),
        birth_date: CivilDate::new(1970, 1, 2).unwrap(),
    };
    let whose = "06139992,１２３,４５６７,01,1970-01-02";
    for (kind, rest) in [
        (
            FeedKind::Drugs,
            "R1,1,2026-10,1319999999,架空診療所,1349999999,架空薬局,1,2,2026-10-05,2026-10-04,699900001,\"架空錠,甲\",架空成分甲,10,1.5,錠,朝,粉砕,28",
        ),
        (
            FeedKind::Prescriptions,
            "P1,2,2026-11-20,1319999999,架空診療所,1,1,,架空散,,,,,頓用,,10",
        ),
        (
            FeedKind::Dispensings,
            "D1,3,2026-11-21,2026-11-20,1319999999,架空診療所,1349999999,架空薬局,,1,,架空散,,,,,,,10",
        ),
        (
            FeedKind::Treatment,
            "R1,4,2026-10,1319999999,架空診療所,,2,2026-10-05,199900001,架空検査,60,1,回,1",
        ),
        (
            FeedKind::Surgery,
            "S1,1,2024-03-01,1319999999,架空病院,159990001,架空手術,左",
        ),
        (
            FeedKind::Checkups,
            "K1,7,2026-06-10,,架空健診センター,9Z999000000000001,架空項目,PQ,128,mmHg,,,90,130,架空法",
        ),
    ] {
        let bytes = file(kind, &[&format!("{whose},{rest}")]);
        let lines = read(kind, &bytes);
        let parsed = lines[0]
            .outcome
            .as_ref()
            .unwrap_or_else(|_| panic!("{rest}: {:?}", wrong(&lines[0])));
        let mut again = writing::header(kind, Encoding::Utf8).unwrap();
        again.extend(writing::line(kind, &insured, &parsed.line, Encoding::Utf8).unwrap());
        assert_eq!(
            String::from_utf8(again).unwrap(),
            String::from_utf8(bytes).unwrap()
        );
    }
}

#[test]
fn a_measured_value_may_be_more_than_a_number() {
    let line = "06139992,,1,,1970-01-02,K1,1,2026-06-10,,,9Z999000000000001,架空項目,PQ,<5,,,,,,";
    let lines = read(FeedKind::Checkups, &file(FeedKind::Checkups, &[line]));
    let Record::Checkup(checkup) = &lines[0].outcome.as_ref().unwrap().line.record else {
        panic!("a checkup");
    };
    assert!(
        matches!(&checkup.items[0].value, Value::Measured { amount, .. } if amount.as_str() == "<5")
    );
}
