//! Claim files: the samples as they are, every way they can be wrong, cut off at every byte, mutated, and endless.

use std::io::Read;

use exchange::claim_file::{ClaimFile, Event, Limits, ReadClaim, Summary, read};
use exchange::encoding::windows_31j;

const MEDICAL: &str = include_str!("../claims/medical.txt");
const PHARMACY: &str = include_str!("../claims/pharmacy.txt");

const PAGE: &str = include_str!("../../../../docs/claims.md");

#[test]
fn the_pages_rules_and_records_are_the_tables() {
    let after = PAGE.split_once("<!-- made by").expect("a mark").1;
    let after = after.split_once("-->\n").unwrap().1;
    let page = after.split_once("<!-- end -->").expect("a mark").0;
    let made = exchange::claim_file::page::whole();
    assert_eq!(page, made, "cargo run -p exchange --example claim_records");
}

/// A file's bytes of its text.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = windows_31j::encode(&text.replace('\n', "\r\n")).unwrap();
    bytes.push(0x1A);
    bytes
}

/// What reading a file brings.
pub(crate) struct Outcome {
    /// Rule, line, claim, severity.
    pub(crate) findings: Vec<(&'static str, u64, Option<u32>, &'static str)>,
    claims: Vec<ReadClaim>,
    records: Vec<u8>,
    summary: Summary,
}

pub(crate) fn outcome(bytes: &[u8], piece: usize) -> Outcome {
    let mut findings = Vec::new();
    let mut claims = Vec::new();
    let mut records = Vec::new();
    let mut tell = |event: Event<'_>| match event {
        Event::Record(record) => {
            records.extend_from_slice(record.bytes());
            records.extend_from_slice(b"\r\n");
        }
        Event::Finding(it) => findings.push((
            it.rule.id,
            it.place.line,
            it.place.claim,
            it.severity.as_str(),
        )),
        Event::Claim(claim) => claims.push(claim.clone()),
    };
    let mut file = ClaimFile::new(Limits::default());
    for piece in bytes.chunks(piece) {
        if file.take(piece, &mut tell).is_err() {
            break;
        }
    }
    let summary = file.end(&mut tell);
    Outcome {
        findings,
        claims,
        records,
        summary,
    }
}

/// A change of a sample's text, and what must be found: rule, line, severity.
type Row = (
    (&'static str, &'static str),
    &'static [(&'static str, u64, &'static str)],
);

/// Reads the text after each change and expects what stands beside it, in this order.
fn check(text: &str, table: &[Row]) {
    let mut breaches = Vec::new();
    for ((from, to), expected) in table {
        assert!(text.contains(from), "{from}");
        let found = outcome(&bytes(&text.replacen(from, to, 1)), 4096).findings;
        let found: Vec<(&str, u64, &str)> = found
            .iter()
            .map(|(rule, line, _, severity)| (*rule, *line, *severity))
            .collect();
        if found != *expected {
            breaches.push(format!("{from} -> {to}: {found:?}"));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn the_samples_pass_without_findings_in_pieces_of_any_size() {
    for text in [MEDICAL, PHARMACY] {
        let file = bytes(text);
        for piece in [1, 2, 3, 7, 64, 1 << 20] {
            let it = outcome(&file, piece);
            assert_eq!(it.findings, [], "{piece}");
            assert_eq!((it.summary.claims, it.summary.refused_claims), (2, 0));
            assert!(it.claims.iter().all(|claim| claim.facts.is_some()));
            assert_eq!([&it.records[..], b"\x1A"].concat(), file);
            assert!(it.summary.sha256.is_some() && !it.summary.is_refused());
        }
    }
}

#[test]
fn a_claims_facts_are_ready_for_eligibility() {
    let claims = outcome(&bytes(MEDICAL), 99).claims;
    let facts = claims[1].facts.as_ref().unwrap();
    let insurance = facts.insurance.as_ref().unwrap();
    assert_eq!(insurance.insurer.as_digits(), "06139992");
    assert_eq!(insurance.key().as_str(), "06139992/999/2");
    assert_eq!(insurance.days.iter().collect::<Vec<_>>(), [12]);
    assert_eq!(facts.schemes[0].law(), 54);
    assert_eq!(facts.birth_date.to_compact(), "19851231");
    assert_eq!(facts.kana.as_ref().unwrap().as_str(), "シケンハナコ");
    let claims = outcome(&bytes(PHARMACY), 99).claims;
    let national = claims[0].facts.as_ref().unwrap();
    assert_eq!(
        national.insurance.as_ref().unwrap().insurer.as_digits(),
        "139998"
    );
    assert_eq!(national.benefit_percent, Some(70));
    let old = claims[1].facts.as_ref().unwrap();
    assert!(old.insurance.as_ref().unwrap().symbol.is_none());
    assert_eq!(old.ceiling.unwrap().as_str(), "ki");
}

#[test]
fn every_way_a_claim_can_be_wrong_is_found_and_nothing_else() {
    let table: &[Row] = &[
        (("RE,2,", "RE,3,"), &[("claim_number", 10, "claim")]),
        (("RE,1,1112", "RE,1,1912"), &[("claim_type", 2, "claim")]),
        (
            ("RE,1,1112", "RE,1,3112"),
            &[("type_of_other_kind", 2, "claim")],
        ),
        (
            ("RE,1,1112", "RE,1,1318"),
            &[
                ("type_very_old", 2, "claim"),
                ("remark_missing", 2, "warning"),
            ],
        ),
        (("RE,1,1112", "RE,1,1122"), &[("type_payers", 2, "claim")]),
        (
            ("RE,1,1112", "RE,1,1118"),
            &[("remark_missing", 2, "warning")],
        ),
        (
            ("1112,202610", "1112,202611"),
            &[("month_not_before", 2, "claim")],
        ),
        (("1112,202610", "1112,202613"), &[("date", 2, "claim")]),
        (("19800401", "19800431"), &[("date", 2, "claim")]),
        (("19800401", "20261101"), &[("born_later", 2, "claim")]),
        (("19800401", "3550401"), &[("mixed_dates", 2, "warning")]),
        (
            ("見本　一郎", "見本　①郎"),
            &[("outside_jis", 2, "warning")],
        ),
        (("見本　一郎", "見本 一郎"), &[("field_widths", 2, "claim")]),
        (
            ("見本　一郎,1,", "見本　一郎,3,"),
            &[("field_form", 2, "claim")],
        ),
        (
            ("見本　一郎", "\"見本　一郎\""),
            &[("quote", 2, "claim"), ("field_widths", 2, "claim")],
        ),
        (
            ("見本　一郎", "見本\t一郎"),
            &[
                ("control_character", 2, "claim"),
                ("field_widths", 2, "claim"),
            ],
        ),
        (
            ("19800401,,,", "19800401,70,,"),
            &[("benefit", 2, "warning")],
        ),
        (
            ("HO,06139992", "HO,06139993"),
            &[("insurer_check_digit", 3, "claim")],
        ),
        (
            ("HO,06139992", "HO,  139998"),
            &[("review_body", 3, "warning")],
        ),
        (
            ("HO,06139992", "HO,00139998"),
            &[("insurer_zeros", 3, "claim"), ("review_body", 3, "warning")],
        ),
        (("９９９,１,", "９９9,１,"), &[("field_widths", 3, "claim")]),
        (
            ("９９９,１,", "見本,１,"),
            &[("symbol_society", 3, "warning")],
        ),
        (
            ("９９９,１,2", "９９９,,2"),
            &[("field_missing", 3, "claim")],
        ),
        (
            ("９９９,１,2", "９９９,１,3"),
            &[("days_count", 5, "warning")],
        ),
        (
            (
                "HO,06139992,９９９,１,2,366,,",
                "HO,06139992,９９９,１,2,366,",
            ),
            &[("field_count", 3, "claim")],
        ),
        (
            ("SN,1,01,,,,00", "SN,1,01,,,,0"),
            &[("field_form", 4, "claim")],
        ),
        (("SN,1,01", "SN,1,04"), &[("how_confirmed", 4, "warning")]),
        (
            ("SN,1,01", "SN,2,01"),
            &[("payer_absent", 4, "claim"), ("branch_unfit", 4, "claim")],
        ),
        (
            ("SN,1,01,,,,00", "SN,1,01,06139992,,,00"),
            &[("field_not_empty", 4, "warning")],
        ),
        (
            ("JD,1,,,,,1,", "JD,1,,,,,9,"),
            &[
                ("day_mark", 5, "claim"),
                ("days_count", 5, "warning"),
                ("detail_day", 8, "warning"),
            ],
        ),
        (("MF,00", "MF,07"), &[("window_class", 6, "warning")]),
        (
            ("SY,0000999,20261005", "SY,0000999,20261032"),
            &[("date", 7, "claim")],
        ),
        (
            ("291,1,,,,,,,,,,,1", "291,2,,,,,,,,,,,1"),
            &[("times", 8, "claim")],
        ),
        (
            ("KO,54139993", "KO,54139992"),
            &[("scheme_check_digit", 12, "claim")],
        ),
        (
            ("9999996", "9999995"),
            &[("beneficiary_check_digit", 12, "claim")],
        ),
        (("9999996", ""), &[("beneficiary_unfit", 12, "warning")]),
        (("SN,1,01,,,,01,,\nJD", "JD"), &[]),
        (
            ("GO,3,657,99", "GO,2,657,99"),
            &[("total_count", 19, "file")],
        ),
        (
            ("GO,3,657,99", "GO,3,948,99"),
            &[("total_points", 19, "file")],
        ),
        (("GO,3,657,99", "GO,,,01"), &[("volume", 19, "warning")]),
        (("GO,3,657,99\n", ""), &[("no_total", 18, "file")]),
        (
            ("GO,3,657,99\n", "GO,3,657,99\nGO,3,657,99\n"),
            &[("after_total", 20, "file")],
        ),
        (
            ("SY,0000999,20261005,1,,見本傷病,01,\n", ""),
            &[("no_diagnosis", 2, "warning")],
        ),
    ];
    check(MEDICAL, table);
}

#[test]
fn records_in_the_wrong_place_or_of_others_are_found() {
    let table: &[Row] = &[
        (
            ("RE,1,", "HO,06139992,９９９,１,2,366,,,,,,,,,\nRE,1,"),
            &[("before_claim", 2, "file")],
        ),
        (
            ("MF,00", "ZZ,1\nMF,00"),
            &[("record_unknown", 6, "warning")],
        ),
        (
            ("MF,00", "MN,1\nMF,00"),
            &[("record_of_others", 6, "warning")],
        ),
        (
            ("MF,00", "SJ,01,何か\nMF,00"),
            &[("record_order", 7, "claim")],
        ),
        // The place of records that are known by their letters alone is not known.
        (("MF,00", "TI,何か\nMF,00"), &[]),
        (("RE,2,", "SJ,01,何か\nTI,1\nTR,1\nTS,1\nRE,2,"), &[]),
        (("MF,00", "1,2\nMF,00"), &[("record_id", 6, "claim")]),
        (("MF,00", "BU,2\nMF,00"), &[("dpc_file", 6, "file")]),
        (("MF,00", "HR,2\nMF,00"), &[("returned_file", 6, "file")]),
        (("GO,3", "UK,1\nGO,3"), &[("record_unknown", 19, "warning")]),
    ];
    check(MEDICAL, table);
}

#[test]
fn what_the_very_old_do_not_have_is_found() {
    let table: &[Row] = &[
        (
            ("HO,39139993,,", "HO,39139993,９９９,"),
            &[("symbol_very_old", 12, "claim")],
        ),
        (
            ("SN,1,01,,,,,,", "SN,1,01,,,,01,,"),
            &[("branch_unfit", 13, "claim")],
        ),
        (
            ("99999997", "99999998"),
            &[("number_check_digit", 12, "warning")],
        ),
        (("99999997", "9999999"), &[("number_very_old", 12, "claim")]),
        (
            ("4318,202610", "4312,202610"),
            &[("remark_unfit", 11, "warning")],
        ),
        (
            ("HO,  139998", "HO,00139998"),
            &[("insurer_zeros", 3, "claim")],
        ),
        (("RE,2,", "RE,1,"), &[("claim_number", 11, "claim")]),
    ];
    check(PHARMACY, table);
}

#[test]
fn a_day_the_month_does_not_have_is_found() {
    // The same file for September.
    let text = MEDICAL
        .replace("202611,", "202610,")
        .replace("1112,202610", "1112,202609");
    let text = text.replace("202610,見本", "202609,見本");
    let day_31 = "JD,1,,,,,1,,,,,,,,,,,,,,1,,,,,,,,,,,,\nMF";
    let with = "JD,1,,,,,1,,,,,,,,,,,,,,1,,,,,,,,,,,,1\nMF";
    let file = text
        .replace("1126,202610", "1126,202609")
        .replacen(day_31, with, 1);
    let found = outcome(&bytes(&file), 50).findings;
    let found: Vec<(&str, u64)> = found.iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(found, [("day_not_in_month", 5), ("days_count", 5)]);
}

#[test]
fn a_file_that_is_none_is_refused_by_its_first_bytes() {
    let medical = bytes(MEDICAL);
    let utf8 = MEDICAL.replace('\n', "\r\n");
    let dental = MEDICAL.replacen("IR,1,13,1", "IR,1,13,3", 1);
    let lf = windows_31j::encode(MEDICAL).unwrap();
    let table: [(Vec<u8>, &str); 12] = [
        (Vec::new(), "not_a_claim_file"),
        (b"IR".to_vec(), "not_a_claim_file"),
        (b"PK\x03\x04".to_vec(), "not_a_claim_file"),
        ([b"\xEF\xBB\xBF", utf8.as_bytes()].concat(), "utf8"),
        (utf8.into_bytes(), "utf8"),
        (bytes(&dental), "dental_without_reception"),
        (b"HI,1,202610\r\n\x1A".to_vec(), "returned_file"),
        (lf, "line_end"),
        (medical[..medical.len() - 1].to_vec(), "no_end_mark"),
        ([&medical[..], b"\x1A"].concat(), "after_end_mark"),
        ([&medical[..], &medical[..]].concat(), "after_end_mark"),
        (
            b"IR,1,13,1,9999999,,\x8C\xA9\x96\x7B,202611,00,\r\nGO,0,0,99\r\n\x1A".to_vec(),
            "no_claim",
        ),
    ];
    for (file, rule) in table {
        let it = outcome(&file, 64);
        let found: Vec<&str> = it.findings.iter().map(|it| it.0).collect();
        assert_eq!(found, [rule]);
        assert!(it.summary.is_refused());
    }
}

#[test]
fn a_file_cut_off_at_any_byte_is_refused() {
    for text in [MEDICAL, PHARMACY] {
        let file = bytes(text);
        for length in 0..file.len() {
            let it = outcome(&file[..length], 100);
            assert!(it.summary.is_refused(), "{length}");
        }
    }
}

#[test]
fn nothing_of_a_file_shows_in_debug_or_in_findings() {
    let text = MEDICAL.replace("SN,1,01,,,,00", "SN,1,01,06139992,７７７,,00");
    let mut seen = String::new();
    let mut tell = |event: Event<'_>| {
        seen += &format!("{event:?}\n");
        if let Event::Finding(finding) = event {
            seen += &format!("{finding}\n{}\n{}\n", finding.ja(), finding.en());
        }
    };
    let mut file = ClaimFile::new(Limits::default());
    file.take(&bytes(&text), &mut tell).unwrap();
    let shown = format!("{file:?}");
    file.end(&mut tell);
    seen += &shown;
    for secret in [
        "見本　一郎",
        "ミホン",
        "19800401",
        "1980-04-01",
        "９９９",
        "999",
        "７７７",
        "S0001",
    ] {
        assert!(!seen.contains(secret), "{secret}");
    }
    assert!(seen.contains("項目4"), "{seen}");
}

/// Bytes that never end.
struct Endless {
    head: Vec<u8>,
    at: usize,
    again: Vec<u8>,
    given: u64,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = match self.head.get(self.at) {
                Some(byte) => *byte,
                None => self.again[(self.at - self.head.len()) % self.again.len()],
            };
            self.at += 1;
        }
        self.given += into.len() as u64;
        Ok(into.len())
    }
}

#[test]
fn two_gigabytes_of_rubbish_stop_early_with_a_clear_refusal() {
    let header =
        windows_31j::encode("IR,1,13,1,9999999,,見本診療所,202611,00,00-0000-0000\r\n").unwrap();
    let claim = "RE,1,1112,202610,見本　一郎,1,19800401,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n";
    let claim = [&header[..], &windows_31j::encode(claim).unwrap()].concat();
    let rubbish: [(&[u8], &[u8], &str); 7] = [
        (b"", b"\x00", "not_a_claim_file"),
        (b"", b"rubbish\r\n", "not_a_claim_file"),
        (&header, b"\x00", "line_too_long"),
        (&header, b"rubbish\n", "line_end"),
        (&header, b"rubbish\r\n", "too_many_refused"),
        (&claim, b"ZZ,\x81\x40\r\n", "too_many_refused"),
        (&claim, b"HO,\x81\xFF\r\n", "too_many_refused"),
    ];
    for (head, again, rule) in rubbish {
        let mut source = Endless {
            head: head.to_vec(),
            at: 0,
            again: again.to_vec(),
            given: 0,
        };
        let mut last = "";
        let mut tell = |event: Event<'_>| {
            if let Event::Finding(finding) = event {
                last = finding.rule.id;
            }
        };
        let summary = read(&mut source, Limits::default(), &mut tell).unwrap();
        assert_eq!(last, rule);
        assert!(summary.is_refused() && summary.sha256.is_none());
        assert!(source.given < 1 << 20, "{rule}: {} bytes", source.given);
    }
}

#[test]
fn a_file_larger_than_its_bound_is_refused_however_good_it_is() {
    let limits = Limits {
        file_bytes: 500,
        ..Limits::default()
    };
    let mut rules = Vec::new();
    let mut tell = |event: Event<'_>| {
        if let Event::Finding(finding) = event {
            rules.push(finding.rule.id);
        }
    };
    let file = bytes(MEDICAL);
    let summary = read(&mut &file[..], limits, &mut tell).unwrap();
    assert!(summary.is_refused());
    assert_eq!(rules, ["file_too_large"]);
}

#[test]
fn mutations_never_panic_and_never_pass_records_that_were_not_there() {
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).unwrap()
    };
    const SIGNS: &[u8] = b",\r\n\x1A\"\x00019A\x81\xE0\xFC\xB1 ";
    for text in [MEDICAL, PHARMACY] {
        let file = bytes(text);
        for _ in 0..3000 {
            let mut mutated = file.clone();
            for _ in 0..=random(4) {
                let at = random(mutated.len());
                match random(4) {
                    0 => mutated[at] = SIGNS[random(SIGNS.len())],
                    1 => drop(mutated.remove(at)),
                    2 => mutated.insert(at, SIGNS[random(SIGNS.len())]),
                    _ => {
                        let end = (at + random(200)).min(mutated.len());
                        let piece = mutated[at..end].to_vec();
                        let to = random(mutated.len());
                        mutated.splice(to..to, piece);
                    }
                }
            }
            let it = outcome(&mutated, 1 + random(300));
            assert!(mutated.starts_with(&it.records));
            if it.summary.sha256.is_some() && !it.summary.is_refused() {
                assert_eq!(it.records.len() + 1, mutated.len());
            }
        }
    }
}
