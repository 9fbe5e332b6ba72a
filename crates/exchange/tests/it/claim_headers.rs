//! Claim files of the kinds with headers of their own, made by the synthetic clinic: where headers and totals may stand.

use domain::claims::ReviewBody;
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::{Event, Limits, read};
use synthetic::claims::Clinic;
use synthetic::population::Population;

use crate::claims::outcome;

/// A made-up file of a kind: its header, each claim, its end.
fn made(kind: FacilityKind) -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
    let clinic = Clinic {
        kind,
        review_body: ReviewBody::Fund,
        month: TreatmentMonth::parse_compact("202609").unwrap(),
    };
    let people = Population::new(5);
    let (mut claims, mut parts, mut points) = (Vec::new(), 0, 0);
    for index in 0..60 {
        let number = u32::try_from(claims.len()).unwrap() + 1;
        let person = people.person(index).unwrap();
        if let Some(claim) = clinic.claim((5, index), &person, number) {
            parts += claim.parts();
            points += claim.points;
            claims.push(claim.bytes(&clinic));
        }
    }
    assert!(3 < claims.len());
    let end = clinic.end(parts, points).unwrap();
    (clinic.header().unwrap(), claims, end)
}

fn rules(file: &[u8]) -> Vec<(&'static str, &'static str)> {
    let found = outcome(file, 512).findings;
    found.iter().map(|it| (it.0, it.3)).collect()
}

#[test]
fn a_dental_claim_begins_with_its_institution_and_a_pharmacys_claims_with_theirs() {
    let (header, claims, end) = made(FacilityKind::Dental);
    let whole = claims.concat();
    assert_eq!(rules(&[&header[..], &whole, &end].concat()), []);
    // Without the record IR before the second claim.
    let at = claims[1].windows(2).position(|it| it == b"\r\n").unwrap() + 2;
    let mut without = claims.clone();
    without[1].drain(..at);
    let file = [&header[..], &without.concat(), &end].concat();
    assert_eq!(rules(&file), [("header_order", "file")]);
    // With two of them.
    let twice = [&claims[0][..at], &whole[..]].concat();
    let file = [&header[..], &twice, &end].concat();
    assert_eq!(rules(&file), [("header_order", "file")]);
    let (header, claims, end) = made(FacilityKind::Pharmacy);
    let file = [&header[..], &header, &claims.concat(), &end].concat();
    assert_eq!(rules(&file), [("header_order", "file")]);
}

#[test]
fn another_institutions_header_in_the_middle_refuses_the_file() {
    let (header, claims, end) = made(FacilityKind::Pharmacy);
    let other = [&b"YK,1,14"[..], &header[7..]].concat();
    let file = [&header[..], &claims[0], &other, &claims[1..].concat(), &end].concat();
    let found = rules(&file);
    assert!(found.contains(&("header_differs", "file")), "{found:?}");
    let limits = Limits {
        headers: 1,
        ..Limits::default()
    };
    let mut last = "";
    let mut tell = |event: Event<'_>| {
        if let Event::Finding(finding) = event {
            last = finding.rule.id;
        }
    };
    let file = [
        &header[..],
        &claims[0],
        &header,
        &claims[1..].concat(),
        &end,
    ]
    .concat();
    read(&mut &file[..], limits, &mut tell).unwrap();
    assert_eq!(last, "too_many_headers");
}

#[test]
fn a_nursing_total_passes_wherever_it_stands() {
    let (header, claims, end) = made(FacilityKind::HomeNursing);
    let whole = claims.concat();
    for file in [
        [&header[..], &whole, &end].concat(),
        [&header[..], b"GO\r\n", &whole, &end].concat(),
        [&header[..], &whole, b"GO,1,2,99\r\n", &end].concat(),
    ] {
        assert_eq!(rules(&file), []);
    }
}
