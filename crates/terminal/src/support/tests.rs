//! The guide's cases (guide-data §9) on the data that are built in, and what becomes of edited files.

use domain::civil_date::{CivilDate, Instant};
use domain::equipment::Part;
use domain::holidays::{Known, Lasting};
use domain::support_directory::choice::{Installed, Why};
use domain::support_directory::desk::{Contract, Matter};
use domain::support_directory::hours::{Doubt, State};

use super::data_file::Origin;
use super::*;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

fn day(text: &str) -> CivilDate {
    CivilDate::parse_iso(text).unwrap()
}

struct Place {
    support: Support,
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            support: Support::new(dir.path()),
            dir,
        }
    }

    fn state(&self, desk: &str, when: &str) -> (State, Vec<Doubt>) {
        let directory = self.support.directory().data;
        let desk = directory.desks().iter().find(|it| it.id.as_str() == desk);
        let holidays = self.support.holidays().data;
        desk.unwrap().state(at(when), &holidays.holidays)
    }

    fn is_open(&self, desk: &str, when: &str) -> bool {
        matches!(self.state(desk, when).0, State::Open { .. })
    }
}

const WEEKDAY_DESKS: [&str; 7] = [
    "oqs-call-center",
    "startpack-reception",
    "router-yamaha",
    "display-hp",
    "display-iodata",
    "display-switch",
    "pc-hp",
];

#[test]
fn the_data_built_in_are_good() {
    let place = Place::new();
    assert_eq!(place.support.directory().data.desks().len(), 15);
    assert!(place.support.holidays().data.holidays.days().count() > 80);
    assert_eq!(place.support.start_stop().data.monitor.models.len(), 3);
    assert!(place.support.troubles().is_empty());
}

#[test]
fn on_a_saturday_morning_four_desks_answer() {
    let place = Place::new();
    let saturday = "2026-11-28T10:00";
    for open in [
        "oqs-call-center",
        "pc-hp",
        "office-prime-dedicated",
        "flets-fault",
    ] {
        assert!(place.is_open(open, saturday), "{open}");
    }
    let until = State::Open {
        until: Some(at("2026-11-28T16:00")),
    };
    assert_eq!(place.state("oqs-call-center", saturday).0, until);
    for closed in [
        "startpack-reception",
        "router-yamaha",
        "display-hp",
        "display-iodata",
        "display-switch",
    ] {
        let monday = State::Closed {
            until: Some(at(if closed == "display-hp" {
                "2026-11-30T08:45"
            } else {
                "2026-11-30T09:00"
            })),
        };
        assert_eq!(place.state(closed, saturday).0, monday, "{closed}");
    }
}

#[test]
fn on_the_29th_of_december_each_desk_keeps_its_own_turn_of_the_year() {
    let place = Place::new();
    let tuesday = "2026-12-29T10:00";
    assert!(place.is_open("display-hp", tuesday));
    for closed in [
        "oqs-call-center",
        "startpack-reception",
        "router-yamaha",
        "display-iodata",
    ] {
        assert!(!place.is_open(closed, tuesday), "{closed}");
    }
    for doubtful in ["pc-hp", "display-switch", "office-prime-dedicated"] {
        let (state, doubts) = place.state(doubtful, tuesday);
        assert!(matches!(state, State::Open { .. }), "{doubtful}");
        assert!(doubts.contains(&Doubt::YearEnd), "{doubtful}");
    }
    assert!(
        !place
            .state("flets-fault", tuesday)
            .1
            .contains(&Doubt::YearEnd)
    );
}

#[test]
fn before_a_doubtful_day_the_opening_on_it_is_doubtful() {
    let place = Place::new();
    let (state, doubts) = place.state("office-prime-dedicated", "2026-12-28T22:00");
    let opens = State::Closed {
        until: Some(at("2026-12-29T09:00")),
    };
    assert_eq!(state, opens);
    assert_eq!(doubts, [Doubt::YearEnd]);
    // Monday 22 March is a day off by a computed equinox alone.
    let (state, doubts) = place.state("router-yamaha", "2027-03-19T18:00");
    let opens = State::Closed {
        until: Some(at("2027-03-23T09:00")),
    };
    assert_eq!(state, opens);
    assert_eq!(doubts, [Doubt::EquinoxComputed]);
}

#[test]
fn on_a_holiday_the_weekday_desks_are_closed() {
    let place = Place::new();
    let monday = "2026-11-23T10:00";
    for closed in WEEKDAY_DESKS {
        assert!(!place.is_open(closed, monday), "{closed}");
    }
    for open in ["flets-fault", "office-prime-dedicated"] {
        assert!(place.is_open(open, monday), "{open}");
    }
}

#[test]
fn at_night_the_line_desk_takes_calls_and_repairs_nothing() {
    let place = Place::new();
    for date in ["2026-11-26", "2026-11-28", "2026-11-23", "2026-12-31"] {
        let (state, doubts) = place.state("flets-fault", &format!("{date}T22:00"));
        let next = Instant::start_of_day_in_japan(day(date).plus_days(1)).plus_seconds(9 * 3600);
        let reception_only = State::ReceptionOnly {
            repair_from: Some(next),
        };
        assert_eq!(state, reception_only);
        assert_eq!(doubts, [Doubt::RepairDays]);
        let by_day = place.state("flets-fault", &format!("{date}T10:00")).0;
        assert_eq!(by_day, State::Open { until: None });
    }
}

#[test]
fn the_claims_desk_has_a_number_and_no_known_hours() {
    let place = Place::new();
    let directory = place.support.directory().data;
    let choices = directory.desks_for(Matter::Claims, None, Installed::default());
    let [choice] = choices.as_slice() else {
        panic!("one desk");
    };
    assert_eq!(
        place.state(choice.desk.id.as_str(), "2026-11-26T10:00").0,
        State::HoursNotKnown
    );
    let number = choice.desk.phones[0].number.as_ref().unwrap();
    assert_eq!(number.as_str(), "0120-60-7210");
    assert_eq!(
        place.state("hub-apresia", "2026-11-26T10:00").0,
        State::WebFormOnly
    );
}

#[test]
fn the_model_installed_decides_which_maker_is_called() {
    let place = Place::new();
    let directory = place.support.directory().data;
    let called = |part, contract, model| {
        let installed = Installed { maker: None, model };
        let choices = directory.desks_for(Matter::Part(part), contract, installed);
        let ids = choices
            .iter()
            .map(|it| (it.desk.id.as_str().to_owned(), it.why));
        ids.collect::<Vec<_>>()
    };
    let (with, without) = (Some(Contract::With), Some(Contract::Without));
    let right = |id: &str| vec![(id.to_owned(), Why::Right)];
    assert_eq!(
        called(Part::Router, without, Some("RTX830")),
        right("router-yamaha")
    );
    assert_eq!(
        called(Part::Router, with, Some("RTX830")),
        right("office-prime-dedicated")
    );
    assert_eq!(called(Part::Router, with, Some("WXR-6000")), []);
    assert_eq!(
        called(Part::Display, without, Some("HP P22 G5")),
        right("display-hp")
    );
    assert_eq!(
        called(Part::Display, without, Some("LCD-CF131XDB-M")),
        right("display-iodata")
    );
    assert_eq!(called(Part::Mobile, with, None), right("mobile-seller"));
    assert_eq!(
        called(Part::ReceiptComputer, with, None),
        right("receipt-vendor")
    );
    assert_eq!(called(Part::Fibre, without, None), right("flets-fault"));
    assert_eq!(
        called(Part::Fibre, with, None),
        right("office-prime-dedicated")
    );
    let hub = called(Part::Hub, with, Some("APLGC105SS"));
    assert_eq!(hub[0], ("office-prime-dedicated".into(), Why::AskFirst));
    assert_eq!(hub[1], ("hub-apresia".into(), Why::Right));
    for part in Part::CHAIN.into_iter().chain(Part::BESIDE) {
        for contract in [with, without, None] {
            assert_ne!(called(part, contract, None), [], "{part:?} {contract:?}");
        }
    }
}

/// Articles 2 and 3 of the act, over the days of the equinoxes that the list gives.
#[test]
fn the_holidays_built_in_are_those_of_the_act() {
    let place = Place::new();
    let list = place.support.holidays().data;
    let weekday = |day: CivilDate| (day.to_epoch_days() + 3).rem_euclid(7);
    let named = |year: i16, name: &str| {
        let mut days = list.holidays.days();
        let of_year = days.find(|(day, own)| day.year() == year && *own == name);
        of_year.unwrap_or_else(|| panic!("{year} {name}")).0
    };
    for year in 2025..=2030_i16 {
        let on = |month, day| CivilDate::new(year, month, day).unwrap();
        let monday = |month, nth: i32| {
            let first = on(month, 1);
            first.plus_days((7 - weekday(first)) % 7 + 7 * (nth - 1))
        };
        let mut own = vec![
            on(1, 1),
            monday(1, 2),
            on(2, 11),
            on(2, 23),
            named(year, "春分の日"),
            on(4, 29),
            on(5, 3),
            on(5, 4),
            on(5, 5),
            monday(7, 3),
            on(8, 11),
            monday(9, 3),
            named(year, "秋分の日"),
            monday(10, 2),
            on(11, 3),
            on(11, 23),
        ];
        let holidays = own.clone();
        for holiday in &holidays {
            if weekday(*holiday) == 6 {
                let mut next = holiday.plus_days(1);
                while holidays.contains(&next) {
                    next = next.plus_days(1);
                }
                own.push(next);
            }
            let between = holiday.plus_days(1);
            let is_between = holidays.contains(&between.plus_days(1)) && !own.contains(&between);
            if is_between && weekday(between) != 6 {
                own.push(between);
            }
        }
        own.sort();
        let listed = list.holidays.days().map(|(day, _)| day);
        let listed: Vec<_> = listed.filter(|day| day.year() == year).collect();
        assert_eq!(listed, own, "{year}");
    }
    assert_eq!(named(2026, "春分の日"), day("2026-03-20"));
    assert_eq!(
        list.holidays.on(day("2026-09-22")),
        Known::Holiday("休日（祝日にはさまれた日）")
    );
}

#[test]
fn the_list_of_holidays_tells_of_its_end_and_a_state_beyond_it_is_doubtful() {
    let place = Place::new();
    let list = place.support.holidays().data;
    let last = list.holidays.last();
    assert_eq!(
        list.holidays.lasting(last.plus_days(-89)),
        Lasting::EndsIn(89)
    );
    assert_eq!(list.holidays.lasting(last.plus_days(1)), Lasting::Ended);
    let (_, doubts) = place.state("router-yamaha", "2031-01-06T10:00");
    assert_eq!(doubts, [Doubt::HolidaysNotListed]);
}

#[test]
fn a_state_that_rests_on_a_computed_equinox_is_doubtful() {
    let place = Place::new();
    for (when, is_doubtful) in [
        // Announced.
        ("2026-03-20T10:00", false),
        ("2026-09-22T10:00", false),
        // Computed, and the day off that it makes.
        ("2027-03-21T10:00", true),
        ("2027-03-22T10:00", true),
        ("2027-03-23T10:00", false),
        ("2027-04-29T10:00", false),
        ("2027-09-23T10:00", true),
    ] {
        let (_, doubts) = place.state("router-yamaha", when);
        let expected = is_doubtful.then_some(Doubt::EquinoxComputed);
        assert_eq!(doubts, Vec::from_iter(expected), "{when}");
    }
}

const SMALL: &str = "as_of = \"own\"\n[[desks]]\nid = \"own\"\nname = \"院内\"\nfor = [\"pc\"]\n\
    contract = [\"without\"]\nreception = [{ days = \"every\", from = \"09:00\", to = \"17:00\" }]\n";

#[test]
fn an_edited_file_wins_and_a_bad_one_is_named_by_line_while_the_last_good_one_goes_on() {
    let place = Place::new();
    let file = place.dir.path().join("support_directory.toml");
    assert_eq!(place.support.directory().origin, Origin::BuiltIn);
    std::fs::write(&file, SMALL).unwrap();
    let read = place.support.directory();
    assert_eq!((read.origin, read.data.as_of()), (Origin::Edited, "own"));
    for (good, bad, named) in [
        ("09:00", "25:00", "line 7"),
        ("17:00", "08:00", "line 7"),
        ("[\"pc\"]", "[\"fax\"]", "line 5"),
        ("\"without\"", "\"maybe\"", "line 6"),
        ("name =", "nme =", "line 4"),
        ("id = \"own\"", "id = \"Own desk\"", "line 3"),
        ("[\"without\"]", "[]", "id = \"own\""),
    ] {
        std::fs::write(&file, SMALL.replace(good, bad)).unwrap();
        let read = place.support.directory();
        assert_eq!((read.origin, read.data.as_of()), (Origin::LastGood, "own"));
        let trouble = read.trouble.unwrap();
        assert!(trouble.contains(named), "{trouble}");
        assert!(trouble.contains("support_directory.toml"), "{trouble}");
        // After a restart, too.
        let read = Support::new(place.dir.path()).directory();
        assert_eq!((read.origin, read.data.as_of()), (Origin::LastGood, "own"));
    }
    std::fs::write(&file, SMALL).unwrap();
    assert_eq!(place.support.directory().origin, Origin::Edited);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(place.support.directory().origin, Origin::BuiltIn);
}

#[test]
fn a_bad_day_in_the_holidays_is_named_by_line() {
    let place = Place::new();
    let file = place.dir.path().join("holidays.toml");
    let text = "source = \"s\"\nfirst = \"2026-01-01\"\nlast = \"2026-12-31\"\n[days]\n2026-02-30 = \"x\"\n";
    std::fs::write(&file, text).unwrap();
    let trouble = place.support.holidays().trouble.unwrap();
    assert!(trouble.contains("line 5"), "{trouble}");
    std::fs::write(&file, text.replace("2026-02-30", "2027-01-01")).unwrap();
    let trouble = place.support.holidays().trouble.unwrap();
    assert!(trouble.contains("2027-01-01"), "{trouble}");
}
