//! Records, idempotency keys and the bounds of a facility.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::identification::Confirmation;
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByCard, AskByNumber, AskInBulk, ReadHistory};
use domain::person::PersonId;
use domain::reference_number::{Assignment, ReferenceNumber};
use store::access::{Earlier, Notice};
use store::cards::CardRecorded;
use store::checks::{Recorded, Search};
use store::engine::{Engine, StoreError};
use store::kept_answers::KeptAnswer;
use store::reference_numbers::Registered;

use crate::{Place, check, new, on_both, open, permit, record};

fn everything() -> Search {
    Search {
        from: Instant::from_micros(0),
        until: Instant::from_micros(i64::MAX),
        name: None,
        verdict: None,
        origin: None,
        account: None,
        after: None,
        limit: 100,
    }
}

async fn a_facility_sees_its_own_checks_only(place: &Place) {
    let engine = place.open();
    record(&engine, [1, 2, 3]).await;
    let own = permit::<ReadHistory>("1319999999");
    let other = permit::<ReadHistory>("3410712362");
    assert_eq!(engine.check(&own, 2).unwrap().unwrap(), b"answer 2");
    assert_eq!(engine.check(&other, 2).unwrap(), None);
    assert_eq!(
        engine.search_checks(&other, &everything()).unwrap().len(),
        0
    );
    let ids: Vec<u128> = engine
        .search_checks(&own, &everything())
        .unwrap()
        .iter()
        .map(|line| line.id)
        .collect();
    assert_eq!(ids, [3, 2, 1]);
}

async fn a_search_finds_by_what_it_is_given(place: &Place) {
    let engine = place.open();
    record(&engine, [1]).await;
    let own = permit::<ReadHistory>("1319999999");
    let found = |change: &dyn Fn(&mut Search)| {
        let mut search = everything();
        change(&mut search);
        engine.search_checks(&own, &search).unwrap().len()
    };
    assert_eq!(found(&|s| s.name = Some("太郎".into())), 1);
    assert_eq!(found(&|s| s.name = Some("ﾀﾛｳ".into())), 1);
    assert_eq!(found(&|s| s.name = Some("%".into())), 0);
    assert_eq!(found(&|s| s.verdict = Some(2)), 0);
    assert_eq!(found(&|s| s.origin = Some("page".into())), 1);
    assert_eq!(found(&|s| s.after = Some(1)), 0);
    assert_eq!(found(&|s| s.until = Instant::from_micros(5)), 0);
}

async fn a_check_is_found_whatever_its_clock_said_within_a_day(place: &Place) {
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let at = check(1).at;
    // The clock was set between the identifier and the answer.
    let ids = [-86_000, 0, 86_000].map(|it| crate::parts::id(at.plus_seconds(it), 1));
    for id in ids {
        let mut check = check(id);
        check.at = at;
        engine.record_check(&asker, check).await.unwrap();
    }
    let own = permit::<ReadHistory>("1319999999");
    let mut search = everything();
    (search.from, search.until) = (at, at.plus_seconds(1));
    let lines = engine.search_checks(&own, &search).unwrap();
    let found: Vec<u128> = lines.iter().map(|line| line.id).collect();
    assert_eq!(found, [ids[2], ids[1], ids[0]]);
}

async fn a_name_is_found_in_every_way_it_is_typed(place: &Place) {
    let engine = place.open();
    let (asker, own) = (
        permit::<AskByNumber>("1319999999"),
        permit::<ReadHistory>("1319999999"),
    );
    let mut named = check(1);
    named.name = Some("見本　花子".into());
    named.kana = Some("ﾐﾎﾝ ﾊﾅｺ".into());
    engine.record_check(&asker, named).await.unwrap();
    record(&engine, [2]).await;
    let found = |name: &str| {
        let mut search = everything();
        search.name = Some(name.into());
        let lines = engine.search_checks(&own, &search).unwrap();
        lines.iter().map(|line| line.id).collect::<Vec<_>>()
    };
    for typed in [
        "見本　花子",
        "見本花子",
        "見本 花子",
        "本花",
        "ミホン",
        "みほん",
        "ﾐﾎﾝﾊﾅｺ",
        "ﾐﾎﾝ ﾊﾅｺ",
        "ミホン　ハナコ",
        "はなこ",
    ] {
        assert_eq!(found(typed), vec![1], "{typed}");
    }
    for typed in ["花本", "ミホノ", "・"] {
        assert!(found(typed).is_empty(), "{typed}");
    }
}

async fn a_search_by_name_goes_on_where_its_page_ended(place: &Place) {
    // More than the names read at once, and few that fit.
    const MANY: u128 = 1_200;
    const FITTING: [u128; 3] = [1_200, 700, 100];
    let engine = place.open();
    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=MANY {
        let (engine, asker) = (engine.clone(), permit::<AskByNumber>("1319999999"));
        let mut check = check(id);
        if FITTING.contains(&id) {
            check.name = Some("見本　花子".into());
        }
        tasks.spawn(async move { engine.record_check(&asker, check).await.unwrap() });
    }
    while let Some(recorded) = tasks.join_next().await {
        recorded.unwrap();
    }
    let own = permit::<ReadHistory>("1319999999");
    let mut search = everything();
    search.name = Some("見本花子".into());
    let mut page = |after, limit| {
        (search.after, search.limit) = (after, limit);
        let lines = engine.search_checks(&own, &search).unwrap();
        lines.iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 100), FITTING);
    assert_eq!(page(None, 2), FITTING[..2]);
    assert_eq!(page(Some(700), 2), FITTING[2..]);
    assert!(page(Some(100), 2).is_empty());
}

async fn one_key_gives_one_record_even_at_once(place: &Place) {
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let keyed = |id, body| {
        let mut it = check(id);
        it.key = Some("key-1".into());
        it.question = vec![body; 32].into();
        it
    };
    let (first, second) = tokio::join!(
        engine.record_check(&asker, keyed(1, 7)),
        engine.record_check(&asker, keyed(2, 7))
    );
    assert_eq!(first.unwrap(), new(1));
    assert_eq!(second.unwrap(), Recorded::Before(b"answer 1".to_vec()));
    assert_eq!(
        engine.record_check(&asker, keyed(3, 8)).await.unwrap(),
        Recorded::Conflict
    );
    assert_eq!(
        engine
            .search_checks(&permit::<ReadHistory>("1319999999"), &everything())
            .unwrap()
            .len(),
        1
    );
    engine
        .forget_old_keys(check(1).at.plus_seconds(15 * 86_400))
        .await
        .unwrap();
    assert_eq!(
        engine.record_check(&asker, keyed(3, 8)).await.unwrap(),
        new(3)
    );
}

/// Another write under a key.
async fn register(engine: &Engine, key: &str, text: &str) -> Result<Registered, StoreError> {
    let permit = permit::<AskInBulk>("1319999999");
    let at = check(1).at;
    let kept = KeptAnswer {
        key: key.into(),
        holder: permit.holder().clone(),
        request: [1; 32],
        answer: Vec::new(),
        at,
    };
    let wanted = (
        ReferenceNumber::parse(text).unwrap(),
        PersonId::from_u128(1),
    );
    engine
        .register_reference_number(&permit, wanted, at, Some(kept), |_| b"kept".to_vec())
        .await
}

async fn a_key_is_of_one_request_whatever_it_asks(place: &Place) {
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let keyed = |id, key: &str| {
        let mut it = check(id);
        it.key = Some(key.into());
        it
    };
    let recorded = engine.record_check(&asker, keyed(1, "a")).await.unwrap();
    assert_eq!(recorded, new(1));
    let refused = register(&engine, "a", "1").await;
    assert!(matches!(refused, Err(StoreError::KeyUsed)), "{refused:?}");
    let registered = "SELECT count(*) FROM reference_number";
    assert_eq!(place.run(registered), 0, "what is refused is undone");
    let done = Registered::Done(Assignment::New);
    assert_eq!(register(&engine, "b", "1").await.unwrap(), done);
    let recorded = engine.record_check(&asker, keyed(2, "b")).await.unwrap();
    assert_eq!(recorded, Recorded::Conflict);
    let known = engine.answered(asker.holder(), "b", b"question").unwrap();
    assert_eq!(known, Some(Recorded::Conflict));
    let mut by_card = crate::cards::by_eye(3, check(3).at);
    by_card.confirmation = Confirmation::NotNeeded;
    by_card.check.key = Some("b".into());
    let of_cards = permit::<AskByCard>("1319999999");
    let recorded = engine.record_card_check(&of_cards, by_card).await.unwrap();
    assert_eq!(recorded, CardRecorded::Conflict);
    assert_eq!(place.run("SELECT count(*) FROM check_record"), 1);
    // After two weeks each key is free for whatever comes.
    let later = check(1).at.plus_seconds(15 * 86_400);
    engine.forget_old_keys(later).await.unwrap();
    let recorded = engine.record_check(&asker, keyed(2, "b")).await.unwrap();
    assert_eq!(recorded, new(2));
    register(&engine, "a", "2").await.unwrap();
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

async fn a_check_under_the_key_of_an_older_answer_keeps_it(place: &Place) {
    let engine = place.open();
    let asker = permit::<AskByNumber>("1319999999");
    let mut keyed = check(1);
    keyed.key = Some("a".into());
    // As it was kept before keys of all requests stood in one table.
    let account = asker.holder().account.as_str();
    let at = keyed.at.plus_seconds(-10 * 86_400).as_micros();
    let answer = format!(
        "INSERT INTO kept_answer VALUES (1319999999, '{account}', 'a', x'{}', x'01', {at})",
        "00".repeat(32)
    );
    place.run(&answer);
    let recorded = engine.record_check(&asker, keyed.clone()).await.unwrap();
    assert_eq!(recorded, new(1));
    let later = keyed.at.plus_seconds(5 * 86_400);
    engine.forget_old_keys(later).await.unwrap();
    assert_eq!(place.run("SELECT count(*) FROM kept_answer"), 0);
    let repeated = engine.record_check(&asker, keyed).await.unwrap();
    assert!(matches!(repeated, Recorded::Before(_)), "{repeated:?}");
}

async fn a_job_that_fails_takes_no_other_with_it(place: &Place) {
    let engine = place.open();
    let notice = Notice {
        request_id: "1".into(),
        reference_hash: [1; 32],
        facility: InstitutionCode::parse("1319999999").unwrap(),
        terminal: "受付1".into(),
        issued: check(1).at,
        deadline: check(1).visit_date,
        wrong_tries: 0,
        earlier: Earlier::Stay,
        closed: false,
    };
    engine
        .store_notice(notice.clone(), issued(&notice))
        .await
        .unwrap();
    // The same notice twice fails; the checks that share its transaction go through.
    let asker = permit::<AskByNumber>("1319999999");
    let (first, twice, second) = tokio::join!(
        engine.record_check(&asker, check(1)),
        engine.store_notice(notice.clone(), issued(&notice)),
        engine.record_check(&asker, check(2))
    );
    assert!(twice.is_err(), "the same notice twice");
    assert_eq!((first.unwrap(), second.unwrap()), (new(1), new(2)));
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(
        (report.events, report.checks, report.faults.len()),
        (3, 2, 0)
    );
}

/// The event about a notice.
fn issued(notice: &Notice) -> Event {
    Event {
        at: notice.issued,
        actor: Actor::Center,
        deed: Deed::NoticeIssue,
        subject: None,
        detail: String::new(),
    }
}

#[tokio::test]
async fn a_transaction_that_sqlite_undoes_by_itself_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    rusqlite::Connection::open(engine.path().unwrap())
        .unwrap()
        .execute_batch("CREATE TRIGGER undo BEFORE INSERT ON notice BEGIN SELECT RAISE(ROLLBACK, 'undone'); END")
        .unwrap();
    let (asker, reader) = (
        permit::<AskByNumber>("1319999999"),
        permit::<ReadHistory>("1319999999"),
    );
    let mut undone = 0;
    for round in 0..50 {
        let notice = Notice {
            request_id: round.to_string(),
            reference_hash: [1; 32],
            facility: InstitutionCode::parse("1319999999").unwrap(),
            terminal: "受付1".into(),
            issued: check(1).at,
            deadline: check(1).visit_date,
            wrong_tries: 0,
            earlier: Earlier::Stay,
            closed: false,
        };
        let ids = [4 * round + 1, 4 * round + 2, 4 * round + 3];
        let (first, told, second, third) = tokio::join!(
            engine.record_check(&asker, check(ids[0])),
            engine.store_notice(notice.clone(), issued(&notice)),
            engine.record_check(&asker, check(ids[1])),
            engine.record_check(&asker, check(ids[2]))
        );
        assert!(told.is_err());
        for (id, recorded) in ids.into_iter().zip([first, second, third]) {
            undone += u32::from(recorded.is_err());
            let found = engine.check(&reader, id).unwrap().is_some();
            assert_eq!(found, recorded.is_ok(), "what was told of check {id} is so");
        }
    }
    assert_ne!(undone, 0, "no check shared a transaction that was undone");
    record(&engine, [1_000]).await;
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

async fn a_check_is_found_alike_before_and_after_it_is_indexed(place: &Place) {
    const MANY: u128 = 4_500;
    let (asker, reader) = (
        permit::<AskByNumber>("1319999999"),
        permit::<ReadHistory>("1319999999"),
    );
    let keyed = |id: u128| {
        let mut it = check(id);
        it.key = Some(format!("key-{id}"));
        it
    };
    for round in 0..2 {
        let engine = place.open_as(1 + round);
        if round == 0 {
            let mut tasks = tokio::task::JoinSet::new();
            for id in 1..=MANY {
                let (engine, asker) = (engine.clone(), permit::<AskByNumber>("1319999999"));
                let check = keyed(id);
                tasks.spawn(async move { (id, engine.record_check(&asker, check).await.unwrap()) });
            }
            while let Some(recorded) = tasks.join_next().await {
                let (id, recorded) = recorded.unwrap();
                assert_eq!(recorded, new(id));
            }
        }
        for id in [1, 2_000, MANY] {
            let answer = format!("answer {id}").into_bytes();
            assert_eq!(
                engine.check(&reader, id).unwrap(),
                Some(answer.clone()),
                "{id}"
            );
            let again = engine.record_check(&asker, keyed(id)).await.unwrap();
            assert_eq!(again, Recorded::Before(answer), "{id}");
            let other = permit::<ReadHistory>("1319999998");
            assert_eq!(engine.check(&other, id).unwrap(), None);
        }
        let mut search = everything();
        search.limit = 10_000;
        let lines = engine.search_checks(&reader, &search).unwrap();
        let ids: Vec<u128> = lines.iter().map(|line| line.id).collect();
        assert_eq!(ids, (1..=MANY).rev().collect::<Vec<_>>());
        let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
        assert_eq!((report.checks, report.faults), (MANY as u64, vec![]));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_remedy() {
    let error =
        store::engine::Engine::open_center("/proc/none/center.db".as_ref(), [0; 16]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("/proc/none/center.db") && text.contains("writable"),
        "{text}"
    );
}

on_both!(
    a_facility_sees_its_own_checks_only,
    a_search_finds_by_what_it_is_given,
    a_check_is_found_whatever_its_clock_said_within_a_day,
    a_name_is_found_in_every_way_it_is_typed,
    a_search_by_name_goes_on_where_its_page_ended,
    one_key_gives_one_record_even_at_once,
    a_key_is_of_one_request_whatever_it_asks,
    a_check_under_the_key_of_an_older_answer_keeps_it,
    a_job_that_fails_takes_no_other_with_it,
    a_check_is_found_alike_before_and_after_it_is_indexed,
);
