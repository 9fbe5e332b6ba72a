//! A server that is killed, a process that is killed, a network that is cut, two processes at once: nothing acknowledged is lost or
//! doubled, the chain is whole, and service comes back by itself.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::permit::{AskByCard, AskByNumber, ReadHistory};
use store::cards::CardRecorded;
use store::checks::Recorded;
use store::engine::{Engine, StoreError};
use store::server::Address;
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::kill::{acknowledged, random};
use crate::patience::{in_time, sought};
use crate::server::{TestServer, shared};
use crate::{cards, check, new, permit};

/// Checks that are recorded until they are to end; returns those that were acknowledged, and how many were refused.
async fn record_until(
    engine: &Engine,
    ended: &Arc<AtomicBool>,
    tasks: u128,
) -> (Vec<u128>, Vec<StoreError>) {
    let mut running = tokio::task::JoinSet::new();
    let start = u128::from_be_bytes(random()) & !0xffff_ffff;
    for task in 0..tasks {
        let (engine, ended) = (engine.clone(), Arc::clone(ended));
        running.spawn(async move {
            let asker = permit::<AskByNumber>("1319999999");
            let (mut known, mut refused) = (Vec::new(), Vec::new());
            for at in 0.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let id = start | task << 24 | at;
                match engine.record_check(&asker, check(id)).await {
                    Ok(_) => known.push(id),
                    Err(error) => refused.push(error),
                }
            }
            (known, refused)
        });
    }
    let (mut known, mut refused) = (Vec::new(), Vec::new());
    while let Some(done) = running.join_next().await {
        let (some, others) = done.unwrap();
        known.extend(some);
        refused.extend(others);
    }
    (known, refused)
}

/// Every acknowledged check is there once, and the chain is whole.
pub(crate) fn all_there(engine: &Engine, known: &[u128]) {
    let reader = permit::<ReadHistory>("1319999999");
    for id in known {
        assert!(
            engine.check(&reader, *id).unwrap().is_some(),
            "{id} is gone"
        );
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
    assert!(known.len() as u64 <= report.checks);
}

/// Waits until a store has written so many transactions more.
pub(crate) async fn more_commits(engine: &Engine, count: u64) {
    let before = engine.written().commits;
    let written = async {
        while engine.written().commits < before + count {
            tokio::task::yield_now().await;
        }
    };
    in_time("transactions that are written", written).await;
}

/// A store over a line on which a busy machine may outlast the patience: opened again while the server does not answer.
pub(crate) async fn opened(address: Address, chain: [u8; 16]) -> Engine {
    let open = move || match Engine::open_server(&address, chain) {
        Ok(engine) => Some(engine),
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains("the database does not answer"), "{said}");
            None
        }
    };
    let opening = tokio::task::spawn_blocking(move || sought("an open store", open));
    opening.await.unwrap()
}

/// Records a check as soon as that is possible again.
pub(crate) async fn back_again(engine: &Engine, id: u128) {
    let asker = permit::<AskByNumber>("1319999999");
    let recorded = async {
        loop {
            match engine.record_check(&asker, check(id)).await {
                Ok(recorded) => break recorded,
                Err(error) => assert!(matches!(error, StoreError::Away(_)), "{error}"),
            }
        }
    };
    assert_eq!(in_time("a check that is recorded", recorded).await, new(id));
}

#[test]
#[should_panic(expected = "no_such_setting")]
fn a_server_of_a_test_that_cannot_start_says_why() {
    drop(TestServer::start(&["-c", "no_such_setting=1"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_check_and_service_comes_back() {
    let server = TestServer::start(&[]);
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), random()).unwrap();
    let mut known = Vec::new();
    for round in 0..3_u128 {
        let ended = Arc::new(AtomicBool::new(false));
        let recording = {
            let (engine, ended) = (engine.clone(), Arc::clone(&ended));
            tokio::spawn(async move { record_until(&engine, &ended, 8).await })
        };
        more_commits(&engine, 20).await;
        server.kill();
        back_again(&engine, round + 1).await;
        ended.store(true, Ordering::Relaxed);
        let (some, refused) = recording.await.unwrap();
        assert!(
            refused.iter().all(|it| matches!(it, StoreError::Away(_))),
            "{refused:?}"
        );
        known.extend(some);
        known.push(round + 1);
    }
    all_there(&engine, &known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_leaves_no_half_check_by_card_and_loses_none_that_was_acknowledged() {
    let server = TestServer::start(&[]);
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), random()).unwrap();
    let mut known = Vec::new();
    for round in 0..3_u128 {
        let ended = Arc::new(AtomicBool::new(false));
        let mut visiting = tokio::task::JoinSet::new();
        for task in 0..8_u128 {
            let (engine, ended) = (engine.clone(), Arc::clone(&ended));
            visiting.spawn(async move {
                let (mut known, mut refused) = (Vec::new(), Vec::new());
                for at in 1.. {
                    if ended.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = (round + 1) << 64 | task << 32 | at;
                    // A reader for each: what was lost on the way must not be taken for another's.
                    match cards::try_visit(&engine, &format!("r{task}-{at}"), id).await {
                        Ok(CardRecorded::New { .. }) => known.push(id),
                        Ok(other) => panic!("{other:?}"),
                        Err(error) => refused.push(error),
                    }
                }
                (known, refused)
            });
        }
        more_commits(&engine, 40).await;
        server.kill();
        back_again(&engine, round + 1).await;
        ended.store(true, Ordering::Relaxed);
        while let Some(done) = visiting.join_next().await {
            let (some, refused) = done.unwrap();
            known.extend(some);
            let is_away = |it: &StoreError| matches!(it, StoreError::Away(_));
            assert!(refused.iter().all(is_away), "{refused:?}");
        }
    }
    assert!(20 < known.len(), "{}", known.len());
    all_there(&engine, &known);
    let run = |text: &str| server.run(&database, text);
    let checks = cards::whole(run);
    assert!(known.len() <= usize::try_from(checks).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_one_database_and_each_sees_what_the_other_wrote() {
    let server = shared();
    let database = server.database();
    // Both make the tables at once.
    let opened: Vec<_> = (1..=2_u8)
        .map(|chain| {
            let address = server.address(&database);
            std::thread::spawn(move || Engine::open_server(&address, [chain; 16]).unwrap())
        })
        .collect();
    let engines: Vec<Engine> = opened.into_iter().map(|it| it.join().unwrap()).collect();
    let ended = Arc::new(AtomicBool::new(false));
    let recording: Vec<_> = engines
        .iter()
        .map(|engine| {
            let (engine, ended) = (engine.clone(), Arc::clone(&ended));
            tokio::spawn(async move { record_until(&engine, &ended, 4).await })
        })
        .collect();
    // The same key at both at once is one check.
    let asker = permit::<AskByNumber>("1319999999");
    for round in 1..=50_u128 {
        let keyed = |id: u128| {
            let mut it = check(id);
            it.key = Some(format!("key-{round}"));
            it
        };
        let (first, second) = tokio::join!(
            engines[0].record_check(&asker, keyed(2 * round)),
            engines[1].record_check(&asker, keyed(2 * round + 1))
        );
        let answers = [first.unwrap(), second.unwrap()];
        let new = answers
            .iter()
            .filter(|it| matches!(it, Recorded::New(_)))
            .count();
        assert_eq!(new, 1, "{answers:?}");
    }
    ended.store(true, Ordering::Relaxed);
    let mut known = Vec::new();
    for one in recording {
        let (some, refused) = one.await.unwrap();
        assert!(refused.is_empty(), "{refused:?}");
        known.extend(some);
    }
    for engine in &engines {
        all_there(engine, &known);
        let chains = engine.verify_audit(&[], |_, _, _| true).unwrap().chains;
        assert_eq!(chains, 2);
    }
}

const URL: &str = "ONSHI_TEST_KILL_URL";

/// The child: records at a server and prints every acknowledged identifier until it is killed. Does nothing as a plain test.
#[test]
fn child_records_at_a_server_until_killed() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let engine = Engine::open_server(&Address::parse(&url).unwrap(), random()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tasks = (0..8_u128).map(|task| {
        let engine = engine.clone();
        runtime.spawn(async move {
            let asker = permit::<AskByNumber>("1319999999");
            let start = u128::from_be_bytes(random()) & !0xffff_ffff;
            for at in 0.. {
                let id = start | task << 24 | at;
                engine.record_check(&asker, check(id)).await.unwrap();
                println!("ack {id}");
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
}

#[test]
fn a_killed_process_loses_no_check_it_acknowledged_at_a_server() {
    let server = shared();
    let database = server.database();
    let mut known = Vec::new();
    for round in 0..4_usize {
        let mut running = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "server_faults::child_records_at_a_server_until_killed",
                "--nocapture",
            ])
            .env(URL, server.url(&database))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let told = lines
            .map_while(Result::ok)
            .filter_map(|line| acknowledged(&line));
        known.extend(told.take(20 + 37 * round));
        running.kill().unwrap();
        running.wait().unwrap();
    }
    assert!(80 < known.len());
    let engine = Engine::open_server(&server.address(&database), random()).unwrap();
    all_there(&engine, &known);
}

/// A way to the server over TCP that can be cut: while it is, nothing passes and nothing is said about it.
async fn way_to(server: &'static TestServer, is_cut: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = UnixStream::connect(server.folder().join(".s.PGSQL.5432"))
                .await
                .unwrap();
            tokio::spawn(pass(near, far, Arc::clone(&is_cut)));
        }
    });
    port
}

async fn pass(mut near: TcpStream, mut far: UnixStream, is_cut: Arc<AtomicBool>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut out, mut back) = ([0; 4096], [0; 4096]);
    loop {
        let passed = tokio::select! {
            read = near.read(&mut out) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) if is_cut.load(Ordering::Relaxed) => break,
                Ok(length) => far.write_all(&out[..length]).await,
            },
            read = far.read(&mut back) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) if is_cut.load(Ordering::Relaxed) => break,
                Ok(length) => near.write_all(&back[..length]).await,
            },
        };
        if passed.is_err() {
            return;
        }
    }
    // What was on its way is lost, and neither end is told: each learns of it by waiting.
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_network_loses_no_acknowledged_check_and_holds_no_other_process_up_for_good() {
    let server = shared();
    let database = server.database();
    let is_cut = Arc::new(AtomicBool::new(false));
    let port = way_to(server, Arc::clone(&is_cut)).await;
    let url = format!("postgres://onshi@127.0.0.1:{port}/{database}");
    let over = Address::parse(&url)
        .unwrap()
        .with_patience(Duration::from_secs(3));
    // It makes the tables, which takes longer on a busy machine than the patience of the one behind the cut.
    let other = Engine::open_server(&server.address(&database), [2; 16]).unwrap();
    let engine = opened(over, [1; 16]).await;
    let mut known = Vec::new();
    for round in 0..2_u128 {
        let ended = Arc::new(AtomicBool::new(false));
        let recording = {
            let (engine, ended) = (engine.clone(), Arc::clone(&ended));
            tokio::spawn(async move { record_until(&engine, &ended, 4).await })
        };
        more_commits(&engine, 20).await;
        is_cut.store(true, Ordering::Relaxed);
        // The transaction that was cut off holds its turn until the server ends it.
        back_again(&other, 10 * round + 1).await;
        is_cut.store(false, Ordering::Relaxed);
        back_again(&engine, 10 * round + 2).await;
        ended.store(true, Ordering::Relaxed);
        let (some, refused) = recording.await.unwrap();
        assert!(
            refused.iter().all(|it| matches!(it, StoreError::Away(_))),
            "{refused:?}"
        );
        known.extend(some);
        known.extend([10 * round + 1, 10 * round + 2]);
    }
    all_there(&engine, &known);
}

/// The turn of those who write the center's tables.
const TURN: i64 = 0x6f6e_7368_6901;

/// Commits when two others of the database wait for a lock; fails after two and a half minutes.
const WHEN_TWO_WAIT: &str = "DO $$ BEGIN
  FOR look IN 1..5000 LOOP
    PERFORM pg_stat_clear_snapshot();
    IF 2 <= (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') THEN
      RETURN;
    END IF;
    PERFORM pg_sleep(0.03);
  END LOOP;
  RAISE 'two never waited at once';
END $$;
COMMIT;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_cut_off_and_ends_late_fails_no_check_after_it() {
    let server = shared();
    let database = server.database();
    let is_cut = Arc::new(AtomicBool::new(false));
    let port = way_to(server, Arc::clone(&is_cut)).await;
    let url = format!("postgres://onshi@127.0.0.1:{port}/{database}");
    // A third of it is how long the late commit is waited for.
    let patience = Duration::from_secs(15);
    let over = Address::parse(&url).unwrap().with_patience(patience);
    // It makes the tables, which takes longer on a busy machine than the patience of the one behind the cut.
    drop(Engine::open_server(&server.address(&database), [2; 16]).unwrap());
    let engine = opened(over, [1; 16]).await;
    cards::visit(&engine, 1).await;
    back_again(&engine, 2).await;
    cards::challenge(&engine, 3, cards::now()).await;
    cards::release(&engine, 3, cards::now()).await;
    let both = async || {
        let (desk, card) = (
            permit::<AskByNumber>("1319999999"),
            permit::<AskByCard>("1319999999"),
        );
        let by_card = engine.record_card_check(&card, cards::by_eye(3, cards::now()));
        tokio::join!(by_card, engine.record_check(&desk, check(4)))
    };
    is_cut.store(true, Ordering::Relaxed);
    let (by_card, by_number) = both().await;
    assert!(matches!(by_card, Err(StoreError::Away(_))), "{by_card:?}");
    assert!(
        matches!(by_number, Err(StoreError::Away(_))),
        "{by_number:?}"
    );
    is_cut.store(false, Ordering::Relaxed);
    // As a commit that the server still works at: it holds the turn and the next place of each chain.
    let mut holder = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args([
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "onshi",
            "-d",
            &database,
            "-h",
        ])
        .arg(server.folder())
        .env("PGPORT", server.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = holder.stdin.take().unwrap();
    let texts = format!(
        "BEGIN; SELECT pg_advisory_xact_lock({TURN});
         INSERT INTO center.audit_event SELECT DISTINCT ON (chain) chain, seq + 1, hash, hash, at, actor, facility, certificate,
           deed, subject, detail, NULL::bytea, NULL::bigint, NULL::bigint FROM center.audit_event
           WHERE chain IN (SELECT chain FROM center.audit_event WHERE content IS NOT NULL) ORDER BY chain, seq DESC;
         SELECT 'held';\n"
    );
    input.write_all(texts.as_bytes()).unwrap();
    let said = BufReader::new(holder.stdout.take().unwrap()).lines();
    let mut said = said.map_while(Result::ok);
    assert!(said.any(|it| it == "held"));
    // It ends as soon as both wait for it, which the server sees by itself: no other program has to start meanwhile.
    let late = async {
        input.write_all(WHEN_TWO_WAIT.as_bytes()).unwrap();
        drop(input);
        let ending = tokio::task::spawn_blocking(move || holder.wait());
        ending.await.unwrap().unwrap()
    };
    let all = async { tokio::join!(both(), late) };
    let ((by_card, by_number), ended) = in_time("the late commit", all).await;
    let released_by = Some("uketsuke".to_owned());
    assert_eq!(by_card.unwrap(), CardRecorded::New { released_by });
    assert_eq!(by_number.unwrap(), new(4));
    assert!(ended.success(), "two never waited at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_a_schema_takes_as_long_as_it_needs() {
    let server = shared();
    let database = server.database();
    server.run(&database, "CREATE SCHEMA center");
    let table = "CREATE TABLE center.migration (name text PRIMARY KEY, text text NOT NULL)";
    server.run(&database, table);
    // Somebody else holds the table that the first step writes, until the input ends.
    let mut holder = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["-U", "onshi", "-d", &database, "-h"])
        .arg(server.folder())
        .env("PGPORT", server.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = holder.stdin.take().unwrap();
    let texts = "BEGIN; LOCK TABLE center.migration IN EXCLUSIVE MODE; SELECT 'held';\n";
    input.write_all(texts.as_bytes()).unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "held");
    let patience = Duration::from_secs(1);
    let address = server.address(&database).with_patience(patience);
    let opening = tokio::task::spawn_blocking(move || Engine::open_server(&address, [1; 16]));
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'
           AND query_start < clock_timestamp() - interval '1500 milliseconds'"
    );
    while server.run(&database, &waits) == 0 {
        assert!(!opening.is_finished(), "the step was given up");
    }
    drop(input);
    holder.wait().unwrap();
    opening.await.unwrap().unwrap();
}

#[test]
fn an_index_that_was_made_before_its_step_is_taken() {
    let server = shared();
    let database = server.database();
    let open = || Engine::open_server(&server.address(&database), [1; 16]);
    drop(open().unwrap());
    // As it was before the steps after the fifth, but for the index of the sixth.
    for text in [
        "DROP TABLE center.receipt_key, center.terminal_ended, center.revoked_unknown",
        "ALTER TABLE center.account DROP COLUMN profession, DROP COLUMN designated_by",
        "ALTER TABLE center.claims_upload DROP COLUMN given_up, DROP COLUMN accepted",
        "DELETE FROM center.migration WHERE '0006' < name",
    ] {
        server.run(&database, text);
    }
    let steps = "SELECT count(*) FROM center.migration";
    assert_eq!(server.run(&database, steps), 5);
    drop(open().unwrap());
    assert!(5 < server.run(&database, steps));
}
