//! Searches are served by a server that follows, while it is not too far behind, and by the first one otherwise.

use std::time::Duration;

use domain::civil_date::Instant;
use domain::permit::ReadHistory;
use store::checks::Search;
use store::engine::{Engine, StoreError};
use store::server::Address;

use crate::patience::{sought, until};
use crate::server::TestServer;
use crate::{permit, record};

/// How far a replica may be behind: a machine that is busy for a moment is no reason to leave it out.
const BEHIND: Duration = Duration::from_secs(5);

fn found(engine: &Engine) -> usize {
    try_found(engine).unwrap()
}

fn try_found(engine: &Engine) -> Result<usize, StoreError> {
    let search = Search {
        from: Instant::from_micros(0),
        until: Instant::from_micros(i64::MAX),
        name: None,
        verdict: None,
        origin: None,
        account: None,
        after: None,
        limit: 1_000,
    };
    let reader = permit::<ReadHistory>("1319999999");
    let lines = engine.search_checks(&reader, &search)?;
    Ok(lines.len())
}

/// Searches of checks that the server runs or ran last.
fn searches(server: &TestServer, database: &str) -> i64 {
    let text = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'onshi' AND query LIKE '%check_record c WHERE%'";
    server.run(database, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_asked_for_searches_unless_it_lags_or_is_gone() {
    let first = TestServer::start(&[]);
    let database = first.database();
    let follower = TestServer::follow(&first);
    let replicas = vec![follower.address(&database)];
    let address = first.address(&database).with_replicas(replicas, BEHIND);
    let engine = Engine::open_server(&address, [1; 16]).unwrap();
    record(&engine, 1..=5).await;
    // It is asked as soon as it shows that it follows.
    until("the replica to be asked", || {
        assert!(found(&engine) <= 5);
        searches(&follower, &database) != 0
    });

    // It stands still: what is recorded from now on is found all the same, once what may be old is too old.
    follower.read(&database, "SELECT pg_wal_replay_pause()");
    record(&engine, 6..=10).await;
    until("what the replica lacks", || found(&engine) == 10);
    for _ in 0..20 {
        assert_eq!(found(&engine), 10);
    }
    assert_eq!(
        follower.run(&database, "SELECT count(*) FROM check_record"),
        5
    );

    // It catches up and is asked again; gone, it is not missed.
    follower.read(&database, "SELECT pg_wal_replay_resume()");
    until("the replica to catch up", || {
        follower.run(&database, "SELECT count(*) FROM check_record") == 10
    });
    drop(follower);
    for _ in 0..20 {
        assert_eq!(found(&engine), 10);
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (10, vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_says_nothing_keeps_no_other_from_being_asked() {
    let first = TestServer::start(&[]);
    let database = first.database();
    let follower = TestServer::follow(&first);
    // Whoever connects to it waits for its first word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let silent_one = format!("postgres://onshi@127.0.0.1:{port}/{database}");
    let replicas = vec![
        Address::parse(&silent_one).unwrap(),
        follower.address(&database),
    ];
    let address = first.address(&database).with_replicas(replicas, BEHIND);
    let engine = Engine::open_server(&address, [1; 16]).unwrap();
    record(&engine, 1..=5).await;
    until("the other replica to be asked", || {
        assert!(found(&engine) <= 5);
        searches(&follower, &database) != 0
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_too_long_at_a_replica_is_not_asked_again_at_the_first_server() {
    let first = TestServer::start(&[]);
    let database = first.database();
    let engine = Engine::open_server(&first.address(&database), [2; 16]).unwrap();
    record(&engine, 1..=1).await;
    drop(engine);
    // Whoever reads checks at a server that follows waits a minute for each.
    let slow = "ALTER TABLE check_record RENAME TO all_checks;
        CREATE VIEW check_record AS SELECT * FROM all_checks
          WHERE CASE WHEN pg_is_in_recovery() THEN pg_sleep(60)::text IS NOT NULL ELSE true END";
    first.read(&database, slow);
    let follower = TestServer::follow(&first);
    let replica = follower.address(&database);
    let replicas = vec![replica.with_patience(Duration::from_secs(6))];
    let address = first.address(&database).with_replicas(replicas, BEHIND);
    let engine = Engine::open_server(&address, [1; 16]).unwrap();
    let refused = sought("the replica to be asked", || match try_found(&engine) {
        Ok(count) => {
            assert_eq!(count, 1);
            assert_eq!(searches(&follower, &database), 0, "asked again");
            None
        }
        Err(refused) => Some(refused),
    });
    assert!(matches!(refused, StoreError::Away(_)), "{refused}");
}
