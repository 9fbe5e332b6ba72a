//! Bulk orders: accepted whole, seen by their facility alone, worked off in turns, each line once whatever dies when.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use domain::audit::Deed;
use domain::bulk::{BulkFailure, BulkKind, BulkState, ReceptionNumber};
use domain::civil_date::{CivilDate, Instant};
use domain::permit::{AskInBulk, ReadHistory};
use store::bulk::work::{Answers, Task, Worked};
use store::bulk::{Accepted, Fetched, NewOrder, Order};
use store::checks::{NewCheck, Search};
use store::engine::Engine;
use store::kept_answers::{Earlier, KeptAnswer};

use crate::{Place, check, on_both, open, open_as, permit};

const FOLDER: &str = "ONSHI_TEST_BULK_FOLDER";
const OWN: &str = "1319999999";
const OTHER: &str = "3410712362";

fn at() -> Instant {
    check(1).at
}

fn reception(drawn: u32) -> ReceptionNumber {
    ReceptionNumber::new(CivilDate::new(2026, 11, 23).unwrap(), drawn)
}

/// An order of so many parts of three lines each.
fn order(drawn: u32, parts: u32) -> NewOrder {
    NewOrder {
        reception: reception(drawn),
        id: u128::from(drawn) + 1,
        kind: BulkKind::Checks,
        origin: "bulk",
        at: at(),
        day: CivilDate::new(2026, 11, 23).unwrap(),
        identifier: Some("202611230020".into()),
        list: None,
        lines: parts * 3,
        parts: (0..parts)
            .map(|part| format!("asked {part}").into_bytes())
            .collect(),
    }
}

async fn accept(engine: &Engine, facility: &str, order: NewOrder) -> Accepted {
    let permit = permit::<AskInBulk>(facility);
    engine.accept_order(&permit, order, 3, None).await.unwrap()
}

async fn fetch(engine: &Engine, facility: &str, drawn: u32) -> Option<Fetched> {
    fetch_under(engine, facility, drawn, None).await
}

async fn fetch_under(
    engine: &Engine,
    facility: &str,
    drawn: u32,
    key: Option<&str>,
) -> Option<Fetched> {
    let permit = permit::<AskInBulk>(facility);
    let (kind, key) = (Some(BulkKind::Checks), key.map(str::to_owned));
    engine
        .fetch_order(&permit, kind, &reception(drawn), (2, key), at())
        .await
        .unwrap()
}

fn checks() -> Vec<NewCheck> {
    let id = u128::from_be_bytes(crate::kill::random());
    (0..3)
        .map(|line| NewCheck {
            origin: "bulk",
            ..check((id & !3) | line)
        })
        .collect()
}

/// Works off the next part; what it belonged to.
async fn work(engine: &Engine) -> Option<(ReceptionNumber, Worked)> {
    let Task::Part(order, part) = engine.next_task(at()).unwrap()? else {
        panic!("a list");
    };
    let content = String::from_utf8(part.content.clone())
        .unwrap()
        .replace("asked", "answered");
    let answers = Answers {
        content: content.into_bytes(),
        lines: 3,
        normal: 2,
    };
    // Each turn is later than the one before, as on a clock.
    let turn = at().plus_seconds(i64::from(order.progress.done) + 1);
    let worked = engine
        .finish_checks(&order, &part, checks(), answers, turn)
        .await
        .unwrap();
    Some((order.reception, worked))
}

fn recorded(engine: &Engine, facility: &str) -> usize {
    let search = Search {
        from: Instant::from_micros(0),
        until: Instant::from_micros(i64::MAX),
        name: None,
        verdict: None,
        origin: Some("bulk".into()),
        account: None,
        after: None,
        limit: 10_000,
    };
    engine
        .search_checks(&permit::<ReadHistory>(facility), &search)
        .unwrap()
        .len()
}

fn results(fetched: Option<Fetched>) -> (Order, Vec<String>) {
    let Some(Fetched::Results(order, parts)) = fetched else {
        panic!("no results: {fetched:?}");
    };
    (
        order,
        parts
            .into_iter()
            .map(|it| String::from_utf8(it).unwrap())
            .collect(),
    )
}

async fn an_order_is_answered_with_counts_then_with_results_in_order_and_no_oftener_than_it_may_be(
    place: &Place,
) {
    let engine = place.open();
    assert_eq!(accept(&engine, OWN, order(20, 2)).await, Accepted::Done);
    work(&engine).await.unwrap();
    let Some(Fetched::Without(half)) = fetch(&engine, OWN, 20).await else {
        panic!("half of it");
    };
    assert_eq!(half.state, BulkState::Open);
    assert_eq!(
        (
            half.progress.lines,
            half.progress.done,
            half.progress.normal
        ),
        (6, 3, 2)
    );
    assert_eq!(work(&engine).await, Some((reception(20), Worked::Last)));
    assert!(engine.next_task(at()).unwrap().is_none());
    let (done, answers) = results(fetch(&engine, OWN, 20).await);
    assert_eq!((done.state, done.progress.errors()), (BulkState::Done, 2));
    assert_eq!(answers, ["answered 0", "answered 1"]);
    // The same request again, as after a line that dropped, is not another one.
    results(fetch_under(&engine, OWN, 20, Some("key")).await);
    results(fetch_under(&engine, OWN, 20, Some("key")).await);
    assert!(matches!(
        fetch(&engine, OWN, 20).await,
        Some(Fetched::TooOften(_))
    ));
    assert_eq!(engine.count_deeds(Deed::BulkRead).unwrap(), 5);
    assert_eq!(engine.count_deeds(Deed::BulkEnd).unwrap(), 1);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults.len()), (6, 0));
}

async fn another_facilitys_number_is_not_found_and_one_of_another_kind_gives_nothing(
    place: &Place,
) {
    let engine = place.open();
    accept(&engine, OWN, order(20, 1)).await;
    assert_eq!(fetch(&engine, OTHER, 20).await, None);
    assert_eq!(fetch(&engine, OWN, 21).await, None);
    let as_numbers = engine
        .fetch_order(
            &permit::<AskInBulk>(OWN),
            Some(BulkKind::ReferenceNumbers),
            &reception(20),
            (2, None),
            at(),
        )
        .await
        .unwrap();
    assert_eq!(as_numbers, Some(Fetched::OtherKind));
    assert_eq!(
        engine
            .orders(&permit::<AskInBulk>(OTHER), None, 10)
            .unwrap(),
        []
    );
    // The same number may be drawn for both: each sees its own.
    assert_eq!(accept(&engine, OTHER, order(20, 1)).await, Accepted::Done);
    assert_eq!(accept(&engine, OWN, order(20, 1)).await, Accepted::Drawn);
}

async fn orders_are_told_page_by_page_the_newest_first(place: &Place) {
    let engine = place.open();
    let own = permit::<AskInBulk>(OWN);
    // The first two in one instant.
    for (drawn, seconds) in [(2, 0), (1, 0), (3, 1)] {
        let order = NewOrder {
            at: at().plus_seconds(seconds),
            ..order(drawn, 1)
        };
        accept(&engine, OWN, order).await;
    }
    let page = |after: Option<u32>| {
        let after = after.map(reception);
        let orders = engine.orders(&own, after.as_ref(), 2).unwrap();
        let numbers = orders.into_iter().map(|order| order.reception);
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(page(None), [reception(3), reception(2)]);
    assert_eq!(page(Some(2)), [reception(1)]);
    assert_eq!(page(Some(1)), []);
    assert_eq!(page(Some(4)), []);
}

async fn a_request_repeated_under_its_key_is_one_order_and_too_many_open_ones_are_refused(
    place: &Place,
) {
    let engine = place.open();
    let own = permit::<AskInBulk>(OWN);
    let kept = |request| KeptAnswer {
        key: "key-1".into(),
        holder: own.holder().clone(),
        request: [request; 32],
        answer: b"accepted".to_vec(),
        at: at(),
    };
    let accept_kept =
        |drawn, request| engine.accept_order(&own, order(drawn, 1), 3, Some(kept(request)));
    assert_eq!(accept_kept(1, 7).await.unwrap(), Accepted::Done);
    let same = Accepted::Before(Earlier::Same(b"accepted".to_vec()));
    assert_eq!(accept_kept(2, 7).await.unwrap(), same);
    assert_eq!(
        accept_kept(2, 8).await.unwrap(),
        Accepted::Before(Earlier::Other)
    );
    assert_eq!(engine.orders(&own, None, 10).unwrap().len(), 1);
    accept(&engine, OWN, order(2, 1)).await;
    accept(&engine, OWN, order(3, 1)).await;
    assert_eq!(
        accept(&engine, OWN, order(4, 1)).await,
        Accepted::TooManyOpen
    );
    assert_eq!(accept(&engine, OTHER, order(4, 1)).await, Accepted::Done);
    work(&engine).await;
    assert_eq!(accept(&engine, OWN, order(4, 1)).await, Accepted::Done);
}

async fn orders_take_turns_so_that_a_short_one_does_not_wait_for_a_long_one(place: &Place) {
    let engine = place.open();
    accept(&engine, OWN, order(1, 4)).await;
    work(&engine).await;
    accept(&engine, OTHER, order(2, 1)).await;
    assert_eq!(work(&engine).await, Some((reception(2), Worked::Last)));
    assert_eq!(work(&engine).await, Some((reception(1), Worked::Part)));
}

async fn a_part_done_before_is_not_done_again(place: &Place) {
    let engine = place.open();
    accept(&engine, OWN, order(1, 2)).await;
    let Some(Task::Part(of, part)) = engine.next_task(at()).unwrap() else {
        panic!("no part");
    };
    let answers = Answers {
        content: b"answered".to_vec(),
        lines: 3,
        normal: 3,
    };
    let (one, other) = tokio::join!(
        engine.finish_checks(&of, &part, checks(), answers.clone(), at()),
        engine.finish_checks(&of, &part, checks(), answers.clone(), at())
    );
    assert_eq!(
        (one.unwrap(), other.unwrap()),
        (Worked::Part, Worked::Before)
    );
    assert_eq!(recorded(&engine, OWN), 3);
}

async fn a_list_gets_its_lines_once_or_fails_as_a_whole_and_one_of_nobody_is_done(place: &Place) {
    let engine = place.open();
    for drawn in 1..=3 {
        let list = NewOrder {
            kind: BulkKind::HomeVisits,
            list: Some("x".into()),
            lines: 0,
            parts: Vec::new(),
            ..order(drawn, 0)
        };
        accept(&engine, OWN, list).await;
    }
    let listing = |engine: &Engine| match engine.next_task(at()).unwrap() {
        Some(Task::List(order)) => order,
        other => panic!("{other:?}"),
    };
    let first = listing(&engine);
    assert_eq!(
        engine.fill_list(&first, 0, Vec::new(), at()).await.unwrap(),
        Worked::Last
    );
    assert_eq!(
        engine
            .fill_list(&first, 3, vec![b"asked".to_vec()], at())
            .await
            .unwrap(),
        Worked::Before
    );
    let second = listing(&engine);
    engine
        .fail_order(&second, BulkFailure::TooMany, at())
        .await
        .unwrap();
    let third = listing(&engine);
    assert_eq!(
        engine
            .fill_list(&third, 3, vec![b"asked 0".to_vec()], at())
            .await
            .unwrap(),
        Worked::Part
    );
    assert_eq!(work(&engine).await.unwrap().1, Worked::Last);
    let mut states: Vec<_> = engine.orders(&permit::<AskInBulk>(OWN), None, 10).unwrap();
    states.sort_by_key(|order| order.reception.clone());
    let states: Vec<_> = states
        .iter()
        .map(|order| (order.state, order.failure))
        .collect();
    assert_eq!(
        states,
        [
            (BulkState::Done, None),
            (BulkState::Failed, Some(BulkFailure::TooMany)),
            (BulkState::Done, None)
        ]
    );
}

async fn results_are_forgotten_in_time_and_their_order_later(place: &Place) {
    let engine = place.open();
    accept(&engine, OWN, order(1, 1)).await;
    work(&engine).await;
    let long = |days: i64| at().plus_seconds(days * 86_400);
    engine.forget_orders(at(), at()).await.unwrap();
    results(fetch(&engine, OWN, 1).await);
    engine.forget_orders(long(30), at()).await.unwrap();
    let Some(Fetched::Without(expired)) = fetch(&engine, OWN, 1).await else {
        panic!("still known");
    };
    assert_eq!(expired.state, BulkState::Expired);
    assert_eq!(recorded(&engine, OWN), 3, "checks stay in the log");
    engine.forget_orders(long(60), long(60)).await.unwrap();
    assert_eq!(fetch(&engine, OWN, 1).await, None);
}

/// The child: works off what there is and says so after each part, until it is killed. Does nothing as a plain test.
#[test]
fn child_works_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let path = std::path::Path::new(&folder).join("center.db");
    let engine = Engine::open_center_at(crate::PACE, &path, crate::kill::random()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        println!("begun");
        while work(&engine).await.is_some() {
            println!("worked");
        }
        println!("done");
    });
}

#[tokio::test]
async fn a_worker_killed_at_any_moment_loses_and_doubles_no_line() {
    let dir = tempfile::tempdir().unwrap();
    const PARTS: u32 = 120;
    accept(&open(&dir), OWN, order(1, PARTS)).await;
    let mut is_done = false;
    for turn in 0_usize.. {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "bulk::child_works_until_killed", "--nocapture"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Each child dies a few parts further, at no particular place within the next.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for (heard, line) in lines.enumerate() {
            let line = line.unwrap();
            is_done = is_done || line == "done";
            if turn * 2 < heard {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if is_done {
            break;
        }
    }
    let engine = open_as(&dir, 2);
    let (done, answers) = results(fetch(&engine, OWN, 1).await);
    assert_eq!(
        (done.progress.done, done.progress.normal),
        (PARTS * 3, PARTS * 2)
    );
    let expected: Vec<String> = (0..PARTS).map(|part| format!("answered {part}")).collect();
    assert_eq!(answers, expected);
    assert_eq!(recorded(&engine, OWN), PARTS as usize * 3);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
}

async fn an_order_something_went_wrong_with_keeps_no_other_waiting(place: &Place) {
    let engine = place.open();
    for drawn in [20, 21] {
        assert_eq!(accept(&engine, OWN, order(drawn, 1)).await, Accepted::Done);
    }
    let first = engine.next_task(at()).unwrap().unwrap().order().clone();
    engine.postpone(&first, at().plus_seconds(1)).await.unwrap();
    let next = engine.next_task(at()).unwrap().unwrap().order().clone();
    assert_ne!(next.reception, first.reception);
    work(&engine).await.unwrap();
    assert_eq!(work(&engine).await, Some((first.reception, Worked::Last)));
}

async fn an_order_whose_last_part_another_process_has_just_done_is_passed_over(place: &Place) {
    let engine = place.open();
    for drawn in [20, 21] {
        accept(&engine, OWN, order(drawn, 1)).await;
    }
    // As it is found between a look at the order and one at its parts.
    let first = engine.next_task(at()).unwrap().unwrap().order().clone();
    let done = format!(
        "UPDATE bulk_part SET is_done = 1 WHERE reception = '{}'",
        first.reception
    );
    assert_eq!(place.run(&done), 1);
    let (next, worked) = work(&engine).await.unwrap();
    assert!(next != first.reception && worked == Worked::Last);
    assert!(engine.next_task(at()).unwrap().is_none());
}

async fn take(engine: &Engine, now: Instant) -> Option<ReceptionNumber> {
    let task = engine.next_task(now).unwrap()?;
    let taken = engine.take_task(task, now).await.unwrap();
    taken.map(|it| it.order().reception.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_server_one_process_works_on_an_order_and_the_next_when_that_died() {
    let place = Place::server();
    let (one, other) = (place.open_as(1), place.open_as(2));
    accept(&one, OWN, order(20, 2)).await;
    // Both have found it, and one takes it.
    let found = other.next_task(at()).unwrap().unwrap();
    assert_eq!(take(&one, at()).await, Some(reception(20)));
    assert!(other.take_task(found, at()).await.unwrap().is_none());
    assert_eq!(take(&other, at()).await, None);
    assert_eq!(take(&one, at()).await, Some(reception(20)));
    let late = at().plus_seconds(60);
    assert_eq!(take(&other, late).await, Some(reception(20)));
    assert_eq!(take(&one, late).await, None);
    other.leave_work_turns().await.unwrap();
    assert_eq!(take(&one, late).await, Some(reception(20)));
    for worked in [Worked::Part, Worked::Last] {
        assert_eq!(work(&one).await, Some((reception(20), worked)));
    }
    assert_eq!(place.run("SELECT count(*) FROM work_turn"), 0);
}

on_both!(
    an_order_is_answered_with_counts_then_with_results_in_order_and_no_oftener_than_it_may_be,
    another_facilitys_number_is_not_found_and_one_of_another_kind_gives_nothing,
    orders_are_told_page_by_page_the_newest_first,
    a_request_repeated_under_its_key_is_one_order_and_too_many_open_ones_are_refused,
    orders_take_turns_so_that_a_short_one_does_not_wait_for_a_long_one,
    a_part_done_before_is_not_done_again,
    a_list_gets_its_lines_once_or_fails_as_a_whole_and_one_of_nobody_is_done,
    results_are_forgotten_in_time_and_their_order_later,
    an_order_something_went_wrong_with_keeps_no_other_waiting,
    an_order_whose_last_part_another_process_has_just_done_is_passed_over,
);
