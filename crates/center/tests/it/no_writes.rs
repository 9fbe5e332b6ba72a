//! A disk that takes no writes: the center answers 503 and acknowledges nothing; what it acknowledged before stays.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use api::client::ClientError;
use center::config::Limits;
use center::serve::Center;

use crate::world::{World, check, now_micros, start_center};

const FOLDER: &str = "ONSHI_TEST_CENTER_FOLDER";

/// More requests than a run needs until the disk is full.
const MOST: usize = 2_000;

/// Not a test of its own: the center of the tests below, in a process whose system calls fail.
#[test]
fn child_serves_until_its_input_ends() {
    serve_until_input_ends(async |folder, micros| {
        start_center(folder, Limits::default(), micros).await
    });
}

/// The body of a child: serves the folder it is told, if it is told one.
pub(crate) fn serve_until_input_ends(start: impl AsyncFnOnce(&Path, Arc<AtomicI64>) -> Center) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let micros = Arc::new(AtomicI64::new(now_micros()));
    let center = runtime.block_on(start(folder.as_ref(), micros));
    println!("\nserves {} {}", center.api, center.enroll);
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// A center in a child test's process, whose system calls fail as told.
pub(crate) fn start_failing(test: &str, injection: &str) -> (Child, World) {
    let dir = tempfile::tempdir().unwrap();
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-o", "/dev/null", "--seccomp-bpf"])
        .args(["-e", "trace=pwrite64", "-e", &format!("inject={injection}")])
        .arg(std::env::current_exe().unwrap());
    let (child, [api, enroll]) = start_child(&mut strace, test, dir.path());
    (child, World::elsewhere(dir, api, enroll))
}

/// A center in a child test's process on a folder, and where its listeners are.
pub(crate) fn start_child(
    program: &mut Command,
    test: &str,
    folder: &Path,
) -> (Child, [SocketAddr; 2]) {
    let mut child = program
        .args(["--exact", test])
        .arg("--nocapture")
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let serves = lines
        .find_map(|line| Some(line.unwrap().strip_prefix("serves ")?.to_owned()))
        .expect("the center starts");
    let (api, enroll) = serves.split_once(' ').unwrap();
    (child, [api, enroll].map(|it| it.parse().unwrap()))
}

async fn refuses_and_keeps(injection: &str) {
    let test = "no_writes::child_serves_until_its_input_ends";
    let (mut child, world) = start_failing(test, injection);
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let mut acknowledged = Vec::new();
    let mut refused = None;
    for at in 0..MOST {
        match clinic.ask(&token, &format!("k{at}"), "4567").await {
            Ok(id) => acknowledged.push(id),
            Err(error) => {
                refused = Some((at, error));
                break;
            }
        }
    }
    let (at, error) = refused.expect("the disk takes no writes at some time");
    check::<()>(Err(error), "store_unavailable");
    // Everything that writes says so; nothing hangs and nothing is half done.
    check(
        clinic.ask(&token, "later", "4567").await,
        "store_unavailable",
    );
    check(
        clinic
            .try_sign_in("link_app", &clinic.password("link_app"), true)
            .await,
        "store_unavailable",
    );
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(!acknowledged.is_empty());
    let file = world.dir.path().join("center.db");
    let engine = crate::places::store(&file, 9);
    let checks = engine.count_deeds(domain::audit::Deed::Check).unwrap();
    assert_eq!(checks, acknowledged.len() as u64);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.faults, report.checks), (Vec::new(), checks));
    assert_eq!(acknowledged.len(), at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_acknowledges_nothing() {
    refuses_and_keeps("pwrite64:error=ENOSPC:when=1000+").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_turned_read_only_acknowledges_nothing() {
    refuses_and_keeps("pwrite64:error=EROFS:when=1000+").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_is_told_from_a_refusal() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    // Nobody listens there.
    let base = "https://127.0.0.1:1";
    let client = api::client::Client::new(base, &world.root(), Some(&clinic.identity)).unwrap();
    let refused = client.keys().await;
    assert!(matches!(
        refused,
        Err(ClientError::Connection(pki::client::Refusal::Line))
    ));
}
