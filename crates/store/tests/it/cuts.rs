//! A network between a center and its database that is silent for a second, for half a minute and for ten minutes. All limits of time are
//! a sixtieth of what they are outside tests, and so are the cuts: what counts is which limits a cut is longer than.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::permit::AskByNumber;
use store::checks::Recorded;
use store::engine::{Engine, StoreError};
use store::server::Address;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::kill::random;
use crate::server::{TestServer, shared};
use crate::server_faults::{all_there, back_again, more_commits, opened};
use crate::{check, permit};

/// A statement may take sixty seconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// A second: shorter than every limit. Half a minute: a transaction is ended by the server, an answer is still waited for. Ten minutes:
/// everything was given up.
const CUTS: [Duration; 3] = [
    Duration::from_millis(17),
    Duration::from_millis(500),
    Duration::from_secs(10),
];

/// A way to the server that can be silent: nothing passes then, not even that an end is gone, and what was sent meanwhile comes later.
async fn way_to(server: &'static TestServer, is_open: watch::Receiver<bool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let is_open = is_open.clone();
            tokio::spawn(async move {
                let mut opened = is_open.clone();
                opened.wait_for(|it| *it).await.unwrap();
                let far = server.folder().join(".s.PGSQL.5432");
                let far = UnixStream::connect(far).await.unwrap();
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                tokio::spawn(pass(near_read, far_write, is_open.clone()));
                tokio::spawn(pass(far_read, near_write, is_open));
            });
        }
    });
    port
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut is_open: watch::Receiver<bool>,
) {
    let mut bytes = [0; 4096];
    loop {
        let length = from.read(&mut bytes).await.unwrap_or_default();
        if is_open.wait_for(|it| *it).await.is_err() {
            return;
        }
        if length == 0 || to.write_all(&bytes[..length]).await.is_err() {
            let _ = to.shutdown().await;
            return;
        }
    }
}

/// Records checks, each under a key of its own and again until it is acknowledged, as senders do; returns how many were.
async fn repeat_until(engine: Engine, ended: Arc<AtomicBool>) -> Vec<u128> {
    let asker = permit::<AskByNumber>("1319999999");
    let start = u128::from_be_bytes(random()) & !0xffff_ffff;
    let mut known = Vec::new();
    for at in 0..u128::MAX {
        let key = format!("{start:x}-{at}");
        let mut tries = 0;
        loop {
            // Each try is another check, until one of them is the one.
            let id = start | at << 12 | tries;
            tries += 1;
            let mut it = check(id);
            (it.answer, it.key) = (format!("answer {id}").into(), Some(key.clone()));
            match engine.record_check(&asker, it).await {
                Ok(Recorded::New(_)) => known.push(id),
                Ok(Recorded::Before(answer)) => {
                    let text = String::from_utf8(answer).unwrap();
                    known.push(text.trim_start_matches("answer ").parse().unwrap());
                }
                Ok(Recorded::Conflict) => panic!("the same question is no conflict"),
                Err(error) => {
                    assert!(matches!(error, StoreError::Away(_)), "{error}");
                    continue;
                }
            }
            break;
        }
        if ended.load(Ordering::Relaxed) {
            break;
        }
    }
    known
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_network_of_any_length_loses_and_doubles_nothing_and_service_comes_back() {
    let server = shared();
    let database = server.database();
    let other = Engine::open_server(&server.address(&database), [2; 16]).unwrap();
    let (open, is_open) = watch::channel(true);
    let port = way_to(server, is_open).await;
    let url = format!("postgres://onshi@127.0.0.1:{port}/{database}");
    let over = Address::parse(&url).unwrap().with_patience(PATIENCE);
    let engine = opened(over, [1; 16]).await;
    let (mut known, mut next) = (Vec::new(), 1);
    for length in CUTS {
        let ended = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..4)
            .map(|_| tokio::spawn(repeat_until(engine.clone(), Arc::clone(&ended))))
            .collect();
        more_commits(&engine, 20).await;
        open.send(false).unwrap();
        // Meanwhile another process is served.
        let begun = Instant::now();
        let mut served = 0;
        while begun.elapsed() < length || served == 0 {
            back_again(&other, next).await;
            known.push(next);
            (next, served) = (next + 1, served + 1);
        }
        open.send(true).unwrap();
        back_again(&engine, next).await;
        known.push(next);
        next += 1;
        ended.store(true, Ordering::Relaxed);
        for sender in senders {
            known.extend(sender.await.unwrap());
        }
    }
    let count = known.len();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), count, "no check was acknowledged twice");
    // Nothing but what was acknowledged is there: whoever heard nothing asked again.
    let there = server.run(&database, "SELECT count(*) FROM check_record");
    assert_eq!(usize::try_from(there).unwrap(), count);
    all_there(&engine, &known);
}
