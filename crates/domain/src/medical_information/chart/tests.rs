//! Records of a person in few words, and the rules of reading them as tables and properties.

use proptest::prelude::*;

use super::bar::Evidence;
use super::course::{Altered, State};
use super::dose::Direction;
use super::flag::{Concern, flags};
use super::supply::{Length, supplies};
use super::*;
use crate::institution_code::InstitutionCode;
use crate::medical_aid::TreatmentMonth;
use crate::medical_information::drugs::{Drug, DrugDay, NamedFacility};
use crate::medical_information::interactions::Pairs;
use crate::medical_information::{Amount, MedicalText};

const A: &str = "1311234567";
const B: &str = "1312345678";
const PHARMACY: &str = "1349999999";

fn day(month: i8, day: i8) -> CivilDate {
    CivilDate::new(2026, month, day).unwrap()
}

/// The day the charts of these tests are read on.
fn today() -> CivilDate {
    day(11, 26)
}

fn facility(code: &str) -> NamedFacility {
    NamedFacility {
        code: InstitutionCode::parse(code).ok(),
        name: None,
    }
}

/// One line of one record.
#[derive(Debug, Clone)]
struct Line {
    source: Source,
    on: CivilDate,
    by: &'static str,
    name: &'static str,
    ingredient: Option<&'static str>,
    quantity: &'static str,
    usage: &'static str,
    times: u16,
}

/// Twenty-eight days of a tablet of 10 mg a day, dispensed, by prescriber A.
fn line(on: CivilDate) -> Line {
    Line {
        source: Source::Dispensing,
        on,
        by: A,
        name: "架空錠１０ｍｇ",
        ingredient: Some("架空成分"),
        quantity: "1",
        usage: "１日１回朝食後",
        times: 28,
    }
}

fn drug(line: &Line) -> Drug {
    Drug {
        ingredient: line.ingredient.and_then(|it| MedicalText::parse(it).ok()),
        quantity: Amount::parse(line.quantity).ok(),
        unit: MedicalText::parse("錠").ok(),
        usage: MedicalText::parse(line.usage).ok(),
        times: Some(line.times),
        ..Drug::new(MedicalText::parse(line.name).unwrap())
    }
}

fn record(line: &Line) -> DrugMonth {
    let mut record = DrugMonth::new(line.source, TreatmentMonth::of(line.on));
    record.prescriber = facility(line.by);
    let is_prescription = line.source == Source::Prescription;
    if !is_prescription {
        record.dispenser = facility(PHARMACY);
    }
    record.days.push(DrugDay {
        dispensed: (!is_prescription).then_some(line.on),
        prescribed: Some(line.on),
        drugs: vec![drug(line)],
        treatments: Vec::new(),
    });
    record
}

fn chart(lines: &[Line]) -> Chart {
    let records: Vec<DrugMonth> = lines.iter().map(record).collect();
    Chart::of(&records, today())
}

fn altered(chart: &Chart) -> Vec<Altered> {
    let changes = chart.courses.iter().flat_map(|it| &it.changes);
    changes.map(|it| it.altered).collect()
}

fn concerns(chart: &Chart) -> Vec<(Concern, bool)> {
    let flags = flags(chart);
    flags.iter().map(|it| (it.concern, it.is_now)).collect()
}

#[test]
fn one_supply_told_by_prescription_dispensing_and_claim_is_one_course_and_no_concern() {
    let of = |source| Line {
        source,
        ..line(day(11, 10))
    };
    let chart = chart(&[
        of(Source::Claims),
        of(Source::Prescription),
        of(Source::Dispensing),
    ]);
    assert_eq!(chart.courses.len(), 1);
    assert_eq!(chart.courses[0].supplies.len(), 1);
    assert_eq!(chart.courses[0].supplies[0].sources.len(), 3);
    assert_eq!(concerns(&chart), []);
    assert_eq!(chart.courses[0].state, State::Covered { until: day(12, 7) });
}

#[test]
fn two_lines_of_one_dispensing_are_two_supplies_taken_together() {
    let morning = line(day(11, 10));
    let evening = Line {
        usage: "１日１回夕食後",
        ..morning.clone()
    };
    let chart = chart(&[morning, evening]);
    assert_eq!(chart.courses[0].supplies.len(), 2);
    assert_eq!(chart.courses[0].latest().len(), 2);
    assert_eq!(concerns(&chart), []);
}

#[test]
fn a_claim_that_says_otherwise_than_the_dispensing_is_a_difference_of_records_and_no_double_drug() {
    let dispensed = line(day(11, 10));
    let claimed = Line {
        source: Source::Claims,
        quantity: "2",
        ..dispensed.clone()
    };
    let chart = chart(&[dispensed, claimed]);
    assert_eq!(concerns(&chart), [(Concern::RecordsDiffer, true)]);
}

#[test]
fn a_prescription_without_a_dispensing_is_told_as_such() {
    let prescribed = Line {
        source: Source::Prescription,
        ..line(day(11, 20))
    };
    let chart = chart(&[prescribed]);
    let until = day(12, 17);
    assert_eq!(chart.courses[0].state, State::OnlyPrescribed { until });
    assert!(chart.courses[0].supplies[0].is_only_prescribed());
}

#[test]
fn a_generic_dispensed_upon_a_prescription_is_its_supply_and_names_what_was_prescribed() {
    let prescribed = Line {
        source: Source::Prescription,
        ..line(day(11, 10))
    };
    let dispensed = Line {
        name: "カクウ錠１０ｍｇ「見本」",
        ..line(day(11, 10))
    };
    let chart = chart(&[prescribed, dispensed]);
    let supply = &chart.courses[0].supplies[0];
    assert_eq!(chart.courses[0].supplies.len(), 1);
    assert_eq!(
        supply.prescribed_as.as_ref().unwrap().as_str(),
        "架空錠１０ｍｇ"
    );
}

#[test]
fn what_changed_from_visit_to_visit_is_named() {
    let first = line(day(9, 29));
    let second = || line(day(10, 27));
    let cases: [(&str, Line, &[Altered]); 7] = [
        ("nothing", second(), &[]),
        (
            "the product alone",
            Line {
                name: "カクウ錠１０ｍｇ「見本」",
                ..second()
            },
            &[Altered::Product],
        ),
        (
            "twice as many",
            Line {
                quantity: "2",
                ..second()
            },
            &[Altered::Dose(Direction::More)],
        ),
        (
            "half the strength",
            Line {
                name: "架空錠５ｍｇ",
                ..second()
            },
            &[Altered::Dose(Direction::Less), Altered::Product],
        ),
        (
            "half the strength, twice as many",
            Line {
                name: "架空錠５ｍｇ",
                quantity: "2",
                ..second()
            },
            &[Altered::Product],
        ),
        (
            "a product without strength",
            Line {
                name: "架空散",
                quantity: "2",
                ..second()
            },
            &[Altered::Product],
        ),
        (
            "the time of day",
            Line {
                usage: "１日１回就寝前",
                ..second()
            },
            &[Altered::Usage],
        ),
    ];
    for (case, second, expected) in cases {
        assert_eq!(
            altered(&chart(&[first.clone(), second])),
            expected,
            "{case}"
        );
    }
}

#[test]
fn a_pause_is_named_and_a_few_days_are_none() {
    // The first supply ends on August 30.
    for (on, expected) in [
        (day(9, 14), None),
        (day(9, 15), Some(Altered::Resumed { after_days: 15 })),
    ] {
        let found = altered(&chart(&[line(day(8, 3)), line(on)]));
        let resumed = found.into_iter().find(|it| *it != Altered::RanOut);
        assert_eq!(resumed, expected);
    }
}

#[test]
fn where_a_course_stands_follows_from_its_last_day() {
    for (on, state) in [
        (day(10, 30), State::Covered { until: day(11, 26) }),
        (day(10, 29), State::MayGoOn { ended: day(11, 25) }),
        (day(8, 29), State::MayGoOn { ended: day(9, 25) }),
        (day(8, 28), State::Past { last: day(9, 24) }),
    ] {
        assert_eq!(chart(&[line(on)]).courses[0].state, state, "{on:?}");
    }
    let when_needed = |on| Line {
        usage: "発熱時",
        ..line(on)
    };
    for (on, state) in [
        (day(8, 28), State::Recent { on: day(8, 28) }),
        (day(8, 27), State::Past { last: day(8, 27) }),
    ] {
        assert_eq!(chart(&[when_needed(on)]).courses[0].state, state, "{on:?}");
    }
}

#[test]
fn two_prescribers_of_an_ingredient_at_the_same_time_need_a_look() {
    let other = |on| Line {
        by: B,
        name: "カクウ錠１０ｍｇ「見本」",
        ..line(on)
    };
    let own = line(day(11, 10));
    for (case, second, expected) in [
        (
            "at the same time",
            other(day(11, 12)),
            vec![(Concern::TwoPrescribers, true)],
        ),
        ("one after the other", other(day(10, 13)), vec![]),
        (
            "by a day",
            other(day(10, 14)),
            vec![(Concern::TwoPrescribers, false)],
        ),
    ] {
        let chart = chart(&[own.clone(), second]);
        assert_eq!(concerns(&chart), expected, "{case}");
        assert_eq!(chart.courses.len(), 1);
    }
}

#[test]
fn what_two_prescribers_supply_for_today_is_taken_both() {
    let other = Line {
        by: B,
        ..line(day(11, 12))
    };
    let chart = chart(&[line(day(10, 13)), line(day(11, 10)), other]);
    let taken = chart.courses[0].taken(today());
    let began: Vec<_> = taken.iter().map(|it| it.start()).collect();
    assert_eq!(began, [Some(day(11, 12)), Some(day(11, 10))]);
}

#[test]
fn a_pair_of_the_list_is_told_where_both_may_be_taken_and_never_else() {
    let other = |on| Line {
        name: "別の錠５ｍｇ",
        ingredient: Some("別の成分"),
        ..line(on)
    };
    let text = "a\tb\tnote_ja\tnote_en\tsource\n別の成分\t架空成分\t例\texample\tmade up\n";
    let pairs = Pairs::parse(text).unwrap();
    for (on, expected) in [(day(11, 12), 1), (day(5, 12), 0)] {
        let chart = chart(&[line(day(11, 10)), other(on)]);
        let found = interaction::found(&chart, &pairs);
        assert_eq!(found.len(), expected, "{on:?}");
        assert!(interaction::found(&chart, &Pairs::default()).is_empty());
    }
}

#[test]
fn a_drug_for_when_it_is_needed_is_no_change_of_the_daily_one() {
    let when_needed = Line {
        name: "架空散",
        usage: "頭痛時",
        ..line(day(11, 20))
    };
    assert_eq!(altered(&chart(&[line(day(11, 10)), when_needed])), []);
}

#[test]
fn one_prescribers_supplies_overlap_only_beyond_the_days_people_come_early() {
    let first = line(day(10, 13));
    // It ends on November 9.
    for (on, expected) in [
        (day(11, 3), vec![]),
        (day(11, 2), vec![(Concern::Overlap, false)]),
    ] {
        assert_eq!(concerns(&chart(&[first.clone(), line(on)])), expected);
    }
}

#[test]
fn a_second_prescriber_beside_one_who_goes_on_changes_no_dose() {
    let half = Line {
        by: B,
        quantity: "0.5",
        ..line(day(11, 5))
    };
    // The first one's supply ends on November 9, and is renewed the day after.
    let began = line(day(10, 13));
    let beside = chart(&[began.clone(), half.clone(), line(day(11, 10))]);
    assert_eq!(altered(&beside), []);
    assert_eq!(
        concerns(&beside).first(),
        Some(&(Concern::TwoPrescribers, true))
    );
    // Who supplies no more has passed the patient on.
    assert_eq!(altered(&chart(&[began, half])).len(), 1);
}

#[test]
fn beside_one_another_is_no_change_of_dose() {
    let double = Line {
        by: B,
        quantity: "2",
        ..line(day(11, 2))
    };
    let chart = chart(&[line(day(10, 27)), double]);
    assert_eq!(altered(&chart), []);
    assert_eq!(concerns(&chart), [(Concern::TwoPrescribers, false)]);
}

#[test]
fn a_drug_whose_record_lacks_the_ingredient_is_known_by_its_product() {
    let claimed = Line {
        source: Source::Claims,
        ingredient: None,
        ..line(day(9, 29))
    };
    assert_eq!(chart(&[claimed, line(day(10, 27))]).courses.len(), 1);
}

#[test]
fn how_long_a_supply_lasts_is_read_from_its_usage_alone() {
    for (usage, expected) in [
        ("１日３回毎食後", Length::Days(28)),
        ("分２ 朝夕食後", Length::Days(28)),
        ("就寝時", Length::Days(28)),
        ("１日２回 ８時・２０時", Length::Days(28)),
        ("１日１回朝食後 １２時間おき", Length::Days(28)),
        ("頭痛時", Length::WhenNeeded),
        ("頓用", Length::WhenNeeded),
        ("１日２回 患部に塗布", Length::Unknown),
        ("１日２回 両眼に点眼", Length::Unknown),
        ("週１回 起床時", Length::Unknown),
        ("隔日 朝食後", Length::Unknown),
        ("医師の指示通り", Length::Unknown),
    ] {
        let drug = drug(&Line {
            usage,
            ..line(today())
        });
        assert_eq!(Length::of(&drug), expected, "{usage}");
    }
    for times in [0, 367, u16::MAX] {
        let drug = drug(&Line {
            times,
            ..line(today())
        });
        assert_eq!(Length::of(&drug), Length::Unknown, "{times}");
    }
}

#[test]
fn records_that_name_no_day_have_no_period_and_raise_nothing() {
    let mut records: Vec<DrugMonth> = [line(day(9, 29)), line(day(10, 27))]
        .iter()
        .map(record)
        .collect();
    for day in records.iter_mut().flat_map(|it| &mut it.days) {
        (day.dispensed, day.prescribed) = (None, None);
    }
    let chart = Chart::of(&records, today());
    assert_eq!(chart.courses[0].state, State::Undated);
    assert_eq!((altered(&chart), concerns(&chart)), (vec![], vec![]));
    assert_eq!(chart.newest[&Source::Dispensing], day(10, 1));
}

fn bars(lines: &[Line]) -> Vec<Vec<(CivilDate, CivilDate, Evidence)>> {
    let told = |it: &bar::Bar| (it.days.first, it.days.last, it.evidence);
    let lanes = bar::lanes(&chart(lines).courses[0]);
    lanes
        .iter()
        .map(|lane| lane.iter().map(told).collect())
        .collect()
}

#[test]
fn supplies_that_follow_one_another_are_one_bar_and_a_gap_parts_them() {
    let month = |on| Line {
        times: 10,
        ..line(on)
    };
    let dispensed = |first, last| (first, last, Evidence::Dispensed);
    let (first, second) = (month(day(10, 1)), month(day(10, 11)));
    assert_eq!(
        bars(&[first.clone(), second]),
        [[dispensed(day(10, 1), day(10, 20))]]
    );
    assert_eq!(
        bars(&[first.clone(), month(day(10, 12))]),
        [[
            dispensed(day(10, 1), day(10, 10)),
            dispensed(day(10, 12), day(10, 21))
        ]]
    );
    // Three days early: nothing is counted on top.
    assert_eq!(
        bars(&[first, month(day(10, 8))]),
        [[dispensed(day(10, 1), day(10, 17))]]
    );
}

#[test]
fn what_rests_on_another_record_is_a_bar_of_its_own_and_two_prescribers_have_two_lanes() {
    let claimed = Line {
        source: Source::Claims,
        ..line(day(9, 1))
    };
    let dispensed = line(day(9, 28));
    let other = Line {
        by: B,
        ..line(day(10, 10))
    };
    assert_eq!(
        bars(&[claimed, dispensed, other]),
        [
            vec![
                (day(9, 1), day(9, 27), Evidence::Claimed),
                (day(9, 28), day(10, 25), Evidence::Dispensed)
            ],
            vec![(day(10, 10), day(11, 6), Evidence::Dispensed)]
        ]
    );
}

prop_compose! {
    fn any_line()(
        source in prop::sample::select(vec![Source::Claims, Source::Dispensing, Source::Prescription]),
        after in 0_i32..120,
        by in prop::sample::select(vec![A, B]),
        name in prop::sample::select(vec!["架空錠１０ｍｇ", "架空錠５ｍｇ", "カクウ錠１０ｍｇ「見本」"]),
        ingredient in prop::sample::select(vec![Some("架空成分"), None]),
        quantity in prop::sample::select(vec!["1", "2"]),
        usage in prop::sample::select(vec!["１日１回朝食後", "発熱時", "１日２回 患部に塗布"]),
        times in 1_u16..40,
    ) -> Line {
        Line { source, on: day(8, 1).plus_days(after), by, name, ingredient, quantity, usage, times }
    }
}

proptest! {
    #[test]
    fn the_order_of_the_records_never_matters(
        lines in prop::collection::vec(any_line(), 0..12),
        by in 0_usize..12,
    ) {
        let mut turned = lines.clone();
        turned.rotate_left(by.min(lines.len()));
        turned.reverse();
        prop_assert_eq!(chart(&lines), chart(&turned));
    }

    #[test]
    fn no_record_is_lost_and_none_told_twice(lines in prop::collection::vec(any_line(), 0..12)) {
        let records: Vec<DrugMonth> = lines.iter().map(record).collect();
        let found = supplies(&records);
        for source in [Source::Claims, Source::Dispensing] {
            let told = found.iter().filter(|it| it.sources.contains(&source)).count();
            prop_assert_eq!(told, lines.iter().filter(|it| it.source == source).count());
        }
        let only = found.iter().filter(|it| it.is_only_prescribed()).count();
        prop_assert!(only <= lines.iter().filter(|it| it.source == Source::Prescription).count());
    }

    #[test]
    fn the_claims_of_what_was_dispensed_raise_nothing_new(lines in prop::collection::vec(any_line(), 0..8)) {
        let dispensed = || lines.iter().map(|it| Line { source: Source::Dispensing, ..it.clone() });
        let claims = dispensed().map(|it| Line { source: Source::Claims, ..it });
        let alone: Vec<Line> = dispensed().collect();
        let both: Vec<Line> = dispensed().chain(claims).collect();
        prop_assert_eq!(flags(&chart(&alone)), flags(&chart(&both)));
    }

    #[test]
    fn the_bars_of_a_lane_never_overlap_and_cover_no_day_that_no_supply_covers(lines in prop::collection::vec(any_line(), 0..12)) {
        for course in chart(&lines).courses {
            for lane in bar::lanes(&course) {
                for (before, after) in lane.iter().zip(lane.iter().skip(1)) {
                    prop_assert!(before.days.last < after.days.first);
                }
                for bar in lane {
                    let is_covered = |day| course.supplies.iter().filter_map(|it| it.days()).any(|it| it.has(day));
                    prop_assert!((0..bar.days.count()).all(|it| is_covered(bar.days.first.plus_days(it))));
                }
            }
        }
    }

    #[test]
    fn a_flag_names_supplies_that_are_there_and_days_they_share(lines in prop::collection::vec(any_line(), 0..12)) {
        let chart = chart(&lines);
        for flag in flags(&chart) {
            let course = &chart.courses[flag.course];
            for pair in &flag.pairs {
                let (a, b) = (&course.supplies[pair.first], &course.supplies[pair.second]);
                let shared = a.days().zip(b.days()).and_then(|(a, b)| a.shared(b));
                prop_assert_eq!(shared, pair.days);
            }
        }
    }
}
