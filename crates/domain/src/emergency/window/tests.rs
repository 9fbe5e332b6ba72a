//! Windows at their edges, with one operator and with two, over each other.

use super::*;

fn at(seconds: i64) -> Instant {
    Instant::from_micros(0).plus_seconds(1_000_000 + seconds)
}

fn tokyo() -> Reach {
    let prefectures = [Prefecture::parse("13").unwrap()].into();
    Reach::Within(Places {
        prefectures,
        ..Places::default()
    })
}

fn planned(id: u128, kind: WindowKind, reach: Reach, from: i64) -> Planned {
    Planned {
        id,
        kind,
        reach,
        reason: "地震".into(),
        from: at(from),
    }
}

fn disaster(operators: Operators) -> EmergencyWindow {
    let planned = planned(1, WindowKind::Disaster, tokyo(), 0);
    EmergencyWindow::open(planned, at(100), "a", at(0), operators).unwrap()
}

fn facility(code: &str) -> InstitutionCode {
    InstitutionCode::parse(code).unwrap()
}

#[test]
fn a_window_is_open_at_its_first_instant_and_not_at_its_last() {
    let window = disaster(Operators::One);
    let micro = |instant: Instant, by: i64| Instant::from_micros(instant.as_micros() + by);
    assert!(!window.is_open(micro(at(0), -1)));
    assert!(window.is_open(at(0)));
    assert!(window.is_open(micro(at(100), -1)));
    assert!(!window.is_open(at(100)));
    assert_eq!(window.standing(at(100)), Standing::Ended);
}

#[test]
fn nothing_opens_before_another_operator_approves() {
    let window = disaster(Operators::Two);
    assert_eq!(window.standing(at(1)), Standing::Waiting);
    assert!(!window.is_open(at(1)));
    let same = window.clone().approve("a", &[], at(1));
    assert_eq!(same, Err(RefusedStep::OnePerson(OnePerson::Same)));
    let made = Given {
        to: "b".into(),
        by: "a".into(),
        at: at(0),
    };
    let own = window.clone().approve("b", &[made], at(1));
    assert_eq!(own, Err(RefusedStep::OnePerson(OnePerson::GivenByOne)));
    let window = window.approve("b", &[], at(10)).unwrap();
    assert!(!window.is_open(at(9)) && window.is_open(at(10)));
    let again = window.approve("c", &[], at(11));
    assert_eq!(again, Err(RefusedStep::NotWaiting));
}

#[test]
fn a_window_nobody_approved_before_its_end_is_over() {
    let window = disaster(Operators::Two);
    assert_eq!(window.approve("b", &[], at(100)), Err(RefusedStep::Over));
}

#[test]
fn a_later_end_counts_from_its_approval_and_never_fills_a_gap() {
    let window = disaster(Operators::Two).approve("b", &[], at(1)).unwrap();
    let earlier = window.clone().extend(at(100), "a", at(2), Operators::Two);
    assert_eq!(earlier, Err(RefusedStep::NotLater));
    let waiting = window.extend(at(200), "a", at(2), Operators::Two).unwrap();
    assert!(waiting.is_open(at(50)) && !waiting.is_open(at(150)));
    let twice = waiting.clone().extend(at(300), "a", at(3), Operators::Two);
    assert_eq!(twice, Err(RefusedStep::Waiting));
    let late = waiting.clone().approve("b", &[], at(120));
    assert_eq!(late, Err(RefusedStep::Over));
    let extended = waiting.approve("b", &[], at(99)).unwrap();
    assert!(extended.is_open(at(199)) && !extended.is_open(at(200)));
}

#[test]
fn closing_ends_it_at_once_and_for_good_by_one_operator() {
    let window = disaster(Operators::Two).approve("b", &[], at(1)).unwrap();
    let closed = window.close("a", at(10)).unwrap();
    assert!(closed.is_open(at(9)) && !closed.is_open(at(10)));
    assert_eq!(closed.until(), at(10));
    for step in [
        closed.clone().close("b", at(11)),
        closed.clone().extend(at(500), "b", at(11), Operators::One),
    ] {
        assert_eq!(step, Err(RefusedStep::Over));
    }
    let taken_back = disaster(Operators::Two).close("a", at(1)).unwrap();
    assert_eq!(
        taken_back.approve("b", &[], at(2)),
        Err(RefusedStep::NotWaiting)
    );
}

#[test]
fn a_window_that_cannot_be_is_refused_with_its_reason() {
    let open = |planned, until| EmergencyWindow::open(planned, until, "a", at(0), Operators::One);
    let good = || planned(1, WindowKind::Disaster, tokyo(), 0);
    assert_eq!(open(good(), at(0)), Err(RefusedStep::End));
    assert_eq!(
        open(planned(1, WindowKind::Disaster, tokyo(), -50), at(-1)),
        Err(RefusedStep::End)
    );
    assert_eq!(open(good(), at(93 * 86_400)), Err(RefusedStep::TooLong));
    let silent = Planned {
        reason: "　".into(),
        ..good()
    };
    assert_eq!(open(silent, at(100)), Err(RefusedStep::Reason));
    let by_area = planned(1, WindowKind::Outage, tokyo(), 0);
    assert_eq!(
        open(by_area, at(100)),
        Err(RefusedStep::Reach(InvalidReach::OutageByArea))
    );
}

#[test]
fn overlapping_windows_of_a_kind_end_with_the_last_and_kinds_never_mix() {
    let one = |id, kind, reach, until| {
        let planned = planned(id, kind, reach, 0);
        EmergencyWindow::open(planned, at(until), "a", at(0), Operators::One).unwrap()
    };
    let code = facility("1319999999");
    let named = Reach::Within(Places {
        facilities: [code].into(),
        ..Places::default()
    });
    let windows = [
        one(1, WindowKind::Disaster, tokyo(), 100),
        one(2, WindowKind::Disaster, named, 200),
        one(3, WindowKind::Outage, Reach::Everywhere, 300),
        one(4, WindowKind::Disaster, tokyo(), 100),
    ];
    let of =
        |kind, code, seconds| counting(&windows, kind, code, at(seconds)).map(|it| it.planned.id);
    assert_eq!(of(WindowKind::Disaster, code, 50), Some(2));
    assert_eq!(of(WindowKind::Disaster, code, 150), Some(2));
    let neighbour = facility("1319999981");
    assert_eq!(
        of(WindowKind::Disaster, neighbour, 50),
        Some(1),
        "opened first"
    );
    assert_eq!(of(WindowKind::Disaster, neighbour, 150), None);
    assert_eq!(of(WindowKind::Outage, neighbour, 150), Some(3));
    assert_eq!(of(WindowKind::Disaster, facility("1419999999"), 50), None);
}

#[test]
fn a_district_reaches_both_blocks_of_its_prefecture_and_every_kind_of_facility() {
    let places = Places {
        districts: [District::parse("1399").unwrap()].into(),
        ..Places::default()
    };
    for code in ["1319999999", "1349999999", "6319999999"] {
        assert!(places.hold(facility(code)), "{code}");
    }
    for code in ["1310199999", "1419999999"] {
        assert!(!places.hold(facility(code)), "{code}");
    }
    for text in ["", "13", "13999", "0099", "4801", "１３９９"] {
        assert_eq!(District::parse(text), None, "{text}");
    }
}
