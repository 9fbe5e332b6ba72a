//! A month's claims: in form, in agreement with the registrations, and with every seeded fault found and none invented.

use domain::claims::eligibility::{Proposal, judge};
use exchange::claim_file::rule::of_claims::DAY_NOT_IN_MONTH;
use exchange::claim_file::{Event, Limits, ReadClaim, Summary, read};

use super::fault::{Fault, OF_FEDERATION, OF_FUND};
use super::*;
use crate::population::Population;

const SEED: u64 = 5;

fn clinic(kind: FacilityKind, review_body: ReviewBody) -> Clinic {
    Clinic {
        kind,
        review_body,
        month: TreatmentMonth::parse_compact("202609").unwrap(),
    }
}

/// The months of the year for which certificates are issued.
fn months() -> impl Iterator<Item = TreatmentMonth> {
    let first = TreatmentMonth::parse_compact("202608").unwrap().first_day();
    (0..12).map(move |months| TreatmentMonth::of(first.plus_months(months)))
}

fn registrations(count: u64) -> Vec<Registration> {
    let population = Population::new(SEED);
    (0..count).filter_map(|it| population.person(it)).collect()
}

fn claims(clinic: &Clinic, people: &[Registration]) -> Vec<MadeClaim> {
    let mut made: Vec<MadeClaim> = Vec::new();
    for (index, person) in (0..).zip(people) {
        let number = u32::try_from(made.len()).unwrap() + 1;
        made.extend(clinic.claim((SEED, index), person, number));
    }
    made
}

fn file(clinic: &Clinic, claims: &[MadeClaim]) -> Vec<u8> {
    let mut bytes = clinic.header().unwrap();
    bytes.extend(claims.iter().flat_map(|it| it.bytes(clinic)));
    let parts = claims.iter().map(MadeClaim::parts).sum();
    bytes.extend(
        clinic
            .end(parts, claims.iter().map(|it| it.points).sum())
            .unwrap(),
    );
    bytes
}

type Found = Vec<(&'static str, Option<u32>, Option<String>)>;

fn outcome(bytes: &[u8]) -> (Found, Vec<ReadClaim>, Summary) {
    let (mut findings, mut claims) = (Vec::new(), Vec::new());
    let mut tell = |event: Event<'_>| match event {
        Event::Record(_) => {}
        Event::Finding(it) => findings.push((it.rule.id, it.place.claim, it.record())),
        Event::Claim(claim) => claims.push(claim.clone()),
    };
    let summary = read(&mut &bytes[..], Limits::default(), &mut tell).unwrap();
    (findings, claims, summary)
}

#[test]
fn a_months_claims_are_in_form_and_agree_with_the_registrations() {
    let people = registrations(3_000);
    for kind in FacilityKind::ALL {
        for review_body in ReviewBody::ALL {
            let clinic = clinic(kind, *review_body);
            let made = claims(&clinic, &people);
            assert!(100 < made.len(), "{kind:?} {}", made.len());
            let (findings, read, summary) = outcome(&file(&clinic, &made));
            assert_eq!(findings, [], "{kind:?}");
            assert_eq!(summary.claims as usize, made.len());
            for (claim, made) in read.iter().zip(&made) {
                let index = usize::try_from(made.person).unwrap();
                let who = &people[index..=index];
                let facts = claim.facts.as_ref().unwrap();
                let judgement = judge(facts, who, &[]);
                assert_eq!(judgement.findings, [], "{kind:?} {index}");
                assert_eq!(judgement.proposal, Proposal::Keep);
            }
        }
    }
}

/// Seeds each fault into a claim of its own and expects one finding for each, no other.
fn check(clinic: &Clinic, people: &[Registration], faults: &[Fault]) {
    let month = clinic.month;
    let mut made = claims(clinic, people);
    let mut expected: Found = Vec::new();
    let mut free = vec![true; made.len()];
    for fault in faults {
        let mut suits = (0..made.len()).filter(|at| free[*at]);
        let found = suits.find_map(|at| Some((at, fault.put_into(&made[at])?)));
        let Some((at, claim)) = found else {
            let has_31_days = Days::of_month(month).contains(31);
            let is_day_31 = fault.rule.id == DAY_NOT_IN_MONTH.id;
            assert!(has_31_days && is_day_31, "{month:?}: {}", fault.name);
            continue;
        };
        free[at] = false;
        made[at] = claim;
        let number = u32::try_from(at).unwrap() + 1;
        expected.push((fault.rule.id, Some(number), Some(fault.record.to_owned())));
    }
    let (mut findings, _, summary) = outcome(&file(clinic, &made));
    findings.sort();
    expected.sort();
    assert_eq!(findings, expected, "{month:?}");
    let refusing = faults
        .iter()
        .filter(|it| it.rule.severity == domain::claims::Severity::Claim);
    assert!(!summary.is_refused());
    assert!(summary.refused_claims as usize <= refusing.count());
}

#[test]
fn every_seeded_fault_is_found_and_none_invented_in_any_month() {
    let people = registrations(3_000);
    for month in months() {
        for (review_body, faults) in [
            (ReviewBody::Fund, &OF_FUND[..]),
            (ReviewBody::Federation, &OF_FEDERATION[..]),
        ] {
            let clinic = Clinic {
                month,
                ..clinic(FacilityKind::Medical, review_body)
            };
            check(&clinic, &people, faults);
        }
    }
}

#[test]
fn every_claim_is_made_again_by_the_same_seed() {
    let people = registrations(200);
    let clinic = clinic(FacilityKind::Medical, ReviewBody::Fund);
    assert!(claims(&clinic, &people) == claims(&clinic, &people));
}
