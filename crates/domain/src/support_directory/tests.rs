//! Desks of two makers and a contract's own: hours around ends, and who is called. The guide's cases are tested on the guide's data, in
//! the terminal.

use super::choice::{Installed, Why};
use super::desk::*;
use super::hours::*;
use crate::civil_date::{CivilDate, Instant};
use crate::equipment::Part;
use crate::holidays::Holidays;

fn at(text: &str) -> Instant {
    Instant::parse(&format!("{text}:00+09:00")).unwrap()
}

fn holidays() -> Holidays {
    let day = |text| CivilDate::parse_iso(text).unwrap();
    let days = vec![(day("2026-11-23"), "勤労感謝の日".to_owned())];
    Holidays::new(day("2026-01-01"), day("2026-12-31"), days).unwrap()
}

fn hours(days: Days, from: &str, to: &str) -> Hours {
    let time = |text| TimeOfDay::parse(text).unwrap();
    Hours {
        windows: vec![Window::new(days, time(from), time(to)).unwrap()],
        closed: Vec::new(),
        year_end: YearEnd::Stated,
    }
}

fn desk(id: &str, contract: &[Contract], scope: Scope, reception: Reception) -> Desk {
    Desk {
        id: DeskId::parse(id).unwrap(),
        name: id.to_owned(),
        group: None,
        scope: vec![scope],
        not_for: Vec::new(),
        contracts: contract.to_vec(),
        phones: Vec::new(),
        email: None,
        url: None,
        reception,
        repairs: Repairs::AsReception,
        have_ready: Vec::new(),
        cost: None,
        notes: Vec::new(),
        filled_in: false,
    }
}

fn part(part: Part) -> Scope {
    Scope {
        matter: Matter::Part(part),
        models: Vec::new(),
        makers: Vec::new(),
    }
}

#[test]
fn a_desk_opens_to_the_minute_and_is_closed_at_its_end() {
    let hours = hours(Days::Weekday, "09:00", "17:00");
    let clock = |text| hours.clock(at(text), &holidays());
    let opens = |text| Clock::Closed {
        until: Some(at(text)),
    };
    let open = Clock::Open {
        until: Some(at("2026-11-26T17:00")),
    };
    assert_eq!(clock("2026-11-26T08:59"), opens("2026-11-26T09:00"));
    assert_eq!(clock("2026-11-26T09:00"), open);
    assert_eq!(clock("2026-11-26T16:59"), open);
    assert_eq!(clock("2026-11-26T17:00"), opens("2026-11-27T09:00"));
    // Over a weekend and the holiday behind it.
    assert_eq!(clock("2026-11-20T17:00"), opens("2026-11-24T09:00"));
}

#[test]
fn a_desk_that_never_closes_is_open_without_end() {
    let hours = hours(Days::Every, "00:00", "24:00");
    let clock = hours.clock(at("2026-11-23T23:59"), &holidays());
    assert_eq!(clock, Clock::Open { until: None });
}

#[test]
fn a_yearly_closing_goes_over_the_turn_of_the_year() {
    let mut hours = hours(Days::Every, "09:00", "17:00");
    let day = |text| MonthDay::parse(text).unwrap();
    hours.closed = vec![Closing::Yearly(day("12-29"), day("01-03"))];
    let until = Some(at("2027-01-04T09:00"));
    for closed in ["2026-12-29T10:00", "2027-01-03T10:00"] {
        assert_eq!(
            hours.clock(at(closed), &holidays()),
            Clock::Closed { until }
        );
    }
    assert!(matches!(
        hours.clock(at("2026-12-28T10:00"), &holidays()),
        Clock::Open { .. }
    ));
}

#[test]
fn beyond_the_list_of_holidays_a_state_is_doubtful_where_holidays_matter() {
    let day = CivilDate::new(2027, 1, 4).unwrap();
    let doubts = hours(Days::Weekday, "09:00", "17:00").doubts(day, &holidays());
    assert_eq!(doubts, [Doubt::HolidaysNotListed]);
    let every_day = hours(Days::Every, "09:00", "17:00").doubts(day, &holidays());
    assert_eq!(every_day, []);
}

#[test]
fn a_desk_told_to_open_on_a_doubtful_day_is_told_with_the_doubt_once() {
    let mut hours = hours(Days::Every, "09:00", "21:00");
    hours.year_end = YearEnd::NotStated;
    let scope = part(Part::Pc);
    let mut answers = desk("own", &[Contract::With], scope, Reception::At(hours));
    let doubts = |desk: &Desk, text| desk.state(at(text), &holidays()).1;
    assert_eq!(doubts(&answers, "2026-12-28T20:00"), []);
    assert_eq!(doubts(&answers, "2026-12-28T22:00"), [Doubt::YearEnd]);
    assert_eq!(doubts(&answers, "2026-12-29T22:00"), [Doubt::YearEnd]);
    // The clock of repairs has doubts of its own.
    answers.reception = Reception::At(self::hours(Days::Every, "00:00", "24:00"));
    answers.repairs = Repairs::At(self::hours(Days::Weekday, "09:00", "17:00"));
    assert_eq!(doubts(&answers, "2026-12-30T10:00"), []);
    let beyond_the_list = [Doubt::HolidaysNotListed];
    assert_eq!(doubts(&answers, "2026-12-31T18:00"), beyond_the_list);
    assert_eq!(doubts(&answers, "2027-01-04T10:00"), beyond_the_list);
}

fn directory() -> SupportDirectory {
    use Contract::{With, Without};
    let unknown = || Reception::HoursNotKnown;
    let models = Scope {
        models: vec!["RTX830".into()],
        ..part(Part::Router)
    };
    let mut own = desk("own-number", &[With], part(Part::Pc), unknown());
    own.scope.push(models.clone());
    own.not_for = vec![Matter::Part(Part::ReceiptComputer)];
    let desks = vec![
        desk(
            "vendor",
            &[With, Without],
            part(Part::ReceiptComputer),
            unknown(),
        ),
        own,
        desk("maker", &[Without], models, unknown()),
        desk("hub", &[Without], part(Part::Hub), unknown()),
    ];
    SupportDirectory::new("2026".into(), Vec::new(), desks).unwrap()
}

fn called(matter: Part, contract: Option<Contract>, model: Option<&str>) -> Vec<(String, Why)> {
    let directory = directory();
    let installed = Installed { maker: None, model };
    let choices = directory.desks_for(Matter::Part(matter), contract, installed);
    let name = |it: super::choice::Choice<'_>| (it.desk.name.clone(), it.why);
    choices.into_iter().map(name).collect()
}

#[test]
fn with_the_contract_its_number_takes_what_it_covers_and_makers_the_rest() {
    let with = Some(Contract::With);
    let only = |name: &str| vec![(name.to_owned(), Why::Right)];
    assert_eq!(
        called(Part::Router, with, Some("YAMAHA RTX830")),
        only("own-number")
    );
    assert_eq!(called(Part::ReceiptComputer, with, None), only("vendor"));
    let hub = called(Part::Hub, with, None);
    assert_eq!(hub[0], ("own-number".to_owned(), Why::AskFirst));
    assert_eq!(hub[1], ("hub".to_owned(), Why::Right));
    assert_eq!(called(Part::Router, with, Some("other")), []);
}

#[test]
fn without_the_contract_the_maker_of_the_model_installed_is_called() {
    let without = Some(Contract::Without);
    assert_eq!(called(Part::Router, without, Some("rtx-830"))[0].0, "maker");
    assert_eq!(called(Part::Router, without, Some("other")), []);
    let unknown = called(Part::Router, without, None);
    assert_eq!(unknown, [("maker".to_owned(), Why::IfThisModel)]);
}
