//! Records, idempotency keys and the bounds of a facility.

use domain::civil_date::Instant;
use domain::permit::{AskByNumber, ReadHistory};
use store::checks::{Recorded, Search};

use crate::{check, open, permit, record};

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

#[tokio::test]
async fn a_facility_sees_its_own_checks_only() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
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

#[tokio::test]
async fn a_search_finds_by_what_it_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
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

#[tokio::test]
async fn one_key_gives_one_record_even_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    let asker = permit::<AskByNumber>("1319999999");
    let keyed = |id, body| {
        let mut it = check(id);
        it.key = Some("key-1".into());
        it.question = vec![body; 32];
        it
    };
    let (first, second) = tokio::join!(
        engine.record_check(&asker, keyed(1, 7)),
        engine.record_check(&asker, keyed(2, 7))
    );
    assert_eq!(first.unwrap(), Recorded::New);
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
        Recorded::New
    );
}

#[tokio::test]
async fn a_job_that_fails_takes_no_other_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, [1]).await;
    // The second record of one identifier fails alone; the next one goes through.
    let asker = permit::<AskByNumber>("1319999999");
    assert!(
        engine.record_check(&asker, check(1)).await.is_err(),
        "the same identifier twice"
    );
    record(&engine, [2]).await;
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(
        (report.events, report.checks, report.faults.len()),
        (2, 2, 0)
    );
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
