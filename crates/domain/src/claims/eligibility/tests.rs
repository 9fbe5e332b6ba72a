//! Tables of claims and registrations with what must be found.

use super::*;
use crate::claims::Place;
use crate::claims::claim_type::ClaimType;
use crate::claims::facts::{CeilingClass, PublicScheme};
use crate::codes::ceiling::{Category, CertificateKind};
use crate::codes::coverage::CardClassification;
use crate::coverage::certificate::CeilingCertificate;
use crate::coverage::period::Period;
use crate::coverage::{InsurerName, Loss};
use crate::insured::{Branch, InsuredNumber, Symbol};
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::TreatmentMonth;
use crate::person::{Kana, Person, PersonId, PersonName};

const SOCIETY: &str = "06139992";
const MUNICIPAL: &str = "139998";
const VERY_OLD: &str = "39139993";

fn day(text: &str) -> CivilDate {
    CivilDate::parse_compact(text).unwrap()
}

fn coverage(insurer: &str, number: &str, from: &str, lost: Option<&str>) -> Coverage {
    let mut it = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse(insurer).unwrap(),
        InsurerName::parse("架空健康保険").unwrap(),
        InsuredNumber::parse(number).unwrap(),
    );
    it.symbol = Symbol::parse("12").ok();
    it.branch = Branch::parse("01").ok();
    it.relationship = Some(Relationship::Insured);
    it.acquired = Some(day(from));
    it.loss = lost.map(|lost| Loss {
        date: day(lost),
        reason: None,
    });
    it
}

fn registration(coverages: Vec<Coverage>) -> Registration {
    Registration {
        person: Person {
            id: PersonId::from_u128(1),
            name: PersonName::parse("見本　一郎").unwrap(),
            name_of_other: None,
            kana: Kana::parse("ﾐﾎﾝ ｲﾁﾛｳ").ok(),
            kana_of_other: None,
            sex: Sex::Male,
            shown_sex: None,
            birth_date: day("19800401"),
            address: None,
            postal_code: None,
        },
        coverages,
    }
}

/// A claim of October 2026 for the 5th and the 19th.
fn claim() -> Claim {
    Claim {
        place: Place {
            line: 2,
            claim: Some(1),
        },
        month: TreatmentMonth::parse_compact("202610").unwrap(),
        claim_type: ClaimType::parse("1112").unwrap(),
        kana: Kana::parse("ミホンイチロウ").ok(),
        sex: Sex::Male,
        birth_date: day("19800401"),
        benefit_percent: None,
        ceiling: None,
        ceiling_at_window: CeilingAtWindow::NotApplied,
        insurance: Some(Insurance {
            insurer: InsurerNumber::parse(SOCIETY).unwrap(),
            symbol: Symbol::parse("１２").ok(),
            number: InsuredNumber::parse("３４").unwrap(),
            branch: Branch::parse("01").ok(),
            days: [5, 19].into_iter().collect(),
            confirmation: Confirmation::Stated,
        }),
        schemes: Vec::new(),
    }
}

fn check(claim: &Claim, registrations: &[Registration], expected: &[(Rule, &[u8])]) {
    let judgement = judge(claim, registrations, &[]);
    let found: Vec<(Rule, Vec<u8>)> = judgement
        .findings
        .iter()
        .map(|it| (it.rule, it.days.iter().collect()))
        .collect();
    let expected: Vec<(Rule, Vec<u8>)> = expected
        .iter()
        .map(|(rule, days)| (*rule, days.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_coverage_that_held_on_every_day_is_kept_even_beside_a_newer_one() {
    let mut newer = coverage(MUNICIPAL, "77", "20261001", None);
    newer.issued = Some(day("20261001"));
    let people = [registration(vec![
        newer,
        coverage(SOCIETY, "0034", "20250401", None),
    ])];
    check(&claim(), &people, &[]);
    assert_eq!(judge(&claim(), &people, &[]).proposal, Proposal::Keep);
}

#[test]
fn a_month_before_a_renewal_is_judged_by_the_card_of_that_month() {
    let mut before = coverage(SOCIETY, "34", "20250401", None);
    before.period.end = Some(day("20261031"));
    before.ratio = Ratio::from_percent(30);
    let mut line = before.clone();
    line.period = Period {
        start: Some(day("20261101")),
        end: Some(day("20271031")),
    };
    line.ratio = Ratio::from_percent(20);
    let people = [registration(vec![before.renewed(&line)])];
    let mut claim = claim();
    claim.benefit_percent = Some(70);
    check(&claim, &people, &[]);
    claim.benefit_percent = Some(80);
    check(&claim, &people, &[(Rule::BenefitDiffers, &[5, 19])]);
}

#[test]
fn a_coverage_lost_before_the_first_visit_is_moved_as_a_whole() {
    // The day of loss is the first day without.
    let people = [registration(vec![
        coverage(SOCIETY, "34", "20250401", Some("20261005")),
        coverage(MUNICIPAL, "77", "20261005", None),
    ])];
    check(&claim(), &people, &[(Rule::OtherInsurer, &[5, 19])]);
    let judgement = judge(&claim(), &people, &[]);
    assert_eq!(judgement.proposal, Proposal::Move(&people[0].coverages[1]));
}

#[test]
fn a_change_between_two_visits_splits_the_claim_by_day() {
    let people = [registration(vec![
        coverage(SOCIETY, "34", "20250401", Some("20261019")),
        coverage(MUNICIPAL, "77", "20261019", None),
    ])];
    check(&claim(), &people, &[(Rule::SeveralInsurers, &[19])]);
    let Proposal::Split(parts) = judge(&claim(), &people, &[]).proposal else {
        panic!("not split");
    };
    let parts: Vec<(String, Vec<u8>)> = parts
        .iter()
        .map(|it| (it.coverage.insurer.as_digits(), it.days.iter().collect()))
        .collect();
    assert_eq!(
        parts,
        [
            (SOCIETY.to_owned(), vec![5]),
            (MUNICIPAL.to_owned(), vec![19])
        ]
    );
}

#[test]
fn days_without_any_coverage_or_with_equal_ones_are_left_to_a_person() {
    let lost = coverage(SOCIETY, "34", "20250401", Some("20261010"));
    let people = [registration(vec![lost.clone()])];
    check(&claim(), &people, &[(Rule::NotInsured, &[19])]);
    let twice = |number| coverage("06139976", number, "20261010", None);
    let people = [registration(vec![lost, twice("1"), twice("2")])];
    check(&claim(), &people, &[(Rule::SeveralCoverages, &[19])]);
    assert_eq!(
        judge(&claim(), &people, &[]).proposal,
        Proposal::Decide([19].into_iter().collect())
    );
}

#[test]
fn a_claim_with_a_public_scheme_is_told_not_to_be_moved() {
    let people = [registration(vec![
        coverage(SOCIETY, "34", "20250401", Some("20261005")),
        coverage(MUNICIPAL, "77", "20261005", None),
    ])];
    let mut it = claim();
    it.schemes.push(PublicScheme {
        payer: Payer::FirstScheme,
        bearer: InsurerNumber::parse("54139993").unwrap(),
        beneficiary: None,
        days: [5].into_iter().collect(),
    });
    check(
        &it,
        &people,
        &[
            (Rule::OtherInsurer, &[5, 19]),
            (Rule::NotMovedWithScheme, &[]),
        ],
    );
}

#[test]
fn nobody_is_told_of_for_a_wrong_number_or_birth_date() {
    let people = [registration(vec![coverage(
        SOCIETY, "35", "20250401", None,
    )])];
    check(&claim(), &people, &[(Rule::NotFound, &[])]);
    let people = [registration(vec![coverage(
        SOCIETY, "34", "20250401", None,
    )])];
    let mut other = claim();
    other.birth_date = day("19800402");
    check(&other, &people, &[(Rule::BirthDateDiffers, &[])]);
    assert_eq!(
        Rule::BirthDateDiffers.severity(),
        crate::claims::Severity::Claim
    );
}

#[test]
fn a_newborn_of_a_registered_parents_number_is_not_refused() {
    let parent = registration(vec![coverage(SOCIETY, "34", "20250401", None)]);
    let mut it = claim();
    it.kana = Kana::parse("ミホンハナ").ok();
    it.sex = Sex::Female;
    it.birth_date = day("20261001");
    it.claim_type = ClaimType::parse("1114").unwrap();
    it.insurance.as_mut().unwrap().branch = Branch::parse("03").ok();
    let people = [parent];
    check(&it, &people, &[(Rule::NobodyBornThen, &[])]);
    assert_eq!(
        Rule::NobodyBornThen.severity(),
        crate::claims::Severity::Warning
    );
    it.insurance.as_mut().unwrap().branch = None;
    check(&it, &people, &[(Rule::NobodyBornThen, &[])]);
    assert_eq!(
        judge(&it, &people, &[]).proposal,
        Proposal::Decide(it.days())
    );
}

#[test]
fn another_birth_date_refuses_where_the_number_is_one_persons() {
    let mut own = coverage(VERY_OLD, "34", "20250401", None);
    (own.branch, own.symbol) = (None, None);
    let mut of_very_old = claim();
    let insurance = of_very_old.insurance.as_mut().unwrap();
    insurance.insurer = InsurerNumber::parse(VERY_OLD).unwrap();
    (insurance.branch, insurance.symbol) = (None, None);
    let mut aid = coverage("12139990", "1234567", "20261001", None);
    aid.classification = CardClassification::MedicalAid;
    aid.symbol = None;
    let of_aid = of_schemes(&[("12139990", "1234567")]);
    for (mut it, coverage) in [(of_very_old, own), (of_aid, aid)] {
        it.kana = None;
        it.birth_date = day("19800402");
        let people = [registration(vec![coverage])];
        check(&it, &people, &[(Rule::BirthDateDiffers, &[])]);
    }
}

#[test]
fn another_birth_date_refuses_where_branch_or_reading_and_sex_tell_who_is_meant() {
    let parent = registration(vec![coverage(SOCIETY, "34", "20250401", None)]);
    let mut of_branch = claim();
    of_branch.birth_date = day("19800402");
    of_branch.kana = None;
    check(
        &of_branch,
        std::slice::from_ref(&parent),
        &[(Rule::BirthDateDiffers, &[])],
    );
    let mut of_reading = claim();
    of_reading.birth_date = day("19800402");
    of_reading.insurance.as_mut().unwrap().branch = None;
    check(
        &of_reading,
        std::slice::from_ref(&parent),
        &[(Rule::BirthDateDiffers, &[])],
    );
    // Two of one reading: which of them is meant is not known.
    let mut other = parent.clone();
    other.person.birth_date = day("20100401");
    check(
        &of_reading,
        &[parent.clone(), other],
        &[(Rule::NobodyBornThen, &[])],
    );
    of_reading.sex = Sex::Female;
    check(&of_reading, &[parent], &[(Rule::NobodyBornThen, &[])]);
}

#[test]
fn twins_are_told_apart_by_branch_and_then_by_reading() {
    let mut other = registration(vec![coverage(SOCIETY, "34", "20250401", None)]);
    other.person.kana = Kana::parse("ﾐﾎﾝ ｼﾞﾛｳ").ok();
    other.coverages[0].branch = Branch::parse("02").ok();
    let people = [
        other,
        registration(vec![coverage(SOCIETY, "34", "20250401", None)]),
    ];
    check(&claim(), &people, &[]);
    let mut it = claim();
    it.insurance.as_mut().unwrap().branch = None;
    check(&it, &people, &[(Rule::BranchMissing, &[5, 19])]);
    it.kana = None;
    check(&it, &people, &[(Rule::SeveralPeople, &[])]);
}

#[test]
fn what_is_registered_otherwise_is_found_one_by_one() {
    type Change = fn(&mut Claim, &mut Registration);
    let table: [(Change, Rule, &[u8]); 12] = [
        (|it, _| it.sex = Sex::Female, Rule::SexDiffers, &[]),
        (
            |it, _| it.kana = Kana::parse("ミホンサブロウ").ok(),
            Rule::KanaDiffers,
            &[],
        ),
        (
            |it, _| it.claim_type = ClaimType::parse("1114").unwrap(),
            Rule::PreschoolDiffers,
            &[],
        ),
        (
            |it, _| it.claim_type = ClaimType::parse("1116").unwrap(),
            Rule::RelationshipDiffers,
            &[5, 19],
        ),
        (
            |it, _| it.claim_type = ClaimType::parse("1312").unwrap(),
            Rule::TypeDiffers,
            &[5, 19],
        ),
        (
            |it, _| it.insurance.as_mut().unwrap().branch = Branch::parse("2").ok(),
            Rule::BranchDiffers,
            &[5, 19],
        ),
        (
            |it, _| it.insurance.as_mut().unwrap().branch = None,
            Rule::BranchMissing,
            &[5, 19],
        ),
        (
            |it, who| {
                it.benefit_percent = Some(80);
                who.coverages[0].ratio = Ratio::from_percent(30);
            },
            Rule::BenefitDiffers,
            &[5, 19],
        ),
        (
            |it, who| {
                it.claim_type = ClaimType::parse("1110").unwrap();
                who.coverages[0].ratio = Ratio::from_percent(20);
            },
            Rule::ShareDiffers,
            &[5, 19],
        ),
        (
            |it, who| {
                it.ceiling = Some(CeilingClass::A);
                who.coverages[0].ceilings.push(ceiling_of(Category::A03));
            },
            Rule::CeilingDiffers,
            &[5, 19],
        ),
        (
            |it, who| {
                it.ceiling_at_window = CeilingAtWindow::Applied;
                who.coverages[0].ceilings.push(ceiling_of(Category::A03));
            },
            Rule::CeilingNotStated,
            &[5, 19],
        ),
        (
            |it, _| it.ceiling_at_window = CeilingAtWindow::Applied,
            Rule::CeilingUnknown,
            &[5, 19],
        ),
    ];
    for (change, rule, days) in table {
        let mut it = claim();
        let mut who = registration(vec![coverage(SOCIETY, "34", "20250401", None)]);
        change(&mut it, &mut who);
        // Without rows the order of findings does not matter: the coverage's come first.
        check(&it, &[who], &[(rule, days)]);
    }
}

fn ceiling_of(category: Category) -> CeilingCertificate {
    CeilingCertificate {
        kind: CertificateKind::Ceiling,
        category: Some(category),
        issued: None,
        period: Period::default(),
        long_term_since: None,
    }
}

#[test]
fn a_person_of_the_very_old_has_neither_symbol_nor_branch() {
    let mut known = coverage(VERY_OLD, "99999997", "20200401", None);
    known.symbol = None;
    known.branch = None;
    let mut who = registration(vec![known]);
    who.person.birth_date = day("19450115");
    let mut it = claim();
    it.birth_date = day("19450115");
    it.claim_type = ClaimType::parse("1318").unwrap();
    let insurance = it.insurance.as_mut().unwrap();
    insurance.insurer = InsurerNumber::parse(VERY_OLD).unwrap();
    insurance.symbol = None;
    insurance.branch = None;
    insurance.number = InsuredNumber::parse("99999997").unwrap();
    check(&it, &[who], &[]);
}

#[test]
fn medical_aid_must_hold_on_its_days() {
    let mut aid = coverage("12139990", "1234567", "20261010", None);
    aid.classification = CardClassification::MedicalAid;
    aid.symbol = None;
    let people = [registration(vec![aid])];
    let mut it = claim();
    it.insurance = None;
    it.claim_type = ClaimType::parse("1212").unwrap();
    it.schemes.push(PublicScheme {
        payer: Payer::FirstScheme,
        bearer: InsurerNumber::parse("12139990").unwrap(),
        beneficiary: InsuredNumber::parse("1234567").ok(),
        days: [5, 19].into_iter().collect(),
    });
    check(&it, &people, &[(Rule::SchemeNotValid, &[5])]);
}

/// A claim of public schemes alone, by their numbers and those of their beneficiaries.
fn of_schemes(numbers: &[(&str, &str)]) -> Claim {
    let schemes = Payer::ALL.iter().skip(1).zip(numbers);
    Claim {
        insurance: None,
        claim_type: ClaimType::parse("1222").unwrap(),
        schemes: schemes
            .map(|(payer, (bearer, beneficiary))| PublicScheme {
                payer: *payer,
                bearer: InsurerNumber::parse(bearer).unwrap(),
                beneficiary: InsuredNumber::parse(beneficiary).ok(),
                days: [5, 19].into_iter().collect(),
            })
            .collect(),
        ..claim()
    }
}

#[test]
fn beside_other_schemes_the_person_is_found_by_medical_aid() {
    let mut aid = coverage("12139990", "1234567", "20261001", None);
    aid.classification = CardClassification::MedicalAid;
    aid.symbol = None;
    for other in ["21139993", "54139993"] {
        let it = of_schemes(&[(other, "9999996"), ("12139990", "1234567")]);
        assert_eq!(it.key(), Some(aid.key()));
        check(&it, &[registration(vec![aid.clone()])], &[]);
        check(&it, &[], &[(Rule::NotFound, &[])]);
    }
}

#[test]
fn public_schemes_without_medical_aid_are_held_against_nothing() {
    let it = of_schemes(&[("21139993", "9999996"), ("54139993", "9999996")]);
    assert_eq!(it.key(), None);
    check(&it, &[], &[]);
    assert_eq!(judge(&it, &[], &[]).proposal, Proposal::Keep);
}

#[test]
fn the_type_of_a_claim_of_medical_aid_alone_knows_no_child() {
    let mut aid = coverage("12139990", "1234567", "20261001", None);
    aid.classification = CardClassification::MedicalAid;
    aid.symbol = None;
    let mut who = registration(vec![aid]);
    who.person.birth_date = day("20220401");
    let mut it = claim();
    it.birth_date = day("20220401");
    it.insurance = None;
    it.claim_type = ClaimType::parse("1212").unwrap();
    it.schemes.push(PublicScheme {
        payer: Payer::FirstScheme,
        bearer: InsurerNumber::parse("12139990").unwrap(),
        beneficiary: InsuredNumber::parse("1234567").ok(),
        days: [5, 19].into_iter().collect(),
    });
    check(&it, &[who], &[]);
}

#[test]
fn a_month_without_any_check_is_told() {
    let people = [registration(vec![coverage(
        SOCIETY, "34", "20250401", None,
    )])];
    let mut it = claim();
    it.insurance.as_mut().unwrap().confirmation = Confirmation::Missing;
    check(&it, &people, &[(Rule::NeverConfirmed, &[])]);
    let checked = judge(&it, &people, &[day("20261005")]);
    assert!(checked.findings.is_empty());
}

#[test]
fn children_are_below_school_age_until_the_end_of_march() {
    for (born, last) in [
        ("20200401", "20260331"),
        ("20200402", "20270331"),
        ("20200331", "20260331"),
        ("20201231", "20270331"),
    ] {
        assert_eq!(last_day_before_school(day(born)), day(last), "{born}");
    }
}
