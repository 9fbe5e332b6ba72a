//! Searches without a card in a disaster and the checks of whom they found, as they are kept on both engines alike.

use domain::account::{AccountId, AccountKind};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::emergency::Way;
use domain::emergency::window::{EmergencyWindow, Operators, Places, Planned, Reach, WindowKind};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskInOutage, Permit, SignedIn, ViewInDisaster};
use domain::person::PersonId;
use store::checks::NewCheck;
use store::emergency::searches::{
    Came, FoundBefore, FoundChecked, NewSearch, SearchLimits, SearchRecorded,
};
use store::engine::Engine;

use crate::cards::{FACILITY, now};
use crate::{Place, check, on_both};

const WINDOW: u128 = 0x77;

fn event(deed: Deed) -> Event {
    Event {
        at: now(),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

fn code() -> InstitutionCode {
    InstitutionCode::parse(FACILITY).unwrap()
}

fn searcher() -> Permit<ViewInDisaster> {
    searcher_of(code())
}

fn searcher_of(facility: InstitutionCode) -> Permit<ViewInDisaster> {
    Permit::grant(signed_in(facility)).unwrap()
}

fn reporter() -> Permit<AskInOutage> {
    Permit::grant(signed_in(code())).unwrap()
}

fn signed_in(facility: InstitutionCode) -> SignedIn {
    SignedIn {
        facility,
        account: AccountId::parse("kanri").unwrap(),
        kind: AccountKind::Administrator,
        certificate: [9; 32],
    }
}

/// A store in a disaster that the facility is reached by.
async fn in_disaster(place: &Place) -> Engine {
    in_disaster_of(place, &[code()]).await
}

/// The same of several facilities.
async fn in_disaster_of(place: &Place, facilities: &[InstitutionCode]) -> Engine {
    let engine = place.open();
    open_window(&engine, (WINDOW, now()), facilities).await;
    engine
}

/// Opens a window for an hour.
async fn open_window(engine: &Engine, (id, from): (u128, Instant), facilities: &[InstitutionCode]) {
    let planned = Planned {
        id,
        kind: WindowKind::Disaster,
        reach: Reach::Within(Places {
            facilities: facilities.iter().copied().collect(),
            ..Places::default()
        }),
        reason: "地震".into(),
        from,
    };
    let until = from.plus_seconds(3_600);
    let window = EmergencyWindow::open(planned, until, "suzuki", now(), Operators::One).unwrap();
    let opened = event(Deed::EmergencyStep);
    engine.open_window(window, opened).await.unwrap();
}

/// A search that found somebody.
async fn search(engine: &Engine, id: u128) -> FoundBefore {
    search_by(engine, &searcher(), id).await
}

async fn search_by(engine: &Engine, searcher: &Permit<ViewInDisaster>, id: u128) -> FoundBefore {
    search_under(engine, searcher, id, (WINDOW, now())).await;
    engine.found_before(searcher, id, now()).unwrap().unwrap()
}

async fn search_under(
    engine: &Engine,
    searcher: &Permit<ViewInDisaster>,
    id: u128,
    (window, at): (u128, Instant),
) {
    let new = NewSearch {
        id,
        window: Some(window),
        way: Way::Insurance,
        came: Came::One(PersonId::from_u128(5)),
        check: None,
    };
    let limits = SearchLimits {
        account: 9,
        facility: 9,
    };
    let searched = Event {
        at,
        ..event(Deed::EmergencySearch)
    };
    let recorded = engine.record_search(searcher, new, limits, searched, None);
    assert_eq!(recorded.await.unwrap(), SearchRecorded::Done);
}

/// What was done under the window, the newest first.
fn done(engine: &Engine) -> Vec<(&'static str, Instant)> {
    let used = engine.usage_under(WINDOW, None, 9).unwrap();
    let all = used.iter().flat_map(|it| &it.done);
    all.map(|it| (it.deed, it.at)).collect()
}

async fn a_check_of_whom_a_search_found_is_told_at_its_own_time_beside_the_search(place: &Place) {
    let engine = in_disaster(place).await;
    let found = search(&engine, 1).await;
    assert_eq!(done(&engine), [("search", now())]);
    let later = now().plus_seconds(300);
    let asked = NewCheck {
        at: later,
        ..check(9)
    };
    let checked = engine.check_found(&searcher(), found, asked).await;
    assert_eq!(checked.unwrap(), FoundChecked::Done);
    let both = [("check", later), ("search", now())];
    assert_eq!(done(&engine), both);
    engine.close();
    drop(engine);
    let engine = place.open();
    assert_eq!(done(&engine), both);
    // Its record was let go: that there was one stays.
    assert_eq!(place.run("DELETE FROM check_record"), 1);
    assert_eq!(done(&engine), [("check", now()), ("search", now())]);
}

async fn a_search_that_is_gone_is_unknown_and_undoes_nothing_beside_it(place: &Place) {
    let engine = in_disaster(place).await;
    let (gone, there) = (search(&engine, 1).await, search(&engine, 2).await);
    let delete = format!("DELETE FROM emergency_search WHERE id = x'{:032x}'", 1);
    assert_eq!(place.run(&delete), 1);
    let searcher = searcher();
    let (first, second) = tokio::join!(
        engine.check_found(&searcher, gone, check(8)),
        engine.check_found(&searcher, there, check(9)),
    );
    assert_eq!(first.unwrap(), FoundChecked::Unknown);
    assert_eq!(second.unwrap(), FoundChecked::Done);
    let again = engine.check_found(&searcher, there, check(10)).await;
    assert_eq!(again.unwrap(), FoundChecked::Before(b"answer 9".to_vec()));
    assert_eq!(engine.count_deeds(Deed::Check).unwrap(), 1);
}

async fn facilities_under_a_window_are_told_of_so_many_at_once(place: &Place) {
    let codes = ["1310000011", "1319800010", FACILITY];
    let codes = codes.map(|it| InstitutionCode::parse(it).unwrap());
    let engine = in_disaster_of(place, &codes).await;
    for (id, code) in (1..).zip(codes) {
        search_by(&engine, &searcher_of(code), id).await;
    }
    let page = |after| {
        let used = engine.usage_under(WINDOW, after, 2).unwrap();
        used.iter().map(|it| it.facility).collect::<Vec<_>>()
    };
    assert_eq!(page(None), codes[..2]);
    assert_eq!(page(Some(codes[1])), codes[2..]);
    assert_eq!(page(Some(codes[2])), []);
}

async fn windows_a_facility_used_are_listed_so_many_at_once_and_told_of_one_by_one(place: &Place) {
    let engine = place.open();
    let other = InstitutionCode::parse("1310000011").unwrap();
    let hours = (1..).zip([0, 1, 2, 3, 4].map(|hour| now().plus_seconds(3_600 * hour)));
    let windows: Vec<(u128, Instant)> = hours.collect();
    for window in &windows {
        open_window(&engine, *window, &[code(), other]).await;
    }
    // The second one twice, the third not at all, and the last by a neighbour alone.
    for (id, window) in (1..).zip([0, 1, 1, 3]) {
        search_under(&engine, &searcher(), id, windows[window]).await;
    }
    search_under(&engine, &searcher_of(other), 9, windows[4]).await;
    let listed = |after| {
        let used = engine.used_windows(&reporter(), after, 2).unwrap();
        let used = used.iter();
        used.map(|it| (it.window.planned.id, it.searches, it.openings))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(None), [(4, 1, 0), (2, 2, 0)]);
    assert_eq!(listed(Some(2)), [(1, 1, 0)]);
    assert!(listed(Some(1)).is_empty());
    let told = |window, most| {
        let used = engine.usage_in(&reporter(), window, most).unwrap();
        used.map(|it| (it.window.planned.id, it.done.len()))
    };
    assert_eq!(told(2, 9), Some((2, 2)));
    assert_eq!(told(2, 1), Some((2, 1)));
    assert_eq!(told(3, 9), None);
    assert_eq!(told(5, 9), None, "a neighbour's");
}

on_both!(
    windows_a_facility_used_are_listed_so_many_at_once_and_told_of_one_by_one,
    facilities_under_a_window_are_told_of_so_many_at_once,
    a_check_of_whom_a_search_found_is_told_at_its_own_time_beside_the_search,
    a_search_that_is_gone_is_unknown_and_undoes_nothing_beside_it,
);
