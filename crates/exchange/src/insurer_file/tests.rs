//! What insurers' files may and may not hold.

use domain::feed::insurer::Certificate;

use super::*;
use crate::feed_file::refusal::{Reason, Wrong};

const TARO: &str = "00000000-0000-0000-0000-000000000001";

fn today() -> CivilDate {
    CivilDate::new(2026, 11, 26).unwrap()
}

fn insurer() -> InsurerNumber {
    InsurerNumber::parse("06139992").unwrap()
}

fn read(kind: InsurerKind, lines: &[String]) -> Vec<Line<Said>> {
    let mut file = InsurerFile::new(kind, Some(insurer()), None, today());
    let mut bytes = writing::header(kind, Encoding::Utf8).unwrap();
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let mut all = file.take(&bytes).unwrap();
    all.extend(file.end().unwrap());
    all
}

fn one(kind: InsurerKind, line: String) -> Result<Box<Said>, Vec<(&'static str, Reason)>> {
    let mut lines = read(kind, &[line]);
    let told = |wrong: Vec<Wrong>| {
        let told = wrong.iter().map(|it| {
            let column = it.column.map_or("", |column| column.name);
            (column, it.reason)
        });
        told.collect()
    };
    lines.remove(0).outcome.map_err(told)
}

#[test]
fn twelve_digits_are_nobodys_identifier() {
    for handle in ["123456789012", "1234-5678-9012", &TARO.replace('-', "")] {
        let line = format!("06139992,{handle},資格　太郎,,,,1,,1970-01-02,,");
        let refused = one(InsurerKind::Persons, line).unwrap_err();
        assert_eq!(refused, [("person", Reason::Form)], "{handle}");
    }
}

#[test]
fn a_line_with_a_wrong_cell_still_tells_whom_it_is_about() {
    let of = |person: &str| {
        let line = format!("06139992,{person},01,架空組合,,1,,,,2026-04-01,,,,3割,,");
        let line = read(InsurerKind::Coverages, &[line]).remove(0);
        assert!(line.outcome.is_err());
        line.person
    };
    assert_eq!(of(TARO), Some(PersonId::from_u128(1)));
    assert_eq!(of("somebody"), None);
}

#[test]
fn every_wrong_cell_of_a_line_is_named() {
    let line = format!("06139992,{TARO},99,,１２,４５,,,,2026-13-01,,,,3割,,");
    let refused = one(InsurerKind::Coverages, line).unwrap_err();
    assert_eq!(
        refused,
        [
            ("classification", Reason::Form),
            ("insurer_name", Reason::Missing),
            ("acquired", Reason::Form),
            ("ratio", Reason::Form)
        ]
    );
}

#[test]
fn another_insurers_line_is_refused() {
    let line = format!("06139999,{TARO},,1,,2026-04-01,,");
    let refused = one(InsurerKind::Losses, line).unwrap_err();
    assert_eq!(refused, [("insurer_number", Reason::OtherInsurer)]);
}

#[test]
fn a_certificate_holds_its_own_cells_alone() {
    let ceiling = format!("06139992,{TARO},,1,,ceiling,,2026-08-01,2027-07-31,,01,A03,,,,,,,");
    let said = one(InsurerKind::Certificates, ceiling).unwrap();
    let Change::Certificate(_, Certificate::Ceiling(it)) = said.change else {
        panic!("no ceiling");
    };
    assert_eq!(it.category.unwrap().code(), "A03");
    let mixed = format!("06139992,{TARO},,1,,elderly,,,,20,01,,,,,,,,");
    let refused = one(InsurerKind::Certificates, mixed).unwrap_err();
    assert_eq!(refused, [("ceiling_kind", Reason::NotWithThisKind)]);
    let bare = format!("06139992,{TARO},,1,,ticket,,,,,,,,,,,,,");
    let refused = one(InsurerKind::Certificates, bare).unwrap_err();
    assert_eq!(
        refused,
        [
            ("facility_code", Reason::Missing),
            ("month", Reason::Missing)
        ]
    );
}

#[test]
fn a_correction_says_which_coverage_it_is_about() {
    let line = format!("06139992,{TARO},,,,ratio,20");
    let refused = one(InsurerKind::Corrections, line).unwrap_err();
    assert_eq!(refused, [("number", Reason::Missing)]);
    let wrong = format!("06139992,{TARO},,1,,individual_number,123456789012");
    let refused = one(InsurerKind::Corrections, wrong).unwrap_err();
    assert_eq!(refused, [("value", Reason::NotCorrected)]);
    for (item, value) in [("identity", "confirmed"), ("kana", "ｼｶｸ ﾀﾛｳ")] {
        one(
            InsurerKind::Corrections,
            format!("06139992,{TARO},,,,{item},{value}"),
        )
        .unwrap();
    }
}

#[test]
fn unknown_and_missing_columns_are_refused_by_place() {
    let mut file = InsurerFile::new(InsurerKind::Losses, Some(insurer()), None, today());
    let header = "insurer_number,person,symbol,number,acquired,loss_date,individual_number\n";
    let refused = file.take(header.as_bytes()).unwrap_err();
    assert_eq!(
        refused,
        NoFeed::Column {
            place: 7,
            expected: "loss_reason"
        }
    );
    let mut file = InsurerFile::new(InsurerKind::Losses, Some(insurer()), None, today());
    assert_eq!(file.take(b"a,b\n").unwrap_err(), NoFeed::Header);
}

#[test]
fn a_mark_line_ends_and_encodings_of_all_kinds_read_alike() {
    let line = format!("06139992,{TARO},資格　太郎,,ｼｶｸ ﾀﾛｳ,,1,,1970-01-02,,");
    let header = String::from_utf8(writing::header(InsurerKind::Persons, Encoding::Utf8).unwrap());
    let header = header.unwrap();
    let text = format!("{header}{line}\n");
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend_from_slice(text.as_bytes());
    let crlf = text.replace('\n', "\r\n").into_bytes();
    let cp932 = crate::encoding::windows_31j::encode(&text).unwrap();
    for bytes in [text.clone().into_bytes(), marked, crlf, cp932] {
        let mut file = InsurerFile::new(InsurerKind::Persons, Some(insurer()), None, today());
        let lines = file.take(&bytes).unwrap();
        let said = lines[0].outcome.as_ref().unwrap();
        let Change::Person(person) = &said.change else {
            panic!("nobody");
        };
        assert_eq!(person.name.as_str(), "資格　太郎");
    }
}

#[test]
fn a_line_of_a_mebibyte_is_refused_and_the_next_one_read() {
    let long = "x".repeat(1 << 20);
    let good = format!("06139992,{TARO},,1,,2026-04-01,,");
    let lines = read(InsurerKind::Losses, &[long, good]);
    let wrong = lines[0].outcome.as_ref().unwrap_err();
    assert_eq!(wrong[0].reason, Reason::TooLong);
    assert!(lines[0].text.is_empty() && lines[1].outcome.is_ok());
}

#[test]
fn what_is_written_reads_back() {
    let population = synthetic_person();
    for kind in InsurerKind::ALL {
        let coverage = &population.coverages[0];
        let bytes = writing::lines(*kind, &population, coverage, Encoding::Utf8).unwrap();
        let mut file = InsurerFile::new(*kind, Some(coverage.insurer), None, today());
        file.take(&writing::header(*kind, Encoding::Utf8).unwrap())
            .unwrap();
        for line in file.take(&bytes).unwrap() {
            let said = line.outcome.unwrap();
            assert_eq!(said.person, population.person.id);
        }
    }
}

fn synthetic_person() -> domain::coverage::Registration {
    let lines = read(
        InsurerKind::Persons,
        &[format!("06139992,{TARO},資格　太郎,,,,1,,1970-01-02,,")],
    );
    let Change::Person(person) = lines[0].outcome.as_ref().unwrap().change.clone() else {
        panic!("nobody");
    };
    let line = format!("06139992,{TARO},01,架空健康保険組合,,1,01,1,,2026-04-01,,,,30,,");
    let lines = read(InsurerKind::Coverages, &[line]);
    let Change::Coverage(coverage) = lines[0].outcome.as_ref().unwrap().change.clone() else {
        panic!("no coverage");
    };
    domain::coverage::Registration {
        person: *person,
        coverages: vec![*coverage],
    }
}
