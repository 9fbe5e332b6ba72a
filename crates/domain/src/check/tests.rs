//! Tests of the verdict: one table of situations, told in the words of contracts §5.

use super::*;
use crate::codes::ceiling::CertificateKind;
use crate::codes::coverage::{CardClassification, LossReason};
use crate::codes::person::Sex;
use crate::coverage::period::Period;
use crate::coverage::ratio::Ratio;
use crate::coverage::{InsurerName, Loss};
use crate::medical_aid::{Ticket, TreatmentMonth};
use crate::person::{PersonId, PersonName};

const EMPLOYER: &str = "06139992";
const NATIONAL: &str = "139998";

fn day(month: i8, d: i8) -> CivilDate {
    CivilDate::new(2026, month, d).unwrap()
}

fn facility() -> InstitutionCode {
    InstitutionCode::parse("1319999999").unwrap()
}

fn coverage(insurer: &str, number: &str) -> Coverage {
    let mut it = Coverage::new(
        CardClassification::from_code("01").unwrap(),
        InsurerNumber::parse(insurer).unwrap(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse(number).unwrap(),
    );
    it.symbol = Some(Symbol::parse("１２３").unwrap());
    it.branch = Some(Branch::parse("01").unwrap());
    it.acquired = Some(CivilDate::new(2020, 4, 1).unwrap());
    it
}

fn person(id: u128, coverages: Vec<Coverage>) -> Registration {
    Registration {
        person: Person {
            id: PersonId::from_u128(id),
            name: PersonName::parse("資格　太郎").unwrap(),
            name_of_other: None,
            kana: None,
            kana_of_other: None,
            sex: Sex::Male,
            shown_sex: None,
            birth_date: CivilDate::new(1970, 1, 2).unwrap(),
            address: None,
            postal_code: None,
        },
        coverages,
    }
}

fn question() -> NumberQuestion {
    NumberQuestion {
        insurer: InsurerNumber::parse(EMPLOYER).unwrap(),
        symbol: Some(Symbol::parse("123").unwrap()),
        number: InsuredNumber::parse("4567").unwrap(),
        branch: Some(Branch::parse("01").unwrap()),
        birth_date: CivilDate::new(1970, 1, 2).unwrap(),
        visit_date: day(11, 23),
        ceiling_consent: CeilingConsent::NotGiven,
    }
}

fn check(registrations: &[Registration], expected: Verdict) {
    assert_eq!(
        evaluate(&question(), facility(), registrations).verdict,
        expected
    );
}

#[test]
fn a_coverage_asked_about_that_covers_the_day_is_valid() {
    check(
        &[person(1, vec![coverage(EMPLOYER, "４５６７")])],
        Verdict::Valid,
    );
}

#[test]
fn a_lost_coverage_is_not_valid_and_says_why() {
    let mut lost = coverage(EMPLOYER, "4567");
    let reason = LossReason::from_code("03");
    lost.loss = Some(Loss {
        date: day(11, 23),
        reason,
    });
    let people = [person(1, vec![lost])];
    let finding = evaluate(&question(), facility(), &people);
    assert_eq!(finding.verdict, Verdict::Invalid);
    assert_eq!(finding.entries[0].coverage.loss.unwrap().reason, reason);
}

#[test]
fn a_newer_coverage_is_told_but_the_old_one_is_shown() {
    let mut lost = coverage(EMPLOYER, "4567");
    lost.loss = Some(Loss {
        date: day(10, 1),
        reason: None,
    });
    let people = [person(1, vec![coverage(NATIONAL, "998"), lost.clone()])];
    let finding = evaluate(&question(), facility(), &people);
    assert_eq!(finding.verdict, Verdict::NewerExists);
    assert_eq!(finding.entries.len(), 1);
    assert_eq!(*finding.entries[0].coverage, lost);
}

#[test]
fn an_unknown_number_or_birth_date_is_not_found() {
    check(&[], Verdict::NotFound);
    check(
        &[person(1, vec![coverage(EMPLOYER, "9999")])],
        Verdict::NotFound,
    );
    let mut other_birth = person(1, vec![coverage(EMPLOYER, "4567")]);
    other_birth.person.birth_date = day(1, 1);
    check(&[other_birth], Verdict::NotFound);
}

#[test]
fn a_day_before_a_renewal_is_answered_from_the_card_of_that_day() {
    let mut it = coverage(EMPLOYER, "4567");
    (it.issued, it.period.start) = (Some(day(7, 20)), Some(day(8, 1)));
    (it.ratio, it.source) = (Ratio::from_percent(20), BatchNumber::new(9));
    it.earlier.push(Card {
        issued: CivilDate::new(2025, 7, 20).ok(),
        period: Period {
            start: CivilDate::new(2025, 8, 1).ok(),
            end: Some(day(7, 31)),
        },
        ratio: Ratio::from_percent(30),
        source: BatchNumber::new(5),
        ..it.card()
    });
    let people = [person(1, vec![it])];
    for (on, percent, sources) in [(day(7, 30), 30, vec![5, 9]), (day(8, 1), 20, vec![9])] {
        let asked = NumberQuestion {
            visit_date: on,
            ..question()
        };
        let finding = evaluate(&asked, facility(), &people);
        assert_eq!(finding.verdict, Verdict::Valid);
        assert_eq!(finding.entries[0].card.ratio, Ratio::from_percent(percent));
        let from = finding.sources().into_iter().map(BatchNumber::as_u32);
        assert_eq!(from.collect::<Vec<u32>>(), sources);
    }
}

#[test]
fn several_people_are_told_without_anyones_data() {
    let mut twins = [
        person(1, vec![coverage(EMPLOYER, "4567")]),
        person(2, vec![coverage(EMPLOYER, "4567")]),
    ];
    twins[1].coverages[0].branch = None;
    let finding = evaluate(&question(), facility(), &twins);
    assert_eq!(finding.verdict, Verdict::Several);
    assert!(finding.entries.is_empty());
}

#[test]
fn the_branch_tells_twins_apart_and_its_absence_does_not_exclude() {
    let mut twins = [
        person(1, vec![coverage(EMPLOYER, "4567")]),
        person(2, vec![coverage(EMPLOYER, "4567")]),
    ];
    twins[1].coverages[0].branch = Some(Branch::parse("02").unwrap());
    check(&twins, Verdict::Valid);
    let mut without = question();
    without.branch = None;
    let verdict = evaluate(&without, facility(), &twins).verdict;
    assert_eq!(verdict, Verdict::Several);
    let verdict = evaluate(&without, facility(), &twins[..1]).verdict;
    assert_eq!(verdict, Verdict::Valid);
}

#[test]
fn one_person_regained_the_same_number_and_the_period_of_the_day_counts() {
    let mut first = coverage(EMPLOYER, "4567");
    first.loss = Some(Loss {
        date: day(4, 1),
        reason: None,
    });
    let mut second = coverage(EMPLOYER, "4567");
    second.acquired = Some(day(6, 1));
    let people = [person(1, vec![second.clone(), first.clone()])];
    let finding = evaluate(&question(), facility(), &people);
    assert_eq!(finding.verdict, Verdict::Valid);
    assert_eq!(*finding.entries[0].coverage, second);
    let mut between = question();
    between.visit_date = day(5, 1);
    let finding = evaluate(&between, facility(), &people);
    assert_eq!(finding.verdict, Verdict::Invalid);
    assert_eq!(*finding.entries[0].coverage, first, "the loss is shown");
    let mut before = question();
    before.visit_date = CivilDate::new(2019, 1, 1).unwrap();
    let finding = evaluate(&before, facility(), &people);
    assert_eq!(finding.verdict, Verdict::Invalid);
    assert_eq!(*finding.entries[0].coverage, second, "neither has begun");
}

#[test]
fn the_same_coverage_twice_is_several_and_both_are_shown() {
    let people = [person(
        1,
        vec![coverage(EMPLOYER, "4567"), coverage(EMPLOYER, "4567")],
    )];
    let finding = evaluate(&question(), facility(), &people);
    assert_eq!(finding.verdict, Verdict::Several);
    assert_eq!(finding.entries.len(), 2);
}

#[test]
fn medical_aid_without_a_ticket_for_facility_and_month_is_unregistered() {
    let mut aid = coverage(EMPLOYER, "4567");
    aid.classification = CardClassification::from_code("A1").unwrap();
    check(&[person(1, vec![aid.clone()])], Verdict::ValidUnregistered);
    let month = TreatmentMonth::of(day(11, 1));
    aid.tickets.push(Ticket::new(facility(), month));
    check(&[person(1, vec![aid.clone()])], Verdict::Valid);
    aid.loss = Some(Loss {
        date: day(11, 1),
        reason: None,
    });
    check(&[person(1, vec![aid])], Verdict::Invalid);
}

#[test]
fn only_the_asking_facilitys_tickets_of_the_month_are_shown() {
    let mut aid = coverage(EMPLOYER, "4567");
    aid.classification = CardClassification::MedicalAid;
    let other = InstitutionCode::parse("3410712362").unwrap();
    let ours = Ticket::new(facility(), TreatmentMonth::of(day(11, 1)));
    aid.tickets = vec![
        Ticket::new(other, TreatmentMonth::of(day(11, 1))),
        Ticket::new(facility(), TreatmentMonth::of(day(10, 1))),
        ours.clone(),
    ];
    let people = [person(1, vec![aid])];
    let finding = evaluate(&question(), facility(), &people);
    assert_eq!(finding.entries[0].tickets, [&ours]);
    let nobody = InstitutionCode::parse("1319999998").unwrap();
    assert!(
        evaluate(&question(), nobody, &people).entries[0]
            .tickets
            .is_empty()
    );
}

#[test]
fn the_ceiling_is_answered_only_with_consent_and_only_in_its_period() {
    let mut insured = coverage(EMPLOYER, "4567");
    insured.ceilings.push(CeilingCertificate {
        kind: CertificateKind::from_code("01").unwrap(),
        category: None,
        issued: None,
        period: Period {
            start: Some(day(8, 1)),
            end: Some(day(11, 23)),
        },
        long_term_since: None,
    });
    let people = [person(1, vec![insured])];
    let ceiling = |consent, visit_date| {
        let asked = NumberQuestion {
            ceiling_consent: consent,
            visit_date,
            ..question()
        };
        evaluate(&asked, facility(), &people).entries[0]
            .ceiling
            .is_some()
    };
    assert!(!ceiling(CeilingConsent::NotGiven, day(11, 23)));
    assert!(ceiling(CeilingConsent::Given, day(11, 23)));
    assert!(!ceiling(CeilingConsent::Given, day(11, 24)));
    assert!(!ceiling(CeilingConsent::Given, day(7, 31)));
}

/// A coverage issued on a day, of an insurer.
fn issued(insurer: &str, number: &str, on: CivilDate) -> Coverage {
    let mut it = coverage(insurer, number);
    it.issued = Some(on);
    it.period.start = Some(on);
    it
}

fn check_card(coverages: Vec<Coverage>, verdict: Verdict, numbers: &[&str]) {
    let mut turned = coverages.clone();
    turned.reverse();
    for order in [coverages, turned] {
        let registration = person(1, order);
        let found = evaluate_card(&registration, facility(), day(11, 23));
        assert_eq!(found.verdict, verdict);
        let mut shown: Vec<&str> = found
            .entries
            .iter()
            .map(|it| it.coverage.number.as_str())
            .collect();
        shown.sort_unstable();
        assert_eq!(shown, numbers);
    }
}

#[test]
fn a_card_brings_the_newest_of_all_coverages_that_cover_the_day() {
    let old = issued(EMPLOYER, "1", day(3, 1));
    let new = issued(NATIONAL, "2", day(4, 1));
    check_card(vec![old.clone(), new.clone()], Verdict::Valid, &["2"]);
    let mut lost = new;
    lost.loss = Some(Loss {
        date: day(11, 23),
        reason: None,
    });
    check_card(vec![old, lost], Verdict::Valid, &["1"]);
}

#[test]
fn a_card_of_equal_coverages_brings_all_of_them_and_no_choice() {
    let one = issued(EMPLOYER, "1", day(4, 1));
    let other = issued(EMPLOYER, "2", day(4, 1));
    check_card(vec![one, other], Verdict::Several, &["1", "2"]);
}

#[test]
fn a_card_of_somebody_without_coverage_is_not_valid_or_not_found() {
    let mut lost = coverage(EMPLOYER, "1");
    lost.loss = Some(Loss {
        date: day(10, 1),
        reason: None,
    });
    let mut earlier = coverage(EMPLOYER, "2");
    earlier.loss = Some(Loss {
        date: day(6, 1),
        reason: None,
    });
    let mut registered_ahead = coverage(EMPLOYER, "3");
    registered_ahead.acquired = Some(day(12, 1));
    let mut valid_later = coverage(EMPLOYER, "4");
    valid_later.period.start = Some(day(11, 24));
    let ahead = vec![lost.clone(), registered_ahead.clone(), valid_later];
    check_card(ahead, Verdict::Invalid, &["1"]);
    check_card(vec![registered_ahead], Verdict::Invalid, &["3"]);
    check_card(vec![lost, earlier], Verdict::Invalid, &["1"]);
    check_card(Vec::new(), Verdict::NotFound, &[]);
}

#[test]
fn the_ceiling_comes_with_a_card_without_being_asked_for() {
    let mut it = coverage(EMPLOYER, "1");
    it.ceilings.push(CeilingCertificate {
        kind: CertificateKind::from_code("01").unwrap(),
        category: None,
        issued: None,
        period: Period::default(),
        long_term_since: None,
    });
    let registration = person(1, vec![it]);
    let found = evaluate_card(&registration, facility(), day(11, 23));
    assert!(found.entries[0].ceiling.is_some());
}
